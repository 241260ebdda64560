"""Reads a streamed Gemini answer as it is passed on, byte for byte.

Source: Gemini API reference, "streamGenerateContent". There is no last marker: an answer is whole when each
candidate has told why it finished, or the prompt was blocked.
"""

import msgspec

from wye.protocols.gemini.framing import Framing
from wye.protocols.gemini.usage import WireUsage, to_usage
from wye.protocols.wire.merging import merge
from wye.protocols.wire.relay import HoldingRelay


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


class GeminiRelay(HoldingRelay):
    """Passes whole chunks on, reads usage from them, and holds the end back.

    From the chunk on that finishes the last candidate everything waits for `finish()`: a client may take it
    for the end, and by then the request has to be in the ledger.
    """

    __slots__ = ("_framing", "_going", "_stopped", "_wire")

    def __init__(self, framing: Framing) -> None:
        super().__init__(framing.cutter())
        self._framing = framing
        self._going: set[int] = set()
        """Candidates that have begun and not ended."""
        self._stopped = False
        """One of them has, or the prompt was blocked."""
        self._wire: WireUsage | None = None

    def _pass_on(self, whole: bytes) -> bytes:
        ready = bytearray()
        for piece, data in self._framing.pieces(whole):
            if data:
                self._read(data)
            if self._finished:
                self._hold(piece)
            else:
                ready += self._held + piece
                self._held.clear()
        return bytes(ready)

    def _read(self, data: bytes) -> None:
        try:
            told: _Chunk | _Bare = _CHUNK.decode(data)
        except (ValueError, RecursionError):  # not even UTF-8, it may be
            told = self._loose(data)
        if isinstance(told, _Chunk):
            if bytes(told.error) or data.startswith(b"["):
                self._broke(data)
            if told.promptFeedback is not None and told.promptFeedback.blockReason:
                self._stopped = True
            if told.usageMetadata is not None:
                self._wire = merge(self._wire, told.usageMetadata)
                self.usage = to_usage(self._wire)
        for candidate in told.candidates:
            if candidate.finishReason:
                self._going.discard(candidate.index)
                self._stopped = True
            else:
                self._going.add(candidate.index)
        self._finished = self._stopped and not self._going

    def _loose(self, data: bytes) -> _Bare:
        if _ERROR in data:
            self._broke(data)
        try:
            return _BARE.decode(data)
        except (ValueError, RecursionError):  # not even UTF-8, it may be
            return _Bare()
