"""The state machine: every legal response understood as aiohttp does, nothing else believed."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from providers.transport.exchanges import BELIEVED_BY_NOBODY, LEGAL, SHORT, Legal, head, sized
from providers.transport.upstreams import Wire, answer, canned, echo, read_request, wired
from wye.providers.transport.connection import CLOSED, IDLE, Connection
from wye.providers.transport.connection import LEGAL as RULES
from wye.providers.transport.errors import (
    AbortedError,
    ClosedError,
    ContentError,
    ProtocolError,
    ShortBodyError,
    TransportError,
)
from wye.providers.transport.pool import LESSONS
from wye.providers.transport.response import Response

IDS = [case.name for case in LEGAL]


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Read, and never answer: the test feeds the connection itself."""
    while await reader.read(65_536):
        pass
    writer.close()


async def opened(wire: Wire, method: bytes = b"POST") -> tuple[Connection, "asyncio.Task[Response]"]:
    """Return a connection on which a request waits for its answer."""
    grant = await wire.up(silent)
    task = asyncio.ensure_future(wire.transport.send(grant, method, b"/"))
    while grant.origin.pool is None or not grant.origin.pool.connections:  # noqa: ASYNC110  # there is no event for it
        await asyncio.sleep(0.001)
    (connection,) = grant.origin.pool.connections
    await asyncio.sleep(0)
    return connection, task


async def check(case: Legal, response: Response) -> None:
    assert response.status == case.status
    assert await response.read(10_000) == case.body
    assert response.trailers == list(case.trailers)
    for pair in case.headers:
        assert pair in response.headers


@pytest.mark.parametrize("case", LEGAL, ids=IDS)
async def test_legal_responses_arrive_whole(wire: Wire, case: Legal) -> None:
    grant = await wire.up(canned(case.wire, close=case.close))
    for _ in range(2):
        response = await wire.transport.send(grant, case.method, b"/")
        await check(case, response)
    assert wire.connections == (1 if case.reusable else 2)


@pytest.mark.parametrize("case", LEGAL, ids=IDS)
async def test_aiohttp_understands_the_same(wire: Wire, case: Legal) -> None:
    port = await wire.listen(canned(case.wire, close=case.close))
    endpoint = wire.endpoint(port)
    ours = await wire.transport.send(wire.egress.admit_operator(endpoint, "t"), case.method, b"/")

    context = ssl.create_default_context(cafile=str(wire.ca_file))
    async with (
        aiohttp.ClientSession() as session,
        session.request(
            case.method.decode(), f"{wire.scheme}://127.0.0.1:{port}/", ssl=context, allow_redirects=False
        ) as theirs,
    ):
        assert ours.status == theirs.status
        assert await ours.read(10_000) == await theirs.read()
        coded = {b"content-encoding", b"content-length"} if b"Content-Encoding" in case.wire else set()
        assert [pair for pair in ours.headers if pair[0] not in coded] == [
            (name.lower(), value) for name, value in theirs.raw_headers if name.lower() not in coded
        ]


@pytest.mark.parametrize("case", LEGAL, ids=IDS)
async def test_legal_responses_arrive_byte_by_byte(wire: Wire, case: Legal) -> None:
    connection, task = await opened(wire, case.method)
    for byte in case.wire:
        connection.data_received(bytes([byte]))
    if case.close:
        connection.eof_received()
    response = await task
    await check(case, response)
    assert connection.state is (IDLE if case.reusable else CLOSED)


@pytest.mark.parametrize("surplus", [b"\r\n", b"\n", b"x", b"HTTP/1.1 200 OK\r\n", sized(b"stolen")])
@pytest.mark.parametrize("case", [case for case in LEGAL if not case.close], ids=lambda case: case.name)
async def test_bytes_behind_a_response_end_the_connection(wire: Wire, case: Legal, surplus: bytes) -> None:
    connection, task = await opened(wire, case.method)
    connection.data_received(case.wire + surplus)
    await check(case, await task)
    assert connection.state is CLOSED


@pytest.mark.parametrize("surplus", [b"\r\n", b"x", sized(b"stolen")])
async def test_bytes_while_idle_end_the_connection(wire: Wire, surplus: bytes) -> None:
    connection, task = await opened(wire)
    connection.data_received(sized(b"mine"))
    assert await (await task).read(10) == b"mine"
    assert connection.state is IDLE
    connection.data_received(surplus)
    assert connection.state is CLOSED


