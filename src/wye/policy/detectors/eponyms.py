"""Words with capitals that a disease, a study or a standard is called after: `Wells score`, `GUSTO trial`."""

import re
from collections.abc import Sequence

from wye.policy.detectors import vocabulary as voc
from wye.policy.detectors.lexicon import PERSON, WORD
from wye.policy.detectors.roles import BEFORE_EPONYM, CARRIERS, FUNCTION, HEADS, LOCATING, PARTICLES
from wye.policy.detectors.words import Word

_GAP = re.compile(r"[ \-/\d().–IVX]{1,6}(?:and |or )?")
_ENDING = LOCATING | FUNCTION
"""Behind them nothing more is called after somebody."""
_GOES_ON = frozenset(["and", "or"])


def carrier(run: Sequence[Word]) -> bool:
    """Whether it is who carries people or goods: `Marple Van Lines`, whose last word is a sign on a nail elsewhere."""
    return run[-1].key == "lines" and len(run) > 1 and bool(run[-2].roles & CARRIERS)


def eponym(text: str, words: Sequence[Word], first: int, last: int) -> bool:
    """Whether the words from `first` to `last` are what something is called after."""
    named = (
        (first and _headed(words, first))
        or (first < last and words[last].roles & HEADS)
        or _heads(text, words, last)
    )
    return bool(named) and not (first < last and _person(words, first, last))


def _heads(text: str, words: Sequence[Word], last: int) -> bool:
    """Whether a head follows, at most two words away: `Wells clinical score`, `Graves' disease`."""
    for place in range(last + 1, min(last + 4, len(words))):
        word = words[place]
        if word.roles & HEADS:
            return _near(text, words, last, place)
        if word.roles & _ENDING and word.key not in _GOES_ON:
            return False
    return False


def _near(text: str, words: Sequence[Word], last: int, head: int) -> bool:
    """Whether nothing stands between the words from `last` to `head` that parts them."""
    stop = words[last].end
    stop += text[stop : stop + 1] in {"'", "’"}
    for word in words[last + 1 : head + 1]:
        if not _GAP.fullmatch(text, stop, word.start):
            return False
        stop = word.end
    return True


def _person(words: Sequence[Word], first: int, last: int) -> bool:
    """Whether it is somebody's own name, with a part that nothing is called after."""
    one = words[first]
    return (
        bool(one.flags & PERSON)
        and not one.flags & WORD
        and one.key not in voc.EPONYMS
        and not all(word.key in voc.EPONYMS for word in words[first + 1 : last + 1])
    )


def _headed(words: Sequence[Word], first: int) -> bool:
    """Whether a head stands before: `síndrome de Down`, not `Lynch syndrome, Robert Johnson`."""
    if words[first].gap != " ":
        return False
    before = words[first - 1].roles
    return bool(before & BEFORE_EPONYM) or (
        first > 1 and bool(before & PARTICLES) and bool(words[first - 2].roles & BEFORE_EPONYM)
    )
