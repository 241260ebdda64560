"""Figures as lines of a table, and what several commands of `wye catalog` take."""

import datetime as dt
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import click
import msgspec

from wye.catalog.figure import Figure
from wye.cli.terminal import columns

ROOM = 100
"""Columns that a table may take."""
_LEAST = 12
"""Columns that names get, however little is left."""


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
    """Return one line a figure, and below them where they come from."""
    places = numbered(figures.values())
    between = "80 % between" if any(map(span, figures.values())) else ""
    head = ("name", "value", "unit", between, "", "as of", "source")
    rows = [
        (
            name,
            number(figure.value),
            figure.unit,
            span(figure),
            "estimate" if figure.estimate else "",
            f"{figure.as_of}",
            places[origin(figure)],
        )
        for name, figure in figures.items()
    ]
    return [*right([head, *rows], 1), "", *footnotes(places)] if rows else []


def numbered(figures: Iterable[Figure]) -> dict[str, str]:
    """Return where figures come from, each with the mark that stands for it in a table."""
    return {source: f"[{place}]" for place, source in enumerate(_sources(figures), 1)}


def footnotes(places: Mapping[str, str]) -> list[str]:
    """Return the lines that explain the marks of `numbered`."""
    return [line for source, place in places.items() for line in note(f"{place} {source}")]


def sources(figures: Iterable[Figure]) -> list[str]:
    """Return one line or more for each place that figures come from."""
    return [line for source in _sources(figures) for line in note(f"Source: {source}")]


def _sources(figures: Iterable[Figure]) -> dict[str, None]:
    return dict.fromkeys(map(origin, figures))


def note(text: str) -> list[str]:
    """Break a text into lines that fit."""
    return textwrap.wrap(text, ROOM - 4, subsequent_indent="    ")


def right(rows: Sequence[Sequence[str]], *numbers: int) -> list[str]:
    """Align cells, those of the columns `numbers` to the right.

    Where a line would be too long, long names of the first column get a line of their own.
    """
    widths = {place: max(len(row[place]) for row in rows) for place in numbers}
    aligned = [
        [cell.rjust(widths[place]) if place in widths else cell for place, cell in enumerate(row)]
        for row in rows
    ]
    others = [max(map(len, column)) for column in zip(*(row[1:] for row in rows), strict=True)]
    room = max(ROOM - 2 - sum(width + 2 for width in others if width), _LEAST)
    names = [row[0] for row in rows]
    lines = columns([["" if len(row[0]) > room else row[0].ljust(_LEAST), *row[1:]] for row in aligned])
    return [
        part
        for name, line in zip(names, lines, strict=True)
        for part in ((name, line) if len(name) > room else (line,))
    ]


def say(lines: Iterable[str]) -> None:
    """Print lines."""
    for line in lines:
        click.echo(line)


def print_json(value: Any) -> None:  # noqa: ANN401  # whatever msgspec encodes
    """Print a value as JSON."""
    click.echo(msgspec.json.format(msgspec.json.encode(value)).decode())
