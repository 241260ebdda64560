"""`wye route show`: what a route has learnt, what serves, and what was taken back."""

import time
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec

from wye.cli.options import config_option, json_option, state_dir_option, utc
from wye.cli.route.activate import told
from wye.cli.route.known import known_route, standing
from wye.cli.terminal import columns
from wye.config.load import find, load
from wye.config.settings import Settings
from wye.core.errors import NotFoundError
from wye.routing.certificate import Certificate
from wye.routing.certificate import listed as certificates
from wye.routing.measured import UNMEASURED
from wye.routing.revision import Revision, listed
from wye.routing.state import Active, RouteState, routes

_EXAMPLES = """
\b
Examples:
  wye route show
  wye route show auto --json
"""


@click.command(epilog=_EXAMPLES)
@click.argument("route", required=False)
@json_option
@config_option
@state_dir_option
def show(*, route: str | None, as_json: bool, config: Path | None, state_dir: Path) -> None:
    """Show what ROUTE has learnt and what serves it; without ROUTE, all that have learnt anything."""
    settings = load(find(config))
    if route is not None:
        known_route(settings, route)
    names = routes(state_dir) if route is None else [route]
    states = [RouteState(state_dir, name) for name in names]
    if not states or not all(state.folder.is_dir() for state in states):
        who = f"route '{route}' has not" if route else "no route has"
        message = f"{who} learnt anything yet: `wye route learn` makes it"
        raise NotFoundError(message)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode([_facts(state, settings) for state in states])))
        return
    for state in states:
        for line in _lines(state, settings):
            click.echo(line)


def _facts(state: RouteState, settings: Settings) -> dict[str, object]:
    active = state.active()
    serving = standing(state, active, settings).serving if active else UNMEASURED
    return {
        "route": state.route,
        "active": active,
        "in_force": serving.certificate,
        "why_not": serving.why_not,
        "history": state.history(),
        "revisions": listed(state.revisions),
        "certificates": certificates(state.certificates),
        "withdrawn": list(state.withdrawn().values()),
    }


def _lines(state: RouteState, settings: Settings) -> Iterator[str]:
    active = state.active()
    yield told(state, active, settings)
    if state.route != "auto" and state.route not in settings.routes:
        yield "  wye.yaml has no such route (any more)"
    serving = active.revision if active else ""
    yield from columns([_row(revision, serving) for revision in listed(state.revisions)], 2)
    gone_by_now = state.withdrawn()
    held = [one for one in certificates(state.certificates) if one.id not in gone_by_now]
    holds = standing(state, active, settings).serving.certificate if active else ""
    yield from columns([_claim(one, active, holds) for one in held], 2)
    for gone in gone_by_now.values():
        yield f"  certificate {gone.certificate} was withdrawn {utc(gone.at)} UTC: {gone.why}"


def _claim(one: Certificate, active: Active | None, holds: str) -> tuple[str, ...]:
    if one.id == holds:
        how = "in force"
    elif time.time() >= one.expires:
        how = "expired"
    else:
        how = "void" if active and active.certificate == one.id else ""
    return (
        how,
        f"certificate {one.id}",
        f"of {one.revision}",
        f"{1 - one.epsilon:.1%} of the strong model's quality",
        f"{one.strong_share:.0%} to the strong model",
        f"until {utc(one.expires)} UTC",
    )


def _row(revision: Revision, serving: str) -> tuple[str, ...]:
    labels = min((revision.labels.get(name, 0) for name in (revision.strong, revision.weak)), default=0)
    return (
        "serves" if revision.id == serving else "",
        revision.id,
        utc(revision.made_at),
        f"{revision.strong} / {revision.weak}",
        f"{labels:,} labels" if labels else "no labels: a guess",
    )
