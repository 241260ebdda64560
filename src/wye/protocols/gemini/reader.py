"""A Gemini upstream's stream, as events.

Source: Gemini API reference, "streamGenerateContent": every chunk is a whole `GenerateContentResponse` with
what is new. Text and thoughts go on from chunk to chunk, a function call comes whole.
"""

import msgspec

from wye.core.chat import Extras, Part, Reasoning, Text, ToolCall
from wye.core.stream import Begin, Cite, Close, Delta, End, Event, Fail, Finished, Open, Sign, Used
from wye.core.usage import Usage
from wye.protocols.gemini.answer import blocked, decoded, read_finish, read_time
from wye.protocols.gemini.framing import EVENTS
from wye.protocols.gemini.grounding import read_citations
from wye.protocols.gemini.logprobs import read_logprobs
from wye.protocols.gemini.parts import NAME, Calls, read_parts
from wye.protocols.gemini.usage import WireUsage, to_usage
from wye.protocols.wire.fields import FieldError, Fields
from wye.protocols.wire.merging import merge
from wye.protocols.wire.relay import UNFINISHED


class GeminiReader:
    """Reads one stream. After its end, or its failure, it returns nothing more."""

    def __init__(self) -> None:
        self._cutter = EVENTS.cutter()
        self._candidates: dict[int, _Candidate] = {}
        self._wire: WireUsage | None = None
        self._usage: Usage | None = None
        self._identity = ""
        self._feedback: object = None
        self._begun = self._over = False

    def feed(self, chunk: bytes) -> list[Event]:
        """Take bytes, cut anywhere; return the events that are now whole.

        Raises `ValueError` for an event beyond the size limit.
        """
        return self._take(self._cutter.feed(chunk))

    def finish(self) -> list[Event]:
        """The upstream's bytes ended: return the last events."""
        events = self._take(self._cutter.rest())
        if self._over:
            return events
        if not self._candidates and (nothing := blocked(self._feedback)).native_finish:
            events.append(Finished(finish=nothing.finish, native_finish=nothing.native_finish))
        elif not self._candidates or any(not one.word for one in self._candidates.values()):
            return [*events, *self._fail(UNFINISHED)]
        try:
            for candidate in self._candidates.values():
                candidate.end(events)
        except FieldError as error:
            return [*events, *self._fail(f"the upstream sent an answer that makes no sense: {error}")]
        self._over = True
        return [*events, End()]

    def _take(self, whole: bytes) -> list[Event]:
        events: list[Event] = []
        for _, data in EVENTS.pieces(whole) if whole else ():
            if data and not self._over:
                events += self._read(data)
        return events

    def _read(self, data: bytes) -> list[Event]:
        try:
            wire = Fields(decoded(data.strip(b"[]") if data.startswith(b"[") else data))
            error = wire.fields("error")
            return self._chunk(wire) if error is None else self._failed(error)
        except ValueError as error:
            return self._fail(f"the upstream sent a chunk that makes no sense: {error}")

    def _chunk(self, wire: Fields) -> list[Event]:
        events: list[Event] = []
        counts = wire.take("usageMetadata")
        candidates = wire.many("candidates")
        feedback = wire.peek("promptFeedback")
        self._feedback = self._feedback if feedback is None else feedback
        if not self._begun:
            events.append(self._begin(wire))
        events += self._count(counts)  # ahead of the content: some protocols tell the input's first
        for one in candidates:
            index = one.integer("index") or 0
            candidate = self._candidates.get(index)
            if candidate is None:
                candidate = self._candidates[index] = _Candidate(index, f"{self._identity} {index}")
            candidate.take(one, events)
        return events

    def _begin(self, wire: Fields) -> Begin:
        self._begun = True
        self._identity = wire.text("responseId")
        return Begin(
            id=self._identity,
            model=wire.text("modelVersion"),
            created=read_time(wire.peek("createTime")),
            protocol=NAME,
            extras=wire.rest(),
        )

    def _count(self, counts: object) -> list[Event]:
        try:
            told = msgspec.convert(counts, WireUsage | None)
        except msgspec.ValidationError:
            return []
        if told is None:
            return []
        self._wire = merge(self._wire, told)
        usage = to_usage(self._wire)
        if usage is None or usage == self._usage:
            return []
        self._usage = usage
        return [Used(usage=usage)]

    def _failed(self, error: Fields) -> list[Event]:
        message, status = error.take("message"), error.take("status")
        return self._fail(str(message or "the upstream failed"), str(status or ""))

    def _fail(self, message: str, kind: str = "") -> list[Event]:
        self._over = True
        return [Fail(message=message, kind=kind)]


