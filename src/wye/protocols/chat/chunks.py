"""Write events as an OpenAI Chat Completions stream.

Source: OpenAI API reference "The chat completion chunk object": a first chunk with the role, `usage` null in
every chunk but the last where it was asked for, `[DONE]` at the end.
"""

from collections.abc import Callable
from typing import ClassVar

import msgspec

from wye.core.chat import Extras, Image, Part, Reasoning, Refusal, Text, ToolCall
from wye.core.stream import Begin, Cite, Delta, End, Event, Fail, Finished, Open, Ping, Sign, Used
from wye.core.usage import Usage
from wye.protocols.chat.answer import SPOKEN_FIELD, finish_word, write_usage
from wye.protocols.chat.parts import write_call, write_citation, write_part
from wye.protocols.chat.thoughts import NAME, form_of, write_detail
from wye.protocols.wire import sse

_DONE = b"data: [DONE]\n\n"


class ChatWriter:
    """Writes one stream. `now` (Unix seconds) stands in where `created` is unknown."""

    def __init__(self, *, want_usage: bool, now: int) -> None:
        self._want_usage = want_usage
        self._now = now
        self._head: Extras = {}
        self._usage: Usage | None = None
        self._own = False
        self._parts: dict[tuple[int, int], Part] = {}
        self._numbers: dict[tuple[int, int], int] = {}
        """(choice, index) -> number among the choice's calls, or among its thoughts."""
        self._counts: dict[tuple[int, type], int] = {}
        """(choice, kind of part) -> how many came."""
        self._passages: dict[tuple[int, int], int | None] = {}
        """(choice, index) -> the passage of its summary that came last."""

    def write(self, event: Event) -> bytes:
        """Return the bytes that tell `event`; may be empty."""
        writer = self._WRITERS.get(type(event))
        return writer(self, event) if writer else b""  # `Close` says nothing in Chat

    def _begin(self, event: Begin) -> bytes:
        self._own = event.protocol == NAME
        self._head = {
            "id": event.id,
            "object": "chat.completion.chunk",
            "created": self._now if event.created is None else event.created,
            "model": event.model,
        }
        if self._own:
            self._head |= event.extras
        return self._chunk(0, {"role": "assistant", "content": "", "refusal": None})

    def _open(self, event: Open) -> bytes:
        key = (event.choice, event.index)
        role: Extras = {}
        if event.choice and event.index == 0:
            role = {"role": "assistant", "content": ""}
        kind = (event.choice, type(event.part))
        self._numbers[key] = self._counts.get(kind, 0)
        self._counts[kind] = self._numbers[key] + 1
        self._parts[key] = event.part
        told = self._opened(event.part, self._numbers[key])
        return self._chunk(event.choice, role | told) if role or told else b""

    def _opened(self, part: Part, number: int) -> Extras:
        match part:
            case ToolCall():
                call = part if self._own else msgspec.structs.replace(part, extras={})
                if call.extras.get("kind") == "legacy":
                    return {"function_call": {"name": call.name, "arguments": call.arguments}}
                return {"tool_calls": [{"index": number} | write_call(call)]}
            case Reasoning() if part.signature or part.encrypted:
                return {"reasoning_details": [*write_detail(part, number)]}
            case Text() | Reasoning() | Refusal():
                return self._more(part, part.text, number)
            case Image():
                return {"images": [write_part(part)]}
        return {}  # what else an answer may hold, Chat has no words for

    def _delta(self, event: Delta) -> bytes:
        key = (event.choice, event.index)
        if event.passage is not None:
            told = self._summed(event, key)
        else:
            told = self._more(self._parts[key], event.text, self._numbers[key])
        more = None if event.logprobs is None else {"logprobs": event.logprobs}
        return self._chunk(event.choice, told, more) if told or more else b""

    def _summed(self, event: Delta, key: tuple[int, int]) -> Extras:
        """Write more of a thought's summary, its passages set apart."""
        part = self._parts[key]
        if not event.text or not isinstance(part, Reasoning):
            return {}
        was, self._passages[key] = self._passages.get(key, event.passage), event.passage
        text = event.text if was == event.passage else f"\n\n{event.text}"
        detail: Extras = {"type": "reasoning.summary", "summary": text, "index": self._numbers[key]}
        form = form_of(part.origin) if part.origin else ""
        told = detail | ({"format": form} if form else {})
        return {SPOKEN_FIELD: text, "reasoning_details": [told]}

    def _more(self, part: Part, text: str, number: int) -> Extras:
        told: Extras = {}
        match part:
            case Text():
                told = {"content": text}
            case Refusal():
                told = {"refusal": text}
            case Reasoning():
                signed = form_of(part.origin) if part.origin else ""
                detail = {"type": "reasoning.text", "text": text, "format": signed, "index": number}
                told = {SPOKEN_FIELD: text} | ({"reasoning_details": [detail]} if signed else {})
            case ToolCall():
                told = self._arguments(part, text, number)
        return told if text else {}

    def _arguments(self, call: ToolCall, text: str, number: int) -> Extras:
        if self._own and call.extras.get("kind") == "legacy":
            return {"function_call": {"arguments": text}}
        inner = {"custom": {"input": text}} if call.custom else {"function": {"arguments": text}}
        return {"tool_calls": [{"index": number} | inner]}

    def _sign(self, event: Sign) -> bytes:
        key = (event.choice, event.index)
        part = self._parts[key]
        if not isinstance(part, Reasoning):
            return b""
        detail: Extras = (
            {"type": "reasoning.encrypted", "data": event.encrypted}
            if event.encrypted
            else {"type": "reasoning.text", "signature": event.signature}
        )
        told = {"id": part.id, "format": form_of(part.origin)}
        detail |= {name: value for name, value in told.items() if value} | {"index": self._numbers[key]}
        return self._chunk(event.choice, {"reasoning_details": [detail]})

    def _finished(self, event: Finished) -> bytes:
        said = [part for (choice, _), part in self._parts.items() if choice == event.choice]
        extras: Extras = event.extras.get("message", {}) if self._own else {}
        more: Extras = {"finish_reason": finish_word(event.finish, said)}
        told = {"stop_reason": event.stop_sequence, "native_finish_reason": event.native_finish}
        more |= {name: value for name, value in told.items() if value}
        return self._chunk(event.choice, extras, more)

    def _cite(self, event: Cite) -> bytes:
        if not event.citation.url:
            return b""  # a place in the request's own documents, which an annotation cannot name
        return self._chunk(event.choice, {"annotations": [write_citation(event.citation)]})

    def _used(self, event: Used) -> bytes:
        self._usage = event.usage
        return b""

    def _ping(self, _: Ping) -> bytes:
        return sse.COMMENT

    def _end(self, _: End) -> bytes:
        if not self._want_usage or self._usage is None:
            return _DONE
        return _event(self._head | {"choices": [], "usage": write_usage(self._usage)}) + _DONE

    def _fail(self, event: Fail) -> bytes:
        kind = event.kind or "upstream_error"
        return _event({"error": {"message": event.message, "type": kind, "param": None, "code": None}})

    def _chunk(self, choice: int, delta: Extras, more: Extras | None = None) -> bytes:
        told: Extras = {"index": choice, "delta": delta, "logprobs": None, "finish_reason": None} | (
            more or {}
        )
        usage = {"usage": None} if self._want_usage else {}
        return _event(self._head | {"choices": [told]} | usage)

    _WRITERS: ClassVar[dict[type, Callable[..., bytes]]] = {
        Begin: _begin,
        Open: _open,
        Delta: _delta,
        Sign: _sign,
        Cite: _cite,
        Finished: _finished,
        Used: _used,
        Ping: _ping,
        End: _end,
        Fail: _fail,
    }


def _event(data: Extras) -> bytes:
    return b"data: " + msgspec.json.encode(data) + b"\n\n"
