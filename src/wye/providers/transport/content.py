"""Decoding of a body that came compressed although `identity` was asked for."""

import zlib

from wye.providers.transport.errors import ContentError
from wye.providers.transport.limits import PIECE

_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32
_RAW = -zlib.MAX_WBITS
_WINDOW = 16_384
"""Compressed bytes that are looked at in one go: what zlib does not want of them it copies each time."""
_MEMBER = 1_024
"""Decoded bytes that a further gzip member counts as: an empty one takes 20 bytes, and time."""


class Decoder:
    """Inflates in pieces of at most `PIECE` bytes, so that a bomb never unfolds in memory.

    `give` compressed bytes, then `take` until it returns b"". `finish` checks that the end was reached.
    """

    __slots__ = ("_at", "_budget", "_first", "_given", "_inflate", "_raw_allowed")

    def __init__(self, coding: bytes, budget: int) -> None:
        """`coding` is a Content-Encoding value; `budget` bytes may come out in all."""
        if coding not in {b"gzip", b"x-gzip", b"deflate"}:
            message = "an unexpected content coding"
            raise ContentError(message)
        self._inflate = zlib.decompressobj(_GZIP_OR_ZLIB)
        # "deflate" means zlib (RFC 9110 section 8.4.1.2), but some servers send it without the wrapper.
        self._raw_allowed = coding == b"deflate"
        self._budget = budget
        self._first = True
        self._given = b""
        self._at = 0
        """How much of what was given is decoded."""

    def give(self, data: bytes) -> None:
        """Add compressed bytes."""
        self._given = self._given[self._at :] + data
        self._at = 0

    def take(self) -> bytes:
        """Return the next decoded piece; b"" = give more."""
        while window := self._given[self._at : self._at + _WINDOW]:
            if self._inflate.eof:
                self._next_member(window)
            piece = self._decompress(window)
            self._spend(len(piece))
            if piece:
                return piece
        return b""

    def finish(self) -> None:
        """Raise `ContentError` unless the compressed stream is complete (or empty)."""
        if not self._first and not self._inflate.eof:
            message = "the compressed body ends early"
            raise ContentError(message)

    def _decompress(self, data: bytes) -> bytes:
        try:
            piece = self._inflate.decompress(data, PIECE)
        except zlib.error as error:
            if not (self._first and self._raw_allowed):
                message = "the compressed body is damaged"
                raise ContentError(message) from error
            self._inflate = zlib.decompressobj(_RAW)
            self._raw_allowed = False
            return self._decompress(data)
        self._first = False
        self._at += len(data) - len(self._inflate.unconsumed_tail or self._inflate.unused_data)
        return piece

    def _spend(self, size: int) -> None:
        self._budget -= size
        if self._budget < 0:
            message = "the decoded body exceeds the limit"
            raise ContentError(message)

    def _next_member(self, window: bytes) -> None:
        """RFC 1952 section 2.2: a gzip file is a series of members."""
        if self._raw_allowed or not window.startswith(b"\x1f\x8b"[: len(window)]):
            message = "bytes after the end of the compressed body"
            raise ContentError(message)
        self._spend(_MEMBER)
        self._inflate = zlib.decompressobj(_GZIP_OR_ZLIB)
