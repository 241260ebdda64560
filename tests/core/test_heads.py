"""Only what is the very same head, but for Content-Length's digits, is taken for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wye.core.heads import DIGITS, LONGEST, Head, with_length

START = b"POST /x?a=1 HTTP/1.1\r\nHost: a\r\nX-Wye-Label: internal\r\n"


def request(length: int, *, name: bytes = b"Content-Length", behind: bytes = b"X-Last: 1\r\n") -> bytes:
    return START + b"%b: %d\r\n%b\r\n" % (name, length, behind) + b"b" * length


@pytest.mark.parametrize("length", [1, 9, 10, 99, 1000])
def test_the_same_head_with_another_length(length: int) -> None:
    head = Head.of(request(5), 5)
    assert head is not None
    data = request(length)
    assert data[head.body(data) :] == b"b" * length
    assert data[: head.body(data)] == head.before + b"%d" % length + head.after


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
    head = Head.of(request(5), 5)
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
    assert Head.of(data, length) is None


@given(st.binary(max_size=400), st.integers(0, 60))
def test_no_other_bytes_pass(noise: bytes, at: int) -> None:
    """What passes is the known head, digits, and as many bytes as they say."""
    head = Head.of(request(5), 5)
    assert head is not None
    data = request(5)[: len(head.before) + at % 3] + noise
    begin = head.body(data)
    if begin:
        digits = data[len(head.before) : begin - len(head.after)]
        assert digits.isdigit()
        assert data[:begin] == head.before + digits + head.after
        assert int(digits) == len(data) - begin


def test_headers_with_another_length() -> None:
    headers = [(b"host", b"a"), (b"content-length", b"5"), (b"x", b"content-length")]
    assert with_length(headers, 12) == [headers[0], (b"content-length", b"12"), headers[2]]
    assert headers[1] == (b"content-length", b"5")
