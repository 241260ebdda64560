"""When an own deployment has as much to do as it can: a window on the requests under way there.

How many it serves side by side is what its engine says (slots), or is learnt as TCP learns a window: a queue
that its engine tells of, or first tokens that take much longer than they did when it had little to do, cut
the window to what was served; while the window is full and nothing queues, it opens by a little.

Once as many are under way as the window takes it is saturated, and stays so until an eighth of it is free:
else it would be left and taken up again with every request.
"""

SLOW = 3.0
"""Times the usual TTFT: then requests are taken to queue."""
SLOW_SECONDS = 0.5
"""And at least this much more than usual: a longer prompt alone is no queue."""
CUT = 0.8
"""Of what was under way, where only TTFT tells: it does not say how many of them queue."""
HOLD = 10
"""Ticks after a cut until it may have an effect on TTFT; before that there is no other."""
_FORGETS = 1.002
"""A tick lets the usual TTFT rise by this factor, so that a new model's is learnt in minutes."""


class Saturation:
    """One deployment's. Times in seconds; `busy` = requests of this gateway under way there."""

    __slots__ = ("_elsewhere", "_fixed", "_floor", "_full", "_held", "_usual", "window")

    def __init__(self, slots: int = 1, *, exact: bool = False) -> None:
        """Take what is stated of `slots`; `exact` = that many, no more and no less."""
        self._floor = slots
        self._fixed = exact
        self._full = False
        self._held = 0
        self._elsewhere = 0
        self._usual = 0.0
        self.window: int | None = slots if exact or slots > 1 else None
        """Requests it takes side by side; None = none stated, and it has never been seen to queue."""

    def told(self, running: int, waiting: int, slots: int | None, busy: int) -> None:
        """Take what its engine says: requests it serves and queues, whoever sent them."""
        self._elsewhere = max(0, running + waiting - busy)
        if slots is not None:
            self.window, self._fixed = slots, True
        elif waiting:
            self._cut(running)
        else:
            self._open(busy)

    def seen(self, ttft: float | None, busy: int) -> None:
        """Take the TTFT seen lately, once a tick, where no engine says more. None = none was seen."""
        self._elsewhere = 0
        if ttft is None or self._fixed:
            return
        self._usual = min(ttft, self._usual * _FORGETS) if self._usual else ttft
        self._held = max(0, self._held - 1)
        if ttft <= max(self._usual * SLOW, self._usual + SLOW_SECONDS):
            self._open(busy)
        elif not self._held:
            self._cut(int(busy * CUT))
            self._held = HOLD

    def full(self, busy: int) -> bool:
        """Tell whether one more would have to wait."""
        window = self.window
        if window is None:
            return False
        under_way = busy + self._elsewhere
        self._full = under_way > window - max(1, window // 8) if self._full else under_way >= window
        return self._full

    def _cut(self, served: int) -> None:
        if not self._fixed:
            self.window = max(self._floor, served)

    def _open(self, busy: int) -> None:
        window = self.window
        if window is not None and not self._fixed and busy + self._elsewhere >= window - window // 8:
            self.window = window + 1 + window // 20
