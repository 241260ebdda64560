"""Responses as bytes: legal ones with what they mean, and ones that must never be believed."""

import gzip
import zlib
from dataclasses import dataclass

BODY = b"0123456789abcdef" * 20


@dataclass(frozen=True)
class Legal:
    """`wire` means a response of `status` with `body`; `reusable` says if the connection may go on."""

    name: str
    wire: bytes
    status: int = 200
    body: bytes = b""
    reusable: bool = True
    method: bytes = b"POST"
    close: bool = False
    """The upstream closes behind the response."""
    trailers: tuple[tuple[bytes, bytes], ...] = ()
    headers: tuple[tuple[bytes, bytes], ...] = ()
    """Some that must be there."""


def head(*lines: bytes, status: bytes = b"200 OK") -> bytes:
    return b"".join(line + b"\r\n" for line in (b"HTTP/1.1 " + status, *lines, b""))


def sized(body: bytes, *lines: bytes) -> bytes:
    return head(b"Content-Length: %d" % len(body), *lines) + body


def chunks(*parts: bytes, last: bytes = b"0\r\n\r\n") -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + last


CHUNKED = b"Transfer-Encoding: chunked"
_RAW = zlib.compressobj(wbits=-15)
RAW_DEFLATE = _RAW.compress(BODY) + _RAW.flush()

LEGAL = [
    Legal("content-length", sized(BODY), body=BODY),
    Legal("empty", sized(b"")),
    Legal("body of line ends", sized(b"\r\n\r\n"), body=b"\r\n\r\n", reusable=False),
    Legal("chunked", head(CHUNKED) + chunks(BODY[:7], BODY[7:]), body=BODY),
    Legal("chunked, empty", head(CHUNKED) + chunks()),
    Legal("chunked in capitals", head(b"TRANSFER-ENCODING: Chunked") + chunks(b"x"), body=b"x"),
    Legal("chunk extension", head(CHUNKED) + b"3;a=b;c\r\nabc\r\n0;d\r\n\r\n", body=b"abc"),
    Legal("upper-case chunk size", head(CHUNKED) + b"0A\r\n0123456789\r\n0\r\n\r\n", body=b"0123456789"),
    Legal(
        "trailers",
        head(CHUNKED, b"Trailer: X-Sum") + chunks(b"abc", last=b"0\r\nX-Sum: 1\r\nX-Two: 2\r\n\r\n"),
        body=b"abc",
        trailers=((b"x-sum", b"1"), (b"x-two", b"2")),
    ),
    Legal("until the end", head() + BODY, body=BODY, reusable=False, close=True),
    Legal("until the end, empty", head(), reusable=False, close=True),
    Legal("connection: close", sized(BODY, b"Connection: close"), body=BODY, reusable=False, close=True),
    Legal("HTTP/1.0", b"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", body=b"x", reusable=False),
    Legal("204", head(status=b"204 No Content"), status=204),
    Legal("304 with a length", head(b"Content-Length: 5", status=b"304 Not Modified"), status=304),
    Legal("HEAD", head(b"Content-Length: 5"), method=b"HEAD", reusable=False),
    Legal("HEAD, chunked", head(CHUNKED), method=b"HEAD", reusable=False),
    Legal("no reason phrase", b"HTTP/1.1 200 \r\nContent-Length: 1\r\n\r\nx", body=b"x"),
    Legal("error", head(b"Content-Length: 2", status=b"500 Oh") + b"no", status=500, body=b"no"),
    Legal("100", head(status=b"100 Continue") + sized(BODY), body=BODY),
    Legal("103", head(b"Link: </x>", status=b"103 Early Hints") + sized(BODY), body=BODY),
    Legal("three interim", head(status=b"103 Early Hints") * 3 + head(CHUNKED) + chunks(b"ab"), body=b"ab"),
    Legal("empty header value", sized(b"x", b"X-Empty:"), body=b"x", headers=((b"x-empty", b""),)),
    Legal("spaces around a value", sized(b"x", b"X-A:  \t b c \t"), body=b"x", headers=((b"x-a", b"b c"),)),
    Legal(
        "same header twice", sized(b"x", b"V: 1", b"V: 2"), body=b"x", headers=((b"v", b"1"), (b"v", b"2"))
    ),
    Legal("bytes above 127", sized(b"x", b"X-A: \xfc"), body=b"x", headers=((b"x-a", b"\xfc"),)),
    Legal("gzip", sized(gzip.compress(BODY), b"Content-Encoding: gzip"), body=BODY),
    Legal("gzip, chunked", head(CHUNKED, b"Content-Encoding: GZIP") + chunks(gzip.compress(BODY)), body=BODY),
    Legal("deflate", sized(zlib.compress(BODY), b"Content-Encoding: deflate"), body=BODY),
    Legal("deflate without wrapper", sized(RAW_DEFLATE, b"Content-Encoding: deflate"), body=BODY),
    Legal("gzip of nothing", sized(b"", b"Content-Encoding: gzip")),
    Legal("identity", sized(b"x", b"Content-Encoding: identity"), body=b"x"),
]

