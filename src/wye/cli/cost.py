"""`wye cost`: sums by what one is asked for in a budget meeting."""

import datetime as dt
import itertools
import time
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

import click
import msgspec

from wye.cli import allocated, outlook
from wye.cli import energy as energies
from wye.cli.figures import clip, money, one_line
from wye.cli.ledger import told
from wye.cli.options import (
    config_option,
    json_option,
    ledger_settings,
    since_option,
    state_dir_option,
    until_option,
)
from wye.cli.terminal import columns
from wye.config.load import find, load
from wye.config.settings import LedgerSettings, Settings
from wye.economics.budgets import BudgetUse
from wye.economics.budgets import budgets as budget_uses
from wye.economics.history import History
from wye.economics.showback import COUNTS, GROUPS, Group, sums
from wye.ledger.keystore import KeyStore
from wye.ledger.reader import CostRow, Filter

_NAME_WIDTH = 34
_NOBODY = {
    "model": "(none answered)",
    "lane": "(none answered)",
    "key": "(no key)",
    "team": "(no team)",
    "task": "(not routed)",
    "project": "(no project)",
    "label": "(no label)",
    "route": "(not decided)",
}

_EXAMPLES = """
\b
Examples:
  wye cost --since 7d
  wye cost --by day --since 2026-01-01 --until 2026-02-01
  wye cost --by project --since 7d
  wye cost --by key --json
  wye cost --view allocated --by team --since 30d
  wye cost --forecast
  wye cost --budgets
  wye cost --energy --by team --since 30d
"""


@click.command(epilog=_EXAMPLES)
@click.option(
    "--by",
    type=click.Choice(GROUPS),
    show_default="model",
    help="What to sum by; model = the deployment that answered, route = what decided, label = all of a "
    "request's labels together, day = in UTC.",
)
@click.option(
    "--view",
    type=click.Choice(get_args(allocated.View)),
    default="billed",
    show_default=True,
    help="billed = what each request was charged; allocated = the bill of own machines, all of it, by the "
    "time that requests held them, idle time apart; marginal = of that, what would not have been spent.",
)
@click.option("--forecast", is_flag=True, help="The month's bill when it ends, with an interval.")
@click.option("--budgets", is_flag=True, help="What keys have used of their budgets, and will have.")
@click.option("--energy", is_flag=True, help="Kilowatt-hours and kg CO2e instead of money, as ranges.")
@since_option
@until_option
@json_option
@config_option
@state_dir_option
def cost(  # noqa: PLR0913  # one parameter an option
    *,
    by: Group | None,
    view: allocated.View,
    forecast: bool,
    budgets: bool,
    energy: bool,
    since: float | None,
    until: float | None,
    as_json: bool,
    config: Path | None,
    state_dir: Path,
) -> None:
    """Sum up what requests cost.

    Costs that are not known are counted, never taken for zero: with any of them, a sum is a lower bound.
    Currencies are not mixed. Reads the ledger, by --config and --state-dir, not the running gateway.
    """
    if (view != "billed") + forecast + budgets + energy > 1:
        message = "--view, --forecast, --budgets and --energy are four reports: ask for one"
        raise click.UsageError(message)
    group = by or "model"
    if energy:
        drew = energies.found(load(find(config)), state_dir, group, Filter(since=since, until=until))
        shown = energies.lines(drew, group, _NOBODY.get(group, "-"))
        _show(drew, shown, "No requests in this time.", as_json=as_json)
        return
    if view != "billed":
        _divided(load(find(config)), state_dir, group, (since, until), view, as_json=as_json)
        return
    settings = ledger_settings(config)
    if forecast or budgets:
        _check_ahead(by, since, budgets=budgets)
        now = dt.datetime.fromtimestamp(time.time() if until is None else until, dt.UTC)
        _ahead(settings, state_dir, now, budgets=budgets, as_json=as_json)
        return
    rows = sums(settings, state_dir, group, Filter(since=since, until=until), told())
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode([_told(row) for row in rows])).decode())
        return
    if not rows:
        click.echo("No requests in this time.", err=True)
        return
    names = {}
    if group == "key":
        with KeyStore(settings, state_dir) as keys:
            names = {key.id: f"{key.id} {key.grant.name}" for key in keys.list()}
    for line in table(group, rows, names):
        click.echo(one_line(line))


