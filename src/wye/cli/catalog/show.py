"""`wye catalog show`: figures with their sources."""

import datetime as dt
import difflib
import itertools
import textwrap
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import click
import msgspec

from wye.catalog import figures, local, throughput
from wye.catalog.figure import Figure
from wye.catalog.listing import prices_on, rates_of
from wye.catalog.prices import PriceList
from wye.catalog.second import SecondList, disagreements
from wye.catalog.standing import Standing, standing
from wye.catalog.throughput import Throughput
from wye.cli.catalog.lines import (
    ROOM,
    note,
    number,
    on_option,
    origin,
    print_json,
    right,
    say,
    sources,
    table,
)
from wye.cli.options import config_option, json_option, state_dir_option
from wye.config.figures import overrides
from wye.config.load import find, load

TOPICS = ("prices", "gpus", "throughput", "power", "people")
_PREFIXES = {"gpus": ("gpu.", "machine."), "power": ("power.",), "people": ("people.",)}
_MARKS = {"batch": "b", "flex": "f", "priority": "p"}
_DIGITS = 9
_EXAMPLES = """
\b
Examples:
  wye catalog show
  wye catalog show gpus
  wye catalog show H100
  wye catalog show gpt-5.5
  wye catalog show qwen3-32b --json
"""


class Sold(msgspec.Struct, frozen=True, omit_defaults=True):
    """A model at a provider."""

    provider: str
    model: str
    rates: dict[str, Figure]
    standing: Standing | None = None
    second: dict[str, str] = {}
    """What the second source tells otherwise, by rate."""


class Model(msgspec.Struct, frozen=True, omit_defaults=True):
    """All that is known of a model's name."""

    name: str
    standing: Standing | None
    sold: tuple[Sold, ...]
    throughput: tuple[Throughput, ...]


@click.command(epilog=_EXAMPLES)
@click.argument("what", required=False, metavar=f"[{'|'.join(TOPICS)}|GPU|MODEL]")
@on_option
@json_option
@config_option
@state_dir_option
def show(*, what: str | None, on: dt.date, as_json: bool, config: Path | None, state_dir: Path) -> None:
    """Show what the catalogue knows: an overview, a topic, a GPU, or a model by name.

    Money per million tokens, machines per hour; the source, the day and the licence of each figure with it.
    Your own figures (`catalog:` in wye.yaml, and what `wye measure` wrote down) come first.
    """
    mine = overrides(load(find(config)))
    known = figures.on(on, mine)
    rows = (*local.read(state_dir), *throughput.shipped())
    told: Any
    if what is None:
        told = _overview(known, rows, on)
        lines = [line for topic, words in told.items() for line in _topic(topic, words)]
    elif what in _PREFIXES:
        told = {name: known[name] for name in sorted(known) if name.startswith(_PREFIXES[what])}
        lines = table(told)
    elif what == "prices":
        told = prices_on(PriceList.load(), on)
        lines = list(_prices(on))
    elif what == "throughput":
        told = rows
        lines = _throughput(rows)
    elif one := _figures(what, known):
        told = one
        lines = table(one)
    else:
        told = _model(what, on, local.read(state_dir))
        lines = list(_told(told))
        if told.standing is None and not told.sold and not told.throughput:
            raise click.ClickException(_unknown(what, known, rows))
    _print(told, lines, json=as_json)


def _print(told: object, lines: Sequence[str], *, json: bool) -> None:
    if json:
        print_json(told)
    else:
        say(lines)


def _figures(what: str, known: dict[str, Figure]) -> dict[str, Figure]:
    """Return the figures of a GPU, or those whose names begin so."""
    begins = (f"gpu.{what}.".lower(), f"{what}.".lower())
    return {name: known[name] for name in sorted(known) if f"{name}.".lower().startswith(begins)}


def _unknown(what: str, known: dict[str, Figure], rows: Sequence[Throughput]) -> str:
    """Say that nothing is known of it, and what may be meant."""
    sold = [f"{at}/{entry.id}" for at, entries in PriceList.load().providers.items() for entry in entries]
    models = [name if "/" in what else name.rpartition("/")[2] for name in sold]
    gpus = [name.split(".")[1] for name in known if name.startswith("gpu.")]
    names = {*TOPICS, *gpus, *models, *(throughput.plain(row.model) for row in rows)}
    folded = {name.lower(): name for name in sorted(names)}
    close = [folded[name] for name in difflib.get_close_matches(what[:80].lower(), folded, cutoff=0.7)]
    if not close:
        return f"nothing is known of '{what}': it is none of {', '.join(TOPICS)}, no GPU and no model here"
    return f"nothing is known of '{what}'. Did you mean {' or '.join(close)}?"


def _topic(topic: str, words: str) -> list[str]:
    return textwrap.wrap(f"{topic:<10}  {words}", ROOM, subsequent_indent=" " * 12)


