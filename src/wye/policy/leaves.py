"""What a request's body says: every string of it that may hold content, and how to change some of them.

One pass over the bytes, since a decoder would keep one of two members that have the same name, and an
upstream may read the other. Rules:

- All strings are content but protocol words: roles, types, ids and the like, where they look like such.
- Beneath a member that no protocol is known to nest its own words in, everything is content, names too.
- A string that is JSON itself (tool arguments) is gone into: each of its strings is a leaf of its own.
- Numbers of five digits or more are content as well: arguments carry identifiers as numbers.

Source: RFC 8259. Pure; works on bytes that a codec has accepted.
"""

import json
import re
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import NamedTuple

import msgspec

from wye.policy.members import called

MAX_DEPTH = 200
"""Objects and arrays within each other."""
MAX_INNER = 4
"""JSON in strings of JSON in strings: what lies deeper is one leaf, as it stands there."""
MIN_MEDIA = 64
"""Characters that a picture surely has; fewer are text, whatever they are called."""


class Step(Enum):
    """A step of a path that is no member's name and no item's place."""

    NAME = "name"
    """To the name of the member in place of its value."""
    JSON = "json"
    """Into a string that holds JSON."""


_Types = dict["Path", set[bytes]]
"""What objects say that they are: more than one word where one says it twice."""
Path = tuple[str | int | Step, ...]
"""Names of members and places of items. After a name that stood there before in the same object: -1 for the
second of that name, -2 for the third."""


class Leaf(NamedTuple):
    """A piece of content and where it stands."""

    path: Path
    text: str
    media: bool = False
    """It holds or names a picture, sound or file, whose content is not in `text` as anything to read."""
    sealed: bool = False
    """A model's server sealed it for itself: base64 as a signature, or as the `data` of a thought."""


class _Found(NamedTuple):
    path: Path
    start: int
    end: int
    text: str
    media: bool


_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"([ \t\r\n]*+:)?|[{}\[\],]|-?[0-9][-+.0-9eE]*+', re.DOTALL)
_NUMBER = re.compile(rb"-?[0-9]{5,}(?:\.0+)?")
"""With a fraction of nothing, too: so a table with gaps spells the numbers of a column."""
_LISTED = re.compile(rb"-?[0-9]{7,}(?:\.0+)?")
"""An item of an array: tokens given by their numbers are shorter."""
_WORD = re.compile(rb"[A-Za-z][A-Za-z0-9_./:+-]{0,255}")
_MEMBER = re.compile(r"[A-Za-z_]{1,40}")
_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/_=-"
_SPELLED = re.compile(rb"\\/|\\[nrt]|[ \t\r\n]+")
"""Base64 in lines, and as encoders spell it that escape `/`."""
_DATA_URL = re.compile(rb"data:(?:[^,\\]|\\/){0,256};base64,", re.IGNORECASE)
"""A file in a text's place (RFC 2397), whatever the member is called."""
_STRING = msgspec.json.Decoder(str)
_ANY = msgspec.json.Decoder(list[msgspec.Raw] | dict[str, msgspec.Raw])
_QUOTE, _COMMA, _BRACKET = b'",['
_OPENING = frozenset(b"{[")
_CLOSING = frozenset(b"}]")

_PARTS = """
messages content tool_calls function function_call tools system contents parts source image_url input_audio
file reasoning thinking tool_choice response_format text format stream_options output summary cache_control
generationConfig thinkingConfig toolConfig functionCallingConfig safetySettings systemInstruction
system_instruction inlineData inline_data fileData file_data functionCall functionResponse
functionDeclarations json_schema include modalities audio options images video_url audio_url
"""
_NESTING = frozenset(_PARTS.split())
"""Members whose objects and arrays hold a protocol's own words. `input` is one at the top only."""
_CHOICES = """
model role type id object status tool_call_id call_id tool_use_id item_id previous_response_id effort
reasoning_effort verbosity detail media_type mimeType mime_type encoding_format service_tier tool_choice
truncation include modalities voice format mode category threshold responseMimeType response_mime_type
prompt_cache_retention phase
"""
_WORDS = frozenset(_CHOICES.split())
"""Members whose strings are a protocol's words, if they look like such."""
_SIGNED = frozenset({"signature", "thoughtSignature", "thought_signature", "encrypted_content"})
UNREAD = _WORDS | _SIGNED
"""Members whose strings no leaf holds, where they look as a protocol has them."""
_THOUGHTS = frozenset({b"redacted_thinking", b"reasoning.encrypted"})
"""Types of objects whose `data` its server alone can read."""
_UNTOLD = {b""}
_DATA = frozenset({"data", "file_data", "images", "input_audio", "result"})
_LINKS = "url image_url video_url audio_url document_url file_url fileUri file_uri file_id"
_ELSEWHERE = frozenset(_LINKS.split())


