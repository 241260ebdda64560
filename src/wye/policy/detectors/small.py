"""Names that are written small: those that the lexicon has, and those that the context announces."""

import re
from collections.abc import Iterator

from wye.policy.detectors import beside
from wye.policy.detectors import vocabulary as voc
from wye.policy.detectors.eponyms import eponym
from wye.policy.detectors.finding import Finding
from wye.policy.detectors.lexicon import PERSON, PLACE, SURNAME, WORD, lexicon
from wye.policy.detectors.pattern import Pattern
from wye.policy.detectors.stems import stem
from wye.policy.detectors.words import Word, Words

_LONG = 4
_MOST = 5
"""Words of a name."""


def _titled(text: str) -> bool:
    """Whether what follows a title is no word, or a name as well: `dr. wells`, not `the dr. said`."""
    word = text.rsplit(maxsplit=1)[-1]
    flags = lexicon().get(word.lower(), 0)
    return word not in voc.FUNCTION and word not in voc.SAYING and (not flags & WORD or bool(flags & PERSON))


SMALL = (
    Pattern("name", re.compile(r"(?<![\w.])(?:mr|mrs|ms|dr)\.?\s[^\W\d_][\w'’-]+"), 0.8, check=_titled),
    Pattern(  # names in messages of HL7 v2: `WALKER^ROSE^M`
        "name",
        re.compile(
            r"(?<![^\s|&~])[^\W\d_][^\W\d_'’-]+\^[^\W\d_][^\W\d_'’-]+(?:\^[^\W\d_]+){0,3}(?![^\s|&~^])"
        ),
        0.6,
        ("^",),
        lead=re.compile(r"\^"),
        reach=40,
        head=re.compile(r"(?<!\w)\w"),
    ),
    Pattern(
        "region",
        re.compile(
            r"(?<!\w)(?:united (?:states|kingdom|arab emirates)|(?:south|north) korea|south africa|new zealand|saudi arabia|sri lanka|costa rica|el salvador"
            r"|czech republic|dominican republic|reino unido|estados unidos|arabia saudita|nueva zelanda|países bajos)(?!\w)"
        ),
        0.6,
    ),
)
"""What a title announces, and countries of two words."""


def addressed(words: Words, place: int) -> bool:
    """Whether a word that is also a given name is one, though written small: `tell rose that`, `pt rose wright`."""
    text, every = words.text, words.all
    if not place or every[place].key in voc.FUNCTION:
        return False
    after = every[place + 1] if place + 1 < len(every) else None
    if every[place - 1].key in voc.TELLING:
        return after is None or after.key in voc.FUNCTION or text[every[place].end] in ",.?!"
    return (
        after is not None
        and bool(after.flags & PERSON)
        and after.key not in voc.FUNCTION
        and after.gap == " "
        and beside.announced(words, voc.NAMING, place)
    )


def _surnamed(words: Words, place: int) -> bool:
    """Whether a surname follows: `amy smith`."""
    if place + 1 >= len(words.all):
        return False
    after = words.all[place + 1]
    return bool(after.flags & SURNAME) and after.key not in voc.FUNCTION and after.gap == " "


def _double(key: str) -> bool:
    """Whether it is two surnames: `weeks-rivas`, not `child-pugh`."""
    parts = key.split("-")
    known = [lexicon().get(part, 0) for part in parts]
    return (
        all(flags & SURNAME for flags in known)
        and not all(flags & WORD for flags in known)
        and voc.EPONYMS.isdisjoint(parts)
    )


def _there(words: Words, place: int) -> bool:
    """Whether a place is meant: there are no capitals to tell, or `to`, `in`, `from` stand before."""
    return words.plain or (place > 0 and words.all[place - 1].key in voc.LOCATING)


def foreign(words: Words, place: int) -> Iterator[Finding]:
    """Yield a name in a text without capitals whose words the lexicon does not have: two of a row, or an announced one."""
    every = words.all
    last = place
    while last + 1 < len(every) and last < place + _MOST and _part(every[last + 1]):
        if every[last + 1].gap != " ":
            break
        last += 1
    behind = place and _part(every[place - 1]) and every[place - 1].end + 1 == every[place].start
    row = (last > place or behind) and _part(every[place])
    if row or (every[place].key not in voc.ROMANCE and beside.announced(words, voc.NAMING, place)):
        yield Finding(every[place].start, every[last].end, "name", 0.6)


def _part(word: Word) -> bool:
    """Whether it can be a part of a name: `una` and `hasta` are in some list of names too."""
    return (
        bool(word.flags & PERSON)
        and len(word.key) >= _LONG
        and word.key not in voc.FUNCTION
        and word.key not in voc.ROMANCE
    )


def small(words: Words, place: int) -> Iterator[Finding]:  # noqa: C901, PLR0912  # one branch a reason
    """Yield a name that is written small: one that the lexicon has, or that the context announces."""
    text = words.text
    word = words.all[place]
    if word.key in voc.HARMLESS and word.key not in voc.GROUPS:
        return
    if not words.english:
        if words.plain:
            yield from foreign(words, place)
        return
    flags = word.flags
    if word.key in voc.GROUPS:
        if not beside.language(words.all, place):
            yield Finding(word.start, word.end, "group", 0.6)
    elif flags & (PERSON | PLACE) and eponym(text, words.all, place, place):
        return
    elif word.key in voc.REGIONS:
        yield Finding(word.start, word.end, "region", 0.6)
    elif beside.announced(words, voc.HOME, place) and not stem(word.key):
        yield Finding(word.start, word.end, "place", 0.6)
    elif (flags & PERSON and (len(word.key) >= _LONG or flags & WORD or _surnamed(words, place))) or (
        beside.announced(words, voc.NAMING, place)
    ):
        end = place
        last = min(place + _MOST, len(words.all)) - 1
        while end < last and words.all[end + 1].gap in {" ", ". "}:
            after = words.all[end + 1]
            if (
                after.flags & WORD and not after.flags & PERSON and len(after.key) > 1
            ) or after.key in voc.FUNCTION:
                break
            end += 1
        begin = place
        if (
            place
            and words.all[place - 1].flags & PERSON
            and word.gap == " "
            and words.all[place - 1].key not in voc.FUNCTION
        ):
            begin -= 1
        if not stem(word.key) or flags & PERSON:
            yield Finding(words.all[begin].start, words.all[end].end, "name", 0.6)
            if beside.listed(words.all, end + 1):
                yield Finding(words.all[end + 1].start, words.all[end + 1].end, "name", 0.6)
    elif flags & PLACE and len(word.key) >= _LONG and _there(words, place):
        if word.key in voc.EPONYMS:
            return
        yield Finding(word.start, word.end, "place", 0.6)
    elif not flags and "-" in word.key and _double(word.key):
        yield Finding(word.start, word.end, "name", 0.6)
    elif (
        not flags
        and (words.plain or not word.text.isascii())
        and len(word.key) > 1
        and "-" not in word.key
        and not stem(word.key)
    ):
        yield Finding(word.start, word.end, "term", 0.5)
