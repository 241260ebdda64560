"""Words with capitals that a disease, a study or a standard is called after: `Wells score`, `GUSTO trial`."""

import re
from collections.abc import Sequence

from wye.policy.detectors import vocabulary as voc
from wye.policy.detectors.lexicon import PERSON, WORD
from wye.policy.detectors.words import Word

_GAP = re.compile(r"[ \-/\d().–IVX]{1,6}(?:and |or )?")
_ENDING = voc.LOCATING | (voc.FUNCTION - {"and", "or"})
"""Behind them nothing more is called after somebody."""


def carrier(run: Sequence[Word]) -> bool:
    """Whether it is who carries people or goods: `Marple Van Lines`, whose last word is a sign on a nail elsewhere."""
    return run[-1].key == "lines" and len(run) > 1 and run[-2].key in voc.CARRIERS


def eponym(text: str, words: Sequence[Word], first: int, last: int) -> bool:  # noqa: PLR0911  # one return a reason
    """Whether the words from `first` to `last` are what something is called after."""
    run = words[first : last + 1]
    person = (
        len(run) > 1 and run[0].flags & PERSON and not run[0].flags & WORD and run[0].key not in voc.EPONYMS
    )
    if person and not all(w.key in voc.EPONYMS for w in run[1:]):
        return False
    before = words[first - 1].key if first else ""
    if before in voc.BEFORE_EPONYM or (
        first > 1 and words[first - 2].key in voc.BEFORE_EPONYM and before in voc.PARTICLES
    ):
        return True
    if len(run) > 1 and run[-1].key in voc.HEADS:
        return True
    stop = run[-1].end
    stop += text[stop : stop + 1] in {"'", "’"}
    for word in words[last + 1 : last + 4]:
        if not _GAP.fullmatch(text, stop, word.start):
            return False
        if word.key in voc.HEADS:
            return True
        if word.key in _ENDING:
            return False
        stop = word.end
    return False
