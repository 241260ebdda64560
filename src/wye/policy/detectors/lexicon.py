"""Which words are English, and which are parts of names or places. Loaded once, at the first use (0.1 s, 15 MB)."""

import functools
import gzip
from importlib import resources

from wye.policy.detectors.everyday import EVERYDAY

WORD, GIVEN, SURNAME, PLACE, TOWN = 1, 2, 4, 8, 16
"""`TOWN`: a smaller place where German is spoken. Many of them are surnames elsewhere, so it is none in other texts."""
PERSON = GIVEN | SURNAME


@functools.cache
def lexicon() -> dict[str, int]:
    """Return flags by word in lower case, the everyday words of other languages among them."""
    return _read()[0]


@functools.cache
def abroad() -> frozenset[str]:
    """Return what of `EVERYDAY` is in none of the lexicon's languages."""
    return _read()[1]


@functools.cache
def _read() -> tuple[dict[str, int], frozenset[str]]:
    """Return both; places may have spaces. `scripts/build_lexicon.py` says from where."""
    data = resources.files(__package__).joinpath("data/lexicon.txt.gz").read_bytes()
    flags: dict[str, int] = {}
    for line in gzip.decompress(data).decode().splitlines():
        flag, _, entries = line.partition("\t")
        flags.update(dict.fromkeys(entries.replace("_", "\0").split(" "), int(flag)))
    known = {word.replace("\0", " "): flag for word, flag in flags.items()}
    other = EVERYDAY - known.keys()
    return known | dict.fromkeys(other, WORD), other
