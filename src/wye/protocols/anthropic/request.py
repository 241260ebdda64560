"""Requests of Anthropic Messages to and from a `Chat`.

Source: Anthropic API reference, "Create a Message", and its guides on extended and adaptive thinking, effort,
structured outputs and tool use.
"""

from typing import Any, Literal

import msgspec

from wye.core.bare import bare
from wye.core.chat import (
    Chat,
    Extras,
    Format,
    Message,
    Opaque,
    Part,
    Reasoning,
    Refusal,
    Role,
    Sampling,
    ServerTool,
    Text,
    Thinking,
    Tool,
    ToolChoice,
    ToolResult,
)
from wye.core.errors import BadRequestError
from wye.protocols.anthropic.parts import (
    NAME,
    compact,
    is_foreign,
    read_content,
    take_cache,
    write_cache,
    write_parts,
)
from wye.protocols.anthropic.schema import closed, worded
from wye.protocols.effort import budget_of
from wye.protocols.translate import Wire
from wye.protocols.wire.decoding import decode
from wye.protocols.wire.fields import FieldError, Fields, overlay
from wye.protocols.words import BRIEF, texts

LEAST_BUDGET = 1024
"""Tokens; Anthropic takes no thinking budget below."""

_Mode = Literal["auto", "none", "required", "tool"]
_MODES: dict[str, _Mode] = {"auto": "auto", "any": "required", "tool": "tool", "none": "none"}
_CHOICES = {mode: word for word, mode in _MODES.items()}
_SHOWN = {"summarized": True, "omitted": False}
_DISPLAYS = {shown: word for word, shown in _SHOWN.items()}
_ROLES = {"user": Role.USER, "assistant": Role.ASSISTANT, "system": Role.SYSTEM}
_BODY = msgspec.json.Decoder(dict[str, Any])


class _Text(msgspec.Struct, forbid_unknown_fields=True):
    type: Literal["text"]
    text: str


class _Turn(msgspec.Struct, forbid_unknown_fields=True):
    role: Literal["user", "assistant"]
    content: str | list[_Text]


class _Words(msgspec.Struct, forbid_unknown_fields=True):
    """A request of words alone."""

    model: str
    messages: list[_Turn]
    system: str | list[_Text] | None = None
    max_tokens: int | None = None
    stream: bool | None = None


_WORDS = msgspec.json.Decoder(_Words)


def read_request(body: bytes) -> Chat:
    """Decode a client's request. Raises `BadRequestError` naming the field at fault."""
    if len(body) <= BRIEF:
        try:
            return _words(_WORDS.decode(body))
        except (ValueError, RecursionError):
            pass  # there is more to it, or something wrong with it
    return _read(body)


def _words(wire: _Words) -> Chat:
    return Chat(
        model=wire.model,
        messages=tuple([Message(role=_ROLES[one.role], parts=texts(one.content)) for one in wire.messages]),
        system=texts(wire.system),
        max_output_tokens=wire.max_tokens,
        stream=wire.stream is True,
        protocol=NAME,
    )


def _read(body: bytes) -> Chat:
    try:
        return _chat(Fields(decode(_BODY, body)))
    except FieldError as error:
        raise BadRequestError(str(error), param=error.path or None) from None


def _chat(asked: Fields) -> Chat:
    model = asked.word("model")
    if asked.kind("messages") is None:
        asked.refuse("messages", "is required")
    output = asked.fields("output_config") or Fields({}, "output_config")
    metadata = asked.fields("metadata") or Fields({}, "metadata")
    user = metadata.text("user_id")
    thinking = _thinking(asked, output)
    form = _format(asked, output)
    choice = _tool_choice(asked)
    asked.put_back("metadata", metadata.rest())
    asked.put_back("output_config", output.rest())
    return Chat(
        model=model,
        messages=tuple(_message(one) for one in asked.many("messages")),
        system=_system(asked),
        tools=tuple(_tool(one) for one in asked.many("tools")),
        tool_choice=choice,
        format=form,
        thinking=thinking,
        sampling=Sampling(
            temperature=asked.number("temperature"),
            top_p=asked.number("top_p"),
            top_k=asked.integer("top_k"),
            stop=asked.texts("stop_sequences"),
        ),
        max_output_tokens=asked.integer("max_tokens"),
        stream=bool(asked.flag("stream")),
        user=user,
        protocol=NAME,
        extras=asked.rest(),
    )


def _message(one: Fields) -> Message:
    role = _ROLES.get(one.word("role"))
    if role is None:
        one.refuse("role", "must be user, assistant or system")
    if one.kind("content") is None:
        one.refuse("content", "is required")
    return Message(role=role, parts=read_content(one, "content"), extras=one.rest())


