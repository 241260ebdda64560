"""`wye cost --view`: the bill of own machines, divided among who held them."""

import time
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Literal

import click
import msgspec

from wye.catalog.machines import bill
from wye.cli.figures import clip, money
from wye.cli.ledger import told
from wye.cli.options import utc
from wye.cli.terminal import columns
from wye.config.machines import owned, served
from wye.config.settings import Settings
from wye.economics.allocation import HOUR, Allocation, Line, allocate
from wye.economics.history import History
from wye.economics.showback import Group
from wye.economics.slots import hours
from wye.ledger.keystore import KeyStore

View = Literal["billed", "allocated", "marginal"]
_NAME_WIDTH = 34


class Divided(msgspec.Struct, frozen=True):
    """The bill of one entry of `machines`."""

    machines: str
    slots: int
    since: float
    until: float
    allocation: Allocation


def divided(
    settings: Settings, state_dir: Path, by: Group, since: float | None, until: float | None
) -> list[Divided]:
    """Divide each machine's bill of the period: by default, from the hour of the first request until now.

    Raises `click.UsageError` where no deployment names machines.
    """
    serving = {name: served(settings, name) for name in settings.machines}
    if not any(serving.values()):
        message = "no deployment has `machines`: there is no bill to divide. Describe them in wye.yaml, as "
        message += "docs/machines.md shows"
        raise click.UsageError(message)
    projects = {}
    if by == "project":
        with KeyStore(settings.ledger, state_dir) as keys:
            projects = {key.id: key.grant.project for key in keys.list()}
    found = []
    with History.open(settings.ledger, state_dir, told()) as history:
        if since is None:
            [(first,)] = history.rows('SELECT min("at") FROM request')
            since = float(first or time.time()) // HOUR * HOUR
        until = time.time() if until is None else until
        if since >= until:
            message = "nothing lies between --since and --until"
            raise click.UsageError(message)
        for name, ones in serving.items():
            if not ones:
                continue
            slots, ids = sum(one.slots for one in ones), [one.id for one in ones]
            month = bill(owned(name, settings.machines[name]))
            busy = hours(history, ids, by, since, until, projects)
            found.append(Divided(name, slots, since, until, allocate(month, slots, busy)))
    return found


def lines(found: Sequence[Divided], by: Group, view: View, nobody: str) -> Iterator[str]:
    """Yield the tables."""
    for one in found:
        result = one.allocation
        yield (
            f"{one.machines}: {one.slots} slots, {utc(one.since, '%Y-%m-%d %H:%M')} to "
            f"{utc(one.until, '%Y-%m-%d %H:%M')} UTC, {result.utilisation:.1%} busy"
        )
        amounts = [(line, line.allocated if view == "allocated" else line.marginal) for line in result.lines]
        if view == "marginal":
            amounts = [(line, amount) for line, amount in amounts if line.group is not None]
        total = sum((amount for _, amount in amounts), Decimal(0))
        rows = [(by, "slot hours", "USD", "share"), *(_row(*pair, total, nobody) for pair in amounts)]
        widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
        yield from columns(
            [[row[0], *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))] for row in rows], 2
        )
        yield f"  total {money(total)} USD"
        if view == "marginal":
            yield f"  energy alone; {money(result.total - total)} USD more were paid for whoever came"
        yield ""


def _row(line: Line, amount: Decimal, total: Decimal, nobody: str) -> tuple[str, str, str, str]:
    name = "idle" if line.group is None else clip(line.group or nobody, _NAME_WIDTH)
    share = f"{amount / total:.1%}" if total else "-"
    return name, f"{line.slot_seconds / HOUR:,.2f}", money(amount), share
