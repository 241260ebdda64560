"""Content blocks of Anthropic Messages, in both directions.

Source: Anthropic API reference, "Messages", `ContentBlockParam` and `ContentBlock`. A block that is not
known, or that only Anthropic has (server-side tools, MCP), becomes an `Opaque` whole.

Where a block holds an object of which only a part is known (`source`, `cache_control`, `citations`), the rest
of that object is in the block's `extras` under the object's name.
"""

import base64
import binascii
import re
from collections.abc import Iterable
from typing import Any

import msgspec

from wye.core.chat import (
    CacheMark,
    Citation,
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
from wye.protocols.seal import CITED, seal
from wye.protocols.wire.arguments import arguments_of
from wye.protocols.wire.fields import Fields, overlay

NAME = "anthropic_messages"
_PLACES = {
    "char_location": ("", "document_title"),
    "page_location": ("", "document_title"),
    "content_block_location": ("", "document_title"),
    "web_search_result_location": ("url", "title"),
    "search_result_location": ("source", "title"),
}
"""Kind of citation -> the members that hold what `Citation` calls `url` and `title`."""
_FOUND = "search_result"
"""Where the block stands whole in the `extras` of its text."""
_FOREIGN_PLACE = "web_search_result_location"
_NOT_IN_IDS = re.compile(r"[^a-zA-Z0-9_-]")
_ARGUMENTS = msgspec.json.Decoder(dict[str, msgspec.Raw])


def read_content(fields: Fields, name: str) -> tuple[Part, ...]:
    """Take a member that is a string or a list of blocks."""
    if fields.kind(name) is str:
        return (Text(text=fields.text(name)),)
    return tuple(read_part(block) for block in fields.many(name))


def read_part(block: Fields) -> Part:  # noqa: PLR0911  # a table of kinds
    """Read one content block."""
    whole = dict(block.rest())
    kind = block.word("type")
    match kind:
        case "text":
            return Text(
                text=block.word("text"),
                cache=take_cache(block),
                citations=tuple(read_citation(one) for one in block.many("citations")),
                extras=block.rest(),
            )
        case "search_result" if (found := _read_found(block, whole)) is not None:
            return found
        case "image" | "document" if (source := _read_source(block)) is not None:
            return _image(block, source) if kind == "image" else _document(block, source)
        case "tool_use":
            arguments = block.take("input")
            return ToolCall(
                id=block.word("id"),
                name=block.word("name"),
                arguments="{}" if arguments is None else msgspec.json.encode(arguments).decode(),
                cache=take_cache(block),
                extras=block.rest(),
            )
        case "tool_result":
            return _tool_result(block)
        case "thinking":
            text, signature = block.text("thinking"), block.text("signature")
            origin = NAME if signature else ""  # not all that speak Messages sign
            return Reasoning(text=text, signature=signature, origin=origin, extras=block.rest())
        case "redacted_thinking":
            return Reasoning(encrypted=block.word("data"), origin=NAME, extras=block.rest())
    return Opaque(protocol=NAME, kind=kind, value=whole)


def _read_found(block: Fields, whole: Extras) -> Text | None:
    """Read what a client's own search found, as text below where it is from; None = it is more than text."""
    text = _plain(whole.get("content"))
    if text is None:
        return None
    told = [block.text("title"), block.text("source"), text]
    found = "\n\n".join(one for one in told if one)
    return Text(text=found, cache=take_cache(block), extras={_FOUND: whole})


def _image(block: Fields, source: Source) -> Image:
    return Image(source=source, cache=take_cache(block), extras=block.rest())


def _document(block: Fields, source: Source) -> Document:
    cite = block.fields("citations")
    enabled = bool(cite and cite.flag("enabled"))
    block.put_back("citations", cite.rest() if cite else {})
    return Document(
        source=source,
        title=block.text("title"),
        context=block.text("context"),
        cite=enabled,
        cache=take_cache(block),
        extras=block.rest(),
    )


def _tool_result(block: Fields) -> ToolResult:
    parts = []
    for part in read_content(block, "content"):
        if not isinstance(part, Text | Image | Document | Opaque):
            block.refuse("content", "holds a block that no result may hold")
        parts.append(part)
    return ToolResult(
        call_id=block.word("tool_use_id"),
        parts=tuple(parts),
        is_error=bool(block.flag("is_error")),
        cache=take_cache(block),
        extras=block.rest(),
    )


def _read_source(block: Fields) -> Source | None:
    """Take `source`; None leaves it there: a kind that is not known."""
    source = block.fields("source")
    if source is None:
        return None
    kind = source.word("type")
    match kind:
        case "base64":
            got = Source(kind="data", value=source.word("data"), media_type=source.text("media_type"))
        case "url":
            got = Source(kind="url", value=source.word("url"))
        case "file":
            got = Source(kind="file", value=source.word("file_id"))
        case "text":
            got = Source(kind="text", value=source.word("data"), media_type=source.text("media_type"))
        case "content":
            text = _plain(source.peek("content"))
            if text is None:
                return None
            block.put_back("source", {"type": "content", **source.rest()})
            return Source(kind="text", value=text, media_type="text/plain")
        case _:
            return None
    block.put_back("source", source.rest())
    return got


def _plain(content: object) -> str | None:
    """Return the text of a document's `content`; None if it is more than text."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return None
    texts = [one.get("text") for one in content if isinstance(one, dict) and one.get("type") == "text"]
    whole = len(texts) == len(content) and all(isinstance(text, str) for text in texts)
    return "\n\n".join(map(str, texts)) if whole else None


def take_cache(block: Fields) -> CacheMark | None:
    """Take `cache_control`."""
    mark = block.fields("cache_control")
    if mark is None:
        return None
    kind, ttl = mark.word("type"), mark.text("ttl")
    other = {} if kind == "ephemeral" else {"type": kind}
    block.put_back("cache_control", other | mark.rest())
    return CacheMark(ttl=ttl)


def read_citation(place: Fields) -> Citation:
    """Read one citation. Where in the *source* it stands (pages, characters, blocks) is in `extras`."""
    kind = place.peek("type")
    url, title = _PLACES.get(kind, ("", "")) if isinstance(kind, str) else ("", "")
    return Citation(
        url=place.text(url) if url else "",
        title=place.text(title) if title else "",
        text=place.text("cited_text"),
        extras=place.rest(),
    )


def write_parts(parts: Iterable[Part]) -> list[Extras]:
    """Encode blocks. What Anthropic has no word for is left out."""
    return [block for part in parts if (block := write_part(part)) is not None]


def write_part(part: Part) -> Extras | None:  # noqa: C901  # a table of kinds
    """Encode one block; None = Anthropic has none for it."""
    block: Extras
    match part:
        case Text():
            block = {"type": "text", "text": part.text}
            if part.citations:
                block["citations"] = [write_citation(citation) for citation in part.citations]
        case Image() | Document():
            block = _write_medium(part)
        case ToolCall():
            block = {
                "type": "tool_use",
                "id": clean_id(part.id),
                "name": part.name,
                "input": arguments_of(part),
            }
        case ToolResult():
            block = {"type": "tool_result", "tool_use_id": clean_id(part.call_id)}
            if part.parts:
                block["content"] = compact(write_parts(part.parts))
            if part.is_error:
                block["is_error"] = True
        case Reasoning():
            return _write_reasoning(part)
        case Refusal():
            return {"type": "text", "text": part.text}
        case Opaque(protocol=protocol):
            return part.value if protocol == NAME else None
        case _:
            return None
    if part.cache is not None:
        block["cache_control"] = write_cache(part.cache)
    return _restore(block, part.extras)


def _restore(block: Extras, extras: Extras) -> Extras:
    found, source = extras.get(_FOUND), extras.get("source")
    if isinstance(found, dict) and found.get("type") == _FOUND:
        return found
    if isinstance(source, dict) and "type" in source:  # a document of blocks: what was read is only its text
        block.pop("source", None)
    return overlay(block, extras)


def _write_medium(part: Image | Document) -> Extras:
    source = _write_source(part.source)
    if isinstance(part, Image):
        return {"type": "image", "source": source}
    block: Extras = {"type": "document", "source": source}
    if part.title:
        block["title"] = part.title
    if part.context:
        block["context"] = part.context
    if part.cite:
        block["citations"] = {"enabled": True}
    return block


def _write_source(source: Source) -> Extras:
    match source.kind:
        case "url":
            return {"type": "url", "url": source.value}
        case "file":
            return {"type": "file", "file_id": source.value}
        case "text":
            return {"type": "text", "media_type": source.media_type or "text/plain", "data": source.value}
    if source.media_type.startswith("text/"):  # Anthropic takes base64 for pictures and PDF only
        try:
            text = base64.b64decode(source.value, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            text = None  # the upstream shall say what is wrong with it
        if text is not None:
            return {"type": "text", "media_type": "text/plain", "data": text}
    return {"type": "base64", "media_type": source.media_type, "data": source.value}


def _write_reasoning(part: Reasoning) -> Extras | None:
    """Encode a thought. What another protocol signed is sealed, to come back in the next request."""
    if part.origin == NAME and part.encrypted:
        return overlay({"type": "redacted_thinking", "data": part.encrypted}, part.extras)
    text = part.text or "\n\n".join(part.summary)
    signature = part.signature
    if is_foreign(part):
        signature = seal(part)
    elif part.origin != NAME:
        signature = ""
    return overlay({"type": "thinking", "thinking": text, "signature": signature}, part.extras)


def is_foreign(thought: Reasoning) -> bool:
    """Tell whether another protocol signed a thought, which only that can read."""
    return thought.origin != NAME and bool(thought.signature or thought.encrypted)


def write_citation(citation: Citation) -> Extras:
    """Encode one citation. One from another protocol becomes a web search's, marked as such."""
    kind = citation.extras.get("type")
    url, title = _PLACES.get(kind, ("", "")) if kind else _PLACES[_FOREIGN_PLACE]
    place: Extras = {"cited_text": citation.text} if citation.text or not kind else {}
    if url and (citation.url or not kind):
        place[url] = citation.url
    if title and (citation.title or not kind):
        place[title] = citation.title
    if not kind:
        place |= {"type": _FOREIGN_PLACE, "encrypted_index": CITED}
    return overlay(place, citation.extras)


def write_cache(mark: CacheMark) -> dict[str, Any]:
    """Encode `cache_control`."""
    return {"type": "ephemeral", "ttl": mark.ttl} if mark.ttl else {"type": "ephemeral"}


def compact(blocks: list[Extras]) -> list[Extras] | str:
    """Say a single block of nothing but text as a string."""
    if len(blocks) == 1 and blocks[0].keys() == {"type", "text"} and blocks[0]["type"] == "text":
        return str(blocks[0]["text"])
    return blocks


def clean_id(call_id: str) -> str:
    """Return a call's id in the letters that Anthropic takes."""
    return _NOT_IN_IDS.sub("_", call_id)