BELIEVED_BY_NOBODY = {
    "101": head(b"Upgrade: x", b"Connection: upgrade", status=b"101 Switching Protocols"),
    "101 without upgrade": head(status=b"101 Switching Protocols") + sized(b"x"),
    "length and chunked": head(b"Content-Length: 3", CHUNKED) + chunks(b"abc"),
    "chunked and length": head(CHUNKED, b"Content-Length: 3") + chunks(b"abc"),
    "two lengths": head(b"Content-Length: 3", b"Content-Length: 4") + b"abcd",
    "two equal lengths": head(b"Content-Length: 3", b"Content-Length: 3") + b"abc",
    "a list of lengths": head(b"Content-Length: 3, 3") + b"abc",
    "signed length": head(b"Content-Length: +3") + b"abc",
    "negative length": head(b"Content-Length: -3") + b"abc",
    "hexadecimal length": head(b"Content-Length: 0x3") + b"abc",
    "empty length": head(b"Content-Length:") + b"abc",
    "huge length": head(b"Content-Length: " + b"9" * 30) + b"abc",
    "gzip transfer coding": head(b"Transfer-Encoding: gzip, chunked") + chunks(b"abc"),
    "chunked twice": head(CHUNKED, CHUNKED) + chunks(b"abc"),
    "chunked not last": head(b"Transfer-Encoding: chunked, identity") + chunks(b"abc"),
    "unknown transfer coding": head(b"Transfer-Encoding: xchunked") + b"abc",
    "bare LF in the head": b"HTTP/1.1 200 OK\nContent-Length: 1\n\nx",
    "bare LF after a header": b"HTTP/1.1 200 OK\r\nA: b\nContent-Length: 1\r\n\r\nx",
    "bare CR in a header": b"HTTP/1.1 200 OK\r\nA: b\rc\r\nContent-Length: 1\r\n\r\nx",
    "NUL in a header": sized(b"x", b"A: b\0c"),
    "space before the colon": sized(b"x", b"A : b"),
    "header without a name": sized(b"x", b": b"),
    "header without a colon": sized(b"x", b"nonsense"),
    "folded header": sized(b"x", b"A: b", b" c"),
    "HTTP/2.0": b"HTTP/2.0 200 OK\r\nContent-Length: 1\r\n\r\nx",
    "HTTP/0.9": b"HTTP/0.9 200 OK\r\nContent-Length: 1\r\n\r\nx",
    "HTTP/1.7": b"HTTP/1.7 200 OK\r\nContent-Length: 1\r\n\r\nx",
    "no HTTP": b"SSH-2.0-OpenSSH_9.2\r\n",
    "HTML": b"<html>hello</html>",
    "status of letters": b"HTTP/1.1 abc OK\r\nContent-Length: 1\r\n\r\nx",
    "status 099": b"HTTP/1.1 099 OK\r\nContent-Length: 1\r\n\r\nx",
    "bad chunk size": head(CHUNKED) + b"xyz\r\nabc\r\n0\r\n\r\n",
    "signed chunk size": head(CHUNKED) + b"+3\r\nabc\r\n0\r\n\r\n",
    "0x chunk size": head(CHUNKED) + b"0x3\r\nabc\r\n0\r\n\r\n",
    "chunk size with LF": head(CHUNKED) + b"3\nabc\r\n0\r\n\r\n",
    "space after the chunk size": head(CHUNKED) + b"3 \r\nabc\r\n0\r\n\r\n",
    "chunk without its end": head(CHUNKED) + b"3\r\nabcde\r\n0\r\n\r\n",
    "overflowing chunk size": head(CHUNKED) + b"f" * 17 + b"\r\nabc",
    "unknown content coding": sized(b"x", b"Content-Encoding: br"),
    "gzip twice": sized(gzip.compress(gzip.compress(b"x")), b"Content-Encoding: gzip, gzip"),
    "damaged gzip": sized(b"not gzip at all", b"Content-Encoding: gzip"),
    "short gzip": sized(gzip.compress(BODY)[:-9], b"Content-Encoding: gzip"),
    "bytes behind gzip": sized(gzip.compress(BODY) + b"xx", b"Content-Encoding: gzip"),
    "101 headers": sized(b"x", *(b"H%d: x" % number for number in range(101))),
    "101 trailers": head(CHUNKED) + chunks(last=b"0\r\n" + b"T: x\r\n" * 101 + b"\r\n"),
    "66 KB of headers": sized(b"x", *(b"H%d: %b" % (number, b"x" * 1000) for number in range(66))),
    "one header of 66 KB": sized(b"x", b"H: " + b"x" * 66_000),
    "66 KB of interim heads": head(b"H: " + b"x" * 1000, status=b"103 Early Hints") * 66 + sized(b"x"),
    "chunk extensions without end": head(CHUNKED) + b"1;" + b"e" * 140_000 + b"\r\nx\r\n0\r\n\r\n",
    "many long extensions": head(CHUNKED) + (b"1;" + b"e" * 500 + b"\r\nx\r\n") * 400 + b"0\r\n\r\n",
    "trailers of 70 KB": head(CHUNKED) + chunks(last=b"0\r\nT: " + b"x" * 70_000 + b"\r\n\r\n"),
}

SHORT = {
    "nothing": b"",
    "half a status line": b"HTTP/1.1 20",
    "half a head": b"HTTP/1.1 200 OK\r\nContent-Le",
    "only an interim head": head(status=b"103 Early Hints"),
    "half a body": head(b"Content-Length: 10") + b"12345",
    "no body": head(b"Content-Length: 10"),
    "half a chunk": head(CHUNKED) + b"5\r\nabc",
    "no last chunk": head(CHUNKED) + b"3\r\nabc\r\n",
    "half a last chunk": head(CHUNKED) + b"3\r\nabc\r\n0\r\n",
}
