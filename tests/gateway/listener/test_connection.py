"""What the listener refuses, when, with which status, and what becomes of the connection."""

import json
import time

import pytest

from gateway.listener.conftest import Serve
from gateway.listener.serving import HEAD, TEXT, eventually
from wye.gateway.listener import Receive, Scope, Send

CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
SOON = {"header_seconds": 0.3, "body_seconds": 0.3, "keep_alive_seconds": 0.4, "body_bytes": 1_000_000}


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"GET / HT", 408),
        (HEAD + b"Content-Length: 3\r\n\r\na", 408),
        (CHUNKED + b"5\r\nab", 408),
        (HEAD + b"X: " + b"a" * 20_000_000, 431),
        (HEAD + b"X: " + b"a" * 65_600 + b"\r\n\r\n", 431),
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 431),
        (HEAD + b"A: b\r\n" * 100 + b"\r\n", 431),
        (CHUNKED + b"0\r\nT: " + b"a" * 400_000, 431),
        (CHUNKED + b"1;x=" + b"a" * 400_000, 431),
        (HEAD + b"Content-Length: 50000000\r\n\r\n" + b"a" * 50_000_000, 413),
        (CHUNKED + (b"10000\r\n" + b"a" * 65_536 + b"\r\n") * 800, 413),
        (HEAD + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400),
        (HEAD + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", 400),
        (HEAD + b"X: a\r\n b\r\n\r\n", 400),
        (HEAD + b"X : a\r\n\r\n", 400),
        (b"GET / HTTP/1.1\nHost: a\n\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (CHUNKED + b"3\r\nabcd\r\n0\r\n\r\n", 400),
        (CHUNKED + b"zz\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", 426),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
        (b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 501),
        (b"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 501),
        (HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
    ],
    ids=lambda value: None if isinstance(value, bytes) else str(value),
)
def test_refused(serve: Serve, data: bytes, status: int) -> None:
    in_time = {"body_bytes": SOON["body_bytes"]}
    server = serve(**(SOON if status == 408 else in_time))
    head, _, body = server.ask(data).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status)
    assert b"\r\nconnection: close" in head
    assert b"\r\nserver: wye\r\n" in head
    assert b"\r\nx-request-id: " in head
    error = json.loads(body)["error"]
    assert error.keys() == {"message", "type", "param", "code"}
    assert "Traceback" not in error["message"]
    assert server.listener.state.refused == {status: 1}


def test_header_limits_are_exact(serve: Serve) -> None:
    server = serve()
    with server.client() as client:
        client.send(HEAD + b"A: b\r\n" * 97 + b"Content-Length: 1\r\nX: " + b"a" * 60_000 + b"\r\n\r\na")
        assert client.response()[::2] == (200, b"1 /x")
        client.send(HEAD + b"Content-Length: 300000\r\n\r\n" + b"a" * 300_000 + HEAD + b"X: " + b"a" * 60_000)
        assert client.response()[::2] == (200, b"300000 /x")
        client.send(b"\r\n\r\n")
        assert client.response()[::2] == (200, b"0 /x")


def test_a_trickle_does_not_move_the_deadline(serve: Serve) -> None:
    server = serve(**SOON)
    for start in (b"GET / HTTP/1.1\r\nHost: a\r\nX: ", HEAD + b"Content-Length: 1000\r\n\r\n"):
        with server.client() as client:
            begun = time.monotonic()
            client.send(start)
            client.socket.settimeout(0.05)
            while True:
                client.send(b"a")
                try:
                    answer = client.socket.recv(1000)
                    break
                except TimeoutError:
                    assert time.monotonic() - begun < 30
            assert answer.startswith(b"HTTP/1.1 408 ")
            assert time.monotonic() - begun > 0.25


def test_who_says_nothing_is_left_without_a_word(serve: Serve) -> None:
    server = serve(**SOON)
    for start in (b"", b"\r\n"):
        begun = time.monotonic()
        assert server.ask(start) == b""
        assert time.monotonic() - begun > 0.25


def test_an_idle_connection_ends_after_its_time(serve: Serve) -> None:
    server = serve(keep_alive_seconds=1.5)
    with server.client() as client:
        begun = time.monotonic()
        for _ in range(3):
            client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            assert client.response()[0] == 200
            time.sleep(0.6)
        assert client.rest() == b""
        assert time.monotonic() - begun > 2 * 0.6 + 1.4


async def early(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001  # ASGI
    """Answer without reading the body, as a refusal does."""
    scope["wye.connection"].respond(401, TEXT, b"no")


def test_a_small_unread_body_does_not_cost_the_connection(serve: Serve) -> None:
    server = serve(early, **SOON)
    with server.client() as client:
        for _ in range(3):
            client.send(HEAD + b"Content-Length: 1000\r\n\r\n")
            assert client.response()[::2] == (401, b"no")
            client.send(b"a" * 1000)
        client.send(HEAD + b"Content-Length: 1000\r\n\r\n")
        assert client.response()[0] == 401
        assert client.rest() == b"", "the rest never came, and was waited for as long as a body may take"


@pytest.mark.parametrize(
    "head",
    [
        HEAD + b"Content-Length: 900000\r\n\r\n",
        CHUNKED,
        HEAD + b"Content-Length: 10\r\nExpect: 100-continue\r\n\r\n",
    ],
)
def test_a_large_or_unknown_unread_body_does(serve: Serve, head: bytes) -> None:
    answer = serve(early, **SOON).ask(head)
    assert answer.startswith(b"HTTP/1.1 401 ")
    assert b"\r\nconnection: close\r\n" in answer
    assert answer.endswith(b"\r\n\r\nno")


def test_answers_come_in_the_order_of_requests(serve: Serve) -> None:
    server = serve(**SOON)
    requests = [b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % n for n in range(10)]
    with server.client() as client:
        client.send(b"".join(requests))
        assert [client.response()[2] for _ in requests] == [b"0 /%d" % n for n in range(10)]


def test_pipelines_are_bounded(serve: Serve) -> None:
    answer = serve(**SOON).ask(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 10_000)
    statuses = [int(part[:3]) for part in answer.split(b"HTTP/1.1 ")[1:]]
    assert statuses == [200] * 17 + [503]


def test_a_bad_request_waits_for_the_answers_before_it(serve: Serve) -> None:
    answer = serve(**SOON).ask(b"GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\n\r\n")
    assert [int(part[:3]) for part in answer.split(b"HTTP/1.1 ")[1:]] == [200, 400]


def test_what_follows_a_close_is_nobodys(serve: Serve) -> None:
    answer = serve(**SOON).ask(
        b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET /smuggled HTTP/1.1\r\n"
    )
    assert answer.endswith(b"\r\n\r\n0 /")
    assert answer.count(b"HTTP/1.1") == 1


def test_bytes_in_flight_are_bounded_over_all_connections(serve: Serve) -> None:
    server = serve(bytes_in_flight=1_000_000)
    state = server.listener.state
    half = HEAD + b"Content-Length: 900000\r\n\r\n" + b"a" * 800_000
    with server.client() as first:
        first.send(half)
        eventually(lambda: state.in_flight == 800_000)
        for told in (HEAD + b"Content-Length: 900000\r\n\r\n", CHUNKED + b"493e0\r\n" + b"a" * 300_000):
            answer = server.ask(told)
            assert answer.startswith(b"HTTP/1.1 503 ")
            assert b"\r\nretry-after: 1\r\n" in answer
        first.send(b"a" * 100_000)
        assert first.response()[::2] == (200, b"900000 /x")
        eventually(lambda: state.in_flight == 0)
        first.send(half + b"a" * 100_000)
        assert first.response()[0] == 200


def test_bodies_in_tiny_chunks_take_little_more_than_their_bytes(serve: Serve) -> None:
    kept: list[int] = []

    async def measure(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001  # ASGI
        exchange = scope["wye.connection"]
        body = await exchange.read_body()
        kept.append(len(body))
        exchange.respond(200, TEXT, b"")

    with serve(measure).client() as client:
        client.send(CHUNKED + b"1\r\na\r\n" * 50_000 + b"0\r\n\r\n")
        assert client.response()[0] == 200
    assert kept == [50_000]


def test_connections_are_bounded(serve: Serve) -> None:
    server = serve(connections=2)
    with server.client() as one, server.client() as two:
        for client in (one, two):
            client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            assert client.response()[0] == 200
        with server.client() as three:
            answer = three.rest()
            assert answer.startswith(b"HTTP/1.1 503 ")
            assert b"\r\nretry-after: 1\r\n" in answer
        one.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert one.response()[0] == 200
    eventually(lambda: not server.listener.state.connections)
    with server.client() as four:
        four.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert four.response()[0] == 200


def test_trailers_change_no_header(serve: Serve) -> None:
    seen: list[bytes] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001  # ASGI
        exchange = scope["wye.connection"]
        await exchange.read_body()
        seen.extend(name for name, _ in scope["headers"])
        exchange.respond(200, TEXT, b"")

    with serve(app).client() as client:
        client.send(CHUNKED + b"3\r\nabc\r\n0\r\nAuthorization: Bearer x\r\nX-Wye-Label: public\r\n\r\n")
        assert client.response()[0] == 200
        client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert client.response()[0] == 200
    assert seen == [b"host", b"transfer-encoding", b"host"]


def test_an_upgrade_to_http_2_is_ignored_and_its_body_read(serve: Serve) -> None:
    upgrade = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"
    with serve().client() as client:
        for _ in range(2):
            client.send(HEAD + upgrade + b"Content-Length: 3\r\n\r\nabc")
            assert client.response()[::2] == (200, b"3 /x")
        client.send(CHUNKED.replace(b"\r\n\r\n", b"\r\n" + upgrade + b"\r\n") + b"3\r\nabc\r\n")
        client.send(b"0\r\n\r\n")
        assert client.response()[::2] == (200, b"3 /x")


def test_every_byte_may_come_alone(serve: Serve) -> None:
    with serve().client() as client:
        for data in (HEAD + b"Content-Length: 3\r\n\r\nabc", CHUNKED + b"3\r\nabc\r\n0\r\n\r\n"):
            for n in range(len(data)):
                client.send(data[n : n + 1])
            assert client.response()[::2] == (200, b"3 /x")
