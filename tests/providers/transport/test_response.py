"""Reading: whole, in pieces, slowly, not at all, and decoded."""

import array
import asyncio
import fcntl
import gzip
import os
import termios
import time
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.transport.exchanges import CHUNKED, chunks, head, sized
from providers.transport.upstreams import Wire, canned, read_request
from wye.providers.transport.content import Decoder
from wye.providers.transport.errors import ContentError, TooLargeError
from wye.providers.transport.limits import PIECE
from wye.providers.transport.response import Response

KB = 1024


async def test_a_slow_reader_pauses_the_upstream(wire: Wire) -> None:
    written = 0

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal written
        await read_request(reader)
        writer.transport.set_write_buffer_limits(high=1)
        writer.write(head())
        while True:
            writer.write(b"x" * 16 * KB)
            written += 16 * KB
            await writer.drain()

    grant = await wire.up(flood)
    response = await wire.transport.send(grant, b"GET", b"/")
    await anext(response)
    before = -1
    while written != before:
        before = written
        await asyncio.sleep(0.2)
    connection = response._connection
    assert connection is not None
    unread = array.array("i", [0])
    raw = connection._raw
    fcntl.ioctl(raw.get_extra_info("socket").fileno(), termios.FIONREAD, unread)
    held = response.size
    if wire.scheme == "https":
        held += connection._transport.get_read_buffer_size()
    assert response.size > 0
    assert held <= 256 * KB
    assert not raw.is_reading()
    # And it goes on: nothing was lost.
    enough, total = written + 1_000_000, 0
    async for piece in response:
        assert not piece.strip(b"x")
        total += len(piece)
        if total > enough:
            break
    response.abort()


async def test_pieces_arrive_as_they_are_sent(wire: Wire) -> None:
    gate = asyncio.Event()

    async def step(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(head(CHUNKED))
        for number in range(5):
            writer.write(b"6\r\ndata %d\r\n" % number)
            gate.clear()
            await gate.wait()
        writer.write(b"0\r\n\r\n")

    response = await wire.transport.send(await wire.up(step), b"GET", b"/")
    for number in range(5):
        assert await anext(response) == b"data %d" % number
        gate.set()
    with pytest.raises(StopAsyncIteration):
        await anext(response)


@pytest.mark.parametrize("whole", [True, False])
async def test_a_decompression_bomb_goes_off_nowhere(wire: Wire, *, whole: bool) -> None:
    squeeze = zlib.compressobj(wbits=31)
    bomb = b"".join(squeeze.compress(bytes(1 << 20)) for _ in range(256)) + squeeze.flush()
    grant = await wire.up(canned(sized(bomb, b"Content-Encoding: gzip")))
    response = await wire.transport.send(grant, b"GET", b"/")
    tracemalloc.start()
    try:
        if whole:
            with pytest.raises(TooLargeError):
                await response.read(1 << 20)
        else:
            with pytest.raises(ContentError, match="exceeds the limit"):
                await pour(response)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8 << 20


async def pour(response: Response) -> None:
    async for piece in response:
        assert len(piece) <= PIECE


async def test_a_decoded_body_may_be_larger_than_what_was_sent(wire: Wire) -> None:
    body = b"a" * 300_000
    grant = await wire.up(canned(head(CHUNKED, b"Content-Encoding: gzip") + chunks(gzip.compress(body))))
    response = await wire.transport.send(grant, b"GET", b"/")
    assert await response.read(300_000) == body
    assert response.header(b"content-encoding") is None
    response = await wire.transport.send(grant, b"GET", b"/")
    assert b"".join([piece async for piece in response]) == body


@given(st.binary(max_size=5000), st.integers(1, 50), st.sampled_from([b"gzip", b"x-gzip", b"deflate"]))
def test_decoding_does_not_depend_on_where_it_is_cut(body: bytes, step: int, coding: bytes) -> None:
    data = zlib.compress(body) if coding == b"deflate" else gzip.compress(body) + gzip.compress(body)
    expected = body if coding == b"deflate" else body * 2
    decoder = Decoder(coding, 1 << 20)
    out = b""
    for start in range(0, len(data), step):
        decoder.give(data[start : start + step])
        while piece := decoder.take():
            out += piece
    decoder.finish()
    assert out == expected


@given(st.binary(min_size=1, max_size=300))
def test_garbage_is_decoded_to_an_error_and_to_nothing_else(data: bytes) -> None:
    decoder = Decoder(b"gzip", 1 << 20)
    with pytest.raises(ContentError):
        _drain(decoder, data)


def _drain(decoder: Decoder, data: bytes) -> None:
    decoder.give(data)
    while decoder.take():
        pass
    decoder.finish()


def test_what_is_compressed_takes_time_by_its_length() -> None:
    random = os.urandom(32 << 20)
    for body, wanted in ((gzip.compress(b"") * 50_000, 0), (gzip.compress(random, 0), len(random))):
        decoder = Decoder(b"gzip", 1 << 26)
        begun = time.process_time()
        decoder.give(body)
        assert sum(map(len, iter(decoder.take, b""))) == wanted
        decoder.finish()
        assert time.process_time() - begun < 0.4


def test_members_without_content_do_not_go_on_for_ever() -> None:
    decoder = Decoder(b"gzip", 1 << 26)
    decoder.give(gzip.compress(b"") * 70_000)
    with pytest.raises(ContentError, match="exceeds the limit"):
        decoder.take()
