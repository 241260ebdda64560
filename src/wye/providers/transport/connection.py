"""One upstream connection: a small state machine around llhttp.

The rules, in the manner of h11. A state maps each legal event to the next state; an event that is not in
the row is bytes nobody asked for, or a protocol error, and the connection is aborted:

| state    | request | begin | interim head | final head | data | end      |
|----------|---------|-------|--------------|------------|------|----------|
| NEW      | becomes IDLE once TCP, and TLS, stand; anything before that makes it CLOSED |
| IDLE     | QUEUED  |       |              |            |      |          |
| QUEUED   | becomes WAITING when the request is written, at the end of the turn of the event loop |
| WAITING  |         | HEAD  |              |            |      |          |
| HEAD     |         |       | INTERIM      | BODY       |      |          |
| INTERIM  |         |       |              |            |      | WAITING  |
| BODY     |         |       |              |            | BODY | DONE     |
| DONE     | goes back to IDLE, and into the pool, once the request too is complete; else CLOSED |

TCP itself tells more: bytes that are in the kernel before a request is written, and bytes that arrive
before the upstream's kernel acknowledged any of it, are not its answer. What an upstream sends unasked after
that cannot be told from an answer by any HTTP/1.1 client.

A response that has come whole, and whose head the pool knows byte for byte from one that the parser took,
goes from WAITING to DONE at once, past the parser.

So one request is answered by exactly one final response, however many 1xx precede it, and what follows
that response without a new request finds no legal state to go to.
"""

import asyncio
import fcntl
import select
import termios
from array import array
from typing import TYPE_CHECKING, Final

import httptools

from wye.core.heads import with_length
from wye.providers.transport.deadlines import Deadlines
from wye.providers.transport.errors import (
    ClosedError,
    ProtocolError,
    ShortBodyError,
    StaleError,
    TransportError,
)
from wye.providers.transport.framing import CHUNKED, UNTIL_EOF, Headers, body_length, check_lines, lines_size
from wye.providers.transport.limits import PAUSE_AT
from wye.providers.transport.response import Response

if TYPE_CHECKING:
    from wye.catalog.deployments import Timeouts
    from wye.providers.transport.pool import Pool

NEW: Final = "new"
IDLE: Final = "idle"
QUEUED: Final = "queued"
WAITING: Final = "waiting"
HEAD: Final = "head"
INTERIM: Final = "interim"
BODY: Final = "body"
DONE: Final = "done"
CLOSED: Final = "closed"

REQUEST: Final = "request"
WRITTEN: Final = "written"
BEGIN: Final = "begin"
INTERIM_HEAD: Final = "interim head"
FINAL_HEAD: Final = "final head"
DATA: Final = "data"
END: Final = "end"

LEGAL: Final[dict[str, dict[str, str]]] = {
    NEW: {},
    IDLE: {REQUEST: QUEUED},
    QUEUED: {WRITTEN: WAITING},
    WAITING: {BEGIN: HEAD},
    HEAD: {INTERIM_HEAD: INTERIM, FINAL_HEAD: BODY},
    INTERIM: {END: WAITING},
    BODY: {DATA: BODY, END: DONE},
    DONE: {},
    CLOSED: {},
}

_NOT_QUIET = "not quiet while idle"
_BLANK = b" \t"
_LINE_ENDS = b"\r\n"
_VERSIONS = frozenset({"1.0", "1.1"})
_SWITCHING_PROTOCOLS = 101
_FIRST_FINAL = 200
_FIRST_REFUSAL = 300
_CHUNK_LINE = 16
"""Hexadecimal digits and line ends a chunk may cost without counting as overhead."""


