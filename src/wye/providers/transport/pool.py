"""The connections to one origin: at most so many, first come first served."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, NamedTuple

from wye.core.heads import Head
from wye.providers.outbox import Outbox
from wye.providers.transport.errors import ClosedError

if TYPE_CHECKING:
    from wye.providers.transport.connection import Connection
    from wye.providers.transport.framing import Headers
    from wye.providers.transport.limits import Limits
    from wye.providers.transport.response import Response

LESSONS = 32
"""Heads that are learnt in a row without one of them coming again."""

Dial = Callable[[], Awaitable["Connection"]]


class Known(NamedTuple):
    """A head of a whole answer, and what the parser found in it."""

    head: Head
    status: int
    headers: "Headers"
    length: int


class Pool:
    """Idle connections, newest on top, and the callers that wait for one.

    A slot is a connection being opened, in use, or idle. Whoever waits gets a released connection or a
    freed slot in the order of arrival; nobody overtakes, since idle connections exist only while nobody
    waits.
    """

    __slots__ = (
        "_idle",
        "_lessons",
        "_slots",
        "_waiters",
        "connections",
        "known",
        "limits",
        "outbox",
        "owner",
    )

    def __init__(self, limits: "Limits", outbox: Outbox, owner: object) -> None:
        self.limits = limits
        self.owner = owner
        self.outbox = outbox
        """Requests, until the end of a turn."""
        self.connections: set[Connection] = set()
        self._idle: list[Connection] = []
        self._waiters: deque[asyncio.Future[Connection | None]] = deque()
        self._slots = 0
        self.known: Known | None = None
        """The head that this origin's answers begin with lately, if it has come again at all."""
        self._lessons = LESSONS

    def learn(self, data: bytes, response: "Response", length: int) -> None:
        """Keep the head of `data`, a whole answer with a body of `length` bytes.

        An origin that says something else each time, as those do that number their answers, is given up.
        """
        if self._lessons:
            self._lessons -= 1
            head = None if response.coded else Head.of(data, length)
            self.known = None if head is None else Known(head, response.status, response.headers, length)

    def recognised(self) -> None:
        """Note that the known head has come again: its successor is worth learning too."""
        self._lessons = LESSONS

    @property
    def slots(self) -> int:
        """Connections open or being opened."""
        return self._slots

    @property
    def waiting(self) -> int:
        """Callers in the queue."""
        return len(self._waiters)

    @property
    def idle(self) -> int:
        """Connections ready to be used."""
        return len(self._idle)

    def take(self) -> "Connection | None":
        """Return an idle connection, or None. Whether it is quiet shows when a request is written."""
        return self._idle.pop() if self._idle else None

    async def acquire(self, dial: Dial, *, fresh: bool = False) -> "Connection":
        """Return a connection: an idle one unless `fresh`, a new one, or the next to come free."""
        ahead = False
        while True:
            if not fresh and (connection := self.take()) is not None:
                return connection
            if self._waiters or self._slots >= self.limits.connections:
                if self._idle:
                    self._idle[0].fail(ClosedError("to make room"))
                    continue
                handed = await self._wait(ahead=ahead)
                if handed is not None:
                    if handed.ready:
                        return handed
                    # It was closed in between. It was this caller's turn, and stays so.
                    ahead = True
                    continue
            else:
                self._slots += 1
            try:
                connection = await dial()
            except BaseException:
                self._free()
                raise
            self.connections.add(connection)
            return connection

    def release(self, connection: "Connection") -> None:
        """Take back a connection whose exchange is complete on both sides."""
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(connection)
                return
        self._idle.append(connection)

    def forget(self, connection: "Connection") -> None:
        """A connection is closed. Its slot goes to whoever waits."""
        if connection in self.connections:
            self.connections.remove(connection)
            if connection in self._idle:
                self._idle.remove(connection)
            self._free()

    def sweep(self, now: float) -> None:
        """Check deadlines; close what idled or lived too long."""
        limits = self.limits
        idle = set(self._idle)
        for connection in tuple(self.connections):
            connection.expired = now - connection.born >= limits.age_seconds
            if connection not in idle:
                connection.check(now)
            elif not connection.idle_since:
                connection.idle_since = now
            elif connection.expired or now - connection.idle_since >= limits.idle_seconds:
                connection.fail(ClosedError("idle"))

    def close(self, error: Exception) -> None:
        """Abort everything."""
        waiters, self._waiters = self._waiters, deque()
        for waiter in waiters:
            if not waiter.done():
                waiter.set_exception(error)
        for connection in tuple(self.connections):
            connection.fail(error)

    def _free(self) -> None:
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return
        self._slots -= 1

    async def _wait(self, *, ahead: bool) -> "Connection | None":
        """Queue for a released connection, or for a slot (None)."""
        waiter: asyncio.Future[Connection | None] = asyncio.get_running_loop().create_future()
        (self._waiters.appendleft if ahead else self._waiters.append)(waiter)
        try:
            return await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled():
                handed = None if waiter.exception() else waiter.result()
                if handed is None:
                    self._free()
                elif handed.ready:
                    self.release(handed)
            elif waiter in self._waiters:
                self._waiters.remove(waiter)
            raise
