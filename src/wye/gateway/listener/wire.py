"""How responses are spelled on the wire (RFC 9112), and what is refused before any app runs."""

import http
from collections.abc import Iterable

import msgspec

from wye.core.errors import UpgradeError, WyeError
from wye.gateway.headers import error_headers
from wye.gateway.ids import new_id

_PHRASES = {status.value: status.phrase.encode() for status in http.HTTPStatus}
STATUS_LINES = {n: b"HTTP/1.1 %d %b\r\n" % (n, _PHRASES.get(n, b"")) for n in range(200, 600)}
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
LAST_CHUNK = b"0\r\n\r\n"

_TOKEN = frozenset(b"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")


class HeadersTooLargeError(WyeError):
    """The request line and headers are larger, or more, than the limit."""

    status = 431
    kind = "headers_too_large"


class UnsupportedError(WyeError):
    """A transfer coding, method or protocol version that is not served."""

    status = 501
    kind = "not_supported"


def header_block(pairs: Iterable[tuple[bytes, bytes]]) -> bytes:
    r"""Return `name: value\r\n` lines. Raises ValueError for a byte that would end a line early.

    Precompute it where the headers are constant: a block is what `Exchange.respond` takes.
    """
    lines = []
    for name, value in pairs:
        if not name or not _TOKEN.issuperset(name):
            message = f"not a header name: {name[:64]!r}"
            raise ValueError(message)
        if b"\r" in value or b"\n" in value or b"\0" in value:
            message = f"the value of header {name.decode()} holds a line break or NUL"
            raise ValueError(message)
        lines.append(b"%b: %b\r\n" % (name, value))
    return b"".join(lines)


class _Detail(msgspec.Struct):
    message: str
    type: str
    param: str | None
    code: str


class _Body(msgspec.Struct):
    error: _Detail


def error_block(error: WyeError) -> tuple[bytes, bytes]:
    """Return (header block, body) that tell of `error` in OpenAI's shape.

    Used where no codec can know the client's protocol yet.
    """
    kind = "invalid_request_error" if error.status < http.HTTPStatus.INTERNAL_SERVER_ERROR else "server_error"
    body = msgspec.json.encode(_Body(_Detail(error.message, kind, error.param, error.kind)))
    return b"x-request-id: %b\r\n" % new_id().encode() + error_headers(error), body


def refusal(error: WyeError, server_block: bytes) -> bytes:
    """Return a whole response that refuses a request no app has seen, and closes."""
    block, body = error_block(error)
    # RFC 9110 section 15.5.22: it says what to use in place of what was asked for.
    closing = b"close, upgrade\r\nupgrade: HTTP/1.1" if isinstance(error, UpgradeError) else b"close"
    head = STATUS_LINES[error.status] + server_block + block
    return b"%bcontent-length: %d\r\nconnection: %b\r\n\r\n%b" % (head, len(body), closing, body)
