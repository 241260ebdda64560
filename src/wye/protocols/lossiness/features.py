"""Which features a conversation uses that not every protocol has: the rows of `table.TABLE`."""

import base64
from collections.abc import Iterable

import msgspec

from wye.core.chat import (
    Audio,
    Chat,
    Document,
    Extras,
    Image,
    Message,
    Opaque,
    Part,
    Reasoning,
    Refusal,
    Role,
    Sampling,
    ServerTool,
    Source,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolResult,
)
from wye.protocols.anthropic.schema import closed, holds_map, worded
from wye.protocols.gemini.upstream import SKIPPED

_UNSAID = Sampling()
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_DOCUMENTS = ("application/pdf", "text/")
_PICTURES = ("image/jpeg", "image/png", "image/gif", "image/webp")
_MARKS = {"openai_chat": ("kind", "inner"), "openai_responses": ("item",)}
"""Members of a part's `extras` by which a dialect finds its way back."""
_OF_ITEMS = ("id", "status", "role", "type")
"""What an item of Responses says of itself, and is nothing to anybody else."""
_TAKEN = {"gemini": ("image/png", "image/jpeg", "image/webp", "image/heic", "image/heif")}
"""The kinds of pictures that a target takes, where they are others."""


def features(chat: Chat, target: str) -> tuple[set[str], tuple[str, ...]]:
    """Return the features used, as seen by `target`, and the paths of members without a canonical place.

    Of the request's own members (`Chat.extras`) there are none among the paths: the caller has them.
    """
    finder = _Finder(target, chat.protocol)
    finder.chat(chat)
    return finder.found, tuple(finder.extras)


