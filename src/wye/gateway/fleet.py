"""The deployments there are: the embedded engine's, configured ones, and what discovery finds."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from wye.catalog.deployments import Deployment, Endpoint, Timeouts
from wye.config.settings import Settings
from wye.providers.discovery import Answer, Discovered, discover, dynamic
from wye.providers.discovery.probe import MAX_BODY
from wye.providers.egress import Egress
from wye.providers.embedded.engine import CHAT_ID, EMBEDDING_ID, EmbeddedEngine
from wye.providers.embedded.weights import EmbeddedUnavailableError
from wye.providers.transport.transport import Transport

_PROBE = Timeouts(connect=0.5, first_byte=1.0, idle=1.0, total=2.0)
_EMBEDDED = frozenset({CHAT_ID, EMBEDDING_ID})


class Fleet:
    """Starts the embedded engine, looks around, and looks again when asked.

    Attributes: `deployments`, those of the engine last; `missing` and `notes` for the start-up panel.
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
        self._found = Discovered((), (), (), {})

    async def start(self) -> None:
        """Start the engine and look around, side by side. An engine that fails is left out and noted."""
        work = [self._look(self._settings)]
        if self._engine is not None:
            work.append(self._start_engine(self._engine))
        await asyncio.gather(*work)

    async def rediscover(self, settings: Settings) -> bool:
        """Look around again under `settings`; say whether anything is different now."""
        before = self._found.deployments
        await self._look(settings)
        return self._found.deployments != before

    async def stop(self) -> None:
        """Stop the engine, once it has finished what it serves."""
        if self._engine is not None:
            await self._engine.drain_and_stop()

    @property
    def deployments(self) -> tuple[Deployment, ...]:
        """Every deployment, configured and found ones first."""
        own = self._engine.deployments if self._engine is not None else ()
        taken = {deployment.id for deployment in self._found.deployments}
        return (*self._found.deployments, *(one for one in own if one.id not in taken))

    @property
    def missing(self) -> tuple[str, ...]:
        """What to set for a lane that nothing serves."""
        return self._found.missing

    @property
    def notes(self) -> tuple[str, ...]:
        """What was seen and not used, and why."""
        return (*self._found.notes, *((self._no_engine,) if self._no_engine else ()))

    def dynamic(self, name: str) -> Deployment | None:
        """Return a deployment for `provider/any-model` of a provider with a key."""
        return dynamic(self._found, name)

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

    async def _look(self, settings: Settings) -> None:
        self._found = await discover(settings, self._environ, self._probe)

    async def _probe(self, endpoint: Endpoint, method: bytes, target: bytes) -> Answer:
        """Ask a server on loopback what it is. Carries no request data and no key."""
        grant = self._egress.admit_operator(endpoint, "discovery", _PROBE)
        response = await self._transport.send(grant, method, target)
        body = await response.read(MAX_BODY)
        return Answer(response.status, response.headers, body)