_DIGIT = re.compile(r"\d")
_SHORT = 64
_FREE = frozenset({"input", "arguments", "args", "response", "metadata"})
"""Members beneath which names are the caller's own."""
_PROMPTS = frozenset({"prompt", "input"})
_PROMPT = re.compile(rb'"(?:prompt|input|[^"]{0,40}\\u[^"]{0,40})"\s*:\s*\[')
_ITEM = re.compile(rb"[\[,]\s*-?\d")


def in_numbers(body: bytes) -> bool:
    """Whether a text is given as the numbers of its tokens (Completions, embeddings), which nobody reads.

    Anywhere in the lists, as servers differ in what they take (`["a", [101, 202]]`); a member that stands
    there twice is looked at twice. Raises `ValueError` for what is no JSON.
    """
    if not (_PROMPT.search(body) and _ITEM.search(body)):  # most bodies: nothing is decoded
        return False
    top = json.loads(body, object_pairs_hook=tuple)
    return isinstance(top, tuple) and any(name in _PROMPTS and _has_number(value) for name, value in top)


def _has_number(value: object) -> bool:
    """Whether a list holds a number, itself or in a list of its own."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting += one
        elif isinstance(one, int | float) and not isinstance(one, bool):
            return True
    return False


class _Level:
    """An object or array that is open."""

    __slots__ = ("array", "free", "name", "path", "place", "seen", "step")

    def __init__(self, path: Path, name: str, *, array: bool, free: bool) -> None:
        self.path = path
        self.array = array
        self.free = free
        """Everything in it is content."""
        self.name = name
        """The member that is being read; an array's items are read as the member it is."""
        self.seen: dict[str, int] = {}
        self.place = 0
        self.step: Path = (0,) if array else ()

    def item(self) -> None:
        """Go on to the next item."""
        self.place += 1
        self.step = (self.place,)

    def named(self, name: str) -> None:
        """Go on to the member `name`."""
        before = self.seen[name] = self.seen.get(name, -1) + 1
        self.name = name
        self.step = (name, -before) if before else (name,)

    def opened(self, *, array: bool, depth: int) -> "_Level":
        """Return the object or array that begins here."""
        if depth > MAX_DEPTH:
            message = f"more than {MAX_DEPTH} objects and arrays within each other"
            raise ValueError(message)
        free = self.free
        if not free and not self.array and self.step:
            free = self.name not in _NESTING and not (self.name == "input" and not self.path)
        return _Level(self.path + self.step, self.name if array else "", array=array, free=free)


def asked(leaf: Leaf) -> tuple[int, str]:
    """Return what a detector is asked to read, and how much of its beginning is not the leaf's.

    A short text has the name of its member before it where that says what it is (`surname: Rose`), or where
    it has digits (`ssn: 219`).
    """
    text = leaf.text
    if len(text) > _SHORT or leaf.path[-1:] == (Step.NAME,):
        return 0, text
    name = next((step for step in reversed(leaf.path) if isinstance(step, str)), "")
    told = called(name) if _is_free(leaf.path) else ""
    if not told:
        if not _DIGIT.search(text):
            return 0, text
        told = name
    return len(told) + 2, f"{told}: {text}"


def _is_free(path: Path) -> bool:
    """Whether something that no protocol knows stands there: arguments of tools, their results, metadata."""
    return Step.JSON in path or not _FREE.isdisjoint(path[:-1])


def leaves(body: bytes) -> list[Leaf]:
    """Return the content of `body`, in order. Raises `ValueError` if it is no JSON, or nested too deep."""
    types: _Types = {}
    found = _leaves(body, (), MAX_INNER, free=False, types=types)
    return [leaf._replace(sealed=True) if _is_sealed(leaf, types) else leaf for leaf in [*found]]


def replace(body: bytes, texts: Mapping[Path, str]) -> bytes:
    """Return `body` with `texts` in place of the leaves at those paths; every other byte stays.

    A leaf whose text is the same stays as it is spelled. A number becomes a string. Raises `KeyError` where
    `body` has no such leaf, and `ValueError` as `leaves` does.
    """
    return _replaced(body, texts, free=False)


