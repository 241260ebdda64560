"""Reads a streamed Anthropic answer as it is passed on, byte for byte.

Source: Anthropic API reference, "Streaming messages". An answer is whole with `message_stop`.
"""

import msgspec

from wye.protocols.anthropic.usage import WireUsage, to_usage
from wye.protocols.wire import sse
from wye.protocols.wire.merging import merge
from wye.protocols.wire.relay import HoldingRelay


class _Message(msgspec.Struct):
    usage: WireUsage | None = None


class _Event(msgspec.Struct):
    type: str
    message: _Message | None = None
    usage: WireUsage | None = None


_EVENT = msgspec.json.Decoder(_Event)
_NOTEWORTHY = (b'"message_start"', b'"message_delta"', b'"message_stop"', b'"error"', b": error", b":error")
"""A batch without these needs no closer look. Inside a JSON string their quotes would be escaped."""
_FAILED = (b"event: error", b"event:error")


class MessagesRelay(HoldingRelay):
    """Passes whole events on, reads usage from them, and holds the end back.

    From `message_stop` on everything waits for `finish()`: a client takes it for the end, and by then the
    request has to be in the ledger.
    """

    __slots__ = ("_wire",)

    def __init__(self) -> None:
        super().__init__(sse.Cutter())
        self._wire: WireUsage | None = None

    def _pass_on(self, buffer: bytes) -> bytes:
        end = len(buffer)
        if any(word in buffer for word in _NOTEWORTHY):
            end = self._look(buffer)
        if self._held or end < len(buffer):
            end = 0 if self._held else end
            self._hold(buffer[end:])
        return buffer[:end]

    def _look(self, buffer: bytes) -> int:
        """Read the events of `buffer`; return where the last of the answer begins, its end if not there."""
        stop = at = 0
        ended = False
        for event in sse.split_events(buffer):
            if self._ends(event) and not ended:
                ended, stop = True, at
            at += len(event)
        return stop if ended else at

    def _ends(self, event: bytes) -> bool:
        if event.startswith(_FAILED):
            self._broke(sse.data_of(event))
            return False
        data = sse.data_of(event)
        if not data:
            return False
        try:
            told = _EVENT.decode(data)
        except (msgspec.DecodeError, RecursionError):
            return False
        match told.type:
            case "message_start" if told.message is not None and told.message.usage is not None:
                self._count(told.message.usage)
            case "message_delta" if told.usage is not None:
                self._count(told.usage)
            case "error":
                self._broke(data)
            case "message_stop":
                self._finished = True
                return True
        return False

    def _count(self, wire: WireUsage) -> None:
        self._wire = merge(self._wire, wire)
        self.usage = to_usage(self._wire)
