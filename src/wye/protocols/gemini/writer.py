"""Events as a Gemini stream.

Source: Gemini API reference, "streamGenerateContent": every chunk has what is new, a function call comes
whole, the last chunk has why each candidate finished and what was used.
"""

from typing import Any

import msgspec

from wye.core.bare import bare
from wye.core.chat import Citation, Extras, Part, Reasoning, Refusal, Text, ToolCall
from wye.core.stream import Begin, Cite, Close, Delta, End, Event, Fail, Finished, Open, Ping, Sign, Used
from wye.core.usage import Usage
from wye.protocols.gemini.answer import write_finish
from wye.protocols.gemini.errors import failure_body
from wye.protocols.gemini.framing import Framing
from wye.protocols.gemini.grounding import write_citations
from wye.protocols.gemini.logprobs import write_logprobs
from wye.protocols.gemini.parts import NAME, write_part
from wye.protocols.gemini.usage import write_usage
from wye.protocols.wire.fields import overlay

_Key = tuple[int, int]
"""(choice, index)."""
_PartEvent = Open | Delta | Sign | Cite | Close


class _Kept:
    """What is kept of a part until it is closed."""

    __slots__ = ("citations", "number", "part", "passage", "summary", "text")

    def __init__(self, part: Part) -> None:
        self.number: int | None = None
        """Which of the choice's parts it is for the client; None = it was not told of it yet."""
        self.part = part
        self.text: list[str] = []
        self.summary: dict[int, list[str]] = {}
        self.passage: int | None = None
        self.citations: list[Citation] = list(part.citations) if isinstance(part, Text) else []

    def whole(self) -> Part:
        """Return the part with all that came."""
        part = self.part
        text = "".join(self.text)
        if isinstance(part, ToolCall):
            return msgspec.structs.replace(part, arguments=part.arguments + text)
        if isinstance(part, Reasoning):
            summary = (*part.summary, *("".join(pieces) for pieces in self.summary.values()))
            return msgspec.structs.replace(part, text=part.text + text, summary=summary)
        if isinstance(part, Text):
            return msgspec.structs.replace(part, text=part.text + text)
        return part


class GeminiWriter:
    """Writes one stream."""

    def __init__(self, framing: Framing) -> None:
        self._framing = framing
        self._first = True
        self._own = False
        self._head: Extras = {}
        self._extras: Extras = {}
        """Of the answer: told with the first chunk."""
        self._usage: Usage | None = None
        self._kept: dict[_Key, _Kept] = {}
        self._numbers: dict[int, int] = {}
        """Parts told so far, by choice."""
        self._cited: dict[int, dict[int, tuple[str, list[Citation]]]] = {}
        self._finished: list[Finished] = []

    def write(self, event: Event) -> bytes:  # noqa: PLR0911  # a table of events
        """Return the bytes that tell `event`; may be empty."""
        match event:
            case Begin():
                self._own = event.protocol == NAME
                self._head = {"modelVersion": event.model, "responseId": event.id}
                self._extras = dict(event.extras) if self._own else {}
                return b""
            case Used():
                self._usage = event.usage
                return b""
            case Finished():
                self._finished.append(event)
                return b""
            case Ping():
                return self._framing.heartbeat
            case Fail():
                told = failure_body(500, event.kind or "INTERNAL", event.message)
                return self._framing.error(told, first=self._first)
            case End():
                return self._last() + self._framing.end(first=self._first)
        return self._tell(event)

    def _tell(self, event: _PartEvent) -> bytes:
        key = (event.choice, event.index)
        if isinstance(event, Open):
            part = event.part if self._own else bare(event.part)
            kept = self._kept[key] = _Kept(part)
            comes = isinstance(part, ToolCall | Reasoning)
            blank = isinstance(part, Text | Refusal) and not part.text and not part.extras
            return b"" if comes or blank else self._part(event.choice, kept)
        kept = self._kept[key]
        match event:
            case Delta():
                return self._delta(event, kept)
            case Sign():
                return self._sign(event, kept)
            case Cite():
                kept.citations.append(event.citation)
                return b""
            case Close():
                return self._close(event.choice, self._kept.pop(key))

    def _delta(self, event: Delta, kept: _Kept) -> bytes:
        part = kept.part
        text = event.text
        more: Extras = {}
        if event.logprobs is not None and (result := write_logprobs(event.logprobs)):
            more = {"logprobsResult": result}
        if isinstance(part, Reasoning) and event.passage is not None:
            kept.summary.setdefault(event.passage, []).append(text)
            text = ("\n\n" if event.passage and event.passage != kept.passage else "") + text
            kept.passage = event.passage
        else:
            kept.text.append(text)
        if isinstance(part, ToolCall) or not (text or more):
            return b""
        thought = {"thought": True} if isinstance(part, Reasoning) else {}
        return self._content(event.choice, kept, {"text": text} | thought, more)

    def _sign(self, event: Sign, kept: _Kept) -> bytes:
        """Tell a text's signature; that of a call or a thought waits for the whole."""
        part = kept.part
        if isinstance(part, Text):
            return self._content(event.choice, kept, {"text": "", "thoughtSignature": event.signature})
        if isinstance(part, Reasoning):
            signature, encrypted = part.signature + event.signature, event.encrypted or part.encrypted
            kept.part = msgspec.structs.replace(part, signature=signature, encrypted=encrypted)
        elif isinstance(part, ToolCall):
            kept.part = msgspec.structs.replace(part, signature=part.signature + event.signature)
        return b""

    def _close(self, choice: int, kept: _Kept) -> bytes:
        part = kept.part = kept.whole()
        match part:
            case ToolCall():
                return self._part(choice, kept)
            case Reasoning() if part.signature or part.encrypted or part.extras:
                written = write_part(part, own=self._own) or {}
                return self._content(choice, kept, written | {"text": ""})
            case Text() if kept.citations and kept.number is not None:
                self._cited.setdefault(choice, {})[kept.number] = part.text, kept.citations
        return b""

    def _part(self, choice: int, kept: _Kept) -> bytes:
        written = write_part(kept.part, own=self._own)
        return b"" if written is None else self._content(choice, kept, written)

    def _content(self, choice: int, kept: _Kept, part: Extras, more: Extras | None = None) -> bytes:
        if kept.number is None:
            kept.number = self._numbers.get(choice, 0)
            self._numbers[choice] = kept.number + 1
        content = {"content": {"parts": [part], "role": "model"}, "index": choice}
        return self._chunk({"candidates": [content | (more or {})]})

    def _last(self) -> bytes:
        candidates = [self._end_of(finished) for finished in self._finished]
        if self._own and "promptFeedback" in self._extras and not self._numbers:
            candidates = []  # there was nothing: the prompt was blocked
        usage = {} if self._usage is None else {"usageMetadata": write_usage(self._usage)}
        return self._chunk(({"candidates": candidates} if candidates else {}) | usage)

    def _end_of(self, finished: Finished) -> Extras:
        choice = finished.choice
        reason = (self._own and finished.native_finish) or write_finish(finished.finish)
        told: Extras = {
            "content": {"parts": [{"text": ""}], "role": "model"},
            "finishReason": reason,
            "index": choice,
        }
        if self._own:
            return overlay(told, finished.extras)
        cited: Any = self._cited.get(choice)
        return told | ({"groundingMetadata": write_citations(cited)} if cited else {})

    def _chunk(self, told: Extras) -> bytes:
        extras, self._extras = self._extras, {}
        json = msgspec.json.encode(overlay(told | self._head, extras))
        first, self._first = self._first, False
        return self._framing.chunk(json, first=first)
