"""Names to addresses, off the loop, and not older than a moment."""

import asyncio
import socket
from itertools import chain, zip_longest
from typing import cast

from wye.providers.transport.errors import ResolveError

SocketAddress = tuple[str, int] | tuple[str, int, int, int]
Resolved = tuple[tuple[socket.AddressFamily, SocketAddress], ...]


class Resolver:
    """Caches resolutions for `seconds`; callers that ask at the same time share one question."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._known: dict[tuple[str, int], tuple[float, Resolved]] = {}
        self._asking: dict[tuple[str, int], asyncio.Task[Resolved]] = {}

    async def resolve(self, host: str, port: int) -> Resolved:
        """Return the addresses in the order to try them. Raises `ResolveError`.

        A cancelled caller leaves at once; the question itself goes on for whoever else waits.
        """
        key = (host, port)
        now = asyncio.get_running_loop().time()
        known = self._known.get(key)
        if known is not None and now - known[0] < self._seconds:
            return known[1]
        task = self._asking.get(key)
        if task is None:
            task = self._asking[key] = asyncio.ensure_future(_ask(host, port))
            task.add_done_callback(lambda done: self._answered(key, now, done))
        return await asyncio.shield(task)

    async def aclose(self) -> None:
        """Forget the questions nobody waits for any more."""
        tasks = tuple(self._asking.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _answered(self, key: tuple[str, int], asked: float, task: "asyncio.Task[Resolved]") -> None:
        del self._asking[key]
        # `exception()` also marks a failure as seen when every caller has left.
        if not task.cancelled() and task.exception() is None:
            self._known[key] = (asked, task.result())


async def _ask(host: str, port: int) -> Resolved:
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        message = f"'{host}' does not resolve"
        raise ResolveError(message) from error
    return interleave([(pair[0], cast("SocketAddress", pair[4])) for pair in found])


def interleave(found: "list[tuple[socket.AddressFamily, SocketAddress]]") -> Resolved:
    """RFC 8305 section 4: alternate the families, beginning with the one the resolver put first."""
    unique = list(dict.fromkeys(found))
    first = [pair for pair in unique if pair[0] == unique[0][0]]
    other = [pair for pair in unique if pair[0] != unique[0][0]]
    return tuple(pair for pair in chain.from_iterable(zip_longest(first, other)) if pair is not None)
