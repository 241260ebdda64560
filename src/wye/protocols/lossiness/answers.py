"""The contract for answers, as a table: what of an upstream's a client of another protocol is not told.

The answer is served all the same, and what was left out is named: in `x-wye-lost` and the record where it
came whole, in the record alone where it was streamed, whose headers are out by then. docs/lossiness.md is
generated from the table.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import msgspec

from wye.core.answer import Answer
from wye.core.chat import Audio, Document, Image, Opaque, Part, Reasoning, Text
from wye.core.stream import Cite, Delta, Event, Finished, Open, Sign
from wye.protocols.lossiness.table import CHAT, COMPLETIONS, GEMINI, MESSAGES, OLLAMA, RESPONSES
from wye.protocols.words import said

OF_ANSWERS = "answer."
"""How the names begin."""


class Kept(msgspec.Struct, frozen=True):
    """One thing that an answer may hold. A protocol that is not in `into` tells it."""

    name: str
    """As `x-wye-lost` says it."""
    what: str
    into: Mapping[str, str]
    """The client's protocol -> what happens instead, for people."""


def _left_out(*protocols: str) -> dict[str, str]:
    return dict.fromkeys(protocols, "left out")


_ALL = (CHAT, RESPONSES, MESSAGES, GEMINI, COMPLETIONS, OLLAMA)

ANSWERS: tuple[Kept, ...] = (
    Kept(
        "answer.opaque",
        "calls and results of tools that the upstream runs itself, and what else one protocol alone has",
        _left_out(*_ALL),
    ),
    Kept("answer.image", "a picture", _left_out(COMPLETIONS)),
    Kept("answer.audio", "sound", _left_out(CHAT, RESPONSES, MESSAGES, COMPLETIONS, OLLAMA)),
    Kept("answer.document", "a document", _left_out(CHAT, RESPONSES, COMPLETIONS, OLLAMA)),
    Kept("answer.reasoning", "thoughts", _left_out(COMPLETIONS)),
    Kept(
        "answer.signed_reasoning",
        "what signs or encrypts thoughts, to be given back",
        _left_out(COMPLETIONS, OLLAMA),
    ),
    Kept("answer.citations", "a citation of the web", _left_out(COMPLETIONS, OLLAMA)),
    Kept(
        "answer.document_citations",
        "a citation of a document of the request",
        _left_out(CHAT, RESPONSES, COMPLETIONS, OLLAMA),
    ),
    Kept("answer.logprobs", "`logprobs`", _left_out(MESSAGES, COMPLETIONS)),
    Kept(
        "answer.stop_sequence",
        "which stop sequence ended it",
        _left_out(RESPONSES, GEMINI, COMPLETIONS, OLLAMA),
    ),
    Kept(
        "answer.native_finish",
        "the upstream's own word for why it ended, where the client's is coarser",
        dict.fromkeys((RESPONSES, MESSAGES, GEMINI, COMPLETIONS, OLLAMA), "told by the coarser word"),
    ),
)
LOST: Mapping[str, frozenset[str]] = {
    protocol: frozenset(row.name for row in ANSWERS if protocol in row.into) for protocol in _ALL
}
"""The client's protocol -> names of what it is not told."""


def answer_losses(answer: Answer, client: str) -> tuple[str, ...]:
    """Return the names of what a client of the protocol `client` is not told of `answer`."""
    if answer.protocol == client or _is_plain(answer):
        return ()
    lost = LOST[client]
    return tuple(name for name in dict.fromkeys(_of_answer(answer)) if name in lost)


def _is_plain(answer: Answer) -> bool:
    """Tell whether there is nothing in an answer that some protocol has no place for."""
    if said(answer) is None:
        return False
    choice = answer.choices[0]
    return choice.logprobs is None and not (choice.stop_sequence or choice.native_finish)


class Noticing:
    """The same of a stream. `found` holds the names, in the order in which they came up."""

    __slots__ = ("_lost", "found")

    def __init__(self, client: str, found: dict[str, None]) -> None:
        self._lost = LOST[client]
        self.found = found

    def see(self, event: Event) -> None:
        """Note what is not told of `event`, which tells of an upstream of another protocol."""
        look = _LOOKS.get(type(event))
        if look is None:
            return
        for name in look(event):
            if name in self._lost:
                self.found[name] = None


def _of_answer(answer: Answer) -> Iterator[str]:
    for choice in answer.choices:
        for part in choice.parts:
            yield from _of_part(part)
        if choice.logprobs is not None:
            yield "answer.logprobs"
        if choice.stop_sequence:
            yield "answer.stop_sequence"
        if choice.native_finish:
            yield "answer.native_finish"


def _of_part(part: Part) -> Iterator[str]:
    kind = _KINDS.get(type(part))
    if kind is not None:
        yield kind
    if isinstance(part, Reasoning) and (part.signature or part.encrypted):
        yield "answer.signed_reasoning"
    if isinstance(part, Text):
        if part.signature:
            yield "answer.signed_reasoning"
        for citation in part.citations:
            yield "answer.citations" if citation.url else "answer.document_citations"


_KINDS: Mapping[type, str] = {
    Opaque: "answer.opaque",
    Image: "answer.image",
    Audio: "answer.audio",
    Document: "answer.document",
    Reasoning: "answer.reasoning",
}


def _of_cite(event: Cite) -> Iterator[str]:
    yield "answer.citations" if event.citation.url else "answer.document_citations"


def _of_finished(event: Finished) -> Iterator[str]:
    if event.stop_sequence:
        yield "answer.stop_sequence"
    if event.native_finish:
        yield "answer.native_finish"


def _of_delta(event: Delta) -> tuple[str, ...]:
    return () if event.logprobs is None else ("answer.logprobs",)


_LOOKS: Mapping[type, Callable[[Any], Iterable[str]]] = {
    Open: lambda event: _of_part(event.part),
    Cite: _of_cite,
    Delta: _of_delta,
    Finished: _of_finished,
    Sign: lambda _event: ("answer.signed_reasoning",),
}