def _overview(known: dict[str, Figure], rows: Sequence[Throughput], on: dt.date) -> dict[str, str]:
    prices, second = PriceList.load(), SecondList.load()
    count = sum(prices.of(entry, on) is not None for rows_ in prices.providers.values() for entry in rows_)
    told = {
        "prices": f"{count} models at {len(prices.providers)} providers: {prices.source}, {prices.as_of}; "
        f"second opinion: {second.source}, {second.as_of}"
    }
    for topic, prefixes in _PREFIXES.items():
        figures_ = [figure for name, figure in known.items() if name.startswith(prefixes)]
        guesses = sum(figure.estimate for figure in figures_)
        dates = [figure.as_of for figure in figures_]
        count_ = f"{len(figures_)} figure{'' if len(figures_) == 1 else 's'}"
        told[topic] = f"{count_}, estimates among them: {guesses}, {min(dates)} to {max(dates)}"
    guesses = sum(row.output_rate.estimate for row in rows)
    models = {throughput.plain(row.model) for row in rows}
    where = ", ".join(dict.fromkeys(origin(row.output_rate) for row in rows))
    told["throughput"] = f"{len(rows)} rows of {len(models)} models, {guesses} estimates: {where}"
    return told


def _prices(on: dt.date) -> Iterator[str]:
    prices = PriceList.load()
    rows = [("model", "input", "output", "cache read", "cache write", "")]
    for provider, entries in prices.providers.items():
        for entry in entries:
            price = prices.of(entry, on)
            if price is None:
                continue
            rates = price.rates
            cells = [
                "" if rate is None else _short(rate)
                for rate in (rates.input, rates.output, rates.cache_read, rates.cache_write)
            ]
            more = [] if price.currency == "USD" else [price.currency]
            more += [_MARKS.get(service.name, service.name) for service in price.services]
            more += ["l"] if price.tiers else []
            more += ["h"] if price.windows else []
            rows.append((f"{provider}/{entry.id}", *cells, " ".join(more)))  # type: ignore[arg-type]  # four cells
    yield from right(rows, 1, 2, 3, 4)
    yield ""
    yield "USD per million tokens."
    yield from note(f"Source: {prices.source}, {prices.as_of}; service tiers: {prices.services_source}.")
    yield "b, f, p: has prices of batch, flex, priority; l: long input is dearer; h: depends on the hour."
    yield "`wye catalog show MODEL` tells all of one."


def _short(rate: Decimal) -> str:
    """Write a rate in few digits: exactly unless it has no end."""
    told = number(rate)
    return told if len(told) <= _DIGITS else number(Decimal(f"{rate:.4g}"))


def _throughput(rows: Sequence[Throughput]) -> list[str]:
    """Return a table under each model, precision and engine; all columns as wide as the widest."""
    head = ("GPU", "in", "out", "at once", "token/s/GPU", "in all", "ms/token", "", "as of")
    cells = [
        (
            f"{row.gpus} x {row.gpu}" if row.gpu else "no GPU",
            *("" if figure is None else f"{figure:,}" for figure in (row.input_tokens, row.output_tokens)),
            "" if row.concurrency is None else f"{row.concurrency:,}",
            number(row.output_rate.value),
            "" if row.total_rate is None else number(row.total_rate.value),
            "" if row.itl_ms is None else f"{row.itl_ms:.1f}",
            "estimate" if row.output_rate.estimate else "",
            f"{row.output_rate.as_of}",
        )
        for row in rows
    ]
    above, *told = right([head, *cells], 1, 2, 3, 4, 5, 6)
    lines = [f"  {above}"]
    served = (" ".join(filter(None, (row.model, row.precision, row.engine))) for row in rows)
    for name, group in itertools.groupby(zip(served, told, strict=True), key=lambda pair: pair[0]):
        lines += [name, *(f"  {line}" for _, line in group)]
    return [*lines, "", *sources(row.output_rate for row in rows)]


def _model(name: str, on: dt.date, measured_here: Sequence[Throughput]) -> Model:
    """Gather what is known of a model, by its own name or as `provider/model`."""
    prices, second = PriceList.load(), SecondList.load()
    at, _, rest = name.partition("/")
    places = {at: rest} if at in prices.providers and rest else dict.fromkeys(prices.providers, name)
    differing = disagreements(prices, second, on)
    sold = []
    for provider, model in places.items():
        entry = prices.entry(provider, model)
        price = None if entry is None else prices.of(entry, on)
        if entry is None or price is None:
            continue
        other = {
            one.rate: f"{number(one.second)} ({second.source})"
            for one in differing
            if (one.provider, one.model) == (provider, model.lower())
        }
        sold.append(Sold(provider, entry.id, rates_of(price), standing(model, provider, on=on), other))
    rows = throughput.measured(name, local=measured_here)
    return Model(name, standing(name, on=on), tuple(sold), _front(rows))


def _front(rows: Sequence[Throughput]) -> tuple[Throughput, ...]:
    """Keep the fastest row of each GPU and precision."""
    best: dict[tuple[str, str, bool], Throughput] = {}
    for row in rows:
        key = (row.gpu, row.precision, row.output_rate.estimate)
        if key not in best or row.output_rate.value > best[key].output_rate.value:
            best[key] = row
    return tuple(best.values())


def _told(model: Model) -> Iterator[str]:
    if model.standing is not None:
        yield model.standing.words + (f" ({model.standing.source})" if model.standing.source else "")
    for one in model.sold:
        yield ""
        yield f"{one.provider}/{one.model}"
        if one.standing is not None:
            yield f"  {one.standing.words} ({one.standing.source})"
        yield from (f"  {line}" if line else "" for line in table(one.rates))
        yield from (f"  another source says {rate}: {words}" for rate, words in one.second.items())
    if model.throughput:
        yield ""
        yield "On machines of your own, the fastest row of each GPU:"
        yield from (f"  {line}" if line else "" for line in _throughput(model.throughput))
