"""One client connection: the order of its answers, and when it ends. `reception` reads it.

Rules this file keeps:
- Every phase but "being answered" has an absolute deadline; a sweeper calls `expire`, there are no timers.
- Until an app runs, a refusal is a raw JSON response; afterwards the app answers, in its client's protocol.
- Responses go out in the order of the requests; a refusal waits for the answers before it.
- What closes while the client may still be sending lingers: reset too early, it would lose the response.
"""

import asyncio
from collections import deque
from typing import TYPE_CHECKING

import httptools

from wye.core.errors import BadRequestError, OverloadedError, ReceiveTimeoutError, WyeError
from wye.gateway.listener.exchange import Exchange
from wye.gateway.listener.reception import HEAD, IDLE, NEVER, OVER, Reception
from wye.gateway.listener.wire import refusal

if TYPE_CHECKING:
    from wye.gateway.listener.server import State

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


class Connection(Reception):
    """The server's side of one connection. `state` is shared by all of a listener."""

    def __init__(self, state: "State") -> None:
        super().__init__(state)
        self.write_deadline = self.gone_by = NEVER
        self.answering: Exchange | None = None
        self.queue: deque[Exchange] = deque()
        self.parting: bytes | None = None
        self.write_paused = False
        self.write_waiter: asyncio.Future[None] | None = None
        self.pouring: tuple[Exchange, memoryview] | None = None
        self.unsent = 0

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
        self.phase = OVER
        self.parser = None  # it refers back here
        exchange, self.answering, self.receiving = self.answering, None, None
        if exchange is not None:
            exchange.hang_up()
        self._forget_queue()
        self.pouring = None
        self.resume_writing()

    def eof_received(self) -> None:
        """A client that ends its side has hung up: returning None closes the transport."""
        self.state.outbox.flush()

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

    def write(self, data: bytes) -> None:
        """Write now, behind what is to be written soon."""
        self.state.outbox.flush()
        self.transport.write(data)

    def write_soon(self, data: bytes) -> None:
        """Write with the answers of this turn of the event loop."""
        self.state.outbox.put(self._put, data)

    def _put(self, data: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(data)

    async def writable(self) -> None:
        """Wait for `resume_writing` or the end of the connection."""
        self.write_waiter = self.loop.create_future()
        try:
            await self.write_waiter
        finally:
            self.write_waiter = None

    # -- answers and ends

    def begun(self, exchange: Exchange) -> None:
        """Let an app answer, or wait for the answers before."""
        if self.answering is None:
            self._answer(exchange)
            return
        if len(self.queue) >= PIPELINE:
            self.receiving = None
            exchange.scope = {}
            message = f"more than {PIPELINE} requests wait on this connection"
            raise OverloadedError(message, retry_after=1)
        self.queue.append(exchange)

    def _answer(self, exchange: Exchange) -> None:
        self.answering = exchange
        task = exchange.task = self.loop.create_task(exchange.run(self.state.app))
        self.state.tasks.add(task)

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
        elif state.draining and self.phase == IDLE:
            self._part(b"")  # the head of its answer was out before draining began, without `close`
        elif self.phase == IDLE:
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

    def malformed(self, error: httptools.HttpParserError) -> None:
        """End the reception of what is not HTTP."""
        if self.phase == IDLE and (last := self._last()) is not None and not last.keep_alive:
            self.phase = OVER  # bytes after a request that said `connection: close`
            return
        self.refuse(BadRequestError(f"malformed HTTP: {error}"))

    def _last(self) -> Exchange | None:
        return self.queue[-1] if self.queue else self.answering

    def refuse(self, error: WyeError) -> None:
        """End the reception with `error`: by the app if one has the request, else by a raw response."""
        exchange, self.receiving = self.receiving, None
        self.phase = OVER
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
        self.state.outbox.flush()
        if last:
            transport.write(last)
        expects_nothing = self.phase == IDLE and not last
        self.parting = None
        self.phase = OVER
        self.gone_by = self.deadline = self.state.now + grace
        if expects_nothing and not transport.get_write_buffer_size():
            transport.close()
        elif not transport.is_closing():
            self.resume_reading()
            if transport.can_write_eof():
                transport.write_eof()
            else:  # TLS has no half-close, so the end is told once the client has fallen silent
                self.deadline = self.state.now + SILENCE_SECONDS

    def unheard(self) -> None:
        """Note that the client still sends, though it is over."""
        if self.deadline < self.gone_by:  # it lingers, and is not silent yet
            self.deadline = min(self.state.now + SILENCE_SECONDS, self.gone_by)

    def expire(self, now: float) -> None:
        """Act on a deadline that has passed. Called by the sweeper."""
        if now > self.write_deadline:
            self.transport.abort()
        elif self.phase == OVER:
            self._expire_parted(now)
        elif self.phase == IDLE:
            self._part(b"")
        elif self.read_paused:
            self.deadline = now + self.limits.body_seconds  # we keep it waiting, not it us
        else:
            what = "headers" if self.phase == HEAD else "body"
            seconds = self.limits.header_seconds if self.phase == HEAD else self.limits.body_seconds
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
        if self.phase == IDLE and self.answering is None:
            self._part(b"")


def _address(name: object) -> tuple[str, int] | None:
    """Return (host, port) of an IP socket's name."""
    return (str(name[0]), int(name[1])) if isinstance(name, tuple) else None
