"""`wye route certify`: find the cheapest setting of a route that is certainly good enough."""

from collections.abc import Iterator
from pathlib import Path

import click
import msgspec
import numpy as np

from wye.cli.bench import BenchError, Names
from wye.cli.options import config_option, epsilon_option, json_option, state_dir_option, utc
from wye.cli.quantities import Number
from wye.cli.route.activate import one_of
from wye.cli.route.known import known_route
from wye.config.load import find, load
from wye.config.strategies import RouteSettings
from wye.evaluation.certification import NEVER, Terms
from wye.evaluation.dataset import DatasetError
from wye.evaluation.dataset import read as read_rows
from wye.evaluation.issuing import Issued, Plan, attempt
from wye.routing.certificate import Certificate
from wye.routing.revision import listed, read
from wye.routing.state import RouteState
from wye.routing.watch.journal import plan_of
from wye.routing.watch.rehearsal import rehearse

_EXAMPLES = """
\b
Examples:
  wye route certify auto --labels scored.jsonl
  wye route certify auto --labels scored.jsonl.gz --epsilon 0.01 --delta 0.05
  wye route certify auto --labels judged.jsonl --judge claude-opus-4-1 --margin 0.02
"""
_DROPS = (0.03, 0.1, 0.3)
_REHEARSED = 200


@click.command(epilog=_EXAMPLES)
@click.argument("route")
@click.option(
    "--labels",
    "files",
    multiple=True,
    required=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Prompts with both models' scores. May be repeated.",
)
@click.option("--revision", help="What was learnt. Default: the latest.")
@epsilon_option
@click.option(
    "--delta",
    type=Number(0, 1, min_open=True, max_open=True),
    default=0.05,
    show_default=True,
    help="Chance of a false certificate on this route, over all attempts ever made.",
)
@click.option(
    "--judge", default="", help="The model whose scores (`judged`) count. Default: people's or tests'."
)
@click.option(
    "--margin",
    type=Number(0, 1, max_open=True),
    help="With --judge: rows that people scored too must not find it kinder than this.",
)
@click.option(
    "--gate", type=Names(), default=(), help="Certify with the route's gate: its models' names in labels."
)
@click.option("--days", type=click.IntRange(1, 366), default=30, show_default=True, help="How long it holds.")
@config_option
@state_dir_option
@json_option
def certify(  # noqa: PLR0913  # one parameter an option
    *,
    route: str,
    files: tuple[Path, ...],
    revision: str | None,
    epsilon: float,
    delta: float,
    judge: str,
    margin: float | None,
    gate: tuple[str, ...],
    days: int,
    config: Path | None,
    state_dir: Path,
    as_json: bool,
) -> None:
    """Certify the cheapest setting of ROUTE that keeps (1 - epsilon) of the strong model's quality.

    The attempt is registered before a score is looked at, and each one has less confidence to spend than the
    one before; rows that taught the revision, or that an earlier attempt has seen, do not count. What is
    written is a file: `wye route activate` puts it in force.
    """
    if margin is not None and not judge:
        message = "--margin corrects a judge: name it with --judge"
        raise click.UsageError(message)
    settings = load(find(config))
    if judge in settings.aliases:
        message = f"'{judge}' is an alias, which may lead elsewhere some day: name the judge's deployment"
        raise click.UsageError(message)
    chosen = known_route(settings, route)
    if gate and chosen.gate is None:
        message = f"route '{route}' has no gate in wye.yaml"
        raise click.UsageError(message)
    state = RouteState(state_dir, route)
    ids = [known.id for known in listed(state.revisions)]
    if not ids:
        message = f"nothing has been learnt for route '{route}': `wye route learn` comes first"
        raise click.UsageError(message)
    learnt = read(state.revisions, one_of(revision, ids, f"revision of '{route}'") if revision else ids[0])
    try:
        rows = [row for path in files for row in read_rows(path)]
    except DatasetError as error:
        raise BenchError(str(error)) from error
    there = {name for row in rows for name in row.results}
    if missing := [name for name in (learnt.revision.strong, learnt.revision.weak) if name not in there]:
        known = ", ".join(sorted(there)) or "none"
        message = f"no scores of {', '.join(missing)} in these labels; there are: {known}"
        raise BenchError(message)
    terms = Terms(epsilon, judge, margin, gate)
    if gate and chosen.gate is not None:
        terms = msgspec.structs.replace(terms, compare=chosen.gate.compare, meaning=chosen.gate.meaning)
    plan = Plan(terms, delta, days, chosen.gate, settings.deployments)
    issued = attempt(state_dir, learnt, rows, plan)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(_facts(issued))).decode())
        return
    for line in _told(issued, chosen):
        click.echo(line)


