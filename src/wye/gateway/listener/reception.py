"""What a client sends, bounded in size, number and time. llhttp parses; `connection` answers."""

import asyncio
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Final

import httptools

from wye.core.errors import OverloadedError, TooLargeError, WyeError
from wye.core.heads import Head, with_length
from wye.gateway.listener.exchange import BUFFERED_BODY, Exchange, Scope
from wye.gateway.listener.head import FRAMING, check_framing, head_size, split_target, without_upgrade
from wye.gateway.listener.wire import HeadersTooLargeError, UnsupportedError

if TYPE_CHECKING:
    from wye.gateway.listener.server import State

NEVER = float("inf")

IDLE: Final = 0
HEAD: Final = 1
BODY: Final = 2
OVER: Final = 3
"""Phases: what the client is sending; `OVER` = nothing that matters. Slower to name in an enum."""

LESSONS = 4
"""How often a connection's head is learnt: whoever sends another one each time is not worth it."""
_ASGI = {"version": "3.0", "spec_version": "2.3"}
_BEHIND = "a large request waits for the answer before it: send it on a connection of its own"
_BUSY = "the gateway holds as many bytes of requests as it may"


class Reception(asyncio.Protocol, ABC):
    """The receiving half of a connection. Raises, inside the parser, what `refuse` is then given."""

    transport: asyncio.Transport
    client: tuple[str, int] | None
    server: tuple[str, int] | None
    scheme: str

    def __init__(self, state: "State") -> None:
        self.state = state
        self.limits = state.settings
        self.loop = state.loop
        self.parser: httptools.HttpRequestParser | None = None
        self.phase: int = IDLE
        self.deadline = NEVER
        """When what is being received must be here."""
        self.receiving: Exchange | None = None
        self.fresh = True
        self.read_paused = self.ignoring_upgrade = False
        self.url = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self.framing: list[tuple[bytes, bytes]] = []
        self.chunk = self.fed = self.stalled = self.length = 0
        self.alone = self.progress = self.chunked = False
        self.scope: dict[str, Any] | None = None
        """Of the latest request, if one may be made of its head again."""
        self.known: Head | None = None
        """That head."""
        self.lessons = LESSONS

    @abstractmethod
    def begun(self, exchange: Exchange) -> None:
        """Take a request whose head is whole. May raise WyeError."""

    @abstractmethod
    def refuse(self, error: WyeError) -> None:
        """End the reception with `error`."""

    @abstractmethod
    def malformed(self, error: httptools.HttpParserError) -> None:
        """End the reception of what is not HTTP."""

    @abstractmethod
    def unheard(self) -> None:
        """Note that the client still sends, though it is over."""

    def data_received(self, data: bytes) -> None:
        """Parse; refuse what is malformed or too much."""
        if self.phase == OVER or self.parser is None:
            self.unheard()
            return
        begun_in = self.phase
        self.progress = False
        known = self.known
        try:
            if known is not None and begun_in == IDLE and (begin := known.body(data)):
                self._repeat(data[begin:])
            else:
                self._feed(data, begun_in)
        except httptools.HttpParserCallbackError as error:
            if not isinstance(error.__context__, WyeError):
                raise  # a defect of ours: asyncio logs it and closes the connection
            self.refuse(error.__context__)
        except httptools.HttpParserError as error:
            self.malformed(error)
        except WyeError as error:
            self.refuse(error)

    def _feed(self, data: bytes, begun_in: int) -> None:
        size = self.chunk = len(data)
        self.alone = begun_in == IDLE
        while data:
            try:
                self.parser.feed_data(data)  # type: ignore[union-attr]  # checked by the caller
                break
            except httptools.HttpParserUpgrade as upgrade:
                data = self._ignore_upgrade() + data[upgrade.args[0] :]
        if self.phase == HEAD:
            if begun_in == HEAD:
                self.fed += size
            else:
                self.fed = size if self.alone else 0  # what came before the head doesn't count
            if self.fed > self.limits.header_bytes:
                raise self._head_too_large()
        elif self.phase == BODY and self.chunked:
            # Chunk extensions and trailers without any progress are limited as headers are.
            self.stalled = 0 if self.progress else self.stalled + size
            if self.stalled > self.limits.header_bytes:
                raise self._head_too_large()

        elif self.phase is begun_in == IDLE and self.scope is not None and self.lessons:
            self.lessons -= 1  # to learn costs as much as it saves
            self.known = Head.of(data, self.length)

    def _repeat(self, body: bytes) -> None:
        """Take a whole request without asking the parser what it has said before."""
        length = len(body)
        scope = self.scope
        assert scope is not None  # noqa: S101  # there is one for every known head
        if length != self.length:
            scope = self.scope = {**scope, "headers": with_length(scope["headers"], length)}
        self._begin(self._exchange(scope.copy(), keep_alive=True), length)
        self.on_body(body)
        self.on_message_complete()

    def _ignore_upgrade(self) -> bytes:
        """Return the head again without its Upgrade, for a new parser: llhttp stops at one."""
        head = without_upgrade(self.parser.get_method(), self.url, self.headers)  # type: ignore[union-attr]  # it raised
        self.parser = httptools.HttpRequestParser(self)
        self.ignoring_upgrade = False
        return head

    def _head_too_large(self) -> HeadersTooLargeError:
        limits = self.limits
        return HeadersTooLargeError(
            f"the headers exceed {limits.header_bytes} bytes or {limits.headers} fields: "
            "send fewer, or raise `listener.header_bytes` or `listener.headers` in wye.yaml"
        )

    def _body_too_large(self) -> TooLargeError:
        return TooLargeError(
            f"the body exceeds {self.limits.body_bytes} bytes: "
            "send less, or raise `listener.body_bytes` in wye.yaml"
        )

    def on_message_begin(self) -> None:
        """httptools: the first byte of a request."""
        self.url = b""
        self.headers = []
        self.framing = []
        self.phase = HEAD
        if not self.fresh:  # the first request's clock runs since the connection opened
            self.deadline = self.state.now + self.limits.header_seconds
        self.fresh = False

    def on_url(self, url: bytes) -> None:
        """httptools: a piece of the request target."""
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """httptools: a header, or a trailer."""
        if self.phase != HEAD:
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
        scope: dict[str, Any] = {
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
            "wye.memo": {},
        }
        keep_alive = version == "1.1" and parser.should_keep_alive()
        self.known = None
        self.scope = scope if keep_alive and framing.length and not framing.expects else None
        exchange = self._exchange(
            scope.copy(), http10=version == "1.0", keep_alive=keep_alive, waiting_continue=framing.expects
        )
        self.chunked = framing.chunked
        self._begin(exchange, framing.length)

    def _exchange(
        self, scope: Scope, *, keep_alive: bool, http10: bool = False, waiting_continue: bool = False
    ) -> Exchange:
        exchange = scope["wye.connection"] = Exchange(
            self,  # type: ignore[arg-type]  # every Reception is a Connection
            scope,
            http10=http10,
            keep_alive=keep_alive,
            waiting_continue=waiting_continue,
        )
        return exchange

    def _begin(self, exchange: Exchange, length: int) -> None:
        self.phase = BODY
        self.deadline = self.state.now + self.limits.body_seconds
        self.receiving = exchange
        self.begun(exchange)
        self.length, self.stalled = length, 0
        if length > self.limits.body_bytes:
            raise self._body_too_large()
        if length and length + self.state.in_flight > self.limits.bytes_in_flight:
            raise OverloadedError(_BUSY, retry_after=1)

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
            if exchange.task is None:  # to pause would hide that the client left the request before it
                raise OverloadedError(_BEHIND, retry_after=1)
            self.pause_reading()

    def on_chunk_header(self) -> None:
        """httptools: a chunk begins."""
        self.progress = True

    def on_message_complete(self) -> None:
        """httptools: the request is whole."""
        if self.ignoring_upgrade:
            return
        self.phase = IDLE
        self.deadline = NEVER
        self.alone = False
        exchange, self.receiving = self.receiving, None
        if exchange is None:
            return
        exchange.received = True
        exchange.wake()
        if exchange.complete:  # it was answered early, and the rest of its body thrown away
            self.deadline = self.state.now + self.limits.keep_alive_seconds

    def pause_reading(self) -> None:
        """Let no more come in: nobody asks for it."""
        if not self.read_paused:
            self.read_paused = True
            self.transport.pause_reading()

    def resume_reading(self) -> None:
        """Go on after a body that nobody had asked for."""
        if self.read_paused:
            self.read_paused = False
            if not self.transport.is_closing():
                self.transport.resume_reading()
