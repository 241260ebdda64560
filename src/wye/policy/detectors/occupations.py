"""What somebody does for a living, where it stands before their name: `airport tower controller Helga Brandtner`."""

import re
from collections.abc import Iterable, Iterator

from wye.policy.detectors import vocabulary as voc
from wye.policy.detectors.finding import Finding

_MODIFIERS = re.compile(r"[A-Z][\w'’-]*,?(?: (?:[a-z][\w'’-]*,?|and|of)){0,6} $")
"""From the capital that opens it."""
_WINDOW = 72
_LONGEST = 20
_KINDS = frozenset({"name", "address"})
"""A name with a figure behind it is an address."""


def titles(text: str, found: Iterable[Finding]) -> Iterator[Finding]:
    """Yield what stands before each name in `found` and says what that one does."""
    found = list(found)
    for one in found:
        place = one.start
        if one.kind not in _KINDS or text[place - 1 : place] != " " or not text[place].isalpha():
            continue
        last = text[text.rfind(" ", max(0, place - _LONGEST), place - 1) + 1 : place - 1]
        last = last[last.rfind("\n") + 1 :]
        if last.lower() not in voc.OCCUPATIONS:
            continue
        start = place - 1 - len(last)
        begin = _opened(text[max(0, place - _WINDOW) : place]) + max(0, place - _WINDOW)
        if begin < start and any(begin < other.end and other.start < start for other in found):
            begin = start
        yield Finding(min(begin, start), place - 1, "title", 0.5)


def _opened(head: str) -> int:
    """Return where the phrase begins that ends `head`: at a capital, with nothing in it that opens a sentence."""
    phrase = _MODIFIERS.search(head, head.rfind("\n") + 1)
    while phrase and not voc.OPENS.isdisjoint(phrase[0].lower().replace(",", "").split()):
        phrase = _MODIFIERS.search(head, phrase.start() + 1)
    return phrase.start() if phrase else len(head)
