"""Google's Gemini API, verbatim. Which model is asked, and for what, stands in the path.

Source: Gemini API reference, "Generating content": `generateContent`, `streamGenerateContent`; ProtoJSON,
which takes every member in two spellings.
"""

from collections.abc import Callable
from typing import TypeVar

import msgspec

from wye.core.errors import BadRequestError, WyeError
from wye.core.request import Needs, Operation, Request
from wye.core.usage import Usage
from wye.protocols import gemini_errors
from wye.protocols.codec import Edits
from wye.protocols.decoding import decode
from wye.protocols.gemini_dialect import path_of
from wye.protocols.gemini_framing import ARRAY, EVENTS, Framing
from wye.protocols.gemini_names import snake
from wye.protocols.gemini_numbers import integer
from wye.protocols.gemini_parts import NAME
from wye.protocols.gemini_relay import GeminiRelay
from wye.protocols.gemini_usage import WireUsage, to_usage
from wye.protocols.toplevel import change, members

ARRAY_NAME = "gemini_array"
"""`Request.protocol` where the client wants its stream as a JSON array."""
ANSWERS = frozenset({"candidates", "promptFeedback", "usageMetadata"})
"""Members of which an answer has one."""
MOST_CHARACTERS = 256
"""Of a model's name: it is written into records and logs."""

_TEXT_PARTS = frozenset(
    {"text", "thought", "thoughtSignature", "functionCall", "functionResponse", "partMetadata"}
    | {"executableCode", "codeExecutionResult", "toolCall", "toolResponse"}
)
_BOUNDED_PARTS = _TEXT_PARTS | {snake(name) for name in _TEXT_PARTS}
"""Members of parts that have no more tokens than bytes, if what they hold has none either."""
_MEDIA = ("inlineData", "inline_data", "fileData", "file_data")
_SEEN = (b"image/", b"video/")
_RESULTS = ("functionResponse", "function_response")
_DECLARED = ("functionDeclarations", "function_declarations")
_ELSEWHERE = frozenset(
    {"mcpServers", "mcp_servers", "retrieval"}
    | {"parallelAiSearch", "parallel_ai_search", "exaAiSearch", "exa_ai_search"}
)
"""Tools by which a request names who else gets to see it."""
_PRICED_APART = (
    *("cachedContent", "serviceTier"),
    *("responseModalities", "speechConfig", "imageConfig", "routingConfig", "modelSelectionConfig"),
)
_PLAIN = {
    "serviceTier": (b'"standard"', b'"STANDARD"', b'"SERVICE_TIER_STANDARD"', b'"unspecified"'),
    "responseModalities": (b'["TEXT"]', b"[]"),
}
"""Values that cost nothing apart."""
_BOUNDING = ("contents", "tools", "systemInstruction", "generationConfig", "cachedContent", "serviceTier")
_BOUNDING_CONFIG = ("maxOutputTokens", "candidateCount", "responseModalities", "speechConfig")
_NULL = b"null"
T = TypeVar("T")
_NO_NEEDS = Needs()
_SPACE = b" \t\r\n"
_Members = dict[str, msgspec.Raw]


class _Content(msgspec.Struct):
    parts: list[_Members] | _Members | None = None


class _Answer(msgspec.Struct):
    candidates: msgspec.Raw = msgspec.Raw()
    promptFeedback: msgspec.Raw = msgspec.Raw()  # noqa: N815  # the API's name
    usageMetadata: WireUsage | None = None  # noqa: N815  # the API's name


_OBJECT = msgspec.json.Decoder(_Members)
_CONTENTS = msgspec.json.Decoder(list[_Content] | _Content)
_CONTENT = msgspec.json.Decoder(_Content)
_TOOLS = msgspec.json.Decoder(list[_Members] | _Members)
_ANY = msgspec.json.Decoder()
_ANSWER = msgspec.json.Decoder(_Answer)


