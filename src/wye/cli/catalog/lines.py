"""Figures as lines of a table, and what several commands of `wye catalog` take."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import click
import msgspec

from wye.catalog.figure import Figure
from wye.cli.terminal import columns


class Day(click.ParamType[dt.date]):
    """A day, as ISO 8601 writes it."""

    name = "date"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> dt.date:
        """Read it, or say how it is written."""
        if isinstance(value, dt.date):
            return value
        try:
            return dt.date.fromisoformat(str(value))
        except ValueError:
            self.fail(f"'{value}' is not a day: write 2026-01-31", param, ctx)


on_option = click.option(
    "--on", type=Day(), default=lambda: dt.datetime.now(dt.UTC).date(), help="As of this day; default: today."
)


def number(value: Decimal) -> str:
    """Write a figure without zeros that say nothing, and with commas."""
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def span(figure: Figure) -> str:
    """Write the bounds of a figure; empty = it has none."""
    if figure.low is None and figure.high is None:
        return ""
    low, high = figure.low or figure.value, figure.high or figure.value
    return f"{number(low)} to {number(high)}"


def origin(figure: Figure) -> str:
    """Write where a figure comes from."""
    licence = "" if figure.licence in figure.source else f" ({figure.licence})"
    return f"{figure.source}{licence}"


def table(figures: Mapping[str, Figure]) -> list[str]:
    """Return one line a figure."""
    head = ("name", "value", "unit", "80 % between", "", "as of", "source")
    rows = [
        (
            name,
            number(figure.value),
            figure.unit,
            span(figure),
            "estimate" if figure.estimate else "",
            f"{figure.as_of}",
            origin(figure),
        )
        for name, figure in figures.items()
    ]
    return right([head, *rows], 1)


def right(rows: Sequence[Sequence[str]], *numbers: int) -> list[str]:
    """Align cells, those of the columns `numbers` to the right."""
    widths = {place: max(len(row[place]) for row in rows) for place in numbers}
    aligned = [
        [cell.rjust(widths[place]) if place in widths else cell for place, cell in enumerate(row)]
        for row in rows
    ]
    return columns(aligned)


def say(lines: Iterable[str]) -> None:
    """Print lines."""
    for line in lines:
        click.echo(line)


def print_json(value: Any) -> None:  # noqa: ANN401  # whatever msgspec encodes
    """Print a value as JSON."""
    click.echo(msgspec.json.format(msgspec.json.encode(value)).decode())
