"""OpenAI Responses answers as canonical values, both ways.

Source: OpenAI API reference "The response object". Whatever else the object says is in the answer's `extras`.
"""

from collections.abc import Callable, Iterator, Sequence

from wye.core.answer import Answer, Choice
from wye.core.bare import bare
from wye.core.chat import Extras, Finish, Image, Opaque, Part, Reasoning, Refusal, Source, Text, ToolCall
from wye.core.stream import Begin, Finished
from wye.core.usage import Usage
from wye.protocols.chat.answer import decoded
from wye.protocols.responses.items import (
    CALLS,
    kind_of,
    read_call,
    read_opaque,
    read_reasoning,
    write_call,
    write_thought,
)
from wye.protocols.responses.parts import ITEM, NAME, grouped, identity_of, read_part, write_said
from wye.protocols.responses.usage import read_usage, write_usage
from wye.protocols.seal import parted
from wye.protocols.wire.fields import FieldError, Fields
from wye.protocols.wire.service import with_service
from wye.protocols.words import said

_REASONS = {"max_output_tokens": Finish.LENGTH, "content_filter": Finish.CONTENT_FILTER}
_STATUSES = ("queued", "in_progress", "cancelled")
"""Other than completed, incomplete and failed: of a response that is made in the background."""
_DETAILS = {finish: reason for reason, finish in _REASONS.items()}
_ECHO: Extras = {
    "background": False,
    "error": None,
    "incomplete_details": None,
    "instructions": None,
    "max_output_tokens": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "reasoning": {"effort": None, "summary": None},
    "service_tier": "default",
    "store": False,
    "temperature": None,
    "text": {"format": {"type": "text"}},
    "tool_choice": "auto",
    "tools": [],
    "top_p": None,
    "truncation": "disabled",
    "user": None,
}
"""What a response says of the request that it answers, where nothing is known of that."""


def read(body: bytes) -> Answer:
    """Read a whole answer. Raises `ValueError` if it is none, or one that failed."""
    wire = Fields(decoded(body))
    if wire.kind("output") is not list:
        raise FieldError(wire.at("output"), "is required")
    if wire.peek("status") == "failed":
        raise ValueError(failure(wire)[0])
    parts: list[Part] = []
    logprobs: list[object] = []
    for item in wire.many("output"):
        parts += read_item(item, logprobs)
    finish, native = read_finish(wire, parts)
    usage = wire.take("usage")
    return Answer(
        protocol=NAME,
        id=wire.text("id"),
        model=wire.text("model"),
        created=read_created(wire),
        usage=with_service(read_usage(usage), wire.peek("service_tier")),
        choices=(
            Choice(
                parts=tuple(parts),
                finish=finish,
                native_finish=native,
                logprobs={"content": logprobs} if logprobs else None,
            ),
        ),
        extras=extras_of(wire),
    )


def failure(response: Fields) -> tuple[str, str]:
    """Return what a response that failed says, in words and as a code."""
    error = response.take("error")
    told = error if isinstance(error, dict) else {}
    return str(told.get("message") or "the upstream failed"), str(told.get("code") or "server_error")


def read_created(response: Fields) -> int | None:
    """Take the date. It is an integer, whatever its type says."""
    created = response.number("created_at")
    return None if created is None else int(created)


def extras_of(response: Fields) -> Extras:
    """Return what a response says beyond its output."""
    for known in ("object", "status", "output", "usage", "error", "incomplete_details", "completed_at"):
        response.take(known)
    return response.rest()


def read_item(item: Fields, logprobs: list[object]) -> list[Part]:
    """Read one item of the output; what it tells of the tokens' probabilities is added to `logprobs`."""
    kind = kind_of(item)
    if kind == "reasoning":
        return [read_reasoning(item)]
    if kind in CALLS:
        return [read_call(item)]
    if kind != "message":
        return [read_opaque(item)]
    identity = read_message(item)
    parts: list[Part] = []
    for one in item.many("content"):
        told = one.peek("logprobs")
        logprobs += told if isinstance(told, list) else []
        if one.peek("type") == "output_text":
            one.take("logprobs")
        parts.append(mark(read_part(one), identity) if not parts else read_part(one))
    return parts


def read_message(item: Fields) -> Extras:
    """Take what a message says of itself."""
    for known in ("type", "role", "status"):
        item.take(known)
    content = item.take("content")
    identity = dict(item.rest())
    item.put_back("content", content)
    return identity


def mark(part: Part, identity: Extras) -> Part:
    """Note in the first part of a message that one begins there."""
    if isinstance(part, Text):
        return Text(text=part.text, citations=part.citations, extras=part.extras | {ITEM: identity})
    if isinstance(part, Refusal):
        return Refusal(text=part.text, extras=part.extras | {ITEM: identity})
    return part


def read_finish(response: Fields, parts: Sequence[Part]) -> tuple[Finish, str]:
    """Return why a model stopped, and the upstream's own word where that is finer."""
    status = response.text("status")
    if status in ("completed", "complete", ""):
        if any(isinstance(part, ToolCall) for part in parts):
            return Finish.TOOL_CALLS, ""
        if any(isinstance(part, Refusal) for part in parts):
            return Finish.REFUSAL, ""
        return Finish.STOP, ""
    details = response.fields("incomplete_details")
    reason = details.text("reason") if details else ""
    finish = _REASONS.get(reason, Finish.OTHER)
    return finish, "" if finish is not Finish.OTHER else reason or status


