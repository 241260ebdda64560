"""Routes that there are, and what serves them."""

import time
from collections.abc import Iterator

import click

from wye.catalog.deployments import Deployment, Endpoint
from wye.config.settings import Settings
from wye.config.strategies import RouteSettings
from wye.routing.revision import Learnt, read
from wye.routing.serving import InForce, under
from wye.routing.state import Active, RouteState

_NOWHERE = Endpoint("https", "declared.invalid", 443)


def known_route(settings: Settings, name: str) -> RouteSettings:
    """Return the settings of a route. Raises `click.UsageError` that lists those there are."""
    if name == "auto":
        return settings.auto
    if name not in settings.routes:
        known = ", ".join(("auto", *settings.routes))
        message = f"there is no route '{name}' in wye.yaml; there are: {known}"
        raise click.UsageError(message)
    return settings.routes[name]


def standing(state: RouteState, active: Active, settings: Settings) -> InForce:
    """Return what `active` comes to: whether its certificate holds now, by what wye.yaml declares."""
    route = settings.auto if state.route == "auto" else settings.routes.get(state.route, RouteSettings())
    return under(state, active, route, _declared(settings), time.time(), _learnt)


def _declared(settings: Settings) -> Iterator[Deployment]:
    """Yield what a certificate is held against: names, models and builds. Nothing is asked of them."""
    for id_, one in settings.deployments.items():
        whose = one.provider or "custom"
        yield Deployment(id_, one.model, whose, one.lane, _NOWHERE, "wye.yaml", build=one.build)


def _learnt(state: RouteState, id_: str) -> Learnt:
    return read(state.revisions, id_)
