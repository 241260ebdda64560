import datetime as dt
import math
import time
from decimal import Decimal

import numpy as np
import pytest

from wye.catalog.machines import Machines, Power
from wye.core.lane import Lane
from wye.core.money import Price, Rates, Service
from wye.economics.breakeven import Api, Plant, Share, Work, breakeven, hosted, own, stay
from wye.economics.demand import of_month
from wye.economics.inputs import Range, inputs, override
from wye.economics.montecarlo import Case, outcome, simulate, spread

DAY = dt.date(2026, 11, 22)
HALF = Service("batch", Rates(Decimal("2.5"), Decimal(15), Decimal("0.3")))
PRICE = Price(Rates(Decimal(5), Decimal(30), Decimal("0.5")), DAY, "t", services=(HALF,))
GPT = Api("gpt", Lane.CLOSED, PRICE)
GEMMA = Api("gemma", Lane.HOSTED, Price(Rates(Decimal("0.13"), Decimal("0.38")), DAY, "t"))
POWER = Power(Decimal("0.7"), Decimal("0.2"))
PLANT = Plant(
    Machines("h100", rent_hour=Decimal("2.95"), spare=1, fte=Decimal("0.1"), power=POWER), "gemma", 4_800
)
DEMAND = of_month(800e6, 6, cached=0.3, batch=0.2, reasoning=0.1, peak=6)
SHARE = Share(0.65, 0.02)
CASE = Case(DEMAND, GPT, PLANT, GEMMA, SHARE)
RANGES = inputs(DEMAND, PLANT, SHARE)


def fixed(**more: float) -> dict[str, np.ndarray]:
    middles = {name: one.middle for name, one in RANGES.items()} | {"price_decline": 0.0} | more
    return {name: np.array([value]) for name, value in middles.items()}


@pytest.mark.parametrize("case", [CASE, Case(DEMAND, GEMMA, PLANT, None, SHARE)])
@pytest.mark.parametrize("verbosity", [1.0, 1.7])
def test_one_draw_in_the_middle_is_what_is_reckoned_exactly(case: Case, verbosity: float) -> None:
    work = Work(1.1, 1.1 * verbosity)
    found = outcome(case, fixed(tokenizer=1.1, verbosity=verbosity))
    exact = breakeven(DEMAND, case.baseline, PLANT, SHARE, work)
    assert exact is not None
    assert (found.first[0], found.stays[0]) == pytest.approx(exact)
    if case.baseline is GPT:
        sums = (
            stay(DEMAND, GPT),
            hosted(DEMAND, GPT, GEMMA, SHARE, work),
            own(DEMAND, GPT, PLANT, SHARE, work),
        )
        assert found.hosted is not None
        assert [found.closed[0], found.hosted[0], found.own[0]] == [
            pytest.approx(float(one.total or 0)) for one in sums
        ]


def test_prices_fall_over_the_horizon() -> None:
    today, later = outcome(CASE, fixed()), outcome(CASE, fixed(price_decline=0.36))
    months = [0.64 ** (month / 12) for month in range(24)]
    assert later.closed[0] / today.closed[0] == pytest.approx(sum(months) / 24)
    assert later.stays[0] > today.stays[0]


def test_ten_thousand_draws_take_less_than_a_second_and_repeat() -> None:
    began = time.perf_counter()
    result, _ = simulate(CASE, RANGES)
    assert time.perf_counter() - began < 1
    assert result == simulate(CASE, RANGES)[0]
    assert result != simulate(CASE, RANGES, seed=2)[0]
    assert result.draws == 10_000
    assert result.breakeven.p10 < result.breakeven.p50 < result.breakeven.p90
    assert 0 <= result.never < 0.1


def test_percentiles_agree_with_the_ranges() -> None:
    drawn = RANGES["tokenizer"].draw(np.random.default_rng(1).standard_normal(100_000))
    assert np.percentile(drawn, (10, 50, 90)) == pytest.approx((0.9, 1.0, 1.25), abs=0.01)
    assert drawn.min() >= 0.1


def test_never_is_told_apart() -> None:
    result, _ = simulate(Case(DEMAND, GEMMA, PLANT, None), RANGES)
    assert result.never > 0.9
    assert math.isinf(result.breakeven.p50)
    assert spread(np.array([1.0, math.inf])).p50 == math.inf
    assert spread(np.array([1.0, 2.0, math.inf])).p50 == 2


def test_known_inputs_leave_no_doubt() -> None:
    known = override(RANGES, {name: (one.middle,) for name, one in RANGES.items()})
    result, _ = simulate(CASE, known, draws=10)
    assert result.breakeven.p10 == result.breakeven.p90
    assert result.never == 0


def test_what_is_given_replaces_a_range() -> None:
    found = override(RANGES, {"price_decline": (0.2, 0.5), "discount": (0.1,), "peak": (2.0, 3.0, 8.0)})
    assert [(found[name].low, found[name].middle, found[name].high) for name in ("discount", "peak")] == [
        (0.1, 0.1, 0.1),
        (2, 3, 8),
    ]
    assert found["price_decline"].middle == pytest.approx(0.35)
    assert {found[name].source for name in ("price_decline", "discount", "peak")} == {"given"}


@pytest.mark.parametrize(
    ("name", "parts", "why"),
    [
        ("price", (0.2,), "no input 'price': it is one of aside,"),
        ("discount", (0.5, 0.2), "discount: its parts must ascend"),
        ("discount", (4.0,), r"discount: must lie in 0..0.95"),
        ("peak", (0.5,), "peak: must lie in 1.."),
    ],
)
def test_what_cannot_be_is_refused_by_name(name: str, parts: tuple[float, ...], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        override(RANGES, {name: parts})


def test_every_range_says_where_it_is_from() -> None:
    counted = inputs(DEMAND, PLANT, SHARE, {"cached": "ledger"})
    assert all(one.source and one.what for one in counted.values())
    assert counted["cached"].source == "ledger"
    assert counted["cached"].high - 0.3 == pytest.approx((RANGES["cached"].high - 0.3) / 2)
    assert not Range(0, 1, 2, "x", most=3).known


def test_an_unknown_price_cannot_be_simulated() -> None:
    with pytest.raises(ValueError, match="the price of nobody is not known"):
        simulate(Case(DEMAND, Api("nobody", Lane.CLOSED, None), PLANT), RANGES)
    assert simulate(Case(DEMAND, GPT, PLANT, Api("x", Lane.HOSTED, None)), RANGES)[0].hosted_saves is None
