"""Parts of Gemini's `Content`, in both directions.

Source: Gemini API reference, "Generating content", `Part`; its guides on thinking, thought signatures and
function calling. A part that only Gemini has (code execution, its own tools' calls, video, a kind to come)
becomes an `Opaque` whole. Where a part holds an object of which only some members are known (`functionCall`,
`inlineData`), the rest of that object is in the part's `extras` under the object's name.
"""

import hashlib
import re
from collections import defaultdict, deque
from collections.abc import Iterable
from typing import Any

import msgspec

from wye.core.chat import (
    Audio,
    Document,
    Extras,
    Image,
    Opaque,
    Part,
    Reasoning,
    Refusal,
    Source,
    Text,
    ToolCall,
    ToolResult,
)
from wye.protocols.seal import seal
from wye.protocols.wire.arguments import arguments_of
from wye.protocols.wire.fields import FieldError, Fields, overlay

NAME = "gemini"
MINTED = "call_gemini_"
"""How ids begin that wye gave to calls which had none."""

_KINDS = frozenset(
    {"text", "inlineData", "fileData", "functionCall", "functionResponse"}
    | {"executableCode", "codeExecutionResult", "toolCall", "toolResponse"}
)
"""Members of which a part has one."""
_BESIDE = frozenset(
    {"thought", "thoughtSignature", "videoMetadata", "mediaResolution", "partMetadata", "mediaProcessing"}
)
_FILES = re.compile(r"gs://|files/|https://generativelanguage\.googleapis\.com/")
"""How URIs begin that mean something to Google alone."""
_TYPES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "gif": "image/gif",
    "pdf": "application/pdf",
    "txt": "text/plain",
    "mp3": "audio/mp3",
    "wav": "audio/wav",
}
_URL_SAFE = str.maketrans("-_", "+/")
_OBJECT = msgspec.json.Decoder(dict[str, Any])


class Calls:
    """Ids of the tool calls of a conversation or an answer, where Gemini left them out.

    They come from `seed` and the order of the calls, so the same bytes always give the same ids.
    """

    def __init__(self, seed: str = "") -> None:
        digest = hashlib.blake2s(seed.encode("utf-8", "replace"), digest_size=6).hexdigest()
        self._prefix = f"{MINTED}{digest}_" if seed else MINTED
        self._count = 0
        self._waiting: defaultdict[str, deque[str]] = defaultdict(deque)

    def called(self, identity: str, name: str) -> str:
        """Return the id of the next call, and wait for its result."""
        if not identity:
            identity = f"{self._prefix}{self._count}"
            self._count += 1
        self._waiting[name].append(identity)
        return identity

    def answered(self, identity: str, name: str) -> str:
        """Return the id of the call that a result belongs to: without one, the oldest of its name."""
        waiting = self._waiting[name]
        if not identity:
            return waiting.popleft() if waiting else self.called("", "")
        if identity in waiting:
            waiting.remove(identity)
        return identity


def read_parts(content: Fields, calls: Calls) -> tuple[Part, ...]:
    """Take the parts of a `Content`. Raises `FieldError`."""
    return tuple(read_part(one, calls) for one in content.many("parts"))


def read_part(part: Fields, calls: Calls) -> Part:
    """Read one part."""
    members = part.rest()
    kind = kind_of(members)
    thought = members.get("thought") is True
    if kind == "text":
        return _text(part, thought=thought)
    if not thought:
        match kind:
            case "functionCall":
                return _call(part, calls)
            case "functionResponse":
                return _result(part, calls)
            case "inlineData" | "fileData" if (medium := _medium(part, kind)) is not None:
                return medium
    return Opaque(protocol=NAME, kind=kind, value=dict(members))


def kind_of(members: Extras) -> str:
    """Return which member says what a part is; one that says nothing is an empty text."""
    kinds = [name for name in members if name in _KINDS]
    if len(kinds) == 1:
        return kinds[0]
    unheard = [name for name in members if name not in _BESIDE]
    return ",".join(unheard) if unheard else "text"


def _text(part: Fields, *, thought: bool) -> Text | Reasoning:
    text, signature = part.text("text"), part.text("thoughtSignature")
    part.flag("thought")
    if thought:
        origin = NAME if signature else ""  # unsigned, any model may have thought it
        return Reasoning(text=text, signature=signature, origin=origin, extras=part.rest())
    return Text(text=text, signature=signature, extras=part.rest())


def _call(part: Fields, calls: Calls) -> ToolCall:
    call = part.fields("functionCall") or Fields({})
    name, arguments = call.word("name"), call.object("args")
    identity = calls.called(call.text("id"), name)
    signature = part.text("thoughtSignature")
    part.put_back("functionCall", call.rest())
    return ToolCall(
        id=identity,
        name=name,
        arguments=msgspec.json.encode(arguments or {}).decode(),
        signature=signature,
        extras=part.rest(),
    )


