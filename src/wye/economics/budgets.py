"""What keys have used of their budgets, and what they will have used when the month ends."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

import msgspec

from wye.economics.forecast import Forecast, month_end
from wye.economics.history import History
from wye.economics.showback import spent_daily
from wye.ledger.keystore import Budget, Key, Window
from wye.ledger.reader import Filter


class BudgetUse(msgspec.Struct, frozen=True):
    """A key's budget, shared with all keys it was rotated from or to; USD."""

    key: str
    name: str
    team: str
    project: str
    budget: Budget
    used: Decimal
    """In the window that runs."""
    forecast: Forecast | None = None
    """Of a monthly budget, for the month's end; None also where too few days are known."""


def budgets(history: History, keys: Iterable[Key], now: dt.datetime) -> list[BudgetUse]:
    """Return the budgets of usable keys, the most used first."""
    known = list(keys)
    family_of = {key.id: key.family for key in known}
    by_family: defaultdict[str, dict[dt.date, Decimal]] = defaultdict(dict)
    for (key, day), amount in spent_daily(history, Filter(until=now.timestamp())).items():
        days = by_family[family_of.get(key, key)]
        days[day] = days.get(day, Decimal(0)) + amount
    newest = {key.family: key for key in known if key.usable(now.timestamp())}
    found = [
        _use(key, key.grant.budget, by_family[key.family], now) for key in newest.values() if key.grant.budget
    ]
    return sorted(found, key=lambda use: (-_share(use), use.name))


def _use(key: Key, budget: Budget, days: dict[dt.date, Decimal], now: dt.datetime) -> BudgetUse:
    today = now.date()
    first = {Window.DAY: today, Window.MONTH: today.replace(day=1), Window.TOTAL: dt.date.min}[budget.window]
    used = sum((amount for day, amount in days.items() if day >= first), Decimal(0))
    forecast = None
    if budget.window is Window.MONTH:
        forecast = month_end({day: float(amount) for day, amount in days.items()}, now)
    grant = key.grant
    return BudgetUse(key.id, grant.name, grant.team, grant.project, budget, used, forecast)


def _share(use: BudgetUse) -> float:
    return float(use.used / use.budget.amount) if use.budget.amount else float("inf")
