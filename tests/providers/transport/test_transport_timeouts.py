"""Deadlines: each names its phase, and nothing is replayed after one."""

import asyncio
import time

import pytest

from providers.transport.exchanges import CHUNKED, head
from providers.transport.upstreams import Handler, Wire, answer, file_descriptors, read_request, settled
from wye.catalog.deployments import Timeouts
from wye.providers.transport.errors import (
    ClosedError,
    FirstByteTimeoutError,
    IdleTimeoutError,
    TotalTimeoutError,
    TransportTimeoutError,
    WriteTimeoutError,
)

LATE = 10.0
"""A timeout may be late by a tick of the sweeper and on a busy machine; the upstreams wait for 20 s."""


def behaviour(kind: str, requests: list[bytes]) -> Handler:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests.append(b"")
        if kind == "reads nothing":
            writer.transport.pause_reading()
            await asyncio.sleep(20)
        requests[-1] = (await read_request(reader))[1]
        if kind == "drips":
            writer.write(head(CHUNKED))
            while True:
                writer.write(b"1\r\nx\r\n")
                await writer.drain()
                await asyncio.sleep(0.02)
        if kind == "stands still":
            writer.write(head(b"Content-Length: 10") + b"12345")
        if kind == "interim only":
            writer.write(head(status=b"103 Early Hints"))
        await asyncio.sleep(20)

    return handle


@pytest.mark.parametrize(
    ("kind", "timeouts", "error", "seconds"),
    [
        ("says nothing", Timeouts(first_byte=0.2), FirstByteTimeoutError, 0.2),
        ("interim only", Timeouts(first_byte=0.2), FirstByteTimeoutError, 0.2),
        ("stands still", Timeouts(idle=0.2), IdleTimeoutError, 0.2),
        ("drips", Timeouts(idle=1.0, total=2.0), TotalTimeoutError, 2.0),
        ("says nothing", Timeouts(total=0.3), TotalTimeoutError, 0.3),
        ("reads nothing", Timeouts(idle=0.3, first_byte=0.1), WriteTimeoutError, 0.3),
    ],
)
async def test_a_phase_that_takes_too_long_is_named(
    wire: Wire, kind: str, timeouts: Timeouts, error: type[TransportTimeoutError], seconds: float
) -> None:
    requests: list[bytes] = []
    grant = await wire.up(behaviour(kind, requests), timeouts)
    await asyncio.sleep(0)
    body = b"x" * 20_000_000 if kind == "reads nothing" else b"x"
    began = time.monotonic()
    with pytest.raises(error) as caught:
        await (await wire.transport.send(grant, b"POST", b"/", body=body)).read(10_000)
    assert seconds - 0.06 <= time.monotonic() - began <= seconds + LATE
    assert not caught.value.replay_safe
    assert str(caught.value).startswith(f"{error.phase}: ")
    await asyncio.sleep(0.05)
    assert len(requests) == 1
    assert grant.origin.pool is not None
    assert grant.origin.pool.slots == 0


async def test_a_slow_reader_is_no_timeout(wire: Wire) -> None:
    body = b"x" * 3_000_000

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(answer(body))
        await asyncio.sleep(20)

    grant = await wire.up(handle, Timeouts(idle=0.5))
    response = await wire.transport.send(grant, b"GET", b"/")
    await asyncio.sleep(1.2)
    assert await response.read(len(body)) == body


async def test_a_slow_producer_of_the_body_is_no_timeout(wire: Wire) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer((await read_request(reader))[1]))

    async def slowly():  # noqa: ANN202  # an asynchronous generator of bytes
        yield b"a"
        await asyncio.sleep(1.2)
        yield b"b"

    grant = await wire.up(handle, Timeouts(idle=0.5, first_byte=0.5))
    response = await wire.transport.send(grant, b"POST", b"/", body=slowly())
    assert await response.read(10) == b"ab"


def stale_once(requests: list[bytes]) -> Handler:
    """Answer the first request of the first connection; close, unanswered, on its second."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first_connection = not requests
        while True:
            _, body = await read_request(reader)
            requests.append(body)
            if first_connection and len(requests) > 1:
                writer.close()
                return
            writer.write(answer(body))

    return handle


async def test_a_stale_connection_is_replayed_once_on_a_new_one(wire: Wire) -> None:
    requests: list[bytes] = []
    grant = await wire.up(stale_once(requests))
    for body in (b"one", b"two"):
        response = await wire.transport.send(grant, b"POST", b"/", body=body)
        assert await response.read(10) == body
    assert requests == [b"one", b"two", b"two"]
    assert wire.connections == 2


async def test_a_stale_connection_is_not_replayed_where_it_is_not_allowed(wire: Wire) -> None:
    requests: list[bytes] = []
    grant = await wire.up(stale_once(requests), replayable=False)
    await (await wire.transport.send(grant, b"POST", b"/", body=b"one")).read(10)
    with pytest.raises(ClosedError) as caught:
        await wire.transport.send(grant, b"POST", b"/", body=b"two")
    assert caught.value.replay_safe
    assert requests == [b"one", b"two"]


async def test_a_body_that_is_not_bytes_is_not_replayed(wire: Wire) -> None:
    async def produced():  # noqa: ANN202  # an asynchronous generator of bytes
        yield b"two"

    requests: list[bytes] = []
    grant = await wire.up(stale_once(requests))
    await (await wire.transport.send(grant, b"POST", b"/", body=b"one")).read(10)
    with pytest.raises(ClosedError):
        await wire.transport.send(grant, b"POST", b"/", body=produced())
    assert requests == [b"one", b"two"]


async def test_a_new_connection_that_closes_is_not_replayed(wire: Wire) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.close()

    grant = await wire.up(handle)
    with pytest.raises(ClosedError):
        await wire.transport.send(grant, b"POST", b"/", body=b"one")
    assert wire.connections == 1


async def test_one_replay_is_all(wire: Wire) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, body = await read_request(reader)
        if wire.connections == 1:
            writer.write(answer(body))
            await read_request(reader)
        writer.close()

    grant = await wire.up(handle)
    await (await wire.transport.send(grant, b"POST", b"/", body=b"one")).read(10)
    with pytest.raises(ClosedError):
        await wire.transport.send(grant, b"POST", b"/", body=b"two")
    assert wire.connections == 2


async def test_nothing_stays_open_after_timeouts(wire: Wire) -> None:
    grant = await wire.up(behaviour("says nothing", []), Timeouts(first_byte=0.1))
    before = file_descriptors()
    results = await asyncio.gather(
        *(wire.transport.send(grant, b"GET", b"/") for _ in range(20)), return_exceptions=True
    )
    assert {type(result) for result in results} == {FirstByteTimeoutError}
    for writer in tuple(wire.handling.values()):
        writer.transport.abort()
    await asyncio.sleep(0.05)
    assert await settled(before)
