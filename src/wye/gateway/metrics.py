"""Prometheus metrics. Children are looked up once for each combination of labels, then kept."""

from collections.abc import Callable, Iterable, Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from wye.core.record import Record

MAX_DEPLOYMENTS = 500
"""Callers can name new deployments of an open provider; beyond this many they count as `other`."""

_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)
_TTFT_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

Reading = tuple[str, str, dict[str, str], float]
"""Name, help, labels, value of a gauge that is read when someone asks."""


class Gauges(Collector):
    """Reads the gauges at scrape time, so that nobody has to keep them up to date."""

    def __init__(self, read: Callable[[], Iterable[Reading]]) -> None:
        self._read = read

    def collect(self) -> Iterator[Metric]:
        """Yield a family for each name."""
        families: dict[str, GaugeMetricFamily] = {}
        for name, text, labels, value in self._read():
            family = families.setdefault(name, GaugeMetricFamily(name, text, labels=tuple(labels)))
            family.add_metric(tuple(labels.values()), value)
        yield from families.values()


class _Children:
    """The counters of one combination of deployment, lane, outcome and status."""

    __slots__ = ("cost", "costs_unknown", "requests", "seconds", "tokens_in", "tokens_out", "ttft")

    def __init__(self, metrics: "Metrics", deployment: str, record: Record, currency: str) -> None:
        lane = record.lane.value if record.lane else ""
        self.requests = metrics.requests.labels(deployment, lane, record.outcome.value, str(record.status))
        self.seconds = metrics.seconds.labels(deployment)
        self.ttft = metrics.ttft.labels(deployment)
        self.tokens_in = metrics.tokens.labels(deployment, "input")
        self.tokens_out = metrics.tokens.labels(deployment, "output")
        self.cost = metrics.cost.labels(deployment, currency)
        self.costs_unknown = metrics.costs_unknown.labels(deployment)


class Metrics:
    """What `/metrics` shows."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=False)
        counter = self._counter
        self.requests = counter(
            "wye_requests", "Requests by how they ended", ("deployment", "lane", "outcome", "status")
        )
        self.tokens = counter("wye_tokens", "Tokens as upstreams reported them", ("deployment", "kind"))
        self.cost = counter("wye_cost", "Cost of priced requests", ("deployment", "currency"))
        self.costs_unknown = counter(
            "wye_costs_unknown", "Served requests whose cost is unknown", ("deployment",)
        )
        self.attempts = counter("wye_attempts", "Attempts by cause", ("deployment", "cause", "status"))
        self.turned_away = counter("wye_turned_away", "Requests refused before they were let in", ("status",))
        self.seconds = self._histogram("wye_request_seconds", "Arrival to last byte", _SECONDS)
        self.ttft = self._histogram("wye_ttft_seconds", "Arrival to first byte of the answer", _TTFT_SECONDS)
        self._children: dict[tuple[str, str, int, str], _Children] = {}
        self._attempts: dict[tuple[str, str, int], Counter] = {}
        self._deployments: set[str] = set()

    def gauges(self, read: Callable[[], Iterable[Reading]]) -> None:
        """Have `read` asked at every scrape."""
        self.registry.register(Gauges(read))

    def observe(self, record: Record) -> None:
        """Count a finished request."""
        cost = record.cost
        currency = cost.currency if cost else "USD"
        key = (record.deployment, record.outcome.value, record.status, currency)
        children = self._children.get(key)
        if children is None:
            children = _Children(self, self._bounded(record.deployment), record, currency)
            if len(self._children) < MAX_DEPLOYMENTS * 4:
                self._children[key] = children
        children.requests.inc()
        children.seconds.observe(record.duration_ms / 1000)
        if record.ttft_ms is not None:
            children.ttft.observe(record.ttft_ms / 1000)
        if record.usage is not None:
            children.tokens_in.inc(record.usage.input_tokens)
            children.tokens_out.inc(record.usage.output_tokens)
        if cost is not None:
            if cost.amount is None:
                children.costs_unknown.inc()
            else:
                children.cost.inc(float(cost.amount))
        for attempt in record.attempts:
            self._attempt(attempt.deployment, attempt.cause, attempt.status).inc()

    def render(self) -> bytes:
        """Return the text exposition format, version 0.0.4."""
        return generate_latest(self.registry)

    def _attempt(self, deployment: str, cause: str, status: int) -> Counter:
        key = (deployment, cause, status)
        child = self._attempts.get(key)
        if child is None:
            child = self.attempts.labels(self._bounded(deployment), cause, str(status))
            if len(self._attempts) < MAX_DEPLOYMENTS * 4:
                self._attempts[key] = child
        return child

    def _bounded(self, deployment: str) -> str:
        if deployment in self._deployments:
            return deployment
        if len(self._deployments) >= MAX_DEPLOYMENTS:
            return "other"
        self._deployments.add(deployment)
        return deployment

    def _counter(self, name: str, text: str, labels: tuple[str, ...]) -> Counter:
        return Counter(name, text, labels, registry=self.registry)

    def _histogram(self, name: str, text: str, buckets: tuple[float, ...]) -> Histogram:
        return Histogram(name, text, ("deployment",), buckets=buckets, registry=self.registry)
