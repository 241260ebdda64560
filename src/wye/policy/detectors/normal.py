r"""Undo what hides an identifier from a rule, and remember where everything came from.

The rules:

- Compatibility forms fold (NFKC, Unicode annex 15): full-width, circled and mathematical letters and digits.
- What prints nothing goes: zero-width characters, soft hyphens, bidirectional marks, variation selectors, tags.
- Decimal digits of every script become ASCII digits.
- A letter that looks like a Latin one becomes it, where its word has Latin letters or digits as well (Unicode TS 39:
  mixed-script confusables). A word all in Cyrillic or Greek stays.
- Line ends and quotes that stand escaped in the text (`\n` in JSON inside of JSON) are white space.
- Every character of the result knows the stretch of the original it stands for.
"""

import base64
import binascii
import functools
import html
import itertools
import re
import unicodedata
from collections.abc import Iterator

import msgspec

from wye.policy.detectors.sieve import Lead, Plain, Seen

MAX_VIEWS = 512
"""Decoded segments read in one text: what a text can make us do is limited. A piece of 8 KB has no more."""
MAX_SEGMENT = 65_536
MAX_DEPTH = 3
"""How often what was decoded is decoded again."""
_LOOKS = str.maketrans(
    "АВЕКМНОРСТУХІЈЅЗаеорсухіјѕһԁɡΑΒΕΖΗΙΚΜΝΟΡΤΥΧαορνιı",
    "ABEKMHOPCTYXIJS3aeopcyxijshdgABEZHIKMNOPTYXaopvii",
)
_LIKE = re.compile(f"[{''.join(map(chr, _LOOKS))}]")
_WORD = re.compile(r"[\w@.]+")
_MIXED = re.compile(r"[A-Za-z0-9]")
_SPACED = re.compile(r"(?<![\w.])\d(?:[ \t._\-\u2013]{1,3}\d(?!\d)){5,40}(?!\w)")
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/_\-=])[A-Za-z0-9+/_\-]{16,}={0,2}(?![A-Za-z0-9+/_\-=])")
_ESCAPE = r"(?:%[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2}|&(?:#\d{2,6}|#x[0-9A-Fa-f]{2,5}|commat|period|hyphen|dash|num|plus|colon|lowbar|nbsp);)"
_ESCAPES = re.compile(_ESCAPE)
_ESCAPED = re.compile(rf"(?<![\w.+@\-])[\w.+@\-]*(?:{_ESCAPE}[\w.+@\-]*)+")
_NUMBERED = re.compile(r"(?:%|\\x)([0-9A-Fa-f]{2})|\\u([0-9A-Fa-f]{4})")
_HEX = re.compile(r"(?<![0-9A-Za-z])(?:[0-9A-Fa-f]{2}[ :]?){12,}(?![0-9A-Za-z])")
_DISGUISE = re.compile(
    "[^\x00-\xac\xae-\u0130\u0132-\u024f\u2010-\u2027\u2030-\u205e\u20a0-\u20bf\u2190-\u23ff\u2500-\u27bf]"
)
"""What is not Latin, punctuation or a sign; a soft hyphen and a dotless i."""
_SINGLE = {"½": "2", "¼": "4", "¾": "4", "№": "#", "º": "°"}
"""A character each, though NFKC has more, or a letter for a sign: most texts keep their places so."""
_WRITTEN = re.compile(r"(?<!\\)\\++(?:([nr])|t|(?=[\"']))")
"""White space, or a quote, as strings have it inside of strings."""
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
"""Letters of scripts that put no space between a word and a figure: Thai to Khmer, Chinese, Japanese, Korean."""
_CLOSE = re.compile(f"[{_UNSPACED}]")
_GLUED = re.compile(f"[{_UNSPACED}][0-9A-Za-z+(]|[0-9A-Za-z)][{_UNSPACED}]")
_STRESSED = re.compile(r"(?<!\w)_+[0-9+(]|[0-9]_+(?![^\W_])")
_GLUE = re.compile(f"[{_UNSPACED}]+|(?<![^\\W_])_+|_+(?![^\\W_])")
_DASH = re.compile("[\u2010\u2011\u2012\u2212\ufe63]")
"""Hyphens and minus signs, which look like the one of ASCII. The en dash stays: it joins what is apart."""
_ODD = re.compile("[^\x00-\x7f]+")
_ASCII_RUN = re.compile("[\x00-\x7f]+")
_PRINTABLE = 0.9
_EIGHT = re.compile(r"(?:\b[\dOoIlSB]|\|)(?:[ \-]?[\dOoIl|SB]){7}")
_LOOKALIKE = re.compile(r"(?<!\w)(?=[A-Za-z|]{0,34}\d)(?:[\dOoIl|SB][ \-]?){8,34}(?!\w)")
_DIGITS = str.maketrans("OoIl|SB", "0011158")


