"""The pieces of an OpenAI Chat message, both ways: content parts, thoughts, tool calls, citations.

Sources: OpenAI API reference "Create chat completion". For thoughts, which OpenAI's own Chat does not show:
DeepSeek (`reasoning_content`), vLLM, Groq and OpenRouter (`reasoning`, `reasoning_details`), Mistral (content
parts of type `thinking`). For cache markers: OpenRouter (`cache_control`).
"""

from collections.abc import Callable, Sequence
from typing import Any

from wye.core.chat import (
    Audio,
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
)
from wye.protocols.chat.thoughts import NAME, read_reasoning
from wye.protocols.openai.data_url import read_url, write_url
from wye.protocols.wire.fields import FieldError, Fields, overlay


def read_content(fields: Fields, name: str) -> list[Part]:
    """Take a message's content: text, or a list of parts."""
    if fields.kind(name) is str:
        return [Text(text=fields.text(name))]
    return [read_part(one) for one in fields.many(name)]


def read_said(message: Fields) -> list[Part]:
    """Take what an assistant message thinks and says, without its tool calls. Empty text says nothing."""
    content = [part for part in read_content(message, "content") if part != Text(text="")]
    refusal = message.text("refusal")
    return [*read_reasoning(message), *content, *([Refusal(text=refusal)] if refusal else [])]


def read_part(fields: Fields) -> Part:
    """Read one content part. What is not known becomes `Opaque`."""
    whole = dict(fields.rest())
    kind = fields.word("type")
    reader = _READERS.get(kind)
    return reader(fields) if reader else Opaque(protocol=NAME, kind=kind, value=whole)


def _text(fields: Fields) -> Text:
    return Text(text=fields.word("text"), cache=read_cache(fields), extras=fields.rest())


def _refusal(fields: Fields) -> Refusal:
    return Refusal(text=fields.word("refusal"), extras=fields.rest())


def _thinking(fields: Fields) -> Reasoning:
    return Reasoning(text=_thoughts(fields), extras=fields.rest())


def read_cache(fields: Fields) -> CacheMark | None:
    """Take the marker up to which the client wants its prompt cached."""
    mark = fields.fields("cache_control")
    if mark is None:
        return None
    mark.word("type")
    return CacheMark(ttl=mark.text("ttl"))


def _thoughts(fields: Fields) -> str:
    if fields.kind("thinking") is str:
        return fields.text("thinking")
    return "".join(one.text("text") for one in fields.many("thinking"))


def _image(fields: Fields) -> Image:
    url = _inner(fields, "image_url")
    source, detail = read_url(url.word("url")), url.text("detail")
    return Image(
        source=source, detail=detail, cache=read_cache(fields), extras=_both(fields, "image_url", url)
    )


def _audio(fields: Fields) -> Audio:
    sound = _inner(fields, "input_audio")
    source = Source(kind="data", value=sound.word("data"), media_type=f"audio/{sound.word('format')}")
    return Audio(source=source, extras=_both(fields, "input_audio", sound))


def _file(fields: Fields) -> Document:
    file = _inner(fields, "file")
    data, identity, title = file.text("file_data"), file.text("file_id"), file.text("filename")
    if not data and not identity:
        raise FieldError(file.path, "must hold `file_data` or `file_id`")
    source = read_url(data) if data else Source(kind="file", value=identity)
    return Document(source=source, title=title, cache=read_cache(fields), extras=_both(fields, "file", file))


_READERS: dict[str, Callable[[Fields], Part]] = {
    "text": _text,
    "refusal": _refusal,
    "thinking": _thinking,
    "image_url": _image,
    "input_audio": _audio,
    "file": _file,
}


def _both(fields: Fields, name: str, inner: Fields) -> Extras:
    """Return what is left of a part and, under `name`, of the object in it."""
    rest = inner.rest()
    return fields.rest() | ({name: rest} if rest else {})


def _inner(fields: Fields, name: str) -> Fields:
    inner = fields.fields(name)
    if inner is None:
        raise fields.wrong(name, "is required")
    return inner


def write_part(part: Part) -> Extras | None:
    """Write one content part; None = Chat has no words for it."""
    written: Extras | None = None
    match part:
        case Text():
            written = _marked({"type": "text", "text": part.text}, part.cache)
        case Refusal():
            written = {"type": "refusal", "refusal": part.text}
        case Image(source=Source(kind="data" | "url")):
            url = {"url": write_url(part.source)} | ({"detail": part.detail} if part.detail else {})
            written = _marked({"type": "image_url", "image_url": url}, part.cache)
        case Audio(source=Source(kind="data")):
            sound = {"data": part.source.value, "format": part.source.media_type.removeprefix("audio/")}
            written = {"type": "input_audio", "input_audio": sound}
        case Document():
            written = _document(part)
        case Opaque(protocol="openai_chat"):
            return part.value
        case _:
            return None
    return None if written is None else overlay(written, part.extras)


