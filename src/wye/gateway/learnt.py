"""What routes have learnt, as the gateway has it in force, and when to look at the files again."""

import logging
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from wye.catalog.deployments import Deployment
from wye.config.settings import Settings
from wye.config.strategies import RouteSettings
from wye.config.watch import Stamp, stamp
from wye.routing.measured import Serving
from wye.routing.revision import Learnt, read
from wye.routing.serving import InForce, in_force
from wye.routing.state import RouteState

log = logging.getLogger("wye")


def routes_of(settings: Settings) -> dict[str, RouteSettings]:
    """Return every route by name, `auto` among them."""
    return {**settings.routes, "auto": settings.auto}


class Look(NamedTuple):
    """What files and clock say; nothing of it holds until it is taken."""

    in_force: dict[str, InForce]
    """By route."""
    stamps: dict[Path, Stamp | None]

    @property
    def serving(self) -> dict[str, Serving]:
        """What a router is told."""
        return {name: one.serving for name, one in self.in_force.items()}


class LearntRoutes:
    """Reads the routes' state, and remembers revisions: heads are read once."""

    def __init__(self, state_dir: Path, clock: Callable[[], float] = time.time) -> None:
        self._state_dir = state_dir
        self._clock = clock
        self._known: dict[tuple[str, str], Learnt] = {}
        self._stamps: dict[Path, Stamp | None] = {}
        self._until = float("inf")
        self._refused: dict[str, str] = {}
        self.in_force: dict[str, InForce] = {}
        """By route."""

    def state(self, route: str) -> RouteState:
        """Return the files of a route."""
        return RouteState(self._state_dir, route)

    def refuse(self, certificate: str, why: str) -> None:
        """Let a certificate hold no longer, whatever files say. For as long as the gateway runs."""
        self._refused[certificate] = why

    def look(self, settings: Settings, deployments: Iterable[Deployment]) -> Look:
        """Read what may serve each route now."""
        now, there = self._clock(), tuple(deployments)
        states = {name: self.state(name) for name in routes_of(settings)}
        stamps = {path: stamp(path) for state in states.values() for path in _watched(state)}
        found = {
            name: self._unless_refused(in_force(states[name], route, there, now, self._learnt))
            for name, route in routes_of(settings).items()
        }
        return Look(found, stamps)

    def without(self, why: str) -> Look:
        """Return what is in force, less every certificate: where nothing else is known to be right."""
        bare = {
            name: InForce(Serving(one.serving.learnt, why_not=why)) for name, one in self.in_force.items()
        }
        return Look(bare, {path: stamp(path) for path in self._stamps})

    def take(self, look: Look) -> None:
        """Note that this is in force now."""
        before, self.in_force, self._stamps = self.in_force, *look
        ends = [one.certificate.expires for one in self.in_force.values() if one.certificate is not None]
        self._until = min(ends, default=float("inf"))
        used = {
            (name, one.serving.learnt.revision.id)
            for name, one in self.in_force.items()
            if one.serving.learnt
        }
        self._known = {key: learnt for key, learnt in self._known.items() if key in used}
        for name, one in self.in_force.items():
            _tell(name, before.get(name, InForce()), one)

    def changed(self) -> bool:
        """Tell whether files say something else, or a certificate has expired; poll it once a second."""
        if self._clock() >= self._until:
            return True
        return any(stamp(path) != before for path, before in self._stamps.items())

    def _unless_refused(self, found: InForce) -> InForce:
        id_ = found.serving.certificate
        if id_ not in self._refused:
            return found
        why = f"certificate {id_} was withdrawn: {self._refused[id_]}"
        return InForce(Serving(found.serving.learnt, why_not=why))

    def _learnt(self, state: RouteState, id_: str) -> Learnt:
        known = self._known.get((state.route, id_))
        if known is None:
            known = self._known[state.route, id_] = read(state.revisions, id_)
        return known


def _watched(state: RouteState) -> tuple[Path, Path]:
    return state.active_path, state.withdrawn_path


def _tell(route: str, before: InForce, now: InForce) -> None:
    if before.serving.identity == now.serving.identity:
        return
    revision = now.serving.learnt.revision.id if now.serving.learnt else "none"
    if now.certificate is not None:
        log.info("route '%s': revision %s serves under certificate %s", route, revision, now.certificate.id)
    else:
        log.warning("route '%s': revision %s, strong serves: %s", route, revision, now.serving.why_not)
