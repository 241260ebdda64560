"""Heads of HTTP messages that come again, with the same bytes but for Content-Length's digits.

Whoever keeps a connection says, message after message, the same up to the blank line: a client with its
headers, an upstream with its own. What a parser found in those bytes it would find again, so it need not be
asked, and stays where it was: between two messages.
"""

import re
from typing import Self

import msgspec

LONGEST = 4_096
"""Bytes of a head worth keeping."""
DIGITS = 9
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,9})[ \t]*(?=\r\n)", re.IGNORECASE)
_END = b"\r\n\r\n"


class Head(msgspec.Struct, frozen=True, gc=False):
    """The bytes of a head that a parser took, around the digits of its Content-Length."""

    before: bytes
    after: bytes
    """To the end of the blank line."""
    start: int
    """Where the digits begin."""
    limit: int
    """Where `after` ends at the latest."""

    @classmethod
    def of(cls, data: bytes, length: int) -> Self | None:
        """Return the head of `data`, a message whose body a parser found to be `length` bytes.

        None where it is not worth it, or `data` is not exactly one whole message.
        """
        end = data.find(_END) + len(_END)
        if not 0 < length == len(data) - end or end > LONGEST:
            return None
        found = list(_LENGTH.finditer(data, 0, end))
        if len(found) != 1 or int(found[0][1]) != length:
            return None
        start, after = found[0].start(1), data[found[0].end(1) : end]
        return cls(data[:start], after, start, start + DIGITS + len(after))

    def body(self, data: bytes) -> int:
        """Return where the body begins if `data` is this head again with the whole of its body, else 0."""
        if not data.startswith(self.before):
            return 0
        end = data.find(self.after, self.start, self.limit)
        if end < 0:
            return 0
        digits = data[self.start : end]
        begin = end + len(self.after)
        return begin if digits.isdigit() and 0 < int(digits) == len(data) - begin else 0


def with_length(headers: list[tuple[bytes, bytes]], length: int) -> list[tuple[bytes, bytes]]:
    """Return (lower-case name, value) pairs with another Content-Length."""
    return [(name, b"%d" % length if name == b"content-length" else value) for name, value in headers]
