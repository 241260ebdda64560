"""Upstreams that do exactly what a test tells them, over TCP or TLS, and what is needed to reach them."""

import asyncio
import contextlib
import functools
import os
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import trustme

from wye.catalog.deployments import LOOPBACK, Deployment, Endpoint, Timeouts, Tls
from wye.core.decision import Verdict
from wye.core.lane import Lane
from wye.providers.egress import Egress, Grant
from wye.providers.transport.limits import Limits
from wye.providers.transport.transport import Transport

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

SECONDS = Timeouts(connect=5, first_byte=5, idle=5, total=20)


async def read_request(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """Return (head, body) of the next request. Raises `IncompleteReadError` when there is none."""
    head = await reader.readuntil(b"\r\n\r\n")
    fields = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
    if b"Transfer-Encoding" in fields:
        body = b""
        while size := int(await reader.readuntil(b"\r\n"), 16):
            body += await reader.readexactly(size)
            await reader.readexactly(2)
        await reader.readexactly(2)
        return head, body
    return head, await reader.readexactly(int(fields.get(b"Content-Length", b"0")))


def answer(body: bytes, status: bytes = b"200 OK", extra: bytes = b"") -> bytes:
    """A complete response with Content-Length."""
    return b"HTTP/1.1 %b\r\nContent-Length: %d\r\n%b\r\n%b" % (status, len(body), extra, body)


def canned(data: bytes, *, close: bool = False) -> Handler:
    """Answer every request with `data`, in one write."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await read_request(reader)
            writer.write(data)
            if close:
                writer.close()
                return

    return handle


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer every request with its own body."""
    while True:
        _, body = await read_request(reader)
        writer.write(answer(body))


def file_descriptors() -> int:
    """How many this process holds."""
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208  # a count of the kernel's, not a path


async def settled(expected: int) -> bool:
    """Whether the process soon holds no more than `expected` file descriptors."""
    for _ in range(3000):
        if file_descriptors() <= expected:
            return True
        await asyncio.sleep(0.01)
    return False


def verdict(*ids: str) -> Verdict:
    return Verdict(frozenset(), frozenset(ids), {}, ceiling=False, revision="test")


def deployment(endpoint: Endpoint, timeouts: Timeouts = SECONDS, **fields: object) -> Deployment:
    return Deployment("up", "m", "test", Lane.OWN, endpoint, "a test", timeouts=timeouts, **fields)


CA = trustme.CA()
"""Of every wire: making keys for each would be half of the tests' time."""


@functools.cache
def _issued(*names: str) -> trustme.LeafCert:
    return CA.issue_cert(*names)


@dataclass
class Wire:
    """One scheme, with an egress and a transport on the running loop, and servers that end with the test."""

    scheme: str
    folder: Path
    egress: Egress = field(default_factory=Egress)
    limits: Limits = field(default_factory=Limits)
    servers: list[asyncio.Server] = field(default_factory=list)
    connections: int = 0
    """Accepted by the upstreams."""
    handling: dict[asyncio.Task[None], asyncio.StreamWriter] = field(default_factory=dict)
    failures: list[BaseException] = field(default_factory=list)
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    """Set whenever a handler saw the end of its connection."""

    def __post_init__(self) -> None:
        self.transport = Transport(self.egress, self.limits)
        self.ca_file = self.folder / "ca.pem"
        CA.cert_pem.write_to_path(str(self.ca_file))

    def server_context(self, *names: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        _issued(*(names or ("localhost", "127.0.0.1", "::1"))).configure_cert(context)
        return context

    async def listen(self, handler: Handler, context: ssl.SSLContext | None = None, port: int = 0) -> int:
        """Serve `handler` on a port of 127.0.0.1 and return the port."""

        async def guarded(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self.connections += 1
            task = asyncio.current_task()
            assert task is not None
            self.handling[task] = writer
            try:
                await handler(reader, writer)
            except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError, TimeoutError):
                self.closed.set()
                writer.transport.abort()
            except Exception as error:
                self.failures.append(error)
                raise

        if context is None and self.scheme == "https":
            context = self.server_context()
        server = await asyncio.start_server(guarded, "127.0.0.1", port, ssl=context, limit=1 << 20)
        self.servers.append(server)
        bound: int = server.sockets[0].getsockname()[1]
        return bound

    def endpoint(self, port: int, host: str = "127.0.0.1", tls: Tls | None = None) -> Endpoint:
        tls = tls or (Tls(ca_file=str(self.ca_file)) if self.scheme == "https" else Tls())
        return Endpoint(self.scheme, host, port, networks=LOOPBACK, tls=tls)

    def grant(self, port: int, timeouts: Timeouts = SECONDS, **fields: object) -> Grant:
        return self.egress.admit(verdict("up"), deployment(self.endpoint(port), timeouts, **fields))

    async def up(self, handler: Handler, timeouts: Timeouts = SECONDS, **fields: object) -> Grant:
        """Serve `handler` and return a grant to reach it."""
        return self.grant(await self.listen(handler), timeouts, **fields)

    async def aclose(self) -> None:
        await self.transport.aclose()
        for server in self.servers:
            server.close()
        for task, writer in tuple(self.handling.items()):
            writer.transport.abort()
            task.cancel()
        await asyncio.gather(*self.handling, return_exceptions=True)
        self.handling.clear()
        await asyncio.sleep(0.01)
        assert self.failures == []


@contextlib.asynccontextmanager
async def wired(scheme: str, folder: Path, **fields: object) -> AsyncIterator[Wire]:
    wire = Wire(scheme, folder, **fields)  # type: ignore[arg-type]
    try:
        yield wire
    finally:
        await wire.aclose()
