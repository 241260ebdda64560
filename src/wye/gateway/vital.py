"""What is remembered of one deployment: how its attempts went, how soon it answers, how full it is.

A request adds one number to a list; everything else is worked out twice a second, and only where something
happened.
"""

import statistics
from collections import deque

from wye.gateway.breaker import Breaker
from wye.routing.clearing import TICK_SECONDS
from wye.routing.saturation import Saturation

_KEEP = 0.98
"""Of a count, at each tick: what happened 17 s ago counts half."""
_LATELY = 120
"""Ticks for which a TTFT counts: a minute."""
_A_TICK = 8
"""TTFTs kept of one tick, so that the window spans some time also under load."""
_FEW = 3
_NOISE = 0.05
_SILENCE_SECONDS = 10.0
_SILENCES = 4.0
"""Times as long as its slowest answer of late: then it hangs."""
_REMEMBERS = 0.998
"""Of that slowest answer, at each tick in which there were others: half of it after three minutes."""


class Vital:
    """One deployment's."""

    __slots__ = (
        "_answered",
        "_failed",
        "_settled",
        "_silent",
        "_slowest",
        "_ttfts",
        "answers",
        "breaker",
        "saturation",
        "slots",
        "ttft",
    )

    def __init__(self, slots: int = 1, saturation: Saturation | None = None) -> None:
        self.slots = slots
        self.saturation = saturation
        """None = what it can take is not ours to know."""
        self.breaker = Breaker()
        self.answers: deque[float] = deque(maxlen=10_000)
        """Of this tick: seconds to the first token of a stream; of a whole answer, below 0, to its end."""
        self.ttft: float | None = None
        """Seconds, the median of streams lately; None = too few."""
        self._answered = 0.0
        self._failed = 0.0
        self._ttfts: deque[tuple[int, float]] = deque(maxlen=64)
        self._slowest = 0.0
        self._silent = 0.0
        self._settled = True

    @property
    def quiet(self) -> bool:
        """Nothing has happened since the last tick, and nothing is left to fade. Own machines never are."""
        return not self.answers and not self._silent and self._settled and self.saturation is None

    @property
    def attempts(self) -> float:
        """How many there were lately; older ones count less."""
        return self._answered + len(self.answers) + self._failed

    @property
    def error_rate(self) -> float:
        """The share of them that failed."""
        return self._failed / self.attempts if self._failed else 0.0

    def failed(self, now: float, retry_after: float | None) -> None:
        """An attempt failed."""
        self._failed += 1.0
        self._settled = False
        self.breaker.failed(now, self.error_rate, self.attempts, retry_after)

    def slow(self, number: int, seconds: float) -> None:
        """A stream took longer than `seconds` to begin; how long, nobody waited to see."""
        self._ttfts.append((number, seconds))
        self._settled = False

    def eject(self, now: float, why: str) -> None:
        """Have it rest. It comes back with a clean slate, else what it did before would eject it again."""
        self.breaker.open(now, why)
        self.answers.clear()
        self._ttfts.clear()
        self.ttft = None
        self._answered = self._failed = 0.0

    def tick(self, number: int, busy: int, mean_seconds: float, *, told: bool) -> None:
        """Work out what the last tick brought. `told`: its engine says itself how full it is."""
        fresh = self.answers
        if fresh:
            self.answers = deque(maxlen=10_000)
            self._slowest = max(self._slowest * _REMEMBERS, *map(abs, fresh))
            self._ttfts.extend([(number, s) for s in fresh if s > 0][-_A_TICK:])
            self._silent = 0.0
        elif busy > 1:
            self._silent += TICK_SECONDS
        else:
            self._silent = 0.0
        self._answered = _faded(self._answered + len(fresh))
        self._failed = _faded(self._failed)
        self._settled = not (self._answered or self._failed or self._ttfts)
        if self._ttfts:
            while self._ttfts and self._ttfts[0][0] < number - _LATELY:
                self._ttfts.popleft()
            few = len(self._ttfts) < _FEW
            self.ttft = None if few else statistics.median([seconds for _, seconds in self._ttfts])
        if self.saturation is None:
            return
        self.saturation.clearing.tick(self.saturation.window, mean_seconds)
        if not told:
            latest = [seconds for _, seconds in list(self._ttfts)[-_A_TICK:]]
            self.saturation.seen(statistics.median(latest) if fresh and latest else None, busy)

    def saturated(self, busy: int, waiting: int) -> str:
        """Say why it should be spared; empty = it need not be."""
        if waiting:
            return f"{waiting} wait for it"
        if self._silent and self._slowest and self._silent > max(_SILENCE_SECONDS, _SILENCES * self._slowest):
            return f"{busy} wait for its answer, for {self._silent:.0f} s nobody got one"
        if self.saturation is not None and self.saturation.full(busy):
            return f"all of {self.saturation.window} are busy"
        return ""


def _faded(count: float) -> float:
    return count * _KEEP if count > _NOISE else 0.0
