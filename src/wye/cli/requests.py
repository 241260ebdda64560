"""`wye requests`: what the gateway served, newest last, or as it happens."""

from pathlib import Path

import click
import msgspec

from wye.cli import figures
from wye.cli.options import (
    config_option,
    json_option,
    ledger_settings,
    since_option,
    state_dir_option,
    until_option,
    utc,
)
from wye.core.lane import Lane
from wye.core.record import Outcome, Record
from wye.ledger.reader import Filter, Reader

ID_WIDTH = 16
"""Milliseconds and 16 random bits: as good as unique, and `wye explain` takes a beginning."""
_HEADERS = ("at (UTC)", "id", "asked → answered by", "lane", "status", "tokens", "cost", "ms")
_WIDTHS = (11, ID_WIDTH, 23, 6, 6, 10, 9, 5)
_LONG_MS = 100_000
_RIGHT = {"tokens", "cost", "ms"}

_EXAMPLES = """
\b
Examples:
  wye requests --since 1h --outcome error
  wye requests --follow --lane closed
  wye requests --label phi --json | jq .deployment
"""


@click.command(epilog=_EXAMPLES)
@since_option
@until_option
@click.option("--key", help="Made with this key (its id, see `wye keys list`).")
@click.option("--team", help="Made with a key of this team.")
@click.option("--model", "asked", help="Asked for this model, alias or route.")
@click.option("--deployment", help="Answered by this deployment.")
@click.option("--lane", type=click.Choice([lane.value for lane in Lane]), help="Answered in this lane.")
@click.option(
    "--outcome", type=click.Choice([outcome.value for outcome in Outcome]), help="Ended in this way."
)
@click.option("--label", help="Carried this label.")
@click.option("--task", help="Was this kind of work, as a route saw it: code, extraction, chat, ...")
@click.option(
    "-n",
    "--limit",
    type=click.IntRange(1),
    default=20,
    show_default=True,
    help="At most so many, the latest.",
)
@click.option("-f", "--follow", is_flag=True, help="Show the next ones as they end, until Ctrl-C.")
@json_option
@config_option
@state_dir_option
def requests(  # noqa: PLR0913  # one parameter an option
    *,
    since: float | None,
    until: float | None,
    key: str | None,
    team: str | None,
    asked: str | None,
    deployment: str | None,
    lane: str | None,
    outcome: str | None,
    label: str | None,
    task: str | None,
    limit: int,
    follow: bool,
    as_json: bool,
    config: Path | None,
    state_dir: Path,
) -> None:
    """List requests in the ledger, or follow them.

    Costs are in the price's currency; `?` = not known. `wye explain ID` tells all about one.
    Reads the ledger, by --config and --state-dir, not the running gateway.
    """
    filter_ = Filter(since, until, key, team, asked, deployment, lane, outcome, label, task)
    with Reader(ledger_settings(config), state_dir) as reader:
        latest = [] if follow else list(reader.requests(filter_, limit))[::-1]
        if not as_json and (latest or follow):
            click.echo(_aligned(_HEADERS))
        elif not latest and not follow:
            click.echo("No such requests in the ledger.", err=True)
        for record in reader.follow(filter_) if follow else latest:
            click.echo(msgspec.json.encode(record).decode() if as_json else line(record))


def line(record: Record) -> str:
    """Return a record in one line of at most 100 columns."""
    names = (
        f"({record.decision.strategy})" if record.shadow_of and record.decision else record.asked or "-",
        record.deployment,
    )
    model = " → ".join(names) if names[1] not in ("", names[0]) else names[0]
    usage = record.usage
    return _aligned(
        (
            utc(record.at, "%m-%d %H:%M"),
            record.id[:ID_WIDTH],
            model,
            record.lane.value if record.lane else "-",
            str(record.status) if record.outcome is Outcome.OK else _status(record),
            f"{usage.input_tokens}+{usage.output_tokens}" if usage else "-",
            figures.cost(record) or "-",
            _duration(record.duration_ms),
        )
    )


def _status(record: Record) -> str:
    return str(record.status) if record.outcome is Outcome.ERROR else record.outcome.value


def _duration(milliseconds: float) -> str:
    return f"{milliseconds:.0f}" if milliseconds < _LONG_MS else f"{milliseconds / 1000:.0f}s"


def _aligned(cells: tuple[str, ...]) -> str:
    clipped = [
        figures.clip(figures.one_line(cell), width) for cell, width in zip(cells, _WIDTHS, strict=True)
    ]
    return "  ".join(
        cell.rjust(width) if header in _RIGHT else cell.ljust(width)
        for cell, width, header in zip(clipped, _WIDTHS, _HEADERS, strict=True)
    )
