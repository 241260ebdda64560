"""OpenAI Responses, passed on as it is. Source: OpenAI API reference, "Create a model response"."""

import operator
from typing import Any

import msgspec

from wye.core.errors import BadRequestError, WyeError
from wye.core.request import Needs, Operation, Request
from wye.core.usage import Usage
from wye.protocols.codec import Edits, Relay
from wye.protocols.openai.codec import OpenAICodec
from wye.protocols.responses import errors as responses_errors
from wye.protocols.responses.parts import NAME
from wye.protocols.responses.relay import ResponsesRelay
from wye.protocols.responses.usage import WireUsage, to_usage
from wye.protocols.seal import is_sealed
from wye.protocols.wire.decoding import ModelName, decode
from wye.protocols.wire.service import with_service
from wye.protocols.wire.toplevel import change, find_model, members, refuse_duplicates, replace

PATH = b"/responses"
"""Below an upstream's base path."""
UNNAMED = "auto"
"""What a request asks for that names no model: this protocol lets it."""
_PRICED_APART = ("prompt", "plugins", "models", "context_management", "background_options")
"""Members whose cost is not tokens at the list price, or tokens that no cap bounds.

A template may hold tools and another model; OpenRouter's `plugins` search, its `models` take over; a
compaction is written beside the cap; a background run has prices of its own.
"""
_STEERING = ("models", "provider", "route", "fallbacks", "api_base", "base_url", "custom_llm_provider")
"""Fields by which some upstreams (OpenRouter, LiteLLM) let a request choose another model or address."""
_BOUNDING_FIELDS = frozenset(
    {"model", "stream", "max_output_tokens", "input", "instructions", "tools", "service_tier", "background"}
    | {"previous_response_id", "conversation", "store", *_PRICED_APART}
)
_OWNED = frozenset({"previous_response_id", "conversation", "prompt", "store"})
_NAMES_OWNED = (b"previous", b'"conversation"', b'"prompt"')
_REFERENCE = "item_reference"
_TEXT_PARTS = frozenset(
    {"", "input_text", "output_text", "text", "refusal", "reasoning_text", "summary_text"}
)
_BOUNDED_ITEMS = frozenset(
    {
        "message",
        "reasoning",
        "function_call",
        "function_call_output",
        "custom_tool_call",
        "custom_tool_call_output",
        "local_shell_call",
        "local_shell_call_output",
        "shell_call",
        "shell_call_output",
        "apply_patch_call",
        "apply_patch_call_output",
        "mcp_list_tools",
        "mcp_call",
        "mcp_approval_request",
        "mcp_approval_response",
        "additional_tools",
    }
)
"""Kinds of items that have no more tokens than bytes, if what they hold has none either."""
_CLIENT_TOOLS = frozenset({"", "function", "custom", "local_shell", "apply_patch", "namespace"})
"""Kinds of tools that the client runs. The others run at the provider and have their own price."""
_PLAIN_TIERS = (b"", b'"auto"', b'"default"', b"null")
_LEFT_OUT = msgspec.Raw()
_SET_TO_NOTHING = (b"", b"null", b"[]", b"{}")


class _Members:
    """Members of which most requests have none."""

    def __init__(self, *names: str) -> None:
        self._names = names
        self._get = operator.attrgetter(*names)
        self._none = (_LEFT_OUT,) * len(names)

    def first(self, wire: "_Asked") -> str:
        """Name the first that says something; empty = none does."""
        told = self._get(wire)
        if told == self._none:
            return ""
        named = zip(self._names, told, strict=True)
        return next((name for name, one in named if bytes(one) not in _SET_TO_NOTHING), "")


_HELD = _Members("conversation", "prompt")
_APART = _Members(*_PRICED_APART)
_STEERS = _Members(*_STEERING)


class _Part(msgspec.Struct):
    type: str = ""


class _Environment(msgspec.Struct):
    type: str = ""


class _Offered(msgspec.Struct):
    """A tool, as an item offers it: a list of an MCP server's has no types."""

    type: str = ""
    environment: _Environment | None = None
    execution: str | None = None
    server_url: str | None = None
    connector_id: str | None = None


class _Tool(_Offered):
    type: str


