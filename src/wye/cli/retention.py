"""`wye retention`: what is kept how long, and what goes next."""

import time
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec

from wye.cli.options import config_option, json_option, state_dir_option, utc
from wye.cli.terminal import columns
from wye.config.load import find, load
from wye.config.retention import rules
from wye.config.settings import Settings
from wye.core.errors import LedgerError
from wye.ledger.sealing import Sealing

_EXAMPLES = """
\b
Examples:
  wye retention
  wye retention --sweep --dry-run
  wye retention --sweep
"""


class Due(msgspec.Struct, frozen=True):
    """Keys that go at one moment."""

    until: float | None
    """Unix seconds; None = no end is planned."""
    keys: int


class Kept(msgspec.Struct, frozen=True):
    """What `--json` prints."""

    stores: tuple[str, ...]
    """What config says is kept: `prompts and answers`, `conversations`."""
    rules: dict[str, int]
    """Label -> days; "" = whatever the label."""
    conversations_days: int
    keys: tuple[Due, ...]
    due: int
    """Keys that the next sweep destroys."""
    erased: int
    """Keys that were destroyed, for whatever reason."""
    swept: int | None = None
    """How many this run destroyed; None = it was not to."""


@click.command(epilog=_EXAMPLES)
@click.option("--sweep", is_flag=True, help="Destroy now what is due; a running gateway does so by itself.")
@click.option("--dry-run", is_flag=True, help="With --sweep: say what it would do, and do nothing.")
@json_option
@config_option
@state_dir_option
def retention(*, sweep: bool, dry_run: bool, as_json: bool, config: Path | None, state_dir: Path) -> None:
    """Show how long content is kept, by label, and what the next sweep will make unreadable.

    Prompts, answers and kept conversations are sealed under keys, and what has an end is under keys of that
    day: to destroy them ends every copy, backups too. A changed rule holds for what comes from then on.
    """
    settings, sealing = load(find(config)), Sealing(state_dir)
    if sweep and not sealing.exists:
        message = f"nothing was ever sealed in {state_dir}, so nothing goes: give the gateway's --state-dir"
        raise LedgerError(message)
    try:
        swept = sealing.vault.expire(time.time()) if sweep and not dry_run else None
        kept = _kept(settings, sealing, swept)
    finally:
        sealing.close()
    if as_json:
        click.echo(msgspec.json.encode(kept).decode())
        return
    for line in lines(kept):
        click.echo(line)


def _kept(settings: Settings, sealing: Sealing, swept: int | None) -> Kept:
    now = time.time()
    keys: tuple[Due, ...] = ()
    due = erased = 0
    if sealing.exists:
        keys = tuple(Due(until, count) for until, count in sealing.vault.schedule())
        _, due, erased = sealing.vault.counts(now)
    stores = (
        ("prompts and answers", settings.ledger.store_content),
        ("conversations", settings.responses.store),
    )
    return Kept(
        tuple(name for name, stored in stores if stored),
        rules(settings),
        settings.responses.keep_days,
        keys,
        due,
        erased,
        swept,
    )


def lines(kept: Kept) -> Iterator[str]:
    """Yield what people read."""
    yield f"Kept: {' and '.join(kept.stores) or 'no content, neither prompts and answers nor conversations'}."
    rules = [(name or "whatever the label", _days(days)) for name, days in sorted(kept.rules.items())]
    if "prompts and answers" in kept.stores and "" not in kept.rules:
        rules.append(("all else" if rules else "no rule", "kept until somebody erases it"))
    if "conversations" in kept.stores:
        rules.append(("conversations", _days(kept.conversations_days) + " after their last turn"))
    yield from columns(rules or [("no rule", "kept until somebody erases it")], 2)
    yield ""
    yield "Keys that seal it"
    if not kept.keys:
        yield "  none: nothing was sealed here"
    for due in kept.keys:
        ends = "no end planned" if due.until is None else f"until {utc(due.until, '%Y-%m-%d')}"
        yield f"  {ends}: {due.keys:,}"
    yield f"  destroyed so far: {kept.erased:,}"
    if kept.swept is not None:
        yield f"Swept: {kept.swept:,} keys are gone, and all that was sealed under them."
    yield f"The next sweep destroys {kept.due:,}."


def _days(days: int) -> str:
    return "1 day" if days == 1 else f"{days:,} days"
