"""Addresses in settings: where to listen, where a deployment is reached."""

import ipaddress
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from wye.catalog.accounts import endpoint_of
from wye.catalog.deployments import LOOPBACK, Endpoint, Network, Tls
from wye.config.upstreams import TlsSettings

_MAX_PORT = 65_535
_MAX_HOST = 253


class Address(NamedTuple):
    """Where the gateway listens."""

    host: str
    port: int

    @property
    def loopback(self) -> bool:
        """Only this machine can reach it."""
        return is_loopback(self.host)

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def is_loopback(host: str) -> bool:
    """Tell whether `host` is `localhost` or a loopback address, without asking a resolver."""
    address = _meant(host)
    return address.is_loopback if address else host.lower() == "localhost"


def parse_listen(text: str) -> Address:
    """Parse `host:port`, `[::1]:4000`, or `:4000` for every interface. Raises `ValueError`: why not."""
    host, colon, port = text.strip().rpartition(":")
    if not colon:
        message = "a host and a port are expected, as in 127.0.0.1:4000"
        raise ValueError(message)
    if not (port.isascii() and port.isdigit() and int(port) <= _MAX_PORT):
        message = f"the port must be a number up to {_MAX_PORT}"
        raise ValueError(message)
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
        if not isinstance(_literal(host), ipaddress.IPv6Address):
            message = "what stands in brackets must be an IPv6 address"
            raise ValueError(message)
    elif ":" in host:
        message = "an IPv6 address stands in brackets, as in [::1]:4000"
        raise ValueError(message)
    elif host and not _is_host(host):
        message = "the host is not a name or an address"
        raise ValueError(message)
    return Address(host or "0.0.0.0", int(port))


def parse_endpoint(
    base_url: str, networks: Sequence[str] | None = None, tls: TlsSettings | None = None
) -> Endpoint:
    """Parse a `base_url` from the configuration, never from a caller. Raises `ValueError` with the reason.

    Without `networks` an address that stands in the URL itself is its own permission when it is not
    public (loopback: the whole loopback network); a name must resolve to public addresses.
    """
    # These come first: what `endpoint_of` says may repeat the URL, and a URL may hold a secret.
    if "@" in base_url:
        message = "a URL must not hold credentials; name them with api_key_env"
        raise ValueError(message)
    if not base_url.lower().startswith(("http://", "https://")):
        message = "an http:// or https:// URL is expected"
        raise ValueError(message)
    if "?" in base_url or "#" in base_url:
        message = "a base URL has no query and no fragment"
        raise ValueError(message)
    endpoint = endpoint_of(base_url)
    host = endpoint.host
    if not (_is_host(host) or _literal(host)):
        message = "the host is not a name or an address"
        raise ValueError(message)
    if ".." in endpoint.base_path.split("/"):
        message = "the path must not climb with `..`"
        raise ValueError(message)
    blocks = tuple(parse_network(text) for text in networks) if networks is not None else _own_networks(host)
    trust = Tls(tls.ca_file, tls.client_cert_file, tls.client_key_file) if tls else Tls()
    return msgspec.structs.replace(endpoint, networks=blocks, tls=trust)


def parse_network(text: str) -> Network:
    """Parse a CIDR block; an address alone is a block of one. Raises `ValueError` with the reason."""
    try:
        return ipaddress.ip_network(text.strip())
    except ValueError as error:
        message = f"not a CIDR block such as 10.0.0.0/8 ({error})"
        raise ValueError(message) from None


def _own_networks(host: str) -> tuple[Network, ...] | None:
    if is_loopback(host):
        return LOOPBACK
    address = _meant(host)
    return None if address is None or address.is_global else (ipaddress.ip_network(address),)


def _literal(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _meant(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the address that is connected to: of an IPv4-mapped one (`::ffff:10.0.0.1`) the IPv4 address."""
    address = _literal(host)
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _is_host(text: str) -> bool:
    """Tell whether it can be a DNS name or an IPv4 address: letters, digits, hyphens, underscores, dots.

    One whose last part is a number is an address or nothing: resolvers read `0x7f.1` as 127.0.0.1, and a
    proxy may read `127.0.0.1.` so.
    """
    if text.rstrip(".").rpartition(".")[2][:1].isdigit() and _literal(text) is None:
        return False
    return (
        0 < len(text) <= _MAX_HOST
        and text.isascii()
        and all(c.isalnum() or c in "-_." for c in text)
        and not text.startswith((".", "-"))
        and ".." not in text
    )
