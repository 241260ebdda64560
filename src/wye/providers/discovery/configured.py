"""From settings and keys to accounts and deployments."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from wye.catalog.accounts import Account, provider_deployment
from wye.catalog.deployments import Deployment, Profile, Timeouts
from wye.catalog.prices import PriceList
from wye.catalog.provider import Model, Provider
from wye.catalog.providers import ENGINES, PROVIDERS
from wye.config.addresses import parse_endpoint
from wye.config.machines import share
from wye.config.prices import priced
from wye.config.settings import Settings
from wye.config.upstreams import DeploymentSettings, ProfileSettings, ProviderSettings
from wye.core.lane import Lane
from wye.core.request import Operation
from wye.core.spelling import Spelling
from wye.providers.discovery.credentials import Credential, from_environment, from_file

CONFIG = "wye.yaml"


class Accounts(msgspec.Struct, frozen=True):
    """Accounts by provider id, and what stood in the way of others."""

    by_id: dict[str, Account]
    notes: tuple[str, ...]


def accounts(settings: Settings, environ: Mapping[str, str], known: Mapping[str, Provider]) -> Accounts:
    """Return every provider that can be used: those with a key, and those that config gives an address.

    `known` are the catalogue's rows and the engines'.
    """
    by_id: dict[str, Account] = {}
    notes: list[str] = []
    names = {**PROVIDERS, **settings.providers} if settings.discovery.environment else settings.providers
    for name in names:
        given = settings.providers.get(name)
        if given is not None and not given.enabled:
            continue
        row = known.get(name, Provider(name))
        if not row.base_url and not _has_address(given):
            if name not in known:  # an engine is looked for instead
                notes.append(f"providers.{name} needs a base_url: it is not a provider wye knows")
            continue
        credential = _credential(given, row.variables, environ)
        if credential.problem:
            notes.append(credential.problem)
        elif credential.key is None and (_wants_key(given) or (row.variables and not _has_address(given))):
            if given is not None:
                wanted = given.api_key_env or row.variables[0]
                notes.append(f"providers.{name}: {wanted} is not set")
        else:
            by_id[name] = _account(row, given or ProviderSettings(), credential)
    return Accounts(by_id, tuple(notes))


def _wants_key(given: ProviderSettings | DeploymentSettings | None) -> bool:
    return given is not None and (given.api_key_env is not None or given.api_key_file is not None)


def _has_address(given: ProviderSettings | None) -> bool:
    return given is not None and given.base_url is not None


def _credential(
    given: ProviderSettings | DeploymentSettings | None,
    variables: tuple[str, ...],
    environ: Mapping[str, str],
) -> Credential:
    if given is not None and given.api_key_file is not None:
        return from_file(given.api_key_file, "api_key_file")
    if given is not None and given.api_key_env is not None:
        return from_environment(environ, (given.api_key_env,))
    return from_environment(environ, variables)


def _account(row: Provider, given: ProviderSettings, credential: Credential) -> Account:
    if given.protocol is not None:
        row = msgspec.structs.replace(row, protocol=given.protocol)
    if given.models is not None:
        offered = {model.id: model for model in row.models}
        row = msgspec.structs.replace(
            row, models=tuple(offered.get(name, Model(name)) for name in given.models)
        )
    return Account(
        provider=row,
        key=credential.key,
        found_by=credential.found_by or CONFIG,
        endpoint=parse_endpoint(given.base_url or row.base_url, given.networks, given.tls),
        lane=given.lane,
        region=given.region,
        only=None if given.models is None else frozenset(given.models),
    )


class Declared(msgspec.Struct, frozen=True):
    """The deployments written down in config, and what stood in the way of others."""

    deployments: tuple[Deployment, ...]
    notes: tuple[str, ...]


def declared(
    settings: Settings,
    environ: Mapping[str, str],
    known: Mapping[str, Account],
    seen: Iterable[Deployment],
    prices: PriceList,
) -> Declared:
    """Build them from the accounts, from engines that were `seen`, or from an address of their own."""
    on_loopback = {one.id: one for one in seen}
    made: list[Deployment] = []
    notes: list[str] = []
    for name, given in settings.deployments.items():
        credential = _credential(given, (), environ)
        account = known.get(given.provider or "") or _keyed(settings, given, credential)
        account = _reached(given, account, credential)
        found = on_loopback.get(f"{given.provider}/{given.model}")
        if credential.problem or (credential.key is None and _wants_key(given)):
            why = credential.problem or f"{given.api_key_env} is not set"
        elif account is not None:
            made.append(_deployment(name, given, provider_deployment(account, given.model, prices)))
            continue
        elif found is not None:
            made.append(_deployment(name, given, found))
            continue
        else:
            why = _unreached(settings, given.provider)
        notes.append(f"deployments.{name} is left out: {why}")
    return Declared(tuple(_with_machines(settings, made)), tuple(notes))


def _keyed(settings: Settings, given: DeploymentSettings, credential: Credential) -> Account | None:
    """Return the account of a deployment that names a provider and has its own key; None = it does not.

    Such a key is no discovery: the provider's own need not be there, nor be looked for.
    """
    name = given.provider or ""
    row = PROVIDERS.get(name) or ENGINES.get(name, Provider(name))
    provider = settings.providers.get(name, ProviderSettings())
    reachable = provider.enabled and (row.base_url or _has_address(provider))
    return _account(row, provider, credential) if credential.key is not None and reachable else None


def _unreached(settings: Settings, name: str | None) -> str:
    """Say why there is no account of a provider, nor an engine."""
    row, given = PROVIDERS.get(name or ""), settings.providers.get(name or "", ProviderSettings())
    if not given.enabled:
        return f"provider '{name}' is disabled"
    if row is None:
        return f"provider '{name}' has no key, or was not found on this machine"
    if name not in settings.providers and not settings.discovery.environment:
        return f"discovery.environment is false, and neither it nor `providers.{name}` names a key"
    return f"{given.api_key_env or row.variables[0]} is not set"


def _reached(given: DeploymentSettings, account: Account | None, credential: Credential) -> Account | None:
    """Return the account a deployment uses, with its own address and key in place; None = neither."""
    if given.base_url is not None:
        name = given.provider or "custom"
        row = ENGINES.get(name, Provider(name)) if account is None else account.provider
        key = None if account is None else account.key
        endpoint = parse_endpoint(given.base_url, given.networks, given.tls)
        return Account(row, credential.key or key, CONFIG, endpoint)
    if account is None:
        return None
    return msgspec.structs.replace(account, key=credential.key or account.key)


def _deployment(name: str, given: DeploymentSettings, base: Deployment) -> Deployment:
    limits = given.timeouts
    return msgspec.structs.replace(
        base,
        id=name,
        lane=given.lane or base.lane,
        region=given.region or base.region,
        build=given.build or base.build,
        found_by=CONFIG,
        protocol=given.protocol or base.protocol,
        operations=frozenset(Operation(one) for one in given.operations),
        profile=_profile(base.profile, given.profile),
        price=priced(given.price) or base.price,
        machine_hour=given.machine_hour,
        energy_hour=given.energy_hour,
        slots=max(given.slots, base.slots),
        concurrency=given.concurrency,
        queue=given.queue,
        queue_seconds=given.queue_seconds,
        retries=given.retries,
        timeouts=Timeouts(limits.connect, limits.first_byte, limits.idle, limits.total),
        also=base.also if given.also is None else frozenset(given.also),
        spelling=_spelling(base.spelling, given),
    )


def _with_machines(settings: Settings, made: Sequence[Deployment]) -> Iterator[Deployment]:
    """Give each deployment its share of its machines' hour."""
    for one in made:
        name = settings.deployments[one.id].machines
        if name is None:
            yield one
            continue
        whole, energy = share(settings, name, one.slots)
        saved = energy if one.energy_hour is None else one.energy_hour
        yield msgspec.structs.replace(one, machine_hour=whole, energy_hour=saved)


def _spelling(known: Spelling, given: DeploymentSettings) -> Spelling:
    """Return what is known, with what config says in its place: both have the same names."""
    said = {name: getattr(given, name) for name in Spelling.__struct_fields__}
    told = {name: frozenset(one) if isinstance(one, tuple) else one for name, one in said.items()}
    return msgspec.structs.replace(known, **{name: one for name, one in told.items() if one is not None})


def _profile(known: Profile, given: ProfileSettings) -> Profile:
    said = {field: value for field, value in msgspec.structs.asdict(given).items() if value is not None}
    return msgspec.structs.replace(known, **said)


def hints(deployments: Iterable[Deployment], lanes: Mapping[Lane, str]) -> tuple[str, ...]:
    """Say what to set for each lane that nothing serves."""
    served = {one.lane for one in deployments}
    return tuple(f"set {what} for the {lane} lane" for lane, what in lanes.items() if lane not in served)
