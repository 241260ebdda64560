"""`wye catalog check`: what cannot be relied on."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import click
import msgspec

from wye.catalog import figures, local, throughput
from wye.catalog.checkup import STALE_DAYS, Stale, stale
from wye.catalog.figure import Figure
from wye.catalog.prices import PriceList
from wye.catalog.providers import PROVIDERS
from wye.catalog.second import Disagreement, SecondList, disagreements, shared, unlike
from wye.catalog.standing import standing
from wye.cli.catalog.lines import note, number, on_option, print_json, right, say
from wye.cli.options import config_option, json_option, state_dir_option
from wye.config.appraisal import Doubtful, Unpriced, doubtful, unpriced
from wye.config.figures import overrides
from wye.config.load import find, load

_EXAMPLES = """
\b
Examples:
  wye catalog check
  wye catalog check --config wye.yaml --json
"""


class Checked(msgspec.Struct, frozen=True):
    """All that was found."""

    shared: int
    """Prices that two sources tell."""
    disagreements: tuple[Disagreement, ...]
    unlike: tuple[Disagreement, ...]
    """Rates that differ within the second source: batch, and flex."""
    stale: tuple[Stale, ...]
    unpriced: tuple[Unpriced, ...]
    doubtful: tuple[Doubtful, ...]
    offered: tuple[Doubtful, ...]
    """Models that wye offers by default, and that the second source says are no longer served."""

    @property
    def is_sound(self) -> bool:
        """Whether nothing in wye.yaml needs a hand."""
        return not self.unpriced and all(one.standing.kind == "retiring" for one in self.doubtful)


@click.command(epilog=_EXAMPLES)
@on_option
@json_option
@config_option
@state_dir_option
@click.pass_context
def check(ctx: click.Context, *, on: dt.date, as_json: bool, config: Path | None, state_dir: Path) -> None:
    """Say what of the catalogue, or of wye.yaml, is in doubt.

    Which prices two sources tell differently by more than 1 %, which figures are older than 90 days, which
    deployments have no price, and which models that are named do not exist or are retired. Ends with status 1
    if something in wye.yaml needs a hand.
    """
    settings = load(find(config))
    prices, second = PriceList.load(), SecondList.load()
    rows = (*local.read(state_dir), *throughput.shipped())
    found = Checked(
        shared=sum(1 for _ in shared(prices, second, on)),
        disagreements=disagreements(prices, second, on),
        unlike=unlike(second),
        stale=stale(_dated(prices) | figures.on(on, overrides(settings)), rows, on),
        unpriced=unpriced(settings, on, prices),
        doubtful=doubtful(settings, on),
        offered=tuple(_offered(on)),
    )
    _print(found, json=as_json)
    if not found.is_sound:
        ctx.exit(1)


def _print(found: Checked, *, json: bool) -> None:
    if json:
        print_json(found)
    else:
        say(_told(found))


def _dated(prices: PriceList) -> dict[str, Figure]:
    """Return the price lists as a figure each: how old they are."""
    second = SecondList.load()
    count = sum(map(len, prices.providers.values()))
    return {
        "prices": Figure(Decimal(count), "models", prices.source, prices.as_of),
        "second opinion": Figure(Decimal(1), "list", second.source, second.as_of),
    }


def _offered(on: dt.date) -> Iterator[Doubtful]:
    for provider in PROVIDERS.values():
        for model in provider.models:
            told = standing(model.id, provider.id, on=on)
            if told is not None:
                yield Doubtful(f"{provider.id}/{model.id}", told)


def _table(first: str, second: str, found: tuple[Disagreement, ...]) -> Iterator[str]:
    rows = [("model", "rate", first, second, "apart")]
    last = ""
    for one in found:
        name = f"{one.provider}/{one.model}"
        told = (one.rate, number(one.first), number(one.second), f"{one.share:.0%}")
        rows.append(("" if name == last else name, *told))
        last = name
    yield from (f"  {line}" for line in right(rows, 2, 3, 4))


def _told(found: Checked) -> Iterator[str]:
    models = len({(one.provider, one.model) for one in found.disagreements})
    yield f"{found.shared} prices are told by two sources; {models} of them differ by more than 1 %"
    if found.disagreements:
        yield from _table("used", "the other says", found.disagreements)
    if found.unlike:
        yield ""
        rates = "1 rate differs" if len(found.unlike) == 1 else f"{len(found.unlike)} rates differ"
        yield f"{rates} between batch and flex, which cost the same elsewhere: one of the two is mistaken"
        yield from _table("batch", "flex", found.unlike)
    yield ""
    yield f"{sum(one.figures for one in found.stale):,} figures are older than {STALE_DAYS} days"
    for one in found.stale:
        yield from note(f"  {one.name}: {one.figures:,} of {one.as_of}, {one.source}")
    yield ""
    count = len(found.unpriced)
    yield "1 deployment has no price" if count == 1 else f"{count} deployments have no price"
    yield from (f"  {one.path} ({one.model}): its cost is unknown. {one.fix}" for one in found.unpriced)
    yield ""
    count = len(found.doubtful)
    named = "1 model in wye.yaml is" if count == 1 else f"{count} models in wye.yaml are"
    yield f"{named} not served, or not for long"
    yield from (f"  {one.path}: {one.standing.words}" for one in found.doubtful)
    if found.offered:
        yield ""
        count = len(found.offered)
        models_ = "1 model that comes with wye is" if count == 1 else f"{count} models that come with wye are"
        yield f"{models_} no longer served, or not for long, by the second source"
        yield from (f"  {one.path}: {one.standing.words}" for one in found.offered)
