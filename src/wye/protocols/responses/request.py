"""Read an OpenAI Responses request into a `Chat`. Source: OpenAI API reference, "Create a model response".

What the model did in a row (thoughts, messages, calls) is one turn, as are the results of its calls. What
refers to things that OpenAI keeps (`previous_response_id`, `conversation`, `prompt`) stays in `extras`.
"""

from typing import Annotated, Any, Literal

import msgspec

from wye.core.chat import (
    Chat,
    Extras,
    Format,
    Message,
    Opaque,
    Part,
    Role,
    Sampling,
    ServerTool,
    Text,
    Thinking,
    Tool,
    ToolChoice,
    ToolResult,
)
from wye.protocols.responses.items import (
    CALLS,
    RESULTS,
    is_clients,
    kind_of,
    read_call,
    read_identity,
    read_opaque,
    read_reasoning,
    read_result,
)
from wye.protocols.responses.parts import ITEM, NAME, identity_of, known_extras, read_content
from wye.protocols.wire.decoding import decode
from wye.protocols.wire.fields import Fields
from wye.protocols.words import BRIEF, texts

LOGPROBS = "message.output_text.logprobs"
_KEPT = ("previous_response_id", "conversation", "prompt")
"""Members that refer to what OpenAI keeps, which may be all there is to answer."""
_ROLES = frozenset(Role)
_INSTRUCTIONS = (Role.SYSTEM, Role.DEVELOPER)
_MODES = ("auto", "none", "required")
_OBJECT = msgspec.json.Decoder(dict)
_USER = Role.USER


class _Text(msgspec.Struct, forbid_unknown_fields=True):
    type: Literal["input_text"]
    text: str


class _Turn(msgspec.Struct, forbid_unknown_fields=True):
    role: Literal["user"]
    content: str | list[_Text]
    type: Literal["message"] = "message"


class _Words(msgspec.Struct, forbid_unknown_fields=True):
    """A request of the user's words alone."""

    model: str
    input: str | Annotated[list[_Turn], msgspec.Meta(min_length=1)]
    instructions: str | None = None
    max_output_tokens: Annotated[int, msgspec.Meta(ge=1)] | None = None
    stream: bool | None = None


_WORDS = msgspec.json.Decoder(_Words)


def read(body: bytes) -> Chat:
    """Read a whole request. Raises `FieldError`, and `BadRequestError` for what is no JSON object."""
    if len(body) <= BRIEF:
        try:
            return _words(_WORDS.decode(body))
        except (ValueError, RecursionError):
            pass  # there is more to it, or something wrong with it
    return _read(Fields(decode(_OBJECT, body)))


def _words(wire: _Words) -> Chat:
    asked = wire.input
    told = [asked] if isinstance(asked, str) else [turn.content for turn in asked]
    return Chat(
        protocol=NAME,
        model=wire.model,
        system=texts(wire.instructions or None),
        messages=tuple([Message(role=_USER, parts=texts(one)) for one in told]),
        max_output_tokens=wire.max_output_tokens,
        stream=wire.stream is True,
    )


def _read(wire: Fields) -> Chat:
    model = wire.text("model")
    system, messages = _input(wire)
    cap = wire.integer("max_output_tokens")
    if cap is not None and cap < 1:
        wire.refuse("max_output_tokens", "must be at least 1")
    return Chat(
        protocol=NAME,
        model=model,
        system=system,
        messages=messages,
        tools=tuple(_tool(one) for one in wire.many("tools")),
        tool_choice=_tool_choice(wire),
        format=_format(wire),
        thinking=_thinking(wire),
        sampling=_sampling(wire),
        max_output_tokens=cap,
        stream=bool(wire.flag("stream")),
        user=wire.text("user"),
        extras=wire.rest(),
    )


def _input(wire: Fields) -> tuple[tuple[Text, ...], tuple[Message, ...]]:
    instructions = wire.text("instructions")
    system = [Text(text=instructions)] if instructions else []
    if wire.kind("input") is str:
        return tuple(system), (Message(role=Role.USER, parts=(Text(text=wire.text("input")),)),)
    items = wire.many("input")
    if not items and not any(wire.has(name) for name in _KEPT):
        wire.refuse("input", "is required")
    messages = _joined([_item(one) for one in items])
    for at, message in enumerate(messages):
        texts = [part for part in message.parts if isinstance(part, Text)]
        if message.role not in _INSTRUCTIONS or len(texts) < len(message.parts) or not texts:
            return tuple(system), messages[at:]
        told = {"role": message.role.value} | identity_of(message.extras) | known_extras(message.extras)
        first = msgspec.structs.replace(texts[0], extras=texts[0].extras | {ITEM: told})
        system += [first, *texts[1:]]
    return tuple(system), ()


def _item(item: Fields) -> Message:
    """Read one item as a turn of its own."""
    kind = kind_of(item)
    if kind == "reasoning":
        return _turn(Role.ASSISTANT, read_reasoning(item))
    if kind in CALLS:
        return _turn(Role.ASSISTANT, read_call(item))
    if kind in RESULTS:
        return _turn(Role.USER, read_result(item))
    if kind == "message" or (kind is None and item.has("role")):
        return _message(item)
    if kind is None and not item.has("id"):
        item.refuse("type", "is required")
    opaque = read_opaque(item)
    return _turn(Role.USER if is_clients(opaque) else Role.ASSISTANT, opaque)


