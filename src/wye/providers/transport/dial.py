"""From an origin to an established connection: DNS, TCP, proxy, TLS."""

import asyncio
import socket
import ssl
from typing import TYPE_CHECKING

from wye.core.errors import EgressRefusedError
from wye.providers.transport.connection import Connection
from wye.providers.transport.errors import ConnectError, ConnectTimeoutError, TlsError
from wye.providers.transport.resolve import Resolved, Resolver
from wye.providers.transport.tls import Contexts, reason
from wye.providers.transport.tunnel import Tunnel

if TYPE_CHECKING:
    from wye.providers.egress import Origin
    from wye.providers.transport.limits import Limits
    from wye.providers.transport.pool import Pool


class Dialer:
    """Opens connections. Whatever interrupts it, nothing stays open behind."""

    def __init__(self, limits: "Limits") -> None:
        self._stagger = limits.stagger_seconds
        self._resolver = Resolver(limits.dns_seconds)
        self._contexts = Contexts()

    async def dial(self, origin: "Origin", pool: "Pool", seconds: float) -> Connection:
        """Return a connection to `origin` within `seconds`, DNS and TLS included.

        Raises a `TransportError` that names the phase, or `EgressRefusedError`.
        """
        step = ["resolving"]
        try:
            async with asyncio.timeout(seconds):
                return await self._dial(origin, pool, step)
        except TimeoutError as error:
            message = f"{step[0]} took more than {seconds:g} s"
            raise ConnectTimeoutError(message) from error

    async def aclose(self) -> None:
        """Stop what still runs."""
        await self._resolver.aclose()

    async def _dial(self, origin: "Origin", pool: "Pool", step: list[str]) -> Connection:
        site, proxy = origin.site, origin.proxy
        host, port = (site.host, site.port) if proxy is None else (proxy.host, proxy.port)
        found = await self._resolver.resolve(host, port)
        context = await self._contexts.get(site.tls) if site.scheme == "https" else None
        step[0] = "connecting"
        sock = await self._race(origin, found)
        loop = asyncio.get_running_loop()
        connection = Connection(pool, loop)
        tunnel = None if context is None else Tunnel()
        try:
            raw, _ = await loop.create_connection(lambda: tunnel or connection, sock=sock)
        except BaseException:
            sock.close()
            raise
        transport = raw
        try:
            if tunnel is not None and proxy is not None:
                step[0] = "the proxy's CONNECT"
                # The port is never left out here (RFC 9110 section 7.1).
                await tunnel.open(raw, _authority(site.host, site.port), proxy)
            if tunnel is not None and context is not None:
                step[0] = "the TLS handshake"
                transport = await _secure(tunnel, connection, raw, context, site.host)
            connection.attach(transport, raw)
        except BaseException:
            transport.abort()
            raise
        return connection

    async def _race(self, origin: "Origin", found: Resolved) -> socket.socket:
        """RFC 8305 section 5: start the next address when one fails or has not answered in a while."""
        queue = list(found)
        running: set[asyncio.Task[socket.socket]] = set()
        failures: list[BaseException] = []
        try:
            while queue or running:
                if queue:
                    running.add(asyncio.ensure_future(origin.connect(*queue.pop(0))))
                done, running = await asyncio.wait(
                    running,
                    timeout=self._stagger if queue else None,
                    return_when=asyncio.FIRST_COMPLETED,
                )
                winner = _winner(done, failures)
                if winner is not None:
                    return winner
        finally:
            _dismiss(running)
        raise _failure(origin, failures)


async def _secure(
    tunnel: Tunnel, connection: Connection, raw: asyncio.Transport, context: ssl.SSLContext, host: str
) -> asyncio.Transport:
    if not tunnel.quiet:
        message = "the handshake failed: the upstream spoke first"
        raise TlsError(message)
    loop = asyncio.get_running_loop()
    try:
        transport = await loop.start_tls(raw, connection, context, server_hostname=host)
    except (ssl.SSLError, OSError) as error:
        raise TlsError(reason(error)) from error
    if transport is None:
        message = "the handshake failed: the connection was closed"
        raise TlsError(message)
    return transport


def _winner(done: "set[asyncio.Task[socket.socket]]", failures: list[BaseException]) -> socket.socket | None:
    """Return a connected socket, closing others that connected in the same turn."""
    winner = None
    for task in done:
        error = task.exception()
        if error is not None:
            failures.append(error)
        elif winner is None:
            winner = task.result()
        else:
            task.result().close()
    return winner


def _dismiss(running: "set[asyncio.Task[socket.socket]]") -> None:
    """Cancel attempts; close the socket of one that connected meanwhile."""
    for task in running:
        task.cancel()
        task.add_done_callback(_close)


def _close(task: "asyncio.Task[socket.socket]") -> None:
    if not task.cancelled() and task.exception() is None:
        task.result().close()


def _failure(origin: "Origin", failures: list[BaseException]) -> Exception:
    """The refusal if there was one: it says more than a failed connect. Else all that was tried."""
    for failure in failures:
        if isinstance(failure, EgressRefusedError):
            return failure
    reasons = "; ".join(dict.fromkeys(str(failure) or type(failure).__name__ for failure in failures))
    return ConnectError(f"{origin.authority}: {reasons or 'no address'}")


def _authority(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
