"""One request and its response, as an app sees it.

An app written for speed takes `scope["wye.connection"]` and calls the methods here; any other ASGI
app uses `receive` and `send` as usual. Both may not be mixed in one response.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any

from wye.core.errors import OverloadedError, WyeError
from wye.gateway.listener.wire import CONTINUE, LAST_CHUNK, STATUS_LINES, error_block, header_block

if TYPE_CHECKING:
    from wye.gateway.listener.connection import Connection

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

BUFFERED_BODY = 65_536
"""Bytes of a body that are held while nobody asks for it; more pauses reading."""
ONE_WRITE = 65_536
"""Bodies up to this size are joined with their headers into one write."""
SMALL_PIECE = 4_096
"""Bytes of body; a client may send them in chunks of one."""
NO_BODY = frozenset({204, 304})

logger = logging.getLogger("wye.listener")


class HangupError(ConnectionError):
    """The client went away before its request was complete."""


class Exchange:
    """A request being received and answered.

    Attributes for the app: `on_hangup` is called once, from the event loop, when the connection ends
    before the response is complete; `hung_up` says so afterwards; `size` is bytes of body received.
    """

    __slots__ = (
        "_given",
        "_pending",
        "_remaining",
        "buffered",
        "chunked",
        "complete",
        "connection",
        "error",
        "given",
        "head",
        "http10",
        "hung_up",
        "keep_alive",
        "on_hangup",
        "parts",
        "piecewise",
        "received",
        "scope",
        "size",
        "started",
        "task",
        "waiter",
        "waiting_continue",
        "wanted",
    )

    def __init__(
        self,
        connection: "Connection",
        scope: Scope,
        *,
        http10: bool,
        keep_alive: bool,
        waiting_continue: bool,
    ) -> None:
        self.connection = connection
        self.scope = scope
        self.head = scope["method"] == "HEAD"
        self.http10 = http10
        self.keep_alive = keep_alive
        self.waiting_continue = waiting_continue
        self.on_hangup: Callable[[], None] | None = None
        self.hung_up = False
        self.error: WyeError | None = None
        self.parts: list[bytes | bytearray] = []
        self.size = self.buffered = 0
        self.received = self.wanted = self.piecewise = self._given = False
        self.started = self.given = self.complete = self.chunked = False
        self.waiter: asyncio.Future[None] | None = None
        self.task: asyncio.Task[None] | None = None
        self._remaining: int | None = None
        self._pending: tuple[int, bytes, int | None] | None = None

    # -- the request body

    def take_body(self) -> bytes | None:
        """Return the whole body when it has arrived, else None: then await `read_body()`.

        Raises the WyeError that ended the reception (408, 413, 400, 503).
        """
        if self.error is not None:
            raise self.error
        if not self.received:
            return None
        if len(self.parts) != 1:
            self.parts = [b"".join(self.parts)]
        return bytes(self.parts[0])  # of bytes this is no copy

    async def read_body(self) -> bytes:
        """Return the whole body. Raises WyeError as `take_body`, HangupError when the client leaves."""
        self.wanted = True
        while (body := self.take_body()) is None:
            await self._arrival()
        return body

    async def _arrival(self) -> None:
        """Wait until more body, its end, an error or a hang-up."""
        if self.hung_up:
            message = "the client closed the connection"
            raise HangupError(message)
        if self.waiting_continue:
            self.waiting_continue = False
            self.connection.write(CONTINUE)
        self.connection.resume_reading()
        self.waiter = self.connection.loop.create_future()
        try:
            await self.waiter
        finally:
            self.waiter = None

    def add(self, data: bytes) -> None:
        """Keep a piece of the body. Small ones are put together: an object each would be far larger."""
        parts = self.parts
        size = len(data)
        self.size += size
        self.buffered += size
        self.waiting_continue = False
        if not parts or size > SMALL_PIECE:
            parts.append(data)
        elif isinstance(parts[-1], bytearray):
            parts[-1] += data
        else:
            parts.append(bytearray(data))
        if self.piecewise:
            self.wake()

    def wake(self) -> None:
        """Let whoever waits for the body look again."""
        waiter = self.waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    # -- the response

    def respond(self, status: int, headers: bytes, body: bytes) -> None:
        """Send a whole response. `headers` is a block of lines without Content-Length, Date, Server."""
        if self.started:
            message = "the response has already begun"
            raise RuntimeError(message)
        self.started = True
        if self.hung_up:
            return
        head = STATUS_LINES[status] + self.connection.state.server_block + headers + self._closing()
        if status in NO_BODY:
            self.connection.write_soon(head + b"\r\n")
        elif self.head:
            self.connection.write_soon(b"%bcontent-length: %d\r\n\r\n" % (head, len(body)))
        elif len(body) <= ONE_WRITE:
            self.connection.write_soon(b"%bcontent-length: %d\r\n\r\n%b" % (head, len(body), body))
        else:
            self.connection.write(b"%bcontent-length: %d\r\n\r\n" % (head, len(body)))
            self.given = True
            self.connection.pour(self, memoryview(body))
            return
        self.completed()

    def start(self, status: int, headers: bytes, length: int | None = None) -> None:
        """Begin a response whose body follows by `write`. `length` in bytes; None = chunked."""
        if self.started:
            message = "the response has already begun"
            raise RuntimeError(message)
        self.started = True
        if self.hung_up:
            return
        framing = b""
        if status in NO_BODY:
            length = 0
        elif length is not None:
            framing = b"content-length: %d\r\n" % length
        elif self.http10:
            self.keep_alive = False  # an HTTP/1.0 body without a length ends with the connection
        else:
            self.chunked = True
            framing = b"transfer-encoding: chunked\r\n"
        self._remaining = length
        block = self.connection.state.server_block
        head = (STATUS_LINES[status], block, headers, self._closing(), framing, b"\r\n")
        self.connection.write(b"".join(head))

    def write(self, data: bytes) -> None:
        """Send a piece of the body. Await `drain()` before the next one while `paused`."""
        if self.hung_up or not data:
            return
        if self._remaining is not None:
            self._remaining -= 0 if self.head else len(data)
            if self._remaining < 0:
                message = "the response is longer than its Content-Length"
                raise RuntimeError(message)
        if self.head:
            return
        self.connection.transport.write(b"%x\r\n%b\r\n" % (len(data), data) if self.chunked else data)

    @property
    def paused(self) -> bool:
        """The client reads slower than we write: 64 KB wait for it."""
        return self.connection.write_paused

    async def drain(self) -> None:
        """Wait until the client has read enough, or hung up."""
        while self.connection.write_paused and not self.hung_up:
            await self.connection.writable()

    def finish(self) -> None:
        """End the body that `start` began."""
        if self.hung_up:
            return
        if self._remaining and not self.head:
            message = "the response is shorter than its Content-Length"
            raise RuntimeError(message)
        if self.chunked and not self.head:
            self.connection.transport.write(LAST_CHUNK)
        self.completed()

    def abort(self) -> None:
        """End the connection at once: the response can't be completed, and the client must notice."""
        self.on_hangup = None
        self.connection.transport.abort()

    def _closing(self) -> bytes:
        """Return the Connection header, deciding now whether the connection outlives the response."""
        if self.keep_alive and (self.connection.state.draining or not self.connection.reusable(self)):
            self.keep_alive = False
        return b"" if self.keep_alive else b"connection: close\r\n"

    def completed(self) -> None:
        """Note that the last byte of the response is written."""
        self.complete = True
        self.on_hangup = None
        self.wake()
        self.connection.answered(self)

    # -- ASGI 3 for everyone else (control plane)

    async def receive(self) -> Message:
        """ASGI `receive`: pieces of the body, then, once nobody can be answered any more, a disconnect."""
        self.wanted = self.piecewise = True
        try:
            while not (self.complete or self.error) and (self._given or not (self.parts or self.received)):
                await self._arrival()
        except HangupError:
            return {"type": "http.disconnect"}
        if self.complete or self.error:
            return {"type": "http.disconnect"}
        body = b"".join(self.parts)
        self.parts = []
        self.buffered = 0
        self.wanted = self.piecewise = False
        self._given = self.received
        return {"type": "http.request", "body": body, "more_body": not self.received}

    async def send(self, message: Message) -> None:
        """ASGI `send`. The head waits for the first piece of body, to go in one write."""
        await self.drain()
        if message["type"] == "http.response.start":
            self._pending = self._head(message)
            return
        body = message.get("body", b"")
        more = message.get("more_body", False)
        if self._pending is not None:
            (status, block, length), self._pending = self._pending, None
            if not more and (length is None or length == len(body)):
                self.respond(status, block, body)
                return
            self.start(status, block, length)
        self.write(body)
        if not more:
            self.finish()

    def _head(self, message: Message) -> tuple[int, bytes, int | None]:
        length = None
        pairs = []
        for name, value in message.get("headers", ()):
            lower = name.lower()
            if lower == b"content-length":
                length = int(value)
            elif lower == b"connection":
                self.keep_alive = self.keep_alive and b"close" not in value.lower()
            elif lower not in (b"transfer-encoding", b"date", b"server"):
                pairs.append((lower, value))
        return message["status"], header_block(pairs), length

    # -- life

    async def run(self, app: App) -> None:
        """Run the app for this request, and answer for it when it doesn't."""
        try:
            await app(self.scope, self.receive, self.send)
        except asyncio.CancelledError:
            self._answer_for_app(OverloadedError("the gateway is shutting down", retry_after=1))
            raise
        except WyeError as error:
            self._answer_for_app(error)
        except HangupError:
            pass  # there is nobody to answer
        except Exception:
            if self.error is None:  # else the app only choked on a body that did not arrive
                logger.exception("the app failed")
            self._answer_for_app(
                self.error or WyeError("an internal error; the gateway's log has the details")
            )
        else:
            if not self.complete:
                self._answer_for_app(self.error or WyeError("the gateway gave no answer"))
        finally:
            self.release()
            self.connection.state.tasks.discard(self.task)
            self.task = None
            self.scope = {}  # it refers back here: an exchange must not wait for the cycle collector

    def _answer_for_app(self, error: WyeError) -> None:
        """Leave no client waiting: an error if nothing was sent, else a visible break."""
        if self.complete or self.given or self.hung_up:
            return
        if self.started:
            self.abort()
            return
        self.keep_alive = False
        self.respond(error.status, *error_block(error))

    def fail(self, error: WyeError) -> None:
        """End the reception with `error`: whoever reads the body gets it, and the connection closes."""
        self.error = error
        self.keep_alive = False
        self.wake()

    def hang_up(self) -> None:
        """Note that the client is gone, and tell the app."""
        self.hung_up = True
        self.wake()
        callback, self.on_hangup = self.on_hangup, None
        if callback is not None and not self.complete:
            callback()

    def cancel(self) -> None:
        """Cancel the app: what most want of `on_hangup`."""
        if self.task is not None:
            self.task.cancel()

    def release(self) -> None:
        """Let go of the body; its bytes are in flight no more."""
        self.connection.state.in_flight -= self.size
        self.size = 0
        self.parts = []
