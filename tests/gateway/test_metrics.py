import time
from decimal import Decimal

import msgspec
from prometheus_client.parser import text_string_to_metric_families

from wye.core.lane import Lane
from wye.core.money import Cost
from wye.core.record import Attempt, Outcome, Record
from wye.core.usage import Usage
from wye.gateway.metrics import MOST_TEAMS, Metrics

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


def test_what_callers_invent_counts_as_other_and_crowds_nobody_out() -> None:
    metrics = Metrics()
    metrics.observe(RECORD)
    metrics.known(["real"])
    for number in range(1000):
        name = f"invented/{number}"
        attempt = Attempt(name, "first", 0, 5, 404)
        metrics.observe(msgspec.structs.replace(RECORD, deployment=name, attempts=(attempt,)))
    metrics.observe(msgspec.structs.replace(RECORD, deployment="real", lane=Lane.HOSTED, attempts=()))
    metrics.observe(msgspec.structs.replace(RECORD, deployment="", lane=None, attempts=()))
    got = values(metrics)
    requests = {key[1:]: value for key, value in got.items() if key[0] == "wye_requests_total"}
    assert requests == {
        ("a", "own", "ok", "200"): 1,
        ("other", "", "ok", "200"): 1000,
        ("real", "hosted", "ok", "200"): 1,
        ("", "", "ok", "200"): 1,
    }
    assert got["wye_attempts_total", "first", "other", "404"] == 1000


def test_the_text_is_what_prometheus_reads() -> None:
    metrics = Metrics()
    odd = 'a%d"\\b\n{x="1"}'
    metrics.observe(msgspec.structs.replace(RECORD, deployment=odd))
    metrics.turned_away(401)
    metrics.readings(
        lambda: [
            ("wye_in_flight", "Under way", {"deployment": odd}, 2),
            ("wye_lag_seconds", "Lag", {}, 0.25),
            ("wye_in_flight", "Under way", {"deployment": "b"}, 3),
        ]
    )
    families = list(text_string_to_metric_families(metrics.render().decode()))
    assert [(family.name, family.type) for family in families] == [
        ("wye_requests", "counter"),
        ("wye_attempts", "counter"),
        ("wye_turned_away", "counter"),
        ("wye_request_seconds", "histogram"),
        ("wye_ttft_seconds", "histogram"),
        ("wye_tokens", "counter"),
        ("wye_cost", "counter"),
        ("wye_team_cost", "counter"),
        ("wye_costs_unknown", "counter"),
        ("wye_in_flight", "gauge"),
        ("wye_lag_seconds", "gauge"),
    ]
    assert all(family.documentation for family in families)
    got = values(metrics)
    assert got["wye_in_flight", odd] == 2
    assert got["wye_in_flight", "b"] == 3
    assert got["wye_lag_seconds",] == 0.25
    assert got["wye_turned_away_total", "401"] == 1
    assert got["wye_request_seconds_count", odd] == got["wye_request_seconds_bucket", odd, "+Inf"] == 1
    assert got["wye_request_seconds_sum", odd] == 0.12


def test_a_scrape_does_not_keep_requests_waiting() -> None:
    metrics = Metrics()
    for number in range(200):
        metrics.observe(msgspec.structs.replace(RECORD, deployment=f"provider/a-model-{number}"))
    times = []
    for _ in range(5):
        begun = time.thread_time()
        metrics.render()
        times.append(time.thread_time() - begun)
    assert min(times) < 0.02, "5 ms on an idle machine"


def test_gauges_are_read_when_asked() -> None:
    metrics = Metrics()
    count = 0.0
    metrics.readings(lambda: [("wye_in_flight", "help", {"deployment": "a"}, count)])
    count = 7
    assert values(metrics)["wye_in_flight", "a"] == 7


def test_teams_have_their_cost_by_lane_and_those_beyond_a_hundred_share_a_line() -> None:
    metrics = Metrics()
    for number in range(MOST_TEAMS + 2):
        metrics.observe(msgspec.structs.replace(RECORD, team=f'team "{number}"'))
    metrics.observe(msgspec.structs.replace(RECORD, team='team "0"', cost=Cost(None)))
    metrics.observe(msgspec.structs.replace(RECORD, team='team "0"', cost=Cost(Decimal(1)), lane=Lane.CLOSED))
    metrics.observe(RECORD)
    got = {key: value for key, value in values(metrics).items() if key[0] == "wye_team_cost_total"}
    assert len(got) == MOST_TEAMS + 2
    assert got["wye_team_cost_total", "USD", "own", 'team "0"'] == 0.5
    assert got["wye_team_cost_total", "USD", "closed", 'team "0"'] == 1
    assert got["wye_team_cost_total", "USD", "own", "other"] == 1
