"""The stairs against the line, and the table that the project started from."""

import datetime as dt
import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wye.catalog.machines import Machines, Power
from wye.core.lane import Lane
from wye.core.money import Price, Rates, Service, Tier
from wye.economics.breakeven import (
    Api,
    Plant,
    Share,
    Work,
    breakeven,
    hosted,
    needed,
    own,
    rate,
    stay,
    volumes,
)
from wye.economics.demand import Demand, of_month

DAY = dt.date(2026, 11, 22)
FTE = Decimal("0.1")


def api(told: str, spoken: str, read: str | None = None, lane: Lane = Lane.CLOSED) -> Api:
    rates = Rates(Decimal(told), Decimal(spoken), None if read is None else Decimal(read))
    return Api("model", lane, Price(rates, DAY, "test"))


GPT = api("5", "30", "0.5")
OPUS = api("5", "25", "0.5")
FLASH = api("1.5", "9", "0.15")
GEMMA = api("0.13", "0.38", lane=Lane.HOSTED)


def plant(hour: str, throughput: float, spare: int, fte: Decimal = FTE) -> Plant:
    return Plant(
        Machines("m", rent_hour=Decimal(hour), spare=spare, fte=fte), "open", throughput, utilisation=0.3
    )


L4, H100 = 1_800, 4_800
SETTINGS = (
    plant("0.2059", L4, 0, Decimal(0)),
    plant("0.75", L4, 1),
    plant("2.95", H100, 0),
    plant("2.95", H100, 1),
    plant("1.6913", H100, 1),
)


def month(tokens: float = 1e9, cached: float = 0.0, peak: float = 1.0) -> Demand:
    return of_month(tokens, 6, cached=cached, peak=peak)


@pytest.mark.parametrize(
    ("baseline", "cached", "millions"),
    [
        (GPT, 0.0, (18, 322, 446, 697, 483)),
        (GPT, 0.6, (24, 441, 611, 955, 661)),
        (OPUS, 0.0, (19, 351, 486, 760, 526)),
        (FLASH, 0.0, (58, 1_074, 1_486, 2_323, 1_608)),
        (GEMMA, 0.0, (907, None, None, None, None)),
    ],
)
def test_the_first_table_comes_out(baseline: Api, cached: float, millions: tuple[int | None, ...]) -> None:
    found = [breakeven(month(cached=cached), baseline, setting) for setting in SETTINGS]
    firsts = [None if one is None or math.isinf(one.first) else round(one.first / 1e6) for one in found]
    assert firsts == list(millions)


def test_where_a_second_machine_is_dearer_again_staying_cheaper_comes_later() -> None:
    found = breakeven(month(), GEMMA, SETTINGS[0])
    assert found is not None
    assert (round(found.first / 1e6), round(found.stays / 1e6)) == (907, 1_814)


def test_a_share_that_stays_moves_the_point() -> None:
    found = breakeven(month(), GPT, SETTINGS[3], Share(0.65))
    assert found is not None
    assert round(found.stays / 1e6) == 1_072


def test_advantages_at_fixed_utilisation_and_at_the_peak() -> None:
    def advantage(setting: Plant, tokens: float, peak: float = 1.0) -> float:
        closed, mine = stay(month(tokens, peak=peak), GPT).total, own(month(tokens), GPT, setting).total
        assert closed is not None
        assert mine is not None
        return float(closed / mine)

    assert [round(advantage(one, 1e9), 1) for one in SETTINGS[3:]] == [1.4, 2.1]
    assert [round(advantage(one, 10e9)) for one in SETTINGS[3:]] == [8, 13]


def test_a_peak_of_six_needs_seven_machines_and_a_spare_one() -> None:
    sized = [Plant(one.machines, one.model, one.throughput) for one in SETTINGS[3:]]
    demand = month(10e9, peak=6)
    sums = [own(demand, GPT, one) for one in sized]
    assert {(one.machines, one.spare) for one in sums} == {(7, 1)}
    closed = stay(demand, GPT).total
    assert closed is not None
    assert [round(float(closed / one.total), 1) for one in sums if one.total] == [4.5, 7.4]


@given(
    saved=st.floats(1e-9, 1e-4),
    fixed=st.floats(0, 1e5),
    machine=st.floats(1, 1e5),
    takes=st.floats(1e6, 1e11),
)
def test_the_volumes_are_where_the_stairs_cross_the_line(
    saved: float, fixed: float, machine: float, takes: float
) -> None:
    def dearer(volume: float) -> bool:
        return fixed + math.ceil(volume / takes * (1 - 1e-9)) * machine > saved * volume * (1 + 1e-9)

    first, stays = volumes(saved, fixed, machine, takes)
    if math.isinf(first):
        assert math.isinf(stays)
        assert saved * takes <= machine
        return
    assert first <= stays
    assert dearer(first * 0.999)
    assert not dearer(first * (1 + 1e-9))
    assert dearer(stays * 0.999) or math.ceil(stays / takes) != math.ceil(stays * 0.999 / takes)
    if stays / takes < 1_000:
        steps = range(math.ceil(stays / takes), math.ceil(stays / takes) + 50)
        assert not any(dearer(step * takes * (1 + 1e-6)) for step in steps)


