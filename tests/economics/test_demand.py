import pytest

from wye.economics.demand import Demand, Hour, of_hours, of_month


def test_a_month_is_split_by_its_ratio() -> None:
    demand = of_month(70e6, 6, cached=0.4, peak=6)
    assert demand.output_tokens == pytest.approx(10e6)
    assert demand.input_tokens == pytest.approx(60e6)
    assert (demand.requests, demand.cached, demand.peak) == (20_000, 0.4, 6)
    assert demand.tokens == pytest.approx(70e6)


def test_hours_are_stretched_to_a_month_and_hours_of_silence_count() -> None:
    hours = (Hour(0, 10, 900, 100, 300, 50), Hour(3 * 3600, 30, 2_700, 300))
    demand = of_hours(hours)
    assert demand.requests == pytest.approx(40 / 4 * 730)
    assert demand.input_tokens == pytest.approx(3_600 / 4 * 730)
    assert demand.cached == pytest.approx(300 / 3_600)
    assert demand.reasoning == pytest.approx(50 / 400)
    assert demand.curve == (3_000, 1_000, 0, 0)
    assert demand.peak == 3


def test_hours_without_tokens_have_an_even_peak() -> None:
    assert of_hours((Hour(0, 1, 0, 0),)) == Demand(730, 0, 0, curve=(0.0,))


def test_no_hours_say_nothing() -> None:
    with pytest.raises(ValueError, match="no traffic"):
        of_hours(())


def test_silence_at_both_ends_of_the_time_looked_at_counts() -> None:
    """Office hours, Monday to Friday from 9 to 17: an hour in 4.2 has traffic."""
    day = 86_400
    office = [
        Hour(weekday * day + hour * 3600, 1, 900_000, 100_000)
        for weekday in range(5)
        for hour in range(9, 17)
    ]
    demand = of_hours(office, since=0, until=7 * day)
    assert demand.tokens == pytest.approx(40e6 * 730 / 168)
    assert demand.peak == pytest.approx(168 / 40)
    assert len(demand.curve) == 168
    assert of_hours(office, since=10 * 3600, until=20 * 3600).curve == of_hours(office).curve
