"""OpenAI Responses streams as events. Source: OpenAI API reference, "Streaming events".

What only this protocol has (a search, a run of code) is told when it is whole, in the order of the output.
Other upstreams leave events out: what was not said in pieces is said when its item is done, or at the end.
"""

from contextlib import suppress
from heapq import heappop, heappush
from typing import Any

import msgspec

from wye.core.chat import Extras, Part, Reasoning, Refusal, Text, ToolCall
from wye.core.stream import Begin, Cite, Close, Delta, End, Event, Fail, Finished, Open, Sign, Used
from wye.protocols.responses.answer import (
    extras_of,
    failure,
    mark,
    read_created,
    read_finish,
    read_item,
    read_message,
)
from wye.protocols.responses.items import CALLS, kind_of, read_call, read_reasoning
from wye.protocols.responses.parts import NAME, read_annotation
from wye.protocols.responses.usage import read_usage
from wye.protocols.wire import sse
from wye.protocols.wire.fields import Fields
from wye.protocols.wire.relay import UNFINISHED
from wye.protocols.wire.service import with_service

_ENDS = ("response.completed", "response.incomplete", "response.cancelled", "response.done")
_Place = tuple[int, int]
"""(place of the item in the output, place in its content)."""


class _Wire(msgspec.Struct):
    """Any event. What only some have may be of any type in others."""

    type: str = ""
    output_index: int = 0
    content_index: int = 0
    summary_index: int = 0
    delta: Any = ""
    logprobs: Any = None
    annotation: Any = None
    item: Any = None
    response: Any = None
    error: Any = None
    message: Any = None
    code: Any = None


_WIRE = msgspec.json.Decoder(_Wire)


class _Told:
    """A part that is open, and how much of it was told."""

    __slots__ = ("cited", "index", "kind", "passages", "said")

    def __init__(self, index: int, kind: type[Part]) -> None:
        self.index = index
        self.kind = kind
        self.said = 0
        """Characters."""
        self.passages: dict[int, int] = {}
        """Passage of a summary -> characters."""
        self.cited = 0


