"""Heads that a client sends again are parsed once.

Whoever keeps a connection sends on it, request after request, the same bytes up to the blank line; at most
Content-Length's digits differ. Then the parser would find out what it found out before: it is not asked, and
stays where it was, between two messages.
"""

import re
from typing import Any, Self

import msgspec

LONGEST = 4_096
"""Bytes of a head worth keeping, a connection."""
DIGITS = 9
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,9})[ \t]*(?=\r\n)", re.IGNORECASE)
_END = b"\r\n\r\n"


class Head(msgspec.Struct, frozen=True, gc=False):
    """A head that was served, and what it was found to say."""

    before: bytes
    """Up to Content-Length's digits."""
    after: bytes
    """From behind them to the end of the blank line."""
    scope: dict[str, Any]
    index: int
    """Of Content-Length among the scope's headers."""

    @classmethod
    def of(cls, data: bytes, length: int, scope: dict[str, Any]) -> Self | None:
        """Return the head that `data` begins with, if `data` is it and a body of `length` bytes."""
        end = data.find(_END) + len(_END)
        if not 0 < length == len(data) - end or end > LONGEST:
            return None
        found = _LENGTH.findall(data[:end])
        at = _LENGTH.search(data, 0, end)
        if at is None or len(found) != 1 or int(at[1]) != length:
            return None
        headers = list(scope["headers"])
        index = [name for name, _ in headers].index(b"content-length")
        return cls(data[: at.start(1)], data[at.end(1) : end], {**scope, "headers": headers}, index)

    def body(self, data: bytes) -> int:
        """Return where the body begins if `data` is this head again with the whole of its body, else 0."""
        if not data.startswith(self.before):
            return 0
        start, after = len(self.before), self.after
        end = data.find(after, start, start + DIGITS + len(after))
        digits = data[start:end]
        begin = end + len(after)
        length = len(data) - begin
        return begin if end > 0 and digits.isdigit() and 0 < length == int(digits) else 0

    def again(self, length: int) -> dict[str, Any]:
        """Return the scope of one more request, with a body of `length` bytes."""
        scope = self.scope.copy()
        headers = scope["headers"] = scope["headers"].copy()
        headers[self.index] = (b"content-length", b"%d" % length)
        return scope
