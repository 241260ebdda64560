"""Server-sent events, as the WHATWG HTML Living Standard section 9.2 frames them."""

import re
from collections.abc import Iterator

COMMENT = b": keep-alive\n\n"
"""What a silent stream says so that nobody in between closes it."""

CONTENT_TYPE = b"text/event-stream"
DATA = b"data:"
"""In every event that says something, and in no comment."""

# A blank line: two line ends in a row. Atomic groups keep a CRLF from being read as two.
_BLANK = re.compile(rb"(?>\r\n|\n|\r)(?>\r\n|\n|\r)")
_LINE_END = re.compile(rb"\r\n|\n|\r")


def whole_events(buffer: bytes) -> int:
    """Return the length of the prefix of `buffer` that ends with a blank line; 0 = none."""
    if b"\r" not in buffer:
        at = buffer.rfind(b"\n\n")
        return 0 if at < 0 else at + 2
    if buffer.endswith(b"\r\n\r\n"):
        return len(buffer)
    end = 0
    for match in _BLANK.finditer(buffer):
        if match.end() == len(buffer) and buffer.endswith(b"\r"):
            break  # its LF may still be under way
        end = match.end()
    return end


def split_events(buffer: bytes) -> Iterator[bytes]:
    """Yield each event of `buffer` with its blank line. `buffer` must end with one."""
    start = 0
    for match in _BLANK.finditer(buffer):
        yield buffer[start : match.end()]
        start = match.end()
    if start < len(buffer):
        yield buffer[start:]


def data_of(event: bytes) -> bytes:
    """Return the event's data: its `data:` lines joined with LF."""
    lines: list[bytes] = []
    for line in _LINE_END.split(event) if b"\r" in event else event.split(b"\n"):
        if line.startswith(b"data:"):
            value = line[5:]
            lines.append(value[1:] if value.startswith(b" ") else value)
    return b"\n".join(lines)


class Cutter:
    """Cuts a byte stream after its blank lines, in time linear in its bytes however it arrives."""

    __slots__ = ("_limit", "_tail")

    def __init__(self, limit: int = 8 * 1024 * 1024) -> None:
        self._tail = bytearray()
        self._limit = limit

    def feed(self, chunk: bytes) -> bytes:
        """Take bytes; return the events that are now whole (may be empty).

        Raises `ValueError` when a single event outgrows the limit.
        """
        tail = self._tail
        if tail:
            # A blank line is at most four bytes long: a new one begins at most three before the chunk.
            if not whole_events(bytes(tail[-3:]) + chunk):
                tail += chunk
                self._check()
                return b""
            tail += chunk
            chunk = bytes(tail)
            tail.clear()
        end = whole_events(chunk)
        if end == len(chunk):
            return chunk
        tail += chunk[end:]
        self._check()
        return chunk[:end]

    def rest(self) -> bytes:
        """Return an event that the stream ended in the middle of, closed by a blank line; empty = none."""
        rest = bytes(self._tail)
        self._tail.clear()
        if not rest or rest.endswith((b"\r\r", b"\n\r")):  # a blank line that might have gone on with LF
            return rest
        return rest + b"\n\n"

    def _check(self) -> None:
        if len(self._tail) > self._limit:
            message = f"an event is larger than {self._limit} bytes"
            raise ValueError(message)


class Reader:
    """Cuts a byte stream into events' data. For whoever takes an answer apart: dialects, `wye ask`, tests."""

    def __init__(self, limit: int = 8 * 1024 * 1024) -> None:
        self._cutter = Cutter(limit)

    def feed(self, chunk: bytes) -> list[bytes]:
        """Take bytes; return the data of every event that is now whole and has any.

        Raises `ValueError` when a single event outgrows the limit.
        """
        return _datas(self._cutter.feed(chunk))

    def finish(self) -> list[bytes]:
        """Return the data of a last event that has no blank line after it."""
        return _datas(self._cutter.rest())


def _datas(events: bytes) -> list[bytes]:
    if not events:
        return []
    split = split_events(events) if b"\r" in events else events.split(b"\n\n")
    return [data for event in split if (data := data_of(event))]
