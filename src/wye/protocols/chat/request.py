"""Read an OpenAI Chat Completions request into a `Chat`.

Source: OpenAI API reference "Create chat completion", the deprecated `functions` among it. What only some
upstreams know (`top_k`, OpenRouter's `reasoning`, `thinking` of DeepSeek, Moonshot and Z.ai) is read where it
has a canonical place.
"""

from typing import Any

import msgspec

from wye.core.chat import (
    Chat,
    Extras,
    Format,
    Message,
    Role,
    Sampling,
    ServerTool,
    Text,
    Thinking,
    Tool,
    ToolChoice,
    ToolResult,
)
from wye.protocols.chat.parts import read_cache, read_calls, read_content, read_said
from wye.protocols.chat.thoughts import NAME, with_signatures
from wye.protocols.wire.fields import FieldError, Fields

_ROLES = frozenset(Role)
_INSTRUCTIONS = (Role.SYSTEM, Role.DEVELOPER)
_MODES = {"auto": "auto", "none": "none", "required": "required", "any": "required"}
"""`any` is Mistral's word."""


def read(wire: Fields) -> Chat:
    """Read a whole request. Raises `FieldError`."""
    model = wire.word("model")
    messages = _messages(wire.many("messages"))
    if not messages:
        raise FieldError(wire.at("messages"), "must hold at least one message")
    system, messages = _instructions(messages)
    cap = _cap(wire)
    stream = bool(wire.flag("stream"))
    wire_options = wire.fields("stream_options")
    options: Extras = {}
    if wire_options is not None:
        wire_options.flag("include_usage")  # asked of the writer of the answer, not of the model
        options = wire_options.rest()
    return Chat(
        protocol=NAME,
        model=model,
        messages=messages,
        system=system,
        tools=_tools(wire),
        tool_choice=_tool_choice(wire),
        format=_format(wire),
        thinking=_thinking(wire),
        sampling=_sampling(wire),
        max_output_tokens=cap,
        choices=_at_least(1, wire, "n") or 1,
        stream=stream,
        user=wire.text("user"),
        extras=wire.rest() | ({"stream_options": options} if options else {}),
    )


def _at_least(least: int, wire: Fields, name: str) -> int | None:
    value = wire.integer(name)
    if value is not None and value < least:
        raise FieldError(wire.at(name), f"must be at least {least}")
    return value


def _cap(wire: Fields) -> int | None:
    names = ("max_tokens", "max_completion_tokens")
    caps = [wire.integer(name) for name in names]
    for name, cap in zip(names, caps, strict=True):
        if cap is not None and cap < 0:
            wire.refuse(name, f"must be at least 1, not {cap}")
    return max((cap for cap in caps if cap is not None), default=None)  # as the verbatim codec counts it


def _messages(wire: list[Fields]) -> tuple[Message, ...]:
    messages: list[Message] = []
    called = ""  # legacy function results do not say which call they answer: the latest
    for at, one in enumerate(wire):
        role = one.word("role")
        if role in ("tool", "function"):
            messages.append(_result(one, called if role == "function" else ""))
        elif role == "assistant":
            called = f"call_{at}"
            messages.append(_assistant(one, called))
        elif role in _ROLES:
            if not one.has("content"):
                one.refuse("content", "is required")
            parts = tuple(read_content(one, "content"))
            messages.append(Message(role=Role(role), parts=parts, name=one.text("name"), extras=one.rest()))
        else:
            raise FieldError(one.at("role"), f"{role!r} is not a role")
    return tuple(messages)


def _result(one: Fields, legacy: str) -> Message:
    call_id = legacy or one.word("tool_call_id")
    parts: list[Any] = read_content(one, "content")
    result = ToolResult(
        call_id=call_id,
        parts=tuple(parts),
        name=one.text("name"),
        cache=read_cache(one),
        extras=({"kind": "legacy"} if legacy else {}) | one.rest(),
    )
    return Message(role=Role.USER, parts=(result,))


def _assistant(one: Fields, fallback: str) -> Message:
    told = one.has("content")
    said = read_said(one)
    parts = with_signatures([*said, *read_calls(one, fallback)])
    if not told and not parts:
        one.refuse("content", "is required in a message without `tool_calls`")
    return Message(role=Role.ASSISTANT, parts=tuple(parts), name=one.text("name"), extras=one.rest())


def _instructions(messages: tuple[Message, ...]) -> tuple[tuple[Text, ...], tuple[Message, ...]]:
    """Split off the instructions ahead of the conversation, as far as they are nothing but text."""
    texts: list[Text] = []
    for at, message in enumerate(messages):
        plain = [part for part in message.parts if isinstance(part, Text)]
        if (
            message.role not in _INSTRUCTIONS
            or len(plain) < len(message.parts)
            or message.name
            or message.extras
        ):
            return tuple(texts), messages[at:]
        texts += plain
    return tuple(texts), ()


def _tools(wire: Fields) -> tuple[Tool | ServerTool, ...]:
    tools = [_tool(one) for one in wire.many("tools")]
    tools += [_function(one, Fields({}), {"kind": "legacy"}) for one in wire.many("functions")]
    return tuple(tools)


