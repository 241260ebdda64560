"""What can go wrong with an exchange, and in which phase.

None of these messages holds a header, a body or a credential.
"""


class TransportError(Exception):
    """An exchange failed.

    Attributes: `phase` names where; `replay_safe` is true when no byte of a response was seen and the
    upstream did not run into a timeout while it held the request: sending it again repeats no answer.
    """

    phase = "exchange"

    def __init__(self, message: str, *, replay_safe: bool = False) -> None:
        super().__init__(f"{self.phase}: {message}")
        self.replay_safe = replay_safe


class NotSentError(TransportError):
    """No byte of the request left this process."""

    def __init__(self, message: str) -> None:
        super().__init__(message, replay_safe=True)


class ResolveError(NotSentError):
    """The host name did not resolve."""

    phase = "dns"


class ConnectError(NotSentError):
    """No address accepted a TCP connection."""

    phase = "connect"


class ProxyError(NotSentError):
    """The proxy refused the tunnel."""

    phase = "proxy"


class TlsError(NotSentError):
    """The handshake failed, or the certificate is not acceptable."""

    phase = "tls"


class TransportTimeoutError(TransportError):
    """Base of every timeout; the subclass says which phase was too slow."""


class WaitTimeoutError(TransportTimeoutError, NotSentError):
    """Every connection to the origin stayed busy."""

    phase = "wait"


class ConnectTimeoutError(TransportTimeoutError, NotSentError):
    """DNS, TCP, proxy and TLS together took longer than `Timeouts.connect`."""

    phase = "connect"


class WriteTimeoutError(TransportTimeoutError):
    """The upstream took no byte of the request for `Timeouts.idle`."""

    phase = "write"


class FirstByteTimeoutError(TransportTimeoutError):
    """No answer began within `Timeouts.first_byte` of the request's last byte."""

    phase = "first byte"


class IdleTimeoutError(TransportTimeoutError):
    """The answer stood still for `Timeouts.idle`."""

    phase = "idle"


class TotalTimeoutError(TransportTimeoutError):
    """The exchange took longer than `Timeouts.total`."""

    phase = "total"


class ClosedError(TransportError):
    """The upstream closed the connection before any byte of a response."""

    phase = "first byte"


class StaleError(ClosedError, NotSentError):
    """The connection turned out to be closed, or not quiet, right before the request was written."""

    phase = "idle"


class ProtocolError(TransportError):
    """The upstream sent what HTTP/1.1, or our limits, do not allow."""

    phase = "protocol"


class ShortBodyError(TransportError):
    """The upstream closed the connection inside a response."""

    phase = "short body"


class ContentError(TransportError):
    """The content coding is unknown, damaged, or expands beyond the limit."""

    phase = "content"


class TooLargeError(TransportError):
    """The body is larger than the reader allowed."""

    phase = "body"


class AbortedError(TransportError):
    """The exchange was aborted on our side."""

    phase = "aborted"