def _check_ahead(by: Group | None, since: float | None, *, budgets: bool) -> None:
    if since is not None:
        message = "--forecast and --budgets take no --since; --until: as if it were that moment"
        raise click.UsageError(message)
    if by is not None:
        what = "--budgets is one line a key" if budgets else "--forecast is of all requests together"
        message = f"{what}: leave out --by, or sum what was spent with `wye cost --by {by}`"
        raise click.UsageError(message)


def _divided(  # noqa: PLR0913  # as `cost`
    settings: Settings,
    state_dir: Path,
    by: Group,
    period: tuple[float | None, float | None],
    view: allocated.View,
    *,
    as_json: bool,
) -> None:
    """Show whom own machines worked for."""
    found = allocated.divided(settings, state_dir, by, *period)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(found)).decode())
        return
    for line in allocated.lines(found, by, view, _NOBODY.get(by, "-")):
        click.echo(one_line(line))


def _ahead(
    settings: LedgerSettings, state_dir: Path, now: dt.datetime, *, budgets: bool, as_json: bool
) -> None:
    """Show what is to come."""
    found: list[outlook.Outlook] | list[BudgetUse]
    if budgets:
        # In this order: a key store makes a ledger where there is none.
        with History.open(settings, state_dir, told()) as history, KeyStore(settings, state_dir) as keys:
            uses = budget_uses(history, keys.list(), now)
        found, lines = uses, outlook.budget_lines(uses)
    else:
        end = now.timestamp()
        past = Filter(since=end - outlook.HISTORY_SECONDS, until=end)
        ahead = outlook.outlooks(sums(settings, state_dir, "day", past, told()), now)
        found, lines = ahead, outlook.outlook_lines(ahead)
    _show(
        found,
        lines,
        "No key has a budget." if budgets else "No costs are known of the last 90 days.",
        as_json=as_json,
    )


def _show(found: Sequence[msgspec.Struct], lines: Iterator[str], nothing: str, *, as_json: bool) -> None:
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(found)).decode())
    elif not found:
        click.echo(nothing, err=True)
    else:
        for line in lines:
            click.echo(one_line(line))


def table(by: Group, rows: Sequence[CostRow], names: Mapping[str, str]) -> Iterator[str]:
    """Yield the lines of the table and of the totals, one total a currency. `names` replace groups."""
    headers = (by, "requests", "tokens in", "cached", "out", "cost", "", "cost unknown")
    yield from _right_aligned([headers, *(_cells(by, row, names) for row in folded(rows))])
    yield ""
    known = [row for row in rows if _is_known(row)]
    for currency in sorted({row.currency for row in known}):
        total = sum((row.amount for row in known if row.currency == currency), Decimal(0))
        yield f"total {money(total)} {currency}"
    unknown = sum(row.unknown for row in rows)
    if unknown and not known:
        yield "total -"
    if unknown:
        yield f"plus {unknown:,} request{'s' if unknown > 1 else ''} whose cost is not known"


def _is_known(row: CostRow) -> bool:
    """Tell whether the sum says anything: failures that cost nothing make no 0 of what is unknown."""
    return bool(row.currency) and (row.amount > 0 or not row.unknown)


def _told(row: CostRow) -> dict[str, Any]:
    """Return a row for a program; `amount` is null where no cost is known."""
    told: dict[str, Any] = msgspec.structs.asdict(row)
    return told | ({} if row.amount > 0 or not row.unknown else {"amount": None})


def folded(rows: Sequence[CostRow]) -> list[CostRow]:
    """Add the requests without a currency to the group's other row, where there is exactly one."""
    result: list[CostRow] = []
    for _, found in itertools.groupby(rows, key=lambda row: row.group):
        group = list(found)
        match group:
            case [CostRow(currency="") as free, other]:
                counts = {name: getattr(free, name) + getattr(other, name) for name in COUNTS}
                result.append(msgspec.structs.replace(other, **counts))
            case _:
                result += group
    return result


def _cells(by: Group, row: CostRow, names: Mapping[str, str]) -> tuple[str, ...]:
    known = _is_known(row)
    return (
        clip(names.get(row.group, row.group) or _NOBODY.get(by, "-"), _NAME_WIDTH),
        f"{row.requests:,}",
        f"{row.input_tokens:,}",
        f"{row.cached_tokens:,}",
        f"{row.output_tokens:,}",
        money(row.amount) if known else "-",
        row.currency if known else "",
        f"{row.unknown:,}" if row.unknown else "",
    )


def _right_aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Align figures to the right; the first column are names."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return columns(
        [[row[0], *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))] for row in rows]
    )