@pytest.mark.parametrize("replayable", [False, True])
@pytest.mark.parametrize(
    ("noise", "turns"), [(b"stolen", 0), (b"stolen", 1), (b"stolen", 2), (b"", 1), (b"", 2)]
)
@pytest.mark.parametrize("kind", ["bytes", "large", "iterator"])
async def test_no_request_is_written_to_a_connection_that_was_not_quiet(
    wire: Wire, kind: str, turns: int, noise: bytes, *, replayable: bool
) -> None:
    connections = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(writer)
        while True:
            _, body = await read_request(reader)
            writer.write(answer(body))

    async def pieces() -> AsyncIterator[bytes]:
        yield b"t"
        yield b"wo"

    grant = await wire.up(handle, replayable=replayable)
    send = wire.transport.send
    assert await (await send(grant, b"POST", b"/", body=b"one")).read(10) == b"one"
    if noise:
        connections[0].write(answer(noise))
    else:
        connections[0].close()
    # Without a turn of the loop in between only the kernel knows of it. (An end takes a turn to get there.)
    for _ in range(turns):
        await asyncio.sleep(0)
    body = {"bytes": b"two", "large": b"two" * 100_000, "iterator": pieces()}[kind]
    expected = b"two" if kind == "iterator" else body
    assert await (await send(grant, b"POST", b"/", body=body)).read(400_000) == expected
    assert wire.connections == 2


async def test_what_is_given_up_before_it_is_written_is_not_written(wire: Wire) -> None:
    asked = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            _, body = await read_request(reader)
            asked.append(body)
            writer.write(answer(body))

    grant = await wire.up(handle)
    assert await (await wire.transport.send(grant, b"POST", b"/", body=b"one")).read(10) == b"one"
    task = asyncio.ensure_future(wire.transport.send(grant, b"POST", b"/", body=b"two"))
    assert grant.origin.pool is not None
    asyncio.get_running_loop().call_soon(grant.origin.pool.close, AbortedError("by this side"))
    with pytest.raises(AbortedError):
        await task
    assert await (await wire.transport.send(grant, b"POST", b"/", body=b"three")).read(10) == b"three"
    assert asked == [b"one", b"three"]


