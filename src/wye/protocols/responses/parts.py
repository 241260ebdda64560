"""Content parts of OpenAI Responses, both ways. Source: OpenAI API reference, "Create a model response".

An item of the conversation becomes a part, or several. What an item says of itself beyond that (`id`,
`phase`, `role`) is in the first part's `extras` under `ITEM`, which also marks where an item begins.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

from wye.core.chat import (
    Audio,
    CacheMark,
    Citation,
    Document,
    Extras,
    Image,
    Opaque,
    Part,
    Refusal,
    Source,
    Text,
)
from wye.protocols.openai.data_url import read_url, write_url
from wye.protocols.wire.fields import FieldError, Fields, overlay

NAME = "openai_responses"
ITEM = "item"
_CACHE = "prompt_cache_breakpoint"
_URL_CITATION = "url_citation"


def read_content(fields: Fields, name: str) -> list[Part]:
    """Take an item's content: text, or a list of parts."""
    if fields.kind(name) is str:
        return [Text(text=fields.text(name))]
    return [read_part(one) for one in fields.many(name)]


def read_part(fields: Fields) -> Part:
    """Read one content part. What is not known becomes `Opaque`."""
    whole = dict(fields.rest())
    kind = fields.word("type")
    reader = _READERS.get(kind)
    return reader(fields) if reader else Opaque(protocol=NAME, kind=kind, value=whole, within=True)


def _input_text(fields: Fields) -> Text:
    return Text(text=fields.word("text"), cache=_read_cache(fields), extras=fields.rest())


def _output_text(fields: Fields) -> Text:
    text, citations = fields.word("text"), tuple(map(read_annotation, fields.many("annotations")))
    if fields.peek("logprobs") == []:
        fields.take("logprobs")
    return Text(text=text, citations=citations, extras=fields.rest())


def _refusal(fields: Fields) -> Refusal:
    return Refusal(text=fields.word("refusal"), extras=fields.rest())


def _read_cache(fields: Fields) -> CacheMark | None:
    mark = fields.peek(_CACHE)
    if mark != {"mode": "explicit"}:
        return None
    fields.take(_CACHE)
    return CacheMark()


def _image(fields: Fields) -> Image:
    url, file = fields.text("image_url"), fields.text("file_id")
    if not url and not file:
        raise FieldError(fields.path, "must hold `image_url` or `file_id`")
    source = read_url(url) if url else Source(kind="file", value=file)
    detail, cache = fields.text("detail"), _read_cache(fields)
    return Image(source=source, detail=detail, cache=cache, extras=fields.rest())


def _file(fields: Fields) -> Document:
    data, url, file = fields.text("file_data"), fields.text("file_url"), fields.text("file_id")
    if data:
        source = read_url(data)
    elif url:
        source = Source(kind="url", value=url)
    elif file:
        source = Source(kind="file", value=file)
    else:
        raise FieldError(fields.path, "must hold `file_data`, `file_url` or `file_id`")
    title, cache = fields.text("filename"), _read_cache(fields)
    return Document(source=source, title=title, cache=cache, extras=fields.rest())


def _audio(fields: Fields) -> Audio:
    sound = fields.fields("input_audio")
    if sound is None:
        raise FieldError(fields.at("input_audio"), "is required")
    source = Source(kind="data", value=sound.word("data"), media_type=f"audio/{sound.word('format')}")
    fields.put_back("input_audio", sound.rest())
    return Audio(source=source, extras=fields.rest())


_READERS: dict[str, Callable[[Fields], Part]] = {
    "input_text": _input_text,
    "text": _input_text,
    "output_text": _output_text,
    "refusal": _refusal,
    "input_image": _image,
    "input_file": _file,
    "input_audio": _audio,
}


def read_annotation(fields: Fields) -> Citation:
    """Read one annotation. Of what cites no page of the web, `extras` say the kind."""
    if fields.peek("type") != _URL_CITATION:
        return Citation(title=fields.text("filename"), extras=fields.rest())
    fields.take("type")
    return Citation(
        url=fields.text("url"),
        title=fields.text("title"),
        start=fields.integer("start_index"),
        end=fields.integer("end_index"),
        extras=fields.rest(),
    )


