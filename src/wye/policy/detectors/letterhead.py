"""Letterheads and signatures: the lines above an address are who lives or works there."""

import bisect
import re
from collections.abc import Iterator, Sequence

from wye.policy.detectors import vocabulary as voc
from wye.policy.detectors.finding import Finding
from wye.policy.detectors.lexicon import PERSON, WORD, lexicon
from wye.policy.detectors.sieve import Lead, Seen

_MARKS = "> \t*|?#-"
"""What quotes a line."""
_LINES = 4
"""Lines above an address that are looked at."""
_LINE = re.compile(r"[^\W\d_][^\n\d:;?!@]{1,58}(?<![,:;?!])\Z")
_WORD = re.compile(r"[^\W\d_]+")
_BELOW = re.compile(
    r"(?:,?[ \t]*+\n(?=[^\n])[ \t>|?]*+[^\n\d.!?:]{0,30}+){1,3}"
    r"\n[ \t>|?]*+(\d{3,6}|\d{3} \d{2})[ \t]*+(?=\n|\Z|[.?!](?:\s|\Z))"
)
"""A line is read in one way only: marks, words and what ends it have white space in common."""
_PART = re.compile(r"[^\s>|?,](?:[^\n]*[^\s,])?")
"""What stands in a line: a town or a state, between an address and its code."""
_MOST = 6
"""Words of a line; more are a sentence."""


_SIGNATURE = re.compile(
    r"^([^\n\d@:]{3,60})\n{1,2}([^\n\d@:]{3,60})\n{1,2}(?=(?i:personal|phone|tel|e-?mail|contact|address|mobile|web))",
    re.MULTILINE,
)
"""A name and what its bearer does, over the ways to reach them."""
_REACHED = re.compile(r"\n(?:personal|phone|tel|e-?mail|contact|address|mobile|web)", re.IGNORECASE)
"""Where those ways begin."""
LEADS = (Lead(_REACHED),)


def signatures(seen: Seen) -> Iterator[Finding]:
    """Yield who signs, and what they do."""
    text = seen.text
    done = 0
    for ways in seen.find(_REACHED):
        title = _line_above(text, ways.start())
        name = _line_above(text, title - 1) if title else -1
        match = _SIGNATURE.match(text, name) if name >= done else None
        if match:
            yield Finding(*match.span(1), "name", 0.7)
            yield Finding(*match.span(2), "title", 0.7)
            done = match.end()


def _line_above(text: str, end: int) -> int:
    """Return where the line begins that ends at `end`, or an empty line before it."""
    return text.rfind("\n", 0, end - text.endswith("\n", 0, end)) + 1


def organisations(text: str, found: Sequence[Finding]) -> Iterator[Finding]:
    """Yield the lines above an address that stand with a person's and are none, their house; and whose name no word is in."""
    lines = {
        line
        for one in found
        if one.kind == "address"
        and (line := text.rfind("\n", 0, one.start) + 1)
        and not text[line : one.start].strip(_MARKS)
    }
    if lines:
        people = sorted((one.start, one.end) for one in found if one.kind == "name")
        for line in lines:
            yield from _above(text, line, people)


def codes(text: str, found: Sequence[Finding]) -> Iterator[Finding]:
    """Yield lines of figures alone below an address, and the lines between: its town and state."""
    for one in found:
        if one.kind != "address" or text[one.end : one.end + 1] not in {"\n", ",", " "}:
            continue
        if match := _BELOW.match(text, one.end):
            yield Finding(*match.span(1), "postcode", 0.6)
            for line in _PART.finditer(text, one.end, match.start(1)):
                yield Finding(*line.span(), "place", 0.5)


def _above(text: str, line: int, people: list[tuple[int, int]]) -> Iterator[Finding]:
    houses: list[Finding] = []
    person = False
    for _ in range(_LINES):
        if not line:
            break
        last, line = line - 1, text.rfind("\n", 0, line - 1) + 1
        whole = text[line:last]
        bare = whole.strip(_MARKS)
        if not bare and not houses and not person:
            continue  # between a name and an address
        if not _LINE.match(bare) or _says(bare):
            break
        start = line + whole.index(bare)
        end = start + len(bare)
        at = bisect.bisect_left(people, (end,)) - 1
        if at >= 0 and people[at][1] > start:
            person = True
        elif _unknown(bare):
            person = True
            yield Finding(start, end, "name", 0.6)
        else:
            houses.append(Finding(start, end, "organisation", 0.6))
    if person:
        yield from houses


def _says(line: str) -> bool:
    """Whether a line is a part of the letter, or what stands over an address: `Kind regards`, `Billing address`."""
    words = _WORD.findall(line.lower())
    return len(words) > _MOST or any(
        word in voc.LETTER or (word in voc.FUNCTION and word not in voc.PARTICLES) for word in words
    )


def _unknown(line: str) -> bool:
    """Whether a line is a first and a last name, by no word of it being one of the language; or one of them."""
    words = _WORD.findall(line.lower())
    if len(words) == 1:
        return bool(lexicon().get(words[0], 0) & PERSON) and words[0] not in voc.HARMLESS
    return len(words) > 1 and not any(lexicon().get(word, 0) & WORD for word in words)
