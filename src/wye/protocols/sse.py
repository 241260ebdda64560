"""Server-sent events, as the WHATWG HTML Living Standard section 9.2 frames them."""

import re
from collections.abc import Iterator

COMMENT = b": keep-alive\n\n"
"""What a silent stream says so that nobody in between closes it."""

# A blank line: two line ends in a row. Atomic groups keep a CRLF from being read as two.
_BLANK = re.compile(rb"(?>\r\n|\n|\r)(?>\r\n|\n|\r)")
_LINE_END = re.compile(rb"\r\n|\n|\r")


def whole_events(buffer: bytes) -> int:
    """Return the length of the prefix of `buffer` that ends with a blank line; 0 = none."""
    if b"\r" not in buffer:
        at = buffer.rfind(b"\n\n")
        return 0 if at < 0 else at + 2
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
    for line in _LINE_END.split(event):
        if line.startswith(b"data:"):
            value = line[5:]
            lines.append(value[1:] if value.startswith(b" ") else value)
    return b"\n".join(lines)


class Cutter:
    """Cuts a byte stream after its last blank line so far.

    The work is linear in the bytes, whatever the pieces in which they come: a blank line that is
    still missing can only begin in the last three bytes that were kept.
    """

    __slots__ = ("_limit", "_tail")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._tail = bytearray()

    def cut(self, chunk: bytes) -> bytes:
        """Take bytes; return all events that are now whole, as they came, and keep the rest.

        Raises `ValueError` when what is kept, a single event, outgrows the limit.
        """
        tail = self._tail
        if not tail:
            end = whole_events(chunk)
            if end == len(chunk):
                return chunk
            whole = chunk[:end]
        else:
            edge = bytes(tail[-3:])
            length = whole_events(edge + chunk)
            end = length - len(edge) if length else 0
            whole = b""
            if length:
                whole = bytes(tail) + chunk[:end]
                tail.clear()
        tail += chunk[end:]
        if len(tail) > self._limit:
            message = f"an event is larger than {self._limit} bytes"
            raise ValueError(message)
        return whole

    def rest(self) -> bytes:
        """Return what is kept, and keep it no longer."""
        rest = bytes(self._tail)
        self._tail.clear()
        return rest


class Reader:
    """Cuts a byte stream into events' data. For clients: `wye ask`, replays, tests."""

    def __init__(self, limit: int = 8 * 1024 * 1024) -> None:
        self._cutter = Cutter(limit)

    def feed(self, chunk: bytes) -> list[bytes]:
        """Take bytes; return the data of every event that is now whole and has any.

        Raises `ValueError` when a single event outgrows the limit.
        """
        return [data for event in split_events(self._cutter.cut(chunk)) if (data := data_of(event))]
