"""Words with capitals that belong together: `St. Mary's Hospital of the Sea`."""

from collections.abc import Sequence

from wye.policy.detectors.roles import FACILITIES, PARTICLES, TITLES
from wye.policy.detectors.words import Word

_JOINTS = frozenset([" ", "-", " & "])
_STOPS = frozenset([". ", "."])
_SHORT = frozenset(["st", "ste", "mt", "ft", "sta", "sto"])
"""What is shortened within a name: `St. Louis`."""
_HOUSED = frozenset(["of", "the", "e", "y"])
"""Particles that go on with a house only: `Church of the Covenant`, not `Ann of Cleves`."""
_OF_ALL = frozenset(["children", "women", "veteran", "men"])
"""Whose possessive is a part of the name: `Children's National`."""

_LONGEST = 48
"""Words of a run: each is judged by all of them, so that time would grow with their square."""


def last(words: Sequence[Word], first: int) -> int:
    """Return the last of the capitalised words that belong together from `first` on."""
    place = first
    end = min(len(words), first + _LONGEST) - 1
    while place < end:
        word, after = words[place], words[place + 1]
        if after.capital:
            if not _joined(word, after):
                break
            place += 1
        elif (
            after.roles & PARTICLES
            and (after.gap == " " or (after.gap == ". " and word.roles & TITLES))
            and place + 2 <= end
        ):
            beyond = words[place + 2]
            if (
                beyond.roles & PARTICLES
                and not beyond.capital
                and place + 3 <= end
                and words[place + 3].capital
            ):
                place += 3  # `van der Laan`
                continue
            if not beyond.capital or beyond.gap != " ":
                break
            if after.key in _HOUSED and not word.roles & FACILITIES:
                break
            place += 2
        else:
            break
    return place


def _joined(word: Word, after: Word) -> bool:
    """Whether two neighbours with capitals are of one name: `New York`, `J. Smith`, not `Acme's Helga`."""
    if after.gap not in _JOINTS and (
        after.gap not in _STOPS or not (len(word.text) == 1 or word.roles & TITLES or word.key in _SHORT)
    ):
        return False
    return not word.possessive or bool(after.roles & FACILITIES) or word.key in _OF_ALL