class _Item(msgspec.Struct):
    type: str | None = None
    content: str | list[_Part] | None = None
    output: str | list[_Part] | dict[str, msgspec.Raw] | None = None
    tools: list[_Offered] | None = None


class _Format(msgspec.Struct):
    type: str = "text"


class _Text(msgspec.Struct):
    format: _Format | None = None


class _Asked(msgspec.Struct, kw_only=True):
    """What counting a request's tokens and compacting a conversation need, too."""

    model: ModelName | None = None
    input: str | list[_Item] | None = None
    tools: list[_Tool] | None = None
    text: _Text | None = None
    stream: bool | None = None
    background: bool | None = None
    service_tier: msgspec.Raw = _LEFT_OUT
    previous_response_id: str | None = None
    store: bool | None = None
    conversation: msgspec.Raw = _LEFT_OUT
    prompt: msgspec.Raw = _LEFT_OUT
    plugins: msgspec.Raw = _LEFT_OUT
    context_management: msgspec.Raw = _LEFT_OUT
    background_options: msgspec.Raw = _LEFT_OUT
    models: msgspec.Raw = _LEFT_OUT
    provider: msgspec.Raw = _LEFT_OUT
    route: msgspec.Raw = _LEFT_OUT
    fallbacks: msgspec.Raw = _LEFT_OUT
    api_base: msgspec.Raw = _LEFT_OUT
    base_url: msgspec.Raw = _LEFT_OUT
    custom_llm_provider: msgspec.Raw = _LEFT_OUT


class _Request(_Asked, kw_only=True):
    max_output_tokens: int | None = None


class _Answer(msgspec.Struct):
    output: list[msgspec.Raw]
    usage: WireUsage | None = None
    service_tier: Any = None


class _Thought(msgspec.Struct):
    type: str = ""
    encrypted_content: Any = None


_REQUEST = msgspec.json.Decoder(_Request)
_ASKED = msgspec.json.Decoder(_Asked)
_ANSWER = msgspec.json.Decoder(_Answer)
_ITEMS = msgspec.json.Decoder(str | list[msgspec.Raw])
_THOUGHT = msgspec.json.Decoder(_Thought)
_NO_NEEDS = Needs()


class OpenAIResponses(OpenAICodec):
    """The codec. Stateless."""

    name = NAME
    operation = Operation.CHAT
    below = PATH
    bounding = _BOUNDING_FIELDS

    def decode(self, body: bytes) -> Request:
        """Decode a request. Raises `BadRequestError` naming the field at fault."""
        wire = decode(_REQUEST, body)
        cap = wire.max_output_tokens
        if cap is not None and cap < 1:
            message = "`max_output_tokens` must be at least 1"
            raise BadRequestError(message, param="max_output_tokens")
        if body.find(b"\\u") >= 0 or max(map(body.count, _NAMES_OWNED)) > 1:
            # Whose answer this goes on from must not depend on which of two an upstream's parser takes.
            refuse_duplicates(body, _OWNED)
        return _request(self.name, wire, body, cap)

    def splice(self, request: Request, edits: Edits) -> bytes:
        """Return the client's own bytes with only `edits` applied.

        And without thoughts of other upstreams that wye sealed for the client: nobody there can open them.
        """
        body = request.body
        if request.model_at == (0, 0):
            name = msgspec.json.encode(edits.model)
            body = change(body, "model", lambda _: name)
        elif edits.model != request.model:
            body = replace(body, request.model_at, edits.model)
        if edits.output_cap is not None:
            cap = b"%d" % edits.output_cap
            body = change(body, "max_output_tokens", lambda _: cap)  # the client left it out or null
        return change(body, "input", _without_sealed) if is_sealed(body) else body

    def usage(self, body: bytes) -> Usage | None:
        """Read the usage of a complete answer. Raises `ValueError` if it is no answer at all."""
        try:
            answer = _ANSWER.decode(body)
            return with_service(to_usage(answer.usage), answer.service_tier)
        except (msgspec.ValidationError, RecursionError):
            if "output" not in {member.key for member in members(body)}:
                message = "no `output`"
                raise ValueError(message) from None
            return None  # an answer whose usage makes no sense is still an answer

    def relay(self, edits: Edits) -> Relay:  # noqa: ARG002  # nothing is asked for that it could take out
        """Return the reader of one streamed answer."""
        return ResponsesRelay()

    def error_event(self, error: WyeError, request_id: str, *, said: bool = True) -> bytes:  # noqa: ARG002  # it stands alone
        """Encode an error inside a stream that began with a 200."""
        return responses_errors.error_event(error, request_id)


