"""Who spent what: sums over the whole history by what one is asked for, exact and with the unknown beside."""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any, Literal, get_args

from wye.config.settings import LedgerSettings
from wye.economics.history import TAIL_ROWS, History, conditions
from wye.economics.optional import installed
from wye.economics.rolled import Progress
from wye.ledger import reader
from wye.ledger.keystore import KeyStore
from wye.ledger.reader import CostRow, Filter, Reader

Group = Literal["model", "asked", "route", "task", "lane", "key", "team", "project", "label", "day"]
GROUPS: tuple[Group, ...] = get_args(Group)
_COLUMNS: Mapping[Group, str] = {
    "model": "deployment",
    "label": "labels",
    "project": "key",
}
_DIGITS = 400
COUNTS = ("requests", "unknown", "input_tokens", "output_tokens", "cached_tokens", "reasoning_tokens")


def sums(
    settings: LedgerSettings,
    state_dir: Path,
    by: Group,
    filter_: Filter,
    progress: Progress = lambda *_: None,
) -> list[CostRow]:
    """Return `cost` of a ledger: from the database itself while it is small, or while DuckDB is missing.

    Raises `LedgerError` when there is no ledger, `MissingPackageError` for what the database cannot tell.
    """
    if by in reader.GROUPS:
        with Reader(settings, state_dir) as opened:
            if opened.newest() <= TAIL_ROWS or not installed("duckdb"):
                return opened.cost(by, filter_)
    projects = {}
    with History.open(settings, state_dir, progress) as history:
        if by == "project":
            with KeyStore(settings, state_dir) as keys:
                projects = {key.id: key.grant.project for key in keys.list()}
        return cost(history, by, filter_, projects)


def column(by: Group) -> str:
    """Return what tells a group, in SQL over `request`; of projects it is the key."""
    return _COLUMNS.get(by, by)


def cost(
    history: History,
    by: Group,
    filter_: Filter = Filter(),  # noqa: B008  # immutable
    projects: Mapping[str, str] | None = None,
) -> list[CostRow]:
    """Sum costs and tokens by a property of the request, as `Reader.cost` does; days are UTC.

    `label`: the set of them, so that the groups add up to all there is. `projects`: key id -> project.
    """
    where, parameters = conditions(filter_)
    group = column(by)
    rows = history.rows(
        f"""
        SELECT {group}, currency, count(*), count(*) FILTER (unknown),
               sum(amount), list(amount_text) FILTER (amount_text IS NOT NULL),
               coalesce(sum(input_tokens), 0), coalesce(sum(output_tokens), 0),
               coalesce(sum(cached_tokens), 0), coalesce(sum(reasoning_tokens), 0)
        FROM request WHERE {where} GROUP BY 1, 2
        """,  # noqa: S608  # our own names
        parameters,
    )
    found = [
        CostRow(str(name or ""), currency, n, unknown, exact(amount, texts), *map(int, counts))
        for name, currency, n, unknown, amount, texts, *counts in rows
    ]
    if by == "project":
        found = _joined(found, projects or {})
    return sorted(found, key=lambda row: (row.group, row.currency))


def exact(amount: Decimal | None, texts: Sequence[str] | None) -> Decimal:
    """Return a sum that the column holds, and with it what it could not hold."""
    with localcontext(prec=_DIGITS):
        total = sum(map(Decimal, texts or ()), amount or Decimal(0))
        return plain(total)


def plain(amount: Decimal) -> Decimal:
    """Take zeros off the end of a number's decimals: a column has as many places for each."""
    with localcontext(prec=_DIGITS):
        short = amount.normalize()
        return short.quantize(Decimal(1)) if short == short.to_integral_value() else short


def _joined(rows: Sequence[CostRow], names: Mapping[str, str]) -> list[CostRow]:
    """Add rows up whose groups have the same name."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        name = names.get(row.group, "")
        into = found.setdefault((name, row.currency), {"amount": Decimal(0), **dict.fromkeys(COUNTS, 0)})
        for count in COUNTS:
            into[count] += getattr(row, count)
        with localcontext(prec=_DIGITS):
            into["amount"] += row.amount
    return [CostRow(group=name, currency=currency, **into) for (name, currency), into in found.items()]


def spent(history: History, filter_: Filter = Filter()) -> dict[str, Decimal]:  # noqa: B008  # immutable
    """Return key id -> what its requests were charged, in USD, as `Reader.spent` counts it."""
    totals: dict[str, Decimal] = {}
    with localcontext(prec=_DIGITS):
        for (key, _), amount in spent_daily(history, filter_).items():
            totals[key] = totals.get(key, Decimal(0)) + amount
    return totals


def spent_daily(history: History, filter_: Filter = Filter()) -> dict[tuple[str, dt.date], Decimal]:  # noqa: B008  # immutable
    """Return (key id, day in UTC) -> what that day's requests were charged, in USD."""
    where, parameters = conditions(filter_)
    rows = history.rows(
        f"""
        SELECT key, day, sum(CASE WHEN own THEN amount ELSE charged END),
               list(CASE WHEN own THEN amount_text ELSE charged_text END)
               FILTER (CASE WHEN own THEN amount_text ELSE charged_text END IS NOT NULL)
        FROM (SELECT *, charged IS NULL AND charged_text IS NULL AND currency = 'USD' AS own
              FROM request)
        WHERE {where} GROUP BY key, day
        """,  # noqa: S608  # our own names
        parameters,
    )
    return {(key, day): exact(amount, texts) for key, day, amount, texts in rows}
