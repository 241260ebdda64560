"""Thoughts in an OpenAI Chat message, both ways.

OpenAI's own Chat does not show them. Sources: DeepSeek (`reasoning_content`), vLLM, Groq and OpenRouter
(`reasoning`, `reasoning_details`).
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from wye.core.chat import Extras, Part, Reasoning, ToolCall
from wye.protocols.wire.fields import Fields

NAME = "openai_chat"
ORIGINS = {
    "anthropic-claude-v1": "anthropic_messages",
    "openai-responses-v1": "openai_responses",
    "google-gemini-v1": "gemini",
}
"""`format` of a `reasoning_details` entry -> the protocol whose signature it holds."""
_FORMATS = {origin: name for name, origin in ORIGINS.items()}


def read_reasoning(message: Fields) -> list[Reasoning]:
    """Take the thoughts of an assistant message, in whichever of its spellings they come."""
    plain = message.text("reasoning_content")
    plain = message.text("reasoning") or plain
    details = [(one.peek("index"), _detail(one)) for one in message.many("reasoning_details")]
    if details:
        return _whole(details)  # `reasoning` says the same without the signatures
    return [Reasoning(text=plain)] if plain else []


def _detail(fields: Fields) -> Reasoning:
    kind, form = fields.text("type"), _once(fields.text("format"))
    fields.take("index")
    summary = fields.text("summary")
    kept = (
        {"type": kind} if kind not in ("reasoning.text", "reasoning.encrypted", "reasoning.summary") else {}
    )
    return Reasoning(
        text=fields.text("text"),
        summary=(summary,) if summary else (),
        signature=fields.text("signature"),
        encrypted=fields.text("data"),
        id=fields.text("id"),
        origin=ORIGINS.get(form, form or NAME),
        extras=kept | fields.rest(),
    )


def _once(form: str) -> str:
    """Undo what OpenAI's SDK does to a stream: it strings together the `format` of one thought's pieces."""
    return next((known for known in ORIGINS if form and not form.replace(known, "")), form)


def _whole(details: list[tuple[Any, Reasoning]]) -> list[Reasoning]:
    """Put together the entries that tell one thought: neighbours with the same index and origin.

    OpenRouter tells what can be read and what is encrypted apart, and a client that gathered a stream returns
    the pieces as they came.
    """
    thoughts: list[Reasoning] = []
    last: object = None
    for index, one in details:
        before = thoughts[-1] if thoughts and index is not None and index == last else None
        if before is not None and _belong(before, one):
            thoughts[-1] = msgspec.structs.replace(
                before,
                text=before.text + one.text,
                summary=("".join((*before.summary, *one.summary)),) if before.summary or one.summary else (),
                signature=before.signature or one.signature,
                encrypted=before.encrypted or one.encrypted,
                id=before.id or one.id,
                extras=before.extras | one.extras,
            )
        else:
            thoughts.append(one)
        last = index
    return thoughts


def _belong(before: Reasoning, one: Reasoning) -> bool:
    both_signed = (before.signature and one.signature) or (before.encrypted and one.encrypted)
    foreign = "type" in before.extras or "type" in one.extras
    return before.origin == one.origin and not both_signed and not foreign


def with_signatures(parts: list[Part]) -> list[Part]:
    """Give calls the signatures that OpenRouter puts beside them: encrypted thoughts with the call's id."""
    called = {part.id for part in parts if isinstance(part, ToolCall) and not part.signature}
    behind = {
        part.id: part.encrypted
        for part in parts
        if isinstance(part, Reasoning) and part.encrypted and part.origin == "gemini" and part.id in called
    }
    if not behind:
        return parts
    signed: list[Part] = []
    for part in parts:
        if isinstance(part, ToolCall) and part.id in behind:
            signed.append(msgspec.structs.replace(part, signature=behind[part.id]))
        elif not (isinstance(part, Reasoning) and part.id in behind):
            signed.append(part)
    return signed


def of_calls(calls: Iterable[ToolCall]) -> list[Reasoning]:
    """Return the signatures of calls as the thoughts that `with_signatures` takes."""
    return [
        Reasoning(encrypted=call.signature, id=call.id, origin="gemini") for call in calls if call.signature
    ]


def spoken(thoughts: Iterable[Reasoning]) -> str:
    """Return what can be read of thoughts."""
    return "".join(one.text or "\n\n".join(one.summary) for one in thoughts)


def write_details(thoughts: Sequence[Reasoning]) -> list[Extras]:
    """Write `reasoning_details`; empty where none of the thoughts has more than words."""
    if not any(one.signature or one.encrypted or one.id or form_of(one.origin) for one in thoughts):
        return []
    return [detail for at, one in enumerate(thoughts) for detail in write_detail(one, at)]


def write_detail(thought: Reasoning, index: int) -> Iterator[Extras]:
    """Yield the entries of `reasoning_details` for one thought: what can be read, and what is encrypted."""
    told: list[Extras] = []
    if thought.summary:
        told.append({"type": "reasoning.summary", "summary": "\n\n".join(thought.summary)})
    if thought.text or thought.signature or not (thought.summary or thought.encrypted):
        told.append({"type": "reasoning.text", "text": thought.text})
        if thought.signature:
            told[-1]["signature"] = thought.signature
    if thought.encrypted:
        told.append({"type": "reasoning.encrypted", "data": thought.encrypted})
    if thought.id:
        told[-1]["id"] = thought.id
    form = form_of(thought.origin)
    for one in told:
        yield one | ({"format": form} if form else {}) | {"index": index} | thought.extras


def form_of(origin: str) -> str:
    """Return the `format` that names `origin`; empty = Chat itself."""
    return "" if origin == NAME else _FORMATS.get(origin, origin)
