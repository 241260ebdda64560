"""A streamed Chat Completions answer, read as it is passed on.

Source: OpenAI API reference, "Chat completion chunk object"; errors inside a stream as OpenAI,
OpenRouter and vLLM send them.
"""

import re
from typing import Any

import msgspec

from wye.protocols.openai.usage import WireUsage, to_usage
from wye.protocols.wire import sse
from wye.protocols.wire.relay import HoldingRelay
from wye.protocols.wire.service import with_service


class _Chunk(msgspec.Struct):
    choices: list[msgspec.Raw] | None = None
    usage: WireUsage | None = None
    service_tier: Any = None


class _Trouble(msgspec.Struct):
    error: msgspec.Raw = msgspec.Raw()
    object: msgspec.Raw = msgspec.Raw()


_CHUNK = msgspec.json.Decoder(_Chunk)
_TROUBLE = msgspec.json.Decoder(_Trouble)


class ChatRelay(HoldingRelay):
    """Passes whole events on, reads usage from them, and holds the end back.

    From `[DONE]` on everything waits for `finish()`: a client may take `[DONE]` for the end, and
    by then the request has to be in the ledger.
    """

    __slots__ = ("_drop_usage",)

    # Cheap tests that decide whether a batch of events needs a closer look at all. A quote inside
    # a text is escaped, so what a model says seldom passes them.
    _USAGE = re.compile(rb'"usage"\s*+:\s*+\{')
    _FINISH = re.compile(rb'"finish_reason"\s*+:\s*+"')
    _ERROR_EVENT = re.compile(rb"(?:\A|(?<=[\r\n]))event:[ \t]*+error[ \t]*+[\r\n]")
    _DONE = re.compile(rb"(?:\A|(?<=[\r\n]))data:[ \t]*+\[DONE\]")

    def __init__(self, *, drop_usage: bool) -> None:
        super().__init__(sse.Cutter())
        self._drop_usage = drop_usage

    def _pass_on(self, events: bytes) -> bytes:
        if self._USAGE.search(events):
            events = b"".join(e for e in sse.split_events(events) if not self._takes_out(e))
        if not self._finished and self._FINISH.search(events):
            self._finished = True
        if b'"error"' in events and (told := next(filter(_tells_of_error, sse.split_events(events)), b"")):
            self._broke(sse.data_of(told))
        if b"event:" in events and self._ERROR_EVENT.search(events):
            told = next((one for one in sse.split_events(events) if self._ERROR_EVENT.search(one)), b"")
            self._broke(sse.data_of(told))
        if self._held:
            self._hold(events)
            return b""
        done = self._DONE.search(events) if b"[DONE]" in events else None
        if done is None:
            return events
        self._finished = True
        self._hold(events[done.start() :])
        return events[: done.start()]

    def _takes_out(self, event: bytes) -> bool:
        """Read an event's usage; say whether it is the extra chunk the client did not ask for."""
        try:
            chunk = _CHUNK.decode(sse.data_of(event))
        except (msgspec.DecodeError, RecursionError):
            return False
        if chunk.usage is None:
            return False
        self.usage = with_service(to_usage(chunk.usage), chunk.service_tier) or self.usage
        return self._drop_usage and chunk.choices == []


def _tells_of_error(event: bytes) -> bool:
    """Say whether an event's document is an error, or a chunk with an error beside its choices."""
    try:
        trouble = _TROUBLE.decode(sse.data_of(event))
    except (msgspec.DecodeError, RecursionError):
        return False
    error = bytes(trouble.error)
    return error[:1] == b"{" or (error[:1] == b'"' and error != b'""') or bytes(trouble.object) == b'"error"'
