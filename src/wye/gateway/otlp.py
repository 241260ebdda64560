"""Records as OTLP/JSON: spans and histograms. Pure.

Encoding: opentelemetry-proto's JSON Protobuf Encoding (docs/specification.md of the OTLP specification):
lowerCamelCase names, trace and span ids as hex, 64-bit integers as strings, enums as integers.
Names: OpenTelemetry's semantic conventions for generative AI (Development); what is ours begins with `wye.`.
No prompt, answer or label leaves in here.
"""

import hashlib
from bisect import bisect_left
from collections.abc import Callable, Iterable
from typing import NamedTuple

import msgspec

from wye.catalog.deployments import Deployment
from wye.core.record import Outcome, Record

Find = Callable[[str], Deployment | None]
"""Deployment id -> what is known of it."""

KIND_CLIENT = 3
STATUS_ERROR = 2
CUMULATIVE = 2
MAX_SERIES = 1_000
"""Beyond this many combinations one series takes all: the client chooses the model's name."""
MAX_TEXT = 256

_SECONDS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
_TOKENS = tuple(4.0**power for power in range(14))
_PROVIDERS = {"mistral": "mistral_ai"}
"""Where the conventions spell a provider differently."""


class _Otlp(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """Base of what goes onto the wire. Fields that have their default are left out, as in Protobuf."""


class Value(_Otlp, frozen=True):
    """AnyValue: exactly one is set."""

    string_value: str | None = None
    int_value: str | None = None
    double_value: float | None = None
    bool_value: bool | None = None


class Attribute(_Otlp, frozen=True):
    """KeyValue."""

    key: str
    value: Value


class Event(_Otlp, frozen=True):
    """Something that happened during a span."""

    time_unix_nano: str
    name: str
    attributes: list[Attribute]


class Status(_Otlp, frozen=True):
    """How a span ended; left out where it ended well."""

    code: int
    message: str


class Span(_Otlp, frozen=True):
    """One request."""

    trace_id: str
    span_id: str
    name: str
    kind: int
    start_time_unix_nano: str
    end_time_unix_nano: str
    attributes: list[Attribute]
    events: list[Event] = []
    status: Status | None = None
    parent_span_id: str = ""


class Point(_Otlp, frozen=True):
    """HistogramDataPoint."""

    attributes: list[Attribute]
    start_time_unix_nano: str
    time_unix_nano: str
    count: str
    sum: float
    bucket_counts: list[str]
    explicit_bounds: tuple[float, ...]


class Histograms(_Otlp, frozen=True):
    """Histogram."""

    data_points: list[Point]
    aggregation_temporality: int


class Metric(_Otlp, frozen=True):
    """A named histogram with its series."""

    name: str
    description: str
    unit: str
    histogram: Histograms


_encode = msgspec.json.encode


def attributes(values: Iterable[tuple[str, str | float | bool | None]]) -> list[Attribute]:
    """Encode attributes; those without a value are left out."""
    return [Attribute(key, _value(value)) for key, value in values if value is not None and value != ""]


def _value(value: str | float | bool) -> Value:  # noqa: FBT001  # a value, not a switch
    if isinstance(value, bool):
        return Value(bool_value=value)
    if isinstance(value, int):
        return Value(int_value=str(value))
    if isinstance(value, float):
        return Value(double_value=value)
    return Value(string_value=value[:MAX_TEXT])


def span(record: Record, find: Find) -> bytes:
    """Encode a record as a span. The same record always gets the same ids."""
    model = record.asked[:MAX_TEXT]
    start = _nanoseconds(record.at * 1e6)
    broken = record.outcome in {Outcome.ERROR, Outcome.BROKEN}
    return _encode(
        Span(
            trace_id=_trace_id(record),
            parent_span_id=record.parent if record.trace.strip("0") else "",
            span_id=hashlib.blake2b(record.id.encode(), digest_size=8).hexdigest(),
            name=f"{record.operation} {model}".rstrip(),
            kind=KIND_CLIENT,
            start_time_unix_nano=str(start),
            end_time_unix_nano=str(start + _nanoseconds(record.duration_ms * 1e3)),
            attributes=attributes((*_common(record, find), *_usage(record), *_ours(record))),
            events=[_attempt(start, number, record) for number in range(len(record.attempts))],
            status=Status(STATUS_ERROR, record.error[:MAX_TEXT]) if broken else None,
        )
    )


def _nanoseconds(microseconds: float) -> int:
    """Round to what the clock knows: a float of today in nanoseconds is off by some hundred."""
    return round(microseconds) * 1_000


def _trace_id(record: Record) -> str:
    """Return the client's trace, or one made from the record's id. All zeros is none (W3C Trace Context)."""
    if record.trace.strip("0"):
        return record.trace
    return hashlib.blake2b(record.id.encode(), digest_size=16).hexdigest()


def _common(record: Record, find: Find) -> tuple[tuple[str, str | None], ...]:
    """Return the attributes that spans and metrics share."""
    deployment = find(record.deployment) if record.deployment else None
    error = None
    if record.outcome is Outcome.ERROR:
        error = str(record.status)
    elif record.outcome is not Outcome.OK:
        error = record.outcome.value
    provider = deployment.provider if deployment else None
    return (
        ("gen_ai.operation.name", record.operation),
        ("gen_ai.provider.name", _PROVIDERS.get(provider, provider) if provider else None),
        ("gen_ai.request.model", record.asked),
        ("gen_ai.response.model", deployment.model if deployment else None),
        ("server.address", deployment.endpoint.host if deployment else None),
        ("error.type", error),
    )


def _usage(record: Record) -> Iterable[tuple[str, int | float | None]]:
    if record.stream and record.ttft_ms is not None:
        yield "gen_ai.response.time_to_first_chunk", record.ttft_ms / 1000
    usage = record.usage
    if usage is not None:
        yield "gen_ai.usage.input_tokens", usage.input_tokens
        yield "gen_ai.usage.output_tokens", usage.output_tokens
        yield "gen_ai.usage.cache_read.input_tokens", usage.cache_read_tokens or None
        yield "gen_ai.usage.cache_creation.input_tokens", usage.cache_write_tokens or None
        yield "gen_ai.usage.reasoning.output_tokens", usage.reasoning_tokens or None


def _ours(record: Record) -> Iterable[tuple[str, str | float | None]]:
    yield "wye.decision.id", record.id
    yield "wye.deployment", record.deployment
    yield "wye.lane", record.lane.value if record.lane else None
    yield "wye.outcome", record.outcome.value
    yield "wye.labels.count", len(record.labels)
    yield "wye.attempts.count", len(record.attempts)
    if record.cost is not None and record.cost.amount is not None:
        yield "wye.cost.amount", float(record.cost.amount)
        yield "wye.cost.currency", record.cost.currency


def _attempt(start: int, number: int, record: Record) -> Event:
    attempt = record.attempts[number]
    return Event(
        str(start + _nanoseconds(attempt.started_ms * 1e3)),
        "wye.attempt",
        attributes(
            (
                ("wye.deployment", attempt.deployment),
                ("wye.attempt.cause", attempt.cause),
                ("http.response.status_code", attempt.status or None),
                ("error.message", attempt.error),
            )
        ),
    )


class _Histogram:
    """One series: counts by bucket, upper bounds inclusive."""

    __slots__ = ("bounds", "counts", "sum")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def add(self, value: float) -> None:
        self.counts[bisect_left(self.bounds, value)] += 1
        self.sum += value

    def point(self, attributes: list[Attribute], start: int, now: int) -> Point:
        return Point(
            attributes,
            str(start),
            str(now),
            str(sum(self.counts)),
            self.sum,
            [str(count) for count in self.counts],
            self.bounds,
        )


class _Series:
    """The histograms of one combination of attributes."""

    __slots__ = ("attributes", "duration", "input", "output", "ttft")

    def __init__(self, attributes: list[Attribute]) -> None:
        self.attributes = attributes
        self.duration, self.ttft = _Histogram(_SECONDS), _Histogram(_SECONDS)
        self.input, self.output = _Histogram(_TOKENS), _Histogram(_TOKENS)


class _Key(NamedTuple):
    operation: str
    deployment: str
    asked: str
    error: str


_OVERFLOW = _Key("", "", "", "")


class Meters:
    """Histograms since `start` (Unix nanoseconds), fed by records."""

    def __init__(self, find: Find, start: int) -> None:
        self._find = find
        self._start = start
        self._series: dict[_Key, _Series] = {}

    def add(self, record: Record) -> None:
        """Count a record."""
        error = "" if record.outcome is Outcome.OK else f"{record.outcome.value} {record.status}"
        key = _Key(record.operation, record.deployment, record.asked, error)
        series = self._series.get(key) or self._new(key, record)
        series.duration.add(record.duration_ms / 1000)
        if record.stream and record.ttft_ms is not None:
            series.ttft.add(record.ttft_ms / 1000)
        if record.usage is not None:
            series.input.add(record.usage.input_tokens)
            series.output.add(record.usage.output_tokens)

    def encode(self, now: int) -> list[bytes]:
        """Return the metrics that have series, each encoded."""
        durations, firsts, tokens = [], [], []
        for series in self._series.values():
            shared = series.attributes
            durations.append(series.duration.point(shared, self._start, now))
            if any(series.ttft.counts):
                firsts.append(series.ttft.point(shared, self._start, now))
            for kind, histogram in (("input", series.input), ("output", series.output)):
                if any(histogram.counts):
                    token = attributes([("gen_ai.token.type", kind)])
                    tokens.append(histogram.point(shared + token, self._start, now))
        named = (
            ("gen_ai.client.operation.duration", "From arrival to the last byte", "s", durations),
            ("gen_ai.client.operation.time_to_first_chunk", "From arrival to the first byte", "s", firsts),
            ("gen_ai.client.token.usage", "Tokens as the upstream reported them", "{token}", tokens),
        )
        return [
            _encode(Metric(name, text, unit, Histograms(points, CUMULATIVE)))
            for name, text, unit, points in named
            if points
        ]

    def _new(self, key: _Key, record: Record) -> _Series:
        if len(self._series) < MAX_SERIES:
            shared = attributes(_common(record, self._find))
        else:
            key, shared = _OVERFLOW, attributes([("otel.metric.overflow", True)])
        return self._series.setdefault(key, _Series(shared))


class Envelope:
    """Puts encoded spans or metrics into a request's body."""

    def __init__(self, service: str, version: str, instance: str) -> None:
        resource = {
            "attributes": attributes(
                (
                    ("service.name", service),
                    ("service.version", version),
                    ("service.instance.id", instance),
                )
            )
        }
        scope = {"name": "wye", "version": version}
        self._head = b'":[{"resource":%b,"scope' % _encode(resource)
        self._scope = b'":[{"scope":%b,"' % _encode(scope)

    def traces(self, spans: Iterable[bytes]) -> bytes:
        """Return an ExportTraceServiceRequest."""
        return self._wrap(b"Spans", b"spans", spans)

    def metrics(self, metrics: Iterable[bytes]) -> bytes:
        """Return an ExportMetricsServiceRequest."""
        return self._wrap(b"Metrics", b"metrics", metrics)

    def _wrap(self, kind: bytes, items: bytes, encoded: Iterable[bytes]) -> bytes:
        before = b'{"resource' + kind + self._head + kind + self._scope + items + b'":['
        return before + b",".join(encoded) + b"]}]}]}"
