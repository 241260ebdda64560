"""What an app sees of one request, and how its response goes out."""

import asyncio
import contextlib
import http.client
import logging
import socket
import time
from collections.abc import Callable

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from gateway.listener.conftest import Serve
from gateway.listener.serving import HEAD, TEXT, eventually
from wye.gateway.listener import Exchange, HangupError, Receive, Scope, Send, header_block

GET = b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n"


def answering(answer: Callable[[Exchange], None]) -> Callable[[Scope, Receive, Send], "asyncio.Future[None]"]:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001  # ASGI
        answer(scope["wye.connection"])

    return app


def test_a_stream_is_chunked(serve: Serve) -> None:
    def stream(exchange: Exchange) -> None:
        exchange.start(200, TEXT)
        for piece in (b"one", b"", b"three" * 4):
            exchange.write(piece)
        exchange.finish()

    server = serve(answering(stream))
    with server.client() as client:
        client.send(GET * 2 + b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        answer = client.rest()
    body = b"3\r\none\r\n14\r\nthreethreethreethree\r\n0\r\n\r\n"
    assert answer.count(b"transfer-encoding: chunked\r\n\r\n" + body) == 3
    old = server.ask(b"GET / HTTP/1.0\r\n\r\n")
    assert old.endswith(b"\r\nconnection: close\r\n\r\nonethreethreethreethree")


@pytest.mark.parametrize("status", [204, 304])
def test_some_statuses_have_no_body(serve: Serve, status: int) -> None:
    server = serve(answering(lambda exchange: exchange.respond(status, b"", b"")))
    with server.client() as client:
        client.send(GET * 2)
        head = client.response(head=True)[1]
        assert b"content-length" not in head
        assert client.response(head=True)[0] == status


def test_head_has_the_headers_only(serve: Serve) -> None:
    def both(exchange: Exchange) -> None:
        if exchange.scope["path"] == "/stream":
            exchange.start(200, TEXT)
            exchange.write(b"abc")
            exchange.finish()
        else:
            exchange.respond(200, TEXT, b"abc")

    with serve(answering(both)).client() as client:
        client.send(b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\nHEAD /stream HTTP/1.1\r\nHost: a\r\n\r\n" + GET)
        assert b"content-length: 3" in client.response(head=True)[1]
        assert b"transfer-encoding: chunked" in client.response(head=True)[1]
        assert client.response()[::2] == (200, b"abc")


def test_a_large_answer_arrives_whole(serve: Serve) -> None:
    body = bytes(range(256)) * 40_000
    with serve(answering(lambda exchange: exchange.respond(200, TEXT, body))).client() as client:
        client.send(GET * 2)
        assert client.response()[2] == body
        assert client.response()[2] == body


def test_expect_is_answered_when_the_body_is_wanted(serve: Serve) -> None:
    with serve().client() as client:
        client.send(HEAD + b"Content-Length: 3\r\nExpect: 100-continue\r\n\r\n")
        assert client.socket.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.send(b"abc")
        assert client.response()[::2] == (200, b"3 /x")


def test_a_failing_app_is_an_error_without_its_secrets(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001  # ASGI
        exchange = scope["wye.connection"]
        if scope["path"] == "/late":
            exchange.start(200, TEXT)
            exchange.write(b"abc")
        if scope["path"] != "/silent":
            message = "secret"
            raise ValueError(message)

    server = serve(fail)
    with caplog.at_level(logging.ERROR):
        early, silent = server.ask(GET), server.ask(GET.replace(b"/x", b"/silent"))
        with server.client() as client:
            client.send(GET.replace(b"/x", b"/late"))
            late = b""
            with contextlib.suppress(ConnectionResetError):
                while piece := client.socket.recv(65_536):
                    late += piece
    assert late.endswith((b"\r\n\r\n", b"3\r\nabc\r\n")), "the client can see that it is not whole"
    for answer in (early, silent):
        assert answer.startswith(b"HTTP/1.1 500 ")
        assert b"secret" not in answer
        assert b"Traceback" not in answer
    assert [record.message for record in caplog.records] == ["the app failed"] * 2


@pytest.mark.parametrize("streaming", [False, True])
@pytest.mark.parametrize("how", ["close", "reset", "half"])
def test_a_hang_up_is_told_within_100_ms(serve: Serve, how: str, *, streaming: bool) -> None:
    told: list[float] = []
    waiting: list[Exchange] = []

    async def wait(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001  # ASGI
        exchange: Exchange = scope["wye.connection"]
        gone = asyncio.Event()

        def hung_up() -> None:
            told.append(time.monotonic())
            gone.set()

        exchange.on_hangup = hung_up
        if streaming:
            exchange.start(200, TEXT)
            exchange.write(b"abc")
        waiting.append(exchange)
        await gone.wait()
        assert exchange.hung_up
        exchange.write(b"nobody reads this")

    server = serve(wait)
    took: list[float] = []
    while not took or (took[-1] > 0.1 and len(took) < 20):  # a machine may be busy now and then
        with server.client() as client:
            client.send(GET)
            eventually(lambda: len(waiting) > len(took))
            if how == "reset":
                linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"
                client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            gone = time.monotonic()
            if how == "half":
                client.socket.shutdown(socket.SHUT_WR)
            else:
                client.socket.close()
            eventually(lambda: len(told) > len(took))
        took.append(told[-1] - gone)
    assert len(told) == len(took)
    assert took[-1] <= 0.1


def test_cancel_ends_the_app_of_who_hung_up(serve: Serve) -> None:
    ended: list[str] = []

    async def wait(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001  # ASGI
        exchange: Exchange = scope["wye.connection"]
        exchange.on_hangup = exchange.cancel
        ended.append("begun")
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise

    with serve(wait).client() as client:
        client.send(GET)
        eventually(lambda: ended == ["begun"])
        client.socket.close()
        eventually(lambda: ended == ["begun", "cancelled"])


def test_a_large_request_behind_a_silent_one_hides_no_hang_up(serve: Serve) -> None:
    waiting: list[Exchange] = []

    async def silent(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001  # ASGI
        exchange: Exchange = scope["wye.connection"]
        exchange.on_hangup = exchange.cancel
        waiting.append(exchange)
        await asyncio.sleep(30)

    server = serve(silent)
    with server.client() as client:
        client.send(GET)
        eventually(lambda: len(waiting) == 1)
        client.send(HEAD + b"Content-Length: 300000\r\n\r\n" + b"a" * 300_000)
        time.sleep(0.1)
    eventually(lambda: waiting[0].hung_up, 20)  # before the app's own end
    assert len(waiting) == 1


def test_a_large_request_behind_another_is_refused_after_its_answer(serve: Serve) -> None:
    go = asyncio.Event()

    async def first(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001  # ASGI
        exchange: Exchange = scope["wye.connection"]
        body = exchange.take_body() or b""
        await go.wait()
        exchange.respond(200, TEXT, body)

    server = serve(first)
    with server.client() as client:
        client.send(GET + HEAD + b"Content-Length: 60000\r\n\r\n" + b"a" * 60_000)
        time.sleep(0.1)
        client.send(HEAD + b"Content-Length: 300000\r\n\r\n" + b"a" * 300_000)
        time.sleep(0.1)
        server.loop.call_soon_threadsafe(go.set)
        assert client.response()[::2] == (200, b"")
        assert client.response()[::2] == (200, b"a" * 60_000)
        status, headers, body = client.response()
        assert (status, b"retry-after: 1" in headers, b"connection of its own" in body) == (503, True, True)
        assert client.rest() == b""


def test_no_hang_up_is_told_after_the_answer(serve: Serve) -> None:
    told: list[int] = []

    def answer(exchange: Exchange) -> None:
        exchange.on_hangup = lambda: told.append(1)
        exchange.respond(200, TEXT, b"")

    server = serve(answering(answer))
    with server.client() as client:
        client.send(GET)
        client.response()
    eventually(lambda: not server.listener.state.connections)
    assert told == []


def test_a_body_that_breaks_off_is_a_hang_up(serve: Serve) -> None:
    seen: list[BaseException] = []

    async def read(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001  # ASGI
        try:
            await scope["wye.connection"].read_body()
        except HangupError as error:
            seen.append(error)
            raise

    with serve(read).client() as client:
        client.send(HEAD + b"Content-Length: 10\r\n\r\nabc")
        time.sleep(0.05)
    eventually(lambda: len(seen) == 1)


def test_a_slow_reader_pauses_the_app(serve: Serve) -> None:
    unsent: list[int] = []
    pieces = 2000

    async def pour(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001  # ASGI
        exchange: Exchange = scope["wye.connection"]
        exchange.start(200, TEXT, 10_000 * pieces)
        for n in range(pieces):
            exchange.write(b"%09d " % n * 1000)
            unsent.append(exchange.connection.transport.get_write_buffer_size())
            if exchange.paused:
                await exchange.drain()
        exchange.finish()

    with serve(pour).client() as client:
        client.send(GET)
        time.sleep(0.3)
        body = client.response()[2]
    assert body == b"".join(b"%09d " % n * 1000 for n in range(pieces))
    assert max(unsent) <= 256 * 1024


def test_who_stops_reading_is_hung_up_on(serve: Serve) -> None:
    told: list[int] = []

    async def pour(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001  # ASGI
        exchange: Exchange = scope["wye.connection"]
        exchange.on_hangup = lambda: told.append(1)
        exchange.start(200, TEXT)
        while not exchange.hung_up:
            exchange.write(b"a" * 10_000)
            await exchange.drain()
            await asyncio.sleep(0)

    with serve(pour, body_seconds=0.5).client() as client:
        client.send(GET)
        eventually(lambda: bool(told))


def test_an_answer_nobody_takes_does_not_stay(serve: Serve) -> None:
    server = serve(
        answering(lambda exchange: exchange.respond(200, TEXT, b"a" * 50_000_000)),
        body_seconds=0.5,
        keep_alive_seconds=0.3,
    )
    with server.client() as client:
        client.send(GET)
        eventually(lambda: len(server.listener.state.connections) == 1)
        eventually(lambda: not server.listener.state.connections)


def test_a_slow_reader_of_a_last_answer_gets_it_all(serve: Serve) -> None:
    size = 12_000_000
    server = serve(answering(lambda exchange: exchange.respond(200, TEXT, b"a" * size)))
    with server.client() as client:
        client.send(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        time.sleep(3)
        received = len(client.rest().partition(b"\r\n\r\n")[2])
        assert received == size


def test_misuse_is_an_error_of_the_app(serve: Serve) -> None:
    seen: list[str] = []

    def misuse(exchange: Exchange) -> None:
        exchange.start(200, TEXT, 3)
        for wrong in (
            lambda: exchange.respond(200, TEXT, b""),
            lambda: exchange.start(200, TEXT),
            exchange.finish,
            lambda: exchange.write(b"abcd"),
        ):
            try:
                wrong()
            except RuntimeError as error:
                seen.append(str(error))

    with serve(answering(misuse)).client() as client:
        client.send(GET)
        eventually(lambda: len(seen) == 4)
    assert seen[2:] == [
        "the response is shorter than its Content-Length",
        "the response is longer than its Content-Length",
    ]


@pytest.mark.parametrize("value", [b"a\r\nx: y", b"a\n", b"\0"])
def test_a_header_cannot_smuggle_another(value: bytes) -> None:
    assert header_block([(b"a", b"b"), (b"c", b"")]) == b"a: b\r\nc: \r\n"
    with pytest.raises(ValueError, match="line break or NUL"):
        header_block([(b"a", value)])
    with pytest.raises(ValueError, match="not a header name"):
        header_block([(b"a:" + value, b"b")])


def starlette() -> Starlette:
    async def body(request: Request) -> Response:
        return JSONResponse(
            {"size": len(await request.body()), "disconnected": await request.is_disconnected()}
        )

    async def stream(request: Request) -> Response:
        sizes = [len(piece) async for piece in request.stream()]
        return StreamingResponse((b"%d," % size for size in sizes), media_type="text/plain")

    async def empty(request: Request) -> Response:  # noqa: ARG001  # Starlette
        return Response(status_code=204)

    return Starlette(
        routes=[
            Route("/body", body, methods=["POST"]),
            Route("/stream", stream, methods=["POST"]),
            Route("/empty", empty),
        ]
    )


def test_starlette_runs_on_it(serve: Serve) -> None:
    server = serve(starlette())
    if server.trust is None:
        client = http.client.HTTPConnection("127.0.0.1", server.listener.port, timeout=10)
    else:
        client = http.client.HTTPSConnection(
            "localhost", server.listener.port, timeout=10, context=server.trust
        )

    def ask(method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        client.request(method, path, body)
        answer = client.getresponse()
        return answer.status, answer.read()

    assert ask("POST", "/body", b"a" * 3) == (200, b'{"size":3,"disconnected":false}')
    assert ask("POST", "/body", b"a" * 3_000_000) == (200, b'{"size":3000000,"disconnected":false}')
    status, sizes = ask("POST", "/stream", b"a" * 3_000_000)
    assert (status, sum(int(size) for size in sizes.split(b",") if size)) == (200, 3_000_000)
    assert ask("GET", "/empty") == (204, b"")
    assert ask("HEAD", "/empty") == (204, b"")
    assert ask("GET", "/nowhere") == (404, b"Not Found")
    assert ask("POST", "/body", b"") == (200, b'{"size":0,"disconnected":false}')
    client.close()