class _Finder:
    def __init__(self, target: str, source: str) -> None:
        self._target = target
        self._marked = source == "openai_chat"
        """`extras["kind"]` is Chat's mark for its deprecated functions, `inner` what else it says of one."""
        self._hidden = _MARKS.get(source, ())
        self._pictures = _TAKEN.get(target, _PICTURES)
        self._called: dict[str, str] = {}
        """Id of a call -> name of the tool."""
        self._loop = False
        self.found: set[str] = set()
        self.extras: dict[str, None] = {}

    def chat(self, chat: Chat) -> None:
        for part in chat.system:
            self._part(part, "system[].")
        loop = _loop_starts(chat.messages)
        for at, message in enumerate(chat.messages):
            self._loop = at >= loop
            self._message(message)
        if chat.messages and chat.messages[-1].role is Role.ASSISTANT:
            self.found.add("prefill")
        for tool in chat.tools:
            self._tool(tool)
        self._asked(chat)

    def _asked(self, chat: Chat) -> None:
        self._if(
            completion=chat.protocol == "openai_completions",
            choices=chat.choices > 1,
            user=bool(chat.user),
            parallel_tool_calls=chat.tool_choice is not None and chat.tool_choice.parallel is False,
        )
        if chat.sampling != _UNSAID:
            self._sampling(chat.sampling)
        shape = chat.format
        if shape is not None:
            self._if(
                json_format=shape.kind == "json",
                format_name=bool(shape.name or shape.description),
                format_strict=shape.strict is not None,
            )
            if self._target == "anthropic_messages" and shape.schema is not None:
                self._schema(shape.schema)
        if chat.thinking is not None:
            self._thinking(chat.thinking)

    def _schema(self, schema: Extras) -> None:
        self._if(
            format_open=closed(schema) != schema,
            format_bounds=worded(schema) != schema,
            format_map=holds_map(schema),
        )

    def _sampling(self, sampling: Sampling) -> None:
        self._if(
            logprobs=bool(sampling.logprobs) or sampling.top_logprobs is not None,
            stop=bool(sampling.stop),
            temperature=sampling.temperature is not None and sampling.temperature > 1,
            top_k=sampling.top_k is not None,
            seed=sampling.seed is not None,
            presence_penalty=sampling.presence_penalty is not None,
            frequency_penalty=sampling.frequency_penalty is not None,
        )

    def _thinking(self, thinking: Thinking) -> None:
        budget, effort = thinking.budget_tokens is not None, bool(thinking.effort)
        self._if(
            thinking_budget=budget,
            reasoning_effort=effort and thinking.effort != "none",
            thinking=thinking.enabled is False or (thinking.enabled is True and not (budget or effort)),
            thinking_display=thinking.show is not None,
        )
        # Spellings of what the other fields say: Chat's whole objects, how long Responses' summary is to be.
        known = ("reasoning", "thinking", "summary", "generate_summary")
        self._unknown("thinking.", [name for name in thinking.extras if name not in known])

    def _message(self, message: Message) -> None:
        if message.extras:
            self._unknown("messages[].", [name for name in message.extras if name not in self._hidden])
            self._item(message.extras, "messages[].")
        if message.name:
            self.found.add("name")
        if message.role is Role.SYSTEM or message.role is Role.DEVELOPER:
            self.found.add("later_instructions")
        called = False
        for part in message.parts:
            self._part(part, "messages[].content[].")
            if isinstance(part, ToolCall):
                called = True
            elif called and message.role is Role.ASSISTANT:
                self.found.add("interleaved")

    def _part(self, part: Part, path: str) -> None:  # noqa: C901  # a table of kinds
        if isinstance(part, Opaque):
            self._if(opaque=part.protocol != self._target)
            return
        if part.extras:
            self._unknown(path, [name for name in part.extras if name not in self._hidden])
            self._item(part.extras, path)
        match part:
            case Text():
                self._text(part)
            case Image():
                self._image(part)
            case Document():
                self._document(part)
            case Audio():
                kind = part.source.kind
                self._if(audio=True, audio_url=kind == "url", file_id=kind == "file")
            case Reasoning():
                self._reasoning(bool(part.signature or part.encrypted), part.origin)
            case ToolCall():
                self._call(part)
            case Refusal():
                self.found.add("refusal")
            case ToolResult():
                self._result(part, path)

    def _text(self, part: Text) -> None:  # most of all parts: asked as cheaply as can be
        if part.citations:
            self.found.add("citations")
        if part.cache is not None:
            self.found.add("cache_control")
        if part.signature and self._target != "gemini":
            self.found.add("signed_reasoning")

    def _image(self, part: Image) -> None:
        self._if(
            image_detail=bool(part.detail),
            cache_control=part.cache is not None,
            file_id=part.source.kind == "file",
            image_type=_is_other(part.source, self._pictures),
        )

    def _document(self, part: Document) -> None:
        source = part.source
        self._if(
            cache_control=part.cache is not None,
            citations=part.cite,
            document_title=bool(part.title) and source.kind != "text",
            document_context=bool(part.context),
            document_text=source.kind == "text",
            document_url=source.kind == "url",
            file_id=source.kind == "file",
            document_type=_is_other(source, _DOCUMENTS)
            or (self._target == "anthropic_messages" and _is_broken(source)),
        )

    def _reasoning(self, signed: bool, origin: str) -> None:  # noqa: FBT001  # a fact, private
        if signed and origin != self._target:
            self.found.add("signed_reasoning_in_loop" if self._loop else "signed_reasoning")
        elif not signed or self._target == "openai_chat":
            self.found.add("reasoning")

    def _call(self, call: ToolCall) -> None:
        self._mark(call.extras)
        self._called[call.id] = call.name
        self._if(
            cache_control=call.cache is not None,
            custom_tool=call.custom,
            arguments=not _is_object(call.arguments),
        )
        if call.signature and call.signature != SKIPPED:
            self._reasoning(signed=True, origin="gemini")

    def _result(self, result: ToolResult, path: str) -> None:
        self._mark(result.extras)
        self._if(
            name=bool(result.name) and self._called.get(result.call_id) != result.name,
            is_error=result.is_error,
            cache_control=result.cache is not None,
            tool_result_media=any(not isinstance(part, Text | Opaque) for part in result.parts),
        )
        for part in result.parts:
            self._part(part, path)

    def _tool(self, tool: Tool | ServerTool) -> None:
        if isinstance(tool, ServerTool):
            self._if(server_tool=tool.protocol != self._target)
            return
        self._mark(tool.extras)
        self._if(
            cache_control=tool.cache is not None,
            custom_tool=tool.custom,
            tool_strict=tool.strict is not None,
        )
        if tool.extras:
            rest = [name for name in tool.extras if name not in self._hidden]
            self._unknown("tools[].", [*rest, *(tool.extras.get("inner", {}) if self._hidden else ())])

    def _item(self, extras: Extras, path: str) -> None:
        item = extras.get("item") if "item" in self._hidden else None
        if isinstance(item, dict):
            self._unknown(path, [name for name in item if name not in _OF_ITEMS])

    def _mark(self, extras: Extras) -> None:
        if self._marked and extras and extras.get("kind") == "legacy":
            self.found.add("functions")

    def _unknown(self, path: str, names: Iterable[str]) -> None:
        self.extras.update(dict.fromkeys(path + name for name in names))

    def _if(self, **told: bool) -> None:
        for name, true in told.items():
            if true:
                self.found.add(name)


def _loop_starts(messages: tuple[Message, ...]) -> int:
    """Return where the conversation goes on after the user last spoke, rather than only returned results."""
    for at in range(len(messages) - 1, -1, -1):
        message = messages[at]
        if message.role is Role.USER and not any(isinstance(part, ToolResult) for part in message.parts):
            return at + 1
    return 0


def _is_other(source: Source, known: tuple[str, ...]) -> bool:
    return source.kind == "data" and not source.media_type.startswith(known)


def _is_broken(source: Source) -> bool:
    """Tell whether data that shall be text is not."""
    if source.kind != "data" or not source.media_type.startswith("text/"):
        return False
    try:
        base64.b64decode(source.value).decode()
    except ValueError:
        return True
    return False


def _is_object(arguments: str) -> bool:
    if not arguments.strip():
        return True  # no arguments: both protocols can say that
    try:
        _OBJECT.decode(arguments)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True
