"""Items of OpenAI Responses that are not messages: thoughts, calls and their results, both ways.

Source: OpenAI API reference, "Create a model response" (`input`) and "The response object" (`output`).
"""

from typing import Any

from wye.core.chat import Extras, Opaque, Reasoning, ToolCall, ToolResult
from wye.protocols.responses.parts import (
    ITEM,
    NAME,
    identity_of,
    known_extras,
    read_content,
    write_content,
)
from wye.protocols.seal import seal
from wye.protocols.wire.fields import Fields, overlay

CALLS = {"function_call": "arguments", "custom_tool_call": "input"}
"""Kind of call -> where what it is called with stands."""
RESULTS = frozenset({"function_call_output", "custom_tool_call_output"})
_ANSWERED_BY_CLIENT = ("_output", "_response", "item_reference", "_trigger", "additional_tools")
"""How the kinds of items end that a client makes, among those that only this protocol has."""


def kind_of(item: Fields) -> str | None:
    """Return what an item is; None = it does not say. Raises `FieldError`."""
    kind = item.peek("type")
    if kind is not None and not isinstance(kind, str):
        item.refuse("type", "must be text")
    return kind


def read_reasoning(item: Fields) -> Reasoning:
    """Read a thought."""
    item.take("type")
    item.take("status")
    encrypted, identity = item.text("encrypted_content"), item.text("id")
    summary = tuple(text for one in item.many("summary") if (text := one.text("text")))
    content = item.peek("content")
    text = "".join(one.text("text") for one in item.many("content"))
    if isinstance(content, list) and [one.get("type") for one in content] not in ([], ["reasoning_text"]):
        item.rest()["content"] = content
    return Reasoning(
        text=text,
        summary=summary,
        encrypted=encrypted,
        id=identity,
        origin=NAME,
        extras=item.rest(),
    )


def read_call(item: Fields) -> ToolCall:
    """Read the call of a function or a custom tool."""
    kind = item.word("type")
    identity, call_id = read_identity(item), item.text("call_id")
    name, arguments = item.word("name"), item.text(CALLS[kind])
    return ToolCall(
        id=call_id or identity.get("id", ""),
        name=name,
        arguments=arguments,
        custom=kind == "custom_tool_call",
        extras=({ITEM: identity} if identity else {}) | item.rest(),
    )


def read_result(item: Fields) -> ToolResult:
    """Read what a tool of the client's returned."""
    item.take("type")
    identity, call_id = read_identity(item, status=True), item.word("call_id")
    parts: list[Any] = read_content(item, "output")
    return ToolResult(
        call_id=call_id,
        parts=tuple(parts),
        name=item.text("name"),
        extras=({ITEM: identity} if identity else {}) | item.rest(),
    )


def read_opaque(item: Fields) -> Opaque:
    """Keep an item that only this protocol has."""
    whole = dict(item.rest())
    return Opaque(protocol=NAME, kind=item.text("type") or "item_reference", value=whole)


def is_clients(item: Opaque) -> bool:
    """Tell whether the client made an item that only this protocol has, rather than the model."""
    return item.kind.endswith(_ANSWERED_BY_CLIENT)


def read_identity(item: Fields, *, status: bool = False) -> Extras:
    """Take what an item says of itself; of its status only what is not the usual one."""
    told = {"id": item.text("id"), "phase": item.text("phase")}
    state = item.text("status")
    if status and state != "completed":
        told["status"] = state
    return {name: one for name, one in told.items() if one}


def write_reasoning(thought: Reasoning, *, own: bool) -> Extras | None:
    """Write a thought for an upstream; None = it would be refused: another protocol's, or only its words.

    `own`: it came in this protocol, and its id may stand for what the upstream keeps.
    """
    told = thought.origin == NAME and (own or bool(thought.encrypted))
    return _reasoning(thought, thought.encrypted) if told else None


def write_thought(thought: Reasoning, identity: str) -> Extras:
    """Write a thought for a client; `identity` is the id of one that has none here.

    One of another protocol's is sealed into it, to come back in the next request.
    """
    if thought.origin == NAME:
        return _reasoning(thought, thought.encrypted) | {"id": thought.id or identity}
    shown = thought
    if is_summarized(thought) and thought.text:
        shown = Reasoning(summary=(*thought.summary, thought.text), extras=thought.extras)
    return _reasoning(shown, seal(thought)) | {"id": identity}


def is_summarized(thought: Reasoning) -> bool:
    """Tell whether the text of a thought is a summary by another name.

    Those who sign thoughts do not show them as they are; others do.
    """
    return thought.origin not in ("", "openai_chat", NAME)


def _reasoning(thought: Reasoning, encrypted: str) -> Extras:
    written: Extras = {
        "type": "reasoning",
        "id": thought.id,
        "summary": [{"type": "summary_text", "text": one} for one in thought.summary],
    }
    if not thought.id:
        del written["id"]
    if thought.text:
        written["content"] = [{"type": "reasoning_text", "text": thought.text}]
    if encrypted:
        written["encrypted_content"] = encrypted
    return written | thought.extras


def write_call(call: ToolCall, identity: Extras) -> Extras:
    """Write a call. `identity`: what the item says of itself where it did not say it before."""
    kind = "custom_tool_call" if call.custom else "function_call"
    written = {"type": kind, "call_id": call.id, "name": call.name, CALLS[kind]: call.arguments}
    return overlay(written | identity | identity_of(call.extras), known_extras(call.extras))


def write_result(result: ToolResult, custom: frozenset[str]) -> Extras:
    """Write what a tool returned. `custom`: ids of the calls of custom tools."""
    kind = "custom_tool_call_output" if result.call_id in custom else "function_call_output"
    output = write_content(result.parts) if result.parts else ""
    written: Extras = {"type": kind, "call_id": result.call_id, "output": output}
    if result.name:
        written["name"] = result.name
    return overlay(written | identity_of(result.extras), known_extras(result.extras))
