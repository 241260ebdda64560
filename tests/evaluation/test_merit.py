"""The merit order's simulation, and the rival that knows the future."""

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wye.evaluation.clairvoyant import Interval, most_saved
from wye.evaluation.merit import PEAK, SECONDS, arrivals, day


def overlapping(chosen: tuple[Interval, ...]) -> int:
    starts = [one[0] for one in chosen]
    return max((sum(s <= at < e for s, e, _ in chosen) for at in starts), default=0)


INTERVAL = st.tuples(st.integers(0, 8), st.integers(1, 5), st.integers(-1, 9)).map(
    lambda row: (float(row[0]), float(row[0] + row[1]), float(row[2]))
)


@settings(max_examples=60)
@given(st.lists(INTERVAL, max_size=8), st.integers(1, 3))
def test_nothing_saves_more_than_the_best(intervals: list[Interval], slots: int) -> None:
    best = max(
        sum(one[2] for one in chosen)
        for count in range(len(intervals) + 1)
        for chosen in itertools.combinations(intervals, count)
        if overlapping(chosen) <= slots
    )
    assert most_saved(intervals, slots) == pytest.approx(best)


def test_a_day_has_its_peak() -> None:
    jobs = arrivals(16, 2.0, 0.0, random.Random(1))  # noqa: S311  # a simulation
    hour = SECONDS / 40
    counts = [sum(at <= job.at < at + hour for job in jobs) for at in (i * hour for i in range(40))]
    assert max(counts) / (len(jobs) / 40) == pytest.approx(PEAK, rel=0.15)


@pytest.mark.parametrize("way", ["slots", "queue"])
def test_spilling_costs_five_percent_more_than_knowing_the_future_at_most(way: str) -> None:
    told = day(8, 2.0, 3, way)  # type: ignore[arg-type]
    assert 0 < told.excess < 0.05
    assert told.waited < 1.0
    assert told.best < told.cost < told.all_api
