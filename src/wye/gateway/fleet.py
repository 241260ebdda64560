"""The deployments there are: the embedded engine's, configured ones, and what discovery finds."""

import asyncio
import functools
from collections.abc import Mapping
from pathlib import Path

import msgspec

from wye.catalog.deployments import Deployment, Endpoint, Timeouts
from wye.config.machines import share
from wye.config.settings import Settings
from wye.providers.discovery import Answer, Discovered, discover, dynamic
from wye.providers.discovery.probe import MAX_BODY
from wye.providers.egress import Egress
from wye.providers.embedded.engine import CHAT_ID, EMBEDDING_ID, EmbeddedEngine
from wye.providers.embedded.weights import EmbeddedUnavailableError
from wye.providers.transport.transport import Transport
from wye.routing.router import Dynamic

_PROBE = Timeouts(connect=0.5, first_byte=1.0, idle=1.0, total=2.0)
_EMBEDDED = frozenset({CHAT_ID, EMBEDDING_ID})


class Fleet:
    """Starts the embedded engine, looks around, and looks again when asked.

    Attributes: `found` is what the last look that is in force saw; `missing` and `notes` are for the start-up
    panel.
    """

    def __init__(
        self,
        settings: Settings,
        state_dir: Path,
        environ: Mapping[str, str],
        egress: Egress,
        transport: Transport,
    ) -> None:
        self._settings = settings
        self._environ = environ
        self._egress = egress
        self._transport = transport
        self._engine: EmbeddedEngine | None = None
        self._no_engine = ""
        if settings.embedded.enabled:
            try:
                self._engine = EmbeddedEngine(settings.embedded, state_dir)
            except EmbeddedUnavailableError as error:
                self._no_engine = f"no embedded model: {error}"
        self.found = Discovered((), (), (), {})

    async def start(self) -> None:
        """Start the engine and look around, side by side. An engine that fails is left out and noted."""
        looking = asyncio.create_task(self.look(self._settings))
        if self._engine is not None:
            await self._start_engine(self._engine)
        self.found = await looking

    async def look(self, settings: Settings) -> Discovered:
        """Look around under `settings`. Changes nothing."""
        return await discover(settings, self._environ, self._probe)

    async def stop(self) -> None:
        """Stop the engine, once it has finished what it serves."""
        if self._engine is not None:
            await self._engine.drain_and_stop()

    def all_of(self, found: Discovered) -> tuple[Deployment, ...]:
        """Return every deployment: configured and found ones, then the engine's."""
        own = self._own()
        taken = {deployment.id for deployment in found.deployments}
        return (*found.deployments, *(one for one in own if one.id not in taken))

    def _own(self) -> tuple[Deployment, ...]:
        """Return what the engine serves, at what its machines cost."""
        if self._engine is None:
            return ()
        made, name = self._engine.deployments, self._settings.embedded.machines
        if name is None:
            return made
        whole, energy = share(self._settings, name, self._settings.embedded.slots)
        return tuple(
            msgspec.structs.replace(one, machine_hour=whole, energy_hour=energy) if one.id == CHAT_ID else one
            for one in made
        )

    @property
    def missing(self) -> tuple[str, ...]:
        """What to set for a lane that nothing serves."""
        return self.found.missing

    @property
    def notes(self) -> tuple[str, ...]:
        """What was seen and not used, and why."""
        return (*self.found.notes, *((self._no_engine,) if self._no_engine else ()))

    @staticmethod
    def dynamic_of(found: Discovered) -> Dynamic:
        """Return what makes a deployment of `provider/any-model`, for a provider with a key."""
        return functools.partial(dynamic, found)

    def reason_down(self, deployment_id: str) -> str:
        """Why one of the engine's deployments does not serve now; empty = it does, or is not one of them."""
        if self._engine is None or deployment_id not in _EMBEDDED:
            return ""
        return self._engine.reason_down(deployment_id) or ""

    async def _start_engine(self, engine: EmbeddedEngine) -> None:
        try:
            await engine.start()
        except EmbeddedUnavailableError as error:
            self._no_engine = f"no embedded model: {error}"
            self._engine = None

    async def _probe(self, endpoint: Endpoint, method: bytes, target: bytes) -> Answer:
        """Ask a server on loopback what it is. Carries no request data and no key."""
        grant = self._egress.admit_operator(endpoint, "discovery", _PROBE)
        response = await self._transport.send(grant, method, target)
        body = await response.read(MAX_BODY)
        return Answer(response.status, response.headers, body)
