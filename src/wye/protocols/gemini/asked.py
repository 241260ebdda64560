"""What wye has to know of a Gemini request that it forwards, read without taking it apart.

Source: Gemini API reference, "Generating content", `GenerateContentRequest`; ProtoJSON, which takes every
member in two spellings.
"""

from typing import TypeVar

import msgspec

from wye.core.errors import BadRequestError
from wye.core.request import Needs, Operation, Request
from wye.protocols.gemini.names import snake
from wye.protocols.gemini.numbers import integer
from wye.protocols.wire.decoding import decode
from wye.protocols.wire.toplevel import members

BOUNDING = ("contents", "tools", "systemInstruction", "generationConfig", "cachedContent", "serviceTier")
"""Members of a request that bound its cost."""
BOUNDING_CONFIG = ("maxOutputTokens", "candidateCount", "responseModalities", "speechConfig")
"""Those of its `generationConfig`."""
MOST_CHARACTERS = 256
"""Of a model's name: it is written into records and logs."""

Members = dict[str, msgspec.Raw]
"""An object taken apart, but for what its members hold."""
T = TypeVar("T")

_TEXT_PARTS = frozenset(
    {"text", "thought", "thoughtSignature", "functionCall", "functionResponse", "partMetadata"}
    | {"executableCode", "codeExecutionResult", "toolCall", "toolResponse"}
)
_BOUNDED_PARTS = _TEXT_PARTS | {snake(name) for name in _TEXT_PARTS}
"""Members of parts that have no more tokens than bytes, if what they hold has none either."""
_JUST_TEXT = {"text"}
_MEDIA = ("inlineData", "inline_data", "fileData", "file_data")
_RESULTS = ("functionResponse", "function_response")
_SEEN = ("image/", "video/")
_DECLARED = frozenset({"functionDeclarations", "function_declarations"})
_ELSEWHERE = frozenset(
    {"mcpServers", "mcp_servers", "retrieval"}
    | {"parallelAiSearch", "parallel_ai_search", "exaAiSearch", "exa_ai_search"}
)
"""Tools by which a request names who else gets to see it."""
_OTHER_MODELS = ("routingConfig", "modelSelectionConfig")
"""Members of the config by which Vertex AI lets a request choose another model."""
_SHAPES = ("responseSchema", "responseJsonSchema")
_PLAIN: dict[str, tuple[bytes, ...]] = {
    "cachedContent": (),
    "serviceTier": (b'"standard"', b'"STANDARD"', b'"SERVICE_TIER_STANDARD"', b'"unspecified"'),
    "responseModalities": (b'["TEXT"]', b"[]"),
    "speechConfig": (),
    "imageConfig": (),
    **dict.fromkeys(_OTHER_MODELS, ()),
}
"""What has a price of its own -> values that have none."""
_NAMES = {
    snake(name): name
    for name in (*BOUNDING, *BOUNDING_CONFIG, *_PLAIN, *_SHAPES, "responseMimeType", "generateContentRequest")
}
_NULL = msgspec.Raw(b"null")
_SPACE = b" \t\r\n"
_NO_NEEDS = Needs()


class _Content(msgspec.Struct):
    parts: list[Members] | Members | None = None


class _Medium(msgspec.Struct):
    mimeType: str = ""  # noqa: N815  # the API's name
    mime_type: str = ""


OBJECT = msgspec.json.Decoder(Members)
_CONTENTS = msgspec.json.Decoder(list[_Content] | _Content)
_CONTENT = msgspec.json.Decoder(_Content)
_TOOLS = msgspec.json.Decoder(list[Members] | Members)
_WORD = msgspec.json.Decoder(str)
_NUMBER = msgspec.json.Decoder(int | float | str)
_MEDIUM = msgspec.json.Decoder(_Medium)


def read_request(protocol: str, model: str, asked: Members, body: bytes, *, stream: bool) -> Request:
    """Return the request whose members are `asked`. Raises `BadRequestError` naming the field at fault."""
    if len(model) > MOST_CHARACTERS:
        message = f"the model's name must not be longer than {MOST_CHARACTERS} characters"
        raise BadRequestError(message, param="model")
    asked = named(asked)
    contents = _list(typed(asked, "contents", _CONTENTS))
    if not contents:
        message = "`contents` must hold at least one content"
        raise BadRequestError(message, param="contents")
    system = typed(asked, "systemInstruction", _CONTENT)
    tools = _list(typed(asked, "tools", _TOOLS))
    config = named(typed(asked, "generationConfig", OBJECT) or {})
    bounded, seen = _content([*contents, system] if system else contents)
    return Request(
        protocol=protocol,
        operation=Operation.CHAT,
        model=model,
        body=body,
        stream=stream,
        wants_usage=True,
        max_output_tokens=_count(config, "maxOutputTokens"),
        choices=_count(config, "candidateCount") or 1,  # ProtoJSON's zero is "not stated"
        needs=_needs(tools, config, seen=seen),
        unbounded=not bounded,
        unpriced=_unpriced(asked, tools, config),
        steers=_steers(tools, config),
    )


