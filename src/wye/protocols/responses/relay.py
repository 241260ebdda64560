"""Reads a streamed OpenAI Responses answer as it is passed on, byte for byte.

Source: OpenAI API reference, "Streaming events". The last event tells the whole response, its usage among it.
"""

import msgspec

from wye.core.usage import Usage
from wye.protocols.responses.usage import WireUsage, to_usage
from wye.protocols.wire import sse

MAX_HELD_BYTES = 16 * 1024 * 1024
"""The last event tells the whole response once more, pictures among it."""
_UNFINISHED = "the upstream's stream ended before the answer was finished"
_BROKEN = "the upstream reported an error in its stream"
_ENDS = frozenset({"response.completed", "response.incomplete", "response.cancelled"})
_NOTEWORTHY = (*(b'"%b"' % kind.encode() for kind in sorted(_ENDS)), b'"response.failed"', b'"error"')
"""A batch without these needs no closer look. Inside a JSON string their quotes would be escaped."""


class _Response(msgspec.Struct):
    usage: WireUsage | None = None


class _Event(msgspec.Struct):
    type: str
    response: _Response | None = None


class _BareEvent(msgspec.Struct):
    type: str


_EVENT = msgspec.json.Decoder(_Event)
_BARE_EVENT = msgspec.json.Decoder(_BareEvent)


class ResponsesRelay:
    """Passes whole events on, reads usage from the last, and holds that back.

    A client takes it for the end, and by then the request has to be in the ledger.
    """

    __slots__ = ("_cutter", "_finished", "_held", "error", "usage")

    def __init__(self) -> None:
        self._cutter = sse.Cutter(MAX_HELD_BYTES)
        self._held = bytearray()
        self._finished = False
        self.usage: Usage | None = None
        self.error = ""

    def feed(self, chunk: bytes) -> bytes:
        """Take the upstream's bytes; return those to pass on now (may be empty).

        Raises `ValueError` when a single event, or what comes from the last one on, is larger than 16 MiB.
        """
        events = self._cutter.feed(chunk)
        return self._pass_on(events) if events else b""

    def finish(self) -> bytes:
        """The upstream ended; return what was held back: the answer's last bytes."""
        rest = self._cutter.rest()
        last = (self._pass_on(rest) if rest else b"") + bytes(self._held)
        self._held.clear()
        if not self._finished and not self.error:
            self.error = _UNFINISHED
        return last

    def _pass_on(self, events: bytes) -> bytes:
        end = len(events)
        if any(word in events for word in _NOTEWORTHY):
            end = self._look(events)
        if self._finished:
            end = 0 if self._held else end
            self._hold(events[end:])
        return events[:end]

    def _hold(self, events: bytes) -> None:
        self._held += events
        if len(self._held) > MAX_HELD_BYTES:
            message = f"the upstream sent more than {MAX_HELD_BYTES} bytes from the end of its answer on"
            raise ValueError(message)

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
            self.error = _BROKEN
        if not told.type.startswith("response."):
            return False
        try:
            response = _EVENT.decode(data).response
        except (msgspec.DecodeError, RecursionError):
            response = None  # an answer whose usage makes no sense is still an answer
        if response is not None and response.usage is not None:
            self.usage = to_usage(response.usage) or self.usage
        return told.type in _ENDS
