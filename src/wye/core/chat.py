"""A conversation and what is asked of a model, free of any protocol's spelling.

Built only when one protocol is translated into another; the same protocol in and out is forwarded as bytes.
What a codec does not know survives in `extras`, under the field's own name, at the level where it stood:
re-encoding into the same protocol puts it back, any other target reports it as lost.
"""

from enum import StrEnum
from typing import Any, Literal

import msgspec

Extras = dict[str, Any]
"""Unknown fields as decoded JSON."""


class Section(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Base: immutable, compared by value."""


class CacheMark(Section, frozen=True):
    """The client asks for a prompt cache up to here (Anthropic `cache_control`)."""

    ttl: str = ""
    """`5m`, `1h`; empty = the upstream's default."""


class Source(Section, frozen=True):
    """Where the content of a picture, document or recording is."""

    kind: Literal["data", "url", "file", "text"]
    value: str
    """Base64 data, the URL, an upstream's file id, or plain text."""
    media_type: str = ""
    """IANA media type, for example `image/png`; empty = not stated."""


class Citation(Section, frozen=True):
    """Where a passage of an answer comes from."""

    url: str = ""
    title: str = ""
    text: str = ""
    """The passage cited."""
    start: int | None = None
    """First character of the answer's text that it supports."""
    end: int | None = None
    extras: Extras = {}


class Text(Section, frozen=True, tag="text"):
    """What is said."""

    text: str
    cache: CacheMark | None = None
    citations: tuple[Citation, ...] = ()
    signature: str = ""
    """Gemini's thought signature, to be sent back with it."""
    extras: Extras = {}


class Image(Section, frozen=True, tag="image"):
    """A picture."""

    source: Source
    detail: str = ""
    cache: CacheMark | None = None
    extras: Extras = {}


class Document(Section, frozen=True, tag="document"):
    """A document, a PDF for example."""

    source: Source
    title: str = ""
    context: str = ""
    cite: bool = False
    """The answer shall cite it."""
    cache: CacheMark | None = None
    extras: Extras = {}


class Audio(Section, frozen=True, tag="audio"):
    """A recording."""

    source: Source
    extras: Extras = {}


class Reasoning(Section, frozen=True, tag="reasoning"):
    """What a model thought. Signed or encrypted, it means something only to who made it: `origin`."""

    text: str = ""
    summary: tuple[str, ...] = ()
    signature: str = ""
    encrypted: str = ""
    """Opaque: OpenAI's `encrypted_content`, Anthropic's `redacted_thinking` data."""
    id: str = ""
    origin: str = ""
    """Protocol that `signature` and `encrypted` belong to."""
    extras: Extras = {}


class ToolCall(Section, frozen=True, tag="tool_call"):
    """A model calls a tool."""

    id: str
    name: str
    arguments: str
    """JSON text as the model wrote it: it need not be valid."""
    signature: str = ""
    """Gemini's thought signature, to be sent back with it."""
    custom: bool = False
    """The call of a custom tool: `arguments` is text that need not be JSON."""
    cache: CacheMark | None = None
    extras: Extras = {}


class Refusal(Section, frozen=True, tag="refusal"):
    """A model declines, in words."""

    text: str
    extras: Extras = {}


class Opaque(Section, frozen=True, tag="opaque"):
    """Something only `protocol` has: a server-side tool's call or result, a container, a compaction."""

    protocol: str
    kind: str
    """Its `type` in that protocol."""
    value: Extras = {}
    """The whole object."""
    within: bool = False
    """It stood in what a message says, where the protocol also has such things beside its messages."""


class ToolResult(Section, frozen=True, tag="tool_result"):
    """What a tool returned."""

    call_id: str
    parts: tuple[Text | Image | Document | Audio | Opaque, ...]
    name: str = ""
    is_error: bool = False
    cache: CacheMark | None = None
    extras: Extras = {}


Part = Text | Image | Document | Audio | Reasoning | ToolCall | ToolResult | Refusal | Opaque


class Role(StrEnum):
    """Who speaks. Results of tools are parts of the user's turn."""

    SYSTEM = "system"
    DEVELOPER = "developer"
    USER = "user"
    ASSISTANT = "assistant"


class Message(Section, frozen=True):
    """One turn, or a part of one: neighbours may have the same role."""

    role: Role
    parts: tuple[Part, ...]
    name: str = ""
    extras: Extras = {}


class Tool(Section, frozen=True, tag="tool"):
    """A function the client will run."""

    name: str
    description: str = ""
    schema: Extras | None = None
    """JSON Schema of its arguments; None = none stated."""
    strict: bool | None = None
    custom: bool = False
    """OpenAI's custom tools: they take text in place of JSON."""
    grammar: Extras | None = None
    """What that text may be, in the Responses API's shape (`format` of a custom tool); None = anything."""
    cache: CacheMark | None = None
    extras: Extras = {}


class ServerTool(Section, frozen=True, tag="server_tool"):
    """A tool the upstream runs itself: web search, code execution. It means nothing elsewhere."""

    protocol: str
    kind: str
    value: Extras


class ToolChoice(Section, frozen=True):
    """Whether a tool must be called."""

    mode: Literal["auto", "none", "required", "tool"] = "auto"
    name: str = ""
    """For mode `tool`."""
    allowed: tuple[str, ...] = ()
    """Only these, where the protocol can say so; empty = all."""
    parallel: bool | None = None
    """Several calls in one turn; None = not stated."""


class Format(Section, frozen=True):
    """The shape an answer must have."""

    kind: Literal["text", "json", "schema"] = "text"
    name: str = ""
    description: str = ""
    schema: Extras | None = None
    strict: bool | None = None


class Thinking(Section, frozen=True):
    """How much a model shall think. A protocol has `effort` or `budget_tokens`."""

    enabled: bool | None = None
    effort: str = ""
    """`none`, `minimal`, `low`, `medium`, `high`, ...; empty = not stated."""
    budget_tokens: int | None = None
    show: bool | None = None
    """Thoughts, or their summary, shall be in the answer."""
    extras: Extras = {}


class Sampling(Section, frozen=True):
    """How the next token is drawn. None = the upstream's default."""

    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = None


class Chat(Section, frozen=True):
    """A whole request."""

    model: str
    messages: tuple[Message, ...]
    system: tuple[Text | Opaque, ...] = ()
    """Instructions ahead of the conversation. Later system or developer turns stay in `messages`."""
    tools: tuple[Tool | ServerTool, ...] = ()
    tool_choice: ToolChoice | None = None
    format: Format | None = None
    thinking: Thinking | None = None
    sampling: Sampling = Sampling()
    max_output_tokens: int | None = None
    choices: int = 1
    stream: bool = False
    user: str = ""
    """The end user's id, as the client states it."""
    protocol: str = ""
    """Whose `extras` these are, at every level: a dialect puts back only its own."""
    extras: Extras = {}


class Finish(StrEnum):
    """Why a model stopped."""

    STOP = "stop"
    STOP_SEQUENCE = "stop_sequence"
    LENGTH = "length"
    TOOL_CALLS = "tool_calls"
    CONTENT_FILTER = "content_filter"
    REFUSAL = "refusal"
    PAUSE = "pause"
    """A server-side tool loop was interrupted: send the answer back to go on."""
    OTHER = "other"
