"""`wye route monitor`: what watches a certificate, how near it is to firing, and what it would notice."""

from collections.abc import Iterator
from pathlib import Path

import click
import msgspec

from wye.cli.options import config_option, json_option, state_dir_option, utc
from wye.cli.quantities import Number
from wye.cli.route.known import known_route, standing
from wye.config.load import find, load
from wye.config.strategies import ShadowSettings
from wye.core.errors import NotFoundError
from wye.routing import certificate as certificates
from wye.routing.state import RouteState
from wye.routing.watch.journal import Sight, plan_of, resumed, sights
from wye.routing.watch.monitor import Monitor, Plan
from wye.routing.watch.rehearsal import ZEROEVAL, Rehearsal, rehearse

_EXAMPLES = """
\b
Examples:
  wye route monitor auto
  wye route monitor --simulate
  wye route monitor --simulate --drop 0.05 --run-length 10000 --json
"""


_SEES = 0.5
"""Share of comparisons with a score below which a monitor sees next to nothing."""


@click.command(epilog=_EXAMPLES)
@click.argument("route", default="auto")
@click.option(
    "--simulate", is_flag=True, help="Rehearse a drop on the losses of a route certified on ZeroEval."
)
@click.option(
    "--drop",
    type=Number(0, 1, min_open=True),
    default=0.03,
    show_default=True,
    help="With --simulate: by how much the score falls.",
)
@click.option(
    "--good", type=click.IntRange(0, 100_000), default=3000, show_default=True, help="Rows before it."
)
@click.option("--run-length", type=Number(100), default=2000, show_default=True)
@click.option("--runs", type=click.IntRange(10, 10_000), default=1000, show_default=True)
@config_option
@state_dir_option
@json_option
def monitor(  # noqa: PLR0913  # one parameter an option
    *,
    route: str,
    simulate: bool,
    drop: float,
    good: int,
    run_length: float,
    runs: int,
    config: Path | None,
    state_dir: Path,
    as_json: bool,
) -> None:
    """Show what watches the certificate of ROUTE (default: auto), or rehearse what a monitor does.

    It fires once the evidence that quality has dropped, the metric `wye_drop_evidence`, reaches 1. The run
    length is how many shadowed conversations lie between false alarms, on average at least.
    """
    if simulate:
        _simulated(rehearse(Plan(0.02, run_length), ZEROEVAL, drop, good=good, runs=runs), as_json=as_json)
        return
    settings = load(find(config))
    asked = known_route(settings, route)
    shadow = asked.shadow or ShadowSettings()
    state = RouteState(state_dir, route)
    active = state.active()
    if active is None or not active.certificate:
        message = f"route '{route}' serves under no certificate: there is nothing to watch"
        raise NotFoundError(message)
    certificate = certificates.read(state.certificates, active.certificate)
    plan = plan_of(certificate, shadow)
    watching = resumed(state.folder, certificate.id, plan)
    mine = [one for one in sights(state.folder) if one.certificate == certificate.id and one.plan == plan.id]
    gone = state.withdrawn().get(certificate.id)
    why_not = standing(state, active, settings).serving.why_not
    if as_json:
        facts = {
            "certificate": certificate.id,
            "plan": plan,
            "rows": watching.rows,
            "level": watching.level,
            "evidence": watching.evidence,
            "fired_at": watching.fired_at,
            "withdrawn": gone,
            "why_not": why_not,
            "missing": sum(1 for one in mine if one.why),
            "compared": _compared(mine),
        }
        click.echo(msgspec.json.format(msgspec.json.encode(facts)).decode())
        return
    for line in _told(certificate, watching, mine):
        click.echo(line)
    if gone is not None:
        click.echo(f"It was withdrawn {utc(gone.at)} UTC: {gone.why}")
    elif why_not:
        click.echo(f"It is not in force, the strong model serves: {why_not}")
    elif asked.shadow is None:
        click.echo("Nothing is shadowed: set `shadow` of the route in wye.yaml.")


def _told(certificate: certificates.Certificate, watching: Monitor, mine: list[Sight]) -> Iterator[str]:
    yield (
        f"Certificate {certificate.id} of {certificate.route}: {watching.rows} shadowed conversations, "
        f"evidence of a drop {watching.evidence:.3f}; at 1 it is withdrawn."
    )
    for arm in ("weak", "strong"):
        count = sum(1 for one in mine if one.served == arm)
        missing = sum(1 for one in mine if one.served == arm and one.why)
        yield f"  served by the {arm} model: {count}, of them without a score: {missing}"
    share = _compared(mine)
    if share is None:
        return
    yield f"It could compare the answers of {share:.0%} of them; what it cannot compare counts as the worst."
    if share < _SEES:
        yield "So it is nearly blind: quality can drop unseen. A `judge` in `shadow` scores any answer."


def _compared(mine: list[Sight]) -> float | None:
    """Return the share of shadowed conversations with both scores; None = nothing was shadowed."""
    return sum(1 for one in mine if not one.why) / len(mine) if mine else None


def _simulated(came: Rehearsal, *, as_json: bool) -> None:
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(came)).decode())
        return
    if came.rows is None:
        click.echo(f"A drop of {came.drop:.1%} is not noticed within what is simulated.")
    else:
        ninety = "many more" if came.rows_90 is None else f"{came.rows_90:,.0f}"
        click.echo(
            f"A drop of {came.drop:.1%} after {came.good:,} good rows is noticed after {came.rows:,.0f} rows "
            f"at the median, {ninety} at nine of ten runs."
        )
    click.echo(
        f"Mean rows to a false alarm at the edge of what is allowed: {came.run_length:,.0f}. Before the drop "
        f"{came.false:.1%} of {came.runs:,} runs fired."
    )
