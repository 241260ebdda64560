from typing import Any

from wye.catalog.deployments import Deployment, Endpoint
from wye.core.lane import Lane
from wye.gateway.breaker import FAILURES_TO_REST, MAX_REST_SECONDS, REST_SECONDS
from wye.gateway.gate import Gate
from wye.gateway.health import Health


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_few_failures_in_a_row_rest_it_for_a_while() -> None:
    clock = Clock()
    health = Health(now=clock)
    for _ in range(FAILURES_TO_REST - 1):
        health.failed("d")
        assert health.reason_down("d") == ""
    health.failed("d")
    assert "resting" in health.reason_down("d")
    clock.now += REST_SECONDS
    assert health.reason_down("d") == ""


def test_a_success_clears_the_slate() -> None:
    health = Health(now=Clock())
    for _ in range(FAILURES_TO_REST):
        health.failed("d")
    health.answered("d", 0.1)
    assert health.reason_down("d") == ""
    health.failed("d")
    assert health.reason_down("d") == ""


def test_retry_after_is_heeded_but_not_for_ever() -> None:
    clock = Clock()
    health = Health(now=clock)
    health.failed("d", retry_after=1e9)
    assert health.reason_down("d")
    clock.now += MAX_REST_SECONDS
    assert health.reason_down("d") == ""


def test_the_engine_has_a_say() -> None:
    health = Health(now=Clock())
    health.engine_down = lambda name: "starting" if name == "embedded/x" else ""
    assert health.reason_down("embedded/x") == "starting"
    assert health.reason_down("other") == ""


def deployment(name: str, lane: Lane = Lane.OWN, **more: Any) -> Deployment:
    return Deployment(name, "llama", "llama-server", lane, Endpoint("http", "h", 80), "a test", **more)


def test_the_load_of_a_deployment() -> None:
    gates = {"a": Gate("a", 64, 8, 1.0)}
    health = Health(gates, now=Clock())
    assert health.load("a") is None
    health.known([deployment("a", slots=4), deployment("b", Lane.HOSTED)])
    for _ in range(5):
        assert gates["a"].try_enter()
    health.answered("a", 0.25)
    health.answered("a", 0.25)
    health.answered("a", 0.35)
    health.failed("a")
    health.tick()
    load = health.load("a")
    assert load is not None
    assert (load.busy, load.waiting, load.slots, load.saturated) == (5, 0, 4, "all of 4 are busy")
    assert (load.ttft_ms, load.error_rate) == (250, 0.25)
    hosted = health.load("b")
    assert hosted is not None
    assert (hosted.machine, hosted.saturated, hosted.ttft_ms) == (None, "", None)


def test_what_is_known_outlives_a_new_configuration() -> None:
    health = Health(now=Clock())
    health.known([deployment("a", slots=4)])
    for _ in range(FAILURES_TO_REST):
        health.failed("a")
    health.known([deployment("a", slots=8), deployment("b")])
    assert health.reason_down("a")
    load = health.load("a")
    assert load is not None
    assert load.slots == 8
    health.forget("a")
    assert (health.reason_down("a"), health.load("a")) == ("", None)


def test_the_odd_one_of_three_is_ejected_and_only_one() -> None:
    clock = Clock()
    health = Health(now=clock)
    health.known([deployment(name) for name in "abcd"])
    for _ in range(10):
        for name, ttft in (("a", 0.1), ("b", 0.1), ("c", 5.0), ("d", 4.0)):
            health.answered(name, ttft)
        health.tick()
    assert "its first tokens take 5.0 s" in health.reason_down("c")
    assert [health.reason_down(name) for name in "abd"] == ["", "", ""]
    clock.now += REST_SECONDS
    assert health.reason_down("c") == ""
    health.begin("c")
    assert "one request is trying it" in health.reason_down("c")
    health.answered("c", 0.1)
    assert health.reason_down("c") == ""


def test_a_whole_wave_may_fail_and_only_who_fails_is_down() -> None:
    health = Health(now=Clock())
    for _ in range(50):
        health.failed("a")
        health.answered("b", 0.1)
    assert health.troubled == {"a"}
    assert (bool(health.reason_down("a")), health.reason_down("b")) == (True, "")
