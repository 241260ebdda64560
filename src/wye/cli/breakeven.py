"""`wye breakeven`: a closed API, an open model at somebody else's, or machines of your own."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import click
import msgspec

from wye.catalog import local
from wye.cli.breakeven_traffic import MOST_THOUGHT, Traffic, certified, measured, spent_aside
from wye.cli.figures import clip, one_line
from wye.cli.options import config_option, json_option, since_option, state_dir_option, until_option
from wye.cli.quantities import Assignment, Input, Number, Portion, Ratio, Tokens
from wye.cli.terminal import columns
from wye.config.load import find, load
from wye.config.settings import Settings
from wye.core.lane import Lane
from wye.economics.breakeven import Api, Share, Sum
from wye.economics.candidates import CLOSED, HOSTED, configured, resolve
from wye.economics.lines import lines
from wye.economics.montecarlo import DRAWS, HORIZON, SEED
from wye.economics.pictures.terminal import chart
from wye.economics.plants import Choice, chosen
from wye.economics.study import Question, Study, study
from wye.economics.verdict import remarks, sentence
from wye.economics.wording import dollars, number, percent, volume
from wye.ledger.reader import Filter

_WIDTH = 64
"""Columns of the chart."""
_ACROSS = 100
"""Columns of a table."""
_NAME = 30
_TITLE = 28
_SOURCE = 20
_BARS = 6
_CHOOSING = 0.02
"""What gates, shadows and judges cost where nobody counted, in parts of the baseline: an estimate."""

_EXAMPLES = """
\b
Examples:
  wye breakeven --tokens 50M --ratio 6:1 --cached 40% --peak 6
  wye breakeven --since 30d --against gpt-5.5
  wye breakeven --tokens 1B --displace 65% --set price_decline=0.2..0.5
  wye breakeven --tokens 2B --machines h100-owned --html report.html
