"""A text as words: where they stand, which begin with a capital, and how much a capital says in this text."""

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from wye.policy.detectors import vocabulary as voc
from wye.policy.detectors.everyday import GERMAN_ONLY, GERMAN_SMALL
from wye.policy.detectors.lexicon import WORD, abroad, lexicon
from wye.policy.detectors.roles import ROLES


def _letters() -> str:
    """Return the letters of the Basic Multilingual Plane as ranges."""
    known = bytes(chr(code).isalnum() and not chr(code).isdecimal() for code in range(0x10000))
    return "".join(f"{chr(run.start())}-{chr(run.end() - 1)}" for run in re.finditer(b"\x01+", known))


def _token(letter: str, joint: str = r"['’\-]") -> re.Pattern[str]:
    return re.compile(rf"({letter}+(?:{joint}{letter}+)*)")


_ELIDED: Final = re.compile(r"['’](?<=[a-zß-ÿ].)(?=[^\W\d_a-zß-ÿ])")
"""`all'Ospedale`, `d'Anna`: two words, as only the second has a capital."""


_TOKEN: Final = _token(f"[{_letters()}]")
"""Ranges are one look into a table, in two thirds of the time that categories take."""
_ELISION_TOKEN: Final = _token(f"[{_letters()}]", r"(?:-|(?!(?<=[a-zß-ÿ])['’][^\W\d_a-zß-ÿ])['’])")
_ASTRAL: Final = re.compile("[\U00010000-\U0010ffff]")
_ASTRAL_TOKEN: Final = _token(r"[^\W\d_]")
_OPENERS: Final = frozenset('.!?:;\n"“”‘(¿¡>*•|[-–—…')
_ABBREVIATIONS: Final = frozenset(
    [
        "dr",
        "mr",
        "mrs",
        "ms",
        "st",
        "prof",
        "sr",
        "sra",
        "dra",
        "jr",
        "mt",
        "ft",
        "no",
        "vs",
        "inc",
        "ltd",
        "dept",
        "hosp",
        "av",
        "ave",
    ]
)
_TAILS: Final = frozenset({"", "mon", "s", "m", "d", "ll", "ve", "re"})
_ELIDING: Final = frozenset(
    ["l", "d", "j", "c", "s", "n", "m", "t", "qu", "un", "all", "dell", "dall", "nell", "sull", "quest"]
)
_NOT: Final = ("n't", "n’t", "N'T", "N’T")
_REMEMBERED: Final = 1 << 14
"""Forms of words that are remembered: some 3 MB."""
_STOPS: Final = re.compile(r"[.!?;\n]")
_BEFORE = 8
_ENGLISH = 0.5
_FEW = 3
_NOUNS = 0.25


