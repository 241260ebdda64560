"""Reads a streamed OpenAI Responses answer as it is passed on, byte for byte.

Source: OpenAI API reference, "Streaming events". The last event tells the whole response, its usage among it.
"""

from typing import Any

import msgspec

from wye.protocols.responses.usage import WireUsage, to_usage
from wye.protocols.wire import sse
from wye.protocols.wire.relay import HoldingRelay
from wye.protocols.wire.service import with_service

MAX_HELD_BYTES = 16 * 1024 * 1024
"""The last event tells the whole response once more, pictures among it."""
_ENDS = frozenset({"response.completed", "response.incomplete", "response.cancelled"})
_NOTEWORTHY = (*(b'"%b"' % kind.encode() for kind in sorted(_ENDS)), b'"response.failed"', b'"error"')
"""A batch without these needs no closer look. Inside a JSON string their quotes would be escaped."""


class _Response(msgspec.Struct):
    usage: WireUsage | None = None
    service_tier: Any = None


class _Event(msgspec.Struct):
    type: str
    response: _Response | None = None


class _BareEvent(msgspec.Struct):
    type: str


_EVENT = msgspec.json.Decoder(_Event)
_BARE_EVENT = msgspec.json.Decoder(_BareEvent)


class ResponsesRelay(HoldingRelay):
    """Passes whole events on, reads usage from the last, and holds that back.

    A client takes it for the end, and by then the request has to be in the ledger.
    """

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(sse.Cutter(MAX_HELD_BYTES), MAX_HELD_BYTES)

    def _pass_on(self, events: bytes) -> bytes:
        end = len(events)
        if any(word in events for word in _NOTEWORTHY):
            end = self._look(events)
        if self._finished:
            end = 0 if self._held else end
            self._hold(events[end:])
        return events[:end]

    def _look(self, events: bytes) -> int:
        """Read `events`; return where the last of the answer begins, their end if it is not there."""
        at = 0
        for event in sse.split_events(events):
            if not self._finished and any(word in event for word in _NOTEWORTHY) and self._ends(event):
                self._finished = True
                return at
            at += len(event)
        return at

    def _ends(self, event: bytes) -> bool:
        data = sse.data_of(event)
        try:
            told = _BARE_EVENT.decode(data)
        except (msgspec.DecodeError, RecursionError):
            return False
        if told.type in ("error", "response.failed"):
            self._broke(data)
        if not told.type.startswith("response."):
            return False
        try:
            response = _EVENT.decode(data).response
        except (msgspec.DecodeError, RecursionError):
            response = None  # an answer whose usage makes no sense is still an answer
        if response is not None and response.usage is not None:
            self.usage = with_service(to_usage(response.usage), response.service_tier) or self.usage
        return told.type in _ENDS
