"""Runs the listener: sockets, TLS, the sweeper, draining. uvicorn underneath."""

import asyncio
import contextlib
import ssl
from collections import Counter
from types import TracebackType
from typing import Self

import uvicorn
from uvicorn.server import ServerState

from wye.config.settings import ListenerSettings
from wye.gateway.listener.connection import TAIL_SECONDS, Connection
from wye.gateway.listener.exchange import App
from wye.providers.outbox import Outbox

SERVER = "wye"
BACKLOG = 2048
DRAIN_TICK = 0.02


class State(ServerState):
    """What all connections of a listener share."""

    def __init__(
        self, app: App, settings: ListenerSettings, loop: asyncio.AbstractEventLoop, outbox: Outbox
    ) -> None:
        super().__init__()
        self.connections: set[Connection] = set()  # type: ignore[assignment]  # uvicorn lists its own
        self.app = app
        self.settings = settings
        self.loop = loop
        self.now = loop.time()
        """The sweeper's clock, up to 0.1 s late; spares a call a request."""
        self.outbox = outbox
        """Whole answers, until the end of a turn."""
        self.in_flight = 0
        """Bytes of request bodies held."""
        self.refused: Counter[int] = Counter()
        """Requests refused here, by status."""
        self.draining = False
        self.server_block = b""
        """Date and Server, as header lines."""


class _Server(uvicorn.Server):
    """uvicorn's main loop, ten ticks a second, sweeping for passed deadlines."""

    def __init__(self, config: uvicorn.Config, state: State) -> None:
        super().__init__(config)
        self.server_state = self.state = state

    async def on_tick(self, counter: int) -> bool:
        done = await super().on_tick(counter)
        if counter % 10 == 0:
            pairs = self.state.default_headers
            self.state.server_block = b"".join(b"%b: %b\r\n" % pair for pair in pairs)
        self.sweep()
        return done

    def sweep(self) -> None:
        state = self.state
        now = state.now = state.loop.time()
        late = [c for c in state.connections if now > c.deadline or now > c.write_deadline]
        for connection in late:
            connection.expire(now)


class Listener:
    """Serves an ASGI app on `listen` (`host:port`, `[v6]:port`; port 0 = any free one).

    `async with Listener(...)` accepts connections inside the block and drains at its end. Signals are the
    caller's business.
    """

    def __init__(
        self, app: App, settings: ListenerSettings, listen: str, outbox: Outbox | None = None
    ) -> None:
        """`outbox` is where answers wait for the end of a turn of the event loop; None = one of its own."""
        self.host, self.port = split_listen(listen)
        self._app = app
        self._settings = settings
        self._outbox = outbox or Outbox()
        self._tls = _tls_context(settings)
        self._servers: list[asyncio.Server] = []

    async def __aenter__(self) -> Self:
        """Bind and accept. Raises OSError when the address can't be bound."""
        loop = asyncio.get_running_loop()
        self.state = State(self._app, self._settings, loop, self._outbox)
        config = uvicorn.Config(
            self._app,
            http=Connection,
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            headers=[("server", SERVER)],
        )
        config.load()
        self._server = _Server(config, self.state)
        await self._server.on_tick(0)
        tls = self._tls
        server = await loop.create_server(
            lambda: Connection(self.state),
            self.host,
            self.port,
            backlog=BACKLOG,
            ssl=tls,
            ssl_handshake_timeout=self._settings.header_seconds if tls else None,
            ssl_shutdown_timeout=TAIL_SECONDS if tls else None,
        )
        self._servers = [server]
        self.port = server.sockets[0].getsockname()[1]
        self._ticking = loop.create_task(self._server.main_loop())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop accepting, close idle connections, let responses finish for `drain_seconds`."""
        await self.drain()

    @property
    def url(self) -> str:
        """Where it serves, for people."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self._tls else 'http'}://{host}:{self.port}"

    async def drain(self) -> None:
        """Stop serving. Returns when no connection and no request is left."""
        state = self.state
        for server in self._servers:
            server.close()
        state.draining = True
        for connection in list(state.connections):
            connection.shutdown()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._settings.drain_seconds):
                await self._quiet()
        for task in list(state.tasks):
            task.cancel()
        await asyncio.gather(*state.tasks, return_exceptions=True)
        state.outbox.flush()
        for connection in list(state.connections):
            connection.transport.abort()
        await self._quiet()
        self._ticking.cancel()  # the sweeper stops last: deadlines hold while draining
        with contextlib.suppress(asyncio.CancelledError):
            await self._ticking

    async def _quiet(self) -> None:
        while self.state.connections or self.state.tasks:  # noqa: ASYNC110  # sets, not events; only at the end
            await asyncio.sleep(DRAIN_TICK)


def split_listen(listen: str) -> tuple[str, int]:
    """Return (host, port) of `host:port` or `[v6]:port`. Raises ValueError saying what is wrong."""
    host, colon, port = listen.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        host = ""
    if not colon or not host or not port.isdecimal() or int(port) > 65_535:  # noqa: PLR2004  # the largest port
        message = f"`{listen}` is not an address to listen on; write `127.0.0.1:4000` or `[::1]:4000`"
        raise ValueError(message)
    return host, int(port)


def _tls_context(settings: ListenerSettings) -> ssl.SSLContext | None:
    """Return the TLS side of the listener, or None. Raises OSError or ssl.SSLError for bad files."""
    if settings.tls_cert_file is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(settings.tls_cert_file, settings.tls_key_file)
    context.set_alpn_protocols(["http/1.1"])
    return context
