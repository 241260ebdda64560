"""Which words are English, and which are parts of names or places. Loaded once, at the first use (0.1 s, 15 MB)."""

import functools
import gzip
from importlib import resources
from typing import NamedTuple

from wye.policy.detectors.everyday import EVERYDAY

WORD, GIVEN, SURNAME, PLACE, TOWN = 1, 2, 4, 8, 16
PERSON = GIVEN | SURNAME


class _Read(NamedTuple):
    flags: dict[str, int]
    abroad: frozenset[str]
    towns: frozenset[str]


def lexicon() -> dict[str, int]:
    """Return flags by word in lower case, the everyday words of other languages among them. `TOWN` is none of them."""
    return _read().flags


def abroad() -> frozenset[str]:
    """Return what of `EVERYDAY` is in none of the lexicon's languages."""
    return _read().abroad


def towns() -> frozenset[str]:
    """Return the smaller places where German is spoken: in other texts many of them are surnames."""
    return _read().towns


@functools.cache
def _read() -> _Read:
    """Return them all; places may have spaces. `scripts/build_lexicon.py` says from where."""
    data = resources.files(__package__).joinpath("data/lexicon.txt.gz").read_bytes()
    flags: dict[str, int] = {}
    towns: set[str] = set()
    for line in gzip.decompress(data).decode().splitlines():
        flag, _, entries = line.partition("\t")
        words = entries.replace("_", "\0").split(" ")
        if int(flag) & TOWN:
            towns.update(word.replace("\0", " ") for word in words)
        if int(flag) & ~TOWN:
            flags.update(dict.fromkeys(words, int(flag) & ~TOWN))
    known = {word.replace("\0", " "): flag for word, flag in flags.items()}
    other = EVERYDAY - known.keys()
    return _Read(known | dict.fromkeys(other, WORD), other, frozenset(towns))
