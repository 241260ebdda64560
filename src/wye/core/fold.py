"""Put a stream of events together into the whole answer."""

from collections.abc import Iterable

import msgspec

from wye.core.answer import Answer, Choice
from wye.core.chat import Citation, Extras, Finish, Part, Reasoning, Refusal, Text, ToolCall
from wye.core.stream import Begin, Cite, Delta, Event, Fail, Finished, Open, Order, OrderError, Sign, Used
from wye.core.usage import Usage

_Key = tuple[int, int]
"""(choice, index)."""


class FailedError(Exception):
    """A stream ended with `Fail`."""


def fold(events: Iterable[Event]) -> Answer:
    """Return the answer that `events` tell.

    Raises `OrderError` for an illegal stream or one without an end, `FailedError` for one that failed.
    """
    folder = Folder()
    for event in events:
        folder.take(event)
    return folder.answer()


class Folder:
    """Folds event by event."""

    def __init__(self) -> None:
        self._order = Order()
        self._begin: Begin | None = None
        self._parts: dict[_Key, Part] = {}
        self._texts: dict[_Key, list[str]] = {}
        self._citations: dict[_Key, list[Citation]] = {}
        self._signs: dict[_Key, list[Sign]] = {}
        self._summaries: dict[_Key, dict[int, list[str]]] = {}
        self._finished: dict[int, Finished] = {}
        self._logprobs: dict[int, list[Extras]] = {}
        self._usage: Usage | None = None

    def take(self, event: Event) -> None:
        """Take the next event. Raises `OrderError` or `FailedError`."""
        self._order.see(event)
        match event:
            case Begin():
                self._begin = event
            case Fail():
                raise FailedError(event.message)
            case Finished():
                self._finished[event.choice] = event
            case Used():
                self._usage = event.usage
            case Open() | Delta() | Sign() | Cite():
                self._part(event)

    def answer(self) -> Answer:
        """Return the whole answer. Raises `OrderError` when it has not ended."""
        if self._order.state != "over" or self._begin is None:
            message = "the stream has no end"
            raise OrderError(message)
        parts = {key: _filled(part, "".join(self._texts[key])) for key, part in self._parts.items()}
        for key, signs in self._signs.items():
            parts[key] = _signed(parts[key], signs)
        for key, citations in self._citations.items():
            parts[key] = _cited(parts[key], citations)
        for key, passages in self._summaries.items():
            parts[key] = _summarized(parts[key], ["".join(passages[at]) for at in sorted(passages)])
        choices = sorted({0} | {choice for choice, _ in parts} | set(self._finished))
        return Answer(
            id=self._begin.id,
            model=self._begin.model,
            created=self._begin.created,
            protocol=self._begin.protocol,
            extras=self._begin.extras,
            usage=self._usage,
            choices=tuple(self._choice(number, parts) for number in choices),
        )

    def _part(self, event: Open | Delta | Sign | Cite) -> None:
        key = (event.choice, event.index)
        match event:
            case Open():
                self._parts[key] = event.part
                self._texts[key] = []
            case Delta():
                if event.passage is None:
                    self._texts[key].append(event.text)
                else:
                    passages = self._summaries.setdefault(key, {})
                    passages.setdefault(event.passage, []).append(event.text)
                if event.logprobs is not None:
                    self._logprobs.setdefault(event.choice, []).append(event.logprobs)
            case Sign():
                self._signs.setdefault(key, []).append(event)
            case Cite():
                self._citations.setdefault(key, []).append(event.citation)

    def _choice(self, number: int, parts: dict[_Key, Part]) -> Choice:
        finished = self._finished.get(number, Finished(finish=Finish.OTHER))
        logprobs = self._logprobs.get(number)
        return Choice(
            parts=tuple(parts[key] for key in sorted(parts) if key[0] == number),
            finish=finished.finish,
            stop_sequence=finished.stop_sequence,
            native_finish=finished.native_finish,
            logprobs=_joined(logprobs) if logprobs else None,
            extras=finished.extras,
        )


def _joined(pieces: list[Extras]) -> Extras:
    """Join the logprobs of many deltas: lists are concatenated."""
    joined: Extras = {}
    for piece in pieces:
        for name, value in piece.items():
            if isinstance(value, list):
                joined[name] = joined.get(name) or []
                joined[name] += value
            elif joined.get(name) is None:
                joined[name] = value
    return joined


def _filled(part: Part, text: str) -> Part:
    if not text:
        return part
    match part:
        case Text() | Refusal() | Reasoning():
            return msgspec.structs.replace(part, text=part.text + text)
        case ToolCall():
            return msgspec.structs.replace(part, arguments=part.arguments + text)
    message = f"a {type(part).__name__} does not come in pieces"
    raise OrderError(message)


def _summarized(part: Part, passages: list[str]) -> Part:
    if not isinstance(part, Reasoning):
        message = f"a {type(part).__name__} has no summary"
        raise OrderError(message)
    return msgspec.structs.replace(part, summary=(*part.summary, *passages))


def _signed(part: Part, signs: list[Sign]) -> Part:
    told = "".join(one.signature for one in signs)
    match part:
        case Reasoning():
            encrypted = next((one.encrypted for one in reversed(signs) if one.encrypted), part.encrypted)
            signature = part.signature + told
            return msgspec.structs.replace(part, signature=signature, encrypted=encrypted)
        case ToolCall() | Text():
            return msgspec.structs.replace(part, signature=part.signature + told)
    message = f"a {type(part).__name__} is not signed"
    raise OrderError(message)


def _cited(part: Part, citations: list[Citation]) -> Part:
    if not isinstance(part, Text):
        message = f"a {type(part).__name__} has no citations"
        raise OrderError(message)
    return msgspec.structs.replace(part, citations=(*part.citations, *citations))
