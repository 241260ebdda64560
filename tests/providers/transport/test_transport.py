"""Whole exchanges: what is sent, what comes back, and what is left behind."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import uvloop

from providers.transport.upstreams import Wire, answer, canned, echo, read_request
from wye.core.errors import EgressRefusedError
from wye.providers.transport.errors import TooLargeError


async def test_the_loop_is_uvloop(wire: Wire) -> None:
    assert isinstance(asyncio.get_running_loop(), uvloop.Loop)
    assert wire.scheme in {"http", "https"}


async def test_a_request_and_its_answer(wire: Wire) -> None:
    seen = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            seen.append(await read_request(reader))
            writer.write(answer(b"hello", extra=b"X-One: 1\r\nX-one: 2\r\n"))

    grant = await wire.up(handle)
    response = await wire.transport.send(grant, b"POST", b"/v1/chat", b"A: b\r\n", b"question")
    assert response.status == 200
    assert response.headers == [(b"content-length", b"5"), (b"x-one", b"1"), (b"x-one", b"2")]
    assert response.header(b"x-one") == b"1"
    assert response.header(b"x-none") is None
    assert await response.read(100) == b"hello"
    authority = grant.origin.authority.encode()
    head = b"POST /v1/chat HTTP/1.1\r\nHost: %b\r\nAccept-Encoding: identity\r\nA: b\r\n" % authority
    head += b"Content-Length: 8\r\n\r\n"
    assert seen == [(head, b"question")]
    assert response.bytes_sent == len(head) + 8
    assert response.bytes_received == len(answer(b"hello", extra=b"X-One: 1\r\nX-one: 2\r\n"))


async def test_a_connection_is_used_again(wire: Wire) -> None:
    grant = await wire.up(echo)
    for turn in range(5):
        response = await wire.transport.send(grant, b"POST", b"/", body=b"%d" % turn)
        assert await response.read(10) == b"%d" % turn
    assert wire.connections == 1
    assert wire.egress.opened == {"own": 1}
    assert grant.origin.pool is not None
    assert (grant.origin.pool.idle, grant.origin.pool.slots) == (1, 1)


@pytest.mark.parametrize("size", [0, 1, 65_536, 65_537, 3_000_000])
async def test_bodies_of_any_size_and_kind_arrive(wire: Wire, size: int) -> None:
    body = bytes(range(256)) * (size // 256 + 1)
    body = body[:size]

    async def produced() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 50_000):
            yield body[start : start + 50_000]
            yield b""

    grant = await wire.up(echo)
    for sent in (body, [body[: size // 3], body[size // 3 :]], produced()):
        response = await wire.transport.send(grant, b"POST", b"/", body=sent)
        assert await response.read(size) == body
        response = await wire.transport.send(grant, b"POST", b"/", body=body)
        assert b"".join([piece async for piece in response]) == body
    assert wire.connections == 1


async def test_a_body_beyond_the_readers_limit_is_an_error(wire: Wire) -> None:
    grant = await wire.up(canned(answer(b"x" * 1000)))
    response = await wire.transport.send(grant, b"GET", b"/")
    with pytest.raises(TooLargeError):
        await response.read(999)


async def test_a_redirect_is_returned_not_followed(wire: Wire) -> None:
    location = b"Location: http://127.0.0.1:1/elsewhere\r\n"
    grant = await wire.up(canned(answer(b"", b"307 Temporary Redirect", location)))
    response = await wire.transport.send(grant, b"POST", b"/", body=b"x")
    assert response.status == 307
    assert wire.egress.opened == {"own": 1}


async def test_no_request_without_a_grant(wire: Wire) -> None:
    grant = await wire.up(echo)
    for forged in (None, grant.origin, object()):
        with pytest.raises(TypeError):
            await wire.transport.send(forged, b"GET", b"/")  # type: ignore[arg-type]
    assert wire.egress.opened == {}


@pytest.mark.parametrize("headers", [b"A: b", b"A: b\r\n\r\nGET / HTTP/1.1\r\n"])
async def test_headers_cannot_end_the_head(wire: Wire, headers: bytes) -> None:
    grant = await wire.up(echo)
    with pytest.raises(ValueError, match="complete lines"):
        await wire.transport.send(grant, b"GET", b"/", headers)


async def test_an_address_outside_is_refused_before_connecting(wire: Wire) -> None:
    port = await wire.listen(echo)
    endpoint = wire.endpoint(port)
    public_only = type(endpoint)(wire.scheme, "localhost", port, tls=endpoint.tls)
    grant = wire.egress.admit_operator(public_only, "a test")
    with pytest.raises(EgressRefusedError, match="not public"):
        await wire.transport.send(grant, b"GET", b"/")
    assert (wire.egress.opened, wire.connections) == ({}, 0)
