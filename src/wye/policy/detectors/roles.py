"""What a word can be beside a name, in one number: most words are nothing of it, and one look tells.

A bit a list of `vocabulary`, under the same name: those lists that are asked for every word with a capital.
"""

from typing import Final

from wye.policy.detectors import vocabulary as voc

FUNCTION: Final = 1 << 0
TITLES: Final = 1 << 1
PARTICLES: Final = 1 << 2
GROUPS: Final = 1 << 3
REGIONS: Final = 1 << 4
HARMLESS: Final = 1 << 5
POSSESSIVE_EPONYMS: Final = 1 << 6
HEADS: Final = 1 << 7
BEFORE_EPONYM: Final = 1 << 8
FACILITIES: Final = 1 << 9
CARRIERS: Final = 1 << 10
FEASTS: Final = 1 << 11
LEADING: Final = 1 << 12
EMPLOYED_BY: Final = 1 << 13
LOCATING: Final = 1 << 14
OCCUPATIONS: Final = 1 << 15
NAMESAKES: Final = 1 << 16

_LISTS: Final = {
    FUNCTION: voc.FUNCTION,
    TITLES: voc.TITLES,
    PARTICLES: voc.PARTICLES,
    GROUPS: voc.GROUPS,
    REGIONS: voc.REGIONS,
    HARMLESS: voc.HARMLESS,
    POSSESSIVE_EPONYMS: voc.POSSESSIVE_EPONYMS,
    HEADS: voc.HEADS,
    BEFORE_EPONYM: voc.BEFORE_EPONYM,
    FACILITIES: voc.FACILITIES,
    CARRIERS: voc.CARRIERS,
    FEASTS: voc.FEASTS,
    LEADING: voc.LEADING,
    EMPLOYED_BY: voc.EMPLOYED_BY,
    LOCATING: voc.LOCATING,
    OCCUPATIONS: voc.OCCUPATIONS,
    NAMESAKES: voc.NAMESAKES,
}


def _by_word() -> dict[str, int]:
    found: dict[str, int] = {}
    for role, words in _LISTS.items():
        for word in words:
            found[word] = found.get(word, 0) | role
    return found


ROLES: Final = _by_word()
"""All roles of a word, by its key."""