def test_machines_that_only_draw_even_never_pay() -> None:
    assert volumes(1e-6, 0.0, 1.0, 1e6) == (math.inf, math.inf)
    assert volumes(-1e-6, 0.0, 1.0, 1e9) == (math.inf, math.inf)


def test_an_unknown_price_is_unknown_in_every_sum() -> None:
    nobody = Api("x", Lane.CLOSED, None)
    half = Api("y", Lane.HOSTED, Price(Rates(input=Decimal(1)), DAY, "test"))
    assert rate(half, month()) is None
    assert stay(month(), nobody).total is None
    assert hosted(month(), GPT, half).total is None
    assert own(month(), nobody, SETTINGS[0], Share(0.5)).total is None
    assert breakeven(month(), nobody, SETTINGS[0]) is None
    everything = own(month(), nobody, SETTINGS[0]).total
    assert everything is not None  # nothing is left with it, so its price does not matter


def test_what_is_cached_long_or_may_wait_has_its_own_price() -> None:
    assert rate(GPT, month(cached=0.5)) == pytest.approx(Decimal((3 * 5 + 3 * 0.5 + 30) / 7) / 1_000_000)
    tiers = (Tier(2_000, Rates(Decimal(10), Decimal(60))),)
    long = Api("x", Lane.CLOSED, Price(Rates(Decimal(5), Decimal(30)), DAY, "test", tiers=tiers))
    assert rate(long, month()) == pytest.approx(Decimal((6 * 10 + 60) / 7) / 1_000_000)
    half = Service("batch", Rates(Decimal("2.5"), Decimal(15)))
    price = Price(Rates(Decimal(5), Decimal(30)), DAY, "test", services=(half,))
    waits = Api("x", Lane.CLOSED, price)
    some = of_month(1e9, 6, batch=0.5)
    assert float(rate(waits, some) or 0) == pytest.approx(0.75 * float(rate(GPT, some) or 0))


def test_currencies_are_not_mixed() -> None:
    euros = Api("x", Lane.CLOSED, Price(Rates(Decimal(5), Decimal(30)), DAY, "test", "EUR"))
    with pytest.raises(ValueError, match="x is priced in EUR"):
        rate(euros, month())


def test_an_open_model_that_says_more_pays_for_more() -> None:
    plain, wordy = (hosted(month(), GPT, GEMMA, Share(), work).total for work in (Work(), Work(1.0, 2.0)))
    assert plain is not None
    assert wordy is not None
    assert wordy / plain == pytest.approx(Decimal((6 * 0.13 + 2 * 0.38) / (6 * 0.13 + 0.38)))
    later = breakeven(month(), GPT, SETTINGS[3], Share(), Work(1.0, 4.0))
    assert later is not None
    assert round(later.stays / 1e6) == 697  # one machine still takes it all
    assert needed(SETTINGS[3], month(3.7e9)) == 1


def test_what_is_spent_aside_is_no_saving() -> None:
    total = own(month(), GPT, SETTINGS[3], Share(0.65, 0.05))
    assert total.aside == pytest.approx(Decimal(0.05 * 30_000 / 3.5))
    found = breakeven(month(), GPT, SETTINGS[3], Share(0.65, 0.05))
    assert found is not None
    assert round(found.stays / 1e6) == 1_162  # 697 / (0.65 - 0.05)
    assert breakeven(month(), GPT, SETTINGS[3], Share(0.0)) == (math.inf, math.inf)
    assert breakeven(month(), GPT, SETTINGS[3], Share(0.04, 0.05)) == (math.inf, math.inf)


def test_energy_counts_by_the_token() -> None:
    drawn = Power(Decimal(1), Decimal("0.3"), Decimal(1), Decimal("0.1"))
    powered = Plant(Machines("m", rent_hour=Decimal(1), power=drawn), "open", 1_000, max_utilisation=1.0)
    full = own(month(1_000 * 730 * 3600), GPT, powered).total
    half = own(month(500 * 730 * 3600), GPT, powered).total
    assert full is not None
    assert half is not None
    assert full == pytest.approx(Decimal(730 + 73))
    assert full - half == pytest.approx(Decimal("25.55"))


def test_the_sums_cross_at_the_volume() -> None:
    share, work = Share(0.65, 0.02), Work(1.1, 1.3)
    found = breakeven(month(peak=3), GPT, SETTINGS[4], share, work)
    assert found is not None
    for factor, cheaper in ((0.999, False), (1.001, True)):
        demand = month(found.stays * factor, peak=3)
        closed, mine = stay(demand, GPT).total, own(demand, GPT, SETTINGS[4], share, work).total
        assert closed is not None
        assert mine is not None
        assert (mine < closed) is cheaper
    against = breakeven(month(peak=3), GEMMA, SETTINGS[0], share, work)
    assert against is not None
    for factor, cheaper in ((0.999, False), (1.001, True)):
        demand = month(against.stays * factor, peak=3)
        theirs = hosted(demand, GPT, GEMMA, share, work).total
        mine = own(demand, GPT, SETTINGS[0], share, work).total
        assert theirs is not None
        assert mine is not None
        assert (mine < theirs) is cheaper