def _result(part: Fields, calls: Calls) -> ToolResult:
    result = part.fields("functionResponse") or Fields({})
    name = result.word("name")
    identity = calls.answered(result.text("id"), name)
    told = result.object("response")
    parts: list[Any] = [] if told is None else [Text(text=_told(told))]
    for inner in result.many("parts"):
        read = read_part(inner, calls)
        if not isinstance(read, Text | Image | Document | Audio | Opaque):
            raise FieldError(inner.path, "is nothing that a result may hold")
        parts.append(read)
    part.put_back("functionResponse", result.rest())
    return ToolResult(
        call_id=identity,
        name=name,
        parts=tuple(parts),
        is_error=told is not None and "error" in told,
        extras=part.rest(),
    )


def _told(response: Extras) -> str:
    """Return what a function said: the text of `output` or `error` where that is all, else the JSON."""
    if len(response) == 1:
        ((name, value),) = response.items()
        if name in ("output", "error") and isinstance(value, str) and _object(value) is None:
            return value
    return msgspec.json.encode(response).decode()


def _object(text: str) -> Extras | None:
    if text.lstrip()[:1] != "{":
        return None
    try:
        return _OBJECT.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return None


def _medium(part: Fields, kind: str) -> Image | Audio | Document | None:
    """Take data or a file; None leaves it there: it has no canonical kind, as video has none."""
    told = part.peek(kind)
    held = Fields(told, part.at(kind))
    media_type = held.text("mimeType")
    source = _source(held, kind, media_type)
    family = media_type.partition("/")[0].lower()
    if source is None or family not in ("image", "audio", "application", "text"):
        return None
    part.take(kind)
    title = held.text("displayName") if family in ("application", "text") else ""
    part.put_back(kind, held.rest())
    if family == "image":
        return Image(source=source, extras=part.rest())
    if family == "audio":
        return Audio(source=source, extras=part.rest())
    return Document(source=source, title=title, extras=part.rest())


def _source(held: Fields, kind: str, media_type: str) -> Source | None:
    if kind == "inlineData":
        return Source(kind="data", value=standard_base64(held.word("data")), media_type=media_type)
    uri = held.word("fileUri")
    if _FILES.match(uri):
        return Source(kind="file", value=uri, media_type=media_type)
    return Source(kind="url", value=uri, media_type=media_type) if uri.startswith("http") else None


def standard_base64(data: str) -> str:
    """Return data in the alphabet that everyone reads; ProtoJSON takes the URL-safe one as well."""
    if "-" in data or "_" in data:
        data = data.translate(_URL_SAFE)
    return data + "=" * (-len(data) % 4)


def write_parts(parts: Iterable[Part], *, own: bool) -> list[Extras]:
    """Encode parts. What Gemini has no word for is left out."""
    return [written for part in parts if (written := write_part(part, own=own)) is not None]


def write_part(part: Part, *, own: bool) -> Extras | None:
    """Encode one part; None = Gemini has none for it. `own`: ids that wye minted are left out again."""
    written: Extras
    match part:
        case Text() | Refusal():
            written = {"text": part.text}
        case Reasoning():
            written = {"text": part.text or "\n\n".join(part.summary), "thought": True}
        case ToolCall():
            written = {"functionCall": _named(part.id, part.name, own=own) | {"args": arguments_of(part)}}
        case ToolResult():
            written = {"functionResponse": _write_result(part, own=own)}
        case Image() | Audio() | Document():
            written = _write_medium(part, own=own)
        case Opaque(protocol=protocol):
            return part.value if protocol == NAME else None
    signature = signature_of(part)
    if signature:
        written["thoughtSignature"] = signature
    return overlay(written, part.extras)


def signature_of(part: Part) -> str:
    """Return what is written as a part's signature; empty = none.

    What another protocol signed is sealed: its client shall give it back.
    """
    match part:
        case Text() | ToolCall():
            return part.signature
        case Reasoning(origin="gemini"):
            return part.signature
        case Reasoning() if part.signature or part.encrypted:
            return seal(part)
    return ""


def _named(identity: str, name: str, *, own: bool) -> Extras:
    minted = own and identity.startswith(MINTED)
    return {"name": name} if minted or not identity else {"id": identity, "name": name}


def _write_result(result: ToolResult, *, own: bool) -> Extras:
    texts = [part.text for part in result.parts if isinstance(part, Text)]
    written = _named(result.call_id, result.name, own=own)
    if texts or not own:
        written["response"] = _write_told("\n".join(texts), is_error=result.is_error)
    rest = write_parts([part for part in result.parts if not isinstance(part, Text)], own=own)
    if rest:
        written["parts"] = rest
    return written


def _write_told(text: str, *, is_error: bool) -> Extras:
    response = _object(text)
    if response is not None and (not is_error or "error" in response):
        return response
    return {"error" if is_error else "output": text}


def _write_medium(part: Image | Audio | Document, *, own: bool) -> Extras:
    source, title = part.source, part.title if isinstance(part, Document) else ""
    if source.kind == "text":
        return {"text": f"{title}\n\n{source.value}" if title else source.value}
    media_type = source.media_type
    if not media_type and source.kind == "url":  # Gemini has to be told what is there
        media_type = _TYPES.get(source.value.partition("?")[0].rpartition(".")[2].lower(), "")
    written: Extras = {"mimeType": media_type} if media_type else {}
    if own and title:  # others' titles are left out: of the API's kinds only Vertex's knows them
        written["displayName"] = title
    if source.kind == "data":
        return {"inlineData": written | {"data": source.value}}
    return {"fileData": written | {"fileUri": source.value}}