class View(msgspec.Struct, frozen=True):
    """A text to scan, and where each of its characters stands in the original.

    `places` has one entry a character and one more for the end; None = the same places. `whole` = any finding
    in it stands for this stretch of the original, since what is decoded has no places of its own.
    """

    text: str
    places: tuple[int, ...] | None = None
    ends: tuple[int, ...] | None = None
    whole: tuple[int, int] | None = None
    words: bool = False
    """Whether it has words, not figures alone."""

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """Return the stretch of the original that `text[start:end]` stands for. `start < end`."""
        if self.whole is not None:
            return self.whole
        if self.places is None or self.ends is None:
            return start, end
        return self.places[start], self.ends[end - 1]


def normal(text: str) -> View:
    """Return `text` with its disguises undone. ASCII has none of them and costs one test."""
    if "\\" in text:
        text = _WRITTEN.sub(_spaced, text)
    if text.isascii():
        return View(text)
    if _DISGUISE.search(text) is None and unicodedata.is_normalized("NFKC", text):
        return View(_DASH.sub("-", text))
    odd = set("".join(_ODD.findall(text)))
    if not any(map(_moves, odd)):
        made = text
        for char in odd:
            plain = _plain(char)
            if plain != char:
                made = made.replace(char, plain)
        if len(made) == len(text) and unicodedata.is_normalized("NFKC", made):
            return View(_DASH.sub("-", _latin(made)))  # a character for a character
    return _folded(text)


def _folded(text: str) -> View:
    """Return `text` folded one cluster after the other, where not every character becomes one."""
    out: list[str] = []
    places: list[int] = []
    ends: list[int] = []
    for start, end in _clusters(text):
        made = text[start:end]
        if made.isascii():
            out.append(made)
            places.extend(range(start, end))
            ends.extend(range(start + 1, end + 1))
            continue
        bare = made if made[0].isalpha() else _unmarked(made)
        folded = _SINGLE.get(bare) or unicodedata.normalize("NFKC", bare)
        kept = "".join(_digit(c) for c in folded if not _hidden(c))
        out.append(kept)
        places.extend([start] * len(kept))
        ends.extend([end] * len(kept))
    made = _DASH.sub("-", _latin("".join(out)))
    if made == text:
        return View(text)
    return View(made, tuple(places), tuple(ends))


LEADS = (Lead(_SPACED), Lead(_LOOKALIKE, _EIGHT), Lead(_BASE64), Lead(_HEX))


def views(view: View, seen: Seen | None = None) -> Iterator[View]:
    """Yield what else `view` could be read as.

    Figures loose from the words they are glued to, spaced ones closed up, base64 and %-escapes decoded.

    `seen` is its text, looked at by a sieve that has `LEADS`.
    """
    text = view.text
    seen = seen or Plain(text)
    if _glued(text):
        loose = _GLUE.sub(lambda one: ";" * len(one.group()), text)
        yield View(loose, view.places, view.ends, words=True)
    for match in seen.find(_SPACED):
        at = [place for place in range(*match.span()) if text[place].isdigit()]
        spans = [view.origin(place, place + 1) for place in at]
        starts, ends = tuple(start for start, _ in spans), tuple(end for _, end in spans)
        yield View("".join(text[place] for place in at), starts, ends)
    for match in seen.find(_LOOKALIKE):
        made = match.group().translate(_DIGITS)
        if made != match.group() and sum(map(str.isdigit, match.group())) >= len(made) // 2:
            spans = [view.origin(place, place + 1) for place in range(*match.span())]
            yield View(made, tuple(start for start, _ in spans), tuple(end for _, end in spans))
    yield from itertools.islice(_encoded(view, seen, MAX_DEPTH), MAX_VIEWS)


