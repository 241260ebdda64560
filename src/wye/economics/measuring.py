"""What a load test found: a throughput-latency curve, and when to stop climbing it.

Closed loop: so many requests are always under way, each by a worker that sends the next when its last is
answered. Rates are of the time when all workers had one: from the start until the first of them was done.
"""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

import msgspec
import numpy as np

from wye.catalog.figure import Figure
from wye.catalog.throughput import RATE, Throughput

LABEL = "wye-measure"
"""What its requests are labelled, so that they are in no traffic. It is no label of wye's own, and so permits
the own lane only: where a test must not go, none of it goes."""
RISE = 0.05
"""Of tokens a second, that the next level must bring."""
SOURCE = "wye measure"
_ROUND = Decimal("0.01")
_MOMENT = 1e-9


class Sample(msgspec.Struct, frozen=True):
    """One answer. Seconds of one clock."""

    began: float
    first: float
    """When its first text came."""
    ended: float
    input_tokens: int
    output_tokens: int

    @property
    def ttft(self) -> float:
        """Return seconds to the first text."""
        return self.first - self.began


class Point(msgspec.Struct, frozen=True):
    """One level of the curve."""

    concurrency: int
    requests: int
    input_tokens: int
    """Of a request, on average."""
    output_tokens: int
    ttft_ms: float
    """Mean."""
    ttft_p50_ms: float
    ttft_p95_ms: float
    itl_ms: float | None
    """Mean of the requests' means; None = answers of one token have none."""
    output_rate: float
    """Tokens a second, over all."""
    total_rate: float


def point(concurrency: int, samples: Sequence[Sample], until: float) -> Point:
    """Sum a level up; `until` is when the first worker had nothing more to send.

    Raises `ValueError` without samples.
    """
    if not samples:
        message = f"nothing was answered at concurrency {concurrency}"
        raise ValueError(message)
    since = min(one.began for one in samples)
    until = max(until, min(one.ended for one in samples))
    # What is said is said between first and last; while it waits, a request makes nothing.
    spoken = sum(
        one.output_tokens * max(0.0, min(one.ended, until) - one.first) / max(one.ended - one.first, _MOMENT)
        for one in samples
    )
    told, said = (
        float(np.mean([getattr(one, field) for one in samples]))
        for field in ("input_tokens", "output_tokens")
    )
    output_rate = spoken / (until - since)
    firsts = np.array([one.ttft for one in samples]) * 1_000
    gaps = [
        (one.ended - one.first) / (one.output_tokens - 1) * 1_000 for one in samples if one.output_tokens > 1
    ]
    return Point(
        concurrency=concurrency,
        requests=len(samples),
        input_tokens=round(told),
        output_tokens=round(said),
        ttft_ms=float(firsts.mean()),
        ttft_p50_ms=float(np.quantile(firsts, 0.5)),
        ttft_p95_ms=float(np.quantile(firsts, 0.95)),
        itl_ms=float(np.mean(gaps)) if gaps else None,
        output_rate=output_rate,
        total_rate=output_rate * (told + said) / said if said else 0.0,
    )


def rises(points: Sequence[Point]) -> bool:
    """Tell whether the last level brought enough more that the next is worth trying."""
    if len(points) < 2:  # noqa: PLR2004  # a pair
        return True
    before, last = points[-2:]
    return last.output_rate > before.output_rate * (1 + RISE)


def knee(points: Sequence[Point]) -> Point:
    """Return the level from which more requests at once brought no more: the machine's slots."""
    best = points[0]
    for one in points[1:]:
        if one.output_rate > best.output_rate * (1 + RISE):
            best = one
    return best


class Measured(msgspec.Struct, frozen=True):
    """What was measured."""

    model: str
    build: str
    """Precision of the weights, or how the owner calls them; empty = not said."""
    engine: str
    gpu: str
    """Empty = none, or not said."""
    gpus: int = 1
    """In one machine."""
    machines: int = 1
    """That serve side by side: the curve is kept as one machine's."""


def rows(points: Sequence[Point], what: Measured, day: dt.date) -> list[Throughput]:
    """Return the curve as the catalogue keeps it: of one machine; rates of one GPU, or of it all without.

    Levels with fewer requests than machines say nothing of one machine, and are left out.
    """

    def figure(rate: float) -> Figure:
        value = Decimal(str(rate / what.gpus / what.machines)).quantize(_ROUND)
        return Figure(value, RATE, SOURCE, day)

    return [
        Throughput(
            model=what.model,
            precision=what.build,
            engine=what.engine,
            gpu=what.gpu,
            gpus=what.gpus,
            input_tokens=one.input_tokens,
            output_tokens=one.output_tokens,
            concurrency=one.concurrency // what.machines,
            output_rate=figure(one.output_rate),
            total_rate=figure(one.total_rate),
            ttft_ms=round(one.ttft_ms, 2),
            itl_ms=None if one.itl_ms is None else round(one.itl_ms, 3),
            ttft_p50_ms=round(one.ttft_p50_ms, 2),
            ttft_p95_ms=round(one.ttft_p95_ms, 2),
        )
        for one in points
        if one.concurrency >= what.machines
    ]
