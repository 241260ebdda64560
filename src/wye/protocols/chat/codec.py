"""OpenAI Chat Completions, in both directions.

Source: OpenAI API reference, "Create chat completion".
"""

import msgspec

from wye.core.errors import BadRequestError
from wye.core.request import Needs, Operation, Request
from wye.protocols.openai.codec import CompletionCodec
from wye.protocols.wire.decoding import ModelName, decode
from wye.protocols.wire.toplevel import find_model

PATH = b"/chat/completions"
"""Below an upstream's base path."""
_PRICED_APART = (
    "web_search_options",
    "search_parameters",
    "plugins",
    "models",
    "audio",
    "prediction",
)
"""Members whose cost is not tokens at the list price, or tokens that no cap bounds.

OpenAI: searches cost each, sound has rates of its own, and a prediction is billed as output beside
the cap. xAI's `search_parameters` and OpenRouter's `plugins` search too; OpenRouter's `models` names
others, maybe dearer, to take over.
"""
_RARE = ("modalities", "audio", "web_search_options", "search_parameters", "plugins")
_BOUNDING_FIELDS = frozenset(
    {"model", "stream", "max_tokens", "max_completion_tokens", "n", "messages", "tools"}
    | {"service_tier", "modalities", *_PRICED_APART}
)
_TEXT_PARTS = frozenset({"text", "refusal"})
_BOUNDED_TOOLS = frozenset({"function", "custom"})
"""Kinds of tools that the client runs. The others run at the provider and have their own price."""


_LEFT_OUT = msgspec.Raw()
_NULL = b"null"


class _Part(msgspec.Struct):
    type: str


class _Message(msgspec.Struct):
    role: str
    content: str | list[_Part] | None = None
    audio: msgspec.Raw = _LEFT_OUT
    """Sound of an earlier answer, by its id."""


class _Tool(msgspec.Struct):
    type: str | None = None
    function: msgspec.Raw = _LEFT_OUT
    server_url: str | None = None


class _StreamOptions(msgspec.Struct):
    include_usage: bool | None = None


class _ResponseFormat(msgspec.Struct):
    type: str


class _ChatRequest(msgspec.Struct):
    model: ModelName
    messages: list[_Message]
    stream: bool | None = None
    stream_options: _StreamOptions | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    n: int | None = None
    store: bool | None = None
    tools: list[_Tool] | None = None
    functions: list[msgspec.Raw] | None = None
    response_format: _ResponseFormat | None = None
    service_tier: msgspec.Raw = _LEFT_OUT
    modalities: msgspec.Raw = _LEFT_OUT
    web_search_options: msgspec.Raw = _LEFT_OUT
    search_parameters: msgspec.Raw = _LEFT_OUT
    plugins: msgspec.Raw = _LEFT_OUT
    models: msgspec.Raw = _LEFT_OUT
    audio: msgspec.Raw = _LEFT_OUT
    prediction: msgspec.Raw = _LEFT_OUT
    provider: msgspec.Raw = _LEFT_OUT
    route: msgspec.Raw = _LEFT_OUT
    fallbacks: msgspec.Raw = _LEFT_OUT
    api_base: msgspec.Raw = _LEFT_OUT
    base_url: msgspec.Raw = _LEFT_OUT
    custom_llm_provider: msgspec.Raw = _LEFT_OUT


_REQUEST = msgspec.json.Decoder(_ChatRequest)
_NO_NEEDS = Needs()
_SPACE = b" \t\r\n"
_PLAIN_TIERS = (b'"auto"', b'"default"', _NULL)
_PLAIN_MODES = (b'["text"]', _NULL)
_ALL_LEFT_OUT = (_LEFT_OUT,) * len(_PRICED_APART)
_STEERING = ("models", "provider", "route", "fallbacks", "api_base", "base_url", "custom_llm_provider")
"""Fields by which some upstreams (OpenRouter, LiteLLM) let a request choose another model or address."""
_NOTHING_STEERS = (_LEFT_OUT,) * len(_STEERING)


