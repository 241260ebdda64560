"""Records as OTLP/JSON, held against the rules of opentelemetry-proto's JSON encoding."""

import json
import re
from decimal import Decimal
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from wye.catalog.deployments import Deployment, Endpoint
from wye.core.lane import Lane
from wye.core.money import Cost
from wye.core.record import Attempt, Outcome, Record
from wye.core.usage import Usage
from wye.gateway import otlp
from wye.gateway.otlp import Envelope, Meters, span

MISTRAL = Deployment(
    id="mistral/large",
    model="mistral-large-3",
    provider="mistral",
    lane=Lane.HOSTED,
    endpoint=Endpoint("https", "api.example.com", 443),
    found_by="a test",
)
GOOD = Record(
    id="0196d1f2a3b40123456789abcdef",
    at=1_700_000_000.25,
    request_id="r-1",
    protocol="openai_chat",
    operation="chat",
    asked="auto",
    outcome=Outcome.OK,
    status=200,
    duration_ms=1500.5,
    labels=("phi", "internal"),
    stream=True,
    attempts=(
        Attempt("openai/gpt", "first", 0.5, 20.0, 503, "failed with status 503"),
        Attempt("mistral/large", "fallback", 25.0, 1400.0, 200),
    ),
    deployment="mistral/large",
    lane=Lane.HOSTED,
    usage=Usage(100, 20, 60, 10, 5),
    ttft_ms=250.0,
    cost=Cost(Decimal("0.0125"), "EUR", "price list"),
    trace="4bf92f3577b34da6a3ce929d0e0e4736",
    content='{"prompt": "do not tell"}',
)


def find(name: str) -> Deployment | None:
    return MISTRAL if name == MISTRAL.id else None


def read(value: dict[str, Any]) -> str | int | float | bool:
    """Decode an AnyValue."""
    ((kind, content),) = value.items()
    if kind == "intValue":
        assert isinstance(content, str), "64-bit integers are strings"
        return int(content)
    wanted = {"stringValue": str, "doubleValue": (int, float), "boolValue": bool}[kind]
    assert isinstance(content, wanted)
    return content


def attributes(holder: dict[str, Any]) -> dict[str, Any]:
    names = [one["key"] for one in holder["attributes"]]
    assert len(names) == len(set(names)), "attribute keys are unique"
    return {one["key"]: read(one["value"]) for one in holder["attributes"]}


def check(value: object, key: str = "") -> None:
    """Hold a document against the encoding's rules."""
    if isinstance(value, dict):
        for name, inner in value.items():
            assert re.fullmatch(r"[a-z][A-Za-z0-9]*", name), f"{name} is not lowerCamelCase"
            check(inner, name)
    elif isinstance(value, list):
        for inner in value:
            check(inner, key)
    elif key == "traceId":
        assert re.fullmatch(r"[0-9a-f]{32}", str(value))
        assert str(value).strip("0")
    elif key == "spanId":
        assert re.fullmatch(r"[0-9a-f]{16}", str(value))
    elif key.endswith("UnixNano") or key in {"count", "bucketCounts", "intValue"}:
        assert isinstance(value, str)
        assert value.isdigit()
    elif key in {"kind", "code", "aggregationTemporality"}:
        assert type(value) is int
    else:
        assert value is not None, f"{key} is null"


def test_a_span() -> None:
    made = json.loads(span(GOOD, find))
    check(made)
    assert made["traceId"] == GOOD.trace
    assert made["name"] == "chat auto"
    assert made["kind"] == 3
    assert made["startTimeUnixNano"] == "1700000000250000000"
    assert made["endTimeUnixNano"] == "1700000001750500000"
    assert "status" not in made
    assert attributes(made) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "mistral_ai",
        "gen_ai.request.model": "auto",
        "gen_ai.response.model": "mistral-large-3",
        "gen_ai.response.time_to_first_chunk": 0.25,
        "gen_ai.usage.input_tokens": 100,
        "gen_ai.usage.output_tokens": 20,
        "gen_ai.usage.cache_read.input_tokens": 60,
        "gen_ai.usage.cache_creation.input_tokens": 10,
        "gen_ai.usage.reasoning.output_tokens": 5,
        "server.address": "api.example.com",
        "wye.decision.id": GOOD.id,
        "wye.deployment": "mistral/large",
        "wye.lane": "hosted",
        "wye.outcome": "ok",
        "wye.labels.count": 2,
        "wye.attempts.count": 2,
        "wye.cost.amount": 0.0125,
        "wye.cost.currency": "EUR",
    }


def test_each_attempt_is_an_event() -> None:
    first, second = json.loads(span(GOOD, find))["events"]
    assert first["timeUnixNano"] == "1700000000250500000"
    assert attributes(first) == {
        "wye.deployment": "openai/gpt",
        "wye.attempt.cause": "first",
        "http.response.status_code": 503,
        "error.message": "failed with status 503",
    }
    assert attributes(second)["wye.attempt.cause"] == "fallback"