class Gemini:
    """The codec of one request. `sse`: a stream comes as events, else as the elements of a JSON array."""

    name = NAME
    operation = Operation.CHAT
    request_id_headers = ("x-request-id",)
    estimate = None
    __slots__ = ("_framing", "_model", "_stream", "heartbeat", "mark", "stream_type")

    def __init__(self, model: str, *, stream: bool = False, sse: bool = True) -> None:
        self._model = model
        self._stream = stream
        self._framing: Framing = EVENTS if sse or not stream else ARRAY
        self.stream_type = self._framing.content_type
        self.heartbeat = self._framing.heartbeat
        self.mark = self._framing.mark

    def path(self, model: str) -> bytes:
        """Return the path, with its query, below an upstream's base path."""
        if not self._stream:
            return path_of(model, b"generateContent")
        return path_of(
            model, b"streamGenerateContent?alt=sse" if self._framing is EVENTS else b"streamGenerateContent"
        )

    def decode(self, body: bytes) -> Request:
        """Decode a request. Raises `BadRequestError` naming the field at fault."""
        protocol = NAME if self._framing is EVENTS else ARRAY_NAME
        return read_request(protocol, self._model, decode(_OBJECT, body), body, stream=self._stream)

    def splice(self, request: Request, edits: Edits) -> bytes:
        """Return the client's own bytes with only the cap put in, where one is needed."""
        if edits.output_cap is None:
            return request.body
        cap = b"%d" % edits.output_cap
        return _change(
            request.body, "generationConfig", lambda config: _change(config, "maxOutputTokens", lambda _: cap)
        )

    def refuse_duplicates(self, request: Request) -> None:
        """Raise `BadRequestError` if a field that bounds the cost stands there twice, or in other letters."""
        refuse_duplicates(request.body)

    def usage(self, body: bytes) -> Usage | None:
        """Read the usage of a complete answer. Raises `ValueError` if it is no answer at all."""
        try:
            answer = _ANSWER.decode(body)
        except msgspec.ValidationError:
            if not ANSWERS & _OBJECT.decode(body).keys():
                raise
            return None  # an answer whose usage makes no sense is still an answer
        if not (bytes(answer.candidates) or bytes(answer.promptFeedback) or answer.usageMetadata):
            message = "no `candidates`"
            raise ValueError(message)
        return to_usage(answer.usageMetadata)

    def relay(self, edits: Edits) -> GeminiRelay:  # noqa: ARG002  # nothing is asked for that it could take out
        """Return the reader of one streamed answer."""
        return GeminiRelay(self._framing)

    def error(self, error: WyeError, request_id: str) -> bytes:
        """Encode an error answer's body: in a list where an array was asked for."""
        told = gemini_errors.error_body(error, request_id)
        return told if self._framing is EVENTS else b"[%b]" % told

    def error_event(self, error: WyeError, request_id: str) -> bytes:
        """Encode an error inside a stream that began with a 200."""
        return self._framing.error(gemini_errors.error_body(error, request_id), first=False)


def read_request(protocol: str, model: str, asked: _Members, body: bytes, *, stream: bool) -> Request:
    """Return the request whose members are `asked`. Raises `BadRequestError` naming the field at fault."""
    if len(model) > MOST_CHARACTERS:
        message = f"the model's name must not be longer than {MOST_CHARACTERS} characters"
        raise BadRequestError(message, param="model")
    contents = _list(_read(asked, "contents", _CONTENTS))
    if not contents:
        message = "`contents` must hold at least one content"
        raise BadRequestError(message, param="contents")
    system: _Content | None = _read(asked, "systemInstruction", _CONTENT)
    tools = _list(_read(asked, "tools", _TOOLS))
    config: _Members = _read(asked, "generationConfig", _OBJECT) or {}
    kinds, seen = _kinds([*contents, system] if system else contents)
    return Request(
        protocol=protocol,
        operation=Operation.CHAT,
        model=model,
        body=body,
        stream=stream,
        wants_usage=True,
        max_output_tokens=_count(config, "maxOutputTokens"),
        choices=_count(config, "candidateCount") or 1,
        needs=_needs(tools, config, seen=seen),
        unbounded=not kinds <= _BOUNDED_PARTS,
        unpriced=_unpriced(asked, tools, config),
        steers=next((f"tools.{name}" for tool in tools for name in tool if name in _ELSEWHERE), ""),
    )


def read_members(asked: _Members, name: str) -> _Members | None:
    """Return the members of one of `asked`; None = it is left out."""
    return _read(asked, name, _OBJECT)


