"""Machines for the peak, an API for everything, or a mix: by the model, and simulated request by request."""

import datetime as dt
from decimal import Decimal

import numpy as np
import pytest

from wye.catalog.machines import HOURS_A_MONTH, Machines, Power, bill
from wye.core.lane import Lane
from wye.core.money import Price, Rates
from wye.economics.breakeven import Api
from wye.economics.demand import of_month
from wye.economics.discrete import Floats, arrivals, drawn, play
from wye.economics.engines import engine_for
from wye.economics.fleet import Case, Option, Spill, doubled, mixed, plan, sized
from wye.economics.queueing import LogNormal, first_token, of_quantiles

DEMAND = of_month(40e9, 6, peak=6)
"""40 billion tokens a month, 3,000 in and 500 out; the busiest moment has six times the mean."""
TTFT, ITL = 2.0, 50.0
API_TTFT = of_quantiles(0.5, 1.2)
PAIR = Machines("2xH100", gpu="H100", gpus=2, rent_hour=Decimal("4.58"))
DAY = 86_400.0


def named(price: Price | None, name: str = "hosted", first: LogNormal = API_TTFT) -> Spill:
    return Spill(Api(name, Lane.HOSTED, price), first)


def at(told: str, spoken: str) -> Price:
    return Price(Rates(Decimal(told), Decimal(spoken)), dt.date(2026, 11, 22), "named")


def case(spill: Spill | None, machines: Machines = PAIR, burst: float = 1.0, ttft: float = TTFT) -> Case:
    engine = engine_for(DEMAND, "qwen3-32b", "H100", machines.gpus, ttft=ttft, itl_ms=ITL)
    return Case(DEMAND, machines, engine, spill, ttft, burst)


def shape(times: Floats) -> Floats:
    """The day that `levels` makes of a peak of 6, in parts of its top."""
    return np.exp(5.8885 * (np.cos(2 * np.pi * times / DAY) - 1))


def simulated(asked: Case, option: Option, draw: np.random.Generator) -> tuple[Decimal, float, float]:
    """Return USD a month, and the 95th percentile of the day and of its busiest hour, request by request."""
    assert asked.spill is not None
    top = DEMAND.requests / (HOURS_A_MONTH * 3_600) * 6
    times = arrivals(top, asked.burst, DAY, draw, shape=shape)
    busiest = (times < 1_800) | (times > DAY - 1_800)
    price = asked.spill.api.price
    assert price is not None
    a_request = (3_000 * (price.rates.input or 0) + 500 * (price.rates.output or 0)) / 1_000_000
    days = Decimal(HOURS_A_MONTH) / 24
    if option.way == "api":
        told = drawn(asked.spill.first_token, times.size, draw)
        cost = a_request * times.size * days
        return cost, float(np.quantile(told, 0.95)), float(np.quantile(told[busiest], 0.95))
    spill = asked.spill.first_token if option.way == "mix" else None
    played = play(asked.station(option.serving), times, draw, spill=spill)
    gone = int(played.spilled.sum())
    cost = bill(asked.machines, option.serving).total + a_request * gone * days
    p95 = float(np.quantile(played.first_token, 0.95))
    return cost, p95, float(np.quantile(played.first_token[busiest], 0.95))


@pytest.mark.parametrize(
    ("machines", "first", "burst"),
    [
        (PAIR, of_quantiles(0.8, 2.0), 1.0),
        (PAIR, of_quantiles(0.8, 2.0), 3.0),
        (Machines("4xH100", gpu="H100", gpus=4, rent_hour=Decimal("9.16")), of_quantiles(0.5, 1.2), 1.0),
    ],
)
def test_the_mix_beats_machines_for_the_peak_and_an_api_for_everything(
    machines: Machines, first: LogNormal, burst: float
) -> None:
    """At a named price for the same model, 0.50 USD in and 1.50 out, and the API's own p95 for all three."""
    bound = first.quantile(0.95)
    asked = case(named(at("0.50", "1.50"), first=first), machines, burst, bound)
    found = plan(asked)
    mix, api, peak = found.mix, found.api, found.peak
    assert mix is not None
    assert api is not None
    assert found.best(bound) == mix
    draw = np.random.default_rng(5)
    played = {one.way: simulated(asked, one, draw) for one in (peak, mix, api)}
    print(f"\n{machines.name}, bunches of {burst:g}, 95 % begin within {bound:.1f} s:")  # noqa: T201  # by how much is the point
    for one in (peak, mix, api):
        cost, whole, busiest = played[one.way]
        assert one.total is not None
        print(  # noqa: T201  # as above
            f"  {one.way}: {one.serving} machines, {one.total:,.0f} USD a month, p95 {one.ttft:.2f} s; "
            f"simulated {cost:,.0f} USD, p95 {busiest:.2f} s in the busiest hour, {whole:.2f} s over the day"
        )
        assert float(one.total) == pytest.approx(float(cost), rel=0.03)
        assert busiest <= bound * (1.1 if burst == 1 else 1.2)
        assert whole <= bound * 1.1
    for other in ("peak", "api"):
        saved = 1 - played["mix"][0] / played[other][0]
        print(f"  the mix saves {saved:.1%} beside {other}")  # noqa: T201  # as above
        assert saved > Decimal("0.05")
    assert max(played["mix"][1:]) <= max(played["api"][1:])


