"""From a route's files to what a router is told: which revision serves, and whether its certificate holds.

Whatever is damaged, absent, expired, withdrawn or void says so in `Serving.why_not`, and the strong model
serves: nothing here can stop a gateway.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import msgspec

from wye.catalog.deployments import Deployment
from wye.config.strategies import RouteSettings
from wye.routing.certificate import Certificate, Facts, gate_hash, why_void
from wye.routing.certificate import read as read_certificate
from wye.routing.measured import UNMEASURED, Serving
from wye.routing.revision import Learnt
from wye.routing.state import Active, RouteState, StateError
from wye.routing.watch.judge import PROMPTS


class InForce(NamedTuple):
    """What serves a route."""

    serving: Serving = UNMEASURED
    certificate: Certificate | None = None
    """The one that holds; None = none does."""


def in_force(
    state: RouteState,
    route: RouteSettings,
    deployments: Iterable[Deployment],
    now: float,
    learnt_as: Callable[[RouteState, str], Learnt],
) -> InForce:
    """Return what serves a route at `now`, Unix seconds. `learnt_as`: reads a revision, or remembers it."""
    try:
        active = state.active()
    except StateError as error:
        return InForce(Serving(why_not=error.message))
    if active is None:
        return InForce()
    found = under(state, active, route, deployments, now, learnt_as)
    if route.shadow is None or found.certificate is not None or found.serving.learnt is None:
        return found
    why = f"{found.serving.why_not}; some conversations are shadowed"
    return InForce(msgspec.structs.replace(found.serving, why_not=why))


def under(  # noqa: PLR0913, PLR0917  # each is one fact
    state: RouteState,
    active: Active,
    route: RouteSettings,
    deployments: Iterable[Deployment],
    now: float,
    learnt_as: Callable[[RouteState, str], Learnt],
) -> InForce:
    """Return what would serve a route at `now` if `active` did."""
    learnt = None
    try:
        learnt = learnt_as(state, active.revision)
        if not active.certificate:
            return InForce(Serving(learnt, why_not="no certificate is in force"))
        if gone := state.withdrawn().get(active.certificate):
            return InForce(
                Serving(learnt, why_not=f"certificate {gone.certificate} was withdrawn: {gone.why}")
            )
        certificate = read_certificate(state.certificates, active.certificate)
    except StateError as error:
        return InForce(Serving(learnt, why_not=error.message))
    judge = route.shadow.judge if route.shadow is not None else None
    facts = Facts(
        learnt.revision, gate_hash(route.gate), tuple(deployments), judge or "", PROMPTS if judge else ""
    )
    void = why_void(certificate, facts, now)
    if not void and certificate.route != state.route:
        void = f"it was earned by route '{certificate.route}'"
    if void:
        return InForce(Serving(learnt, why_not=f"certificate {certificate.id} is void: {void}"))
    return InForce(
        Serving(learnt, certificate.id, certificate.threshold, certificate.band, why_not=""), certificate
    )
