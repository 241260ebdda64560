"""`wye simulate`: what the past would have cost, had something been different."""

import datetime as dt
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Literal

import click
import msgspec

from wye.cli.figures import clip, money, one_line
from wye.cli.ledger import told
from wye.cli.options import config_option, json_option, since_option, state_dir_option, until_option
from wye.cli.terminal import columns
from wye.config.load import find, load
from wye.config.machines import owned, served
from wye.config.settings import Settings
from wye.core.errors import LedgerError
from wye.core.money import Price, Rates
from wye.economics.candidates import CandidateError, resolve
from wye.economics.history import History
from wye.economics.recount import Recount, recount
from wye.economics.replay import Choice, Replay, Scenario, replay
from wye.economics.trace import open_trace
from wye.ledger.reader import Filter

_MOST = Decimal(1_000_000)
_NUMBER = r"\d{1,9}(?:\.\d{1,9})?"
_PRICE = re.compile(rf"({_NUMBER})/({_NUMBER})(?:/({_NUMBER}))?\Z")
_RATIO = re.compile(rf"({_NUMBER})(?:/({_NUMBER}))?\Z")
_CHOICE = re.compile(r"(cheapest|quality)(?:,quality=(0(?:\.\d{1,9})?|1(?:\.0{1,9})?))?\Z")
_MACHINES = re.compile(r"(?:(.+)=)?(\d{1,6})\Z")
_CHANGES = 20

_EXAMPLES = """
\b
Examples:
  wye simulate --since 30d --price gpt-5.5=4/24/0.4
  wye simulate --since 30d --swap gpt-5.5=deepinfra/google/gemma-4-31B-it --tokens 1.1/0.9
  wye simulate --since 30d --choice cheapest,quality=0.8
  wye simulate --since 2026-10-01 --until 2026-11-01 --machines 3
  wye simulate --trace requests.jsonl --swap gpt-5.5=claude-opus-4-8 --json
"""


class PriceType(click.ParamType[tuple[str, Price]]):
    """`NAME=INPUT/OUTPUT[/CACHED]`, USD per million tokens."""

    name = "NAME=IN/OUT[/CACHED]"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, Price]:
        """Read it, or say how it is written."""
        name, _, text = str(value).rpartition("=")
        match = _PRICE.match(text)
        if not name or not match:
            message = (
                f"'{value}' is not a price: write NAME=INPUT/OUTPUT, USD a million tokens, as gpt-5.5=4/24"
            )
            self.fail(message, param, ctx)
        rates = [None if found is None else Decimal(found) for found in match.groups()]
        if any(rate is not None and rate > _MOST for rate in rates):
            self.fail(f"'{value}': more than {_MOST:,} USD a million tokens", param, ctx)
        today = dt.datetime.now(dt.UTC).date()
        return name, Price(Rates(rates[0], rates[1], rates[2]), today, "--price")


class PairType(click.ParamType[tuple[str, str]]):
    """`NAME=OTHER`."""

    name = "NAME=OTHER"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """Read it, or say how it is written."""
        name, _, other = str(value).partition("=")
        if not name or not other:
            self.fail(f"'{value}' does not say what for what: write gpt-5.5=hosted-gemma", param, ctx)
        return name, other


class RatioType(click.ParamType[tuple[float, float]]):
    """`TOLD[/SAID]`: tokens of another model for one of this."""

    name = "IN[/OUT]"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, float]:
        """Read it, or say how it is written."""
        match = _RATIO.match(str(value))
        told, said = (float(match[1]), float(match[2] or match[1])) if match else (0.0, 0.0)
        if not (0.01 <= told <= 100 and 0.01 <= said <= 100):  # noqa: PLR2004  # no tokenizers differ more
            self.fail(f"'{value}' is not a ratio of tokens between 0.01 and 100: write 1.1/0.9", param, ctx)
        return told, said


class ChoiceType(click.ParamType[Choice]):
    """`cheapest`, `quality`, or `cheapest,quality=0.8`."""

    name = "BEST[,quality=SCORE]"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Choice:
        """Read it, or say how it is written."""
        match = _CHOICE.match(str(value))
        if not match:
            message = f"'{value}' is not a choice: write cheapest, quality or cheapest,quality=0.8 (0 to 1)"
            self.fail(message, param, ctx)
        best: Literal["cheapest", "quality"] = "cheapest" if match[1] == "cheapest" else "quality"
        return Choice(best, None if match[2] is None else float(match[2]))


class MachinesType(click.ParamType[tuple[str, int]]):
    """`N`, or `NAME=N` of several."""

    name = "[NAME=]N"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, int]:
        """Read it, or say how it is written."""
        match = _MACHINES.match(str(value))
        if not match or not int(match[2]):
            self.fail(f"'{value}' is not a number of machines, 1 or more: write 3, or h100=3", param, ctx)
        return match[1] or "", int(match[2])


