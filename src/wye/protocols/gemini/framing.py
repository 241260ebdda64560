"""The two framings of a Gemini stream: server-sent events (`alt=sse`), and the elements of one JSON array.

Source: Gemini API reference, "streamGenerateContent". In an event stream an error comes as bare JSON, without
`data:`; Google's own SDKs read it there, and break on comments.
"""

import re
from collections.abc import Iterator
from typing import Protocol

from wye.protocols.wire import sse
from wye.protocols.wire.relay import Cutter

_LIMIT = 8 * 1024 * 1024
_LINES = re.compile(rb"[\r\n]")
_OUTSIDE = re.compile(rb'["{}\[\]]')
_INSIDE = re.compile(rb'["\\]')


class Framing(Protocol):
    """How the chunks of a stream are set apart."""

    content_type: bytes
    heartbeat: bytes
    """Says nothing."""
    mark: bytes
    """Stands in every piece that says something."""

    def cutter(self) -> Cutter:
        """Return the cutter of one stream."""

    def pieces(self, whole: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Yield each piece of what a cutter returned, as it came, and the JSON in it, which may be empty."""

    def chunk(self, json: bytes, *, first: bool) -> bytes:
        """Return a chunk."""

    def end(self, *, first: bool) -> bytes:
        """Return the end of a stream; `first`: there was no chunk."""

    def error(self, json: bytes, *, first: bool) -> bytes:
        """Return an error, and the end of the stream with it."""


class Events:
    """Server-sent events."""

    content_type = sse.CONTENT_TYPE
    heartbeat = b"\n\n"
    """No comment: Google's SDKs take any line but `data:` for an error."""
    mark = sse.DATA

    def cutter(self) -> Cutter:
        """Return the cutter of one stream."""
        return sse.Cutter(_LIMIT)

    def pieces(self, whole: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Yield each event and its data, or the bare JSON of an error."""
        alone = whole.startswith(b"data: ") and not _LINES.search(whole, 0, len(whole) - 4)
        if alone:  # one event of one line, as most come
            yield whole, whole[6:].rstrip(b"\r\n")
            return
        for event in sse.split_events(whole):
            data = sse.data_of(event)
            if not data and event.lstrip()[:1] in (b"{", b"["):
                data = event.strip()
            yield event, data

    def chunk(self, json: bytes, *, first: bool) -> bytes:  # noqa: ARG002  # all are alike
        """Return a chunk as an event."""
        return b"data: " + json + b"\r\n\r\n"

    def end(self, *, first: bool) -> bytes:  # noqa: ARG002  # no event says it
        """Return nothing: the stream just ends."""
        return b""

    def error(self, json: bytes, *, first: bool) -> bytes:  # noqa: ARG002  # no event, either
        """Return an error as Google's SDKs read it."""
        return json + b"\r\n\r\n"


class Array:
    """The elements of a JSON array, as they come."""

    content_type = b"application/json"
    heartbeat = b"\n"
    mark = b"{"

    def cutter(self) -> Cutter:
        """Return the cutter of one stream."""
        return ArrayCutter(_LIMIT)

    def pieces(self, whole: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Yield each element, with what stands before it, and its JSON."""
        inside = not whole.lstrip().startswith(b"[")
        cutter, at = ArrayCutter(len(whole), inside=inside), 0
        for end in cutter.ends(whole):
            piece = whole[at:end]
            yield piece, piece.lstrip(b" \t\r\n[,")
            at = end
        if at < len(whole):
            yield whole[at:], b""

    def chunk(self, json: bytes, *, first: bool) -> bytes:
        """Return a chunk as an element."""
        return (b"[" if first else b",\r\n") + json

    def end(self, *, first: bool) -> bytes:
        """Return the end of the array."""
        return b"[]" if first else b"\n]\n"

    def error(self, json: bytes, *, first: bool) -> bytes:
        """Return an error as the last element."""
        return self.chunk(json, first=first) + self.end(first=False)


class ArrayCutter:
    """Cuts an array after its elements, which are objects, in time linear in its bytes however it arrives."""

    def __init__(self, limit: int, *, inside: bool = False) -> None:
        """`inside`: the array's opening bracket was before."""
        self._tail = bytearray()
        self._limit = limit
        self._depth = int(inside)
        self._text = self._escaped = False

    def feed(self, chunk: bytes) -> bytes:
        """Take bytes; return the elements that are now whole, with what stands before them."""
        end = max(self.ends(chunk), default=0)
        self._tail += chunk
        size = len(self._tail) - len(chunk) + end if end else 0
        whole = bytes(self._tail[:size])
        del self._tail[:size]
        if len(self._tail) > self._limit:
            message = f"an element is larger than {self._limit} bytes"
            raise ValueError(message)
        return whole

    def rest(self) -> bytes:
        """Return what stands after the last element."""
        rest = bytes(self._tail)
        self._tail.clear()
        return rest

    def ends(self, chunk: bytes) -> Iterator[int]:
        """Yield where elements end in the next bytes. The array's own brackets are depth 1."""
        at = 0
        if self._escaped and chunk:
            at, self._escaped = 1, False
        while True:
            found = (_INSIDE if self._text else _OUTSIDE).search(chunk, at)
            if found is None:
                return
            at, byte = found.end(), chunk[found.start()]
            if byte in b'"':
                self._text = not self._text
            elif byte in b"\\":
                self._escaped = at == len(chunk)
                at += 1
            elif byte in b"{[":
                self._depth += 1
            else:
                self._depth -= 1
                if self._depth == 1 and byte in b"}":
                    yield at


EVENTS, ARRAY = Events(), Array()
