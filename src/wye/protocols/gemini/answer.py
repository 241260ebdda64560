"""Whole answers of Gemini to and from an `Answer`.

Source: Gemini API reference, "Generating content", `GenerateContentResponse`. What has a canonical place that
does not hold all of it (`usageMetadata`, `groundingMetadata`, `logprobsResult`, `createTime`) is in the
`extras` as well, as it came, and a Gemini client gets it back from there.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import msgspec

from wye.core.answer import Answer, Choice
from wye.core.bare import bare
from wye.core.chat import Extras, Finish, Part, Text, ToolCall
from wye.protocols.gemini.grounding import read_citations, write_citations
from wye.protocols.gemini.logprobs import read_logprobs, write_logprobs
from wye.protocols.gemini.parts import NAME, Calls, read_parts, write_part
from wye.protocols.gemini.usage import read_usage, write_usage
from wye.protocols.wire.fields import FieldError, Fields, overlay

_FINISHES = {"STOP": Finish.STOP, "MAX_TOKENS": Finish.LENGTH} | dict.fromkeys(
    (
        "SAFETY",
        "RECITATION",
        "BLOCKLIST",
        "PROHIBITED_CONTENT",
        "SPII",
        "IMAGE_SAFETY",
        "IMAGE_PROHIBITED_CONTENT",
        "IMAGE_RECITATION",
        "ESCALATION",
        "MODEL_ARMOR",
    ),
    Finish.CONTENT_FILTER,
)
"""Any other is `Finish.OTHER`."""
_REASONS = {
    Finish.LENGTH: "MAX_TOKENS",
    Finish.CONTENT_FILTER: "SAFETY",
    Finish.REFUSAL: "SAFETY",
    Finish.PAUSE: "OTHER",
    Finish.OTHER: "OTHER",
}
"""Any other is `STOP`: Gemini has no reason of its own for a stop sequence or a tool call."""
_BODY = msgspec.json.Decoder(dict[str, Any])


def read(body: bytes) -> Answer:
    """Read a whole answer. Raises `ValueError` if it is none."""
    wire = Fields(decoded(body))
    if not (wire.has("candidates") or wire.has("promptFeedback") or wire.has("usageMetadata")):
        raise FieldError(wire.at("candidates"), "is required")
    identity, model = wire.text("responseId"), wire.text("modelVersion")
    choices = [_choice(one, identity) for one in wire.many("candidates")]
    choices.sort(key=lambda one: one[0])
    return Answer(
        id=identity,
        model=model,
        created=read_time(wire.peek("createTime")),
        usage=read_usage(wire.peek("usageMetadata")),
        choices=tuple(choice for _, choice in choices) or (blocked(wire.peek("promptFeedback")),),
        protocol=NAME,
        extras=wire.rest(),
    )


def decoded(data: bytes) -> Extras:
    """Decode a JSON object of an upstream. Raises `ValueError`, be it only nested too deeply."""
    try:
        return _BODY.decode(data)
    except RecursionError:
        message = "the upstream's JSON is nested too deeply"
        raise ValueError(message) from None


def read_time(text: object) -> int | None:
    """Return a timestamp (RFC 3339) in Unix seconds; None = there is none."""
    if not isinstance(text, str):
        return None
    try:
        return int(dt.datetime.fromisoformat(text).timestamp())
    except (ValueError, OverflowError):
        return None


def blocked(feedback: object) -> Choice:
    """Return what stands for the candidates where there are none: the prompt was blocked, if it says so."""
    reason = feedback.get("blockReason") if isinstance(feedback, dict) else None
    if not isinstance(reason, str):
        return Choice(parts=(), finish=Finish.OTHER)
    return Choice(parts=(), finish=Finish.CONTENT_FILTER, native_finish=reason)


def _choice(one: Fields, identity: str) -> tuple[int, Choice]:
    index = one.integer("index") or 0
    content = one.fields("content") or Fields({}, one.at("content"))
    content.take("role")
    parts = read_parts(content, Calls(f"{identity} {index}"))
    word = one.text("finishReason")
    finish, native = read_finish(word, parts)
    result = one.peek("logprobsResult")
    logprobs = None if result is None else read_logprobs(Fields(result, one.at("logprobsResult")))
    cited = read_citations(one.rest(), parts)
    one.put_back("content", content.rest())
    choice = Choice(
        parts=tuple(
            msgspec.structs.replace(part, citations=cited[at]) if at in cited else part
            for at, part in enumerate(parts)
        ),
        finish=finish,
        native_finish=native,
        logprobs=logprobs,
        extras=one.rest(),
    )
    return index, choice


def read_finish(word: str, parts: Sequence[Part]) -> tuple[Finish, str]:
    """Return why the model stopped, and Gemini's own word where that is finer."""
    finish = _FINISHES.get(word, Finish.OTHER)
    if finish is Finish.STOP and any(isinstance(part, ToolCall) for part in parts):
        finish = Finish.TOOL_CALLS
    return finish, "" if write_finish(finish) == word else word


def write_finish(finish: Finish) -> str:
    """Return Gemini's word."""
    return _REASONS.get(finish, "STOP")


def write(answer: Answer) -> Extras:
    """Return the answer as an object to be encoded."""
    own = answer.protocol == NAME
    if not own:
        answer = bare(answer)
    body: Extras = {}
    nothing = own and answer.choices == (blocked(answer.extras.get("promptFeedback")),)
    if not nothing:
        body["candidates"] = [_write_choice(choice, at, own=own) for at, choice in enumerate(answer.choices)]
    if answer.usage is not None:
        body["usageMetadata"] = write_usage(answer.usage)
    body |= {"modelVersion": answer.model, "responseId": answer.id}
    return overlay(body, answer.extras)


def _write_choice(choice: Choice, index: int, *, own: bool) -> Extras:
    told = [(part, one) for part in choice.parts if (one := write_part(part, own=own)) is not None]
    written: Extras = {
        "content": {"parts": [one for _, one in told], "role": "model"},
        "finishReason": (own and choice.native_finish) or write_finish(choice.finish),
        "index": index,
    }
    if not own:
        written |= beside([part for part, _ in told], choice.logprobs)
    return overlay(written, choice.extras)


def beside(parts: Sequence[Part], logprobs: Extras | None) -> Extras:
    """Return what stands beside the content of a candidate that another protocol answered."""
    cited = {
        at: (part.text, part.citations)
        for at, part in enumerate(parts)
        if isinstance(part, Text) and part.citations
    }
    told = {
        "groundingMetadata": write_citations(cited),
        "logprobsResult": {} if logprobs is None else write_logprobs(logprobs),
    }
    return {name: value for name, value in told.items() if value}
