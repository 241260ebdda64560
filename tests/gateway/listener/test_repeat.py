"""A head that comes again says what it said before, and only what is the very same head is one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.listener.conftest import Serve
from gateway.listener.serving import TEXT
from wye.gateway.listener import Receive, Scope, Send
from wye.gateway.listener.repeat import DIGITS, LONGEST, Head

START = b"POST /x?a=1 HTTP/1.1\r\nHost: a\r\nX-Wye-Label: internal\r\n"


def request(length: int, *, name: bytes = b"Content-Length", behind: bytes = b"X-Last: 1\r\n") -> bytes:
    return START + b"%b: %d\r\n%b\r\n" % (name, length, behind) + b"b" * length


def scope(*names: bytes) -> dict[str, object]:
    return {"headers": [(name, b"1") for name in names]}


def learnt(data: bytes, length: int) -> Head | None:
    return Head.of(data, length, scope(b"host", b"content-length"))


@pytest.mark.parametrize("length", [1, 9, 10, 99, 1000])
def test_the_same_head_with_another_length(length: int) -> None:
    head = learnt(request(5), 5)
    assert head is not None
    data = request(length)
    assert data[head.body(data) :] == b"b" * length
    again = head.again(length)
    assert again["headers"] == [(b"host", b"1"), (b"content-length", b"%d" % length)]
    assert head.scope["headers"][1] == (b"content-length", b"1")


@pytest.mark.parametrize(
    "data",
    [
        request(5)[:-1],
        request(5) + b"P",
        request(5) + request(5),
        request(0),
        request(5).replace(b"internal", b"Internal"),
        request(5).replace(b" 5\r\n", b" +5\r\n"),
        request(5).replace(b" 5\r\n", b" 5 \r\n"),
        request(5).replace(b" 5\r\n", b" \r\n"),
        request(5).replace(b" 5\r\n", b" 5\r\nContent-Length: 5\r\n"),
        request(5).replace(b" 5\r\n", b" 5\r\nTransfer-Encoding: chunked\r\n"),
        request(5).replace(b" 5\r\n", b" %b5\r\n" % (b"0" * DIGITS)),
        request(5).replace(b" 5\r\n", "\u0665\r\n".encode()),
        b"",
        b"\r\n",
    ],
)
def test_anything_else_is_for_the_parser(data: bytes) -> None:
    head = learnt(request(5), 5)
    assert head is not None
    assert head.body(data) == 0


@pytest.mark.parametrize(
    ("data", "length"),
    [
        (request(5) + b"P", 5),
        (request(5)[:-1], 5),
        (request(0), 0),
        (request(5, behind=b"X: %b\r\n" % (b"x" * LONGEST)), 5),
        (request(5, behind=b"Content-Length: 5\r\n"), 5),
    ],
)
def test_what_is_not_learnt(data: bytes, length: int) -> None:
    assert learnt(data, length) is None


@given(st.binary(max_size=400), st.integers(0, 60))
def test_no_other_bytes_pass(noise: bytes, at: int) -> None:
    """What passes is the known head, digits, and as many bytes as they say."""
    head = learnt(request(5), 5)
    assert head is not None
    data = request(5)[: len(head.before) + at % 3] + noise
    begin = head.body(data)
    if begin:
        digits = data[len(head.before) : begin - len(head.after)]
        assert digits.isdigit()
        assert data[:begin] == head.before + digits + head.after
        assert int(digits) == len(data) - begin


async def tell(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001  # ASGI
    """Answer with all that the app was told."""
    exchange = scope.pop("wye.connection")
    body = await exchange.read_body()
    scope.pop("client")
    scope.pop("server")
    exchange.respond(200, TEXT, repr((sorted(scope.items()), body)).encode())


def test_an_app_is_told_the_same(serve: Serve) -> None:
    lengths = [3, 3, 4, 12, 3, 1000, 70_000, 5, 0, 6, 6]
    with serve(tell).client() as client:
        again = []
        for length in lengths:
            client.send(request(length))
            again.append(client.response()[2])
    once = []
    for length in lengths:
        with serve(tell).client() as client:
            client.send(request(length))
            once.append(client.response()[2])
    assert again == once


def test_a_client_with_another_head_each_time_is_served_all_the_same(serve: Serve) -> None:
    with serve(tell).client() as client:
        for number in range(12):
            client.send(request(3, behind=b"X-Request-Id: %d\r\n" % number))
            assert b"b'%d'" % number in client.response()[2]


def test_limits_hold_for_a_head_that_comes_again(serve: Serve) -> None:
    with serve(tell, body_bytes=2000).client() as client:
        for _ in range(3):
            client.send(request(2000))
            assert client.response()[0] == 200
        client.send(request(2001))
        assert client.response()[0] == 413


def test_a_head_that_comes_again_waits_for_the_answer_before_it(serve: Serve) -> None:
    with serve(tell).client() as client:
        client.send(request(3))
        client.response()
        for length in (4, 5, 6):
            client.send(request(length))
        assert [client.response()[2].count(b"bbbb") for _ in range(3)] == [1, 1, 1]
