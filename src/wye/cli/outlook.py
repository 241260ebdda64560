"""`wye cost --forecast` and `--budgets`: what is to come, as people read it."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal

import msgspec

from wye.cli.figures import clip, money
from wye.cli.terminal import columns
from wye.economics.budgets import BudgetUse
from wye.economics.forecast import LEAST_DAYS, Forecast, month_end
from wye.ledger.reader import CostRow

HISTORY_SECONDS = 90 * 86_400
"""Before now: more than a forecast learns from."""
_CENTS = Decimal("0.01")


class Outlook(msgspec.Struct, frozen=True):
    """A month's bill in one currency."""

    month: str
    currency: str
    forecast: Forecast | None
    """None = too few days."""
    so_far: Decimal
    unknown: int
    """Requests of this month whose cost is not known; they are in no figure."""


def outlooks(days: Sequence[CostRow], now: dt.datetime) -> list[Outlook]:
    """Forecast the month of `now` from sums by day, each currency alone."""
    month = f"{now:%Y-%m}"
    costs: defaultdict[str, dict[dt.date, float]] = defaultdict(dict)
    totals: defaultdict[str, Decimal] = defaultdict(Decimal)
    for row in days:
        if not row.currency or (row.unknown and not row.amount):
            continue
        costs[row.currency][dt.date.fromisoformat(row.group)] = float(row.amount)
        if row.group.startswith(month):
            totals[row.currency] += row.amount
    unknown = sum(row.unknown for row in days if row.group.startswith(month))
    first = min((dt.date.fromisoformat(row.group) for row in days), default=None)
    return [
        Outlook(month, currency, month_end(found, now, first), totals[currency], unknown)
        for currency, found in sorted(costs.items())
    ]


def outlook_lines(found: Sequence[Outlook]) -> Iterator[str]:
    """Yield what to say of them."""
    for one in found:
        said = f"{one.month}: {money(one.so_far)} {one.currency} so far"
        if one.forecast is None:
            yield f"{said}; {LEAST_DAYS} whole days are needed for a forecast."
            continue
        f = one.forecast
        yield (
            f"{said}; {_cents(f.expected)} expected by its end, "
            f"{_cents(f.low)} to {_cents(f.high)} in 8 of 10 such months."
        )
        yield f"Learnt from {f.days} days: level, trend and day of the week (docs/showback.md says how)."
    if found and found[0].unknown:
        yield f"Plus {found[0].unknown:,} requests whose cost is not known: all figures are lower bounds."


def budget_lines(found: Sequence[BudgetUse]) -> Iterator[str]:
    """Yield a table of budgets."""
    rows = [("key", "team", "budget", "used", "", "expected by the month's end")]
    for use in found:
        amount = use.budget.amount
        share = f"{float(use.used / amount):.0%}" if amount else "-"
        rows.append(
            (
                clip(use.name, 30),
                clip(use.team, 20),
                f"{money(amount)} USD/{use.budget.window}",
                money(use.used),
                share,
                _expected(use),
            )
        )
    yield from columns(rows)


def _expected(use: BudgetUse) -> str:
    f = use.forecast
    if f is None:
        return "-"
    over = "" if f.expected <= use.budget.amount else ", over it"
    return f"{_cents(f.expected)} ({_cents(f.low)} to {_cents(f.high)}){over}"


def _cents(amount: float) -> str:
    return money(Decimal(amount).quantize(_CENTS)) if amount >= 1 else money(Decimal(f"{amount:.6f}"))