class _Candidate:
    """One candidate of a stream: what of it is open, and what is told of it at the end."""

    def __init__(self, number: int, seed: str) -> None:
        self._number = number
        self._calls = Calls(seed)
        self._called: list[Part] = []
        self._next = 0
        self._open: Text | Reasoning | None = None
        """The part under way, without its text."""
        self._said: list[str] = []
        """What it says so far."""
        self._extras: Extras = {}
        self.word = ""

    def take(self, one: Fields, events: list[Event]) -> None:
        """Take this candidate's share of a chunk."""
        content = one.fields("content") or Fields({}, one.at("content"))
        content.take("role")
        result = one.fields("logprobsResult")
        before = len(events)
        for part in read_parts(content, self._calls):
            if isinstance(part, Text | Reasoning):
                self._say(part, events)
            else:
                self._whole(part, events)
        if result is not None:
            self._logprobs(read_logprobs(result), before, events)
        self.word = one.text("finishReason") or self.word
        one.put_back("content", content.rest())
        one.take("index")
        self._extras |= one.rest()

    def end(self, events: list[Event]) -> None:
        """Close what is open and finish."""
        if isinstance(self._open, Text):
            text = Text(text="".join(self._said))
            cited = read_citations(self._extras, [text]).get(0, ())
            events += [Cite(index=self._next - 1, citation=one, choice=self._number) for one in cited]
        self._settle(events)
        finish, native = read_finish(self.word, self._called)
        events.append(Finished(finish=finish, native_finish=native, choice=self._number, extras=self._extras))

    def _say(self, part: Text | Reasoning, events: list[Event]) -> None:
        """Open a part or go on with the one that is open. Each has one signature at most."""
        if not (part.text or part.signature or part.extras):
            return
        known = msgspec.structs.replace(part, text="")
        signature = known.signature
        if isinstance(known, Text):
            known = msgspec.structs.replace(known, signature="")
        signed = isinstance(self._open, Text) and bool(signature and self._open.signature)
        if self._open is None or signed or not _goes_on(self._open, known):
            self._settle(events)
            self._begin(known, events)
            self._open, self._said = known, []
        index = self._next - 1
        if part.text:
            self._said.append(part.text)
            events.append(Delta(index=index, text=part.text, choice=self._number))
        if signature and isinstance(self._open, Text):
            self._open = msgspec.structs.replace(self._open, signature=signature)
            events.append(Sign(index=index, signature=signature, choice=self._number))

    def _whole(self, part: Part, events: list[Event]) -> None:
        self._settle(events)
        if isinstance(part, ToolCall):
            self._called = [part]
            self._begin(msgspec.structs.replace(part, arguments=""), events)
            events.append(Delta(index=self._next - 1, text=part.arguments, choice=self._number))
        else:
            self._begin(part, events)
        events.append(Close(index=self._next - 1, choice=self._number))

    def _begin(self, part: Part, events: list[Event]) -> None:
        events.append(Open(index=self._next, part=part, choice=self._number))
        self._next += 1

    def _settle(self, events: list[Event]) -> None:
        if self._open is not None:
            events.append(Close(index=self._next - 1, choice=self._number))
            self._open = None

    def _logprobs(self, logprobs: Extras, before: int, events: list[Event]) -> None:
        """Put logprobs beside the text that came with them."""
        for at in range(before, len(events)):
            event = events[at]
            if isinstance(event, Delta) and event.choice == self._number:
                events[at] = msgspec.structs.replace(event, logprobs=logprobs)
                return
        if self._open is not None:
            index = self._next - 1
            events.append(Delta(index=index, text="", choice=self._number, logprobs=logprobs))


def _goes_on(there: Text | Reasoning, new: Text | Reasoning) -> bool:
    """Tell whether `new`, without its text, is more of what is open."""
    if isinstance(there, Text):
        return isinstance(new, Text) and msgspec.structs.replace(there, signature="") == new
    return there == new and not new.signature