def write_annotation(citation: Citation, length: int) -> Extras | None:
    """Write one citation; None = there are no words for it. `length`: of the text it supports, so far."""
    if "type" in citation.extras:
        return ({"filename": citation.title} if citation.title else {}) | citation.extras
    if not citation.url:
        return None  # a place in the request's own documents
    written = {
        "type": _URL_CITATION,
        "url": citation.url,
        "title": citation.title,
        "start_index": citation.start or 0,
        "end_index": length if citation.end is None else citation.end,
    }
    return written | citation.extras


def write_input(part: Part) -> Extras | None:
    """Write one part of what a model is told; None = there are no words for it."""
    written: Extras | None = None
    match part:
        case Text():
            written = _marked({"type": "input_text", "text": part.text}, part.cache)
        case Image():
            written = _marked(_write_image(part), part.cache)
        case Document():
            written = _marked(_write_document(part), part.cache)
        case Audio(source=Source(kind="data")):
            sound = {"data": part.source.value, "format": part.source.media_type.removeprefix("audio/")}
            written = {"type": "input_audio", "input_audio": sound}
        case Opaque(protocol="openai_responses"):
            return part.value
        case _:
            return None
    return overlay(written, known_extras(part.extras))


def write_said(part: Part) -> Extras:
    """Write one part of what a model said."""
    match part:
        case Text():
            told = [write_annotation(one, len(part.text)) for one in part.citations]
            annotations = [one for one in told if one is not None]
            written: Extras = {"type": "output_text", "text": part.text, "annotations": annotations}
        case Refusal():
            written = {"type": "refusal", "refusal": part.text}
        case Opaque():
            return part.value
        case _:
            message = f"a {type(part).__name__} is not said"
            raise TypeError(message)
    return overlay(written, known_extras(part.extras))


def grouped(parts: Iterable[Part]) -> Iterator[list[Part]]:
    """Yield what makes one item each: what is said in a row, unless it was several messages; else a part."""
    said: list[Part] = []
    for part in parts:
        is_said = isinstance(part, Text | Refusal) or (isinstance(part, Opaque) and part.within)
        if said and (not is_said or ITEM in getattr(part, "extras", {})):
            yield said
            said = []
        if is_said:
            said.append(part)
        else:
            yield [part]
    if said:
        yield said


def identity_of(extras: Extras) -> Extras:
    """Return what `extras` say of the item a part stood in."""
    told = extras.get(ITEM)
    return told if isinstance(told, dict) else {}  # on the wire anything may have that name


def known_extras(extras: Extras) -> Extras:
    """Return what `extras` say of the part itself, and not of the item it stood in."""
    return {name: one for name, one in extras.items() if name != ITEM}


def _write_image(part: Image) -> Extras:
    written: Extras = {"type": "input_image", "detail": part.detail or "auto"}
    if part.source.kind == "file":
        return written | {"file_id": part.source.value}
    return written | {"image_url": write_url(part.source)}


def _write_document(part: Document) -> Extras:
    name = {"filename": part.title} if part.title else {}
    match part.source.kind:
        case "file":
            return {"type": "input_file", "file_id": part.source.value} | name
        case "url":
            return {"type": "input_file", "file_url": part.source.value} | name
        case "text":
            text = f"{part.title}\n\n{part.source.value}" if part.title else part.source.value
            return {"type": "input_text", "text": text}
    kind = "txt" if part.source.media_type.startswith("text/") else "pdf"
    named = name or {"filename": f"document.{kind}"}  # what the file is, is read from its name
    return {"type": "input_file", "file_data": write_url(part.source)} | named


def _marked(written: Extras, cache: CacheMark | None) -> Extras:
    return written if cache is None else written | {_CACHE: {"mode": "explicit"}}


def write_content(parts: Sequence[Part]) -> str | list[Extras]:
    """Write what a model is told: plain text where that is all there is."""
    if len(parts) == 1 and isinstance(parts[0], Text) and not parts[0].cache:
        text = parts[0]
        if not known_extras(text.extras):
            return text.text
    return written_inputs(parts)


def written_inputs(parts: Iterable[Part]) -> list[Extras]:
    """Write parts of what a model is told. What there are no words for is left out."""
    return [written for part in parts if (written := write_input(part)) is not None]