class Connection(asyncio.Protocol):
    """A TCP or TLS connection that carries one exchange at a time."""

    __slots__ = (
        "_chunks",
        "_data",
        "_deadlines",
        "_descriptor",
        "_drained",
        "_head_only",
        "_headers",
        "_interim",
        "_keep",
        "_length",
        "_limits",
        "_parser",
        "_paused",
        "_poll",
        "_pool",
        "_raw",
        "_received",
        "_response",
        "_transport",
        "_unacknowledged",
        "_upload",
        "_writable",
        "born",
        "expired",
        "idle_since",
        "loop",
        "reused",
        "state",
    )

    def __init__(self, pool: "Pool", loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.state: str = NEW
        self.born = loop.time()
        self.idle_since = 0.0
        self.expired = False
        self.reused = False
        self._pool = pool
        self._limits = pool.limits
        self._parser = httptools.HttpResponseParser(self)
        self._transport: asyncio.Transport
        self._raw: asyncio.Transport
        self._deadlines = Deadlines()
        self._poll = select.poll()
        self._descriptor = -1
        self._unacknowledged = array("i", [0])
        self._response: Response | None = None
        self._upload: asyncio.Task[None] | None = None
        self._drained: asyncio.Future[None] | None = None
        self._writable = True
        self._paused = False
        self._keep = False

    def attach(self, transport: asyncio.Transport, raw: asyncio.Transport) -> None:
        """Take over an established transport; `raw` is the TCP one underneath (the same without TLS).

        Raises `ClosedError` when the upstream spoke, or left, before it was asked anything.
        """
        if self.state is not NEW:
            message = "the upstream spoke or left before it was asked"
            raise ClosedError(message, replay_safe=True)
        self.state = IDLE
        self._transport = transport
        self._raw = raw
        # Anything the kernel does not take at once stops the upload: with TLS 0 would stop every write.
        raw.set_write_buffer_limits(high=0)
        if transport is not raw:
            transport.set_write_buffer_limits(high=1)
        self._descriptor = raw.get_extra_info("socket").fileno()
        self._poll.register(self._descriptor, select.POLLIN)

    # The request side.

    @property
    def ready(self) -> bool:
        """Whether a request may be written, as far as the loop has told us."""
        return self.state is IDLE

    def start(self, timeouts: "Timeouts", data: bytes, *, head_only: bool, since: float) -> Response:
        """Begin the exchange: `data`, a head with the body or its first part, is written soon.

        `since`: loop time at which the caller began to wait for a connection; 0 = now.
        """
        self.state = LEGAL[self.state][REQUEST]
        self._head_only = head_only
        self._received = self._data = self._chunks = self._length = self._interim = 0
        now = self.loop.time()
        size = len(data)
        self._deadlines.begin(timeouts, since or now, now, size)
        response = self._response = Response(self, size)
        self._pool.outbox.put(self._ask, data)
        return response

    def _ask(self, data: bytes) -> None:
        """Write the request, unless it was given up, or the connection has not been quiet.

        It is the last moment at which a byte can be known to belong to nobody. With TLS a late session
        ticket counts as noise too.
        """
        if self.state is not QUEUED:
            return
        if self.reused and self._poll.poll(0):
            self.fail(StaleError(_NOT_QUIET))
            return
        self.state = LEGAL[self.state][WRITTEN]
        self._transport.write(data)

    def uploading(self, upload: "asyncio.Task[None]") -> None:
        """The rest of the body is written by `upload`; until it ends the request is not complete."""
        self._upload = upload

    async def write(self, response: Response, data: bytes | memoryview) -> bool:
        """Write a part of the body and wait until the kernel took it. False = nobody wants more."""
        if self._response is not response:
            return False
        self._transport.write(data)
        response.bytes_sent += len(data)
        if not self._writable:
            self._drained = self.loop.create_future()
            await self._drained
        return self._response is response

    def uploaded(self, response: Response) -> None:
        """The request is complete."""
        if self._response is response:
            self._upload = None

    def pause_writing(self) -> None:
        """asyncio: the kernel's buffer is full."""
        self._writable = False

    def resume_writing(self) -> None:
        """asyncio: everything written went out."""
        self._writable = True
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)

    # The response side.

    def data_received(self, data: bytes) -> None:
        """asyncio: bytes came in."""
        response = self._response
        if response is None or self.state is QUEUED:
            if self.state is not CLOSED:
                self.fail(
                    ProtocolError("bytes nobody asked for") if response is None else StaleError(_NOT_QUIET)
                )
            return
        self._received += len(data)
        response.bytes_received = self._received
        if self.state is WAITING and self._again(data, response):
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._violated(error)
            return
        if self._length == CHUNKED and self._received - self._data > self._overhead_allowed():
            self.fail(ProtocolError("chunk lines, extensions or trailers beyond the limit"))
        elif self.state is DONE:
            self._done(data, response)
        elif self.state is BODY:
            if response.arrived(PAUSE_AT) and not self._paused:
                self._paused = True
                self._transport.pause_reading()
                self._raw.pause_reading()
        elif self._received > self._limits.header_bytes:
            self.fail(ProtocolError("a response head beyond the limit"))

    def _again(self, data: bytes, response: Response) -> bool:
        """Take a whole response of a known head; False = it is for the parser."""
        known = self._pool.known
        if known is None or self._head_only or self._upload is not None:
            return False
        begin = known.head.body(data)
        if not begin:
            return False
        try:
            self._check_acknowledged(response)
        except ProtocolError as error:
            self.fail(error)
            return True
        size = response.size = len(data) - begin
        response.chunks.append(data[begin:])
        headers = known.headers if size == known.length else with_length(known.headers, size)
        response.begin(known.status, headers, None, self._limits.decoded_bytes)
        self._keep = True
        self.state = DONE
        self._pool.recognised()
        self._release(response, surplus=False)
        return True

    def _done(self, data: bytes, response: Response) -> None:
        """The parser found the response complete."""
        surplus = self._surplus(data, response)
        if self._keep and not surplus and self._received == len(data) and self._length > 0:
            self._pool.learn(data, response, self._length)
        self._release(response, surplus=surplus)

    def consumed(self) -> None:
        """The reader took what was here: let more come."""
        if self._paused:
            self._paused = False
            self._raw.resume_reading()
            self._transport.resume_reading()

    def eof_received(self) -> None:
        """asyncio: the peer closed its side; with TLS, by a close_notify."""
        response = self._response
        if response is not None and self.state is BODY and self._length == UNTIL_EOF:
            self.state = LEGAL[self.state][END]
            self._release(response, surplus=True)
        else:
            self._lost()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's signature
        """asyncio: the connection is gone, without an orderly end if `eof_received` was not called."""
        self._lost()

    # llhttp's callbacks.

    def on_message_begin(self) -> None:
        """A status line begins."""
        self.state = LEGAL[self.state][BEGIN]
        self._headers: Headers = []
        if self._response is not None:
            self._check_acknowledged(self._response)

    def _check_acknowledged(self, response: Response) -> None:
        """Raise `ProtocolError` for an answer that cannot be one.

        An answer acknowledges what it answers. While no byte of the request is acknowledged, these bytes
        crossed it on the way: a stray of the exchange before, not its answer.
        """
        if self.reused:
            fcntl.ioctl(self._descriptor, termios.TIOCOUTQ, self._unacknowledged)
            if self._unacknowledged[0] >= response.bytes_sent:
                message = "an answer to a request that has not arrived"
                raise ProtocolError(message)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header line, or a trailer line."""
        # llhttp leaves the white space behind a value (RFC 9112 section 5.1) in place.
        self._headers.append((name.lower(), value.rstrip(_BLANK)))

    def on_headers_complete(self) -> None:
        """A head is complete: interim or final."""
        parser = self._parser
        status = parser.get_status_code()
        headers = self._headers
        if len(headers) > self._limits.headers or self._received > self._limits.header_bytes:
            check_lines(headers, self._interim, self._limits)
        if status < _FIRST_FINAL:
            if status <= _SWITCHING_PROTOCOLS and status != 100:  # noqa: PLR2004  # RFC 9110 section 15.2.1
                message = f"status {status}"
                raise ProtocolError(message)
            self._interim += lines_size(headers)
            self.state = LEGAL[self.state][INTERIM_HEAD]
            return
        self.state = LEGAL[self.state][FINAL_HEAD]
        version = parser.get_http_version()
        if version not in _VERSIONS:
            message = f"HTTP/{version}"
            raise ProtocolError(message)
        self._length, coding = body_length(status, headers, head=self._head_only)
        # A head without its body leaves the parser waiting for one, so such a connection ends here.
        self._keep = parser.should_keep_alive() and version == "1.1" and not self._head_only
        response = self._response
        if response is None:
            return
        response.begin(status, headers, coding, self._limits.decoded_bytes)
        self._headers = response.trailers
        if self._head_only:
            self.state = LEGAL[self.state][END]
        if self._upload is not None and status >= _FIRST_REFUSAL:
            # RFC 9112 section 9.3: the upstream decided without the rest of the body.
            self._upload.cancel()

    def on_chunk_header(self) -> None:
        """A chunk's size line."""
        self._chunks += 1

    def on_body(self, data: bytes) -> None:
        """A piece of the body."""
        self.state = LEGAL[self.state][DATA]
        response = self._response
        if response is not None:
            response.chunks.append(data)
            size = len(data)
            response.size += size
            self._data += size

    def on_message_complete(self) -> None:
        """The parser saw the end of a message."""
        if self._headers:
            check_lines(self._headers, 0, self._limits)
        if not (self._head_only and self.state is DONE):
            self.state = LEGAL[self.state][END]

    # Endings.

    def check(self, now: float) -> None:
        """Fail the exchange if a deadline of its phase has passed. Called by the sweeper."""
        response = self._response
        if response is None:
            return
        uploading = self._upload is not None and not self._upload.done()
        error = self._deadlines.missed(
            now,
            response.bytes_sent - self._raw.get_write_buffer_size() + self._received,
            excused=self._paused or (uploading and self._writable),
            writing=not self._writable,
            answering=response.status != 0,
        )
        if error is not None:
            self.fail(error)

    def fail(self, error: BaseException) -> None:
        """Abort the connection and end its exchange, if any, with `error`."""
        if self.state is NEW:
            self.state = CLOSED
        if self.state is CLOSED:
            return
        response = self._response
        if response is not None and self.state is QUEUED:
            response.bytes_sent = 0  # it was only about to be written
        self._discard()
        if response is not None:
            response.fail(error)

    def _release(self, response: Response, *, surplus: bool) -> None:
        """The response is complete: into the pool, if both sides are and nothing is in doubt."""
        if (
            self._keep
            and not surplus
            and not self.expired
            and self._upload is None
            and self._writable
            and (self._raw is self._transport or not self._raw.get_write_buffer_size())
        ):
            if self._paused:
                self.consumed()
            self._response = None
            self.state = IDLE
            self.reused = True
            self.idle_since = 0.0
            self._pool.release(self)
        else:
            self._discard()
        response.finish()

    def _discard(self) -> None:
        self._response = None
        self.state = CLOSED
        upload, self._upload = self._upload, None
        if upload is not None:
            upload.cancel()
        self._transport.abort()
        self._pool.forget(self)

    def _lost(self) -> None:
        if self.state is QUEUED:
            self.fail(StaleError("the upstream closed the connection"))
        elif self._response is None or not self._received:
            message = "the upstream closed the connection before it answered"
            self.fail(ClosedError(message, replay_safe=True))
        else:
            self.fail(ShortBodyError("the upstream closed the connection inside its answer"))

    def _violated(self, error: Exception) -> None:
        """The parser stopped: by our own objection, by its own, or behind a complete response."""
        response = self._response
        if self.state is DONE and response is not None:
            self._release(response, surplus=True)
            return
        cause = error.__context__
        if isinstance(cause, KeyError):
            cause = ProtocolError(f"{cause.args[0]} while {self.state}")
        self.fail(cause if isinstance(cause, TransportError) else ProtocolError(_reason(error)))

    def _surplus(self, data: bytes, response: Response) -> bool:
        """Whether empty lines follow the response: llhttp skips them in silence, we do not."""
        if self._length > 0:
            if data[-1] not in _LINE_ENDS:
                return False
            tail = response.chunks[-1]
            # A tail of line ends alone looks the same with more of them behind it: doubt is surplus.
            return not data.endswith(tail) or not tail.strip(_LINE_ENDS)
        return data.endswith(b"\r\n\r\n\r\n") or not b"\r\n\r\n".endswith(data[-4:])

    def _overhead_allowed(self) -> int:
        limits = self._limits
        return limits.header_bytes + limits.chunk_overhead + _CHUNK_LINE * self._chunks


def _reason(error: Exception) -> str:
    """Return the parser's own reason: it names a rule, never the upstream's bytes."""
    return "an upgrade" if isinstance(error, httptools.HttpParserUpgrade) else str(error) or "not HTTP/1.1"
