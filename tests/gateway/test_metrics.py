from decimal import Decimal

import msgspec
from prometheus_client.parser import text_string_to_metric_families

from wye.core.lane import Lane
from wye.core.money import Cost
from wye.core.record import Attempt, Outcome, Record
from wye.core.usage import Usage
from wye.gateway.metrics import MAX_DEPLOYMENTS, Metrics

RECORD = Record(
    id="d1",
    at=1.0,
    request_id="r1",
    protocol="openai_chat",
    operation="chat",
    asked="m",
    outcome=Outcome.OK,
    status=200,
    duration_ms=120,
    ttft_ms=30.0,
    deployment="a",
    lane=Lane.OWN,
    usage=Usage(3, 4),
    cost=Cost(Decimal("0.5")),
    attempts=(Attempt("b", "first", 0, 5, 500, "x"), Attempt("a", "fallback", 5, 100, 200)),
)


def values(metrics: Metrics) -> dict[tuple[str, ...], float]:
    """Samples by name and label values, in the order of the labels' names."""
    families = text_string_to_metric_families(metrics.render().decode())
    return {
        (s.name, *(v for _, v in sorted(s.labels.items()))): s.value
        for family in families
        for s in family.samples
    }


def test_a_request_is_counted_everywhere() -> None:
    metrics = Metrics()
    metrics.observe(RECORD)
    metrics.observe(msgspec.structs.replace(RECORD, cost=Cost(None)))
    got = values(metrics)
    assert got["wye_requests_total", "a", "own", "ok", "200"] == 2
    assert got["wye_tokens_total", "a", "output"] == 8
    assert got["wye_cost_total", "USD", "a"] == 0.5
    assert got["wye_costs_unknown_total", "a"] == 1
    assert got["wye_request_seconds_bucket", "a", "0.25"] == 2
    assert got["wye_ttft_seconds_bucket", "a", "0.025"] == 0
    assert got["wye_attempts_total", "first", "b", "500"] == 2
    assert got["wye_attempts_total", "fallback", "a", "200"] == 2


def test_callers_cannot_make_metrics_grow_without_bound() -> None:
    metrics = Metrics()
    for number in range(MAX_DEPLOYMENTS + 50):
        metrics.observe(msgspec.structs.replace(RECORD, deployment=f"d{number}", attempts=()))
    got = values(metrics)
    assert len([k for k in got if k[0] == "wye_requests_total"]) == MAX_DEPLOYMENTS + 1
    assert got["wye_requests_total", "other", "own", "ok", "200"] == 50


def test_gauges_are_read_when_asked() -> None:
    metrics = Metrics()
    count = 0.0
    metrics.readings(lambda: [("wye_in_flight", "help", {"deployment": "a"}, count)])
    count = 7
    assert values(metrics)["wye_in_flight", "a"] == 7