def _glued(text: str) -> bool:
    """Whether words and figures may touch. Quick where they do not."""
    if "_" in text and _STRESSED.search(text):
        return True
    return not text.isascii() and _CLOSE.search(text) is not None and _GLUED.search(text) is not None


def _spaced(match: re.Match[str]) -> str:
    return ("\n" if match[1] else " ") * len(match.group())


def _encoded(view: View, seen: Seen, depth: int) -> Iterator[View]:
    """Yield what is decoded from `view`, and what is decoded from that, `depth` times."""
    text = view.text
    for match in seen.find(_BASE64):
        yield from _deeper(_decoded(match.group()), view.origin(*match.span()), depth)
    for match in seen.find(_HEX):
        raw = bytes.fromhex(re.sub("[ :]", "", match.group()))
        yield from _deeper(_readable(raw), view.origin(*match.span()), depth)
    if ("%" in text or "&" in text or "\\" in text) and _ESCAPES.search(text):
        for match in _ESCAPED.finditer(text):
            made = _NUMBERED.sub(lambda one: chr(int(one[1] or one[2], 16)), html.unescape(match.group()))
            yield from _deeper(made, view.origin(*match.span()), depth)


def _deeper(decoded: str | None, whole: tuple[int, int], depth: int) -> Iterator[View]:
    if not decoded:
        return
    inner = View(normal(decoded).text, whole=whole, words=True)
    yield inner
    if depth > 1:
        yield from _encoded(inner, Plain(inner.text), depth - 1)


def _clusters(text: str) -> Iterator[tuple[int, int]]:
    """Yield a base character with the marks that combine with it; runs of ASCII come in one."""
    end = len(text)
    start = 0
    for match in _ASCII_RUN.finditer(text):
        if match.start() > start:
            yield from _marked(text, start, match.start())
        start = match.end()
        if start < end and unicodedata.combining(text[start]):
            start -= 1
        if start > match.start():
            yield match.start(), start
    if start < end:
        yield from _marked(text, start, end)


def _marked(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    for place in range(start + 1, end + 1):
        if place == end or not unicodedata.combining(text[place]):
            yield start, place
            start = place


def _unmarked(cluster: str) -> str:
    """Return what is marked without its marks: a figure struck through is a figure."""
    return "".join(char for char in cluster if not unicodedata.combining(char))


@functools.lru_cache(4096)
def _moves(char: str) -> bool:
    """Whether it goes, or may: so that what follows it stands elsewhere."""
    return _hidden(char) or unicodedata.combining(char) != 0


def _hidden(char: str) -> bool:
    return char > "\x7f" and (
        unicodedata.category(char) == "Cf" or "\ufe00" <= char <= "\ufe0f" or char == "\u034f"
    )


@functools.lru_cache(4096)
def _plain(char: str) -> str:
    """Return what a character is by itself, in one character where there is one."""
    return _SINGLE.get(char) or "".join(map(_digit, unicodedata.normalize("NFKC", char)))


def _digit(char: str) -> str:
    value = unicodedata.decimal(char, None) if char > "\x7f" else None
    return char if value is None else str(value)


def _latin(text: str) -> str:
    def fold(match: re.Match[str]) -> str:
        word = match.group()
        return word.translate(_LOOKS) if _MIXED.search(word) and not word.isascii() else word

    if text.isascii() or not _LIKE.search(text):
        return text
    return " ".join([part if part.isascii() else _WORD.sub(fold, part) for part in text.split(" ")])


def _decoded(segment: str) -> str | None:
    """Return the text in a base64 segment; None when it is not one, or not text."""
    body = segment[:MAX_SEGMENT].rstrip("=").translate(str.maketrans("-_", "+/"))
    if body.isalpha() and (body.islower() or body.isupper()):
        return None
    try:
        return _readable(base64.b64decode(body + "=" * (-len(body) % 4), validate=True))
    except binascii.Error:
        return None


def _readable(raw: bytes) -> str | None:
    """Return `raw` as text, UTF-8 or UTF-16; None when it is none."""
    wide = len(raw) > 1 and raw.count(0, 1) * 3 > len(raw)
    try:
        text = raw.decode("utf-16-le" if wide else "utf-8", "ignore" if wide else "strict")
    except UnicodeDecodeError:
        return None
    readable = sum(c.isprintable() or c.isspace() for c in text)
    return text if text and readable >= _PRINTABLE * len(text) else None
