"""Reads a streamed Gemini answer as it is passed on, byte for byte.

Source: Gemini API reference, "streamGenerateContent". There is no last marker: an answer is whole when each
candidate has told why it finished, or the prompt was blocked.
"""

import msgspec

from wye.core.usage import Usage
from wye.protocols.gemini.framing import Framing
from wye.protocols.gemini.usage import WireUsage, merge, to_usage

_UNFINISHED = "the upstream's stream ended before the answer was finished"
_FAILED = "the upstream reported an error in its stream"


class _Candidate(msgspec.Struct):
    index: int = 0
    finishReason: str = ""  # noqa: N815  # the API's name


class _Feedback(msgspec.Struct):
    blockReason: str = ""  # noqa: N815  # the API's name


class _Chunk(msgspec.Struct):
    candidates: list[_Candidate] = []
    promptFeedback: _Feedback | None = None  # noqa: N815  # the API's name
    usageMetadata: WireUsage | None = None  # noqa: N815  # the API's name
    error: msgspec.Raw = msgspec.Raw()


class _Bare(msgspec.Struct):
    """A chunk whose counts make no sense."""

    candidates: list[_Candidate] = []


_CHUNK = msgspec.json.Decoder(_Chunk)
_BARE = msgspec.json.Decoder(_Bare)
_ERROR = b'"error"'
MAX_HELD_BYTES = 8 * 1024 * 1024


class GeminiRelay:
    """Passes whole chunks on, reads usage from them, and holds the end back.

    From the chunk on that finishes the last candidate everything waits for `finish()`: a client may take it
    for the end, and by then the request has to be in the ledger.
    """

    __slots__ = ("_cutter", "_finished", "_framing", "_going", "_held", "_wire", "error", "usage")

    def __init__(self, framing: Framing) -> None:
        self._framing = framing
        self._cutter = framing.cutter()
        self._held = bytearray()
        self._going: set[int] = set()
        self._finished = False
        self._wire: WireUsage | None = None
        self.usage: Usage | None = None
        self.error = ""

    def feed(self, chunk: bytes) -> bytes:
        """Take the upstream's bytes; return those to pass on now (may be empty).

        Raises `ValueError` when a single chunk, or what comes from the last one on, is larger than 8 MiB.
        """
        whole = self._cutter.feed(chunk)
        return self._pass_on(whole) if whole else b""

    def finish(self) -> bytes:
        """The upstream ended; return what was held back: the answer's last bytes."""
        rest = self._cutter.rest()
        passed = self._pass_on(rest) if rest else b""
        if (self._going or not self._finished) and not self.error:
            self.error = _UNFINISHED
        last = passed + bytes(self._held)
        self._held.clear()
        return last

    def _pass_on(self, whole: bytes) -> bytes:
        ready = bytearray()
        for piece, data in self._framing.pieces(whole):
            if data:
                self._read(data)
            if self._finished and not self._going:
                self._hold(piece)
            else:
                ready += self._held + piece
                self._held.clear()
        return bytes(ready)

    def _hold(self, piece: bytes) -> None:
        self._held += piece
        if len(self._held) > MAX_HELD_BYTES:
            message = f"the upstream sent more than {MAX_HELD_BYTES} bytes from the end of its answer on"
            raise ValueError(message)

    def _read(self, data: bytes) -> None:
        try:
            told: _Chunk | _Bare = _CHUNK.decode(data)
        except (ValueError, RecursionError):  # not even UTF-8, it may be
            told = self._loose(data)
        if isinstance(told, _Chunk):
            if bytes(told.error) or data.startswith(b"["):
                self.error = _FAILED
            if told.promptFeedback is not None and told.promptFeedback.blockReason:
                self._finished = True
            if told.usageMetadata is not None:
                self._wire = merge(self._wire, told.usageMetadata)
                self.usage = to_usage(self._wire)
        for candidate in told.candidates:
            if candidate.finishReason:
                self._going.discard(candidate.index)
                self._finished = True
            else:
                self._going.add(candidate.index)

    def _loose(self, data: bytes) -> _Bare:
        if _ERROR in data:
            self.error = _FAILED
        try:
            return _BARE.decode(data)
        except (ValueError, RecursionError):  # not even UTF-8, it may be
            return _Bare()
