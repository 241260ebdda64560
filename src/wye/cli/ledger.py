"""`wye ledger`: the ledger's files, and how far a long roll has come."""

import sys
import time
from pathlib import Path

import click
import msgspec

from wye.cli.options import config_option, json_option, ledger_settings, state_dir_option
from wye.economics.rolled import Progress, directory, roll

_EVERY_SECONDS = 0.2

_EXAMPLES = """
\b
Examples:
  wye ledger roll
"""


@click.group(epilog=_EXAMPLES)
def ledger() -> None:
    """Look after the ledger's files."""


_ROLL_EXAMPLES = """
\b
Examples:
  wye ledger roll
  17 * * * *  wye ledger roll --state-dir /var/lib/wye     (a line of a crontab)
"""


@ledger.command("roll", epilog=_ROLL_EXAMPLES)
@json_option
@config_option
@state_dir_option
def roll_(*, as_json: bool, config: Path | None, state_dir: Path) -> None:
    """Copy what is new in the ledger into Parquet, which reports read.

    Reports do it themselves when there is much that is new: this is for whoever would not wait for it then.
    The ledger keeps its rows. May be stopped at any moment, and run while the gateway serves.
    """
    done = roll(ledger_settings(config), state_dir, told())
    if as_json:
        click.echo(
            msgspec.json.encode({**msgspec.structs.asdict(done), "directory": str(directory(state_dir))})
        )
        return
    click.echo(f"{done.rows:,} rows rolled into {directory(state_dir)}, {done.last:,} in all.")


def told() -> Progress:
    """Return what says on standard error how far it is, where a person looks and it takes long."""
    if not sys.stderr.isatty():
        return lambda *_: None
    shown = time.monotonic() + _EVERY_SECONDS

    def tell(done: int, total: int) -> None:
        nonlocal shown
        if done >= total or time.monotonic() >= shown:
            shown = time.monotonic() + _EVERY_SECONDS
            end = "\n" if done >= total else "\r"
            click.echo(f"rolling the ledger: {done:,} of {total:,} rows", err=True, nl=False)
            click.echo(end, err=True, nl=False)

    return tell
