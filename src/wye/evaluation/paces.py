"""How models count and talk, from requests that they served: tokenizers and verbosity differ by half."""

from collections import defaultdict
from collections.abc import Iterable

from wye.core.record import Outcome, Record
from wye.routing.revision import Pace

FEWEST = 20
"""Requests that say something of a deployment."""
_CHARS_LEAST = 0.5
"""Bytes a token: fewer, and its prompt was elsewhere than in the request (a stored conversation)."""


class _Sums:
    def __init__(self) -> None:
        self.requests = self.sent = self.read = self.written = 0


def paces(records: Iterable[Record]) -> dict[str, Pace]:
    """Return how each deployment counts and talks, by its id. Pictures count for neither."""
    sums: defaultdict[str, _Sums] = defaultdict(_Sums)
    for record in records:
        usage = record.usage
        if record.outcome is not Outcome.OK or usage is None or not usage.input_tokens:
            continue
        of = sums[record.deployment]
        of.requests += 1
        of.sent += record.request_bytes
        of.read += usage.input_tokens
        of.written += usage.output_tokens
    return {
        name: Pace(
            bytes_per_token=round(of.sent / of.read, 3) if of.sent / of.read >= _CHARS_LEAST else None,
            output_tokens=round(of.written / of.requests, 1),
        )
        for name, of in sums.items()
        if of.requests >= FEWEST
    }
