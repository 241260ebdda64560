"""`wye route activate` and `wye route rollback`: what is learnt serves when a person says so."""

from pathlib import Path

import click

from wye.cli.options import config_option, state_dir_option, utc
from wye.cli.route.known import known_route, standing
from wye.config.load import find, load
from wye.config.settings import Settings
from wye.routing import certificate as certificates
from wye.routing.revision import read
from wye.routing.state import Active, RouteState

_ACTIVATE = """
\b
Examples:
  wye route activate auto 3f0c2a9d1b7e4856
  wye route activate auto 3f0c2a9d1b7e4856 --certificate 9a1e
"""
_ROLLBACK = """
\b
Examples:
  wye route rollback auto
"""


@click.command(epilog=_ACTIVATE)
@click.argument("route")
@click.argument("revision")
@click.option("--certificate", default="", help="The certificate to serve under. Default: none.")
@config_option
@state_dir_option
def activate(*, route: str, revision: str, certificate: str, config: Path | None, state_dir: Path) -> None:
    """Let REVISION serve ROUTE. Without a certificate that holds the strong model goes on serving.

    A running gateway takes it over within two seconds. Both may be the beginning of an id.
    """
    settings = load(find(config))
    known_route(settings, route)
    state = RouteState(state_dir, route)
    id_ = one_of(revision, [path.name for path in state.revisions.glob("*")], f"revisions of route '{route}'")
    learnt = read(state.revisions, id_)
    if certificate:
        known = [path.stem for path in state.certificates.glob("*.json")]
        certificate = one_of(certificate, known, f"certificates of route '{route}'")
        _holds(state, Active(learnt.revision.id, certificate), settings)
    click.echo(told(state, state.activate(learnt.revision.id, certificate), settings))


def _holds(state: RouteState, active: Active, settings: Settings) -> None:
    """Raise `click.UsageError` unless the certificate is the revision's, and holds."""
    earned = certificates.read(state.certificates, active.certificate).revision
    found = standing(state, active, settings)
    if earned != active.revision:
        message = f"certificate {active.certificate} is not of revision {active.revision} but of {earned}"
    elif found.certificate is None:
        message = found.serving.why_not
    else:
        return
    raise click.UsageError(message)


@click.command(epilog=_ROLLBACK)
@click.argument("route")
@config_option
@state_dir_option
def rollback(*, route: str, config: Path | None, state_dir: Path) -> None:
    """Let what served ROUTE before serve again; twice goes back twice."""
    settings = load(find(config))
    known_route(settings, route)
    state = RouteState(state_dir, route)
    click.echo(told(state, state.roll_back(), settings))


def told(state: RouteState, active: Active | None, settings: Settings) -> str:
    """Say in a line what serves."""
    if active is None:
        return f"{state.route}: nothing learnt serves; the strong model does"
    since = f"since {utc(active.since)} UTC"
    if not active.certificate:
        return f"{state.route}: revision {active.revision} serves without a certificate, {since}"
    found = standing(state, active, settings)
    if found.certificate is None:
        return f"{state.route}: the strong model serves: {found.serving.why_not}"
    return f"{state.route}: revision {active.revision} serves under certificate {active.certificate}, {since}"


def one_of(given: str, known: list[str], what: str) -> str:
    """Return the only one of `known` that begins with `given`."""
    found = [given] if given in known else sorted(one for one in known if one.startswith(given))
    if len(found) == 1:
        return found[0]
    wrong = f"several begin with '{given}'" if found else f"none begins with '{given}'"
    message = f"{what}: {wrong}; `wye route show` lists them"
    raise click.UsageError(message)