class ResponsesReader:
    """Reads one stream."""

    def __init__(self) -> None:
        self._sse = sse.Reader()
        self._begun = self._over = False
        self._next = 0
        self._open: dict[int, dict[int, _Told]] = {}
        """By the place of their item, and in its content."""
        self._identities: dict[int, Extras] = {}
        """Of messages in which nothing was said yet."""
        self._kept: dict[int, Part | None] = {}
        """Items that do not come in pieces; None = not whole yet."""
        self._waiting: list[int] = []
        """Their places, as a heap."""
        self._done: set[int] = set()
        self._parts: list[Part] = []
        """What decides the finish: a part of each kind that came."""

    def feed(self, chunk: bytes) -> list[Event]:
        """Take bytes; return the events that are now whole. Raises `ValueError` for what is no event."""
        events: list[Event] = []
        for data in self._sse.feed(chunk):
            if self._over:
                break
            if data == b"[DONE]":
                continue
            try:
                self._take(_WIRE.decode(data), events)
            except RecursionError:
                message = "the upstream's JSON is nested too deeply"
                raise ValueError(message) from None
        return events

    def finish(self) -> list[Event]:
        """The upstream ended: return the last events."""
        events: list[Event] = []
        with suppress(ValueError):  # the last event was cut short
            events += self.feed(b"\n\n")  # an upstream that ends without a last blank line
        if not self._over:
            self._fail(UNFINISHED, "", events)
        return events

    def _take(self, wire: _Wire, events: list[Event]) -> None:
        if wire.type == "error" or (not wire.type and wire.error is not None):
            told = wire.error if isinstance(wire.error, dict) else {"message": wire.error or wire.message}
            code = told.get("code") or told.get("type") or wire.code or ""
            self._fail(str(told.get("message") or "the upstream failed"), str(code), events)
        elif wire.response is not None:
            self._response(wire.type, Fields(wire.response, "response"), events)
        elif self._begun:
            self._more(wire, events)

    def _response(self, kind: str, response: Fields, events: list[Event]) -> None:
        if kind == "response.failed":
            self._fail(*failure(response), events)
            return
        output, usage = response.many("output"), read_usage(response.take("usage"))
        usage = with_service(usage, response.peek("service_tier"))
        if kind not in _ENDS:
            self._begin(response, events)
            return
        status = Fields({name: response.take(name) for name in ("status", "incomplete_details")})
        self._begin(response, events)
        for place, item in enumerate(output):
            if place not in self._done:
                self._whole(place, item, events)
        self._settle(events)
        finish, native = read_finish(status, self._parts)
        events.append(Finished(finish=finish, native_finish=native))
        if usage is not None:
            events.append(Used(usage=usage))
        events.append(End())
        self._over = True

    def _begin(self, response: Fields, events: list[Event]) -> None:
        if self._begun:
            return
        self._begun = True
        begin = Begin(
            protocol=NAME,
            id=response.text("id"),
            model=response.text("model"),
            created=read_created(response),
            extras=extras_of(response),
        )
        events.append(begin)

    def _settle(self, events: list[Event]) -> None:
        """Close what is open, and tell what was kept: the upstream says no more of them."""
        events += [Close(index=told.index) for item in self._open.values() for told in item.values()]
        self._open.clear()
        self._tell_kept(events, all_of_them=True)

    def _fail(self, message: str, kind: str, events: list[Event]) -> None:
        events.append(Fail(message=message, kind=kind))
        self._over = True

    def _more(self, wire: _Wire, events: list[Event]) -> None:
        """Take an event of an item."""
        place = wire.output_index
        match wire.type:
            case "response.output_item.added" if isinstance(wire.item, dict):
                self._add(place, Fields(wire.item, "item"), events)
            case "response.output_item.done" if isinstance(wire.item, dict):
                self._whole(place, Fields(wire.item, "item"), events)
            case "response.output_text.delta":
                told = self._part((place, wire.content_index), Text(text=""), events)
                self._say(told, wire, events)
            case "response.refusal.delta":
                told = self._part((place, wire.content_index), Refusal(text=""), events)
                self._say(told, wire, events)
            case "response.output_text.annotation.added" if isinstance(wire.annotation, dict):
                told = self._part((place, wire.content_index), Text(text=""), events)
                told.cited += 1
                citation = read_annotation(Fields(wire.annotation, "annotation"))
                events.append(Cite(index=told.index, citation=citation))
            case "response.reasoning_text.delta":
                self._say(self._part((place, 0), Reasoning(), events), wire, events)
            case "response.reasoning_summary_text.delta":
                thought = self._part((place, 0), Reasoning(), events)
                self._say(thought, wire, events, wire.summary_index)
            case "response.function_call_arguments.delta" | "response.custom_tool_call_input.delta":
                if (call := self._open.get(place, {}).get(0)) is not None:
                    self._say(call, wire, events)

    def _add(self, place: int, item: Fields, events: list[Event]) -> None:
        """Open the part of an item that begins. A message has none yet; what cannot come in pieces waits."""
        kind = kind_of(item)
        if kind == "message":
            self._identities[place] = read_message(item)
        elif kind == "reasoning":
            thought = read_reasoning(item)
            known = Reasoning(id=thought.id, origin=thought.origin)
            self._part((place, 0), known, events)
        elif kind in CALLS and isinstance(item.peek("name"), str):
            call = read_call(item)
            self._part((place, 0), msgspec.structs.replace(call, arguments=""), events)
        elif kind not in CALLS:
            self._keep(place, None)

    def _part(self, at: _Place, part: Part, events: list[Event]) -> _Told:
        """Return the open part at `at`; open it as `part` where it is not, or was something else."""
        item = self._open.setdefault(at[0], {})
        told = item.get(at[1])
        if told is not None and told.kind is not type(part):
            events.append(Close(index=told.index))
            told = None
        if told is None:
            identity = self._identities.pop(at[0], None)
            part = part if identity is None else mark(part, identity)
            told = item[at[1]] = _Told(self._next, type(part))
            self._next += 1
            self._parts.append(part)
            events.append(Open(index=told.index, part=part))
        return told

    def _say(self, told: _Told, wire: _Wire, events: list[Event], passage: int | None = None) -> None:
        if isinstance(wire.delta, str):
            logprobs = (
                {"content": wire.logprobs} if isinstance(wire.logprobs, list) and wire.logprobs else None
            )
            self._tell(told, wire.delta, events, passage, logprobs)

    def _tell(
        self,
        told: _Told,
        text: str,
        events: list[Event],
        passage: int | None = None,
        logprobs: Extras | None = None,
    ) -> None:
        if passage is None:
            told.said += len(text)
        else:
            told.passages[passage] = told.passages.get(passage, 0) + len(text)
        if text or logprobs:
            events.append(Delta(index=told.index, text=text, passage=passage, logprobs=logprobs))

    def _whole(self, place: int, item: Fields, events: list[Event]) -> None:
        """Take an item that is whole: tell what of it was not told, and close its parts."""
        if place in self._done:
            return
        self._done.add(place)
        if item.peek("type") == "message":
            self._identities.setdefault(place, read_message(Fields(dict(item.rest()))))
        logprobs: list[object] = []
        for at, part in enumerate(read_item(item, logprobs)):
            self._complete((place, at), part, logprobs, events)
        self._identities.pop(place, None)
        events += [Close(index=told.index) for told in self._open.pop(place, {}).values()]

    def _complete(self, at: _Place, part: Part, logprobs: list[object], events: list[Event]) -> None:
        match part:
            case Text() | Refusal():
                bare = msgspec.structs.replace(part, text="")
                told = self._part(at, Text(text="") if isinstance(part, Text) else bare, events)
                silent = not told.said and logprobs
                self._tell(
                    told, part.text[told.said :], events, None, {"content": logprobs} if silent else None
                )
                if isinstance(part, Text):
                    cited = part.citations[told.cited :]
                    events += [Cite(index=told.index, citation=citation) for citation in cited]
            case Reasoning():
                told = self._part(at, Reasoning(id=part.id, origin=part.origin), events)
                for passage, text in enumerate(part.summary):
                    self._tell(told, text[told.passages.get(passage, 0) :], events, passage)
                self._tell(told, part.text[told.said :], events)
                if part.encrypted or part.signature:
                    sign = Sign(index=told.index, encrypted=part.encrypted, signature=part.signature)
                    events.append(sign)
            case ToolCall():
                told = self._part(at, msgspec.structs.replace(part, arguments=""), events)
                self._tell(told, part.arguments[told.said :], events)
            case _:
                self._keep(at[0], part)
                self._tell_kept(events)
                return
        events.append(Close(index=self._open[at[0]].pop(at[1]).index))

    def _keep(self, place: int, part: Part | None) -> None:
        if place not in self._kept:
            heappush(self._waiting, place)
        self._kept[place] = part

    def _tell_kept(self, events: list[Event], *, all_of_them: bool = False) -> None:
        """Tell what is whole and has no other before it that is not."""
        while self._waiting:
            part = self._kept[self._waiting[0]]
            if part is None and not all_of_them:
                return
            del self._kept[heappop(self._waiting)]
            if part is not None:
                events += [Open(index=self._next, part=part), Close(index=self._next)]
                self._next += 1