class Word(msgspec.Struct, frozen=True, gc=False):
    """One word, `key` being how the lexicon writes it: small, without a possessive."""

    text: str
    gap: str
    """What stands between it and the word before."""
    start: int
    end: int
    key: str
    flags: int
    """What the lexicon says of it."""
    roles: int
    """What it can be beside a name; `roles.py` has the bits."""
    capital: bool
    upper: bool
    """Whether all of it is in capitals, and there is more than one letter."""
    initial: bool
    """Whether it opens a sentence, a quotation or a line: its capital says little."""

    @property
    def possessive(self) -> bool:
        """Whether it says whose something is: `Smith's`."""
        return self.text.endswith(("'s", "’s"))


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a text. `english`: most of the small ones are in the lexicon; `nouns`: all nouns have capitals."""

    text: str
    all: list[Word]
    english: bool
    nouns: bool
    shouted: bool
    """Whether it is in capitals throughout."""
    plain: bool
    """Whether it has no capital at all, so that a name shows by being no word only."""


def key(text: str) -> str:
    """Return a word as the lexicon has it: `Smith's` and `she'll` without their tails."""
    small = text.lower()
    if "'" not in small and "’" not in small:
        return small
    head, _, tail = small.replace("’", "'").rpartition("'")
    return head if tail in _TAILS else small.replace("’", "'")


def _elided(folded: str) -> int:
    """Return `WORD` for a word behind an elided one: `l'adresse`."""
    head, _, tail = folded.partition("'")
    return lexicon().get(tail, 0) & WORD if head in _ELIDING else 0


class _Forms(dict[str, tuple[str, int, int, bool, bool]]):
    """What a word is by how it is written: `key`, `flags`, `roles`, `capital` and `upper` of a `Word`.

    To remember them takes half the time. Only words of our own lists are kept, so nobody's secret is.
    """

    def __missing__(self, text: str) -> tuple[str, int, int, bool, bool]:
        if "'" in text or "’" in text:
            folded = key(text)
            flags = WORD if text.endswith(_NOT) else lexicon().get(folded, 0) or _elided(folded)
        else:
            folded = text.lower()
            flags = lexicon().get(folded, 0)
        capital = text[0].isupper()
        if capital and folded in voc.CALLED:
            flags &= ~WORD
        roles = ROLES.get(folded, 0)
        form = folded, flags, roles, capital, len(text) > 1 and text.isupper()
        if (flags or roles) and len(self) < _REMEMBERED:
            self[text] = form
        return form


_forms: Final = _Forms()


def _splitter(text: str) -> re.Pattern[str]:
    if not text.isascii() and _ASTRAL.search(text):
        return _ASTRAL_TOKEN
    if ("'" in text or "’" in text) and _ELIDED.search(text):
        return _ELISION_TOKEN
    return _TOKEN


def read(text: str) -> Words:
    """Split `text`. Column by column, as that costs a third of word by word."""
    parts = _splitter(text).split(text)
    texts, gaps = parts[1::2], parts[0::2]
    if not texts:
        return Words(text, [], english=True, nouns=False, shouted=False, plain=True)
    places = list(itertools.accumulate(map(len, parts)))
    keys, flags, roles, capital, upper = zip(*map(_forms.__getitem__, texts), strict=True)
    initial = [False] * len(texts)
    capitals = uppers = 0
    joining: list[int] = []
    for place in itertools.compress(range(len(texts)), capital):
        if (gaps[place] != " " or not place) and _opens(gaps[place], place, texts, keys):
            initial[place] = True
        else:
            capitals += 1
            uppers += texts[place].isupper()
            if keys[place] in voc.JOINING:
                joining.append(place)
    if len(joining) > 1:
        _headlines(texts, gaps, keys, joining, initial)
    large = [*itertools.compress(flags, capital)]
    small = len(texts) - len(large)
    small_known = small - (flags.count(0) - large.count(0))
    inside = small + capitals
    romance = _romance(keys)
    german = not romance and _german(keys)
    foreign = False
    if not romance and not german and not abroad().isdisjoint(keys):
        other = sum(map(abroad().__contains__, itertools.compress(keys, [not one for one in capital])))
        small_known -= other
        foreign = GERMAN_ONLY.isdisjoint(keys) and other > sum(map(voc.JOINING.__contains__, keys))
    english = not (romance or german or foreign) and (small < _FEW or small_known >= _ENGLISH * small)
    return Words(
        text,
        list(map(Word, texts, gaps, places[0::2], places[1::2], keys, flags, roles, capital, upper, initial)),
        english,
        german or (not (english or romance or foreign) and capitals > _NOUNS * inside),
        uppers > _FEW and uppers > 0.6 * inside,
        not large,
    )  # most


def _romance(keys: Sequence[str]) -> bool:
    """Whether the language is Spanish or a sister of it, by its small words: `Maria de la Cruz` alone makes none."""
    if voc.ROMANCE.isdisjoint(keys):
        return False
    here = sum(map(voc.ROMANCE.__contains__, keys))
    return here > 1 and here > sum(map(voc.JOINING.__contains__, keys)) + sum(
        map(GERMAN_SMALL.__contains__, keys)
    )


def _german(keys: Sequence[str]) -> bool:
    """Whether most small words are German: `in`, `die` and `am` alone are English too."""
    if GERMAN_ONLY.isdisjoint(keys):
        return False
    here = sum(map(GERMAN_SMALL.__contains__, keys))
    return here > 1 and here > sum(map(voc.JOINING.__contains__, keys))


def _headlines(
    texts: list[str], gaps: list[str], keys: Sequence[str], joining: list[int], initial: list[bool]
) -> None:
    """Mark the words of headlines as `initial`: `Ten Things They Never Tell You About`. Their capitals say nothing.

    Two joining words apart from each other tell one: `Bank Of The West` is none.
    """
    first = last = 0
    marks = [place for place in joining if not texts[place].isupper()]
    for before, mark in itertools.pairwise(marks):
        if mark < last or mark - before == 1:
            continue
        first, last = before, before + 1
        while last < len(texts) and _titled(texts[last], gaps[last], keys[last]):
            last += 1
        if last <= mark:
            continue
        while (
            first
            and not _STOPS.search(gaps[first])
            and _titled(texts[first - 1], gaps[first - 1], keys[first - 1])
        ):
            first -= 1
        initial[first:last] = [True] * (last - first)


def _titled(text: str, gap: str, folded: str) -> bool:
    """Whether a headline goes on with the word `text` behind `gap`: the `s` of `70s` is none of its own."""
    return not _STOPS.search(gap) and (text[0].isupper() or gap[-1:].isdigit() or folded in voc.BRIDGES)


def _opens(gap: str, place: int, texts: list[str], keys: Sequence[str]) -> bool:
    """Whether the capital behind `gap` opens something."""
    before = gap[-_BEFORE:].rstrip(" \t")[-1:]
    if not before:
        return place == 0 or len(gap) >= _BEFORE
    if before not in _OPENERS:
        return False
    return not (before == "." and place and (keys[place - 1] in _ABBREVIATIONS or len(texts[place - 1]) == 1))
