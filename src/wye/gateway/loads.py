"""Asks own engines how full they are, once a second while they have something to do.

What is asked carries nothing of any request, and is not asked of an engine nobody uses. One that does not
say is asked less and less often, at last every 30 s; what tells of its queue then is how soon it answers.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Sequence

from wye.catalog.deployments import Deployment, Endpoint, Timeouts
from wye.core.errors import EgressRefusedError
from wye.core.lane import Lane
from wye.gateway.runtime import Runtime, Snapshot
from wye.gateway.target import credentials
from wye.providers.discovery.queues import MAX_BODY, TARGETS, Queue, read_queue
from wye.providers.egress import Egress
from wye.providers.transport.errors import TransportError
from wye.providers.transport.transport import Transport

ASK_SECONDS = 1.0
MOST_SECONDS = 30.0
"""Between two times that one is asked that did not say: it may just be starting."""
_PATIENCE = Timeouts(connect=0.5, first_byte=1.0, idle=1.0, total=2.0)
_OK = 200
_NEVER = (0.0, ASK_SECONDS)
_KNOWN = "embedded"
"""An engine that nobody else uses: what is under way there is all that is."""


class Loads:
    """Asks the engines behind own deployments. One that is slow to answer keeps no other waiting."""

    def __init__(self, runtime: Runtime, egress: Egress, transport: Transport) -> None:
        self._runtime = runtime
        self._egress = egress
        self._transport = transport
        self._now: Snapshot | None = None
        self._engines: dict[Endpoint, list[Deployment]] = {}
        """As of `_now`."""
        self._silent: dict[Endpoint, tuple[float, float]] = {}
        """Until when an engine that did not say is left alone, and for how long that is."""
        self._where: dict[Endpoint, bytes] = {}
        self._asking: dict[Endpoint, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Ask until cancelled."""
        try:
            while True:
                await asyncio.sleep(ASK_SECONDS)
                self._look()
        finally:
            asking = list(self._asking.values())
            for task in asking:
                task.cancel()
            await asyncio.gather(*asking, return_exceptions=True)

    def _look(self) -> None:
        if self._runtime.now is not self._now:
            self._now = self._runtime.now
            self._engines = _engines(self._now.deployments)
        now = time.monotonic()
        for endpoint, deployments in self._engines.items():
            if endpoint in self._asking or self._silent.get(endpoint, _NEVER)[0] > now:
                continue
            if any(self._worth_asking(deployment.id) for deployment in deployments):
                self._asking[endpoint] = asyncio.create_task(self._ask(endpoint, deployments))

    def _worth_asking(self, deployment_id: str) -> bool:
        """Tell whether it has something to do, or is spared because others have filled it."""
        load = self._runtime.health.load(deployment_id)
        return load is not None and bool(load.busy or load.saturated)

    async def _ask(self, endpoint: Endpoint, deployments: Sequence[Deployment]) -> None:
        try:
            await self._find(endpoint, deployments)
        finally:
            del self._asking[endpoint]

    async def _find(self, endpoint: Endpoint, deployments: Sequence[Deployment]) -> None:
        known = self._where.get(endpoint)
        for target in TARGETS if known is None else (known,):
            queue = await self._get(endpoint, deployments[0], target)
            if queue is not None:
                self._where[endpoint] = target
                self._silent.pop(endpoint, None)
                for deployment in deployments:
                    self._runtime.health.told(deployment.id, *queue)
                return
        self._where.pop(endpoint, None)
        if known is None:
            pause = min(2 * self._silent.get(endpoint, _NEVER)[1], MOST_SECONDS)
            self._silent[endpoint] = (time.monotonic() + pause, pause)

    async def _get(self, endpoint: Endpoint, deployment: Deployment, target: bytes) -> Queue | None:
        path = endpoint.base_path.removesuffix("/v1").encode() + target
        lines = credentials(deployment.protocol, deployment.api_key)
        head = b"".join(line + b"\r\n" for line in lines)
        try:
            grant = self._egress.admit_operator(endpoint, "load", _PATIENCE)
            response = await self._transport.send(grant, b"GET", path, head)
            body = await response.read(MAX_BODY)
        except (TransportError, EgressRefusedError, OSError):
            return None
        return read_queue(body) if response.status == _OK else None


def _engines(deployments: Sequence[Deployment]) -> dict[Endpoint, list[Deployment]]:
    """Return own deployments by the engine that serves them."""
    engines: defaultdict[Endpoint, list[Deployment]] = defaultdict(list)
    for deployment in deployments:
        if deployment.lane is Lane.OWN and deployment.provider != _KNOWN:
            engines[deployment.endpoint].append(deployment)
    return dict(engines)