def _replaced(body: bytes, texts: Mapping[Path, str], *, free: bool) -> bytes:
    plain: dict[Path, str] = {}
    inner: dict[Path, dict[Path, str]] = {}
    for path, text in texts.items():
        if Step.JSON in path:
            into = path.index(Step.JSON)
            inner.setdefault(path[:into], {})[path[into + 1 :]] = text
        else:
            plain[path] = text
    pieces: list[bytes] = []
    at = 0
    for found in _strings(body, free=free):
        if found.path in inner:
            new = _replaced(found.text.encode(), inner.pop(found.path), free=True).decode()
        else:
            new = plain.pop(found.path, found.text)
        if new != found.text:
            pieces += body[at : found.start], _encoded(new)
            at = found.end
    for left in (*plain, *inner):
        raise KeyError(left)
    return b"".join((*pieces, body[at:]))


def _is_sealed(leaf: Leaf, types: _Types) -> bool:
    name = leaf.path[-1] if leaf.path else None
    protocols = leaf.path[1:] if leaf.path[:1] == ("input",) else leaf.path
    if _is_free(protocols):  # a tool's `signature` is nobody's seal
        return False
    thought = name == "data" and _THOUGHTS.issuperset(types.get(leaf.path[:-1], _UNTOLD))
    return (thought or name in _SIGNED) and not leaf.text.encode("utf-8", "replace").translate(None, _BASE64)


def _leaves(
    body: bytes, above: Path, inner: int, *, free: bool, types: _Types | None = None
) -> Iterator[Leaf]:
    for path, _, _, text, media in _strings(body, free=free, types=types):
        if inner and not media and _holds_json(text):
            yield from _leaves(text.encode(), (*above, *path, Step.JSON), inner - 1, free=True)
        else:
            yield Leaf(above + path, text, media)


def _strings(body: bytes, *, free: bool, types: _Types | None = None) -> Iterator[_Found]:
    """Yield what is content and not empty. The whole of `body` lies at `()`. `types` is filled."""
    level = _Level((), "", array=False, free=free)
    outer: list[_Level] = []
    for token in _TOKEN.finditer(body):
        start = token.start()
        first = body[start]
        if first == _QUOTE:
            found = _string(level, body, token, types)
            if found is not None:
                yield found
        elif first == _COMMA:
            if level.array:
                level.item()
        elif first in _OPENING:
            outer.append(level)
            level = level.opened(array=first == _BRACKET, depth=len(outer))
        elif first in _CLOSING:
            if not outer:
                message = "not JSON"
                raise ValueError(message)
            level = outer.pop()
        elif (_LISTED if level.array else _NUMBER).fullmatch(body, start, token.end()):
            yield _Found(level.path + level.step, start, token.end(), token[0].decode(), media=False)


def _string(level: _Level, body: bytes, token: re.Match[bytes], types: _Types | None) -> _Found | None:
    start, end = token.span()
    name_end = token.start(1)
    if name_end < 0:
        if types is not None and level.name == "type" and not level.array:
            types.setdefault(level.path, set()).add(token[0][1:-1])
        kind = _kind(level, body[start + 1 : end - 1])
        return None if kind is None else _Found(level.path + level.step, start, end, _text(token[0]), kind)
    name = _text(body[start:name_end])
    level.named(name)
    if not name or (not level.free and _MEMBER.fullmatch(name)):
        return None
    return _Found((*level.path, *level.step, Step.NAME), start, name_end, name, media=False)


def _kind(level: _Level, raw: bytes) -> bool | None:
    """Whether what stands between a string's quotes is media; None = it is no content."""
    name = level.name
    if not raw:
        return None
    if level.free:
        return _is_file(raw)
    if name in _WORDS and _WORD.fullmatch(raw):
        return None
    if name in _SIGNED and not raw.translate(None, _BASE64):
        return None
    return name in _ELSEWHERE or _is_file(raw) or (name in _DATA and _is_base64(raw))


def _is_file(raw: bytes) -> bool:
    return len(raw) >= MIN_MEDIA and _DATA_URL.match(raw) is not None


def _is_base64(raw: bytes) -> bool:
    return len(raw) >= MIN_MEDIA and not _SPELLED.sub(b"", raw).translate(None, _BASE64)


def _holds_json(text: str) -> bool:
    first = text.lstrip(" \t\r\n")[:1]
    if not first or first not in "{[":
        return False
    try:
        _ANY.decode(text)
    except (ValueError, RecursionError):
        return False
    return True


def _text(string: bytes) -> str:
    """Read a string with its quotes. Half a surrogate pair and bytes that are no UTF-8 stay recognisable."""
    try:
        return _STRING.decode(string)
    except ValueError:
        read: str = json.loads(string.decode("utf-8", "surrogateescape"), strict=False)
        return read


def _encoded(text: str) -> bytes:
    try:
        return msgspec.json.encode(text)
    except UnicodeEncodeError:
        return json.dumps(text).encode()
