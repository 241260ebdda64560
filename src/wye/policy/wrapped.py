"""Long runs of base64 or hexadecimal within a text: what they say, or that nobody can read them.

A detector decodes short segments by itself. What is long is cut into pieces before it is looked at, and a
piece that begins in the middle of four characters decodes to nothing: so long runs are decoded here, whole.

Sources: RFC 4648, sections 4, 5 and 8; line breaks within a run as in RFC 2045, section 6.8.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Final

LONG: Final = 192
"""Characters of a long run. Shorter ones lie whole in one of the pieces, which overlap by more than this."""
_LINE: Final = re.compile(r"[A-Za-z0-9+/_\-]{16,}")
_GAP: Final = re.compile(r"[ \t>]{0,16}(?:[\r\n][\r\n \t>]{0,16}|(?:\\r)?\\(?=[rn]))")
"""Between two lines of a run: it may be indented, quoted, or broken as in a program's string. Padding
ends a run."""
_LAST: Final = re.compile(r"[A-Za-z0-9+/_\-]+")
_BREAKS: Final = re.compile(r"\\[rn]|[\s>=]+")
_FORMS: Final = (re.compile("[A-Z]"), re.compile("[a-z]"), re.compile("[0-9]"))
_HEX: Final = re.compile(r"[0-9a-fA-F]+")
_DISTINCT: Final = 16
"""Different characters of anything encoded. A ruler, a sequence of bases or a long number has fewer."""
_DISTINCT_HEX: Final = 11
_READABLE: Final = 0.9
_URL_SAFE: Final = str.maketrans("-_", "+/")


def long_runs(text: str) -> Iterator[str | None]:
    """Yield what each long run in `text` says; None = it is encoded, and no text. Linear in `text`."""
    if len(text) < LONG:
        return
    for start, end in _stretches(text):
        run = _BREAKS.sub("", text[start:end])
        if len(run) >= LONG:
            said = _said(run)
            if said is not None or _encoded(run):
                yield said


def _stretches(text: str) -> Iterator[tuple[int, int]]:
    """Yield where lines of a run follow each other; the last of them may be short."""
    start = end = -1
    for line in _LINE.finditer(text):
        gap = _GAP.match(text, end) if start >= 0 else None
        if gap is None or gap.end() != line.start():
            if start >= 0:
                yield start, _last(text, end)
            start = line.start()
        end = line.end()
    if start >= 0:
        yield start, _last(text, end)


def _last(text: str, end: int) -> int:
    gap = _GAP.match(text, end)
    line = gap and _LAST.match(text, gap.end())
    return line.end() if line else end


def _said(run: str) -> str | None:
    if _HEX.fullmatch(run):
        return _readable(bytes.fromhex(run[: len(run) & ~1]))
    body = run.translate(_URL_SAFE)
    body = body[: len(body) - (len(body) % 4 == 1)]
    try:
        return _readable(base64.b64decode(body + "=" * (-len(body) % 4)))
    except binascii.Error:
        return None


def _encoded(run: str) -> bool:
    """Whether `run`, which is no text when decoded, is not just a long word of a text."""
    if _HEX.fullmatch(run):
        return len(set(run.lower())) >= _DISTINCT_HEX
    return len(set(run)) >= _DISTINCT and all(form.search(run) for form in _FORMS)


def _readable(raw: bytes) -> str | None:
    """Return `raw` as text, UTF-8 or UTF-16; None when it is none. A character cut at the end is left out."""
    wide = raw.count(0) * 3 > len(raw)
    if wide:
        text = raw.decode("utf-16-be" if raw[:1] == b"\0" else "utf-16-le", "ignore")
    else:
        text = raw.decode("utf-8", "replace").rstrip("\ufffd")
    readable = sum(c != "\ufffd" and (c.isprintable() or c.isspace()) for c in text)
    return text if text and readable >= _READABLE * len(text) else None