def write(answer: Answer, echo: Extras, mint: Callable[[str], str], now: int) -> Extras:
    """Return the answer as an object to be encoded. Of several choices there is room for the first.

    `echo`: what is known of the request that it answers. `mint`: makes an id that begins as told.
    """
    text = said(answer)
    if answer.protocol != NAME and text is None:
        answer = bare(answer)
    choice = answer.choices[0]
    begun = begin(answer, echo, mint, now)
    output = list(write_items(choice.parts, mint)) if text is None else [_spoken(text, mint)]
    for item in output if choice.logprobs is not None else ():
        content = item["content"] if item.get("type") == "message" else ()
        texts = [one for one in content if one.get("type") == "output_text"]
        if texts:
            texts[0]["logprobs"] = write_logprobs(choice.logprobs)
            break
    finished = Finished(finish=choice.finish, native_finish=choice.native_finish)
    return ended(begun, finished, output, answer.usage, now)


def begin(answer: Answer | Begin, echo: Extras, mint: Callable[[str], str], now: int) -> Extras:
    """Return what a response says from its beginning on."""
    own = answer.protocol == NAME
    told: Extras = {
        "id": answer.id if own else mint("resp_"),
        "object": "response",
        "created_at": now if answer.created is None else answer.created,
        "status": "in_progress",
        "model": answer.model,
        "output": [],
        "usage": None,
    }
    begun = _ECHO | told
    begun |= echo  # in place: there are many members
    if own:
        begun |= answer.extras
    return begun


def ended(begun: Extras, finished: Finished, output: list[Extras], usage: Usage | None, now: int) -> Extras:
    """Return the whole of a response that has begun."""
    status, reason = status_of(finished, output)
    if status == "incomplete" and output and "status" in output[-1]:
        output[-1]["status"] = status
    told: Extras = {
        "status": status,
        "output": output,
        "usage": None if usage is None else write_usage(usage),
    }
    if reason:
        told["incomplete_details"] = {"reason": reason}
    if status == "completed":
        told["completed_at"] = now
    return begun | told


def status_of(finished: Finished, output: list[Extras]) -> tuple[str, str]:
    """Return the status of a response and, of one that is not complete, why."""
    finish, native = finished.finish, finished.native_finish
    if finish is Finish.REFUSAL and not any(
        one["type"] == "refusal" for item in output for one in item.get("content", ())
    ):
        finish = Finish.CONTENT_FILTER  # no words of its own: a filter's
    if finish in _DETAILS:
        return "incomplete", _DETAILS[finish]
    if native in _STATUSES:
        return native, ""
    return "completed", ""


def write_items(parts: Sequence[Part], mint: Callable[[str], str]) -> Iterator[Extras]:
    """Write what a model said and did as items. What there are no words for is left out."""
    for group in grouped(parted(parts)):
        match group[0]:
            case Reasoning() as thought:
                if thought.origin == NAME or not is_blank(thought):
                    yield write_thought(thought, mint("rs_"))
            case ToolCall() as call:
                yield write_call(call, call_identity(call, mint))
            case Opaque(protocol="openai_responses", value=value, within=False):
                yield value
            case Image(source=Source(kind="data", value=picture)):
                made = {"type": "image_generation_call", "id": mint("ig_"), "status": "completed"}
                yield made | {"result": picture}
            case Text() | Refusal() | Opaque(protocol="openai_responses"):
                yield write_message(group, mint)


def is_blank(thought: Reasoning) -> bool:
    """Tell whether there is nothing in a thought."""
    return not (thought.text or thought.summary or thought.signature or thought.encrypted or thought.id)


def call_identity(call: ToolCall, mint: Callable[[str], str]) -> Extras:
    """Return what the item of a call says of itself."""
    return {"id": mint("ctc_" if call.custom else "fc_"), "status": "completed"}


def _spoken(text: str, mint: Callable[[str], str]) -> Extras:
    """Write one text as a message, as `write_message` does."""
    said = {"logprobs": [], "type": "output_text", "text": text, "annotations": []}
    told = {"type": "message", "role": "assistant", "status": "completed", "content": [said]}
    return {"id": mint("msg_")} | told


def write_message(parts: Sequence[Part], mint: Callable[[str], str]) -> Extras:
    """Write what was said in a row as one message."""
    first = parts[0]
    identity: Extras = identity_of(first.extras) if isinstance(first, Text | Refusal) else {}
    content = [
        {"logprobs": []} | said if said["type"] == "output_text" else said for said in map(write_said, parts)
    ]
    told: Extras = {"type": "message", "role": "assistant", "status": "completed", "content": content}
    return {"id": identity.get("id") or mint("msg_")} | told | identity


def write_logprobs(logprobs: Extras | None) -> list[Extras]:
    """Write what is told of tokens, from OpenAI Chat's shape; what is not well formed is left out."""
    tokens = logprobs.get("content") if logprobs else None
    return [write_logprob(one) for one in tokens if isinstance(one, dict)] if isinstance(tokens, list) else []


def write_logprob(told: Extras) -> Extras:
    """Write what is known of one token; the bytes it stands for are always said."""
    written = {"token": told.get("token", ""), "logprob": told.get("logprob", 0.0)}
    written["bytes"] = told.get("bytes") or list(written["token"].encode())
    others = told.get("top_logprobs")
    if isinstance(others, list):
        written["top_logprobs"] = [write_logprob(one) for one in others if isinstance(one, dict)]
    return written