def _tool(one: Fields) -> Tool | ServerTool:
    whole = dict(one.rest())
    kind = one.text("type") or "function"
    if kind not in ("function", "custom"):
        return ServerTool(protocol=NAME, kind=kind, value=whole)
    inner = one.fields(kind)
    if inner is None:
        raise FieldError(one.at(kind), "is required")
    if kind == "function":
        return _function(inner, one, {})
    grammar = inner.object("format")
    return msgspec.structs.replace(
        _function(inner, one, {}), custom=True, grammar=None if grammar is None else _flat(grammar)
    )


def _flat(grammar: Extras) -> Extras:
    """Return a custom tool's `format` as Responses spells it: without the object that Chat wraps it in."""
    inner = grammar.get("grammar")
    if grammar.get("type") != "grammar" or not isinstance(inner, dict):
        return grammar
    return {name: one for name, one in grammar.items() if name != "grammar"} | inner


def _function(inner: Fields, outer: Fields, marks: Extras) -> Tool:
    tool = Tool(
        name=inner.word("name"),
        description=inner.text("description"),
        schema=inner.object("parameters"),
        strict=inner.flag("strict"),
        cache=read_cache(outer),
        extras=marks | outer.rest(),
    )
    rest = inner.rest()
    if rest:
        tool.extras["inner"] = rest
    return tool


def _tool_choice(wire: Fields) -> ToolChoice | None:
    parallel = wire.flag("parallel_tool_calls")
    name = "tool_choice" if wire.has("tool_choice") else "function_call"
    if not wire.has(name):
        return None if parallel is None else ToolChoice(parallel=parallel)
    if wire.kind(name) is str:
        return ToolChoice(mode=_mode(wire.at(name), wire.text(name)), parallel=parallel)
    choice = wire.fields(name) or Fields({})
    kind = choice.text("type") or "function"
    if kind == "allowed_tools":
        allowed = choice.fields("allowed_tools") or choice
        mode = _mode(allowed.at("mode"), allowed.word("mode"))
        return ToolChoice(mode=mode, allowed=_allowed(allowed), parallel=parallel)
    if kind not in ("function", "custom"):
        raise FieldError(choice.at("type"), "must be `function`, `custom` or `allowed_tools`")
    inner = choice.fields(kind) or choice
    return ToolChoice(mode="tool", name=inner.word("name"), parallel=parallel)


def _mode(path: str, word: str) -> Any:  # noqa: ANN401  # one of ToolChoice.mode's words
    if word not in _MODES:
        raise FieldError(path, f"must be one of {', '.join(_MODES)}")
    return _MODES[word]


def _allowed(allowed: Fields) -> tuple[str, ...]:
    names: list[str] = []
    for one in allowed.many("tools"):
        inner = one.fields(one.text("type") or "function") or one
        names.append(inner.word("name"))
    if not names:
        raise FieldError(allowed.at("tools"), "must name at least one tool")
    return tuple(names)


def _format(wire: Fields) -> Format | None:
    whole = wire.object("response_format")
    if whole is None:
        return None
    shape = Fields(whole, wire.at("response_format"))
    kind = shape.word("type")
    if kind == "json_schema":
        schema = shape.fields("json_schema")
        if schema is None:
            raise FieldError(shape.at("json_schema"), "is required")
        return Format(
            kind="schema",
            name=schema.text("name"),
            description=schema.text("description"),
            schema=schema.object("schema"),
            strict=schema.flag("strict"),
        )
    if kind in ("text", "json_object"):
        return Format(kind="text" if kind == "text" else "json")
    wire.rest()["response_format"] = whole  # a grammar, say: only an upstream that knows it can heed it
    return None


def _thinking(wire: Fields) -> Thinking | None:
    effort = wire.text("reasoning_effort")
    told = wire.object("reasoning")
    if told is not None:
        return _reasoning(Fields(told, wire.at("reasoning")), told)
    mode = wire.object("thinking")
    if mode is not None:
        kind = Fields(mode, wire.at("thinking")).text("type")
        enabled = None if kind not in ("enabled", "disabled") else kind == "enabled"
        return Thinking(enabled=enabled, effort=effort, extras={"thinking": mode})
    return Thinking(enabled=False if effort == "none" else None, effort=effort) if effort else None


def _reasoning(fields: Fields, whole: Extras) -> Thinking:
    exclude = fields.flag("exclude")
    effort = fields.text("effort")
    return Thinking(
        enabled=False if effort == "none" else fields.flag("enabled"),
        effort=effort,
        budget_tokens=fields.integer("max_tokens"),
        show=None if exclude is None else not exclude,
        extras={"reasoning": whole},
    )


def _sampling(wire: Fields) -> Sampling:
    return Sampling(
        temperature=wire.number("temperature"),
        top_p=wire.number("top_p"),
        top_k=wire.integer("top_k"),
        stop=wire.texts("stop"),
        seed=wire.integer("seed"),
        presence_penalty=wire.number("presence_penalty"),
        frequency_penalty=wire.number("frequency_penalty"),
        logprobs=wire.flag("logprobs"),
        top_logprobs=wire.integer("top_logprobs"),
    )
