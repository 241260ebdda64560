"""Traffic as the economics see it: tokens a month, their mix, and how unevenly they come."""

import math
from collections.abc import Sequence

import msgspec

HOURS_A_MONTH = 730


class Hour(msgspec.Struct, frozen=True):
    """What one hour of traffic brought. Tokens are as in `Usage`: cached and reasoning ones are parts."""

    start: int
    """Unix seconds UTC, a whole hour."""
    requests: int
    input_tokens: int
    output_tokens: int
    cached_tokens: int = 0
    reasoning_tokens: int = 0


class Demand(msgspec.Struct, frozen=True):
    """A month of traffic."""

    requests: float
    input_tokens: float
    output_tokens: float
    cached: float = 0.0
    """Share of the input that prompt caches serve, in 0..1."""
    reasoning: float = 0.0
    """Share of the output that is thought and not said, in 0..1."""
    batch: float = 0.0
    """Share of all that may wait for a batch price, in 0..1."""
    peak: float = 1.0
    """The busiest hour over the mean hour."""
    curve: tuple[float, ...] = ()
    """Load-duration curve: tokens of each hour, descending; empty = only the peak is known."""

    @property
    def tokens(self) -> float:
        """Return input and output tokens a month."""
        return self.input_tokens + self.output_tokens


def of_month(  # noqa: PLR0913  # one parameter an option of the command line
    tokens: float,
    ratio: float = 6.0,
    *,
    cached: float = 0.0,
    reasoning: float = 0.0,
    batch: float = 0.0,
    peak: float = 1.0,
    request_tokens: float = 3_500.0,
) -> Demand:
    """Return `tokens` a month, `ratio` tokens of input to one of output, requests of `request_tokens`."""
    out = tokens / (1 + ratio)
    return Demand(tokens / request_tokens, tokens - out, out, cached, reasoning, batch, peak)


def of_hours(
    hours: Sequence[Hour], *, since: float | None = None, until: float | None = None, batch: float = 0.0
) -> Demand:
    """Return a month like the `hours`, which lie side by side; those without traffic may be left out.

    `since`, `until`: Unix seconds of the time that was looked at, whose silent ends count as well; default:
    the first and the last hour with traffic. Raises `ValueError` when there are none.
    """
    if not hours:
        message = "no traffic to go by"
        raise ValueError(message)
    first, last = min(hour.start for hour in hours), max(hour.start for hour in hours)
    if since is not None:
        first = min(first, int(since) // 3600 * 3600)
    if until is not None:
        last = max(last, (math.ceil(until / 3600) - 1) * 3600)
    span = (last - first) // 3600 + 1
    scale = HOURS_A_MONTH / span
    told = sum(hour.input_tokens for hour in hours)
    out = sum(hour.output_tokens for hour in hours)
    loads = sorted((float(hour.input_tokens + hour.output_tokens) for hour in hours), reverse=True)
    loads += [0.0] * (span - len(loads))
    mean = sum(loads) / span
    return Demand(
        requests=sum(hour.requests for hour in hours) * scale,
        input_tokens=told * scale,
        output_tokens=out * scale,
        cached=sum(hour.cached_tokens for hour in hours) / told if told else 0.0,
        reasoning=sum(hour.reasoning_tokens for hour in hours) / out if out else 0.0,
        batch=batch,
        peak=loads[0] / mean if mean else 1.0,
        curve=tuple(loads),
    )
