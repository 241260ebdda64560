"""OpenAI Chat Completions answers as canonical values, both ways.

Source: OpenAI API reference "The chat completion object".
"""

import operator
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec

from wye.core.answer import Answer, Choice
from wye.core.bare import bare
from wye.core.chat import Citation, Extras, Finish, Image, Part, Reasoning, Refusal, Text, ToolCall
from wye.core.usage import Usage
from wye.protocols.chat.parts import (
    read_annotations,
    read_calls,
    read_pictures,
    read_said,
    write_call,
    write_citation,
    write_part,
)
from wye.protocols.chat.thoughts import NAME, spoken, with_signatures, write_details
from wye.protocols.openai.usage import WireUsage, billed, to_usage
from wye.protocols.wire.fields import FieldError, Fields, overlay
from wye.protocols.wire.service import with_service

SPOKEN_FIELD = "reasoning_content"
"""Where clients of Chat look for thoughts: DeepSeek's name, which most of them know."""
_FINISHES = {
    "stop": Finish.STOP,
    "eos": Finish.STOP,
    "length": Finish.LENGTH,
    "model_length": Finish.LENGTH,
    "tool_calls": Finish.TOOL_CALLS,
    "function_call": Finish.TOOL_CALLS,
    "content_filter": Finish.CONTENT_FILTER,
}
"""`eos` is Together's, `model_length` Mistral's."""
_INDEX = operator.itemgetter(0)
_WORDS = {
    Finish.LENGTH: "length",
    Finish.TOOL_CALLS: "tool_calls",
    Finish.CONTENT_FILTER: "content_filter",
}


_Empty = Literal[""] | None
_NoneOf = Annotated[list[Any], msgspec.Meta(max_length=0)] | None


class _Message(msgspec.Struct):
    """A message that says one text: what else it might say is not there, or empty."""

    content: Annotated[str, msgspec.Meta(min_length=1)]
    refusal: _Empty = None
    reasoning: _Empty = None
    reasoning_content: _Empty = None
    reasoning_details: _NoneOf = None
    tool_calls: _NoneOf = None
    function_call: None = None
    annotations: _NoneOf = None
    images: _NoneOf = None


class _Choice(msgspec.Struct):
    message: _Message
    index: int | None = None
    finish_reason: str | None = None
    native_finish_reason: str | None = None
    stop_reason: int | None = None
    logprobs: None = None


class _Said(msgspec.Struct):
    """An answer of words alone, once, without what only Chat has a place for."""

    choices: Annotated[list[_Choice], msgspec.Meta(min_length=1, max_length=1)]
    id: str | None = None
    model: str | None = None
    created: int | None = None
    usage: WireUsage | None = None
    service_tier: Any = None


_SAID = msgspec.json.Decoder(_Said)


def read_words(body: bytes) -> Answer | None:
    """Read a whole answer of words alone, but for its `extras`; None = it is more, or none."""
    try:
        wire = _SAID.decode(body)
    except (ValueError, RecursionError):
        return None
    told = wire.choices[0]
    word = told.finish_reason or ""
    finish = _FINISHES.get(word, Finish.OTHER)
    parts = (Text(text=told.message.content),)
    native = told.native_finish_reason or ("" if finish_word(finish, parts) == word else word)
    return Answer(
        protocol=NAME,
        id=wire.id or "",
        model=wire.model or "",
        created=wire.created,
        usage=with_service(to_usage(wire.usage), wire.service_tier),
        choices=(Choice(parts=parts, finish=finish, native_finish=native),),
    )


def read(body: bytes) -> Answer:
    """Read a whole answer. Raises `ValueError` if it is none."""
    wire = Fields(decoded(body))
    if not wire.has("choices"):
        raise FieldError(wire.at("choices"), "is required")
    choices = [_choice(one) for one in wire.many("choices")]
    if not choices:
        raise FieldError(wire.at("choices"), "must hold at least one choice")
    wire.take("object")
    return Answer(
        protocol=NAME,
        id=wire.text("id"),
        model=wire.text("model"),
        created=wire.integer("created"),
        usage=with_service(read_usage(wire.take("usage")), wire.peek("service_tier")),
        choices=tuple(choice for _, choice in sorted(choices, key=_INDEX)),
        extras=wire.rest(),
    )


def decoded(data: bytes) -> object:
    """Decode JSON of an upstream. Raises `ValueError`, be it only nested too deeply."""
    try:
        return msgspec.json.decode(data)
    except RecursionError:
        message = "the upstream's JSON is nested too deeply"
        raise ValueError(message) from None


def read_usage(wire: object) -> Usage | None:
    """Read an answer's usage; None = none, or one that makes no sense."""
    try:
        return None if wire is None else to_usage(msgspec.convert(wire, WireUsage))
    except msgspec.ValidationError:
        return None


