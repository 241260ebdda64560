"""The listener over real sockets: what it serves, and what it refuses with which status."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable

import pytest

from wye.config.settings import ListenerSettings
from wye.gateway.listener import Listener, Receive, Scope, Send

HEAD = b"POST /x HTTP/1.1\r\nHost: a\r\n"


async def echo(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001  # ASGI
    exchange = scope["wye.connection"]
    body = exchange.take_body()
    if body is None:
        body = await exchange.read_body()
    exchange.respond(200, b"content-type: text/plain\r\n", b"%d" % len(body))


def talk(port: int, data: bytes) -> bytes:
    """Send `data`; return everything until the server closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(data)
        answer = b""
        while piece := client.recv(65_536):
            answer += piece
        return answer


@pytest.fixture
async def ask() -> AsyncIterator[Callable[[bytes], "asyncio.Future[bytes]"]]:
    settings = ListenerSettings(
        header_seconds=0.3, body_seconds=0.3, keep_alive_seconds=0.3, body_bytes=1_000_000
    )
    async with Listener(echo, settings, "127.0.0.1:0") as listener:
        yield lambda data: asyncio.ensure_future(asyncio.to_thread(talk, listener.port, data))
        assert listener.state.in_flight == 0


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"GET / HT", 408),
        (HEAD + b"Content-Length: 3\r\n\r\na", 408),
        (HEAD + b"X: " + b"a" * 20_000_000, 431),
        (HEAD + b"A: b\r\n" * 101 + b"\r\n", 431),
        (HEAD + b"Content-Length: 50000000\r\n\r\n" + b"a" * 50_000_000, 413),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + (b"10000\r\n" + b"a" * 65_536 + b"\r\n") * 800, 413),
        (HEAD + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400),
        (HEAD + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (HEAD + b"X: a\r\n b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", 400),
        (b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 501),
        (HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
    ],
)
async def test_refused(ask: Callable[[bytes], "asyncio.Future[bytes]"], data: bytes, status: int) -> None:
    head, _, body = (await ask(data)).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status)
    assert b"\r\nconnection: close" in head
    assert b"\r\nserver: wye\r\n" in head
    assert json.loads(body)["error"]["message"]