def _system(asked: Fields) -> tuple[Text | Opaque, ...]:
    parts = []
    for part in read_content(asked, "system"):
        if not isinstance(part, Text | Opaque):
            asked.refuse("system", "holds a block that is not text")
        parts.append(part)
    return tuple(parts)


def _tool(one: Fields) -> Tool | ServerTool:
    whole = dict(one.rest())
    kind = one.text("type")
    if kind not in ("", "custom"):
        return ServerTool(protocol=NAME, kind=kind, value=whole)
    return Tool(
        name=one.word("name"),
        description=one.text("description"),
        schema=one.object("input_schema"),
        strict=one.flag("strict"),
        cache=take_cache(one),
        extras=one.rest(),
    )


def _tool_choice(asked: Fields) -> ToolChoice | None:
    choice = asked.fields("tool_choice")
    if choice is None:
        return None
    mode = _MODES.get(choice.word("type"))
    if mode is None:
        choice.refuse("type", "must be auto, any, tool or none")
    alone = choice.flag("disable_parallel_tool_use")
    read = ToolChoice(mode=mode, name=choice.text("name"), parallel=None if alone is None else not alone)
    asked.put_back("tool_choice", choice.rest())
    return read


def _thinking(asked: Fields, output: Fields) -> Thinking | None:
    effort = output.text("effort")
    told = asked.fields("thinking")
    if told is None:
        return Thinking(effort=effort) if effort else None
    kind = told.word("type")
    if kind not in ("enabled", "adaptive", "disabled"):
        told.refuse("type", "must be enabled, adaptive or disabled")
    display = told.peek("display")
    shown = _SHOWN.get(display) if isinstance(display, str) else None
    if shown is not None:
        told.take("display")
    budget = told.integer("budget_tokens")
    return Thinking(
        enabled=kind != "disabled", effort=effort, budget_tokens=budget, show=shown, extras=told.rest()
    )


def _format(asked: Fields, output: Fields) -> Format | None:
    """Take the answer's shape from `output_config.format`, or from `output_format`, its name in the beta."""
    holder, name = (output, "format") if output.kind("format") else (asked, "output_format")
    form = holder.fields(name)
    if form is None:
        return None
    if form.word("type") != "json_schema":
        form.refuse("type", "must be json_schema")
    read = Format(kind="schema", schema=form.object("schema"))
    output.put_back("format", form.rest())
    return read


def write_request(chat: Chat, wire: Wire) -> bytes:
    """Encode a request for an Anthropic upstream."""
    own = chat.protocol == NAME
    if not own:
        chat = bare(chat)
    system, messages = (list(chat.system), chat.messages) if own else _arranged(chat)
    body: Extras = {
        "model": wire.model,
        "max_tokens": wire.default_max_tokens if chat.max_output_tokens is None else chat.max_output_tokens,
    }
    if system:
        body["system"] = compact(write_parts(system))
    body["messages"] = [_write_message(one) for one in messages]
    tools = _write_tools(chat)
    if tools:
        body["tools"] = tools
    if chat.tool_choice is not None and (tools or own):
        body["tool_choice"] = _write_choice(chat.tool_choice)
    _write_thinking(body, chat, wire, own=own)
    if chat.format is not None and chat.format.schema is not None:
        schema = chat.format.schema if own else worded(closed(chat.format.schema))
        form = {"type": "json_schema", "schema": schema}
        body["output_config"] = body.get("output_config", {}) | {"format": form}
    sampling = chat.sampling
    if sampling.stop:
        body["stop_sequences"] = list(sampling.stop)
    optional = {
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "top_k": sampling.top_k,
        "stream": chat.stream or None,
        "metadata": {"user_id": chat.user} if chat.user else None,
    }
    body |= {name: value for name, value in optional.items() if value is not None}
    return msgspec.json.encode(overlay(body, chat.extras))


def _write_message(message: Message) -> Extras:
    role = "system" if message.role is Role.DEVELOPER else message.role.value
    parts = [part for part in message.parts if not (isinstance(part, Reasoning) and is_foreign(part))]
    return overlay({"role": role, "content": compact(write_parts(parts))}, message.extras)


def _arranged(chat: Chat) -> tuple[list[Text | Opaque], tuple[Message, ...]]:
    """Arrange another protocol's conversation as Anthropic demands it.

    Turns alternate; the results of tools come right after the calls and ahead of anything else in the user's
    turn; no text is blank. Instructions amid the conversation join those ahead of it: who gave them
    counts for more than where they stood. Thoughts that Anthropic did not sign are left out, and citations.
    Instructions without a conversation are what is said.
    """
    system: list[Text | Opaque] = [part for part in chat.system if not _empty(part)]
    turns: list[tuple[Role, list[Any]]] = []
    for message in chat.messages:
        parts = [_plain(part) for part in message.parts if not _empty(part)]
        if message.role in (Role.SYSTEM, Role.DEVELOPER):
            system.extend(part for part in parts if isinstance(part, Text))
        elif parts and turns and turns[-1][0] is message.role:
            turns[-1][1].extend(parts)
        elif parts:
            turns.append((message.role, parts))
    if not turns and system:  # Anthropic answers no request without messages
        return [], (Message(role=Role.USER, parts=tuple(system)),)
    for _, parts in turns:
        parts.sort(key=lambda part: part.__struct_config__.tag != "tool_result")
    return system, tuple(Message(role=role, parts=tuple(parts)) for role, parts in turns)


