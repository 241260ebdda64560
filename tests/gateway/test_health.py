from wye.gateway.breaker import FAILURES_TO_REST, MAX_REST_SECONDS, REST_SECONDS
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
