"""Circuit breaking: a deployment that fails rests, and comes back by way of one request that tries it.

    closed ──failures──▶ open ──rest is over──▶ half-open ──an answer──▶ closed
                          ▲                         │
                          └────────a failure────────┘   each time for twice as long

- It opens after three failures in a row, when half of the latest attempts failed, or when the upstream
  asks to be left alone (429 with `Retry-After`), for as long as it asks.
- Half-open, the next request that is decided tries it; until that has ended, the others see it as down.
- Down never removes a candidate: it is tried last, and if nothing else is left it is still tried.
"""

FAILURES_TO_REST = 3
RATE_TO_REST = 0.5
ENOUGH = 10
"""Attempts lately, for their rate to count."""
REST_SECONDS = 10.0
MAX_REST_SECONDS = 300.0
STABLE_SECONDS = 60.0
"""Without opening again: then the next rest is a short one again."""
TRIAL_SECONDS = 30.0
"""For which one request alone tries it; then, whatever became of that, another may."""


class Breaker:
    """One deployment's. `now` is in seconds of any monotonic clock."""

    __slots__ = ("_closed_at", "_failures", "_rest", "_trying", "_until", "_why")

    def __init__(self) -> None:
        self._failures = 0
        self._until: float | None = None
        self._rest = 0.0
        self._closed_at = 0.0
        self._trying = False
        self._why = ""

    def reason(self, now: float) -> str:
        """Say why it should be tried last; empty = closed, or due to be tried."""
        until = self._until
        if until is None or until <= now:
            return ""
        if self._trying:
            return f"{self._why}, one request is trying it"
        return f"{self._why}, resting {until - now:.0f} s more"

    def begin(self, now: float) -> None:
        """A request goes there now; if it was due to be tried, this is the one."""
        if self._until is not None and self._until <= now:
            self._trying = True
            self._until = now + TRIAL_SECONDS

    def answered(self, now: float) -> None:
        """It gave an answer."""
        if self._until is not None:
            self._closed_at = now
        self._failures = 0
        self._until = None
        self._trying = False

    def failed(self, now: float, rate: float, attempts: float, retry_after: float | None) -> None:
        """It failed, as `rate` of `attempts` lately did. `retry_after`: what it asked for, in seconds."""
        self._failures += 1
        due = self._until is not None and (self._trying or self._until <= now)
        if retry_after is not None:
            self._open(now, "asked to be left alone", min(retry_after, MAX_REST_SECONDS))
        elif due or self._failures == FAILURES_TO_REST:
            self.open(now, "failed lately")
        elif self._until is None and attempts >= ENOUGH and rate >= RATE_TO_REST:
            self.open(now, f"{rate:.0%} of attempts failed lately")

    def open(self, now: float, why: str) -> None:
        """Have it rest; for twice as long as the last time if that was not long ago."""
        again = self._rest and (self._until is not None or now - self._closed_at < STABLE_SECONDS)
        self._rest = min(self._rest * 2, MAX_REST_SECONDS) if again else REST_SECONDS
        self._open(now, why, self._rest)

    def _open(self, now: float, why: str, seconds: float) -> None:
        self._why = why
        self._trying = False
        self._until = now + seconds
