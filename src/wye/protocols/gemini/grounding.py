"""Where passages of a Gemini answer come from: `groundingMetadata` and `citationMetadata`, as citations.

Source: Gemini API reference, "Generating content", `GroundingMetadata`, `Segment`, `CitationMetadata`; the
guide "Grounding with Google Search". A segment counts bytes of UTF-8, a `Citation` characters.
"""

from collections.abc import Iterator, Mapping, Sequence

from wye.core.chat import Citation, Extras, Part, Text
from wye.protocols.wire.fields import Fields

_WEB, _RETRIEVED = "web", "retrievedContext"
_SOURCES = (_WEB, _RETRIEVED, "maps")
"""What a chunk may be."""


class Measured:
    """A text whose bytes and characters are told apart."""

    def __init__(self, text: str) -> None:
        self._bytes = None if text.isascii() else text.encode("utf-8", "replace")
        self._text = text

    def character(self, byte: int) -> int:
        """Return which character stands at byte number `byte`."""
        return byte if self._bytes is None else len(self._bytes[:byte].decode("utf-8", "ignore"))

    def byte(self, character: int) -> int:
        """Return which byte the character number `character` begins at."""
        return character if self._bytes is None else len(self._text[:character].encode("utf-8", "replace"))


def read_citations(candidate: Mapping[str, object], parts: Sequence[Part]) -> dict[int, tuple[Citation, ...]]:
    """Return the citations of each text, by its place among `parts`. Raises `FieldError`."""
    found: dict[int, list[Citation]] = {}
    first = next((at for at, part in enumerate(parts) if isinstance(part, Text) and part.text), None)
    if first is None:
        return {}
    for at, citation in _cited(candidate):
        place = at if at is not None and at < len(parts) and isinstance(parts[at], Text) else first
        found.setdefault(place, []).append(citation)
    texts = {at: Measured(part.text) for at in found if isinstance(part := parts[at], Text)}
    return {at: tuple(_in_characters(one, texts[at]) for one in cited) for at, cited in found.items()}


def _cited(candidate: Mapping[str, object]) -> Iterator[tuple[int | None, Citation]]:
    grounding = candidate.get("groundingMetadata")
    if grounding is not None:
        yield from _grounded(Fields(grounding, "groundingMetadata"))
    quoted = candidate.get("citationMetadata")
    if quoted is not None:
        told = Fields(quoted, "citationMetadata")
        for one in (*told.many("citationSources"), *told.many("citations")):
            start, end = one.integer("startIndex") or 0, one.integer("endIndex")
            yield None, Citation(url=one.text("uri"), title=one.text("title"), start=start, end=end)


def _grounded(grounding: Fields) -> Iterator[tuple[int | None, Citation]]:
    chunks = [_chunk(one) for one in grounding.many("groundingChunks")]
    cited: set[int] = set()
    for support in grounding.many("groundingSupports"):
        segment = support.fields("segment") or Fields({})
        part, start, end = (segment.integer(name) for name in ("partIndex", "startIndex", "endIndex"))
        for number in support.take("groundingChunkIndices") or ():
            if isinstance(number, int) and 0 <= number < len(chunks):
                cited.add(number)
                url, title, text = chunks[number]
                yield part or 0, Citation(url=url, title=title, text=text, start=start or 0, end=end)
    for number, (url, title, text) in enumerate(chunks):
        if number not in cited:
            yield None, Citation(url=url, title=title, text=text)


def _chunk(one: Fields) -> tuple[str, str, str]:
    for kind in _SOURCES:
        source = one.fields(kind)
        if source is not None:
            return source.text("uri"), source.text("title"), source.text("text")
    return "", "", ""


def _in_characters(citation: Citation, text: Measured) -> Citation:
    if citation.start is None:
        return citation
    end = None if citation.end is None else text.character(citation.end)
    start = text.character(citation.start)
    return Citation(url=citation.url, title=citation.title, text=citation.text, start=start, end=end)


def write_citations(texts: Mapping[int, tuple[str, Sequence[Citation]]]) -> Extras:
    """Return `groundingMetadata` for texts and their citations, by the text's place among the parts."""
    chunks: list[Extras] = []
    supports: list[Extras] = []
    for at, (text, citations) in texts.items():
        measured = Measured(text)
        for citation in citations:
            start = 0 if citation.start is None else citation.start
            end = len(text) if citation.end is None else citation.end
            segment = {
                "partIndex": at,
                "startIndex": measured.byte(start),
                "endIndex": measured.byte(end),
                "text": text[start:end],
            }
            chunk = _write_chunk(citation)
            if chunk not in chunks:
                chunks.append(chunk)
            supports.append({"segment": segment, "groundingChunkIndices": [chunks.index(chunk)]})
    return {"groundingChunks": chunks, "groundingSupports": supports} if chunks else {}


def _write_chunk(citation: Citation) -> Extras:
    told = {"uri": citation.url, "title": citation.title}
    kind = _WEB
    if citation.text or not citation.url:  # a search's result has no text there
        kind, told = _RETRIEVED, told | {"text": citation.text}
    return {kind: {name: value for name, value in told.items() if value}}
