"""`wye fleet`: how many machines for this traffic, and what of it an API should take."""

import datetime as dt
import re
from decimal import Decimal
from pathlib import Path

import click
import msgspec

from wye.catalog import local
from wye.catalog.hardware import Hardware, hardware
from wye.catalog.machines import Machines
from wye.catalog.throughput import Throughput
from wye.cli.fleet_words import Answer, figures, lines
from wye.cli.options import (
    Span,
    Spread,
    config_option,
    json_option,
    since_option,
    state_dir_option,
    until_option,
)
from wye.cli.quantities import Number, Portion, Ratio, Tokens
from wye.config.figures import overrides
from wye.config.load import find, load
from wye.config.machines import owned, served
from wye.config.problems import suggestion
from wye.config.settings import Settings
from wye.core.errors import LedgerError
from wye.core.lane import Lane
from wye.core.money import Price, Rates
from wye.economics.breakeven import Api
from wye.economics.candidates import resolve
from wye.economics.demand import Demand, of_month
from wye.economics.duration import HIGHEST
from wye.economics.engines import engine_for, of_rate
from wye.economics.fleet import Case, Engine, Spill, doubled, plan
from wye.economics.habits import LATEST, Habits, habits
from wye.economics.queueing import LogNormal, of_quantiles
from wye.economics.traffic import month
from wye.ledger.reader import Filter, Reader

_PRICE = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)[/:](\d{1,9}(?:\.\d{1,9})?)\Z")
_MOST_BURST = 1_000.0
_RENT_A_GPU = 50.0
_DEFAULT_SPILL_TTFT = (0.5, 1.2)
"""Median and 95th percentile, seconds, of an API nobody measured: an estimate, and said so."""

_EXAMPLES = """
\b
Examples:
  wye fleet --spill gpt-5.5
  wye fleet rack --ttft 1s --since 30d
  wye fleet --tokens 40B --peak 6 --model qwen3-32b --gpu H100 --gpus 2 --rent 4.58 --spill 0.50/1.50
"""


