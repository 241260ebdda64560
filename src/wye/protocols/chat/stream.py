"""OpenAI Chat Completions streams as events.

Source: OpenAI API reference "The chat completion chunk object". Other upstreams vary it: thoughts have
several names, whole tool calls come at once and all with index 0, usage comes with the last choice or under
`x_groq`, an error is a chunk. Here each of these becomes the same events.
"""

from contextlib import suppress
from typing import Any

import msgspec

from wye.core.chat import Extras, Part, Reasoning, Refusal, Text, ToolCall
from wye.core.stream import Begin, Cite, Close, Delta, End, Event, Fail, Finished, Open, Sign, Used
from wye.protocols.chat.answer import decoded, finish_of, finish_word, read_usage
from wye.protocols.chat.parts import (
    read_annotations,
    read_content,
    read_pictures,
    take_signature,
)
from wye.protocols.chat.thoughts import NAME, read_reasoning
from wye.protocols.wire import sse
from wye.protocols.wire.fields import Fields
from wye.protocols.wire.relay import UNFINISHED
from wye.protocols.wire.service import with_service

_PLAIN = frozenset({"content"})


class ChatReader:
    """Reads one stream."""

    def __init__(self) -> None:
        self._sse = sse.Reader()
        self._begun = False
        self._over = False
        self._choices: dict[int, _Choice] = {}

    def feed(self, chunk: bytes) -> list[Event]:
        """Take bytes; return the events that are now whole. Raises `ValueError` for what is no chunk."""
        events: list[Event] = []
        for data in self._sse.feed(chunk):
            if self._over:
                break
            if data == b"[DONE]":
                self._end(events)
            else:
                self._take(Fields(decoded(data)), events)
        return events

    def finish(self) -> list[Event]:
        """The upstream ended: return the last events."""
        events: list[Event] = []
        with suppress(ValueError):  # the last chunk was cut short
            events += self.feed(b"\n\n")  # an upstream that ends without a last blank line
        if not self._over:
            whole = bool(self._choices) and all(choice.word for choice in self._choices.values())
            if whole:
                self._end(events)
            else:
                self._fail(UNFINISHED, "", events)
        return events

    def _take(self, wire: Fields, events: list[Event]) -> None:
        error = wire.take("error")
        if error is not None:
            told = error if isinstance(error, dict) else {"message": error}
            kind = told.get("type") or told.get("code") or ""
            self._fail(str(told.get("message") or "the upstream reported an error"), str(kind), events)
            return
        choices = wire.many("choices")
        groq = wire.fields("x_groq") or Fields({})
        usage = read_usage(wire.take("usage") or groq.take("usage"))
        usage = with_service(usage, wire.peek("service_tier"))
        if choices and not self._begun:
            self._begin(wire, events)
        for one in choices:
            index = one.integer("index") or 0
            choice = self._choices.get(index)
            if choice is None:
                choice = self._choices[index] = _Choice(index)
            choice.take(one, events)
        if usage is not None and self._begun:
            events.append(Used(usage=usage))

    def _begin(self, wire: Fields, events: list[Event]) -> None:
        self._begun = True
        wire.take("object")
        begin = Begin(
            protocol=NAME,
            id=wire.text("id"),
            model=wire.text("model"),
            created=wire.integer("created"),
            extras=wire.rest(),
        )
        events.append(begin)

    def _end(self, events: list[Event]) -> None:
        if not self._begun:
            self._fail(UNFINISHED, "", events)
            return
        if any(choice.called_nothing() for choice in self._choices.values()):
            self._fail("the upstream called a tool without saying which", "", events)
            return
        for choice in self._choices.values():
            choice.end(events)
        events.append(End())
        self._over = True

    def _fail(self, message: str, kind: str, events: list[Event]) -> None:
        events.append(Fail(message=message, kind=kind))
        self._over = True


class _Call:
    """A tool call under way. It is opened once its name is known."""

    __slots__ = ("early", "extras", "id", "name", "part", "signature")

    def __init__(self) -> None:
        self.id = ""
        self.name = ""
        self.signature = ""
        self.extras: Extras = {}
        self.early: list[str] = []
        self.part: int | None = None


