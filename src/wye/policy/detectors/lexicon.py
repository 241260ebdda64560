"""Which words are English, and which are parts of names or places. Loaded once, at the first use (0.1 s, 15 MB)."""

import functools
import gzip
from importlib import resources

WORD, GIVEN, SURNAME, PLACE = 1, 2, 4, 8
PERSON = GIVEN | SURNAME


@functools.cache
def lexicon() -> dict[str, int]:
    """Return flags by word in lower case; places may have spaces. `scripts/build_lexicon.py` says from where."""
    data = resources.files(__package__).joinpath("data/lexicon.txt.gz").read_bytes()
    flags: dict[str, int] = {}
    for line in gzip.decompress(data).decode().splitlines():
        flag, _, entries = line.partition("\t")
        flags.update(dict.fromkeys(entries.replace("_", "\0").split(" "), int(flag)))
    return {word.replace("\0", " "): flag for word, flag in flags.items()}
