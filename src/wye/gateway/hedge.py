"""Hedging: when an answer is slow to begin the next candidate is asked as well; the first to begin is served.

A whole answer begins when it is done, so `after_ms` suits streams; for others it should be longer than they
usually take (Dean & Barroso, "The tail at scale", 2013).
"""

from wye.config.strategies import HedgeSettings

_MOST_SAVED = 10.0
"""Hedges that a quiet time saves up."""


class Hedge:
    """One route's. At most `share` of its requests are hedged: a slow upstream must not double its load."""

    __slots__ = ("_saved", "_share", "seconds", "settings")

    def __init__(self, settings: HedgeSettings) -> None:
        self.settings = settings
        self.seconds = settings.after_ms / 1000
        """How long the first candidate has to begin."""
        self._share = settings.share
        self._saved = 0.0

    def asked(self) -> None:
        """Count a request of the route."""
        self._saved = min(self._saved + self._share, _MOST_SAVED)

    def take(self) -> bool:
        """Tell whether one more may be hedged, and count it."""
        if self._saved < 1.0 - 1e-9:  # shares add up inexactly
            return False
        self._saved -= 1.0
        return True
