"""Read an Ollama chat request into a `Chat`.

Source: Ollama API reference, "Generate a chat completion". Its clients may leave out the ids of tool calls: a
result then belongs to the first call of its tool's name that has none yet.
"""

import base64
import binascii
from collections.abc import Iterator

import msgspec

from wye.core.chat import (
    Audio,
    Chat,
    Format,
    Image,
    Message,
    Part,
    Reasoning,
    Role,
    Sampling,
    Source,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolResult,
)
from wye.protocols.wire.fields import FieldError, Fields

NAME = "ollama"
_ROLES = frozenset(Role)
_MAGIC: tuple[tuple[bytes, bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", b"", "image/png"),
    (b"\xff\xd8\xff", b"", "image/jpeg"),
    (b"GIF8", b"", "image/gif"),
    (b"RIFF", b"WEBP", "image/webp"),
    (b"RIFF", b"WAVE", "audio/wav"),
    (b"BM", b"", "image/bmp"),
)
"""First bytes, bytes 8 to 11, media type: the protocol does not say what an image is."""
_UNKNOWN = "application/octet-stream"
_LEVELS = ("", "low", "medium", "high", "max")


def read(wire: Fields) -> Chat:
    """Read a whole request. Raises `FieldError`."""
    model = wire.word("model")
    messages = tuple(_messages(wire.many("messages")))
    if not messages:
        raise FieldError(
            wire.at("messages"), "must hold at least one message: no model is loaded through wye"
        )
    if wire.flag("_debug_render_only"):
        wire.refuse("_debug_render_only", "is not served: the prompt is rendered by the engine")
    system, messages = _instructions(messages)
    options = wire.fields("options") or Fields({})
    stream = wire.flag("stream")
    cap = options.integer("num_predict")
    return Chat(
        protocol=NAME,
        model=model,
        messages=messages,
        system=system,
        tools=tuple(map(_tool, wire.many("tools"))),
        format=_format(wire),
        thinking=_thinking(wire),
        sampling=_sampling(options, wire),
        max_output_tokens=cap if cap is not None and cap > 0 else None,  # -1 and -2: as much as it likes
        stream=stream is not False,
        extras=wire.rest() | ({"options": options.rest()} if options.rest() else {}),
    )


def read_prompt(wire: Fields) -> Chat:
    """Read a whole request of `/api/generate`: one turn of the user's. Raises `FieldError`."""
    if not wire.peek("prompt") and not wire.peek("images"):
        wire.refuse("prompt", "must not be empty: no model is loaded through wye")
    said = {"role": "user", "content": wire.text("prompt"), "images": list(wire.texts("images"))}
    system = wire.text("system")
    turns = [{"role": "system", "content": system}, said] if system else [said]
    return read(Fields(wire.rest() | {"messages": turns}))


def _messages(wire: list[Fields]) -> Iterator[Message]:
    unanswered: list[ToolCall] = []
    for at, one in enumerate(wire):
        role = one.word("role").lower()
        if role == "tool":
            result = _result(one, unanswered)
            yield Message(role=Role.USER, parts=(result,), extras=one.rest())
        elif role == "assistant":
            parts = tuple(_said(one, at))
            unanswered = [part for part in parts if isinstance(part, ToolCall)]
            yield Message(role=Role.ASSISTANT, parts=parts, extras=one.rest())
        elif role in _ROLES:
            yield Message(role=Role(role), parts=tuple(_content(one)), extras=one.rest())
        else:
            one.refuse("role", f"{role[:40]!r} is not a role")


def _content(one: Fields) -> "list[Text | Image | Audio]":
    """Take text and pictures. Text that is empty says nothing beside pictures."""
    text, pictures = one.text("content"), one.texts("images")
    said: list[Text | Image | Audio] = [Text(text=text)] if text or not pictures else []
    return said + [_picture(one.at(f"images[{at}]"), data) for at, data in enumerate(pictures)]


def _picture(path: str, data: str) -> Image | Audio:
    try:
        head = base64.b64decode(data[:16], validate=True)
    except (binascii.Error, ValueError):
        raise FieldError(path, "must be base64") from None
    kinds = (kind for first, later, kind in _MAGIC if head.startswith(first) and head[8:].startswith(later))
    source = Source(kind="data", value=data, media_type=next(kinds, _UNKNOWN))
    return Audio(source=source) if source.media_type.startswith("audio/") else Image(source=source)


def _said(one: Fields, at: int) -> Iterator[Part]:
    """Take what an assistant thinks, says and calls. `at` is the message's number."""
    thought = one.text("thinking")
    if thought:
        yield Reasoning(text=thought)
    yield from (part for part in _content(one) if part != Text(text=""))
    for number, call in enumerate(one.many("tool_calls")):
        function = call.fields("function")
        if function is None:
            call.refuse("function", "is required")
        function.take("index")
        call.take("type")
        arguments = function.object("arguments")
        yield ToolCall(
            id=call.text("id") or f"call_{at}_{number}",
            name=function.word("name"),
            arguments=msgspec.json.encode(arguments or {}).decode(),
            extras=call.rest() | function.rest(),
        )


def _result(one: Fields, unanswered: list[ToolCall]) -> ToolResult:
    """Take a tool's result, and its call from `unanswered`."""
    id_, name = one.text("tool_call_id"), one.text("tool_name") or one.text("name")
    call = next((call for call in unanswered if id_ and call.id == id_), None)
    call = call or next((call for call in unanswered if name and call.name == name), None)
    if call is None and unanswered and not name:
        call = unanswered[0]
    if call is None:
        raise FieldError(one.path, "answers no tool call of the assistant's message before it")
    unanswered.remove(call)
    return ToolResult(call_id=call.id, parts=tuple(_content(one)))


def _instructions(messages: tuple[Message, ...]) -> tuple[tuple[Text, ...], tuple[Message, ...]]:
    """Split off the instructions ahead of the conversation."""
    texts: list[Text] = []
    for at, message in enumerate(messages):
        plain = [part for part in message.parts if isinstance(part, Text)]
        if message.role is not Role.SYSTEM or len(plain) < len(message.parts) or message.extras:
            return tuple(texts), messages[at:]
        texts += plain
    return tuple(texts), ()


def _tool(one: Fields) -> Tool:
    kind = one.text("type") or "function"
    function = one.fields("function")
    if kind != "function":
        one.refuse("type", "must be `function`")
    if function is None:
        one.refuse("function", "is required")
    return Tool(
        name=function.word("name"),
        description=function.text("description"),
        schema=function.object("parameters"),
        extras=one.rest() | function.rest(),
    )


def _format(wire: Fields) -> Format | None:
    if wire.kind("format") is dict:
        return Format(kind="schema", schema=wire.object("format"))
    word = wire.text("format")
    if word not in ("", "json"):
        wire.refuse("format", 'must be "json" or a JSON schema')
    return Format(kind="json") if word else None


def _thinking(wire: Fields) -> Thinking | None:
    """Take whether and how much to think. Who has a model think here has its thoughts told."""
    if wire.kind("think") is bool:
        think = wire.flag("think")
        return Thinking(enabled=think, show=think or None)
    level = wire.text("think")
    if level not in _LEVELS:
        wire.refuse("think", "must be true, false, low, medium, high or max")
    return Thinking(effort=level, show=True) if level else None


def _sampling(options: Fields, wire: Fields) -> Sampling:
    return Sampling(
        temperature=options.number("temperature"),
        top_p=options.number("top_p"),
        top_k=options.integer("top_k"),
        stop=options.texts("stop"),
        seed=options.integer("seed"),
        presence_penalty=options.number("presence_penalty"),
        frequency_penalty=options.number("frequency_penalty"),
        logprobs=wire.flag("logprobs"),
        top_logprobs=wire.integer("top_logprobs"),
    )
