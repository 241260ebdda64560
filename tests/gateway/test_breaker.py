from wye.gateway.breaker import (
    ENOUGH,
    FAILURES_TO_REST,
    MAX_REST_SECONDS,
    REST_SECONDS,
    STABLE_SECONDS,
    TRIAL_SECONDS,
    Breaker,
)


def tripped(now: float = 0.0) -> Breaker:
    breaker = Breaker()
    fail(breaker, now, FAILURES_TO_REST)
    return breaker


def fail(breaker: Breaker, now: float, times: int = 1) -> None:
    for _ in range(times):
        breaker.failed(now, 0.0, 0.0, None)


def test_half_open_lets_one_request_try() -> None:
    breaker = tripped()
    breaker.begin(5.0)
    assert "resting 5 s more" in breaker.reason(5.0)  # whoever had no other choice is no trial
    assert breaker.reason(REST_SECONDS) == ""
    breaker.begin(REST_SECONDS)
    assert breaker.reason(REST_SECONDS) == "failed lately, one request is trying it"
    breaker.answered(REST_SECONDS + 1)
    assert breaker.reason(REST_SECONDS + 1) == ""


def test_a_trial_that_fails_doubles_the_rest_up_to_an_end() -> None:
    breaker = tripped()
    now, rest = 0.0, REST_SECONDS
    for _ in range(8):
        now += rest
        assert breaker.reason(now) == ""
        breaker.begin(now)
        fail(breaker, now)
        rest = min(2 * rest, MAX_REST_SECONDS)
        assert f"resting {rest:.0f} s more" in breaker.reason(now)
    assert rest == MAX_REST_SECONDS


def test_a_trial_of_which_nothing_is_heard_is_not_the_last() -> None:
    breaker = tripped()
    breaker.begin(REST_SECONDS)
    assert breaker.reason(REST_SECONDS + TRIAL_SECONDS - 1)
    assert breaker.reason(REST_SECONDS + TRIAL_SECONDS) == ""


def test_the_rest_is_short_again_after_a_stable_time() -> None:
    for after, rest in ((1.0, 2 * REST_SECONDS), (STABLE_SECONDS, REST_SECONDS)):
        breaker = tripped()
        breaker.begin(REST_SECONDS)
        breaker.answered(REST_SECONDS)
        now = REST_SECONDS + after
        fail(breaker, now, FAILURES_TO_REST)
        assert f"resting {rest:.0f} s more" in breaker.reason(now)


def test_half_of_many_attempts_is_too_many() -> None:
    breaker = Breaker()
    breaker.failed(0.0, 0.5, ENOUGH - 1, None)
    breaker.answered(0.0)
    breaker.failed(0.0, 0.4, ENOUGH, None)
    assert breaker.reason(0.0) == ""
    breaker.answered(0.0)
    breaker.failed(0.0, 0.5, ENOUGH, None)
    assert "50% of attempts failed lately" in breaker.reason(0.0)


def test_failures_of_what_was_under_way_do_not_prolong_the_rest() -> None:
    breaker = tripped()
    fail(breaker, 5.0, 10)
    assert breaker.reason(REST_SECONDS) == ""
