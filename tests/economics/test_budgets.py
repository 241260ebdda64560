"""A budget belongs to a key and its successors; a month's is forecast."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

from ledger.records import record
from wye.config.settings import LedgerSettings
from wye.economics.budgets import budgets
from wye.economics.history import History
from wye.ledger import KeyStore, Ledger, Reader
from wye.ledger.keystore import Budget, Grant, Window

NOW = dt.datetime(2025, 10, 21, tzinfo=dt.UTC)


def at(day: int, month: int = 10) -> float:
    return dt.datetime(2025, month, day, 12, tzinfo=dt.UTC).timestamp()


def test_used_and_forecast_are_the_familys(tmp_path: Path) -> None:
    settings = LedgerSettings()
    with KeyStore(settings, tmp_path) as keys:
        old = keys.create(
            Grant(name="app", team="search", project="chat", budget=Budget(Decimal(40), Window.MONTH))
        )[0]
        new = keys.rotate("app", 0)[0]
        total = keys.create(Grant(name="batch", budget=Budget(Decimal(8), Window.TOTAL)))[0]
        daily = keys.create(Grant(name="ci", budget=Budget(Decimal(5), Window.DAY)))[0]
        keys.create(Grant(name="free"))
        known = keys.list()
    ledger = Ledger.open(settings, tmp_path)
    number = 0
    for day in range(1, 21):
        for key in (old.id if day < 10 else new.id, total.id, daily.id):
            for month in (9, 10):
                number += 1
                ledger.append(record(number, at=at(day, month), key=key, charged=Decimal("0.75")))
    ledger.append(record(number + 1, at=at(1), key=daily.id, cost=None, charged=None, attempts=()))
    ledger.close()
    with History.open(settings, tmp_path) as history:
        found = budgets(history, known, NOW)
    assert [use.name for use in found] == ["batch", "app", "ci"]  # the most used first
    batch, app, ci = found
    assert [app.name, app.key, app.team, app.project] == ["app", new.id, "search", "chat"]
    assert app.used == 15
    assert app.forecast is not None
    assert app.forecast.low < app.forecast.expected < app.forecast.high
    assert 18 < app.forecast.expected < 24
    assert (batch.used, batch.forecast) == (30, None)
    assert (ci.used, ci.forecast) == (0, None)
    with Reader(settings, tmp_path) as reader:
        assert reader.spent(new.id, at(1) - 12 * 3600) == app.used