"""


@click.command(epilog=_EXAMPLES)
@click.option("--tokens", type=Tokens(), help="Tokens a month, e.g. 50M. Default: the ledger's traffic.")
@click.option("--ratio", type=Ratio(), help="With --tokens: input to output, e.g. 6:1 (default).")
@click.option("--request", type=Tokens(), help="With --tokens: tokens a request. Default: 3500.")
@click.option("--cached", type=Portion(), help="Share of the input that prompt caches serve.")
@click.option(
    "--reasoning", type=Portion(most=MOST_THOUGHT), help="Share of the output that is thought and not said."
)
@click.option("--batch", type=Portion(), help="Share of all that may wait for a batch price.")
@click.option("--peak", type=Number(1, 10_000), help="The busiest hour, in mean hours.")
@since_option
@until_option
@click.option("--against", multiple=True, help="A closed model to beat. Default: those of wye.yaml, or four.")
@click.option("--open", "open_", multiple=True, help="An open model that somebody hosts, by its price.")
@click.option("--machines", multiple=True, help="Of wye.yaml, or l4-owned, h100-rented, ...; default: all.")
@click.option("--throughput", type=Tokens(), help="Tokens a second of one machine, input and output.")
@click.option(
    "--max-utilisation",
    type=Portion(open_=True),
    default="70%",
    show_default=True,
    help="Of the throughput, that the busiest hour may use.",
)
@click.option(
    "--utilisation", type=Portion(open_=True), help="Of it, that the mean hour uses, whatever the peak."
)
@click.option(
    "--displace", type=Portion(), help="Share that the open model may take. Default: as certified, or all."
)
@click.option(
    "--aside", type=Portion(), help="What gates, shadows and judges cost, in parts of the baseline."
)
@click.option(
    "--set", "given", type=Assignment(), multiple=True, help="An input's range: price_decline=0.2..0.5"
)
@click.option("--horizon", type=click.IntRange(1, 120), default=HORIZON, show_default=True, help="Months.")
@click.option("--draws", type=click.IntRange(10, 1_000_000), default=DRAWS, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=SEED, show_default=True)
@click.option("--svg", type=click.Path(path_type=Path, dir_okay=False), help="Write the picture there.")
@click.option("--png", type=click.Path(path_type=Path, dir_okay=False), help="Write the picture there.")
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False), help="Write a report there.")
@config_option
@state_dir_option
@json_option
def breakeven(  # noqa: PLR0913  # one parameter an option
    *,
    against: tuple[str, ...],
    open_: tuple[str, ...],
    machines: tuple[str, ...],
    throughput: float | None,
    max_utilisation: float,
    utilisation: float | None,
    displace: float | None,
    aside: float | None,
    given: tuple[Input, ...],
    horizon: int,
    draws: int,
    seed: int,
    svg: Path | None,
    png: Path | None,
    html: Path | None,
    config: Path | None,
    state_dir: Path,
    as_json: bool,
    since: float | None,
    until: float | None,
    **traffic: float | None,
) -> None:
    """Say from which volume machines of your own are cheaper, and what all lanes cost at yours.

    Only what the open model may take is moved (--displace), less what gates, shadows and judges cost. What
    nobody knows exactly is drawn from ranges; --set changes one. Reads the ledger unless --tokens is given.
    """
    settings = load(find(config))
    period = Filter(since=since, until=until)
    asked = Traffic(**traffic)
    demand, sources = measured(asked, period, settings, state_dir)
    share, more = _share(displace, aside, asked, period, settings, state_dir)
    sources |= more
    try:
        rows = local.read(state_dir)
        own = chosen(machines, settings, demand, throughput=throughput, local=rows)
        found = study(
            Question(
                demand=demand,
                baselines=_models(against, settings, Lane.CLOSED, CLOSED),
                hosted=_models(open_, settings, Lane.HOSTED, (HOSTED,)),
                choices=tuple(_used(choice, max_utilisation, utilisation) for choice in own.choices),
                left_out=own.left_out,
                share=share,
                given={one.name: one.parts for one in given},
                measured=sources,
                months=horizon,
                draws=draws,
                seed=seed,
            )
        )
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint=["--set"]) from None
    _files(found, svg, png, html)
    if as_json:
        told = {"sentence": sentence(found), "remarks": list(remarks(found)), **msgspec.structs.asdict(found)}
        click.echo(msgspec.json.format(msgspec.json.encode(told)).decode())
        return
    for line in report(found):
        click.echo(one_line(line))


def _models(names: Sequence[str], settings: Settings, lane: Lane, default: Sequence[str]) -> tuple[Api, ...]:
    if not names and (declared := configured(settings, lane)):
        return tuple(sorted(declared, key=lambda one: one.price is None))
    found = tuple(resolve(name, settings) for name in dict.fromkeys(names or default))
    for one in found:
        if one.lane is not lane:
            fits = {Lane.CLOSED: "--against", Lane.HOSTED: "--open", Lane.OWN: "--machines"}
            message = f"'{one.name}' is in the lane {one.lane}: that is for {fits[one.lane]}"
            raise click.BadParameter(message, param_hint=[fits[lane]])
    return found


def _used(choice: Choice, max_utilisation: float, utilisation: float | None) -> Choice:
    plant = msgspec.structs.replace(choice.plant, max_utilisation=max_utilisation, utilisation=utilisation)
    return msgspec.structs.replace(choice, plant=plant)


def _share(  # noqa: PLR0913, PLR0917  # what decides it
    displace: float | None,
    aside: float | None,
    asked: Traffic,
    period: Filter,
    settings: Settings,
    state_dir: Path,
) -> tuple[Share, dict[str, str]]:
    """Return what moves, and where that was counted."""
    sources = {}
    moved = displace
    if moved is None and (granted := certified(settings, state_dir)) is not None:
        moved, sources["displaced"] = granted
    moved = 1.0 if moved is None else moved
    if aside is None and asked.tokens is None:
        aside = spent_aside(period, settings, state_dir)
        sources["aside"] = "ledger"
    if aside is None:
        aside = _CHOOSING if moved < 1 else 0.0
    return Share(moved, aside), sources


def _files(found: Study, svg: Path | None, png: Path | None, html: Path | None) -> None:
    if svg is not None or png is not None:
        from wye.economics.pictures.drawing import draw  # noqa: PLC0415  # needs matplotlib

        if svg is not None:
            svg.write_bytes(draw(found, "svg"))
        if png is not None:
            png.write_bytes(draw(found, "png"))
    if html is not None:
        from wye.economics.pictures.page import page  # noqa: PLC0415  # only then

        html.write_text(page(found), encoding="utf-8")


def report(found: Study) -> Iterator[str]:
    """Yield the lines of the whole answer, the sentence first."""
    yield sentence(found)
    yield ""
    yield from remarks(found)
    yield ""
    yield from chart(lines(found, _WIDTH), found.question.demand.tokens)
    yield ""
    yield from _costs(found)
    yield ""
    yield from _volumes(found)
    if found.tornado is not None:  # else nothing is known to be in doubt of
        yield ""
        yield from _doubt(found)
        yield ""
        yield from _tornado(found)


def _costs(found: Study) -> Iterator[str]:
    demand, against = found.question.demand, found.closed[0]
    now = found.assumed
    yield (
        f"USD a month at {volume(demand.tokens)} tokens: {volume(demand.input_tokens)} in "
        f"({percent(now.demand.cached)} cached), {volume(demand.output_tokens)} out, "
        f"{percent(now.share.moved)} moved, peak {number(now.demand.peak)}"
    )
    rows: list[tuple[str, ...]] = [("lane", "", "moved", "rest", "aside", "total", "machines")]
    rows += [_row("closed", one.baseline.name, one.stay) for one in found.closed if one.stay is not None]
    rows += [_row("hosted", name, total) for name, total in against.hosted]
    rows += [_row("own", _title(pair.title), pair.sum) for pair in against.pairs if pair.sum is not None]
    yield from _right(rows, 2)
    if now.share.moved < 1:
        yield f"The rest is what {against.baseline.name} gets for what does not move."


def _row(lane: str, name: str, total: Sum) -> tuple[str, ...]:
    moved, rest, aside = (
        "" if lane == "closed" else dollars(one) for one in (total.moved, total.stays, total.aside)
    )
    machines = f"{total.machines}+{total.spare}" if lane == "own" else ""
    return lane, clip(name, _NAME), moved, rest, aside, dollars(total.total), machines


def _volumes(found: Study) -> Iterator[str]:
    yield "Today: tokens a month from which own machines stay cheaper"
    everyone = (*found.closed, *found.hosted)
    titles = [pair.title for pair in everyone[0].pairs]
    rows: list[tuple[str, ...]] = [("than", *map(_title, titles))]
    for one in everyone:
        told = (volume(None if pair.volumes is None else pair.volumes.stays) for pair in one.pairs)
        rows.append((clip(one.baseline.name, _NAME), *told))
    yield from _stacked(rows)


def _title(title: str) -> str:
    """Return a setting's title, short: of `machines: model`, what tells two apart is at both ends."""
    half = _TITLE // 2
    return title if len(title) <= _TITLE else f"{title[:half]}…{title[1 - half :]}"


