"""The simulation, where its answer is known."""

import numpy as np
import pytest

from wye.economics.discrete import arrivals, drawn, play
from wye.economics.queueing import LogNormal, Station, bunching, lost


def draw() -> np.random.Generator:
    return np.random.default_rng(3)


def test_first_come_first_served() -> None:
    station = Station(1, LogNormal(1.0, 0.0), LogNormal(2.0, 0.0))
    found = play(station, np.array([0.0, 1.0, 10.0]), draw())
    assert found.first_token.tolist() == [1.0, 3.0, 1.0]
    assert (found.busy, found.spilled.any()) == (9.0, False)


def test_whoever_finds_all_slots_taken_goes_elsewhere() -> None:
    station = Station(1, LogNormal(1.0, 0.0), LogNormal(2.0, 0.0))
    found = play(station, np.array([0.0, 1.0, 3.0]), draw(), spill=LogNormal(0.5, 0.0))
    assert found.spilled.tolist() == [False, True, False]
    assert found.first_token.tolist() == [1.0, 0.5, 1.0]
    assert found.busy == 6.0


@pytest.mark.parametrize("burst", [1.0, 4.0])
def test_as_many_spill_as_erlang_says(burst: float) -> None:
    source = draw()
    station = Station(32, LogNormal(0.5, 0.6), LogNormal(10.0, 1.0), burst)
    rate = 0.9 * 32 / station.service.mean
    at = arrivals(rate, burst, 150_000 / rate, source)
    found = play(station, at, source, spill=LogNormal(1.0, 0.5), warm_up=2_000 / rate)
    assert found.spilled.mean() == pytest.approx(lost(station, rate), rel=0.08)


@pytest.mark.parametrize("burst", [1.0, 3.0])
def test_bunches_are_seen_in_the_arrivals(burst: float) -> None:
    at = arrivals(20.0, burst, 20_000.0, draw(), shape=lambda t: 0.5 + 0.5 * np.sin(t / 3_000) ** 2)
    assert bunching(at, 40.0) == pytest.approx(burst, rel=0.08)
    assert 12 < at.size / 20_000 < 18
    assert bool((np.diff(at) >= 0).all())


def test_few_arrivals_say_nothing_of_bunches() -> None:
    assert bunching(np.array([1.0, 1.1, 1.2]), 1.0) == 1.0
    assert bunching(np.linspace(0, 1, 100), 1.0) == 1.0


def test_times_have_the_moments_that_were_asked_for() -> None:
    times = drawn(LogNormal(3.0, 2.0), 1_000_000, draw())
    assert times.mean() == pytest.approx(3.0, rel=0.01)
    assert times.var() / times.mean() ** 2 == pytest.approx(2.0, rel=0.1)