class OpenAIChat(CompletionCodec):
    """The codec. Stateless."""

    name = "openai_chat"
    operation = Operation.CHAT
    below = PATH
    bounding = _BOUNDING_FIELDS

    def decode(self, body: bytes) -> Request:
        """Decode a request. Raises `BadRequestError` naming the field at fault."""
        wire = decode(_REQUEST, body)
        if not wire.messages:
            message = "`messages` must hold at least one message"
            raise BadRequestError(message, param="messages")
        kinds = _kinds_of_content(wire.messages)
        unpriced = _unpriced(wire, kinds)
        return Request(
            protocol=self.name,
            operation=self.operation,
            model=wire.model,
            model_at=find_model(body),
            body=body,
            stream=bool(wire.stream),
            wants_usage=bool(wire.stream_options and wire.stream_options.include_usage),
            max_output_tokens=_output_cap(wire),
            choices=_at_least(1, wire.n, "n") or 1,
            needs=_needs(wire, kinds),
            unbounded=not kinds <= _TEXT_PARTS,
            unpriced=unpriced,
            rare=_rare(wire) if unpriced else (),
            stored=wire.store is True,
            steers=_steers(wire),
        )


def _output_cap(wire: _ChatRequest) -> int | None:
    older = _not_negative(wire.max_tokens, "max_tokens")
    newer = _not_negative(wire.max_completion_tokens, "max_completion_tokens")
    if older is None or newer is None:
        return newer if older is None else older
    return max(older, newer)  # an upstream may heed either field; the larger one is what it could cost


def _not_negative(cap: int | None, name: str) -> int | None:
    if cap is not None and cap < 0:  # whether nothing may be asked for is the upstream's to judge
        message = f"`{name}` must be at least 1, not {cap}"
        raise BadRequestError(message, param=name)
    return cap


def _at_least(least: int, value: int | None, name: str) -> int | None:
    if value is not None and value < least:
        message = f"`{name}` must be at least {least}"
        raise BadRequestError(message, param=name)
    return value


def _kinds_of_content(messages: list[_Message]) -> set[str]:
    kinds: set[str] = set()
    for message in messages:
        if isinstance(message.content, list):
            kinds.update([part.type for part in message.content])
        if message.audio is not _LEFT_OUT and bytes(message.audio) != _NULL:
            kinds.add("input_audio")
    return kinds


def _unpriced(wire: _ChatRequest, kinds: set[str]) -> str:
    """Name what has a price of its own; empty = nothing does."""
    if wire.service_tier is not _LEFT_OUT and bytes(wire.service_tier) not in _PLAIN_TIERS:
        return "service_tier"
    if (
        wire.modalities is not _LEFT_OUT
        and bytes(wire.modalities).translate(None, _SPACE) not in _PLAIN_MODES
    ):
        return "modalities"
    if wire.tools and not all(map(_is_clients, wire.tools)):
        return "tools"
    if "input_audio" in kinds:
        return "input_audio"
    apart = (
        wire.web_search_options,
        wire.search_parameters,
        wire.plugins,
        wire.models,
        wire.audio,
        wire.prediction,
    )
    if apart == _ALL_LEFT_OUT:
        return ""
    return next(
        (name for name, raw in zip(_PRICED_APART, apart, strict=True) if bytes(raw) not in (b"", _NULL)), ""
    )


def _rare(wire: _ChatRequest) -> tuple[str, ...]:
    """Name what some upstreams pass over in silence. All of it has a price of its own."""
    told = {name: bytes(getattr(wire, name)).translate(None, _SPACE) for name in _RARE}
    if told["modalities"] in _PLAIN_MODES:
        del told["modalities"]
    return tuple(name for name, raw in told.items() if raw not in (b"", _NULL))


def _is_clients(tool: _Tool) -> bool:
    return tool.type in _BOUNDED_TOOLS or (tool.type is None and tool.function is not _LEFT_OUT)


def _steers(wire: _ChatRequest) -> str:
    """Name the field by which the request would choose its upstream; empty = there is none."""
    fields = (
        wire.models,
        wire.provider,
        wire.route,
        wire.fallbacks,
        wire.api_base,
        wire.base_url,
        wire.custom_llm_provider,
    )
    if wire.tools and any(tool.server_url is not None for tool in wire.tools):
        return "tools[].server_url"  # of an MCP server, which some (Groq, xAI) call themselves
    if fields == _NOTHING_STEERS:
        return ""
    return next(
        (name for name, raw in zip(_STEERING, fields, strict=True) if bytes(raw) not in (b"", _NULL)), ""
    )


def _needs(wire: _ChatRequest, kinds: set[str]) -> Needs:
    tools = bool(wire.tools or wire.functions)
    vision = "image_url" in kinds
    json = wire.response_format is not None and wire.response_format.type != "text"
    custom = wire.tools is not None and any(tool.type == "custom" for tool in wire.tools)
    return Needs(tools, vision, json, custom) if tools or vision or json else _NO_NEEDS