def _turn(role: Role, part: Part) -> Message:
    return Message(role=role, parts=(part,))


def _message(item: Fields) -> Message:
    item.take("type")
    role = item.word("role")
    if role not in _ROLES:
        item.refuse("role", f"{role!r} is not a role")
    if item.kind("content") is None:
        item.refuse("content", "is required")
    identity = read_identity(item, status=True)
    parts = read_content(item, "content")
    if role != Role.ASSISTANT or not parts:
        told: Extras = {ITEM: identity} if identity else {}
        return Message(role=Role(role), parts=tuple(parts), extras=told | item.rest())
    first = parts[0]
    if isinstance(first, Opaque):
        return Message(role=Role.ASSISTANT, parts=tuple(parts), extras={ITEM: identity} | item.rest())
    marked: Any = first.extras | {ITEM: identity | item.rest()}
    return Message(role=Role.ASSISTANT, parts=(msgspec.structs.replace(first, extras=marked), *parts[1:]))


def _joined(turns: list[Message]) -> tuple[Message, ...]:
    """Join what the model did in a row, and what its tools returned."""
    joined: list[Message] = []
    for turn in turns:
        last = joined[-1] if joined else None
        if last is not None and last.role is turn.role and _continues(last) and _continues(turn):
            joined[-1] = msgspec.structs.replace(last, parts=last.parts + turn.parts)
        else:
            joined.append(turn)
    return tuple(joined)


def _continues(turn: Message) -> bool:
    if turn.role is Role.ASSISTANT:
        return not turn.extras
    return turn.role is Role.USER and all(
        isinstance(part, ToolResult) or (isinstance(part, Opaque) and not part.within) for part in turn.parts
    )


def _tool(one: Fields) -> Tool | ServerTool:
    whole = dict(one.rest())
    kind = one.word("type")
    if kind not in ("function", "custom"):
        return ServerTool(protocol=NAME, kind=kind, value=whole)
    return Tool(
        name=one.word("name"),
        description=one.text("description"),
        schema=one.object("parameters") if kind == "function" else None,
        strict=one.flag("strict"),
        custom=kind == "custom",
        grammar=one.object("format") if kind == "custom" else None,
        extras=one.rest(),
    )


def _tool_choice(wire: Fields) -> ToolChoice | None:
    parallel = wire.flag("parallel_tool_calls")
    default = None if parallel is None else ToolChoice(parallel=parallel)
    if wire.kind("tool_choice") is str:
        return ToolChoice(mode=_mode(wire, "tool_choice"), parallel=parallel)
    whole = wire.object("tool_choice")
    if whole is None:
        return default
    choice = Fields(whole, wire.at("tool_choice"))
    kind = choice.word("type")
    if kind in ("function", "custom"):
        return ToolChoice(mode="tool", name=choice.word("name"), parallel=parallel)
    if kind == "allowed_tools":
        tools = choice.many("tools")
        if not tools:
            choice.refuse("tools", "must name at least one tool")
        if all(one.peek("type") in ("function", "custom") for one in tools):
            allowed = tuple(one.word("name") for one in tools)
            return ToolChoice(mode=_mode(choice, "mode"), allowed=allowed, parallel=parallel)
    wire.put_back("tool_choice", whole)  # a tool that only this protocol has
    return default


def _mode(fields: Fields, name: str) -> Any:  # noqa: ANN401  # one of ToolChoice.mode's words
    word = fields.word(name)
    if word not in _MODES:
        fields.refuse(name, f"must be one of {', '.join(_MODES)}")
    return word


def _format(wire: Fields) -> Format | None:
    text = wire.fields("text")
    if text is None:
        return None
    shape = text.fields("format")
    wire.put_back("text", text.rest())
    if shape is None:
        return None
    kind = shape.word("type")
    if kind not in ("text", "json_object", "json_schema"):
        wire.put_back("text", text.rest() | {"format": {"type": kind} | shape.rest()})
        return None
    if kind != "json_schema":
        return Format(kind="text" if kind == "text" else "json")
    return Format(
        kind="schema",
        name=shape.text("name"),
        description=shape.text("description"),
        schema=shape.object("schema"),
        strict=shape.flag("strict"),
    )


def _thinking(wire: Fields) -> Thinking | None:
    told = wire.fields("reasoning")
    if told is None:
        return None
    effort = told.text("effort")
    shown = told.peek("summary") or told.peek("generate_summary")
    thinking = Thinking(
        enabled=False if effort == "none" else None,
        effort=effort,
        show=True if shown else None,
        extras=told.rest(),
    )
    return None if thinking == Thinking() else thinking


def _sampling(wire: Fields) -> Sampling:
    included = wire.texts("include")
    others = [one for one in included if one != LOGPROBS]
    if others:
        wire.rest()["include"] = others
    top = wire.integer("top_logprobs")
    return Sampling(
        temperature=wire.number("temperature"),
        top_p=wire.number("top_p"),
        logprobs=True if LOGPROBS in included or top else None,
        top_logprobs=top or None,
    )
