"""A month's second half, forecast from its first, where the truth is known."""

import datetime as dt

import numpy as np
import pytest

from wye.economics.forecast import Forecast, month_end

FIRST = dt.date(2025, 10, 1)


def month(seed: int, *, growth: float, weekend: float, scatter: float) -> dict[dt.date, float]:
    rng = np.random.default_rng(seed)
    days = [FIRST + dt.timedelta(days=i) for i in range(31)]
    return {
        day: 100.0
        * (1 + growth * i)
        * (weekend if day.weekday() > 4 else 1.0)
        * float(rng.lognormal(-(scatter**2) / 2, scatter))
        for i, day in enumerate(days)
    }


def half(costs: dict[dt.date, float], days: int = 15) -> Forecast:
    now = dt.datetime(2025, 10, 1, tzinfo=dt.UTC) + dt.timedelta(days=days)
    seen = {day: cost for day, cost in costs.items() if day < now.date()}
    found = month_end(seen, now)
    assert found is not None
    assert found.so_far == pytest.approx(sum(seen.values()))
    return found


@pytest.mark.parametrize("growth", [0.0, 0.02, -0.01])
@pytest.mark.parametrize("weekend", [1.0, 0.3])
def test_the_second_half_is_predicted_within_a_tenth(growth: float, weekend: float) -> None:
    missed, off = 0, []
    for seed in range(20):
        costs = month(seed, growth=growth, weekend=weekend, scatter=0.03)
        found = half(costs)
        truth = sum(costs.values())
        missed += abs(found.expected - truth) > 0.1 * (truth - found.so_far)
        off.append(abs(found.expected - truth) / truth)
    assert missed <= 2  # of 20: two weeks of a month that shrinks may look like chance
    assert max(off) < 0.1
    assert np.median(off) < 0.03


def test_eight_of_ten_months_end_in_their_interval() -> None:
    held = []
    for seed in range(200):
        costs = month(seed, growth=0.005, weekend=0.5, scatter=0.2)
        found = half(costs)
        held.append(found.low <= sum(costs.values()) <= found.high)
    assert 0.7 < np.mean(held) < 0.92


def test_the_interval_narrows_as_the_month_goes_on() -> None:
    costs = month(0, growth=0.0, weekend=0.5, scatter=0.2)
    widths = [half(costs, days).high - half(costs, days).low for days in (7, 14, 21, 28)]
    assert widths == sorted(widths, reverse=True)


def test_a_day_that_has_begun_counts_for_what_is_left_of_it() -> None:
    seen = {FIRST + dt.timedelta(days=i): 10.0 for i in range(20)}
    seen[FIRST + dt.timedelta(days=20)] = 5.0
    found = month_end(seen, dt.datetime(2025, 10, 21, 12, tzinfo=dt.UTC))
    assert found is not None
    assert found.so_far == 205
    assert found.expected == pytest.approx(310, rel=0.01)


def test_earlier_months_are_learnt_from_and_not_billed() -> None:
    seen = {FIRST - dt.timedelta(days=i): 10.0 for i in range(1, 80)}
    found = month_end(seen, dt.datetime(2025, 10, 1, tzinfo=dt.UTC))
    assert found is not None
    assert (found.so_far, found.days) == (0, 56)
    assert found.expected == pytest.approx(310, rel=0.01)


def test_too_few_days_say_nothing_and_silence_costs_nothing() -> None:
    now = dt.datetime(2025, 10, 3, tzinfo=dt.UTC)
    assert month_end({}, now) is None
    assert month_end({FIRST: 5.0}, now) is None
    assert month_end({}, now, FIRST - dt.timedelta(days=9)) == Forecast(0, 0, 0, 0, 11)
