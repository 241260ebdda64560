"""When an own deployment has as much to do as it can: a window on the requests under way there.

How many it serves side by side is what its engine says (slots), or is learnt as TCP learns a window: a queue
that its engine tells of, or first tokens that take much longer than they did when it had little to do, cut
the window to what was served; while the window is full and nothing queues, it opens by a little.

It is saturated once an eighth of the window queues, so that no slot stands idle between two requests, and
stays so until half of those are gone: else it would be left and taken up again with every request.

Before that it is not the same for all: a slot that is wanted by more requests than it can serve costs what
it would have saved another one (see `clearing`). Who saves less finds it full the earlier, the less it saves.
"""

import math

from wye.routing.clearing import Clearing

SLOW = 3.0
"""Times the usual TTFT: then requests are taken to queue."""
SLOW_SECONDS = 0.5
"""And at least this much more than usual: a longer prompt alone is no queue."""
CUT = 0.8
"""Of what was under way, where only TTFT tells: it does not say how many of them queue."""
HOLD = 10
"""Ticks after a cut until it may have an effect on TTFT; before that there is no other."""
STEEP = 2.0
"""Share of the window that is kept free from who is worth nothing, times the price; nobody half as dear."""
_FORGETS = 1.002
"""A tick lets the usual TTFT rise by this factor, so that a new model's is learnt in minutes."""


class Saturation:
    """One deployment's. Times in seconds; `busy` = requests of this gateway under way there."""

    __slots__ = ("_elsewhere", "_fixed", "_floor", "_full", "_held", "_usual", "clearing", "window")

    def __init__(self, slots: int = 1, *, exact: bool = False) -> None:
        """Take what is stated of `slots`; `exact` = that many, no more and no less."""
        self._floor = slots
        self._fixed = exact
        self._full = False
        self._held = 0
        self._elsewhere = 0
        self._usual = 0.0
        self.clearing = Clearing()
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

    def bid(self, worth: float, seconds: float, busy: int) -> bool:
        """Tell whether a request is taken that needs a slot for `seconds` and saves `worth` USD in each."""
        taken = not self.full(busy, worth)
        self.clearing.offer(worth, seconds, taken=taken)
        return taken

    def full(self, busy: int, worth: float = math.inf) -> bool:
        """Tell whether one more should go elsewhere that saves `worth` USD a second of a slot."""
        window = self.window
        if window is None:
            return False
        under_way, price = busy + self._elsewhere, self.clearing.price
        most = window + max(1, window // 8)
        self._full = under_way >= (most - window // 16 if self._full else most)
        if worth >= price or price <= 0.0:
            return self._full or worth < 0.0
        return under_way >= window * (1.0 - STEEP * (1.0 - worth / price))

    def _cut(self, served: int) -> None:
        if not self._fixed:
            self.window = max(self._floor, served)

    def _open(self, busy: int) -> None:
        window = self.window
        if window is not None and not self._fixed and busy + self._elsewhere >= window:
            self.window = window + 1 + window // 20
