"""What a conversation says, piece by piece, to compare what went in with what came back."""

import base64
from typing import Any

import msgspec

from wye.core.chat import (
    Audio,
    Chat,
    Document,
    Image,
    Message,
    Reasoning,
    Refusal,
    Role,
    ServerTool,
    Text,
    Tool,
    ToolCall,
    ToolResult,
)
from wye.protocols.gemini.upstream import SKIPPED
from wye.protocols.lossiness.members import PLAIN

_MARKS = ("item", "kind", "inner")
"""Extras by which a dialect finds its way back."""
Fact = tuple[Any, ...]
"""Something a conversation says."""


def arguments(schema: dict[str, Any] | None) -> str:
    """Return a schema of arguments in its order; that there are none may be stated."""
    bare = schema is not None and schema.get("type") == "object" and "properties" not in schema
    return str({**schema, "properties": {}} if bare and schema else schema)


class Facts:
    """What a conversation says, piece by piece, each with the names under which its loss is reported."""

    def __init__(self, chat: Chat) -> None:
        self.told: dict[Fact, frozenset[str]] = {}
        self.called: dict[str, str] = {}
        self.order: dict[str, list[str]] = {"assistant": [], "user": []}
        """Texts and calls of each side, as they follow one another."""
        for part in chat.system:
            self.part("system", part)
        for message in chat.messages:
            self.message(message)
        names = chat.tool_choice.allowed if chat.tool_choice else ()
        self.allowed = [tool for tool in chat.tools if isinstance(tool, Tool) and tool.name in names]
        for tool in chat.tools:
            self.tool(tool)
        self.asked(chat)

    def say(self, *fact: Any, unless: str = "") -> None:
        """Note a fact that is anything but nothing."""
        if fact[-1] not in (None, "", (), False):
            self.told[fact] = frozenset(unless.split())

    def message(self, message: Message) -> None:
        role = "system" if message.role in (Role.SYSTEM, Role.DEVELOPER) else message.role.value
        self.say("name", message.name, unless="name")
        for name, value in message.extras.items():
            if name not in _MARKS:
                self.say("messages[].", name, str(value), unless=f"messages[].{name}")
        for part in message.parts:
            self.part(role, part)
            if role in self.order and isinstance(part, Text | Refusal) and part.text:
                self.order[role].append(part.text)
            elif isinstance(part, ToolCall):
                self.order[role].append(f"call {part.id}")

    def part(self, role: str, part: Any) -> None:
        cache = getattr(part, "cache", None)
        self.say("cache", type(part).__name__, cache and cache.ttl, cache is not None, unless="cache_control")
        match part:
            case Text():
                self.say(role, "text", part.text)
                for one in part.citations:
                    self.say(role, "citation", one.url, one.title, unless="citations")
            case Refusal():
                self.say(role, "refusal", part.text, unless="refusal")
            case Image():
                self.say(role, "image", part.source, unless="tool_result_media")
                self.say(role, "detail", part.source, part.detail, unless="image_detail")
            case Document():
                self.document(role, part)
            case Audio():
                self.say(role, "audio", part.source)
            case Reasoning():
                lost = "signed_reasoning" if part.signature or part.encrypted else "reasoning"
                self.say(role, "thought", part.text, unless=lost)
                self.say(role, "signature", part.signature, part.origin, bool(part.signature), unless=lost)
                self.say(role, "encrypted", part.encrypted, part.id, bool(part.encrypted), unless=lost)
            case ToolCall():
                self.call(part)
            case ToolResult():
                self.result(part)

    def document(self, role: str, part: Document) -> None:
        kind, value = part.source.kind, part.source.value
        if kind == "data" and part.source.media_type == "text/plain":
            kind, value = "text", base64.b64decode(value).decode()
        self.say(role, "document", kind, value, unless="tool_result_media document_text")
        self.say(role, "title", part.title, unless="tool_result_media document_text document_title")
        self.say(role, "context", part.context, unless="document_context")
        self.say(role, "cite", part.cite, unless="citations")

    def call(self, part: ToolCall) -> None:
        self.say("call", part.id, part.name)
        try:
            arguments = str(msgspec.json.decode(part.arguments))
        except msgspec.DecodeError:
            arguments = part.arguments
        self.say("arguments", part.id, part.name, arguments, unless="arguments")
        self.say("custom", part.id, part.custom)
        if part.signature != SKIPPED:
            self.say("behind a call", part.id, part.signature, unless="signed_reasoning")
        self.called[part.id] = part.name

    def result(self, part: ToolResult) -> None:
        self.say("result", part.call_id)
        self.say("is_error", part.call_id, part.is_error, unless="is_error")
        if self.called.get(part.call_id) != part.name:
            self.say("name", part.name, unless="name")
        texts = [inner.text for inner in part.parts if isinstance(inner, Text)]
        self.say("tool", part.call_id, compact("\n".join(texts)), unless="document_text")
        for inner in part.parts:
            if not isinstance(inner, Text):
                self.part("user", inner)  # it may have moved there, and that is reported

    def tool(self, tool: Tool | ServerTool) -> None:
        if self.allowed and tool not in self.allowed:
            return  # nobody may call it
        if isinstance(tool, ServerTool):
            self.say("server tool", tool.kind)
            return
        for name in ("description", "strict"):
            value = getattr(tool, name)
            self.say("tool", tool.name, name, value, value not in (None, ""), unless=f"tool_{name}")
        self.say("tool", tool.name, "schema", arguments(tool.schema), tool.schema is not None)
        self.say("tool", tool.name, "custom", tool.custom)
        self.say("cache", "tool", tool.cache and tool.cache.ttl, bool(tool.cache), unless="cache_control")
        for name, value in tool.extras.items():
            if name not in _MARKS:
                self.say("tool", name, str(value), unless=f"tools[].{name}")

    def asked(self, chat: Chat) -> None:
        self.say("choices", chat.choices)
        self.say("user", chat.user, unless="user")
        self.say("cap", chat.max_output_tokens)
        for name, value in chat.extras.items():
            inner = value if isinstance(value, dict) and value else {}
            self.say("chat", name, str(value), not inner and value not in PLAIN.get(name, ()), unless=name)
            for one, said in inner.items():
                path = f"{name}.{one}"
                self.say("chat", path, str(said), said not in PLAIN.get(path, ()), unless=f"{name} {path}")
        for name in chat.sampling.__struct_fields__:
            value = getattr(chat.sampling, name)
            self.say("sampling", name, value, value not in (None, ()), unless=name)
        if chat.tool_choice is not None:
            mode = chat.tool_choice.mode
            self.say("mode", mode, mode != "auto")
            parallel = chat.tool_choice.parallel if chat.tool_choice.mode != "none" else None
            self.say("parallel", parallel, parallel is False, unless="parallel_tool_calls")
        if chat.format is not None:
            self.say("format", chat.format.kind, chat.format.kind != "text")
            stated = chat.format.schema is not None
            self.say("format", "schema", str(chat.format.schema), stated, unless="format_open")
            self.say("format", "name", chat.format.name, unless="format_name")
            self.say(
                "format", "strict", chat.format.strict, chat.format.strict is not None, unless="format_strict"
            )
        thinking = chat.thinking
        if thinking is not None:
            self.say("thinking", "off", thinking.enabled is False, unless="thinking")
        if thinking is not None and thinking.enabled is not False:
            self.say("effort", thinking.effort, unless="reasoning_effort")
            self.say("budget", thinking.budget_tokens, unless="thinking_budget")
            self.say("show", thinking.show, unless="thinking_display")


def compact(text: str) -> str:
    """Return what a tool said; JSON without its spaces."""
    try:
        return msgspec.json.format(text, indent=-1)
    except msgspec.DecodeError:
        return text
