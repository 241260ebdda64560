"""`wye bench`: measure what can be measured without sending anything."""

from collections.abc import Iterator
from pathlib import Path

import click
import msgspec

from wye.cli.merit import merit
from wye.cli.options import epsilon_option, json_option
from wye.cli.privacy import privacy
from wye.cli.terminal import columns
from wye.core.errors import WyeError
from wye.evaluation.dataset import DatasetError, read
from wye.evaluation.draws import Certified
from wye.evaluation.routing import Plan, Report, measure
from wye.routing.watch.loss import Scale

_EXAMPLES = """
\b
Examples:
  wye bench routing mmlu.jsonl.gz --strong gpt-4 --weak mixtral --labels 1500
  wye bench routing mine.jsonl --strong A --weak B --gate C,D --certify --epsilon 0.02
  wye bench routing new.jsonl.gz --train old.jsonl.gz --strong A --weak B --labels 0 --json
"""


class BenchError(WyeError):
    """What was asked for cannot be measured."""

    kind = "bench"


class Names(click.ParamType[tuple[str, ...]]):
    """Names with commas between them."""

    name = "names"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        """Split them."""
        del param, ctx
        if isinstance(value, tuple):
            return value
        return tuple(name for part in str(value).split(",") if (name := part.strip()))


_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.group()
def bench() -> None:
    """Measure what can be measured without sending anything."""


@bench.command(epilog=_EXAMPLES)
@click.argument("file", type=_FILE)
@click.option("--strong", required=True, help="The model that sets the standard.")
@click.option("--weak", required=True, help="The model that is to do what it can.")
@click.option("--gate", type=Names(), default=(), help="Models whose answers, once paid for, tell agreement.")
@click.option("--train", type=_FILE, multiple=True, help="Learn from this file, too. May be repeated.")
@click.option(
    "--labels",
    type=click.IntRange(0),
    help="Rows to learn from; with --certify, rows to certify with. Default: all of --train, or half.",
)
@click.option("--use-category", is_flag=True, help="Let predictions see the rows' category.")
@click.option("--seeds", type=click.IntRange(1, 1000), default=20, show_default=True, help="Splits.")
@click.option(
    "--weak-cost",
    type=click.FloatRange(0, 1),
    default=0.1,
    show_default=True,
    help="Of a call to the weak model, in calls to the strong one.",
)
@click.option(
    "--gate-cost",
    type=click.FloatRange(0, 1),
    default=0.05,
    show_default=True,
    help="The same, of each gate.",
)
@click.option("--certify", is_flag=True, help="Certify 2,000 times against a frozen pool.")
@epsilon_option
@click.option(
    "--delta",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.05,
    show_default=True,
    help="Chance of a false certificate that is accepted.",
)
@json_option
def routing(  # noqa: PLR0913  # one parameter an option
    *,
    file: Path,
    strong: str,
    weak: str,
    gate: tuple[str, ...],
    train: tuple[Path, ...],
    labels: int | None,
    use_category: bool,
    seeds: int,
    weak_cost: float,
    gate_cost: float,
    certify: bool,
    epsilon: float,
    delta: float,
    as_json: bool,
) -> None:
    """Measure how well routing chooses between two models on labelled prompts.

    FILE holds one prompt a line, with each model's quality in [0, 1], as docs/benchmarks describes. Nothing
    is sent anywhere. Labels come from --train where it has scores of both models, else from FILE, and are
    never tested; files without both are learnt from beforehand.
    """
    plan = Plan(
        strong=strong,
        weak=weak,
        gates=gate,
        labels=labels,
        use_category=use_category,
        seeds=seeds,
        weak_cost=weak_cost,
        gate_cost=gate_cost,
        epsilon=Scale(epsilon).epsilon if certify else None,
        delta=delta,
    )
    try:
        report = measure(plan, read(file), [read(path) for path in train])
    except DatasetError as error:
        raise BenchError(str(error)) from error
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(report)).decode())
        return
    for line in table(report):
        click.echo(line)


bench.add_command(merit)
bench.add_command(privacy)


def table(report: Report) -> Iterator[str]:
    """Yield the lines of a report."""
    yield (
        f"{report.rows:,} rows in {report.clusters:,} clusters, {report.labels:,} labels, "
        f"{report.seeds} splits, {report.tested:,} tested each"
    )
    if report.transfer_labels or report.dropped:
        yield (
            f"{report.transfer_labels:,} scores learnt from beforehand, "
            f"{report.dropped:,} training rows left out as near-duplicates"
        )
    yield ""
    yield from columns([("", "wye", "90 %", "random", "oracle"), *_rows(report)])
    yield ""
    for quality, saved in (("99 %", report.saved_99), ("95 %", report.saved_95)):
        yield (
            f"cost saved at {quality} quality: {_share(saved.against_all_strong)} against all strong, "
            f"{_share(saved.against_static_mix)} against a static mix, "
            f"gates asked for {_share(saved.gated_share)}"
        )
    if report.ece_strong is not None and report.ece_weak is not None:
        yield f"calibration error: strong {report.ece_strong:.3f}, weak {report.ece_weak:.3f}"
    yield f"decision, 1 KB prompt: p50 {report.decision_ms_p50:.2f} ms, p99 {report.decision_ms_p99:.2f} ms"
    if report.certified:
        yield from _certified(report.certified)


def _rows(report: Report) -> Iterator[tuple[str, str, str, str, str]]:
    chance, best = report.random, report.oracle

    def interval(low: float, high: float) -> str:
        return f"{low:.3f} - {high:.3f}"

    yield (
        "APGR",
        f"{report.apgr:.3f}",
        interval(*report.apgr_interval),
        f"{chance['apgr']:.3f}",
        f"{best['apgr']:.3f}",
    )
    for name, value, edges, key in (
        ("CPT50", report.cpt50, report.cpt50_interval, "cpt50"),
        ("CPT80", report.cpt80, report.cpt80_interval, "cpt80"),
    ):
        yield name, _share(value), interval(*edges), _share(chance[key]), _share(best[key])
    for name, value, key in (
        ("strong share at 99 % quality", report.strong_share_99, "share99"),
        ("strong share at 95 % quality", report.strong_share_95, "share95"),
    ):
        yield name, _share(value), "", _share(chance[key]), _share(best[key])


def _certified(found: Certified) -> Iterator[str]:
    yield ""
    yield (
        f"certified with {found.labels:,} labels, ε {found.epsilon:g}, δ {found.delta:g}: "
        f"strong share {_share(found.strong_share)} (oracle {_share(found.oracle_share)})"
    )
    yield (
        f"false certificates: {_share(found.false_rate)} of {found.draws:,} draws, "
        f"at least {_share(found.false_rate_lower)} with 99 % confidence"
    )
    for name, rate in found.boundary_false_rates.items():
        yield f"  at the boundary, {name}: {_share(rate)}"


def _share(value: float) -> str:
    return f"{100 * value:.1f} %"
