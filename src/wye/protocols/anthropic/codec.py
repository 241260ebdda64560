"""Anthropic Messages, in both directions: the verbatim codec, and the dialect for translating.

Source: Anthropic API reference, "Create a Message".
"""

import msgspec

from wye.core.answer import Answer
from wye.core.chat import Chat
from wye.core.errors import BadRequestError, WyeError
from wye.core.request import Needs, Operation, Request
from wye.core.usage import Usage
from wye.protocols.anthropic import answer as anthropic_answer
from wye.protocols.anthropic import errors as anthropic_errors
from wye.protocols.anthropic import request as anthropic_request
from wye.protocols.anthropic.parts import NAME
from wye.protocols.anthropic.reader import MessagesReader
from wye.protocols.anthropic.relay import MessagesRelay
from wye.protocols.anthropic.sealed import unsealed
from wye.protocols.anthropic.usage import WireUsage, to_usage
from wye.protocols.anthropic.writer import MessagesWriter
from wye.protocols.codec import Edits
from wye.protocols.seal import is_sealed, opened
from wye.protocols.translate import Wire
from wye.protocols.wire.decoding import decode
from wye.protocols.wire.sse import CONTENT_TYPE, DATA
from wye.protocols.wire.toplevel import find_model, refuse_duplicates, replace

_PATH = b"/messages"
PING = b'event: ping\ndata: {"type": "ping"}\n\n'

_PRICED_APART = ("mcp_servers", "container", "inference_geo", "speed", "fallbacks")
"""Members whose cost is not tokens at the list price, or tokens that no cap bounds.

MCP servers answer with as much as they like; a container is billed by time; a region and the fast mode have
rates of their own; another model may take over.
"""
_BOUNDING_FIELDS = frozenset(
    {"model", "stream", "max_tokens", "messages", "system", "tools"}
    | {"context_management", "service_tier", *_PRICED_APART}
)
_TEXT_BLOCKS = frozenset({"text", "thinking", "redacted_thinking", "tool_use", "tool_result"})
"""Blocks that have no more tokens than bytes, if what they hold has none either."""
_STEERING = ("mcp_servers", "fallbacks")
"""Members by which a request names others who get it: servers by their URL, and another model."""
_CLIENT_TOOLS = ("custom", "bash_", "text_editor_", "computer_", "memory_")
"""How the kinds of tools begin that the client runs. The others run at Anthropic and may have a price."""
_LEFT_OUT = msgspec.Raw()
_SET_TO_NOTHING = (b"", b"null", b"[]", b'"global"', b'"standard"')
_PLAIN_TIERS = (b"", b"null", b'"auto"', b'"standard_only"')


class _Typed(msgspec.Struct):
    type: str


class _Inner(msgspec.Struct):
    type: str = ""


class _Block(msgspec.Struct):
    type: str
    source: _Typed | None = None
    content: str | list[_Inner] | dict[str, msgspec.Raw] | None = None


class _Message(msgspec.Struct):
    role: str
    content: str | list[_Block]


class _Tool(msgspec.Struct):
    type: str | None = None


class _OutputConfig(msgspec.Struct):
    format: _Typed | None = None


class _CountRequest(msgspec.Struct, kw_only=True):
    """What counting a message's tokens needs, too."""

    model: str
    messages: list[_Message]
    stream: bool | None = None
    system: str | list[_Block] | None = None
    tools: list[_Tool] | None = None
    output_config: _OutputConfig | None = None
    output_format: _Typed | None = None
    context_management: msgspec.Raw = _LEFT_OUT
    service_tier: msgspec.Raw = _LEFT_OUT
    mcp_servers: msgspec.Raw = _LEFT_OUT
    container: msgspec.Raw = _LEFT_OUT
    inference_geo: msgspec.Raw = _LEFT_OUT
    speed: msgspec.Raw = _LEFT_OUT
    fallbacks: msgspec.Raw = _LEFT_OUT


class _MessagesRequest(_CountRequest, kw_only=True):
    max_tokens: int


class _Answer(msgspec.Struct):
    content: list[msgspec.Raw]
    usage: WireUsage | None = None


class _LooseAnswer(msgspec.Struct):
    content: list[msgspec.Raw]


_REQUEST = msgspec.json.Decoder(_MessagesRequest)
_COUNT = msgspec.json.Decoder(_CountRequest)
_ANSWER = msgspec.json.Decoder(_Answer)
_LOOSE_ANSWER = msgspec.json.Decoder(_LooseAnswer)
_NO_NEEDS = Needs()
_ALL_LEFT_OUT = (_LEFT_OUT,) * (len(_PRICED_APART) + 2)


