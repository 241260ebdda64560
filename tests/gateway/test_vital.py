from wye.gateway.vital import Vital
from wye.routing.clearing import TICK_SECONDS
from wye.routing.saturation import Saturation


def ticks(vital: Vital, first: int, count: int, busy: int = 0) -> int:
    for number in range(first, first + count):
        vital.tick(number, busy, 1.0, told=False)
    return first + count


def test_the_median_of_streams_lately_and_none_once_that_is_long_ago() -> None:
    vital = Vital()
    vital.answers.extend([0.1, 0.3, 0.2, -60.0])
    at = ticks(vital, 0, 1)
    assert vital.ttft == 0.2
    ticks(vital, at, 125)
    assert vital.ttft is None


def test_two_are_too_few() -> None:
    vital = Vital()
    vital.answers.extend([0.1, 0.3])
    ticks(vital, 0, 1)
    assert vital.ttft is None


def test_a_stream_that_was_not_waited_for_counts_as_slow() -> None:
    vital = Vital()
    vital.answers.extend([0.1, 0.1])
    for _ in range(3):
        vital.slow(0, 2.0)
    ticks(vital, 0, 1)
    assert (vital.ttft, vital.attempts) == (2.0, 2 * 0.98)


def test_failures_fade() -> None:
    vital = Vital()
    vital.answers.extend([-1.0] * 6)
    for _ in range(2):
        vital.failed(0.0, None)
    assert vital.error_rate == 0.25
    at = ticks(vital, 0, 40)
    assert vital.error_rate == 0.25
    assert 3 < vital.attempts < 4
    ticks(vital, at, 300)
    assert (vital.attempts, vital.error_rate) == (0.0, 0.0)


def test_one_that_falls_silent_is_spared() -> None:
    vital = Vital()
    vital.answers.extend([0.5, -3.0])
    at = ticks(vital, 0, 1)
    at = ticks(vital, at, int(11 / TICK_SECONDS), busy=5)
    assert vital.saturated(5, 0) == ""  # it once took 3 s: 12 are not out of the question
    at = ticks(vital, at, 4, busy=5)
    assert vital.saturated(5, 0).startswith("5 wait for its answer, for ")
    vital.answers.append(1.0)
    ticks(vital, at, 1, busy=5)
    assert vital.saturated(5, 0) == ""


def test_a_new_one_may_take_its_time() -> None:
    vital = Vital()
    ticks(vital, 0, 100, busy=5)
    assert vital.saturated(5, 0) == ""


def test_who_waits_in_front_of_it_counts_at_once() -> None:
    assert Vital().saturated(1, 3) == "3 wait for it"


def test_ejected_it_comes_back_with_a_clean_slate() -> None:
    vital = Vital()
    vital.answers.extend([3.0] * 5)
    ticks(vital, 0, 1)
    vital.failed(0.0, None)
    vital.eject(0.0, "it was slow")
    assert vital.breaker.reason(0.0).startswith("it was slow, resting")
    assert (vital.ttft, vital.error_rate, vital.attempts) == (None, 0.0, 0.0)


def test_slow_first_tokens_fill_an_own_machine() -> None:
    vital = Vital(1, Saturation(1))
    at = 0
    for seconds, busy in ((0.2, 4), (0.2, 4), (3.0, 20)):
        vital.answers.extend([seconds] * 8)
        at = ticks(vital, at, 1, busy=busy)
    assert vital.saturated(20, 0) == "all of 16 are busy"
    assert vital.saturated(3, 0) == ""


def test_what_is_quiet_needs_no_tick() -> None:
    vital = Vital()
    assert vital.quiet
    vital.failed(0.0, None)
    assert not vital.quiet
    ticks(vital, 0, 300)
    assert vital.quiet
    vital.answers.append(-1.0)
    assert not vital.quiet
    assert not Vital(1, Saturation(1)).quiet


def test_a_silence_ends_when_nobody_waits_any_more() -> None:
    vital = Vital()
    vital.answers.append(1.0)
    at = ticks(vital, 0, 1)
    at = ticks(vital, at, int(600 / TICK_SECONDS), busy=5)
    assert vital.saturated(5, 0)
    assert not vital.quiet
    ticks(vital, at, 1)
    assert (vital.saturated(0, 0), vital.quiet) == ("", True)