def _choice(one: Fields) -> tuple[int, Choice]:
    message = one.fields("message")
    if message is None:
        raise FieldError(one.at("message"), "is required")
    message.take("role")
    parts = read_said(message)
    others: list[Any] = []
    if message.rest():  # more than words
        citations, others = read_annotations(message)
        parts = _cited(parts, citations)
        parts += read_pictures(message)
        parts = with_signatures([*parts, *read_calls(message, "call_0")])
    word, stop = one.text("finish_reason"), one.take("stop_reason")
    native = one.text("native_finish_reason")
    finish = finish_of(word, parts, stop)
    extras = message.rest() | ({"annotations": others} if others else {})
    index, logprobs = one.integer("index") or 0, one.object("logprobs")
    choice = Choice(
        parts=tuple(parts),
        finish=finish,
        stop_sequence=stop if isinstance(stop, str) else "",
        native_finish=native or ("" if finish_word(finish, parts) == word else word),
        logprobs=logprobs,
        extras=one.rest() | ({"message": extras} if extras else {}),
    )
    return index, choice


def _cited(parts: list[Part], citations: tuple[Citation, ...]) -> list[Part]:
    """Give the text its citations."""
    if not citations:
        return parts
    at = next((at for at, part in enumerate(parts) if isinstance(part, Text)), None)
    if at is None:
        return [*parts, Text(text="", citations=citations)]
    return [*parts[:at], msgspec.structs.replace(parts[at], citations=citations), *parts[at + 1 :]]


def finish_of(word: str, parts: Sequence[Part], stop: object = None) -> Finish:
    """Return why a model stopped: `finish_reason`, made finer by what it said.

    Several upstreams say `stop` after a tool call, OpenAI itself where the call was forced; a refusal in
    words and vLLM's stop sequence (`stop_reason`) are a `stop` as well.
    """
    finish = _FINISHES.get(word, Finish.OTHER)
    if finish is not Finish.STOP:
        return finish
    said = set(map(type, parts))
    if ToolCall in said:
        return Finish.TOOL_CALLS
    if Refusal in said:
        return Finish.REFUSAL
    return Finish.STOP_SEQUENCE if isinstance(stop, str) and stop else Finish.STOP


def finish_word(finish: Finish, parts: Sequence[Part]) -> str:
    """Return the `finish_reason` for `finish`. A refusal without words of its own was a filter's."""
    if finish is Finish.REFUSAL and not any(isinstance(part, Refusal) for part in parts):
        return "content_filter"
    return _WORDS.get(finish, "stop")


def write(answer: Answer, now: int) -> Extras:
    """Return the answer as an object to be encoded. `now` (Unix seconds) is for answers without a date."""
    if answer.protocol != NAME:
        answer = bare(answer)
    body: Extras = {
        "id": answer.id,
        "object": "chat.completion",
        "created": now if answer.created is None else answer.created,
        "model": answer.model,
        "choices": [_write_choice(choice, at) for at, choice in enumerate(answer.choices)],
    }
    if answer.usage is not None:
        body["usage"] = write_usage(answer.usage)
    return overlay(body, answer.extras)


def _write_choice(choice: Choice, index: int) -> Extras:
    extras = dict(choice.extras)
    written: Extras = {
        "index": index,
        "message": overlay(_message(choice.parts), extras.pop("message", {})),
        "logprobs": choice.logprobs,
        "finish_reason": finish_word(choice.finish, choice.parts),
    }
    told = {"stop_reason": choice.stop_sequence, "native_finish_reason": choice.native_finish}
    written |= {name: value for name, value in told.items() if value}
    return overlay(written, extras)


def _message(parts: tuple[Part, ...]) -> Extras:
    texts = [part for part in parts if isinstance(part, Text)]
    thoughts = [part for part in parts if isinstance(part, Reasoning)]
    calls = [part for part in parts if isinstance(part, ToolCall)]
    refusals = "".join(part.text for part in parts if isinstance(part, Refusal))
    message: Extras = {
        "role": "assistant",
        "content": "".join(text.text for text in texts) if texts else None,
        "refusal": refusals or None,
    }
    if spoken(thoughts):
        message[SPOKEN_FIELD] = spoken(thoughts)
    details = write_details(thoughts)
    if details:
        message["reasoning_details"] = details
    pictures = [write_part(part) for part in parts if isinstance(part, Image)]
    if pictures:
        message["images"] = pictures
    cited = [citation for text in texts for citation in text.citations if citation.url]
    if cited:
        message["annotations"] = [write_citation(citation) for citation in cited]
    legacy = [call for call in calls if call.extras.get("kind") == "legacy"]
    if legacy:
        message["function_call"] = {"name": legacy[0].name, "arguments": legacy[0].arguments}
    elif calls:
        message["tool_calls"] = [write_call(call) for call in calls]
    return message


def write_usage(usage: Usage) -> Extras:
    """Write an answer's usage."""
    told = {"cache_write_tokens": usage.cache_write_tokens, "audio_tokens": usage.input_audio_tokens}
    spoken = {"audio_tokens": usage.output_audio_tokens} if usage.output_audio_tokens else {}
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cache_read_tokens}
        | {name: count for name, count in told.items() if count},
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning_tokens} | spoken,
        **billed(usage),
    }