def _plain(part: Part) -> Part:
    """Return a part without citations, or what a tool returned without texts that are blank."""
    match part:
        case Text(citations=(_, *_)):
            return msgspec.structs.replace(part, citations=())
        case ToolResult(parts=parts) if any(map(_empty, parts)):
            return msgspec.structs.replace(part, parts=tuple(one for one in parts if not _empty(one)))
    return part


def _empty(part: object) -> bool:
    match part:
        case Text(text=text) | Refusal(text=text):
            return not text.strip()  # white space alone is refused as well
        case Reasoning(origin=origin, signature=signature, encrypted=encrypted):
            return origin != NAME or not (signature or encrypted)
    return False


def _write_tools(chat: Chat) -> list[Extras]:
    allowed = chat.tool_choice.allowed if chat.tool_choice else ()
    written: list[Extras] = []
    for tool in chat.tools:
        if isinstance(tool, ServerTool):
            if tool.protocol == NAME:
                written.append(tool.value)
        elif not allowed or tool.name in allowed:
            written.append(_write_tool(tool, own=chat.protocol == NAME))
    return written


def _write_tool(tool: Tool, *, own: bool) -> Extras:
    out: Extras = {"name": tool.name}
    if tool.description:
        out["description"] = tool.description
    schema = tool.schema
    if not own and (schema is None or "type" not in schema):  # Anthropic demands both
        schema = {"type": "object", "properties": {}} | (schema or {})
    if schema is not None:
        out["input_schema"] = schema
    if tool.strict is not None:
        out["strict"] = tool.strict
    if tool.cache is not None:
        out["cache_control"] = write_cache(tool.cache)
    return overlay(out, tool.extras)


def _write_choice(choice: ToolChoice) -> Extras:
    out: Extras = {"type": _CHOICES[choice.mode]}
    if choice.name:
        out["name"] = choice.name
    if choice.parallel is not None and choice.mode != "none":
        out["disable_parallel_tool_use"] = not choice.parallel
    return out


def _write_thinking(body: Extras, chat: Chat, wire: Wire, *, own: bool) -> None:
    thinking = chat.thinking
    if thinking is None:
        return
    if own:
        if thinking.effort:
            body["output_config"] = {"effort": thinking.effort}
        if thinking.enabled is not None:
            kind = "enabled" if thinking.budget_tokens is not None else "adaptive"
            told = {"type": kind if thinking.enabled else "disabled", "budget_tokens": thinking.budget_tokens}
            told["display"] = _DISPLAYS.get(thinking.show) if thinking.show is not None else None
            known = {name: value for name, value in told.items() if value is not None}
            body["thinking"] = overlay(known, thinking.extras)
        return
    if thinking.enabled is False or thinking.effort == "none":
        body["thinking"] = {"type": "disabled"}
    elif wire.adaptive_thinking:
        body["thinking"] = {"type": "adaptive"}
        if thinking.effort:
            body["output_config"] = {"effort": "low" if thinking.effort == "minimal" else thinking.effort}
    else:
        _write_budget(body, chat, thinking)
    if thinking.show is not None and body.get("thinking", {}).get("type") in ("adaptive", "enabled"):
        body["thinking"]["display"] = _DISPLAYS[thinking.show]


def has_room(chat: Chat, wire: Wire) -> bool:
    """Tell whether a model can think within `max_tokens`; where not, thinking is left out."""
    most = chat.max_output_tokens
    return wire.adaptive_thinking or most is None or most >= 2 * LEAST_BUDGET


def _write_budget(body: Extras, chat: Chat, thinking: Thinking) -> None:
    """Give a model that knows no effort a budget. It is a part of `max_tokens`, and must be less."""
    budget = thinking.budget_tokens
    if budget is None:
        budget = budget_of(thinking.effort or "medium")
    budget = max(budget, LEAST_BUDGET)
    if chat.max_output_tokens is None:
        body["max_tokens"] += budget
    else:
        budget = min(budget, chat.max_output_tokens - LEAST_BUDGET)
    if budget >= LEAST_BUDGET:
        body["thinking"] = {"type": "enabled", "budget_tokens": budget}
