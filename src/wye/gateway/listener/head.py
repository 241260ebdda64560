"""What a request's head says about its framing (RFC 9112 sections 3 and 6). Pure.

llhttp, in its strict mode, has refused before: both lengths, two lengths, a length that is no number,
folded lines, bare line ends, spaces before colons, NUL.
"""

from collections.abc import Iterable
from urllib.parse import unquote_to_bytes

import httptools
import msgspec

from wye.core.errors import BadRequestError, UpgradeError
from wye.gateway.listener.wire import UnsupportedError

Headers = list[tuple[bytes, bytes]]

FRAMING = frozenset({b"host", b"content-length", b"transfer-encoding", b"expect", b"upgrade"})
"""Names of the headers `check_framing` looks at."""
LINE = 16
"""Bytes of a request line beside its target."""


class Framing(msgspec.Struct, frozen=True, gc=False):
    """How the body arrives. `length` in bytes, 0 when chunked or absent."""

    length: int
    chunked: bool
    expects: bool
    """The client waits for `100 Continue`."""


def check_framing(version: str, headers: Iterable[tuple[bytes, bytes]]) -> Framing:
    """Read the framing headers (lower-case names). Raises WyeError for what is ambiguous or not served."""
    hosts = length = 0
    expects = chunked = False
    for name, value in headers:
        if name == b"host":
            hosts += 1
        elif name == b"content-length":
            length = int(value)
        elif name == b"transfer-encoding":
            _check_coding(version, value)
            chunked = True
        elif name == b"expect":
            expects = version == "1.1" and value.lower() == b"100-continue"
        elif b"websocket" in value.lower():
            message = "WebSocket is not served here: POST, with server-sent events (`stream: true`)"
            raise UpgradeError(message)
    if hosts != 1 and (version == "1.1" or hosts):
        message = "a request needs exactly one Host header"
        raise BadRequestError(message)
    return Framing(length, chunked, expects)


def _check_coding(version: str, value: bytes) -> None:
    if version == "1.0":
        message = "HTTP/1.0 has no Transfer-Encoding"
        raise BadRequestError(message)
    if value.lower() != b"chunked":
        message = "no transfer coding but `chunked` is served here"
        raise UnsupportedError(message)


def head_size(url: bytes, headers: Headers) -> int:
    """Bytes of a request line and headers, but for optional white space."""
    return LINE + len(url) + sum(len(name) + len(value) + 4 for name, value in headers)


def split_target(url: bytes) -> tuple[str, bytes, bytes]:
    """Return (path unquoted, path, query) of a request target. Raises BadRequestError."""
    if url.startswith(b"/"):
        path, _, query = url.partition(b"?")
    elif url == b"*":
        path, query = url, b""
    else:
        try:
            parsed = httptools.parse_url(url)
        except httptools.HttpParserInvalidURLError:
            message = "the request target is not a URL"
            raise BadRequestError(message) from None
        path, query = parsed.path or b"/", parsed.query or b""
    plain = path if b"%" not in path else unquote_to_bytes(path)
    return plain.decode(errors="replace"), path, query


def without_upgrade(method: bytes, url: bytes, headers: Headers) -> bytes:
    """Spell a head again without its Upgrade header, which a server may ignore (RFC 9110 section 7.8).

    Java's client offers h2c with every first request, and llhttp would not read the body of one.
    """
    lines = [b"%b %b HTTP/1.1" % (method, url)]
    lines += [b"%b: %b" % pair for pair in headers if pair[0] not in (b"upgrade", b"http2-settings")]
    return b"\r\n".join(lines) + b"\r\n\r\n"
