"""Machines in another number, over what requests held of them."""

from decimal import Decimal
from pathlib import Path

import pytest

from ledger.records import record
from wye.catalog.machines import Machines, Power, bill
from wye.config.settings import LedgerSettings
from wye.core.record import Attempt
from wye.economics.history import History
from wye.economics.recount import recount
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
    assert one.beyond == pytest.approx(1_800 / 10_800)
    assert one.utilisation_would_be == pytest.approx((7_200 + 1_800) / (2 * 36_000))
    assert one.would_be < one.was
