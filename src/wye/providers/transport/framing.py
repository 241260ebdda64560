"""How long a response body is: RFC 9112 section 6.3, with nothing left to interpretation."""

from wye.providers.transport.errors import ProtocolError
from wye.providers.transport.limits import Limits

Headers = list[tuple[bytes, bytes]]

CHUNKED = -1
UNTIL_EOF = -2

_CODINGS = frozenset({b"transfer-encoding", b"content-encoding"})
_FRAMING = _CODINGS | {b"content-length"}
_MAX_DIGITS = 18
_NO_BODY = frozenset({204, 304})


def body_length(status: int, headers: Headers, *, head: bool) -> tuple[int, bytes | None]:
    """Return (bytes of body, `CHUNKED` or `UNTIL_EOF`; content coding or None).

    Raises `ProtocolError` where two readers could disagree: a second Content-Length (also an equal
    one), Content-Length beside Transfer-Encoding, or a transfer coding other than `chunked`.
    """
    fields = dict(headers)
    if len(fields) == len(headers) and _CODINGS.isdisjoint(fields) and not head and status not in _NO_BODY:
        # Nothing repeated and nothing coded: what nearly every response is.
        value = fields.get(b"content-length")
        if value is not None and value.isdigit() and len(value) <= _MAX_DIGITS:
            return int(value), None
    return _careful_length(status, headers, head=head)


def _careful_length(status: int, headers: Headers, *, head: bool) -> tuple[int, bytes | None]:
    lengths, transfer, codings = [], [], []
    for name, value in headers:
        if name not in _FRAMING:
            continue
        if name == b"content-length":
            lengths.append(value)
        elif name == b"transfer-encoding":
            transfer.append(value.lower())
        else:
            codings.append(value.lower())
    if transfer and (lengths or transfer != [b"chunked"]):
        message = "Content-Length beside Transfer-Encoding, or a transfer coding other than chunked"
        raise ProtocolError(message)
    if lengths and (len(lengths) > 1 or not lengths[0].isdigit() or len(lengths[0]) > _MAX_DIGITS):
        message = "more than one Content-Length, or one that is not a number"
        raise ProtocolError(message)
    if head or status in _NO_BODY:
        return 0, None
    coding = b", ".join(codings) or None
    if transfer:
        return CHUNKED, coding
    return (int(lengths[0]) if lengths else UNTIL_EOF), coding


def check_lines(lines: Headers, before: int, limits: Limits) -> None:
    """Raise `ProtocolError` for too many header or trailer lines, or too many bytes.

    `before`: bytes of interim heads that came before this one.
    """
    if len(lines) > limits.headers or before + lines_size(lines) > limits.header_bytes:
        message = "header or trailer lines beyond the limit"
        raise ProtocolError(message)


def lines_size(lines: Headers) -> int:
    """Return the bytes of the lines, `: ` and line ends included."""
    return sum(len(name) + len(value) + 4 for name, value in lines)
