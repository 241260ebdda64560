"""The closed form beside textbooks' exact values, and beside the simulation."""

import itertools
import math
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import pytest

from wye.economics.discrete import arrivals, play
from wye.economics.queueing import LogNormal, Station, bunching, first_token, lost, of_quantiles, waiting

AT_ONCE = LogNormal(0.0, 0.0)
POISSON, BURSTS = 0.10, 0.20
"""How far the 95th percentile of the time to the first token may be off, below 80 % of the capacity."""


def exponential(slots: int, burst: float = 1.0) -> Station:
    return Station(slots, AT_ONCE, LogNormal(1.0, 1.0), burst)


def test_erlang_c() -> None:
    # Two slots, load 1: 1/3 wait. Ten slots, load 7: 0.2217 (tables of Erlang's second formula).
    assert waiting(exponential(2), 1.0) == pytest.approx(1 / 3)
    assert waiting(exponential(10), 7.0) == pytest.approx(0.2217, abs=1e-4)


def test_erlang_b() -> None:
    assert lost(exponential(2), 1.0) == pytest.approx(0.2)
    assert lost(exponential(10), 7.0) == pytest.approx(0.0787, abs=1e-4)
    assert lost(exponential(1000), 500.0) == pytest.approx(0.0, abs=1e-9)
    assert lost(exponential(1000), 4000.0) == pytest.approx(0.75, abs=0.001)
    assert lost(exponential(3), 0.0) == 0.0


@pytest.mark.parametrize("load", [0.9, 0.97, 1.0, 1.1, 3.0])
@pytest.mark.parametrize("burst", [1.0, 3.0])
def test_many_slots_lose_as_one_more_or_fewer_do(load: float, burst: float) -> None:
    """2,000 are counted one by one, 2,001 by their normal distribution."""
    few, many = exponential(2_000, burst), exponential(2_001, burst)
    assert lost(many, load * 2_001) == pytest.approx(lost(few, load * 2_000), rel=0.05, abs=5e-4)


def test_hardly_any_load_is_no_wait() -> None:
    prefill = LogNormal(0.5, 0.6)
    station = Station(640, prefill, LogNormal(10.0, 1.0))
    assert first_token(station, 1e-9) == pytest.approx(prefill.quantile(0.95), rel=0.01)
    assert waiting(station, 1e-9) == 0.0


def test_one_slot_and_equal_times_are_exact() -> None:
    """M/D/1: (1 - load) * exp(load) find less than a whole service ahead (Erlang, 1909)."""
    station = Station(1, AT_ONCE, LogNormal(1.0, 0.0))
    for load in (0.3, 0.5, 0.79):
        share = (1 - load) * math.exp(load)
        assert first_token(station, load, share) == pytest.approx(1.0, abs=0.01)


def test_bunches_wait_longer_and_overload_forever() -> None:
    lone, bunched = exponential(16), exponential(16, 4.0)
    assert waiting(bunched, 8.0) > waiting(lone, 8.0)
    assert lost(bunched, 8.0) > lost(lone, 8.0)
    assert first_token(bunched, 12.0) > first_token(lone, 12.0)
    assert first_token(lone, 16.0) == math.inf
    assert waiting(lone, 17.0) == 1.0


def test_an_empty_machine_takes_a_prefill() -> None:
    prefill = LogNormal(0.5, 0.6)
    station = Station(64, prefill, LogNormal(10.0, 1.0))
    assert first_token(station, 0.5) == pytest.approx(prefill.quantile(0.95), rel=0.01)


def test_times_by_median_and_tail() -> None:
    times = of_quantiles(0.5, 1.2)
    assert times.quantile(0.5) == pytest.approx(0.5)
    assert times.quantile(0.95) == pytest.approx(1.2)
    with pytest.raises(ValueError, match="no distribution"):
        of_quantiles(2.0, 1.0)


class Scenario(NamedTuple):
    """What is held beside the simulation."""

    burst: float
    spread: float
    """Seconds over which a bunch comes; its size is then what `bunching` sees in the arrivals."""
    slots: int
    load: float
    scv: float
    """Of the answer's time: 10 s on average, after a prefill of 0.5 s."""


class Held(NamedTuple):
    """One beside the other: seconds to the first token, 95th percentile."""

    scenario: Scenario
    model: float
    simulated: float

    @property
    def off(self) -> float:
        return self.model / self.simulated - 1


def hold(scenario: Scenario, requests: int, draw: np.random.Generator) -> Held:
    station = Station(scenario.slots, LogNormal(0.5, 0.6), LogNormal(10.0, scenario.scv), scenario.burst)
    rate = scenario.load * scenario.slots / station.service.mean
    seconds = requests / rate
    at = arrivals(rate, scenario.burst, seconds, draw, spread=scenario.spread)
    seen = bunching(at, 4 * station.service.mean) if scenario.spread else scenario.burst
    modelled = Station(station.slots, station.prefill, station.answer, seen)
    played = play(station, at, draw, warm_up=seconds / 50)
    return Held(scenario, first_token(modelled, rate), float(np.quantile(played.first_token, 0.95)))


def grid(slots: Iterable[int], loads: Iterable[float], scvs: Iterable[float]) -> Iterator[Scenario]:
    for (burst, spread), *rest in itertools.product(
        ((1.0, 0.0), (2.0, 0.0), (4.0, 0.0), (4.0, 1.0)), slots, loads, scvs
    ):
        yield Scenario(burst, spread, *rest)  # type: ignore[arg-type]


def check(found: list[Held]) -> None:
    for one in sorted(found, key=lambda one: -abs(one.off)):
        said = one.scenario
        print(  # noqa: T201  # the figures are the point
            f"bunches of {said.burst:g} in {said.spread:g} s, {said.slots} slots, load {said.load:g}, scv "
            f"{said.scv:g}: model {one.model:.2f} s, simulation {one.simulated:.2f} s, {one.off:+.1%}"
        )
    bounds = {True: POISSON, False: BURSTS}
    assert [one for one in found if abs(one.off) > bounds[one.scenario.burst == 1]] == []


def test_the_model_is_close_to_the_simulation() -> None:
    draw = np.random.default_rng(11)
    check([hold(one, 250_000, draw) for one in grid((8, 64), (0.6, 0.79), (1.0,))])


@pytest.mark.deep
@pytest.mark.timeout(1800)
def test_the_model_is_close_to_the_simulation_over_a_grid() -> None:
    draw = np.random.default_rng(7)
    scenarios = grid((1, 4, 16, 64, 256), (0.3, 0.5, 0.7, 0.79), (0.4, 1.0, 2.0))
    found = [hold(one, 1_000_000, draw) for one in scenarios]
    for burst in (1.0, 2.0, 4.0):
        errors = [abs(one.off) for one in found if one.scenario.burst == burst]
        print(f"bunches of {burst:g}: off by {np.mean(errors):.1%} on average, {max(errors):.1%} at most")  # noqa: T201  # the figures are the point
    check(found)
