"""`wye sentinel`: which choices a change of prices turns."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import click

from wye.catalog import figures, local
from wye.catalog.prices import PriceList
from wye.catalog.providers import PROVIDERS
from wye.catalog.throughput import Throughput
from wye.cli.catalog.lines import Day, number, print_json, right, say
from wye.cli.options import config_option, json_option, state_dir_option
from wye.cli.quantities import Tokens
from wye.config.figures import overrides
from wye.config.load import find, load
from wye.config.prices import priced
from wye.config.settings import Settings
from wye.config.strategies import RouteSettings
from wye.config.upstreams import DeploymentSettings
from wye.core.lane import Lane
from wye.core.money import Price
from wye.core.usage import Usage
from wye.economics.breakeven import own, stay
from wye.economics.candidates import CLOSED, configured, resolve
from wye.economics.demand import Demand, of_month
from wye.economics.plants import chosen
from wye.economics.sentinel import Candidate, Decision, Find, Report, Verdict, listed, watch

_EXAMPLES = """
\b
Examples:
  wye sentinel
  wye sentinel --from 2026-11-22 --to 2027-01-31
  wye sentinel --from 2026-11-22 --input 20000 --output 200 --json
  wye sentinel --from 2026-11-22 --tokens 1B
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
@click.option("--tokens", type=Tokens(), help="A month, e.g. 1B: ask whether to stay on the API, too.")
@json_option
@config_option
@state_dir_option
def sentinel(  # noqa: PLR0913  # one parameter an option
    *,
    since: dt.date | None,
    until: dt.date,
    told: int,
    said: int,
    tokens: float | None,
    as_json: bool,
    config: Path | None,
    state_dir: Path,
) -> None:
    """Say which routes' cheapest candidate another day's prices turn, and what changed.

    Each route of wye.yaml is asked for a request of a typical size on both days. A day to come counts what is
    announced. A route without candidates chooses from the models that come with wye. With --tokens, closed
    models of wye.yaml (or four) are held against machines of your own (or five settings), all traffic moved.
    Nothing is fetched: the catalogue keeps each price from its day on.
    """
    settings = load(find(config))
    start = since or until - dt.timedelta(days=30)
    if start > until:
        message = f"{start} is after --to {until}"
        raise click.BadParameter(message, param_hint="--from")
    mine = overrides(settings)
    decisions = tuple(_decisions(settings, Usage(input_tokens=told, output_tokens=said)))
    verdicts = {} if tokens is None else dict(_verdicts(settings, tokens, told, said, local.read(state_dir)))
    report = watch(decisions, start, until, verdicts, lambda day: figures.on(day, mine))
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

    def price(day: dt.date) -> Price | None:
        if given.machine_hour is not None or given.machines is not None:
            return None
        own_price = priced(given.price, day)
        if own_price is not None or given.provider is None:
            return own_price
        return prices.find(given.provider, given.model, day)

    return price


def _verdicts(
    settings: Settings, tokens: float, told: int, said: int, rows: tuple[Throughput, ...]
) -> Iterator[tuple[str, Verdict]]:
    """Yield what to do at `tokens` a month, by the prices of a day, for every closed model."""
    demand = of_month(tokens, told / max(said, 1), request_tokens=told + said)
    for one in chosen((), settings, demand, local=rows).left_out:
        click.echo(f"Left out: {one}.", err=True)
    names = [one.name for one in configured(settings, Lane.CLOSED)] or CLOSED
    yield from ((f"break-even against {name}", _verdict(settings, demand, name, rows)) for name in names)


def _verdict(settings: Settings, demand: Demand, name: str, rows: tuple[Throughput, ...]) -> Verdict:
    def verdict(day: dt.date) -> str:
        api = resolve(name, settings, day=day)
        staying = stay(demand, api).total
        if staying is None:
            return f"unknown: no price is known of {name}"
        choices = chosen((), settings, demand, local=rows, day=day).choices
        sums = ((own(demand, api, one.plant).total, one.title) for one in choices)
        cost, title = min((cost, title) for cost, title in sums if cost is not None)
        return f"stay on {name}" if staying <= cost else f"machines of your own, {title}"

    return verdict


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
    head = ("figure", f"{report.since}", f"{report.until}", "")
    yield from (f"  {line}" for line in (right([head, *rows], 1, 2, 3) if rows else ()))
    if any(change.before is None or change.after is None for change in report.changed):
        yield "  (- the catalogue has none for that day)"
    if not report.recomputed:
        yield "No decision depends on what changed."
        return
    yield f"Recomputed: {', '.join(report.recomputed)}"
    if not report.flips:
        yield "Nothing flips."
    for flip in report.flips:
        saves = "" if flip.saves is None else f", which saves {flip.saves:.0%}"
        yield f"{flip.decision} flips: {flip.before} was right, now it is {flip.after}{saves}"
