"""Whole answers of Anthropic Messages to and from an `Answer`.

Source: Anthropic API reference, "Messages", the `Message` object, and "Handling stop reasons".
What the message says beyond its known members (`container`, `stop_details`, the rest of `usage`) is in the
answer's `extras`.
"""

from typing import Any

import msgspec

from wye.core.answer import Answer, Choice
from wye.core.bare import bare
from wye.core.chat import Extras, Finish, Part, Reasoning, Refusal, Text, ToolCall
from wye.protocols.anthropic.parts import NAME, read_part, write_parts
from wye.protocols.anthropic.usage import read_usage, write_usage
from wye.protocols.seal import UNSIGNED, parted
from wye.protocols.wire.fields import Fields, overlay
from wye.protocols.words import said

_FINISHES = {
    "end_turn": Finish.STOP,
    "stop_sequence": Finish.STOP_SEQUENCE,
    "max_tokens": Finish.LENGTH,
    "tool_use": Finish.TOOL_CALLS,
    "pause_turn": Finish.PAUSE,
    "refusal": Finish.REFUSAL,
}
_REASONS = {finish: reason for reason, finish in _FINISHES.items()} | {
    Finish.CONTENT_FILTER: "refusal",
    Finish.OTHER: "end_turn",
}
_COARSER = {"model_context_window_exceeded": Finish.LENGTH}
_BODY = msgspec.json.Decoder(dict[str, Any])


def read_answer(body: bytes) -> Answer:
    """Decode an upstream's whole answer. Raises `ValueError` if it is none."""
    try:
        message = Fields(_BODY.decode(body))
    except RecursionError:
        problem = "the upstream's JSON is nested too deeply"
        raise ValueError(problem) from None
    if message.kind("content") is not list:
        message.refuse("content", "is required")
    parts = tuple(read_part(block) for block in message.many("content"))
    finish, native = read_finish(message.text("stop_reason"))
    stop_sequence = message.text("stop_sequence")
    choice = Choice(parts=parts, finish=finish, stop_sequence=stop_sequence, native_finish=native)
    usage = message.object("usage")
    counted, rest = (None, {}) if usage is None else read_usage(usage)
    return Answer(
        id=message.text("id"),
        model=message.text("model"),
        choices=(choice,),
        usage=counted,
        protocol=NAME,
        extras=extras_of(message, rest),
    )


def extras_of(message: Fields, usage: Extras) -> Extras:
    """Return what a message says beyond what is known; `usage` is the rest of its usage."""
    message.take("type")
    message.take("role")
    message.put_back("usage", usage)
    return message.rest()


def read_finish(reason: str) -> tuple[Finish, str]:
    """Return why the model stopped, and Anthropic's own word where that is finer."""
    finish = _FINISHES.get(reason)
    return (_COARSER.get(reason, Finish.OTHER), reason) if finish is None else (finish, "")


def write_finish(finish: Finish, *, called: bool, refused: bool) -> str:
    """Return the stop reason.

    Some upstreams call a tool and say they just stopped: an Anthropic client goes by the reason alone.
    """
    if finish is Finish.STOP and called:
        return "tool_use"
    if finish is Finish.STOP and refused:
        return "refusal"
    return _REASONS[finish]


def write_answer(answer: Answer) -> bytes:
    """Encode a whole answer for a client. Of several choices there is room for the first."""
    own, text = answer.protocol == NAME, said(answer)
    if not own and text is None:
        answer = bare(answer)
    choice = answer.choices[0]
    kinds = set(map(type, choice.parts))
    body = {
        "id": answer.id,
        "type": "message",
        "role": "assistant",
        "model": answer.model,
        "content": _content(choice.parts, own=own) if text is None else _text(text, own=own),
        "stop_reason": (own and choice.native_finish)
        or write_finish(
            choice.finish,
            called=ToolCall in kinds,
            refused=Refusal in kinds,
        ),
        "stop_sequence": choice.stop_sequence or None,
        "usage": write_usage(answer.usage),
    }
    return msgspec.json.encode(overlay(overlay(body, answer.extras), choice.extras))


def _text(text: str, *, own: bool) -> list[Extras]:
    return [{"type": "text", "text": text}] if own or text.strip() else []


def _content(parts: tuple[Part, ...], *, own: bool) -> list[Extras]:
    whole = [part for part in parted(parts) if own or not _blank(part)]
    return write_parts(whole if own else map(_marked, whole))


def _marked(part: Part) -> Part:
    if not isinstance(part, Reasoning) or part.signature or part.encrypted:
        return part
    return msgspec.structs.replace(part, signature=UNSIGNED, origin=NAME)


def _blank(part: Part) -> bool:
    """Tell whether a part says nothing: Anthropic would refuse its block in the next request."""
    match part:
        case Reasoning():
            return not (part.text or part.summary or part.signature or part.encrypted)
        case Text() | Refusal():
            return not part.text.strip()
    return False
