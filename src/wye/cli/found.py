"""What there is on this machine, looked at as `wye serve` does, without starting anything."""

import os
from pathlib import Path
from typing import NamedTuple

import msgspec

from wye.catalog.deployments import Deployment
from wye.config.settings import EmbeddedSettings, Settings
from wye.gateway.fleet import Fleet
from wye.providers.egress import Egress
from wye.providers.embedded.engine import EmbeddedEngine
from wye.providers.embedded.weights import EmbeddedUnavailableError
from wye.providers.transport.proxy import ProxySettings
from wye.providers.transport.transport import Transport
from wye.routing.router import Dynamic


class Found(NamedTuple):
    """What was found under some settings."""

    deployments: tuple[Deployment, ...]
    dynamic: Dynamic
    """Makes a deployment of a name that a provider's key reaches."""
    missing: tuple[str, ...]
    """What to set for a lane that nothing serves."""
    notes: tuple[str, ...]
    """What was seen and not used, and why."""


async def look(settings: Settings, state_dir: Path) -> Found:
    """Look around under `settings`."""
    egress = Egress(ProxySettings.from_environ(os.environ))
    transport = Transport(egress)
    idle = msgspec.structs.replace(settings, embedded=EmbeddedSettings(enabled=False))
    try:
        fleet = Fleet(idle, state_dir, os.environ, egress, transport)
        await fleet.start()
    finally:
        await transport.aclose()
    found = fleet.all_of(fleet.found)
    taken = {one.id for one in found}
    embedded = await _embedded(settings.embedded, state_dir) if settings.embedded.enabled else ()
    return Found(
        (*found, *(one for one in embedded if one.id not in taken)),
        fleet.dynamic_of(fleet.found),
        fleet.missing,
        fleet.notes,
    )


async def _embedded(settings: EmbeddedSettings, state_dir: Path) -> tuple[Deployment, ...]:
    """Return what the engine that comes with wye would serve; nothing when it is not installed."""
    try:
        engine = EmbeddedEngine(settings, state_dir)
    except EmbeddedUnavailableError:
        return ()
    deployments = engine.deployments
    await engine.drain_and_stop(0)  # it was not started, but it holds its ports
    return tuple(deployments)