@click.command(epilog=_EXAMPLES)
@click.argument("machines", nargs=-1)
@click.option("--tokens", type=Tokens(), help="A month, instead of the ledger's traffic: 50M, 1.2B.")
@click.option("--ratio", type=Ratio(), default=6.0, help="With --tokens: input to output.  [default: 6:1]")
@click.option("--cached", type=Portion(), default=0.0, help="With --tokens: share of the input from caches.")
@click.option(
    "--peak",
    type=Number(1, HIGHEST),
    default=6.0,
    show_default=True,
    help="With --tokens: the busiest moment of a day, in means.",
)
@click.option(
    "--request", type=Tokens(), default=3_500.0, show_default=True, help="With --tokens: of one request."
)
@click.option("--model", help="What the machines serve; default: what deployments in wye.yaml say.")
@click.option("--gpu", help="Machines that are not in wye.yaml: the catalogue's name of their GPU.")
@click.option("--gpus", type=click.IntRange(1, 1024), default=1, show_default=True, help="In one machine.")
@click.option("--rent", type=Number(0, min_open=True), help="USD an hour for one machine.")
@click.option(
    "--throughput",
    type=Tokens(),
    help="Tokens a second of one machine, in and out, instead of the catalogue's.",
)
@click.option("--ttft", type=Span(), default="2s", show_default=True, help="First token, 95 % of requests.")
@click.option("--itl", type=Span(), default="50ms", show_default=True, help="Between two tokens.")
@click.option("--spill", help="What takes the rest: a model, or USD a million tokens in/out as 0.50/1.50.")
@click.option("--spill-ttft", type=Spread(), help="Its first token, as 500ms..1.2s; default: the ledger's.")
@click.option(
    "--burst",
    type=Number(1, _MOST_BURST),
    help="Requests that come together, on average; default: what the ledger shows, else 1.",
)
@since_option
@until_option
@json_option
@config_option
@state_dir_option
def fleet(  # noqa: PLR0913  # one parameter an option
    machines: tuple[str, ...],
    *,
    tokens: float | None,
    ratio: float,
    cached: float,
    peak: float,
    request: float,
    model: str | None,
    gpu: str | None,
    gpus: int,
    rent: float | None,
    throughput: float | None,
    ttft: float,
    itl: float,
    spill: str | None,
    spill_ttft: tuple[float, float] | None,
    burst: float | None,
    since: float | None,
    until: float | None,
    as_json: bool,
    config: Path | None,
    state_dir: Path,
) -> None:
    """Say how many machines this traffic needs, and what of it an API should take.

    MACHINES are entries of wye.yaml; default: all of them, or one described by --gpu. By the ledger's
    traffic, or by --tokens. Everything is USD a month.
    """
    settings = load(find(config))
    seen = Habits()
    if tokens is None:
        filter_ = Filter(since=since, until=until)
        try:
            demand = month(filter_, settings.ledger, state_dir)
        except ValueError:
            message = "the ledger has no traffic in this time: give --tokens, or another --since"
            raise click.UsageError(message) from None
        except LedgerError as error:
            message = f"{error}; or say what your traffic is like, as in --tokens 50M"
            raise LedgerError(message) from error
        with Reader(settings.ledger, state_dir) as reader:
            seen = habits(reader.requests(filter_, LATEST))
    else:
        demand = of_month(tokens, ratio, cached=cached, peak=peak, request_tokens=request)
    rows = local.read(state_dir)
    api: Spill | None = None
    remarks: list[str] = []
    try:
        named = _named(machines, settings, model, (gpu, gpus, rent))
        if spill is not None:
            api, remarks = _spill(spill, spill_ttft, settings, seen)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    promised = (ttft, itl, throughput)
    answers, left_out = _answers(demand, named, api, promised, seen, rows, burst)
    for remark in (*remarks, *(f"Left out: {one}" for one in left_out)):
        click.echo(remark, err=True)
    if as_json:
        found = [figures(one) for one in answers]
        click.echo(msgspec.json.format(msgspec.json.encode(found)).decode())
        return
    for line in lines(demand, answers, itl):
        click.echo(line)


def _named(
    names: tuple[str, ...], settings: Settings, model: str | None, given: tuple[str | None, int, float | None]
) -> list[tuple[Machines, str]]:
    """Return machines, each with the model it serves. Raises `ValueError` or `CandidateError`."""
    gpu, gpus, rent = given
    found = []
    for name in names or (() if gpu or rent else tuple(settings.machines)):
        if name not in settings.machines:
            what = f"there are no machines '{name}' in wye.yaml"
            message = f"{what}. {suggestion(name, settings.machines) or 'Describe them with --gpu or --rent'}"
            raise ValueError(message)
        serving = {one.model: None for one in served(settings, name)}
        models = [model] if model else list(serving) or [""]
        found += [(owned(name, settings.machines[name]), one) for one in models]
    if gpu or rent is not None:
        known = hardware(overrides(settings))
        found.append((_described(known, gpu or "", gpus, rent), model or ""))
    if not found:
        message = "no machines are named in wye.yaml: give --model, and --gpu or --rent of one machine"
        raise ValueError(message)
    return found


def _described(book: Hardware, gpu: str, gpus: int, rent: float | None) -> Machines:
    """Return a machine by its GPU; without a rent the catalogue's, on demand."""
    known = book.gpu(gpu) if gpu else None
    if known is None and rent is None:
        message = f"no rent is known of '{gpu}': give --rent. {suggestion(gpu, book.gpus)}"
        raise ValueError(message)
    name = gpu if known is None else known.name
    if rent is None:
        assert known is not None  # noqa: S101  # looked at above
        if "on_demand" not in known.rent:
            message = f"no rent is known of '{gpu}': give --rent"
            raise ValueError(message)
        hour = known.rent["on_demand"].value * gpus
    elif rent > _RENT_A_GPU * gpus:
        message = (
            f"--rent {rent:g} is more than {_RENT_A_GPU:g} USD an hour for each GPU: is that for a month?"
        )
        raise ValueError(message)
    else:
        hour = Decimal(str(rent))
    title = f"{gpus}x{name}" if gpus > 1 else name
    return Machines(title or "a machine", gpu=name, gpus=gpus, rent_hour=hour)


