"""An app is told the same of a head that comes again as of one that comes for the first time."""

from gateway.listener.conftest import Serve
from gateway.listener.serving import TEXT
from wye.gateway.listener import Receive, Scope, Send

START = b"POST /x?a=1 HTTP/1.1\r\nHost: a\r\nX-Wye-Label: internal\r\n"


def request(length: int, *, behind: bytes = b"X-Last: 1\r\n") -> bytes:
    return START + b"Content-Length: %d\r\n%b\r\n" % (length, behind) + b"b" * length


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
        status, _, told = client.response()
        assert status == 413
        assert b"exceeds 2000 bytes: send less, or raise `listener.body_bytes`" in told


def test_a_head_that_comes_again_waits_for_the_answer_before_it(serve: Serve) -> None:
    with serve(tell).client() as client:
        client.send(request(3))
        client.response()
        for length in (4, 5, 6):
            client.send(request(length))
        assert [client.response()[2].count(b"bbbb") for _ in range(3)] == [1, 1, 1]


def test_two_heads_that_alternate_are_never_mixed_up(serve: Serve) -> None:
    other = b"POST /other HTTP/1.1\r\nHost: b\r\nContent-Length: 3\r\n\r\nabc"
    with serve(tell).client() as client:
        for number in range(12):
            which = b"/other" if number % 3 else b"/x"
            client.send(other if number % 3 else request(3))
            assert b"'raw_path', b'%b'" % which in client.response()[2]
        client.send(b"GET /get HTTP/1.1\r\nHost: c\r\n\r\n")
        assert b"'/get'" in client.response()[2]
        client.send(request(4))
        assert b"'/x'" in client.response()[2]
