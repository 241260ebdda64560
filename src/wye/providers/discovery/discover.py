"""One look around: configuration, environment and loopback."""

import asyncio
from collections.abc import Mapping, Sequence

import msgspec

from wye.catalog.accounts import Account, provider_deployment
from wye.catalog.deployments import Deployment
from wye.catalog.lanes import VARIABLES
from wye.catalog.prices import PriceList
from wye.catalog.provider import Provider
from wye.catalog.providers import ENGINES as ROWS
from wye.catalog.providers import PROVIDERS
from wye.config.settings import Settings
from wye.config.upstreams import ProviderSettings
from wye.providers.discovery.configured import accounts, declared, hints
from wye.providers.discovery.engines import ENGINES, Engine, Seen
from wye.providers.discovery.probe import Conversation, Probe
from wye.providers.discovery.processes import foreign

LONGEST_NAME = 200


class Discovered(msgspec.Struct, frozen=True):
    """What was found."""

    deployments: tuple[Deployment, ...]
    """Declared ones first, then by provider. Lane None = unknown, which nothing permits."""
    missing: tuple[str, ...]
    """What to set for a lane that nothing serves."""
    notes: tuple[str, ...]
    """What was seen and not used, and why."""
    accounts: dict[str, Account]
    """By provider id: what `dynamic` needs."""


class _Look(msgspec.Struct, frozen=True):
    """What one port turned out to be."""

    deployments: tuple[Deployment, ...] = ()
    notes: tuple[str, ...] = ()


async def discover(
    settings: Settings, environ: Mapping[str, str], probe: Probe, engines: Sequence[Engine] = ENGINES
) -> Discovered:
    """Look around once, for at most `settings.discovery.seconds`. Sends no prompt, and no key to loopback.

    Raises `ValueError` for a base URL or network in the settings that cannot be parsed.
    """
    prices = PriceList.load()
    found = accounts(settings, environ, {**PROVIDERS, **ROWS})
    looks = await _look_around(settings, probe, engines)
    seen = [one for look in looks for one in look.deployments]
    written = declared(settings, environ, found.by_id, seen, prices)
    offered = [one for account in found.by_id.values() for one in account.deployments(prices)]
    everything = [*written.deployments, *offered, *seen]
    by_id = {one.id: one for one in reversed(everything)}  # what was written down wins
    noted = [*found.notes, *written.notes, *(note for look in looks for note in look.notes)]
    return Discovered(
        deployments=tuple(reversed(by_id.values())),
        missing=hints(by_id.values(), VARIABLES),
        notes=tuple(noted),
        accounts=found.by_id,
    )


def dynamic(found: Discovered, name: str) -> Deployment | None:
    """Return a deployment for `provider/any-model` of a provider with a key; None = there is none.

    A model that the price list does not know has no price. Engines serve only what they listed.
    """
    provider, slash, model = name.partition("/")
    account = found.accounts.get(provider)
    if account is None or not slash or not _is_name(model):
        return None
    if account.only is not None and model not in account.only:
        return None
    return provider_deployment(account, model, PriceList.load())


def _is_name(model: str) -> bool:
    return 0 < len(model) <= LONGEST_NAME and model.isprintable() and " " not in model


async def _look_around(settings: Settings, probe: Probe, engines: Sequence[Engine]) -> list[_Look]:
    """Ask all ports at once; who has not answered in time is left out."""
    by_port: dict[int, list[Engine]] = {}
    for engine in engines if settings.discovery.engines else ():
        given = settings.providers.get(engine.id, ProviderSettings())
        if given.enabled and given.base_url is None:  # else the operator has said where it is
            for port in engine.ports:
                by_port.setdefault(port, []).append(engine)
    if not by_port:
        return []
    talks = {port: Conversation(probe, port) for port in by_port}
    tasks = {port: asyncio.create_task(_look(talks[port], by_port[port])) for port in by_port}
    try:
        await asyncio.wait(tasks.values(), timeout=settings.discovery.seconds)
    finally:
        for task in tasks.values():
            task.cancel()
        results = await asyncio.gather(*tasks.values(), return_exceptions=True)
    looks = []
    for port, result in zip(tasks, results, strict=True):
        if isinstance(result, _Look):
            looks.append(result)
        elif isinstance(result, asyncio.CancelledError):
            looks.append(_Look(notes=(f"127.0.0.1:{port} did not answer in time",)))
        elif isinstance(result, BaseException):
            raise result
    return looks


async def _look(talk: Conversation, engines: Sequence[Engine]) -> _Look:
    port = talk.endpoint.port
    for engine in engines:
        sighting = await engine.ask(talk)
        if sighting is None:
            continue
        reason = await _unproven(talk, engine)
        models = [one for one in sighting.models if _is_name(one.model)]
        made = tuple(_seen(talk, engine, sighting.title, one, proven=reason is None) for one in models)
        where = f"{sighting.title} at 127.0.0.1:{port}"
        note = f"{where} is not proven local: {reason}; if it is, declare it in wye.yaml"
        return _Look(made, () if reason is None else (note,))
    if talk.wants_key:
        return _Look(notes=(f"127.0.0.1:{port} wants a key; declare it in wye.yaml under deployments",))
    return _Look()


async def _unproven(talk: Conversation, engine: Engine) -> str | None:
    if talk.proxy:
        return f"its answers carry '{talk.proxy}'"
    return await asyncio.to_thread(foreign, talk.endpoint.port, engine.is_process)


def _seen(talk: Conversation, engine: Engine, title: str, one: Seen, *, proven: bool) -> Deployment:
    row = ROWS.get(engine.id, Provider(engine.id))
    return Deployment(
        id=f"{engine.id}/{one.model}",
        model=one.model,
        provider=engine.id,
        lane=one.lane if proven else None,
        endpoint=talk.endpoint,
        found_by=f"{title} at {talk.endpoint.authority}" + ("" if proven else ", not proven local"),
        also=row.also,
        operations=one.operations,
        profile=one.profile,
        slots=one.slots,
        spelling=row.variant(one.model).spelling or row.spelling,
    )