def test_where_the_api_is_cheap_everything_goes_there_and_where_dear_nothing() -> None:
    """OpenRouter's price of the same model, and GPT-5.5's."""
    cheap, dear = plan(case(named(at("0.14", "0.40")))), plan(case(named(at("5", "30"))))
    assert getattr(cheap.best(TTFT), "way", "") == "api"
    assert getattr(dear.best(TTFT), "way", "") in {"peak", "mix"}
    assert dear.mix is not None
    assert dear.mix.own > 0.99


def test_bought_machines_carry_a_base_load_that_rented_ones_do_not() -> None:
    """The hosted model at Groq's list price, beside the same on one's own H100 at 1.69 USD a GPU-hour."""
    groq = named(at("0.29", "0.59"), "groq/qwen3-32b")
    bought = Machines("2xH100", gpu="H100", gpus=2, rent_hour=Decimal("3.38"))
    assert getattr(plan(case(groq, bought)).best(TTFT), "way", "") == "mix"
    assert getattr(plan(case(groq)).best(TTFT), "way", "") == "api"


def test_an_unknown_price_is_unknown_and_not_nothing() -> None:
    found = plan(case(named(None)))
    assert found.api is not None
    assert found.api.total is None
    assert found.mix is None
    assert found.best(TTFT) == found.peak


def test_machines_alone() -> None:
    found = plan(case(None))
    assert (found.api, found.mix, found.mixes) == (None, None, ())
    assert (found.peak_spare.serving, found.peak_spare.spare) == (found.peak.serving, 1)
    assert found.peak_spare.machines == found.peak.machines + PAIR.rent_hour * 730  # type: ignore[operator]


def test_one_fewer_would_not_do() -> None:
    asked = case(None)
    found = plan(asked)
    fewer = asked.station(found.peak.serving - 1)
    assert first_token(fewer, asked.arrivals(found.curve[0])) > TTFT >= found.peak.ttft


def test_twice_the_volume_takes_fewer_than_twice_the_machines_or_as_many() -> None:
    once, twice = plan(case(None)), plan(doubled(case(None)))
    assert once.peak.serving < twice.peak.serving <= 2 * once.peak.serving
    assert twice.peak.utilisation >= once.peak.utilisation


def test_a_service_level_that_nothing_keeps_is_said() -> None:
    asked = case(None)
    hasty = Case(asked.demand, asked.machines, asked.engine, None, 0.5)
    with pytest.raises(ValueError, match="reading the prompt alone takes"):
        plan(hasty)


def test_idle_machines_draw_less() -> None:
    power = Power(Decimal(2), Decimal(1), Decimal(1), Decimal("0.1"))
    powered = Machines("p", gpu="H100", gpus=2, rent_hour=Decimal(1), power=power)
    found = plan(case(None, powered))
    assert 0 < found.peak.energy < Decimal(73) * found.peak.serving
    assert sized(case(None, powered), found.curve[0]) == found.peak.serving


def test_a_mixture_lies_between_its_parts() -> None:
    quick, slow = LogNormal(0.3, 0.5), of_quantiles(1.0, 3.0)
    assert quick.quantile(0.95) < mixed(quick, slow, 0.02, 0.95) < mixed(quick, slow, 0.5, 0.95) < 3.0
    assert mixed(quick, slow, 0.0, 0.95) == quick.quantile(0.95)
    assert mixed(quick, slow, 1.0, 0.95) == pytest.approx(3.0)