@pytest.mark.parametrize("name", BELIEVED_BY_NOBODY)
@pytest.mark.parametrize("stepwise", [False, True])
async def test_what_must_not_be_believed_is_an_error(wire: Wire, name: str, *, stepwise: bool) -> None:
    connection, task = await opened(wire)
    data = BELIEVED_BY_NOBODY[name]
    step = max(1, len(data) // 2_000) if stepwise else len(data)
    for start in range(0, len(data), step):
        connection.data_received(data[start : start + step])
    with pytest.raises((ProtocolError, ContentError)) as caught:
        await (await task).read(1_000_000)
    assert not caught.value.replay_safe
    if not isinstance(caught.value, ContentError):
        assert connection.state is CLOSED


@pytest.mark.parametrize("name", SHORT)
async def test_a_short_response_is_an_error(wire: Wire, name: str) -> None:
    grant = await wire.up(canned(SHORT[name], close=True))
    with pytest.raises((ShortBodyError, ClosedError)) as caught:
        await (await wire.transport.send(grant, b"POST", b"/")).read(1000)
    assert caught.value.replay_safe == (name == "nothing")
    assert isinstance(caught.value, ClosedError) == (name == "nothing")


async def test_a_reset_is_an_error_even_where_the_end_delimits(wire: Wire) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(head() + b"not the end")
        await asyncio.sleep(0.05)
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        writer.transport.abort()

    response = await wire.transport.send(await wire.up(handle), b"GET", b"/")
    with pytest.raises(ShortBodyError):
        await response.read(1000)


async def test_a_tls_stream_cut_without_close_notify_is_short(wire: Wire) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(head() + b"half of it")
        await asyncio.sleep(0.05)
        writer.transport.abort()  # a FIN without a close_notify

    response = await wire.transport.send(await wire.up(handle), b"GET", b"/")
    if wire.scheme == "https":
        with pytest.raises(ShortBodyError):
            await response.read(1000)
    else:
        assert await response.read(1000) == b"half of it"


async def test_what_came_before_a_cut_is_streamed_first(wire: Wire) -> None:
    grant = await wire.up(canned(head(b"Content-Length: 10") + b"12345", close=True))
    response = await wire.transport.send(grant, b"GET", b"/")
    assert await anext(response) == b"12345"
    with pytest.raises(ShortBodyError):
        await anext(response)


async def test_an_end_of_file_while_idle_closes(wire: Wire) -> None:
    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, body = await read_request(reader)
        writer.write(answer(body))
        writer.close()

    grant = await wire.up(once)
    for turn in range(3):
        response = await wire.transport.send(grant, b"POST", b"/", body=b"%d" % turn)
        assert await response.read(10) == b"%d" % turn
        await asyncio.sleep(0.02)
        assert grant.origin.pool is not None
        assert grant.origin.pool.slots == 0
    assert wire.connections == 3


async def test_a_small_response_wakes_its_caller_once(wire: Wire) -> None:
    connection, task = await opened(wire)
    wakes = 0

    def count(_: object) -> None:
        nonlocal wakes
        wakes += 1

    assert connection._response is not None
    waiter = connection._response._waiter
    assert waiter is not None
    waiter.add_done_callback(count)
    connection.data_received(sized(b"all of it"))
    response = await task
    assert response._complete
    read = response.read(100)
    with pytest.raises(StopIteration) as stopped:
        read.send(None)
    assert stopped.value.value == b"all of it"
    assert wakes == 1


async def test_a_late_abort_cannot_reach_the_next_exchange(wire: Wire) -> None:
    grant = await wire.up(echo)
    first = await wire.transport.send(grant, b"POST", b"/", body=b"one")
    assert await first.read(10) == b"one"
    second = asyncio.ensure_future(wire.transport.send(grant, b"POST", b"/", body=b"two"))
    await asyncio.sleep(0)
    first.abort()
    assert await (await second).read(10) == b"two"
    assert wire.connections == 1


def test_every_way_through_the_table_answers_one_request_once() -> None:
    assert [state for state, row in RULES.items() if not row] == ["new", "done", "closed"]
    assert {state for row in RULES.values() for state in row.values()} == set(RULES) - {
        "new",
        "idle",
        "closed",
    }
    assert [state for state, row in RULES.items() if "request" in row] == ["idle"]
    assert [state for state, row in RULES.items() if "data" in row] == ["body"]


async def test_bytes_that_cross_a_request_on_the_way_are_not_its_answer(tmp_path: Path) -> None:
    stray = asyncio.Event()

    async def hasty(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        # Nothing more is read: the window closes, and no byte of the next request is acknowledged.
        writer.transport.pause_reading()
        writer.write(answer(b"one"))
        await stray.wait()
        writer.write(answer(b"stolen"))
        await asyncio.sleep(20)

    async with wired("http", tmp_path) as wire:
        port = await wire.listen(hasty)
        wire.servers[0].sockets[0].setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        grant = wire.grant(port)
        first = await wire.transport.send(grant, b"POST", b"/", body=b"x" * 50_000)
        assert await first.read(10) == b"one"
        assert grant.origin.pool is not None
        assert grant.origin.pool.idle == 1
        second = asyncio.ensure_future(wire.transport.send(grant, b"POST", b"/", body=b"y" * 1000))
        await asyncio.sleep(0.05)
        stray.set()
        with pytest.raises(ProtocolError, match="has not arrived"):
            await second
        assert wire.connections == 1


async def test_errors_name_their_phase(wire: Wire) -> None:
    connection, task = await opened(wire)
    connection.data_received(b"nonsense")
    with pytest.raises(TransportError, match=r"^protocol: "):
        await task


async def test_a_head_that_comes_again_means_what_it_meant(wire: Wire) -> None:
    lengths = [3, 3, 4, 100, 3, 70_000, 5, 0, 6, 6]
    grant = await wire.up(echo)
    for length in lengths:
        response = await wire.transport.send(grant, b"POST", b"/", body=b"b" * length)
        assert response.headers == [(b"content-length", b"%d" % length)]
        assert await response.read(100_000) == b"b" * length
    assert grant.origin.pool is not None
    assert grant.origin.pool.known is not None
    assert wire.connections == 1


async def test_an_upstream_that_numbers_its_answers_is_no_longer_learnt_from(wire: Wire) -> None:
    number = 0

    async def numbered(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal number
        while True:
            await read_request(reader)
            number += 1
            writer.write(answer(b"x", extra=b"X-Request-Id: %d\r\n" % min(number, LESSONS + 3)))

    grant = await wire.up(numbered)
    for expected in range(1, LESSONS + 6):
        response = await wire.transport.send(grant, b"POST", b"/")
        assert response.header(b"x-request-id") == b"%d" % min(expected, LESSONS + 3)
        assert await response.read(10) == b"x"
    pool = grant.origin.pool
    assert pool is not None
    assert pool.known is not None
    assert pool.known.headers[1] == (b"x-request-id", b"%d" % LESSONS)


async def test_a_known_head_before_what_is_no_whole_answer(wire: Wire) -> None:
    """Two answers at once, one cut short, one to HEAD: all of them are the parser's."""
    grant = await wire.up(canned(answer(b"abc") + answer(b"abc")))
    for _ in range(2):
        assert await (await wire.transport.send(grant, b"POST", b"/")).read(10) == b"abc"
    assert wire.connections == 2
    grant = await wire.up(echo)
    for method in (b"POST", b"HEAD", b"POST"):
        response = await wire.transport.send(grant, method, b"/", body=b"abc" if method == b"POST" else b"")
        assert response.status == 200
        assert await response.read(10) == (b"abc" if method == b"POST" else b"")
