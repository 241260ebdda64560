"""The only module that opens connections, and only for a grant.

A `Grant` is minted from a verdict that permits the deployment, or for the operator's own traffic, which
carries no request data. It binds an origin: where to connect, which resolved addresses are acceptable,
through which proxy. Every address is checked right before it is connected to, so neither DNS nor a
redirect (which is never followed) leads anywhere else.
"""

import asyncio
import socket
from collections import Counter
from typing import TYPE_CHECKING, Final

import msgspec

from wye.catalog.deployments import Deployment, Endpoint, Network, Timeouts, Tls
from wye.core.decision import Verdict
from wye.core.errors import EgressRefusedError
from wye.providers.transport import addresses
from wye.providers.transport.proxy import Proxy, ProxySettings

if TYPE_CHECKING:
    from wye.providers.transport.pool import Pool
    from wye.providers.transport.resolve import SocketAddress

OPERATOR: Final = "operator"
"""The scope of traffic that carries no request data."""

_MINT: Final = object()
_MAX_HEADS: Final = 256
_MAX_GRANTS: Final = 4096
_SCHEMES: Final = frozenset({"http", "https"})


class Site(msgspec.Struct, frozen=True):
    """What connections may be shared by: everything that decides where they go, and for whom."""

    scope: str
    """A lane, or `operator`."""
    scheme: str
    host: str
    port: int
    networks: tuple[Network, ...] | None
    tls: Tls


class Origin:
    """A site, with its proxy and request heads. Only `Egress` makes one."""

    __slots__ = ("_heads", "_opened", "_target_prefix", "authority", "pool", "proxy", "site")

    def __init__(
        self, mint: object, site: Site, endpoint: Endpoint, proxy: Proxy | None, opened: Counter[str]
    ) -> None:
        _check(mint)
        self.site = site
        self.proxy = proxy
        self.authority = endpoint.authority
        self.pool: Pool | None = None
        self._opened = opened
        self._heads: dict[tuple[bytes, bytes], bytes] = {}
        forwarded = proxy is not None and site.scheme == "http"
        self._target_prefix = f"http://{endpoint.authority}".encode() if forwarded else b""

    def acceptable(self, text: str) -> bool:
        """Whether the address `text` may be connected to for this site."""
        address = addresses.parse(text)
        return address is not None and addresses.acceptable(address, self.site.networks)

    async def connect(self, family: socket.AddressFamily, address: "SocketAddress") -> socket.socket:
        """Open a TCP connection to a resolved address of the site, or to its proxy.

        Raises `EgressRefusedError` before anything is sent when the address is not acceptable.
        """
        # Behind a proxy the name is the proxy's to resolve, but an address is ours to check.
        text = address[0] if self.proxy is None else self.site.host
        literal = self.proxy is None or addresses.parse(text) is not None
        if literal and not self.acceptable(text):
            allowed = "public" if self.site.networks is None else "in the endpoint's networks"
            message = f"{self.site.host} is {text}, which is not {allowed}"
            raise EgressRefusedError(message)
        self._opened[self.site.scope] += 1
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.setblocking(False)  # noqa: FBT003  # the socket module's own signature
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await asyncio.get_running_loop().sock_connect(sock, address)
        except BaseException:
            sock.close()
            raise
        return sock

    def head(self, method: bytes, target: bytes) -> bytes:
        """Return the request line and the headers that every request to this site carries."""
        key = (method, target)
        head = self._heads.get(key)
        if head is None:
            head = self._build(method, target)
            if len(self._heads) >= _MAX_HEADS:
                self._heads.clear()
            self._heads[key] = head
        return head

    def _build(self, method: bytes, target: bytes) -> bytes:
        if not method.isalpha() or not target.startswith(b"/") or not _visible(target):
            message = "not a method and an origin-form target"
            raise ValueError(message)
        lines = [
            b"%b %b%b HTTP/1.1" % (method, self._target_prefix, target),
            b"Host: " + self.authority.encode(),
            b"Accept-Encoding: identity",
        ]
        if self._target_prefix and self.proxy is not None and self.proxy.credentials is not None:
            lines.append(b"Proxy-Authorization: " + self.proxy.credentials.reveal().encode())
        return b"".join(line + b"\r\n" for line in lines)


class Grant:
    """Permission to send requests to one origin. Compared by identity; only `Egress` makes one."""

    __slots__ = ("origin", "replayable", "subject", "timeouts")

    def __init__(
        self, mint: object, origin: Origin, timeouts: Timeouts, subject: object, *, replayable: bool
    ) -> None:
        _check(mint)
        self.origin = origin
        self.timeouts = timeouts
        self.subject = subject
        """The deployment, or the operator's purpose."""
        self.replayable = replayable
        """A request that died on a stale connection may be sent once more."""


class Egress:
    """Mints grants. `opened` counts the TCP connections attempted, by lane or `operator`."""

    def __init__(self, proxies: ProxySettings | None = None) -> None:
        self.opened: Counter[str] = Counter()
        self._proxies = proxies or ProxySettings()
        self._origins: dict[Site, Origin] = {}
        self._grants: dict[str, Grant] = {}

    def admit(self, verdict: Verdict, deployment: Deployment) -> Grant:
        """Return the grant for `deployment`, if `verdict` permits it.

        Raises `EgressRefusedError` when it does not, or when the deployment's lane is not proven.
        """
        identity = deployment.id
        if identity not in verdict.permitted:
            message = f"the policy does not permit '{identity}' for this request"
            raise EgressRefusedError(message)
        grant = self._grants.get(identity)
        if grant is None or grant.subject is not deployment:
            if len(self._grants) >= _MAX_GRANTS:
                self._grants.clear()  # callers can name new deployments; a grant is cheap to mint again
            grant = self._grants[identity] = self._admit(deployment)
        return grant

    def admit_operator(self, endpoint: Endpoint, purpose: str, timeouts: Timeouts | None = None) -> Grant:
        """Return a grant for traffic that carries no request data: discovery, doctor, telemetry."""
        origin = self._origin(endpoint, OPERATOR)
        return Grant(_MINT, origin, timeouts or Timeouts(), purpose, replayable=True)

    def minted(self, origin: Origin) -> bool:
        """Whether `origin` is this egress's own."""
        return self._origins.get(origin.site) is origin

    def _admit(self, deployment: Deployment) -> Grant:
        if deployment.lane is None:
            message = f"it is not proven where '{deployment.id}' sends data"
            raise EgressRefusedError(message)
        origin = self._origin(deployment.endpoint, deployment.lane.value)
        return Grant(_MINT, origin, deployment.timeouts, deployment, replayable=deployment.replayable)

    def _origin(self, endpoint: Endpoint, scope: str) -> Origin:
        if endpoint.scheme not in _SCHEMES:
            message = f"'{endpoint.scheme}' is not http or https"
            raise EgressRefusedError(message)
        site = Site(scope, endpoint.scheme, endpoint.host, endpoint.port, endpoint.networks, endpoint.tls)
        origin = self._origins.get(site)
        if origin is None:
            proxy = self._proxies.choose(endpoint)
            origin = self._origins[site] = Origin(_MINT, site, endpoint, proxy, self.opened)
        return origin


def _check(mint: object) -> None:
    if mint is not _MINT:
        message = "only the egress makes these"
        raise TypeError(message)


def _visible(target: bytes) -> bool:
    """Whether there is neither a space nor a control character: nothing that could end the line."""
    return all(0x20 < byte < 0x7F for byte in target)  # noqa: PLR2004  # ASCII's printable range
