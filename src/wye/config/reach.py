"""Checks of providers and deployments: who serves, where, in which lane, with which key, at what price."""

import re
from collections.abc import Mapping
from functools import partial

from wye.catalog.providers import PROVIDERS
from wye.config.addresses import is_loopback, parse_endpoint, parse_network
from wye.config.certificates import check_authority, check_chain
from wye.config.draft import ENGINES, Draft
from wye.config.machines import check_served
from wye.config.prices import check_price
from wye.config.problems import Path, suggestion
from wye.config.upstreams import DeploymentSettings, ProviderSettings, TlsSettings
from wye.core.lane import Lane

_CURRENCY = re.compile(r"[A-Z]{3}\Z")
_LANES = "Add `lane: closed`, `hosted` or `own`"


def check_provider(draft: Draft, name: str, provider: ProviderSettings, environ: Mapping[str, str]) -> None:
    """Check an entry of `providers`."""
    path = ("providers", name)
    if name not in draft.known:
        if provider.base_url is None:
            what = "not a provider wye knows, so it needs a base_url"
            draft.say(path, what, suggestion(name, draft.known))
        if provider.lane is None:
            draft.say(path, "a new provider needs a lane", _LANES)
    elif provider.base_url is not None and provider.lane is None and name in ENGINES:
        draft.say(path, "with a base_url it needs a lane", "Add `lane: own` if the machine is yours")
    _not_own(draft, path, name, provider)
    _where(draft, path, provider, environ)


def check_deployment(
    draft: Draft, name: str, deployment: DeploymentSettings, environ: Mapping[str, str]
) -> None:
    """Check an entry of `deployments`."""
    path = ("deployments", name)
    _whose(draft, path, deployment)
    _not_own(draft, path, deployment.provider, deployment)
    if not deployment.operations:
        draft.say((*path, "operations"), "is empty", "Write `[chat]`, or leave it out")
    _where(draft, path, deployment, environ)
    _key_of_provider(draft, path, deployment, environ)
    if deployment.price is not None:
        check_price(draft, (*path, "price"), deployment.price)
    check_served(draft, path, deployment)
    for field, amount in (("machine_hour", deployment.machine_hour), ("energy_hour", deployment.energy_hour)):
        if amount is not None and amount < 0:
            draft.say((*path, field), "must not be negative")
        if amount is not None and deployment.lane not in (None, Lane.OWN):
            draft.say((*path, field), f"counts only in the own lane, this is {deployment.lane}")


def _whose(draft: Draft, path: Path, deployment: DeploymentSettings) -> None:
    """Check that a deployment has an address, from its provider or its own, and that its lane is known."""
    provider = deployment.provider
    if provider is not None and provider not in draft.providers:
        draft.no_provider((*path, "provider"), provider)
    if deployment.base_url is not None:
        if deployment.lane is None:
            draft.say(path, "with a base_url it needs a lane: who holds its data", _LANES)
    elif provider is None:
        draft.say(path, "needs a provider, or a base_url and a lane", "Add `provider: NAME`")
    elif provider in ENGINES:
        given = draft.settings.providers.get(provider)
        if given is None or given.base_url is None:
            what = "an engine has no address of its own; one on this machine is found without being declared"
            draft.say(path, what, "Add `base_url` and `lane`, or leave the deployment out")


def _key_of_provider(
    draft: Draft, path: Path, deployment: DeploymentSettings, environ: Mapping[str, str]
) -> None:
    """Warn of a deployment whose provider has no key for it, by which it would be left out."""
    name = deployment.provider or ""
    row = PROVIDERS.get(name)
    own = deployment.base_url or deployment.api_key_env or deployment.api_key_file
    if row is None or own or not row.variables:
        return
    given = draft.settings.providers.get(name)
    if given is None and not draft.settings.discovery.environment:
        what = "no key is looked for, as discovery.environment is false: this is left out"
        draft.say(path, what, f"Add `api_key_env: {row.variables[0]}`", fatal=False)
    elif given is None and not any(environ.get(one) for one in row.variables):
        what = f"{' or '.join(row.variables)} is not set: this is left out"
        draft.say((*path, "provider"), what, fatal=False)
    elif given is not None and not given.enabled:
        draft.say((*path, "provider"), f"providers.{name} is not enabled: this is left out", fatal=False)


def _not_own(
    draft: Draft, path: Path, provider: str | None, where: ProviderSettings | DeploymentSettings
) -> None:
    """Refuse to call a processor's API an own machine: what must stay inside would go there."""
    if where.lane is Lane.OWN and where.base_url is None and provider in draft.known - ENGINES:
        what = f"{provider} is a processor, not a machine of yours"
        draft.say((*path, "lane"), what, "Write `closed` or `hosted`, or give the base_url of your machine")


def _where(
    draft: Draft, path: Path, where: ProviderSettings | DeploymentSettings, environ: Mapping[str, str]
) -> None:
    """Check what providers and deployments share: URL, networks, TLS, credentials."""
    draft.empty((*path, "networks"), "Name a CIDR block, or remove the field for any public address")
    if where.networks is not None and not where.networks:
        draft.say((*path, "networks"), "is empty, so no address is acceptable", "Name a CIDR block")
    for number, text in enumerate(where.networks or ()):
        draft.attempt((*path, "networks", number), partial(parse_network, text))
    url = where.base_url
    if url is not None and draft.attempt((*path, "base_url"), lambda: parse_endpoint(url)):
        endpoint = parse_endpoint(url)
        if where.lane is Lane.OWN and where.networks is None and endpoint.networks is None:
            what = "an own machine that is not on this one must say which network it is in"
            draft.say(path, what, "Add `networks: [10.0.0.0/8]`, or wherever it is")
        keyed = where.api_key_env or where.api_key_file
        if endpoint.scheme == "http" and keyed and not is_loopback(endpoint.host):
            draft.say((*path, "base_url"), "sends its key unencrypted", "Use https://", fatal=False)
    _tls(draft, (*path, "tls"), where.tls)
    _credential(draft, path, where, environ)


def _credential(
    draft: Draft, path: Path, where: ProviderSettings | DeploymentSettings, environ: Mapping[str, str]
) -> None:
    variable, file = where.api_key_env, where.api_key_file
    if variable is not None and file is not None:
        draft.say((*path, "api_key_file"), "api_key_env is given as well", "Keep one of them")
    if (
        variable is not None
        and draft.variable((*path, "api_key_env"), variable)
        and not environ.get(variable)
    ):
        draft.say((*path, "api_key_env"), f"{variable} is not set: this is left out", fatal=False)
    if file is not None:
        draft.file((*path, "api_key_file"), file)


def _tls(draft: Draft, path: Path, tls: TlsSettings) -> None:
    cert, key = tls.client_cert_file, tls.client_key_file
    draft.pair(path, "client_cert_file", cert, "client_key_file", key)
    if cert is not None and key is not None:
        check_chain(draft, path, ("client_cert_file", cert), ("client_key_file", key), at_start=False)
    if tls.ca_file is not None:
        check_authority(draft, (*path, "ca_file"), tls.ca_file)
