"""Forward proxies, as the environment names them."""

import base64
import ipaddress
from collections.abc import Mapping
from urllib.parse import SplitResult, unquote, urlsplit

import msgspec

from wye.catalog.deployments import Endpoint, Network
from wye.core.secret import Secret

_PORT = 80


class Proxy(msgspec.Struct, frozen=True):
    """An HTTP proxy. `credentials` is the value of Proxy-Authorization."""

    host: str
    port: int
    credentials: Secret | None = None


class ProxySettings(msgspec.Struct, frozen=True):
    """Which proxy serves which scheme, and which hosts none. Read once, at start."""

    http: Proxy | None = None
    https: Proxy | None = None
    bypass: tuple[str, ...] = ()
    """Entries of NO_PROXY: `*`, `host`, `.suffix`, `host:port`, an address, or a CIDR block."""

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "ProxySettings":
        """Read HTTP_PROXY, HTTPS_PROXY and NO_PROXY; the lower-case name wins, as curl has it.

        Raises `ValueError`, without the value, for what is not an `http://` proxy URL.
        """

        def value(name: str) -> str:
            return environ.get(name.lower()) or environ.get(name) or ""

        entries = (entry.strip().lower() for entry in value("NO_PROXY").split(","))
        return cls(
            http=_parse("HTTP_PROXY", value("HTTP_PROXY")),
            https=_parse("HTTPS_PROXY", value("HTTPS_PROXY")),
            bypass=tuple(entry for entry in entries if entry),
        )

    def choose(self, endpoint: Endpoint) -> Proxy | None:
        """Return the proxy for `endpoint`, or None for a direct connection.

        An endpoint with `networks` is always direct: behind a proxy nobody could check its address.
        """
        proxy = self.https if endpoint.scheme == "https" else self.http
        if proxy is None or endpoint.networks is not None or self._bypassed(endpoint):
            return None
        return proxy

    def _bypassed(self, endpoint: Endpoint) -> bool:
        host = endpoint.host.lower().rstrip(".")
        return any(_matches(entry, host, endpoint.port) for entry in self.bypass)


def _matches(entry: str, host: str, port: int) -> bool:
    if entry == "*":
        return True
    network = _network(entry)
    if network is not None:
        block = _network(host)
        return block is not None and block.version == network.version and block[0] in network
    name, separator, entry_port = entry.rpartition(":")
    if separator:
        if entry_port != str(port):
            return False
        entry = name
    entry = entry.removeprefix("*").removeprefix(".").rstrip(".")
    return bool(entry) and (host == entry or host.endswith("." + entry))


def _network(text: str) -> Network | None:
    try:
        return ipaddress.ip_network(text.strip("[]"), strict=False)
    except ValueError:
        return None


def _parse(name: str, url: str) -> Proxy | None:
    if not url:
        return None
    parts = _split(url if "://" in url else f"http://{url}")
    if parts is None or not parts.hostname:
        message = f"{name} must be http://[user:password@]host[:port]"
        raise ValueError(message)
    credentials = None
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        credentials = Secret("Basic " + base64.b64encode(pair.encode()).decode())
    return Proxy(parts.hostname, parts.port or _PORT, credentials)


def _split(url: str) -> SplitResult | None:
    """Return the parts of a proxy's URL; None = it is none. What `urlsplit` says may quote a password."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    # Half of a password may stand behind a `/`, `?` or `#` in it that is not spelled as %2F and the like.
    rest = parts.path.strip("/") + parts.query + parts.fragment
    return parts if parts.scheme == "http" and port != 0 and not rest else None
