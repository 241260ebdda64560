"""The price of a machine's slots: what the least valuable request saves that they have room for.

A machine that is paid for costs next to nothing while it has room. When it is wanted by more requests than it
can serve, each that it serves sends another to an API: that is what the slot costs then. As in a power
market, the price is where the requests of the last minute, dearest first, fill what it can do.
"""

from collections import deque

TICK_SECONDS = 0.5
_TICKS = 120
_MOST = 2_048
"""Requests of that minute that are looked at, the latest."""
_SMOOTHING = 0.1
_SLOWLY = 0.02
"""A tick's part in how much longer requests take than expected: both are running means, and noisy."""


class Clearing:
    """One machine's."""

    __slots__ = ("_expected", "_longer", "_offers", "_tick", "price")

    def __init__(self) -> None:
        self._offers: deque[tuple[int, float, float]] = deque(maxlen=_MOST)
        self._tick = 0
        self._expected = 0.0
        self._longer = 1.0
        """Than expected, by this factor, requests really take."""
        self.price = 0.0
        """USD a second of a slot; 0 = there is room for all."""

    def offer(self, worth: float, seconds: float, *, taken: bool) -> None:
        """Note a request that wants a slot for about `seconds`, and saves `worth` USD in each of them."""
        self._offers.append((self._tick, worth, seconds))
        if taken:
            self._expected += _SMOOTHING * (seconds - self._expected) if self._expected else seconds

    def tick(self, window: int | None, mean_seconds: float) -> None:
        """Work the price out anew, twice a second. `mean_seconds`: what requests really take there."""
        self._tick += 1
        offers = self._offers
        while offers and offers[0][0] <= self._tick - _TICKS:
            offers.popleft()
        if window is None or not offers or not mean_seconds or not self._expected:
            self.price = 0.0
            return
        self._longer += _SLOWLY * (mean_seconds / self._expected - self._longer)
        lasted = (self._tick - offers[0][0]) * TICK_SECONDS
        room = window * lasted / self._longer
        if sum(seconds for _, _, seconds in offers) <= room:
            self.price = 0.0
            return
        for _, worth, seconds in sorted(offers, key=_worth, reverse=True):
            room -= seconds
            if room < 0:
                self.price = worth
                return


def _worth(offer: tuple[int, float, float]) -> float:
    return offer[1]