def _spill(
    name: str, given: tuple[float, float] | None, settings: Settings, seen: Habits
) -> tuple[Spill, list[str]]:
    """Return the API, by its price and how soon it answers, and what to say of that.

    Raises `CandidateError`.
    """
    match = _PRICE.match(name)
    if match:
        rates = Rates(Decimal(match[1]), Decimal(match[2]))
        if not rates.input and not rates.output:
            message = "--spill 0/0 is free, which no API is for a month"
            raise ValueError(message)
        api = Api(f"an API at {name}", Lane.HOSTED, Price(rates, dt.datetime.now(dt.UTC).date(), "given"))
    elif name[:1].isdigit() and "/" not in name:
        message = (
            f"--spill {name} has no price of answers: write {name}/1.50, USD a million tokens in and out"
        )
        raise ValueError(message)
    else:
        api = resolve(name, settings)
    measured = seen.first_token(name)
    if given is not None:
        return Spill(api, of_quantiles(*given)), []
    if measured is not None:
        return Spill(api, measured), []
    remark = (
        f"Nobody measured how soon {api.name} begins: taken for {_DEFAULT_SPILL_TTFT[0]:g} s at the median "
        f"and {_DEFAULT_SPILL_TTFT[1]:g} s at the 95th percentile; --spill-ttft says otherwise."
    )
    return Spill(api, of_quantiles(*_DEFAULT_SPILL_TTFT)), [remark]


def _engine(  # noqa: PLR0913, PLR0917  # what a pace depends on
    demand: Demand,
    machines: Machines,
    model: str,
    promised: tuple[float, float, float | None],
    seen: Habits,
    rows: tuple[Throughput, ...],
) -> Engine:
    ttft, itl, throughput = promised
    if throughput is not None:
        engine = of_rate(demand, throughput, itl * 1_000)
    elif not model:
        message = "say what the machines serve with --model, or `machines` of a deployment in wye.yaml, "
        message += "or how quick they are with --throughput"
        raise ValueError(message)
    else:
        engine = engine_for(
            demand, model, machines.gpu, machines.gpus, ttft=ttft, itl_ms=itl * 1_000, local=rows
        )
    answer = LogNormal(engine.answer.mean, seen.answer_scv)
    return msgspec.structs.replace(engine, answer=answer)


def _answers(  # noqa: PLR0913, PLR0917  # what an answer depends on
    demand: Demand,
    named: list[tuple[Machines, str]],
    api: Spill | None,
    promised: tuple[float, float, float | None],
    seen: Habits,
    rows: tuple[Throughput, ...],
    burst: float | None,
) -> tuple[list[Answer], list[str]]:
    """Return an answer for each of the machines that there is one for, and why not for the others.

    Raises `click.UsageError` where there is none.
    """
    answers, left_out = [], []
    for machines, model in named:
        try:
            engine = _engine(demand, machines, model, promised, seen, rows)
            together = burst or seen.burst(engine.prefill.mean + engine.answer.mean)
            answers.append(_answer(Case(demand, machines, engine, api, promised[0], together), model))
        except ValueError as error:
            left_out.append(f"{machines.name}: {error}" if len(named) > 1 else str(error))
    if not answers:
        raise click.UsageError("; ".join(left_out))
    return answers, left_out


def _answer(case: Case, model: str) -> Answer:
    return Answer(model, case, plan(case), plan(doubled(case)).best(case.ttft))
