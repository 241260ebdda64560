"""What a certified setting leaves to a gate, and whether asking that gate pays."""

import time
from collections.abc import Callable
from decimal import Decimal

import msgspec

from wye.routing.agreement import Compare

HALF_LIFE = 6 * 3600.0
"""Seconds in which what was seen of a gate loses half its weight: one that is off is tried again some day."""
_PRIOR = 20.0
"""Gated requests that what was seen at certification counts as."""
_ENOUGH = 5.0
"""Gated requests from which on what they cost is known better than what was expected."""


class Band(msgspec.Struct, frozen=True):
    """A certificate's: where the threshold does not let the weak model serve, but a gate may."""

    below: float
    """Expected gain below which the gate decides; from here on the strong model serves at once."""
    ask: tuple[str, ...]
    """Models, as labels name them, all of which must say the same as the weak one."""
    compare: Compare = "answer"
    """How answers are compared, when that was certified and when it serves."""
    meaning: float = 0.85
    """From which cosine on two free texts agree, under `meaning`."""
    whole: bool = False
    """The labels held whole answers, so that what free texts mean was compared as it is when it serves."""
    agrees: float = 0.5
    """Share of the prompts in the band on which all said the same, when that was certified."""


class Tally:
    """What came of a route's gate lately. Belongs to the event loop's thread."""

    __slots__ = ("_agreed", "_at", "_clock", "_costs", "_priced", "_seen")

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._at = clock()
        self._agreed = self._seen = self._costs = self._priced = 0.0

    def note(self, cost: Decimal | None, *, agreed: bool) -> None:
        """Count a gated request. `cost`: USD of the weak answer and all opinions; None = not known."""
        self._fade()
        self._seen += 1
        self._agreed += agreed
        if cost is not None:
            self._priced += 1
            self._costs += float(cost)

    def agrees(self, prior: float) -> float:
        """Return the share of gated requests that will be agreed on; `prior` until some were seen."""
        self._fade()
        return (self._agreed + _PRIOR * prior) / (self._seen + _PRIOR)

    @property
    def cost(self) -> Decimal | None:
        """USD that a gated request cost beside the strong model, at the mean; None = too few were seen."""
        self._fade()
        return Decimal(str(self._costs / self._priced)) if self._priced >= _ENOUGH else None

    def _fade(self) -> None:
        now = self._clock()
        kept = 0.5 ** ((now - self._at) / HALF_LIFE)
        self._at = now
        self._agreed *= kept
        self._seen *= kept
        self._costs *= kept
        self._priced *= kept


def saving(agrees: float, strong: Decimal, gated: Decimal) -> Decimal:
    """Return what a gate saves a request, in USD, at the mean; below 0 it costs more than it saves.

    `strong`: what the strong model costs, which is saved where all agree; `gated`: what the weak answer and
    the opinions cost, which are paid for in any case.
    """
    return Decimal(str(agrees)) * strong - gated
