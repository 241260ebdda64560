"""Providers with a key, and the deployments they make."""

import re
from urllib.parse import urlsplit

import msgspec

from wye.catalog.deployments import Deployment, Endpoint, Profile
from wye.catalog.names import lane_of, operations_of
from wye.catalog.prices import PriceList
from wye.catalog.provider import Provider
from wye.core.lane import Lane
from wye.core.secret import Secret


class Account(msgspec.Struct, frozen=True):
    """A provider with a key: enough to name any of its models in a request.

    `endpoint`, `lane`, `region` and `only` are the operator's word, over what the catalogue says.
    """

    provider: Provider
    key: Secret | None
    found_by: str
    endpoint: Endpoint
    lane: Lane | None = None
    region: str | None = None
    only: frozenset[str] | None = None
    """Serve no other models; None = any."""

    def deployments(self, prices: PriceList) -> tuple[Deployment, ...]:
        """Return the models offered by default."""
        return tuple(provider_deployment(self, model.id, prices) for model in self.provider.models)


def provider_deployment(account: Account, model: str, prices: PriceList) -> Deployment:
    """Build the deployment of any model name at a provider: `provider/model` in a request.

    A name the catalogue does not know has no price and an empty profile: unknown, not free.
    """
    provider = account.provider
    known = next((row for row in provider.models if row.id == model), None)
    profile = (
        Profile(context_tokens=prices.context_tokens(provider.id, model)) if known is None else known.profile
    )
    if provider.is_strong(model):
        profile = msgspec.structs.replace(profile, strong=True)
    variant = provider.variant(model)
    return Deployment(
        id=f"{provider.id}/{model}",
        model=model,
        provider=provider.id,
        lane=account.lane or lane_of(model),
        endpoint=account.endpoint,
        found_by=account.found_by,
        protocol=variant.protocol or provider.protocol,
        also=provider.also if variant.also is None else variant.also,
        operations=operations_of(model),
        region=account.region or provider.region,
        api_key=account.key,
        profile=profile,
        price=prices.find(provider.id, model),
        spelling=variant.spelling or provider.spelling,
    )


def endpoint_of(url: str) -> Endpoint:
    """Read a base URL. Raises `ValueError` that says what is wrong.

    Only `scheme://host[:port][/path]`: credentials, a query or a fragment do not belong in one.
    """
    if re.search(r"[^!-~]", url):
        message = "a base URL is printable ASCII without spaces"
        raise ValueError(message)
    try:
        parts = urlsplit(url)
        given = parts.port
    except ValueError:  # which quotes what may be half of a credential
        message = "a port is a number up to 65535, and what stands in brackets is an IPv6 address"
        raise ValueError(message) from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        message = "a base URL starts with http:// or https:// and a host"
        raise ValueError(message)
    if parts.username is not None or parts.query or parts.fragment:
        message = "a base URL has no credentials, query or fragment"
        raise ValueError(message)
    port = given if given is not None else (443 if parts.scheme == "https" else 80)
    return Endpoint(parts.scheme, parts.hostname, port, parts.path.rstrip("/"))
