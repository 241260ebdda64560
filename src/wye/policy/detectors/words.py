"""A text as words: where they stand, which begin with a capital, and how much a capital says in this text."""

import re
from dataclasses import dataclass
from typing import Final

from wye.policy.detectors.lexicon import WORD, lexicon

_TOKEN: Final = re.compile(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*")
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
_ENGLISH = 0.5
_FEW = 3
_NOUNS = 0.25


@dataclass(frozen=True, slots=True)
class Word:
    """One word, `key` being how the lexicon writes it: small, without a possessive."""

    text: str
    start: int
    end: int
    key: str
    flags: int
    capital: bool
    initial: bool
    """Whether it opens a sentence, a quotation or a line: its capital says little."""

    @property
    def upper(self) -> bool:
        """Whether all of it is in capitals, and there is more than one letter."""
        return len(self.text) > 1 and self.text.isupper()


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


def read(text: str) -> Words:
    """Split `text`."""
    known = lexicon()
    found: list[Word] = []
    small = small_known = capitals = inside = upper = 0
    for match in _TOKEN.finditer(text):
        word = match.group()
        start, end = match.span()
        folded = key(word)
        flags = known.get(folded, 0)
        if folded[-3:] == "n't":
            flags = WORD
        capital = word[0].isupper()
        initial = False
        if capital:
            before = text[max(0, start - 8) : start].rstrip(" \t")[-1:]
            initial = not before or before in _OPENERS
            if before == "." and found and (found[-1].key in _ABBREVIATIONS or len(found[-1].text) == 1):
                initial = False
            if not initial:
                inside += 1
                capitals += 1
                upper += word.isupper()
        else:
            inside += 1
            small += 1
            small_known += flags != 0
        found.append(Word(word, start, end, folded, flags, capital, initial))
    english = small < _FEW or small_known >= _ENGLISH * small
    return Words(
        text,
        found,
        english,
        not english and capitals > _NOUNS * inside,
        upper > _FEW and upper > 0.6 * inside,
        not any(w.capital for w in found),
    )  # most
