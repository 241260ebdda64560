"""Machines in another number, over what requests held of them."""

from decimal import Decimal
from pathlib import Path

import pytest

from ledger.records import record
from wye.catalog.machines import Machines, Power, bill
from wye.config.settings import LedgerSettings
from wye.core.record import Attempt
from wye.economics.allocation import allocate
from wye.economics.history import History
from wye.economics.recount import recount
from wye.economics.slots import hours
from wye.ledger import Ledger
from wye.ledger.reader import Filter

POWER = Power(Decimal(1), Decimal("0.3"), Decimal(1), Decimal("0.1"))
FOUR = Machines("h100", count=4, spare=1, rent_hour=Decimal(2), power=POWER, fte=Decimal("0.1"))
HOUR = 1_759_996_800.0


def attempt(seconds: float, cause: str = "first", status: int = 200) -> Attempt:
    return Attempt("own", cause, 0.0, seconds * 1000, status)


def test_a_bill_and_what_would_not_fit(tmp_path: Path) -> None:
    settings = LedgerSettings()
    ledger = Ledger.open(settings, tmp_path)
    for number, seconds in enumerate((3_600, 3_600, 1_800)):  # 2.5 of 8 slots in the first hour
        ledger.append(record(number, at=HOUR + 1, attempts=(attempt(seconds),)))
    ledger.append(
        record(
            4, at=HOUR + 7_200, attempts=(attempt(1_800), attempt(9_999, "skip"), attempt(9_999, status=429))
        )
    )
    ledger.close()
    filter_ = Filter(since=HOUR, until=HOUR + 10 * 3_600)
    with History.open(settings, tmp_path) as history:
        one = recount(history, filter_, FOUR, {"own": 8}, 1)
        same = recount(history, filter_, FOUR, {"own": 8}, 4)
        assert recount(history, filter_, FOUR, {"other": 8}, 1) is None
    assert one is not None
    assert same is not None
    assert same.was == same.would_be
    assert same.utilisation == pytest.approx((9_000 + 1_800) / (8 * 36_000))
    assert same.was == pytest.approx(bill(FOUR).spent(Decimal(same.utilisation)) * 10 / 730)
    assert (same.crowded, same.beyond) == (0, 0.0)
    assert one.crowded == 1
    assert one.beyond == pytest.approx(1_798 / 10_800)  # two seconds of it lie in the second hour
    assert one.utilisation_would_be == pytest.approx((7_202 + 1_800) / (2 * 36_000))
    assert one.would_be < one.was


def test_slots_are_counted_as_the_bill_is_divided(tmp_path: Path) -> None:
    settings = LedgerSettings()
    ledger = Ledger.open(settings, tmp_path)
    ledger.append(record(1, at=HOUR - 1_800, attempts=(attempt(3_600),)))  # began before the period
    ledger.append(record(2, at=HOUR + 3_000, attempts=(attempt(1_200),)))  # in two hours of it
    for number in (3, 4, 5):  # more than there are slots
        ledger.append(record(number, at=HOUR + 7_200, attempts=(attempt(3_600),)))
    ledger.append(record(6, at=HOUR + 4 * 3_600 - 600, attempts=(attempt(3_600),)))  # ends after it
    ledger.close()
    filter_ = Filter(since=HOUR, until=HOUR + 4 * 3_600)
    with History.open(settings, tmp_path) as history:
        found = recount(history, filter_, FOUR, {"own": 2}, 4)
        other = recount(history, Filter(since=HOUR, team="nobody"), FOUR, {"own": 2}, 4)
        busy = hours(history, ["own"], "team", HOUR, HOUR + 4 * 3_600)
    divided = allocate(bill(FOUR), 2, busy)
    assert found is not None
    assert other is None
    assert found.utilisation == pytest.approx((1_800 + 1_200 + 7_200 + 600) / (2 * 4 * 3_600))
    assert found.utilisation == pytest.approx(divided.utilisation)
    assert found.was == pytest.approx(divided.total)
    assert found.beyond == pytest.approx(3_600 / (1_800 + 1_200 + 10_800 + 600))