def _pick(asked: _Members, name: str) -> bytes:
    """Return a member in whichever spelling it stands there; empty = it is left out, or null."""
    spelled = [one for one in dict.fromkeys((name, snake(name))) if one in asked]
    if len(spelled) > 1:
        message = f"`{name}` stands there in two spellings"
        raise BadRequestError(message, param=name)
    value = bytes(asked[spelled[0]]) if spelled else b""
    return b"" if value == _NULL else value


def _read(asked: _Members, name: str, decoder: msgspec.json.Decoder[T]) -> T | None:
    value = _pick(asked, name)
    if not value:
        return None
    try:
        return decode(decoder, value)
    except BadRequestError as error:
        path = f"{name}{error.param}" if (error.param or "").startswith("[") else name
        message = f"`{path}`: {error.message.rpartition('`: ')[2]}"
        raise BadRequestError(message, param=path) from None


def _list(value: list[T] | T | None) -> list[T]:
    """Return a list: the API takes the one element of a list without the brackets."""
    return [] if value is None else value if isinstance(value, list) else [value]


def _count(config: _Members, name: str) -> int | None:
    value = _read(config, name, _ANY)
    if value is None:
        return None
    count = integer(value)
    if count is None or count < 1:
        message = f"`generationConfig.{name}` must be an integer, and at least 1"
        raise BadRequestError(message, param=f"generationConfig.{name}")
    return count


def _kinds(contents: list[_Content]) -> tuple[set[str], bool]:
    """Return the members of all parts, and whether there is something to look at among them."""
    kinds: set[str] = set()
    seen = False
    for content in contents:
        for part in _list(content.parts):
            kinds.update(part)
            if len(part) == 1 and "text" in part:
                continue
            seen = seen or any(_is_seen(part[name]) for name in _MEDIA if name in part)
            for name in _RESULTS:
                if name in part and b'"parts"' in bytes(part[name]):
                    kinds.add("functionResponse.parts")
    return kinds, seen


def _is_seen(medium: msgspec.Raw) -> bool:
    try:
        told = _OBJECT.decode(medium)
    except msgspec.DecodeError:
        return False
    return _pick(told, "mimeType").lstrip(b'"').startswith(_SEEN)


def _needs(tools: list[_Members], config: _Members, *, seen: bool) -> Needs:
    called = any(name in tool for tool in tools for name in _DECLARED)
    shapes = ("responseSchema", "responseJsonSchema")
    json = _pick(config, "responseMimeType") == b'"application/json"' or any(
        _pick(config, name) for name in shapes
    )
    return Needs(called, seen, json) if called or seen or json else _NO_NEEDS


def _unpriced(asked: _Members, tools: list[_Members], config: _Members) -> str:
    """Name what has a price of its own; empty = nothing does."""
    if any(name not in _DECLARED for tool in tools for name in tool):
        return "tools"
    for holder in (asked, config):
        for name in _PRICED_APART if holder else ():
            value = _pick(holder, name).translate(None, _SPACE)
            if value and value not in _PLAIN.get(name, ()):
                return name
    return ""


def _change(body: bytes, name: str, value: Callable[[bytes], bytes]) -> bytes:
    """Give a member the value `value(old)`, in the spelling it stands there."""
    spelled = snake(name) if any(member.key == snake(name) for member in members(body)) else name
    return change(body, spelled, lambda old: value(b"{}" if old == _NULL else old))


def refuse_duplicates(body: bytes, bounding: tuple[str, ...] = _BOUNDING) -> None:
    """Raise `BadRequestError` if one of `bounding` stands there twice, or in other letters."""
    names = {name.casefold(): name for name in bounding}
    seen: set[str] = set()
    for member in members(body):
        name = names.get(member.key.replace("_", "").casefold())
        if name is None:
            continue
        if name in seen or member.key not in (name, snake(name)):
            how = "more than once" if name in seen else "in other letters"
            message = f"`{name}` stands there {how}"
            raise BadRequestError(message, param=name)
        seen.add(name)
        if name == "generationConfig" and body.startswith(b"{", member.start):
            refuse_duplicates(body[member.start : member.end], _BOUNDING_CONFIG)