def _facts(issued: Issued) -> dict[str, object]:
    earned = issued.earned
    return {
        "certificate": issued.certificate,
        "attempt": issued.attempt,
        "own_delta": issued.attempt.own_delta,
        "steps": earned.steps,
        "rows": issued.rows,
        "left_out": issued.left_out,
        "expected_false_certificates": issued.expected_false,
    }


def _told(issued: Issued, route: RouteSettings) -> Iterator[str]:
    tried, certificate = issued.attempt, issued.certificate
    yield (
        f"Attempt {tried.number} on route {tried.route}: δ = {tried.own_delta:.4f} of {tried.delta:g}. "
        f"{issued.rows} rows, one a conversation; {issued.left_out} left out (taught, seen, alike, unscored)."
    )
    if certificate is None:
        short = -issued.earned.steps[0].beyond
        yield f"No certificate: the safest setting fell short by {short:.2f} (log of capital). Strong serves."
        yield "More rows would help, or a larger epsilon; a further attempt needs fresh rows and has less δ."
    else:
        yield from _claim(certificate)
        yield from _watched(issued, certificate, route)
        yield (
            f"In force with: wye route activate {tried.route} {certificate.revision} "
            f"--certificate {certificate.id}"
        )
    yield f"False certificates to expect over all routes tried here: at most {issued.expected_false:.2f}."


def _claim(one: Certificate) -> Iterator[str]:
    whose = "" if one.scored == "labels" else f", by {one.judge}'s score"
    whose += f" corrected on {one.gold} rows (b = {one.margin:g})" if one.gold else ""
    yield (
        f"Certificate {one.id}: at least {1 - one.epsilon:.1%} of the strong model's quality{whose}, with "
        f"confidence {1 - one.own_delta:.1%}, until {utc(one.expires)} UTC."
    )
    told = [f"where the gain is below {one.threshold:.3f}"] if one.threshold > NEVER else []
    if one.band is not None:
        told.append(f"below {one.band.below:.3f} if {' and '.join(one.band.ask)} agree")
    serves = ", and ".join(told)
    yield f"Setting {one.setting}: the weak model serves {serves}."
    yield f"{one.strong_share:.1%} of these rows go to the strong model."
    yield "It speaks of:"
    yield from (f"  - {line}" for line in one.scope)


def _watched(issued: Issued, one: Certificate, route: RouteSettings) -> Iterator[str]:
    shadow = route.shadow
    if shadow is None:
        yield "Nothing watches it: set `shadow` of the route, or learn of a drop when it expires."
        return
    plan, earned = plan_of(one, shadow), issued.earned
    losses = np.array(earned.seen if earned.seen and shadow.judge is None else earned.losses)
    for drop in _DROPS:
        try:
            came = rehearse(plan, losses, drop, runs=_REHEARSED)
        except ValueError:
            continue
        rows = "more than are simulated" if came.rows is None else f"{came.rows:,.0f}"
        asked = "" if came.rows is None else f", some {came.rows / shadow.probability:,.0f} conversations"
        yield f"A drop of {drop:.0%} is noticed after {rows} shadowed ones{asked}, at the median."