def _stacked(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield a table, as several below each other where it is too wide, each with the names in front."""
    names, *rest = zip(*rows, strict=True)
    block = [names]
    for column in rest:
        if len(block) > 1 and len(_right([*zip(*block, column, strict=True)], 1)[0]) > _ACROSS:
            yield from _right([*zip(*block, strict=True)], 1)
            yield ""
            block = [names]
        block.append(column)
    yield from _right([*zip(*block, strict=True)], 1)


def _doubt(found: Study) -> Iterator[str]:
    question = found.question
    yield (
        f"In doubt: {question.draws:,} draws, prices falling over {question.months} months, "
        f"beside {found.closed[0].baseline.name}; saves in USD a month"
    )
    rows: list[tuple[str, ...]] = [("own machines", "P10", "P50", "P90", "never", "saves: P10", "P50", "P90")]
    for pair in found.closed[0].pairs:
        if pair.result is not None:
            at, saves = pair.result.breakeven, pair.result.own_saves
            rows.append(
                (
                    _title(pair.title),
                    *(volume(one) for one in (at.p10, at.p50, at.p90)),
                    percent(pair.result.never),
                    *(dollars(one) for one in (saves.p10, saves.p50, saves.p90)),
                )
            )
    yield from _right(rows, 1)


def _tornado(found: Study) -> Iterator[str]:
    assert found.tornado is not None  # noqa: S101  # asked before
    yield f"What matters most for {found.first}: break-even with one input at its P10 and P90"
    rows: list[tuple[str, ...]] = [("input", "by", "P10", "P90", "from", "to", "saves a month", "")]
    rows += [
        (
            bar.name,
            clip(found.ranges[bar.name].source, _SOURCE),
            number(bar.low),
            number(bar.high),
            volume(bar.breakeven_low),
            volume(bar.breakeven_high),
            dollars(bar.saves_low),
            dollars(bar.saves_high),
        )
        for bar in found.tornado.bars[:_BARS]
    ]
    yield from _right(rows, 2)


def _right(rows: Sequence[Sequence[str]], names: int) -> list[str]:
    """Align figures to the right, `names` columns to the left."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return columns(
        [
            [cell if place < names else cell.rjust(widths[place]) for place, cell in enumerate(row)]
            for row in rows
        ],
        2,
    )