def _document(part: Document) -> Extras | None:
    name = {"filename": part.title} if part.title else {}
    match part.source.kind:
        case "data":
            file = {"file_data": write_url(part.source)} | name
        case "file":
            file = {"file_id": part.source.value} | name
        case "text":
            text = f"{part.title}\n\n{part.source.value}" if part.title else part.source.value
            return {"type": "text", "text": text}
        case "url":
            return None
    return _marked({"type": "file", "file": file}, part.cache)


def _marked(written: Extras, cache: CacheMark | None) -> Extras:
    if cache is not None:
        written["cache_control"] = {"type": "ephemeral"} | ({"ttl": cache.ttl} if cache.ttl else {})
    return written


def write_content(parts: Sequence[Part]) -> str | list[Extras]:
    """Write a message's content: plain text where that is all there is."""
    if len(parts) == 1 and isinstance(parts[0], Text) and not parts[0].cache and not parts[0].extras:
        return parts[0].text
    return [written for part in parts if (written := write_part(part)) is not None]


def read_calls(message: Fields, fallback: str) -> list[ToolCall]:
    """Take the tool calls of an assistant message. A legacy `function_call` gets `fallback` for its id."""
    calls = [_call(one) for one in message.many("tool_calls")]
    legacy = message.fields("function_call")
    if legacy is not None:
        name, arguments = legacy.word("name"), legacy.text("arguments")
        calls.append(ToolCall(id=fallback, name=name, arguments=arguments, extras={"kind": "legacy"}))
    return calls


def _call(fields: Fields) -> ToolCall:
    kind = fields.text("type") or "function"
    fields.take("index")
    if kind not in ("function", "custom"):
        raise FieldError(fields.at("type"), "must be `function` or `custom`")
    custom = kind == "custom"
    inner = _inner(fields, kind)
    name, arguments = inner.word("name"), inner.text("input" if custom else "arguments")
    signature = take_signature(fields)
    return ToolCall(
        id=fields.text("id"),
        name=name,
        arguments=arguments,
        signature=signature,
        custom=custom,
        extras=_both(fields, kind, inner),
    )


def take_signature(call: Fields) -> str:
    """Take the signature of the thought behind a call, where Google's OpenAI-compatible API puts it."""
    outer = call.fields("extra_content")
    inner = outer.fields("google") if outer else None
    signature = inner.text("thought_signature") if inner else ""
    if outer and inner:
        outer.put_back("google", inner.rest())
    call.put_back("extra_content", outer.rest() if outer else {})
    return signature


def write_call(call: ToolCall) -> Extras:
    """Write one tool call."""
    if call.custom:
        written = {"type": "custom", "custom": {"name": call.name, "input": call.arguments}}
    else:
        written = {"type": "function", "function": {"name": call.name, "arguments": call.arguments}}
    if call.signature:
        written["extra_content"] = {"google": {"thought_signature": call.signature}}
    return overlay({"id": call.id} | written, call.extras)


def read_pictures(message: Fields) -> list[Image]:
    """Take the pictures of an answer, where OpenRouter and those who follow it put them (`images`)."""
    return [_image(one) for one in message.many("images") if one.text("type") == "image_url"]


def read_annotations(message: Fields) -> tuple[tuple[Citation, ...], list[Any]]:
    """Take the annotations of a message: those that cite the web, and the others as they are."""
    cited: list[Citation] = []
    others: list[Any] = []
    for one in message.many("annotations"):
        whole = dict(one.rest())
        source = one.fields("url_citation") if one.text("type") == "url_citation" else None
        if source is None:
            others.append(whole)
            continue
        cited.append(
            Citation(
                url=source.text("url"),
                title=source.text("title"),
                text=source.text("content"),
                start=source.integer("start_index"),
                end=source.integer("end_index"),
                extras=source.rest(),
            )
        )
    return tuple(cited), others


def write_citation(citation: Citation) -> Extras:
    """Write one citation as an annotation."""
    known = {
        "url": citation.url,
        "title": citation.title,
        "content": citation.text,
        "start_index": citation.start,
        "end_index": citation.end,
    }
    source = {name: value for name, value in known.items() if value not in ("", None)} | citation.extras
    return {"type": "url_citation", "url_citation": source}
