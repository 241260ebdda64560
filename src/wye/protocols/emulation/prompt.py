"""Tools in words and as a JSON schema, for a model that calls none itself.

The words are what small models follow: few, with one example of each kind of reply. The schema is what holds
them to it: either `{"tool_calls": [{"name": ..., "arguments": {...}}]}` or `{"answer": "..."}`.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from wye.core.chat import (
    Extras,
    Format,
    Message,
    Part,
    Reasoning,
    Refusal,
    Role,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
)

CALLS, ANSWER = "tool_calls", "answer"
MOST_CALLS = 8
"""In one turn: a small model that repeats itself has to end."""

_STRUCTURE = frozenset(
    {"type", "required", "additionalProperties", "enum", "const", "minItems", "maxItems"}
    | {"properties", "$defs", "definitions", "items", "prefixItems", "anyOf", "oneOf", "allOf", "$ref"}
)
"""What of a tool's schema goes into the grammar. The rest (`pattern`, `format` ...) stays in the words: of it
every engine takes something else."""
_NOW = "Now reply with an answer."
"""After results: without it a small model makes the same calls again. The schema allows for others still."""
_MAPS = frozenset({"properties", "$defs", "definitions"})
_ANY: Extras = {}
_SIMPLE = {"string": "string", "integer": "integer", "number": "number", "boolean": "true or false"}


def instructions(tools: Sequence[Tool], choice: ToolChoice, shape: Format | None) -> str:
    """Return what is said ahead of the conversation."""
    lines = ["You can call these tools:", *(_described(tool) for tool in tools), ""]
    call = _json({CALLS: [{"name": tools[0].name, "arguments": _example(schema_of(tools[0]))}]})
    if choice.mode in ("required", "tool"):
        lines.append(f"Reply with JSON only, and call a tool: {call}")
        return "\n".join(lines)
    answer = '{"answer": "<a sentence>"}'
    if shape is not None and shape.kind != "text":
        answer = f'{{"answer": ...}}, where the answer is JSON that matches {_json(answer_schema(shape))}'
    lines += [
        f"If one of the tools helps, reply with its call: {call}",
        f"If none is needed, or you know the result, reply with an answer: {answer}",
    ]
    return "\n".join(lines)


def reply_schema(
    tools: Sequence[Tool], choice: ToolChoice, shape: Format | None, *, repeats: bool = False
) -> Extras:
    """Return the JSON schema of a reply: calls, or an answer where one may be given.

    `repeats`: the model calls what it has called before, and shall answer.
    """
    shared: Extras = {}
    items = [_call_schema(tool, number, shared) for number, tool in enumerate(tools)]
    most = 1 if choice.parallel is False or choice.mode == "tool" else MOST_CALLS
    calls: Extras = {
        "type": "array",
        "items": items[0] if len(items) == 1 else {"anyOf": items},
        "minItems": 1,
        "maxItems": most,
    }
    reply = _object({CALLS: calls})
    if choice.mode not in ("required", "tool"):
        kind = {"type": "string"} if shape is None or shape.kind == "text" else answer_schema(shape)
        if _refers(kind):
            shared[ANSWER] = _moved(kind, f"#/$defs/{ANSWER}")
            kind = {"$ref": f"#/$defs/{ANSWER}"}
        said = _object({ANSWER: kind})
        reply = said if repeats else {"anyOf": [reply, said]}
    return reply | {"$defs": shared} if shared else reply


def answer_schema(shape: Format) -> Extras:
    """Return the schema that the client wants its answer to match."""
    return shape.schema if shape.schema is not None else {"type": "object"}


def schema_of(tool: Tool) -> Extras:
    """Return the schema of a tool's arguments."""
    return tool.schema or {"type": "object", "properties": {}}


def _call_schema(tool: Tool, number: int, shared: Extras) -> Extras:
    arguments = schema_of(tool)
    if _refers(arguments):
        name = f"tool_{number}"
        shared[name] = _moved(_structure(arguments), f"#/$defs/{name}")
        arguments = {"$ref": f"#/$defs/{name}"}
    else:
        arguments = _structure(arguments)
    return _object({"name": {"const": tool.name}, "arguments": arguments})


