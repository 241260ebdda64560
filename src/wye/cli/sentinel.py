"""`wye sentinel`: which choices a change of prices turns."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import click

from wye.catalog import figures
from wye.catalog.prices import PriceList
from wye.catalog.providers import PROVIDERS
from wye.cli.catalog.lines import Day, number, print_json, right, say
from wye.cli.options import config_option, json_option
from wye.config.figures import overrides
from wye.config.load import find, load
from wye.config.settings import DeploymentSettings, RouteSettings, Settings
from wye.core.money import Price, Rates
from wye.core.usage import Usage
from wye.economics.sentinel import Candidate, Decision, Find, Report, listed, watch

_EXAMPLES = """
\b
Examples:
  wye sentinel
  wye sentinel --from 2026-11-22 --to 2027-01-31
  wye sentinel --from 2026-11-22 --input 20000 --output 200 --json
"""


def _today() -> dt.date:
    return dt.datetime.now(dt.UTC).date()


@click.command(epilog=_EXAMPLES)
@click.option(
    "--from", "since", type=Day(), help="From the prices of this day; default: 30 days before --to."
)
@click.option("--to", "until", type=Day(), default=_today, help="To the prices of this day; default: today.")
@click.option("--input", "told", type=click.IntRange(1), default=3_000, show_default=True, help="Tokens in.")
@click.option("--output", "said", type=click.IntRange(0), default=500, show_default=True, help="Tokens out.")
@json_option
@config_option
def sentinel(  # noqa: PLR0913  # one parameter an option
    *, since: dt.date | None, until: dt.date, told: int, said: int, as_json: bool, config: Path | None
) -> None:
    """Say which routes' cheapest candidate another day's prices turn, and what changed.

    Each route of wye.yaml is asked for a request of a typical size on both days. A day to come counts what is
    announced. A route without candidates chooses from the models that come with wye. Prices change at their
    own days, which the catalogue keeps: nothing is fetched.
    """
    settings = load(find(config))
    start = since or until - dt.timedelta(days=30)
    if start > until:
        message = f"{start} is after --to {until}"
        raise click.BadParameter(message, param_hint="--from")
    mine = overrides(settings)
    decisions = tuple(_decisions(settings, Usage(input_tokens=told, output_tokens=said)))
    report = watch(decisions, start, until, figures=lambda day: figures.on(day, mine))
    if as_json:
        print_json(report)
    else:
        say(_told(report))


def _decisions(settings: Settings, usage: Usage) -> Iterator[Decision]:
    yield Decision("auto", _candidates(settings, settings.auto), usage)
    for name, route in settings.routes.items():
        yield Decision(f"routes.{name}", _candidates(settings, route), usage)


def _candidates(settings: Settings, route: RouteSettings) -> tuple[Candidate, ...]:
    prices = PriceList.load()
    names = [one for name in route.candidates for one in _targets(settings, name)]
    if not names:
        offered = [
            f"{provider.id}/{model.id}" for provider in PROVIDERS.values() for model in provider.models
        ]
        names = [*settings.deployments, *(name for name in offered if "embed" not in name)]
    found = []
    for name in dict.fromkeys(names):
        given = settings.deployments.get(name)
        provider, _, model = name.partition("/")
        price = listed(prices, provider, model) if given is None else _deployed(given, prices)
        found.append(Candidate(name, price))
    return tuple(found)


def _targets(settings: Settings, name: str) -> tuple[str, ...]:
    target = settings.aliases.get(name, name)
    return (target,) if isinstance(target, str) else target


def _deployed(given: DeploymentSettings, prices: PriceList) -> Find:
    """Return the price of a deployment by day: its own from its day on, before that the catalogue's."""
    told = given.price

    def price(day: dt.date) -> Price | None:
        if given.machine_hour is not None or given.machines is not None:
            return None
        start = _today() if told is None or told.as_of is None else dt.date.fromisoformat(told.as_of)
        if told is not None and start <= day:
            rates = Rates(told.input, told.output, told.cache_read, told.cache_write)
            return Price(rates, start, "wye.yaml", told.currency)
        return None if given.provider is None else prices.find(given.provider, given.model, day)

    return price


def _told(report: Report) -> Iterator[str]:
    yield f"From {report.since} to {report.until}: {len(report.changed)} figures changed"
    rows = [
        (
            change.name,
            "-" if change.before is None else number(change.before.value),
            "-" if change.after is None else number(change.after.value),
            "" if change.share is None else f"{change.share:+.0%}",
        )
        for change in report.changed
    ]
    yield from (f"  {line}" for line in (right(rows, 1, 2, 3) if rows else ()))
    if not report.recomputed:
        yield "No decision depends on what changed."
        return
    yield f"Recomputed: {', '.join(report.recomputed)}"
    if not report.flips:
        yield "Nothing flips."
    for flip in report.flips:
        saves = "" if flip.saves is None else f", which saves {_share(flip.saves)}"
        yield f"{flip.decision} flips: {flip.before} was the cheapest, now {flip.after} is{saves}"


def _share(share: Decimal) -> str:
    return f"{share:.0%}"