def test_neither_content_nor_labels_leave() -> None:
    sent = span(GOOD, find)
    assert b"do not tell" not in sent
    assert b"phi" not in sent


def test_an_error() -> None:
    failed = msgspec.structs.replace(
        GOOD,
        outcome=Outcome.ERROR,
        status=403,
        error="x" * 1000,
        deployment="",
        lane=None,
        usage=None,
        cost=None,
    )
    made = json.loads(span(failed, find))
    check(made)
    assert made["status"] == {"code": 2, "message": "x" * 256}
    assert attributes(made)["error.type"] == "403"
    assert "gen_ai.provider.name" not in attributes(made)


def test_a_hang_up_is_told_and_is_no_error_of_ours() -> None:
    made = json.loads(span(msgspec.structs.replace(GOOD, outcome=Outcome.HANGUP), find))
    assert attributes(made)["error.type"] == "hangup"
    assert "status" not in made


def test_without_a_trace_the_ids_come_from_the_record() -> None:
    for none in ("", "0" * 32):
        once, again = (json.loads(span(msgspec.structs.replace(GOOD, trace=none), find)) for _ in range(2))
        check(once)
        assert once["traceId"] == again["traceId"]
    other = json.loads(span(msgspec.structs.replace(GOOD, trace="", id="another"), find))
    assert other["traceId"] != once["traceId"]


@given(
    st.builds(
        Record,
        id=st.text(min_size=1),
        at=st.floats(0, 4e9),
        request_id=st.text(),
        protocol=st.text(),
        operation=st.text(),
        asked=st.text(),
        outcome=st.sampled_from(Outcome),
        status=st.integers(0, 999),
        duration_ms=st.floats(0, 1e9),
        error=st.text(),
        stream=st.booleans(),
        ttft_ms=st.none() | st.floats(0, 1e9),
        usage=st.none() | st.builds(Usage, st.integers(0, 2**60), st.integers(0, 2**60)),
        cost=st.none() | st.builds(Cost, st.none() | st.decimals(0, 10**6)),
    )
)
def test_every_record_can_be_sent(record: Record) -> None:
    check(json.loads(Envelope("s", "v", "i").traces([span(record, find)])))
    meters = Meters(find, 1)
    meters.add(record)
    check(json.loads(Envelope("s", "v", "i").metrics(meters.encode(2))))


def points(meters: Meters, name: str) -> list[dict[str, Any]]:
    found = [json.loads(metric) for metric in meters.encode(2_000)]
    check(found)
    return [
        point for metric in found if metric["name"] == name for point in metric["histogram"]["dataPoints"]
    ]


def test_histograms() -> None:
    meters = Meters(find, 1_000)
    meters.add(GOOD)
    meters.add(msgspec.structs.replace(GOOD, duration_ms=10.0, usage=None, stream=False))
    (duration,) = points(meters, "gen_ai.client.operation.duration")
    assert (duration["startTimeUnixNano"], duration["timeUnixNano"]) == ("1000", "2000")
    assert duration["count"] == "2"
    assert duration["sum"] == 1.5105
    counts = [int(count) for count in duration["bucketCounts"]]
    assert len(counts) == len(duration["explicitBounds"]) + 1
    assert counts[0] == 1, "a bound belongs to the bucket below it: 0.01 s"
    assert counts[duration["explicitBounds"].index(2.56)] == 1
    assert attributes(duration) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "mistral_ai",
        "gen_ai.request.model": "auto",
        "gen_ai.response.model": "mistral-large-3",
        "server.address": "api.example.com",
    }
    (first,) = points(meters, "gen_ai.client.operation.time_to_first_chunk")
    assert first["count"] == "1", "only streams have a first chunk"
    tokens = {attributes(p)["gen_ai.token.type"]: p for p in points(meters, "gen_ai.client.token.usage")}
    assert (tokens["input"]["sum"], tokens["output"]["sum"]) == (100, 20)


def test_series_are_bounded() -> None:
    meters = Meters(find, 1)
    for number in range(otlp.MAX_SERIES + 50):
        meters.add(msgspec.structs.replace(GOOD, asked=f"made-up-{number}"))
    durations = points(meters, "gen_ai.client.operation.duration")
    assert len(durations) == otlp.MAX_SERIES + 1
    assert attributes(durations[-1]) == {"otel.metric.overflow": True}
    assert durations[-1]["count"] == "50"


def test_the_envelope_says_who_sends() -> None:
    body = json.loads(Envelope("gateway", "1.2", "abc").traces([b'{"name":"x"}', b'{"name":"y"}']))
    (resource,) = body["resourceSpans"]
    assert attributes(resource["resource"]) == {
        "service.name": "gateway",
        "service.version": "1.2",
        "service.instance.id": "abc",
    }
    assert resource["scopeSpans"] == [
        {"scope": {"name": "wye", "version": "1.2"}, "spans": [{"name": "x"}, {"name": "y"}]}
    ]
