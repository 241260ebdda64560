import datetime as dt
from decimal import Decimal

import pytest

from wye.catalog.machines import Machines
from wye.core.lane import Lane
from wye.core.money import Price, Rates
from wye.economics.breakeven import Api, Plant, Share
from wye.economics.demand import of_month
from wye.economics.inputs import inputs, override
from wye.economics.montecarlo import Case
from wye.economics.tornado import Bar, tornado

GPT = Api("gpt", Lane.CLOSED, Price(Rates(Decimal(5), Decimal(30)), dt.date(2026, 11, 22), "t"))
PLANT = Plant(Machines("m", rent_hour=Decimal("2.95"), spare=1, fte=Decimal("0.1")), "x", 4_800)
DEMAND = of_month(100e6, 6, peak=6)
RANGES = inputs(DEMAND, PLANT, Share(0.65))
CASE = Case(DEMAND, GPT, PLANT, share=Share(0.65))


def test_bars_are_longest_first_and_name_what_was_turned() -> None:
    found = tornado(CASE, RANGES)
    assert [bar.swing for bar in found.bars] == sorted((bar.swing for bar in found.bars), reverse=True)
    bars = {bar.name: bar for bar in found.bars}
    assert bars["on_call"].breakeven_low < found.breakeven < bars["on_call"].breakeven_high
    assert bars["on_call"].saves_low > found.saves > bars["on_call"].saves_high
    assert bars["displaced"].breakeven_low > bars["displaced"].breakeven_high
    assert "cached" not in bars  # one number


def test_a_turn_to_never_is_the_longest_bar() -> None:
    wide = override(RANGES, {"throughput": (0.02, 1.0, 1.2)})
    first = tornado(CASE, wide).bars[0]
    assert (first.name, first.breakeven_low) == ("throughput", float("inf"))
    assert Bar("x", 0, 1, float("inf"), float("inf"), 1, 3).swing == (0, 2)


def test_inputs_turn_alone() -> None:
    known = override(RANGES, {name: (one.middle,) for name, one in RANGES.items() if name != "discount"})
    (bar,) = tornado(CASE, known).bars
    assert bar.name == "discount"
    assert bar.breakeven_high / bar.breakeven_low == pytest.approx(1 / 0.8)
