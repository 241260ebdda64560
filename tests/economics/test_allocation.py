"""Every cent of a machine's bill is somebody's, or idle."""

from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wye.catalog.machines import Bill, Machines, Power, bill
from wye.economics.allocation import Allocation, BusyHour, Held, allocate, busy_hours

MICRO = 1_000_000
TEN = Bill(Decimal(7300), Decimal(730), Decimal(0), Decimal(0), Decimal(0))
"""10 USD an hour, and 1 for energy if it is busy all the hour."""


def by_group(found: Allocation) -> dict[str | None, Decimal]:
    return {line.group: line.allocated for line in found.lines}


def sum_of(found: Allocation) -> Decimal:
    with localcontext(prec=60):
        return sum((line.allocated for line in found.lines), Decimal(0))


def test_an_hour_goes_to_who_held_slots_and_the_rest_is_idle() -> None:
    hour = BusyHour(0, {"a": 3600 * MICRO, "b": 1800 * MICRO})
    found = allocate(TEN, 4, [hour])
    assert by_group(found) == {"a": Decimal("2.75"), "b": Decimal("1.375"), None: Decimal("6.25")}
    assert [line.marginal for line in found.lines] == [Decimal("0.25"), Decimal("0.125"), 0]
    assert (found.total, found.utilisation) == (Decimal("10.375"), 0.375)
    assert [line.slot_seconds for line in found.lines] == [3600, 1800, 9000]


def test_more_than_there_is_room_for_divides_the_hour() -> None:
    found = allocate(TEN, 1, [BusyHour(0, {"a": 3600 * MICRO, "b": 7200 * MICRO})])
    assert sum_of(found) == found.total == 11
    assert float(by_group(found)["b"]) == pytest.approx(22 / 3)
    assert by_group(found)[None] == 0


def test_one_busy_hour_does_not_pay_for_idle_ones() -> None:
    hours = [BusyHour(0, {"a": 3 * 3600 * MICRO}), BusyHour(3600, {}), BusyHour(7200, {"b": 1}, 0.5)]
    found = allocate(TEN, 1, hours)
    assert by_group(found)["a"] == 11
    assert sum_of(found) == found.total


def test_no_hours_cost_nothing_and_a_silent_month_is_all_idle() -> None:
    assert allocate(TEN, 1, []).total == 0
    found = allocate(TEN, 8, busy_hours([], 0, 730 * 3600))
    assert by_group(found) == {None: Decimal(7300)}


@pytest.mark.parametrize(
    ("slots", "hour"),
    [(0, BusyHour(0, {})), (1, BusyHour(0, {"a": -1})), (1, BusyHour(0, {}, 3601)), (1, BusyHour(0, {}, 0))],
)
def test_what_cannot_be_is_refused(slots: int, hour: BusyHour) -> None:
    with pytest.raises(ValueError, match=r"slots|hour 0"):
        allocate(TEN, slots, [hour])


MONEY = st.decimals(0, 10**7, places=7)
BILLS = st.builds(Bill, MONEY, MONEY, MONEY, MONEY, MONEY)
INTERVALS = st.lists(
    st.tuples(st.floats(-9_000, 40_000), st.floats(0, 30_000), st.sampled_from("abcdefg")).map(
        lambda one: Held(one[0], one[0] + one[1], one[2])
    ),
    max_size=30,
)


@given(BILLS, st.integers(1, 64), INTERVALS, st.floats(0, 10_000), st.floats(1, 36_000))
def test_lines_are_exactly_the_bill(
    money: Bill, slots: int, holds: list[Held], since: float, length: float
) -> None:
    hours = list(busy_hours(holds, since, since + length))
    found = allocate(money, slots, hours)
    assert sum_of(found) == found.total
    assert all(line.allocated >= 0 for line in found.lines)
    # And the total is what those hours cost.
    fixed = Fraction(money.total) - Fraction(money.energy)
    span = sum(Fraction(round(hour.seconds * MICRO), MICRO) for hour in hours)
    drawn = sum(
        min(Fraction(1), Fraction(sum(hour.busy.values()), slots * round(hour.seconds * MICRO)))
        * Fraction(round(hour.seconds * MICRO), MICRO)
        for hour in hours
    )
    exact = (fixed * span + Fraction(money.energy) * drawn) / (730 * 3600)
    assert 0 <= exact - Fraction(found.total) < Fraction(1, 10**12)
    with localcontext(prec=60):
        energy = sum((line.marginal for line in found.lines), Decimal(0))
    assert float(energy) == pytest.approx(float(Fraction(money.energy) * drawn / (730 * 3600)), abs=1e-9)


@given(INTERVALS, st.floats(0, 10_000), st.floats(1, 36_000))
def test_the_hours_hold_each_request_whole_within_the_period(
    holds: list[Held], since: float, length: float
) -> None:
    first, last = round(since * MICRO), round((since + length) * MICRO)
    hours = list(busy_hours(holds, since, since + length))
    assert sum(hour.seconds for hour in hours) == pytest.approx(length, abs=1e-5)
    assert [hour.start for hour in hours] == [hours[0].start + 3600 * n for n in range(len(hours))]
    for group in "abcdefg":
        of_group = [one for one in holds if one.group == group]
        inside = sum(
            max(0, min(last, round(h.ended * MICRO)) - max(first, round(h.began * MICRO))) for h in of_group
        )
        assert sum(hour.busy.get(group, 0) for hour in hours) == inside


@given(INTERVALS, st.integers(1, 8))
def test_the_same_held_by_fewer_groups_costs_the_same(holds: list[Held], slots: int) -> None:
    apart = allocate(TEN, slots, busy_hours(holds, 0, 36_000))
    together = allocate(TEN, slots, busy_hours([one._replace(group="all") for one in holds], 0, 36_000))
    assert apart.total == together.total
    assert apart.utilisation == together.utilisation


def test_what_was_summed_up_before_is_added() -> None:
    [first, second] = busy_hours([Held(3_000, 4_000, "a")], 0, 7_200, [(0, "a", 5), (1, "b", 7)])
    assert dict(first.busy) == {"a": 600 * MICRO + 5}
    assert dict(second.busy) == {"a": 400 * MICRO, "b": 7}


def test_a_machine_in_use_is_billed_as_it_says() -> None:
    power = Power(Decimal(10), Decimal(3))
    month = bill(Machines("node", count=2, spare=1, rent_hour=Decimal("2.5"), power=power))
    hours = list(busy_hours([Held(0, 365 * 3600, "a")] * 16, 0, 730 * 3600))
    found = allocate(month, 16, hours)
    assert found.utilisation == 0.5
    assert float(found.total) == pytest.approx(float(month.spent(Decimal("0.5"))), abs=1e-9)
