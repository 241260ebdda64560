"""One client connection: what is received, and when it ends.

Rules this file keeps:
- Every phase but "being answered" has an absolute deadline; a sweeper calls `expire`, there are no timers.
- Until an app runs, a refusal is a raw JSON response; afterwards the app answers, in its client's protocol.
- Responses go out in the order of the requests; a refusal waits for the answers before it.
- What closes while the client may still be sending lingers: reset too early, it would lose the response.
"""

import asyncio
from collections import deque
from enum import IntEnum
from typing import TYPE_CHECKING

import httptools

from wye.core.errors import BadRequestError, OverloadedError, ReceiveTimeoutError, TooLargeError, WyeError
from wye.gateway.listener.exchange import BUFFERED_BODY, Exchange, Scope
from wye.gateway.listener.head import FRAMING, check_framing, head_size, split_target, without_upgrade
from wye.gateway.listener.wire import HeadersTooLargeError, UnsupportedError, refusal

if TYPE_CHECKING:
    from wye.gateway.listener.server import State

NEVER = float("inf")
LINGER_SECONDS = 2.0
"""How long a closing connection may take in the usual case."""
TAIL_SECONDS = 10.0
"""And right after an answer, of which up to 128 KB may still be on its way to a slow reader."""
SILENCE_SECONDS = 0.3
PIPELINE = 16
"""Requests that may wait behind the one being answered."""
REMAINDER = 65_536
"""Bytes of unread body worth reading to keep a connection whose request was answered early."""
WRITE_BUFFER = 65_536
"""Bytes waiting for a slow reader before `Exchange.paused`."""

_ASGI = {"version": "3.0", "spec_version": "2.3"}
_BUSY = "the gateway holds as many bytes of requests as it may"


class Phase(IntEnum):
    """What the client is sending."""

    IDLE = 0
    HEAD = 1
    BODY = 2
    OVER = 3
    """Nothing it sends matters any more."""


