"""Sends requests over granted connections."""

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Self

from wye.providers.egress import Egress, Grant
from wye.providers.outbox import Outbox
from wye.providers.transport.connection import Connection
from wye.providers.transport.dial import Dialer
from wye.providers.transport.errors import AbortedError, ClosedError, StaleError, WaitTimeoutError
from wye.providers.transport.limits import PIECE, Limits
from wye.providers.transport.pool import Pool
from wye.providers.transport.upload import Body

if TYPE_CHECKING:
    from wye.catalog.deployments import Timeouts
    from wye.providers.egress import Origin
    from wye.providers.transport.response import Response

_TICK = 0.05
"""Seconds between two looks at the deadlines: what a timeout may be late by."""

_BODILESS = frozenset({b"GET", b"HEAD", b"DELETE", b"OPTIONS"})


class Transport:
    """The upstream client of one egress, on one event loop.

    Redirects are not followed and no status is an error: the response is returned as it came. In `outbox`
    requests wait for the end of a turn of the event loop.
    """

    def __init__(self, egress: Egress, limits: Limits | None = None) -> None:
        self._egress = egress
        self._limits = limits or Limits()
        self.outbox = Outbox()
        self._dialer = Dialer(self._limits)
        self._pools: list[Pool] = []
        self._sweeper: asyncio.TimerHandle | None = None
        self._closed = False

    async def send(  # noqa: C901, PLR0913  # the parts of a request; a second try, and what ends it
        self,
        grant: Grant,
        method: bytes,
        target: bytes,
        headers: bytes = b"",
        body: Body = b"",
        *,
        timeouts: "Timeouts | None" = None,
        exchanges: "list[Response] | None" = None,
    ) -> "Response":
        r"""Send a request; return its response once the final head is here.

        `headers` is a block of `Name: value\r\n` lines without Host, Accept-Encoding and framing. A
        `body` of bytes is sent with Content-Length, an asynchronous iterator chunked. `timeouts` replace
        the grant's. `exchanges` gets each exchange that is begun, also one that gives no response: it counts
        its bytes. Raises `TransportError`, `EgressRefusedError`, or what the body's iterator raised.

        A request on a reused connection that closes before any byte of a response is sent once more, on a
        new connection, if the grant is replayable and the body is bytes. Never after a timeout.
        """
        if type(grant) is not Grant or (pool := grant.origin.pool) is None or pool.owner is not self:
            pool = self._adopt(grant)
        if timeouts is None:
            timeouts = grant.timeouts
        data, rest = _compose(grant.origin.head(method, target), method, headers, body)
        started = 0.0
        fresh = False
        while True:
            connection = None if fresh else pool.take()
            if connection is None:
                started = started or asyncio.get_running_loop().time()
                connection = await self._acquire(grant.origin, pool, timeouts, fresh=fresh)
            reused = connection.reused
            response = connection.start(timeouts, data, head_only=method == b"HEAD", since=started)
            if exchanges is not None:
                exchanges.append(response)
            if rest is not None:
                pool.outbox.flush()
                response.upload(rest)
            try:
                while not response.status:
                    await response.change()
            except ClosedError as error:
                # Not slow, not wrong, and not a byte seen: the connection was closed before it was asked.
                unsent = isinstance(error, StaleError)
                if not reused or not (unsent or (not fresh and grant.replayable and isinstance(body, bytes))):
                    raise
                fresh = fresh or not unsent
            except BaseException:  # nobody waits for it any more
                response.abort()
                raise
            else:
                return response

    async def aclose(self) -> None:
        """Abort every exchange and close every connection."""
        self._closed = True
        if self._sweeper is not None:
            self._sweeper.cancel()
        for pool in self._pools:
            pool.close(AbortedError("the transport is closed"))
        await self._dialer.aclose()
        # Transports close their sockets in the next turn of the loop, TLS ones in the one after.
        for _ in range(3):
            await asyncio.sleep(0)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.aclose()

    def _adopt(self, grant: Grant) -> Pool:
        """Check a grant seen for the first time, and give its origin a pool."""
        if type(grant) is not Grant:
            message = "a request needs a grant"
            raise TypeError(message)
        origin = grant.origin
        if self._closed or origin.pool is not None or not self._egress.minted(origin):
            message = "the transport is closed, or the grant belongs to another one"
            raise RuntimeError(message)
        pool = origin.pool = Pool(self._limits, self.outbox, owner=self)
        self._pools.append(pool)
        return pool

    async def _acquire(
        self, origin: "Origin", pool: Pool, timeouts: "Timeouts", *, fresh: bool
    ) -> Connection:
        if self._closed:
            message = "the transport is closed"
            raise AbortedError(message)
        if self._sweeper is None:
            self._sweep(starting=True)
        try:
            async with asyncio.timeout(timeouts.total):
                return await pool.acquire(
                    lambda: self._dialer.dial(origin, pool, timeouts.connect), fresh=fresh
                )
        except TimeoutError as error:
            message = f"all {self._limits.connections} connections stayed busy for {timeouts.total:g} s"
            raise WaitTimeoutError(message) from error

    def _sweep(self, *, starting: bool = False) -> None:
        """Look at every deadline. Stops when no connection is left."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        self._sweeper = None
        for pool in self._pools:
            pool.sweep(now)
        if starting or any(pool.slots for pool in self._pools):
            self._sweeper = loop.call_later(_TICK, self._sweep)


def _compose(head: bytes, method: bytes, headers: bytes, body: Body) -> tuple[bytes, Body | None]:
    """Return what is written at once, and the body if it is to follow."""
    if headers and (not headers.endswith(b"\r\n") or headers.find(b"\r\n\r\n") >= 0):
        message = "headers must be complete lines"
        raise ValueError(message)
    if isinstance(body, bytes):
        size = len(body)
        if size <= PIECE:
            framing = b"Content-Length: %d\r\n\r\n" % size if size or method not in _BODILESS else b"\r\n"
            return b"".join((head, headers, framing, body)), None
    elif isinstance(body, AsyncIterator):
        return b"".join((head, headers, b"Transfer-Encoding: chunked\r\n\r\n")), body
    else:
        size = sum(map(len, body))
    return b"".join((head, headers, b"Content-Length: %d\r\n\r\n" % size)), body
