"""`wye bench merit`: what spilling by load costs, beside a dispatcher that knows the future."""

import statistics

import click
import msgspec

from wye.cli.options import json_option
from wye.cli.quantities import Number
from wye.cli.terminal import columns
from wye.evaluation.merit import PEAK, Day, day

ROOMS = (1.0, 2.0, 3.0)
"""Capacities of the own machine, in mean loads."""

_EXAMPLES = """
\b
Examples:
  wye bench merit
  wye bench merit --slots 32 --seeds 5 --guess 0.5
"""


class Row(msgspec.Struct, frozen=True):
    """One machine: means over days."""

    room: float
    told: str
    """What its engine tells: `slots`, or its `queue` once a second."""
    excess: float
    """Of the cost, beside the best."""
    worst: float
    """The same, of the worst day."""
    cost: float
    """In parts of the API serving all."""
    best: float
    waited: float
    """Seconds for a slot, on average."""


@click.command(epilog=_EXAMPLES)
@click.option("--slots", type=click.IntRange(1, 64), default=16, show_default=True, help="Of the machine.")
@click.option("--seeds", type=click.IntRange(1, 100), default=3, show_default=True, help="Days.")
@click.option(
    "--guess",
    type=Number(0, 2),
    default=0.0,
    show_default=True,
    help="By how much expected lengths of answers are wrong: standard deviation of their logarithm.",
)
@json_option
def merit(*, slots: int, seeds: int, guess: float, as_json: bool) -> None:
    """Play days whose peak is six times their mean, at an own machine and an API.

    Who knows the future gives each slot to whoever saves most: the gateway is compared with that.
    """
    rows = [_row(slots, room, seeds, guess, told) for room in ROOMS for told in ("slots", "queue")]
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(rows)).decode())
        return
    click.echo(f"{slots} slots, peak/mean {PEAK:g}, {seeds} days each; costs in parts of the API serving all")
    head = ("room", "engine tells", "cost", "who knows the future", "more than that", "worst day", "wait")
    for line in columns([head, *(_shown(row) for row in rows)]):
        click.echo(line)


def _row(slots: int, room: float, seeds: int, guess: float, told: str) -> Row:
    days = [day(slots, room, seed, "slots" if told == "slots" else "queue", guess) for seed in range(seeds)]

    def mean(values: list[float]) -> float:
        return statistics.fmean(values)

    return Row(
        room,
        told,
        mean([one.excess for one in days]),
        max(one.excess for one in days),
        mean([one.cost / one.all_api for one in days]),
        mean([_best(one) for one in days]),
        mean([one.waited for one in days]),
    )


def _best(one: Day) -> float:
    return one.best / one.all_api


def _shown(row: Row) -> tuple[str, ...]:
    return (
        f"{row.room:g} x",
        row.told,
        f"{row.cost:.3f}",
        f"{row.best:.3f}",
        f"{100 * row.excess:.1f} %",
        f"{100 * row.worst:.1f} %",
        f"{row.waited:.2f} s",
    )
