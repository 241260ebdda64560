"""Prometheus metrics. A request adds to plain numbers; the families are made when someone asks."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from itertools import accumulate

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from wye.core.record import Record

MAX_DEPLOYMENTS = 500
"""Callers can name new deployments of an open provider; beyond this many they count as `other`."""
OTHER = "other"

_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)
_TTFT_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

Reading = tuple[str, str, dict[str, str], float]
"""Name, help, labels, value of a figure that is read when someone asks. `_total` = it only grows."""


class _Histogram:
    """Counts by upper bound, in seconds."""

    __slots__ = ("bounds", "counts", "sum")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def add(self, seconds: float) -> None:
        self.counts[bisect_left(self.bounds, seconds)] += 1
        self.sum += seconds

    def buckets(self) -> list[tuple[str, float]]:
        names = [*map(str, self.bounds), "+Inf"]
        return list(zip(names, map(float, accumulate(self.counts)), strict=True))


class _Served:
    """What one deployment has done. The empty name stands for requests that nobody served."""

    __slots__ = (
        "attempts",
        "cost",
        "ended",
        "lane",
        "seconds",
        "tokens_in",
        "tokens_out",
        "ttft",
        "unknown_costs",
    )

    def __init__(self, lane: str) -> None:
        self.lane = lane
        self.ended: dict[tuple[str, int], int] = {}
        self.attempts: dict[tuple[str, int], int] = {}
        self.seconds = _Histogram(_SECONDS)
        self.ttft = _Histogram(_TTFT_SECONDS)
        self.tokens_in = self.tokens_out = self.unknown_costs = 0
        self.cost: dict[str, Decimal] = {}

    def add(self, record: Record) -> None:
        ended = (record.outcome._value_, record.status)  # an enum's `value` is Python code
        self.ended[ended] = self.ended.get(ended, 0) + 1
        self.seconds.add(record.duration_ms / 1000)
        if record.ttft_ms is not None:
            self.ttft.add(record.ttft_ms / 1000)
        if record.usage is not None:
            self.tokens_in += record.usage.input_tokens
            self.tokens_out += record.usage.output_tokens
        cost = record.cost
        if cost is not None:
            if cost.amount is None:
                self.unknown_costs += 1
            else:
                self.cost[cost.currency] = self.cost.get(cost.currency, Decimal(0)) + cost.amount


class Metrics(Collector):
    """What `/metrics` shows. Belongs to the event loop's thread."""

    def __init__(self) -> None:
        self._served: dict[str, _Served] = {}
        self._turned_away: Counter[int] = Counter()
        self._read: Callable[[], Iterable[Reading]] = lambda: ()
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)

    def readings(self, read: Callable[[], Iterable[Reading]]) -> None:
        """Have `read` asked at every scrape."""
        self._read = read

    def observe(self, record: Record) -> None:
        """Count a finished request."""
        self._of(record.deployment, record.lane._value_ if record.lane else "").add(record)
        for attempt in record.attempts:
            attempts = self._of(attempt.deployment, "").attempts
            key = (attempt.cause, attempt.status)
            attempts[key] = attempts.get(key, 0) + 1

    def turned_away(self, status: int) -> None:
        """Count a request that was refused before it was let in."""
        self._turned_away[status] += 1

    def render(self) -> bytes:
        """Return the text exposition format, version 0.0.4."""
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """Yield every family."""
        yield from self._requests()
        yield from self._histograms()
        yield from self._amounts()
        yield from self._readings()

    def _requests(self) -> Iterator[Metric]:
        labels = ("deployment", "lane", "outcome", "status")
        requests = CounterMetricFamily("wye_requests", "Requests by how they ended", labels=labels)
        attempts = CounterMetricFamily(
            "wye_attempts", "Attempts by cause", labels=("deployment", "cause", "status")
        )
        away = CounterMetricFamily(
            "wye_turned_away", "Requests refused before they were let in", labels=("status",)
        )
        for name, served in self._served.items():
            for (outcome, status), count in served.ended.items():
                requests.add_metric((name, served.lane, outcome, str(status)), count)
            for (cause, status), count in served.attempts.items():
                attempts.add_metric((name, cause, str(status)), count)
        for status, count in self._turned_away.items():
            away.add_metric((str(status),), count)
        yield from (requests, attempts, away)

    def _histograms(self) -> Iterator[Metric]:
        seconds = HistogramMetricFamily("wye_request_seconds", "Arrival to last byte", labels=("deployment",))
        ttft = HistogramMetricFamily(
            "wye_ttft_seconds", "Arrival to first byte of the answer", labels=("deployment",)
        )
        for name, served in self._served.items():
            seconds.add_metric((name,), served.seconds.buckets(), served.seconds.sum)
            ttft.add_metric((name,), served.ttft.buckets(), served.ttft.sum)
        yield from (seconds, ttft)

    def _amounts(self) -> Iterator[Metric]:
        tokens = CounterMetricFamily(
            "wye_tokens", "Tokens as upstreams reported them", labels=("deployment", "kind")
        )
        cost = CounterMetricFamily("wye_cost", "Cost of priced requests", labels=("deployment", "currency"))
        unknown = CounterMetricFamily(
            "wye_costs_unknown", "Served requests whose cost is unknown", labels=("deployment",)
        )
        for name, served in self._served.items():
            if not name:
                continue
            tokens.add_metric((name, "input"), served.tokens_in)
            tokens.add_metric((name, "output"), served.tokens_out)
            unknown.add_metric((name,), served.unknown_costs)
            for currency, amount in served.cost.items():
                cost.add_metric((name, currency), float(amount))
        yield from (tokens, cost, unknown)

    def _readings(self) -> Iterator[Metric]:
        families: dict[str, CounterMetricFamily | GaugeMetricFamily] = {}
        for name, text, labels, value in self._read():
            if name not in families:
                kind = CounterMetricFamily if name.endswith("_total") else GaugeMetricFamily
                families[name] = kind(name, text, labels=tuple(labels))
            families[name].add_metric(tuple(labels.values()), value)
        yield from families.values()

    def _of(self, deployment: str, lane: str) -> _Served:
        served = self._served.get(deployment)
        if served is None:
            if len(self._served) >= MAX_DEPLOYMENTS:
                deployment = OTHER
            served = self._served.setdefault(deployment, _Served(lane))
        if lane and not served.lane:
            served.lane = lane
        return served