@click.command(epilog=_EXAMPLES)
@click.option(
    "--price",
    "prices",
    type=PriceType(),
    multiple=True,
    help="Who serves at another price, USD a million tokens.",
)
@click.option("--swap", "swaps", type=PairType(), multiple=True, help="Another model in place of who served.")
@click.option(
    "--tokens", type=RatioType(), default="1", help="Tokens that another model counts, and says, for one."
)
@click.option(
    "--choice", type=ChoiceType(), help="Routes choose anew: the cheapest or best, from a score on."
)
@click.option("--route", default="", help="Only this route chooses anew.")
@click.option(
    "--machines", "machines", type=MachinesType(), multiple=True, help="So many machines of wye.yaml serve."
)
@click.option(
    "--trace",
    type=click.Path(path_type=Path, dir_okay=False),
    help="JSON lines or Parquet instead of the ledger; docs/simulate.md names the columns.",
)
@since_option
@until_option
@click.option("--team", help="Only this team's requests.")
@json_option
@config_option
@state_dir_option
def simulate(  # noqa: PLR0913  # one parameter an option
    *,
    prices: tuple[tuple[str, Price], ...],
    swaps: tuple[tuple[str, str], ...],
    tokens: tuple[float, float],
    choice: Choice | None,
    route: str,
    machines: tuple[tuple[str, int], ...],
    trace: Path | None,
    since: float | None,
    until: float | None,
    team: str | None,
    as_json: bool,
    config: Path | None,
    state_dir: Path,
) -> None:
    """Replay the ledger under other prices, models, choices or machines.

    Tokens stay as they were counted, or are scaled by --tokens. What cannot be known again is counted and in
    no sum. Whether another model's answers would have done is not part of this.
    """
    if not (prices or swaps or choice or machines):
        message = "say what is to be different: --price, --swap, --choice or --machines"
        raise click.UsageError(message)
    if route and choice is None:
        message = "--route says whose choice is another: add --choice"
        raise click.UsageError(message)
    settings = load(find(config))
    filter_ = Filter(since=since, until=until, team=team)
    _check_swaps(swaps, prices, settings)
    again = None if choice is None else msgspec.structs.replace(choice, route=route)
    scenario = Scenario(prices, swaps, again, *tokens)
    with _opened(trace, settings, state_dir) as history:
        found = None
        if prices or swaps or choice:
            found = replay(history, filter_, scenario, lambda name: _price(name, settings))
        counts = [_recounted(history, filter_, settings, name, count) for name, count in machines]
    if as_json:
        shown = {"replay": found, "machines": counts}
        click.echo(msgspec.json.format(msgspec.json.encode(shown)).decode())
        return
    for line in [*(replay_lines(found) if found is not None else ()), *machine_lines(counts)]:
        click.echo(one_line(line))


def _opened(trace: Path | None, settings: Settings, state_dir: Path) -> History:
    if trace is not None:
        return open_trace(trace)
    try:
        return History.open(settings.ledger, state_dir, told())
    except LedgerError as error:
        message = f"{error}; or give requests of elsewhere, by --trace"
        raise LedgerError(message) from error


def _check_swaps(
    swaps: tuple[tuple[str, str], ...], prices: tuple[tuple[str, Price], ...], settings: Settings
) -> None:
    """Refuse a model that nobody has a price of; `--price` may give one."""
    for _, other in swaps:
        if any(other == name or other.endswith(f"/{name}") for name, _ in prices):
            continue
        try:
            resolve(other, settings)
        except CandidateError as error:
            raise click.BadParameter(str(error), param_hint="--swap") from None


def _price(name: str, settings: Settings) -> Price | None:
    try:
        return resolve(name, settings).price
    except CandidateError:
        return None


def _recounted(history: History, filter_: Filter, settings: Settings, name: str, count: int) -> Recount:
    if not name and len(settings.machines) == 1:
        name = next(iter(settings.machines))
    if name not in settings.machines:
        known = ", ".join(settings.machines)
        if not known:
            message = "wye.yaml has no machines"
        elif not name:
            message = f"wye.yaml has several machines, {known}: write NAME={count}"
        else:
            message = f"wye.yaml has no machines '{name}': it has {known}"
        raise click.BadParameter(message, param_hint="--machines")
    serving = {one.id: one.slots for one in served(settings, name)}
    found = (
        recount(history, filter_, owned(name, settings.machines[name]), serving, count) if serving else None
    )
    if found is None:
        message = f"the machines '{name}' served no request of this time"
        raise click.BadParameter(message, param_hint="--machines")
    return found


def replay_lines(found: Replay) -> Iterator[str]:
    """Yield what to say of a replay."""
    if found.changes:
        rows = [("served", "would have", "requests", "was USD", "would be USD")]
        rows += [
            (clip(c.served, 30), clip(c.would, 30), f"{c.requests:,}", _usd(c.was), _usd(c.would_be))
            for c in found.changes[:_CHANGES]
        ]
        yield from columns(rows)
        if len(found.changes) > _CHANGES:
            yield f"and {len(found.changes) - _CHANGES} more (--json has them)"
        yield ""
    yield (
        f"{found.replayed:,} of {found.requests:,} requests: {_usd(found.was)} USD, "
        f"would have been {_usd(found.would_be)} USD{_percent(found.was, found.would_be)}; "
        f"{found.changed:,} of them touched."
    )
    for why, count in found.missing.items():
        yield f"Not in it: {count:,} requests, {why}."
    for said in found.assumed:
        yield f"Assumed: {said}."


def machine_lines(counts: list[Recount]) -> Iterator[str]:
    """Yield what to say of machines in another number."""
    for c in counts:
        was, would = float(c.was), float(c.would_be)
        yield (
            f"{c.name}: {c.count} machines over {c.hours:,.0f} hours cost {_usd(was)} USD, "
            f"{c.would} would have cost {_usd(would)} USD{_percent(was, would)}."
        )
        busy, busier = f"{c.utilisation:.1%}", f"{c.utilisation_would_be:.1%}"
        yield f"Slots were held {busy} of the time, and would have been {busier}."
        if c.crowded:
            yield (
                f"In {c.crowded:,} hours requests held more than there would be: {c.beyond:.1%} of the time "
                "held would have waited, or gone elsewhere."
            )
        else:
            yield "No hour held more than there would be; within an hour requests may still have had to wait."


def _usd(amount: float) -> str:
    return money(Decimal(f"{amount:.2f}" if amount >= 1 else f"{amount:.6f}"))


def _percent(was: float, would: float) -> str:
    return f" ({would / was - 1:+.1%})" if was else ""