class _Choice:
    """One choice of a stream: which of its parts are open.

    Thoughts, text and refusal follow one another; a tool call stays open to the end, since the arguments of
    several may come in turns.
    """

    def __init__(self, number: int) -> None:
        self._number = number
        self._next = 0
        self._current: tuple[type, object, int] | None = None
        """Kind, key and index of the part that is being said."""
        self._calls: dict[object, _Call] = {}
        self._said: list[Part] = []
        """What decides the finish: a part of each kind that came."""
        self._extras: Extras = {}
        self._stop = ""
        self._native = ""
        self.word = ""

    def take(self, one: Fields, events: list[Event]) -> None:
        """Take this choice's share of a chunk."""
        delta = one.fields("delta") or Fields({})
        logprobs = one.object("logprobs")
        before = len(events)
        delta.take("role")
        plain = delta.rest().keys() <= _PLAIN
        if not plain:
            self._think(delta, events)
        for part in read_content(delta, "content"):
            if isinstance(part, Text | Reasoning | Refusal):
                self._say(part, events)
        if not plain:
            self._beside(delta, events)
        if logprobs:
            self._logprobs(logprobs, before, events)
        self.word = one.text("finish_reason") or self.word
        self._native = one.text("native_finish_reason") or self._native
        stop = one.take("stop_reason")
        self._stop = stop if isinstance(stop, str) else self._stop

    def called_nothing(self) -> bool:
        """Tell whether there are arguments of a call whose name never came."""
        return any(call.part is None and any(call.early) for call in self._calls.values())

    def end(self, events: list[Event]) -> None:
        """Close what is open and finish."""
        self._settle(events)
        called = (call.part for call in self._calls.values() if call.part is not None)
        events.extend(Close(index=part, choice=self._number) for part in called)
        finish = finish_of(self.word, self._said, self._stop)
        native = self._native or ("" if finish_word(finish, self._said) == self.word else self.word)
        events.append(
            Finished(
                finish=finish,
                stop_sequence=self._stop,
                native_finish=native,
                choice=self._number,
                extras={"message": _joined(self._extras)} if self._extras else {},
            )
        )

    def _beside(self, delta: Fields, events: list[Event]) -> None:
        """Take what a delta may hold beside thoughts and content."""
        self._say(Refusal(text=delta.text("refusal")), events)
        self._cite(delta, events)
        for picture in read_pictures(delta):
            self._settle(events)
            index = self._open(picture, events)
            events.append(Close(index=index, choice=self._number))
        for call in delta.many("tool_calls"):
            self._call(call, events)
        legacy = delta.fields("function_call")
        if legacy is not None:
            whole = {"index": 0, "id": "call_0", "kind": "legacy", "function": legacy.rest()}
            self._call(Fields(whole), events)
        self._keep(delta.rest())

    def _think(self, delta: Fields, events: list[Event]) -> None:
        details = delta.peek("reasoning_details")
        keys = (
            [one.get("index") for one in details if isinstance(one, dict)]
            if isinstance(details, list)
            else []
        )
        for at, thought in enumerate(read_reasoning(delta)):
            known = msgspec.structs.replace(thought, text="", summary=(), signature="", encrypted="")
            index = self._part(known, keys[at] if at < len(keys) else None, events)
            events.extend(
                Delta(index=index, text=one, choice=self._number, passage=0) for one in thought.summary
            )
            if thought.text:
                events.append(Delta(index=index, text=thought.text, choice=self._number))
            if thought.signature or thought.encrypted:
                events.append(
                    Sign(
                        index=index,
                        signature=thought.signature,
                        encrypted=thought.encrypted,
                        choice=self._number,
                    )
                )

    def _say(self, part: Text | Reasoning | Refusal, events: list[Event]) -> None:
        if not part.text:
            return
        index = self._part(msgspec.structs.replace(part, text=""), None, events)
        events.append(Delta(index=index, text=part.text, choice=self._number))

    def _part(self, part: Part, key: object, events: list[Event]) -> int:
        """Return the index of the open part of this kind and key; open it where it is not."""
        if self._current is None or self._current[:2] != (type(part), key):
            self._settle(events)
            self._current = (type(part), key, self._open(part, events))
        return self._current[2]

    def _open(self, part: Part, events: list[Event]) -> int:
        index = self._next
        self._next += 1
        self._said.append(part)
        events.append(Open(index=index, part=part, choice=self._number))
        return index

    def _settle(self, events: list[Event]) -> None:
        if self._current is not None:
            events.append(Close(index=self._current[2], choice=self._number))
            self._current = None

    def _cite(self, delta: Fields, events: list[Event]) -> None:
        cited, others = read_annotations(delta)
        for citation in cited:
            index = self._part(Text(text=""), None, events)
            events.append(Cite(index=index, citation=citation, choice=self._number))
        if others:
            self._keep({"annotations": others})

    def _call(self, wire: Fields, events: list[Event]) -> None:
        kind = "custom" if wire.text("type") == "custom" or wire.has("custom") else "function"
        inner = wire.fields(kind) or Fields({})
        call = self._called(wire.integer("index"), wire.text("id"), inner.text("name"))
        arguments = inner.text("input" if kind == "custom" else "arguments")
        call.signature = call.signature or take_signature(wire)
        call.extras |= wire.rest()
        if call.part is not None:
            if arguments:
                events.append(Delta(index=call.part, text=arguments, choice=self._number))
            return
        call.early.append(arguments)
        if call.name:
            self._settle(events)
            part = ToolCall(
                id=call.id,
                name=call.name,
                arguments="",
                signature=call.signature,
                custom=kind == "custom",
                extras=call.extras,
            )
            call.part = self._open(part, events)
            if any(call.early):
                events.append(Delta(index=call.part, text="".join(call.early), choice=self._number))

    def _called(self, index: int | None, identity: str, name: str) -> _Call:
        """Return the call that a piece belongs to: by its index, unless another id says it is a new one."""
        key: object = identity if index is None else index
        if key == "" and self._calls:
            key = next(reversed(self._calls))  # neither: the latest
        call = self._calls.get(key)
        if call is None or (identity and name and call.id not in ("", identity)):
            if call is not None:
                self._calls[key, len(self._calls)] = call  # kept, to be closed at the end
            call = self._calls[key] = _Call()
        call.id = call.id or identity
        call.name = call.name or name
        return call

    def _logprobs(self, logprobs: Extras, before: int, events: list[Event]) -> None:
        """Put logprobs beside the text that came with them."""
        for at in range(before, len(events)):
            event = events[at]
            if isinstance(event, Delta):
                events[at] = msgspec.structs.replace(event, logprobs=logprobs)
                return
        if any(logprobs.values()):
            index = self._part(Text(text=""), None, events)
            events.append(Delta(index=index, text="", choice=self._number, logprobs=logprobs))

    def _keep(self, rest: Extras) -> None:
        """Keep what no event tells, to be told at the end: lists and texts grow, the rest is replaced."""
        for name, value in rest.items():
            self._extras[name] = _grown(self._extras.get(name), value)


class _Pieces(list[str]):
    """A text that grows: to join it at each piece would take the square of its length."""


def _grown(old: object, new: object) -> object:
    if isinstance(new, dict):
        grown = old if isinstance(old, dict) else {}
        grown |= {name: _grown(grown.get(name), value) for name, value in new.items()}
        return grown
    if isinstance(new, str):
        pieces = old if isinstance(old, _Pieces) else _Pieces()
        pieces.append(new)
        return pieces
    if isinstance(old, list) and isinstance(new, list) and not isinstance(old, _Pieces):
        old += new
        return old
    return new


def _joined(value: object) -> Any:  # noqa: ANN401  # any JSON value
    if isinstance(value, _Pieces):
        return "".join(value)
    return {name: _joined(one) for name, one in value.items()} if isinstance(value, dict) else value
