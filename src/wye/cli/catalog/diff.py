"""`wye catalog diff`: what changed between two days, or between the catalogue and wye.yaml."""

import datetime as dt
from collections.abc import Mapping
from pathlib import Path

import click

from wye.catalog import figures
from wye.catalog.figure import Figure
from wye.catalog.listing import Change, changes, prices_on
from wye.catalog.prices import PriceList
from wye.cli.catalog.lines import footnotes, number, numbered, origin, print_json, right, say
from wye.cli.options import config_option, json_option
from wye.config.figures import overrides
from wye.config.load import find, load

SHIPPED, CONFIG = "shipped", "config"
_EXAMPLES = """
\b
Examples:
  wye catalog diff 2026-11-22 2026-12-31
  wye catalog diff shipped config
"""


class Book(click.ParamType[str]):
    """A day, `shipped` or `config`."""

    name = "book"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Read it, or say how it is written."""
        text = str(value)
        if text not in (SHIPPED, CONFIG):
            try:
                dt.date.fromisoformat(text)
            except ValueError:
                self.fail(f"'{text}' is no book: write 2026-01-31, {SHIPPED} or {CONFIG}", param, ctx)
        return text


@click.command(epilog=_EXAMPLES)
@click.argument("before", metavar="A", type=Book())
@click.argument("after", metavar="B", type=Book())
@json_option
@config_option
def diff(*, before: str, after: str, as_json: bool, config: Path | None) -> None:
    """Show which figures differ between A and B: each a day, `shipped`, or `config`.

    A day's book is what counts on it, wye.yaml's own figures among it. `shipped` is today's without them,
    `config` today's with them.
    """
    mine = overrides(load(find(config)))
    found = changes(_book(before, mine), _book(after, mine))
    _print(found, json=as_json)


def _book(name: str, mine: dict[str, Figure]) -> dict[str, Figure]:
    today = dt.datetime.now(dt.UTC).date()
    day = today if name in (SHIPPED, CONFIG) else dt.date.fromisoformat(name)
    return prices_on(PriceList.load(), day) | figures.on(day, None if name == SHIPPED else mine)


def _print(found: tuple[Change, ...], *, json: bool) -> None:
    if json:
        print_json(found)
    elif not found:
        click.echo("Nothing differs.", err=True)
    else:
        head = ("name", "before", "after", "", "change", "source")
        places = numbered(told for one in found if (told := one.after or one.before) is not None)
        say(right([head, *(_cells(one, places) for one in found)], 1, 2, 4))
        say(["", *footnotes(places)])


def _cells(change: Change, places: Mapping[str, str]) -> tuple[str, ...]:
    told = change.after or change.before
    return (
        change.name,
        "-" if change.before is None else number(change.before.value),
        "-" if change.after is None else number(change.after.value),
        "" if told is None else told.unit,
        "" if change.share is None else f"{change.share:+.0%}",
        "" if told is None else places[origin(told)],
    )