def _object(properties: Extras) -> Extras:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _structure(schema: Any) -> Any:  # noqa: ANN401  # any JSON schema
    """Return what of `schema` an engine holds an answer to. Nothing is added to stated properties."""
    if isinstance(schema, list):
        return [_structure(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    kept: Extras = {}
    for name, value in schema.items():
        if name not in _STRUCTURE:
            continue
        if name in _MAPS and isinstance(value, dict):
            kept[name] = {key: _structure(one) for key, one in value.items()}
        elif name in ("enum", "const", "required"):
            kept[name] = value
        else:
            kept[name] = _structure(value)
    if "properties" in kept:
        kept.setdefault("additionalProperties", False)
    return kept


def _refers(schema: Any) -> bool:  # noqa: ANN401  # any JSON schema
    if isinstance(schema, dict):
        return "$ref" in schema or any(_refers(one) for one in schema.values())
    return isinstance(schema, list) and any(_refers(one) for one in schema)


def _moved(schema: Any, root: str) -> Any:  # noqa: ANN401  # any JSON schema
    """Return `schema` as it reads when its root stands at `root`. A reference elsewhere means anything."""
    if isinstance(schema, list):
        return [_moved(one, root) for one in schema]
    if not isinstance(schema, dict):
        return schema
    target = schema.get("$ref")
    if isinstance(target, str):
        return {"$ref": root + target[1:]} if target.startswith("#") else dict(_ANY)
    return {name: _moved(one, root) for name, one in schema.items()}


def _described(tool: Tool) -> str:
    told = f": {tool.description.strip()}" if tool.description.strip() else ""
    return f"- {tool.name}{told}\n  arguments: {_words(schema_of(tool))}"


def _words(schema: Extras) -> str:
    """Return a schema of plain members as one short line, any other as it is."""
    members = schema.get("properties")
    required = schema.get("required") or []
    if not isinstance(members, dict) or not isinstance(required, list):
        return _json(schema)
    told = []
    for name, member in members.items():
        kind = _kind(member)
        if kind is None:
            return _json(schema)
        note = member.get("description")
        remark = ", ".join(
            [*([] if name in required else ["optional"]), *([note] if isinstance(note, str) else [])]
        )
        told.append(f'"{name}": {kind}' + (f" ({remark})" if remark else ""))
    return "{" + ", ".join(told) + "}"


def _kind(member: object) -> str | None:
    if not isinstance(member, dict):
        return None
    choices = member.get("enum")
    if isinstance(choices, list):
        return " or ".join(_json(one) for one in choices)
    kind = member.get("type")
    return _SIMPLE.get(kind) if isinstance(kind, str) else None


def _example(schema: Extras) -> Extras:
    members = schema.get("properties")
    if not isinstance(members, dict):
        return {}
    required = schema.get("required")
    names = [name for name in members if name in required] if isinstance(required, list) else list(members)
    return {name: f"<{name}>" for name in names}


def _json(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(value).decode(), indent=0)


def retold(messages: Sequence[Message], *, answers: bool) -> tuple[Message, ...]:
    """Return the conversation with calls and results as text; `answers`: in the form that replies have.

    Turns of the same role are joined: templates of small models demand that roles alternate.
    """
    calls = {part.id: part for one in messages for part in one.parts if isinstance(part, ToolCall)}
    turns: list[Message] = []
    for message in messages:
        said = message.role is Role.ASSISTANT
        parts = tuple(_said(message, answers=answers) if said else _heard(message, calls))
        if turns and turns[-1].role is message.role and message.role in (Role.USER, Role.ASSISTANT):
            turns[-1] = msgspec.structs.replace(turns[-1], parts=turns[-1].parts + parts)
        else:
            turns.append(msgspec.structs.replace(message, parts=parts))
    if answers and turns and any(isinstance(part, ToolResult) for part in messages[-1].parts):
        turns[-1] = msgspec.structs.replace(turns[-1], parts=(*turns[-1].parts, Text(text=_NOW)))
    return tuple(turns)


def repeats(messages: Sequence[Message]) -> bool:
    """Tell whether the model has made a call again whose result it had, since the user last spoke."""
    made: set[tuple[str, str]] = set()
    again = False
    for message in messages:
        if message.role is Role.USER and not any(isinstance(part, ToolResult) for part in message.parts):
            made, again = set(), False
        calls = {(part.name, part.arguments) for part in message.parts if isinstance(part, ToolCall)}
        again = again or bool(calls & made)
        made |= calls
    return again


def _said(message: Message, *, answers: bool) -> Iterator[Part]:
    """Yield what the model said as the reply it would have given."""
    calls = [part for part in message.parts if isinstance(part, ToolCall)]
    texts = [part.text for part in message.parts if isinstance(part, Text | Refusal)]
    yield from (part for part in message.parts if isinstance(part, Reasoning))
    if calls:
        said = [{"name": one.name, "arguments": _arguments(one)} for one in calls]
        reply = _json({CALLS: said})
        yield Text(text="\n".join([*texts, reply]))
    elif texts:
        yield Text(text=_json({ANSWER: "".join(texts)}) if answers else "".join(texts))
    yield from (part for part in message.parts if not isinstance(part, ToolCall | Text | Refusal | Reasoning))


def _arguments(call: ToolCall) -> object:
    try:
        return msgspec.json.decode(call.arguments or "{}")
    except (msgspec.DecodeError, RecursionError):
        return call.arguments


def _heard(message: Message, calls: Mapping[str, ToolCall]) -> Iterator[Part]:
    """Yield what the model was told, with results as text."""
    for part in message.parts:
        if not isinstance(part, ToolResult):
            yield part
            continue
        call = calls.get(part.call_id)
        name = part.name or (call.name if call else "the tool")
        what = f"{name} {_json(_arguments(call))}" if call else name
        texts = [one.text for one in part.parts if isinstance(one, Text)]
        yield Text(text=f"{'Error' if part.is_error else 'Result'} of {what}: {''.join(texts)}\n")
        yield from (one for one in part.parts if not isinstance(one, Text))