class Connection(asyncio.Protocol):
    """The server's side of one connection. `state` is shared by all of a listener."""

    def __init__(self, state: "State") -> None:
        self.state = state
        self.limits = state.settings
        self.loop = state.loop
        self.transport: asyncio.Transport
        self.parser: httptools.HttpRequestParser | None = None
        self.phase = Phase.IDLE
        self.deadline = self.write_deadline = NEVER
        self.receiving: Exchange | None = None
        self.answering: Exchange | None = None
        self.queue: deque[Exchange] = deque()
        self.parting: bytes | None = None
        self.fresh = True
        self.write_paused = self.read_paused = False
        self.write_waiter: asyncio.Future[None] | None = None
        self.pouring: tuple[Exchange, memoryview] | None = None
        self.ignoring_upgrade = False
        self.url = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self.framing: list[tuple[bytes, bytes]] = []
        self.chunk = self.fed = self.stalled = self.length = 0
        self.alone = self.progress = self.chunked = False
        self.unsent = 0
        self.gone_by = NEVER

    # -- asyncio.Protocol

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # always a stream
        """Start the clock of the first request's headers."""
        self.transport = transport
        state = self.state
        transport.set_write_buffer_limits(high=WRITE_BUFFER)
        self.client = _address(transport.get_extra_info("peername"))
        self.server = _address(transport.get_extra_info("sockname"))
        self.scheme = "https" if transport.get_extra_info("ssl_object") else "http"
        state.connections.add(self)
        self.deadline = self.loop.time() + self.limits.header_seconds
        over = len(state.connections) - self.limits.connections
        if state.draining or over > self.limits.connections:
            transport.abort()  # not even refusals are unlimited
        elif over > 0:
            self.refuse(OverloadedError("too many connections", retry_after=1))
        else:
            self.parser = httptools.HttpRequestParser(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's signature
        """Tell whoever still works for this client."""
        self.state.connections.discard(self)
        self.phase = Phase.OVER
        self.parser = None  # it refers back here
        exchange, self.answering, self.receiving = self.answering, None, None
        if exchange is not None:
            exchange.hang_up()
        self._forget_queue()
        self.pouring = None
        self.resume_writing()

    def data_received(self, data: bytes) -> None:
        """Parse; refuse what is malformed or too much."""
        if self.phase is Phase.OVER or self.parser is None:
            if self.deadline < self.gone_by:  # it lingers, and is not silent yet
                self.deadline = min(self.state.now + SILENCE_SECONDS, self.gone_by)
            return
        begun_in = self.phase
        self.progress = False
        try:
            self._feed(data, begun_in)
        except httptools.HttpParserCallbackError as error:
            if not isinstance(error.__context__, WyeError):
                raise  # a defect of ours: asyncio logs it and closes the connection
            self.refuse(error.__context__)
        except httptools.HttpParserError as error:
            self._malformed(error)
        except WyeError as error:
            self.refuse(error)

    def eof_received(self) -> None:
        """A client that ends its side has hung up: returning None closes the transport."""

    def pause_writing(self) -> None:
        """Note that the client reads too slowly, and how long it may."""
        self.write_paused = True
        self.write_deadline = self.state.now + self.limits.body_seconds

    def resume_writing(self) -> None:
        """Let the writer go on."""
        self.write_paused = False
        self.write_deadline = NEVER
        if self.pouring is not None:
            self.pour(*self.pouring)
        waiter = self.write_waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def pour(self, exchange: Exchange, rest: memoryview) -> None:
        """Write the rest of a response as fast as the client reads, then complete it.

        Given all at once, a large body would lie where TLS does not show how much of it is unsent.
        """
        while rest and not self.write_paused:
            self.transport.write(rest[:WRITE_BUFFER])
            rest = rest[WRITE_BUFFER:]
        self.pouring = (exchange, rest) if rest else None
        if not rest:
            exchange.completed()

    async def writable(self) -> None:
        """Wait for `resume_writing` or the end of the connection."""
        self.write_waiter = self.loop.create_future()
        try:
            await self.write_waiter
        finally:
            self.write_waiter = None

    # -- reception

    def _feed(self, data: bytes, begun_in: Phase) -> None:
        size = self.chunk = len(data)
        self.alone = begun_in is Phase.IDLE
        while data:
            try:
                self.parser.feed_data(data)  # type: ignore[union-attr]  # checked by the caller
                break
            except httptools.HttpParserUpgrade as upgrade:
                data = self._ignore_upgrade() + data[upgrade.args[0] :]
        if self.phase is Phase.HEAD:
            if begun_in is Phase.HEAD:
                self.fed += size
            else:
                self.fed = size if self.alone else 0  # what came before the head doesn't count
            if self.fed > self.limits.header_bytes:
                raise self._head_too_large()
        elif self.phase is Phase.BODY and self.chunked:
            # Chunk extensions and trailers without any progress are limited as headers are.
            self.stalled = 0 if self.progress else self.stalled + size
            if self.stalled > self.limits.header_bytes:
                raise self._head_too_large()

    def _ignore_upgrade(self) -> bytes:
        """Return the head again without its Upgrade, for a new parser: llhttp stops at one."""
        head = without_upgrade(self.parser.get_method(), self.url, self.headers)  # type: ignore[union-attr]  # it raised
        self.parser = httptools.HttpRequestParser(self)
        self.ignoring_upgrade = False
        return head

    def _head_too_large(self) -> HeadersTooLargeError:
        limits = self.limits
        return HeadersTooLargeError(
            f"the headers exceed {limits.header_bytes} bytes or {limits.headers} fields"
        )

    def _body_too_large(self) -> TooLargeError:
        return TooLargeError(f"the body exceeds {self.limits.body_bytes} bytes")

    def on_message_begin(self) -> None:
        """httptools: the first byte of a request."""
        self.url = b""
        self.headers = []
        self.framing = []
        self.phase = Phase.HEAD
        if not self.fresh:  # the first request's clock runs since the connection opened
            self.deadline = self.state.now + self.limits.header_seconds
        self.fresh = False

    def on_url(self, url: bytes) -> None:
        """httptools: a piece of the request target."""
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """httptools: a header, or a trailer."""
        if self.phase is not Phase.HEAD:
            return  # trailers must not change what was decided on the headers (RFC 9110 section 6.5.1)
        name = name.lower()
        if name in FRAMING:
            self.framing.append((name, value))
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """httptools: the head is whole. Check it, and let an app begin."""
        parser = self.parser
        assert parser is not None  # noqa: S101  # it is calling
        headers, limits = self.headers, self.limits
        suspect = not self.alone or self.chunk > limits.header_bytes  # only then is adding up worth it
        if len(headers) > limits.headers or (suspect and head_size(self.url, headers) > limits.header_bytes):
            raise self._head_too_large()
        version: str = parser.get_http_version()
        if version not in ("1.1", "1.0"):
            message = f"HTTP/{version} is not served here"
            raise UnsupportedError(message)
        framing = check_framing(version, self.framing)
        method: str = parser.get_method().decode("ascii")
        if parser.should_upgrade():
            if method == "CONNECT":
                message = "wye is not a forward proxy"
                raise UnsupportedError(message)
            self.ignoring_upgrade = True
            return
        path, raw_path, query = split_target(self.url)
        scope: Scope = {
            "type": "http",
            "asgi": _ASGI,
            "http_version": version,
            "method": method,
            "scheme": self.scheme,
            "path": path,
            "raw_path": raw_path,
            "query_string": query,
            "root_path": "",
            "headers": headers,
            "client": self.client,
            "server": self.server,
        }
        exchange = Exchange(
            self,
            scope,
            http10=version == "1.0",
            keep_alive=version == "1.1" and parser.should_keep_alive(),
            waiting_continue=framing.expects,
        )
        scope["wye.connection"] = exchange
        self.chunked = framing.chunked
        self._begin(exchange, framing.length)

    def _begin(self, exchange: Exchange, length: int) -> None:
        self.phase = Phase.BODY
        self.deadline = self.state.now + self.limits.body_seconds
        self.receiving = exchange
        if self.answering is None:
            self._answer(exchange)
        else:
            if len(self.queue) >= PIPELINE:
                self.receiving = None
                exchange.scope = {}
                message = f"more than {PIPELINE} requests wait on this connection"
                raise OverloadedError(message, retry_after=1)
            self.queue.append(exchange)
        self.length, self.stalled = length, 0
        if length > self.limits.body_bytes:
            raise self._body_too_large()
        if length and length + self.state.in_flight > self.limits.bytes_in_flight:
            raise OverloadedError(_BUSY, retry_after=1)

    def _answer(self, exchange: Exchange) -> None:
        self.answering = exchange
        task = exchange.task = self.loop.create_task(exchange.run(self.state.app))
        self.state.tasks.add(task)

    def on_body(self, data: bytes) -> None:
        """httptools: a piece of the body."""
        self.progress = True
        exchange = self.receiving
        if exchange is None or exchange.complete:
            return  # already answered: what is left is thrown away
        exchange.add(data)
        state = self.state
        state.in_flight += len(data)
        if exchange.size > self.limits.body_bytes:
            raise self._body_too_large()
        if state.in_flight > self.limits.bytes_in_flight:
            raise OverloadedError(_BUSY, retry_after=1)
        if exchange.buffered > BUFFERED_BODY and not exchange.wanted:
            self._pause_reading()

    def on_chunk_header(self) -> None:
        """httptools: a chunk begins."""
        self.progress = True

    def on_message_complete(self) -> None:
        """httptools: the request is whole."""
        if self.ignoring_upgrade:
            return
        self.phase = Phase.IDLE
        self.deadline = NEVER
        self.alone = False
        exchange, self.receiving = self.receiving, None
        if exchange is None:
            return
        exchange.received = True
        exchange.wake()
        if exchange.complete and self.answering is None:
            self.deadline = self.state.now + self.limits.keep_alive_seconds

    def _pause_reading(self) -> None:
        if not self.read_paused:
            self.read_paused = True
            self.transport.pause_reading()

    def resume_reading(self) -> None:
        """Go on after a body that nobody had asked for."""
        if self.read_paused:
            self.read_paused = False
            if not self.transport.is_closing():
                self.transport.resume_reading()

    # -- answers and ends

    def reusable(self, exchange: Exchange) -> bool:
        """Whether the connection can serve another request after this one's response."""
        if exchange.received:
            return True
        # The rest of a small body is read and thrown away; a large, chunked or not yet sent one is not.
        remainder = self.length - exchange.size
        return not self.chunked and not exchange.waiting_continue and 0 < remainder <= REMAINDER

    def answered(self, exchange: Exchange) -> None:
        """Note a complete response; go on with the next request, or end."""
        state = self.state
        state.total_requests += 1
        self.answering = None
        if not exchange.keep_alive:
            self._forget_queue()
            self._part(b"", TAIL_SECONDS)
            return
        self.resume_reading()
        if self.queue:
            self._answer(self.queue.popleft())
        elif self.parting is not None:
            self._part(self.parting)
        elif state.draining and self.phase is Phase.IDLE:
            self._part(b"")  # the head of its answer was out before draining began, without `close`
        elif self.phase is Phase.IDLE:
            if state.draining:  # it began before
                self._part(b"", TAIL_SECONDS)
            else:
                self.deadline = state.now + self.limits.keep_alive_seconds

    def _forget_queue(self) -> None:
        """Drop requests that no app has seen, behind one that ended the connection."""
        for queued in self.queue:
            queued.release()
            queued.scope = {}
        self.queue.clear()

    def _malformed(self, error: httptools.HttpParserError) -> None:
        if self.phase is Phase.IDLE and (last := self._last()) is not None and not last.keep_alive:
            self.phase = Phase.OVER  # bytes after a request that said `connection: close`
            return
        self.refuse(BadRequestError(f"malformed HTTP: {error}"))

    def _last(self) -> Exchange | None:
        return self.queue[-1] if self.queue else self.answering

    def refuse(self, error: WyeError) -> None:
        """End the reception with `error`: by the app if one has the request, else by a raw response."""
        exchange, self.receiving = self.receiving, None
        self.phase = Phase.OVER
        self.deadline = NEVER
        self.state.refused[error.status] += 1
        if exchange is None:
            parting = refusal(error, self.state.server_block)
            if self.answering is None:
                self._part(parting)
            else:
                self.parting = parting
        elif exchange.complete:
            self._part(b"")
        else:
            exchange.fail(error)

    def _part(self, last: bytes, grace: float = LINGER_SECONDS) -> None:
        """Write `last` and close, without a reset when the client may still be sending.

        `grace`: seconds for the client to take the end of what was written, and to close too.
        """
        transport = self.transport
        if last:
            transport.write(last)
        expects_nothing = self.phase is Phase.IDLE and not last
        self.parting = None
        self.phase = Phase.OVER
        self.gone_by = self.deadline = self.state.now + grace
        if expects_nothing and not transport.get_write_buffer_size():
            transport.close()
        elif not transport.is_closing():
            self.resume_reading()
            if transport.can_write_eof():
                transport.write_eof()
            else:  # TLS has no half-close, so the end is told once the client has fallen silent
                self.deadline = self.state.now + SILENCE_SECONDS

    def expire(self, now: float) -> None:
        """Act on a deadline that has passed. Called by the sweeper."""
        if now > self.write_deadline:
            self.transport.abort()
        elif self.phase is Phase.OVER:
            self._expire_parted(now)
        elif self.phase is Phase.IDLE:
            self._part(b"")
        elif self.read_paused:
            self.deadline = now + self.limits.body_seconds  # we keep it waiting, not it us
        else:
            what = "headers" if self.phase is Phase.HEAD else "body"
            seconds = self.limits.header_seconds if self.phase is Phase.HEAD else self.limits.body_seconds
            self.refuse(ReceiveTimeoutError(f"the request's {what} did not arrive within {seconds:g} s"))

    def _expire_parted(self, now: float) -> None:
        """End what lingers, unless the client still takes from its last answer."""
        unsent = self.transport.get_write_buffer_size()
        if unsent != self.unsent:
            self.unsent = unsent
            self.gone_by = now + self.limits.body_seconds
        if unsent and now < self.gone_by:
            self.deadline = now + SILENCE_SECONDS
        elif unsent or self.transport.is_closing():
            self.transport.abort()
        else:
            self.deadline = now + TAIL_SECONDS
            self.transport.close()

    def shutdown(self) -> None:
        """End an idle connection now, any other with its next response."""
        if self.phase is Phase.IDLE and self.answering is None:
            self._part(b"")


def _address(name: object) -> tuple[str, int] | None:
    """Return (host, port) of an IP socket's name."""
    return (str(name[0]), int(name[1])) if isinstance(name, tuple) else None
