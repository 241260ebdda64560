"""What somebody does for a living, where it stands before their name: `airport tower controller Helga Brandtner`."""

import re
from collections.abc import Iterator, Sequence

from wye.policy.detectors import vocabulary as voc
from wye.policy.detectors.finding import Finding
from wye.policy.detectors.roles import OCCUPATIONS
from wye.policy.detectors.words import Word

_MODIFIERS = re.compile(r"[A-Z][\w'’-]*,?(?: (?:[a-z][\w'’-]*,?|and|of)){0,6} $")
"""From the capital that opens it."""
_WINDOW = 72
_PEOPLE = frozenset({"name", "address"})
"""A name with a figure behind it is an address."""


def title(text: str, words: Sequence[Word], place: int, named: Finding, done: int) -> Iterator[Finding]:
    """Yield what stands before the word at `place`, where `named` begins, and says what that one does.

    `done`: where what was found before ends.
    """
    last = words[place - 1]
    if (
        last.roles & OCCUPATIONS
        and last.end + 1 == named.start
        and last.start >= done
        and named.kind in _PEOPLE
    ):
        begin = _opened(text, named.start)
        yield Finding(begin if done <= begin < last.start else last.start, last.end, "title", 0.5)


def _opened(text: str, end: int) -> int:
    """Return where the phrase begins that ends at `end`: at a capital, with nothing in it that opens a sentence."""
    start = max(0, end - _WINDOW)
    head = text[start:end]
    phrase = _MODIFIERS.search(head, head.rfind("\n") + 1)
    while phrase and not voc.OPENS.isdisjoint(phrase[0].lower().replace(",", "").split()):
        phrase = _MODIFIERS.search(head, phrase.start() + 1)
    return start + phrase.start() if phrase else end