def decode_asked(name: str, body: bytes, cap: int | None) -> Request:
    """Decode a request about a response: one to count or to compact. Raises `BadRequestError`."""
    return _request(name, decode(_ASKED, body), body, cap)


def _request(name: str, wire: _Asked, body: bytes, cap: int | None) -> Request:
    kinds = _kinds_of_content(wire)
    tools = _tools(wire)
    refers = _HELD.first(wire) or ("input" if _REFERENCE in kinds else "")
    kept = bool(wire.previous_response_id) or bool(refers)
    return Request(
        protocol=name,
        operation=Operation.CHAT,
        model=UNNAMED if wire.model is None else wire.model,
        model_at=(0, 0) if wire.model is None else find_model(body),
        body=body,
        stream=bool(wire.stream),
        wants_usage=True,
        max_output_tokens=cap,
        needs=_needs(wire, kinds),
        unbounded=kept or not kinds <= _TEXT_PARTS,
        unpriced=_unpriced(wire, tools),
        previous=wire.previous_response_id or "",
        refers=refers,
        keep=wire.store is not False,
        steers=_steers(wire, tools),
    )


def _kinds_of_content(wire: _Asked) -> set[str]:
    """Return the kinds of parts, and of items that may be more than their bytes."""
    kinds: set[str] = set()
    for item in wire.input if isinstance(wire.input, list) else ():
        if item.type is not None and item.type not in _BOUNDED_ITEMS:
            kinds.add(item.type)
        for parts in (item.content, item.output):
            if isinstance(parts, list):
                kinds.update([part.type for part in parts])
    return kinds


def _needs(wire: _Asked, kinds: set[str]) -> Needs:
    tools = bool(wire.tools)
    vision = "input_image" in kinds
    json = wire.text is not None and wire.text.format is not None and wire.text.format.type != "text"
    custom = wire.tools is not None and any(tool.type == "custom" for tool in wire.tools)
    return Needs(tools, vision, json, custom) if tools or vision or json else _NO_NEEDS


def _unpriced(wire: _Asked, tools: list[_Offered]) -> str:
    """Name what has a price of its own; empty = nothing does."""
    if bytes(wire.service_tier) not in _PLAIN_TIERS:
        return "service_tier"
    if wire.background:
        return "background"
    if not all(map(_is_clients, tools)):
        return "tools"
    return _APART.first(wire)


def _tools(wire: _Asked) -> list[_Offered]:
    """Return the tools, those among the input too."""
    tools: list[_Offered] = [*(wire.tools or ())]
    for item in wire.input if isinstance(wire.input, list) else ():
        if item.tools:
            tools += item.tools
    return tools


def _is_clients(tool: _Offered) -> bool:
    if tool.type == "shell":
        return tool.environment is not None and tool.environment.type == "local"
    return tool.type in _CLIENT_TOOLS or (tool.type == "tool_search" and tool.execution == "client")


def _steers(wire: _Asked, tools: list[_Offered]) -> str:
    """Name the field by which the request would choose who else gets it; empty = there is none."""
    for tool in tools:
        if tool.server_url is not None:
            return "tools[].server_url"
        if tool.connector_id is not None:
            return "tools[].connector_id"
    return _STEERS.first(wire)


def _without_sealed(raw: bytes) -> bytes:
    """Return the input without the thoughts that wye sealed; every other item as it stands."""
    items = _ITEMS.decode(raw)
    if isinstance(items, str):
        return raw
    return b"[" + b",".join(bytes(item) for item in items if not _holds_sealed(bytes(item))) + b"]"


def _holds_sealed(item: bytes) -> bool:
    if not is_sealed(item):
        return False
    thought = _THOUGHT.decode(item)
    return thought.type == "reasoning" and is_sealed(str(thought.encrypted_content).encode()[:64])