class AnthropicMessages:
    """The codec and the dialect. Stateless."""

    name = NAME
    operation = Operation.CHAT
    named = ""
    heartbeat = PING
    stream_type = CONTENT_TYPE
    mark = DATA
    request_id_headers = ("request-id", "x-request-id")
    estimate = None

    def path(self, model: str) -> bytes:  # noqa: ARG002  # it stands in the body
        """Return the path below an upstream's base path."""
        return _PATH

    def decode(self, body: bytes) -> Request:
        """Decode a request. Raises `BadRequestError` naming the field at fault."""
        wire = decode(_REQUEST, body)
        if wire.max_tokens < 0:  # 0 fills the cache and answers nothing
            message = "`max_tokens` must be at least 0"
            raise BadRequestError(message, param="max_tokens")
        return _request(self.name, wire, body, wire.max_tokens)

    def splice(self, request: Request, edits: Edits) -> bytes:
        """Return the client's own bytes with only the model's name changed.

        Nothing else is ever asked for: `max_tokens` is required, and usage is always in the answer. Thoughts
        of other upstreams that wye sealed for the client are taken out: nobody there can open them.
        """
        if edits.model == request.model:
            return unsealed(request.body)
        return unsealed(replace(request.body, request.model_at, edits.model))

    def refuse_duplicates(self, request: Request) -> None:
        """Raise `BadRequestError` if a field that bounds the cost stands there twice."""
        refuse_duplicates(request.body, _BOUNDING_FIELDS)

    def usage(self, body: bytes) -> Usage | None:
        """Read the usage of a complete answer. Raises `ValueError` if it is no answer at all."""
        try:
            return _usage(body)
        except RecursionError:
            message = "the upstream's JSON is nested too deeply"
            raise ValueError(message) from None

    def relay(self, edits: Edits) -> MessagesRelay:  # noqa: ARG002  # nothing is asked for that it could take out
        """Return the reader of one streamed answer."""
        return MessagesRelay()

    def error(self, error: WyeError, request_id: str) -> bytes:
        """Encode an error answer's body."""
        return anthropic_errors.error_body(error, request_id)

    def error_event(self, error: WyeError, request_id: str, *, said: bool = True) -> bytes:  # noqa: ARG002  # it stands alone
        """Encode an error inside a stream that began with a 200."""
        return anthropic_errors.error_event(error, request_id)

    def read_request(self, body: bytes) -> Chat:
        """Decode a client's request. Raises `BadRequestError` naming the field at fault."""
        chat = anthropic_request.read_request(body)
        return opened(chat) if is_sealed(body) else chat

    def target(self, wire: Wire, *, stream: bool) -> bytes:  # noqa: ARG002  # both stand in the body
        """Return the path below an upstream's base path."""
        return _PATH

    def write_request(self, chat: Chat, wire: Wire) -> bytes:
        """Encode a request for an upstream. What the protocol has no word for is left out."""
        return anthropic_request.write_request(chat, wire)

    def read_answer(self, body: bytes, *, bare: bool = False) -> Answer:  # noqa: ARG002  # they cost little
        """Decode an upstream's whole answer. Raises `ValueError` if it is none."""
        return anthropic_answer.read_answer(body)

    def write_answer(self, answer: Answer) -> bytes:
        """Encode a whole answer for a client."""
        return anthropic_answer.write_answer(answer)

    def reader(self) -> MessagesReader:
        """Return the reader of one upstream stream."""
        return MessagesReader()

    def writer(self, *, want_usage: bool) -> MessagesWriter:  # noqa: ARG002  # usage is always there
        """Return the writer of one downstream stream."""
        return MessagesWriter()


def decode_count(name: str, body: bytes) -> Request:
    """Decode a request to count tokens: a message's, but for `max_tokens`. Raises `BadRequestError`."""
    return _request(name, decode(_COUNT, body), body, 1)


def _request(name: str, wire: _CountRequest, body: bytes, cap: int) -> Request:
    if not wire.messages:
        message = "`messages` must hold at least one message"
        raise BadRequestError(message, param="messages")
    kinds = _kinds_of_content(wire)
    return Request(
        protocol=name,
        operation=Operation.CHAT,
        model=wire.model,
        model_at=find_model(body),
        body=body,
        stream=bool(wire.stream),
        wants_usage=True,
        max_output_tokens=cap,
        needs=_needs(wire, kinds),
        unbounded=not kinds <= _TEXT_BLOCKS,
        unpriced=_unpriced(wire),
        steers=_steers(wire),
    )


def _kinds_of_content(wire: _CountRequest) -> set[str]:
    kinds: set[str] = set()
    contents = [message.content for message in wire.messages]
    for content in (*contents, wire.system):
        if not isinstance(content, list):
            continue
        for block in content:
            plain = block.type == "document" and block.source is not None and block.source.type == "text"
            kinds.add("text" if plain else block.type)
            if isinstance(block.content, list):
                kinds.update([inner.type for inner in block.content])
    return kinds


def _needs(wire: _CountRequest, kinds: set[str]) -> Needs:
    tools = bool(wire.tools)
    vision = "image" in kinds
    json = bool(wire.output_format or (wire.output_config and wire.output_config.format))
    return Needs(tools, vision, json) if tools or vision or json else _NO_NEEDS


def _unpriced(wire: _CountRequest) -> str:
    """Name what has a price of its own; empty = nothing does."""
    if wire.tools and not all(
        tool.type is None or tool.type.startswith(_CLIENT_TOOLS) for tool in wire.tools
    ):
        return "tools"
    apart = (wire.mcp_servers, wire.container, wire.inference_geo, wire.speed, wire.fallbacks)
    if (*apart, wire.service_tier, wire.context_management) == _ALL_LEFT_OUT:
        return ""
    if bytes(wire.service_tier) not in _PLAIN_TIERS:
        return "service_tier"
    if b"compact" in bytes(wire.context_management) or b"\\u" in bytes(wire.context_management):
        return "context_management"  # a summary is written beside the cap
    return _first(wire, _PRICED_APART)


def _steers(wire: _CountRequest) -> str:
    """Name the member by which the request would choose who else gets it; empty = there is none."""
    return _first(wire, _STEERING)


def _first(wire: _CountRequest, members: tuple[str, ...]) -> str:
    return next((name for name in members if bytes(getattr(wire, name)) not in _SET_TO_NOTHING), "")


def _usage(body: bytes) -> Usage | None:
    try:
        return to_usage(_ANSWER.decode(body).usage)
    except msgspec.ValidationError:
        _LOOSE_ANSWER.decode(body)  # an answer whose usage makes no sense is still an answer
        return None
