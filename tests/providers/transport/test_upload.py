"""Bodies on the way up: early answers, back-pressure, sources that fail."""

import array
import asyncio
import fcntl
import socket
import termios
from collections.abc import AsyncIterator

import pytest

from providers.transport.upstreams import Wire, answer, read_request

KB = 1024


def queued(sock: socket.socket, request: int) -> int:
    """Bytes the kernel holds for a socket: TIOCOUTQ unsent or unacknowledged, FIONREAD unread."""
    count = array.array("i", [0])
    fcntl.ioctl(sock.fileno(), request, count)
    return count[0]


async def endless(produced: list[int]) -> AsyncIterator[bytes]:
    while True:
        produced[0] += 16 * KB
        yield b"x" * 16 * KB


async def test_an_early_answer_is_delivered_and_the_connection_not_used_again(wire: Wire) -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer(b"too large", b"413 Content Too Large"))
        await reader.read()

    grant = await wire.up(refuse)
    for body in (endless([0]), b"x" * 30_000_000):
        response = await wire.transport.send(grant, b"POST", b"/", body=body)
        assert response.status == 413
        assert await response.read(100) == b"too large"
        assert grant.origin.pool is not None
        assert grant.origin.pool.slots == 0
    assert wire.connections == 2


async def test_an_answer_that_runs_beside_the_upload(wire: Wire) -> None:
    async def mirror(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 500000\r\n\r\n")
        for _ in range(5):
            writer.write(await reader.readexactly(100_000))
        await reader.read()

    grant = await wire.up(mirror)
    response = await wire.transport.send(grant, b"POST", b"/", body=b"y" * 500_000)
    assert await response.read(500_000) == b"y" * 500_000


async def test_a_slow_upstream_pauses_the_upload(wire: Wire) -> None:
    async def deaf(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.pause_reading()
        await asyncio.sleep(20)

    grant = await wire.up(deaf)
    produced = [0]
    task = asyncio.ensure_future(wire.transport.send(grant, b"POST", b"/", body=endless(produced)))
    before = -1
    while produced[0] != before:
        before = produced[0]
        await asyncio.sleep(0.1)
    assert grant.origin.pool is not None
    (connection,) = grant.origin.pool.connections
    (writer,) = wire.handling.values()
    ours, theirs = (transport.get_extra_info("socket") for transport in (connection._raw, writer.transport))
    in_kernels = queued(ours, termios.TIOCOUTQ) + queued(theirs, termios.FIONREAD)
    held = produced[0] - in_kernels
    # The peer's own TLS layer reads ahead into its memory: that is not ours.
    assert held <= 256 * KB + (512 * KB if wire.scheme == "https" else 0)
    assert connection._raw.get_write_buffer_size() <= 256 * KB
    assert connection._transport.get_write_buffer_size() <= 256 * KB
    task.cancel()
    await asyncio.wait([task])
    assert grant.origin.pool.slots == 0


async def test_a_source_that_fails_ends_the_exchange_with_its_own_error(wire: Wire) -> None:
    ended = asyncio.Event()

    async def handle(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        try:
            await read_request(reader)
        finally:
            ended.set()

    async def broken() -> AsyncIterator[bytes]:
        yield b"first"
        message = "the client went away"
        raise LookupError(message)

    grant = await wire.up(handle)
    with pytest.raises(LookupError, match="the client went away"):
        await wire.transport.send(grant, b"POST", b"/", body=broken())
    async with asyncio.timeout(10):
        await ended.wait()
    assert grant.origin.pool is not None
    assert grant.origin.pool.slots == 0


async def test_a_source_is_closed_when_the_upstream_goes_away(wire: Wire) -> None:
    closed = asyncio.Event()

    async def source() -> AsyncIterator[bytes]:
        try:
            yield b"first"
            await asyncio.sleep(20)
        finally:
            closed.set()

    async def vanish(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"first")
        writer.transport.abort()

    grant = await wire.up(vanish)
    with pytest.raises(Exception, match="closed the connection"):
        await wire.transport.send(grant, b"POST", b"/", body=source())
    async with asyncio.timeout(10):
        await closed.wait()
