"""Who may speak to a gateway without keys: programs on this machine, and no web page.

A browser on this machine can be made to send requests here by any page it shows (CSRF), and by a name
that resolves to 127.0.0.1 even to read the answers (DNS rebinding). A reverse proxy or a tunnel brings the
whole world in through loopback. Each leaves a mark in the headers, and a request with a mark is refused.
"""

import functools
import ipaddress
from collections.abc import Iterable

from wye.config.addresses import Address
from wye.core.errors import ForbiddenError

CACHED = 256

_MARKS = frozenset(
    {b"origin", b"sec-fetch-site"}
    | {b"forwarded", b"via", b"x-real-ip", b"x-client-ip", b"true-client-ip", b"cf-connecting-ip"}
    | {b"x-original-forwarded-for", b"x-envoy-external-address"}
)
_KEYS = "`wye keys create` makes a key"


class BindError(ValueError):
    """The address to listen on needs keys, and there are none."""


def check_bind(listen: Address, *, has_keys: bool) -> None:
    """Raise `BindError` unless `listen` is loopback or a key will be required."""
    if not has_keys and not listen.loopback:
        message = (
            f"{listen} can be reached from other machines, so wye needs a key to let them in: {_KEYS} (and "
            "`keys.required` must not be false), or set WYE_BOOTSTRAP_KEY; or listen on 127.0.0.1"
        )
        raise BindError(message)


class Guard:
    """Checks requests that brought no key. Remembers only a few header names without meaning."""

    def __init__(self) -> None:
        self._plain: set[bytes] = set()

    def check(
        self, peer: tuple[str, int] | None, method: str, headers: Iterable[tuple[bytes, bytes]]
    ) -> None:
        """Raise `ForbiddenError` unless the request comes from a program on this machine.

        `peer` is the address of the socket's other end; header names are lower case.
        """
        if peer is None or not _is_loopback_address(peer[0]):
            message = f"without keys only this machine is served; {_KEYS}"
            raise ForbiddenError(message)
        host = content_type = None
        plain = self._plain
        for name, value in headers:
            if name in plain:
                continue
            if name == b"host":
                host = value
            elif name == b"content-type":
                content_type = value
            elif name in _MARKS or name.startswith(b"x-forwarded"):
                _check_mark(name, value)
            elif len(plain) < CACHED:
                plain.add(name)
        if host is None or not _is_loopback_authority(host):
            message = f"without keys the Host must be a loopback name such as localhost; {_KEYS}"
            raise ForbiddenError(message)
        if method == "POST" and (content_type is None or not _is_json(content_type)):
            message = "without keys a POST needs the header `Content-Type: application/json`"
            raise ForbiddenError(message)


def _check_mark(name: bytes, value: bytes) -> None:
    """Refuse what says that a web page or a proxy is behind the request."""
    if name == b"origin":
        if not _is_loopback_origin(value):
            message = f"without keys web pages of other origins may not call; {_KEYS}"
            raise ForbiddenError(message)
    elif name == b"sec-fetch-site":
        if value not in (b"none", b"same-origin", b"same-site"):
            message = f"without keys cross-site requests are refused; {_KEYS}"
            raise ForbiddenError(message)
    else:
        message = f"without keys requests through a proxy are refused ({name.decode()}); {_KEYS}"
        raise ForbiddenError(message)


@functools.lru_cache(CACHED)
def _is_loopback_address(address: str) -> bool:
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None)
    return (mapped or parsed).is_loopback


def _is_loopback_host(host: bytes) -> bool:
    """Whether a host, without port and brackets, can only mean this machine (RFC 6761 section 6.3)."""
    name = host.lower().decode("latin-1")
    return name == "localhost" or name.endswith(".localhost") or _is_loopback_address(name)


@functools.lru_cache(CACHED)
def _is_loopback_authority(authority: bytes) -> bool:
    if authority.startswith(b"["):
        host, bracket, port = authority[1:].partition(b"]")
        literal = bracket and b":" in host
        return bool(literal) and (not port or _is_port(port)) and _is_loopback_host(host)
    host, colon, port = authority.partition(b":")
    return (not colon or _is_port(colon + port)) and _is_loopback_host(host)


def _is_port(text: bytes) -> bool:
    return text[:1] == b":" and text[1:].isdigit()


@functools.lru_cache(CACHED)
def _is_loopback_origin(origin: bytes) -> bool:
    scheme, separator, authority = origin.partition(b"://")
    return bool(separator) and scheme in (b"http", b"https") and _is_loopback_authority(authority)


@functools.lru_cache(CACHED)
def _is_json(content_type: bytes) -> bool:
    return content_type.partition(b";")[0].strip().lower() == b"application/json"
