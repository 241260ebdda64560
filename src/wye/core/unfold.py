"""Take a whole answer apart into the stream of events that tells it: `fold.fold` puts it together again."""

from collections.abc import Iterator

import msgspec

from wye.core.answer import Answer, Choice
from wye.core.chat import Extras, Part, Reasoning, Refusal, Text, ToolCall
from wye.core.stream import Begin, Cite, Close, Delta, End, Event, Finished, Open, Sign, Used


def unfold(answer: Answer) -> Iterator[Event]:
    """Yield the events that tell `answer`, choice by choice.

    Logprobs come with a choice's first text, refusal or call: one that has none of them cannot tell them.
    """
    yield Begin(
        id=answer.id,
        model=answer.model,
        created=answer.created,
        protocol=answer.protocol,
        extras=answer.extras,
    )
    if answer.usage is not None:
        yield Used(usage=answer.usage)
    for number, choice in enumerate(answer.choices):
        yield from _choice(number, choice)
    yield End()


def _choice(number: int, choice: Choice) -> Iterator[Event]:
    logprobs = choice.logprobs
    for index, part in enumerate(choice.parts):
        yield from _part(number, index, part, logprobs)
        if isinstance(part, Text | Refusal | ToolCall):
            logprobs = None
        yield Close(index=index, choice=number)
    yield Finished(
        finish=choice.finish,
        stop_sequence=choice.stop_sequence,
        native_finish=choice.native_finish,
        choice=number,
        extras=choice.extras,
    )


def _part(choice: int, index: int, part: Part, logprobs: Extras | None) -> Iterator[Event]:
    bare, text = part, ""
    match part:
        case Text():
            bare, text = msgspec.structs.replace(part, text="", citations=(), signature=""), part.text
        case Refusal():
            bare, text = msgspec.structs.replace(part, text=""), part.text
        case ToolCall():
            bare, text = msgspec.structs.replace(part, arguments=""), part.arguments
        case Reasoning():
            bare = msgspec.structs.replace(part, text="", summary=(), signature="", encrypted="")
    yield Open(index=index, part=bare, choice=choice)
    if isinstance(part, Reasoning):
        yield from _thought(choice, index, part)
    elif text or (logprobs is not None and isinstance(part, Text | Refusal | ToolCall)):
        yield Delta(index=index, text=text, choice=choice, logprobs=logprobs)
    if isinstance(part, Text):
        for citation in part.citations:
            yield Cite(index=index, citation=citation, choice=choice)
        if part.signature:
            yield Sign(index=index, signature=part.signature, choice=choice)


def _thought(choice: int, index: int, part: Reasoning) -> Iterator[Event]:
    for passage, text in enumerate(part.summary):
        yield Delta(index=index, text=text, choice=choice, passage=passage)
    if part.text:
        yield Delta(index=index, text=part.text, choice=choice)
    if part.signature or part.encrypted:
        yield Sign(index=index, signature=part.signature, encrypted=part.encrypted, choice=choice)