def named(given: Members) -> Members:
    """Return members by the API's own names, without those that are null.

    Raises `BadRequestError` where one stands there in both spellings: parsers may disagree on which counts.
    """
    told: Members = {}
    for key, value in given.items():
        name = _NAMES.get(key, key)
        if name in told:
            message = f"`{name}` stands there in two spellings"
            raise BadRequestError(message, param=name)
        if value != _NULL:
            told[name] = value
    return told


def typed(asked: Members, name: str, decoder: msgspec.json.Decoder[T]) -> T | None:
    """Return a member as what `decoder` says; None = left out. Raises `BadRequestError` naming it."""
    value = asked.get(name)
    if value is None:
        return None
    try:
        return decoder.decode(value)
    except (msgspec.DecodeError, RecursionError):
        pass
    try:
        return decode(decoder, bytes(value))
    except BadRequestError as error:
        path = f"{name}{error.param}" if (error.param or "").startswith("[") else name
        message = f"`{path}`: {error.message.rpartition('`: ')[2]}"
        raise BadRequestError(message, param=path) from None


def refuse_duplicates(body: bytes, bounding: tuple[str, ...] = BOUNDING) -> None:
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
            refuse_duplicates(body[member.start : member.end], BOUNDING_CONFIG)


def _list(value: list[T] | T | None) -> list[T]:
    """Return a list: the API takes the one element of a list without the brackets."""
    return [] if value is None else value if isinstance(value, list) else [value]


def _count(config: Members, name: str) -> int | None:
    if name not in config:
        return None
    count = integer(typed(config, name, _NUMBER))
    if count is None or count < 0:
        message = f"`generationConfig.{name}` must be an integer, and at least 0"
        raise BadRequestError(message, param=f"generationConfig.{name}")
    return count


def _content(contents: list[_Content]) -> tuple[bool, bool]:
    """Tell whether all content has no more tokens than bytes, and whether there is something to look at."""
    bounded, seen = True, False
    for content in contents:
        for part in _list(content.parts):
            if part.keys() == _JUST_TEXT:
                continue
            held = [part[name] for name in _RESULTS if name in part]
            bounded = bounded and part.keys() <= _BOUNDED_PARTS
            bounded = bounded and not any(b'"parts"' in bytes(one) for one in held)
            seen = seen or any(_is_seen(part[name]) for name in _MEDIA if name in part)
    return bounded, seen


def _is_seen(medium: msgspec.Raw) -> bool:
    try:
        told = _MEDIUM.decode(medium)
    except (msgspec.DecodeError, RecursionError):
        return False
    return (told.mimeType or told.mime_type).startswith(_SEEN)


def _needs(tools: list[Members], config: Members, *, seen: bool) -> Needs:
    called = any(not _DECLARED.isdisjoint(tool) for tool in tools)
    json = typed(config, "responseMimeType", _WORD) == "application/json" if config else False
    json = json or any(name in config for name in _SHAPES)
    return Needs(called, seen, json) if called or seen or json else _NO_NEEDS


def _unpriced(asked: Members, tools: list[Members], config: Members) -> str:
    """Name what has a price of its own; empty = nothing does."""
    if any(not tool.keys() <= _DECLARED for tool in tools):
        return "tools"
    for holder in (asked, config):
        for name, value in holder.items():
            plain = _PLAIN.get(name)
            if plain is not None and bytes(value).translate(None, _SPACE) not in plain:
                return name
    return ""


def _steers(tools: list[Members], config: Members) -> str:
    """Name the field by which the request would choose who else answers it; empty = there is none."""
    elsewhere = [f"tools.{name}" for tool in tools for name in tool if name in _ELSEWHERE]
    elsewhere += [f"generationConfig.{name}" for name in _OTHER_MODELS if name in config]
    return elsewhere[0] if elsewhere else ""
