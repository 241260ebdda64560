"""The cascade: rules on everything; named entities where `full` is asked for and the model is installed."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Literal

from wye.policy.detectors import address, contact, dates, identifiers, names, secrets
from wye.policy.detectors.dictionary import Dictionary
from wye.policy.detectors.finding import Finding, resolve
from wye.policy.detectors.normal import View, normal, views
from wye.policy.detectors.pattern import Pattern

Stage = Literal["rules", "full"]
Entities = Callable[[str], Iterable[Finding]]

_DIGIT = re.compile(r"\d")
_ANY: tuple[Pattern, ...] = (*contact.CONTACT[:5], *secrets.SECRETS, dates.WEEKDAY, dates.RELATIVE)
_WITH_DIGITS: tuple[Pattern, ...] = (
    *contact.CONTACT[5:],
    *identifiers.NAMED,
    *identifiers.FORMS,
    *dates.CALENDAR,
    *address.STREETS[address.GROWING :],
)


class Detector:
    """Finds what identifies people or opens things. Pure and safe to share between threads.

    `entities` is the second stage; None = rules only. A finding can raise a label and never clears one.
    """

    def __init__(self, dictionary: Dictionary | None = None, entities: Entities | None = None) -> None:
        self._dictionary = dictionary or Dictionary(())
        self._entities = entities

    def find(self, text: str) -> list[Finding]:
        """Return what `text` holds, in order, without overlaps, placed in `text` as it was given."""
        view = normal(text)
        found = [_back(view, one) for one in self._read(view.text)]
        for other in views(view):
            found += [_back(other, one) for one in _identifiers(other.text, other.text.lower())]
            if other.whole is not None:
                found += [_back(other, one) for one in names.names(other.text)]
        if self._entities is not None:
            found += [_back(view, one) for one in self._entities(view.text)]
        return resolve(found)

    def _read(self, text: str) -> Iterator[Finding]:
        yield from self._dictionary.find(text)
        yield from _identifiers(text, text.lower())
        yield from names.names(text)


def raises(findings: Iterable[Finding]) -> bool:
    """Whether `findings` make a text personal: one that identifies, or opens something, by itself is enough.

    Ages to 89, bare years, weekdays, nationalities, countries and titles alone leave it as it is.
    """
    return any(found.direct for found in findings)


def _identifiers(text: str, lowered: str) -> Iterator[Finding]:
    for pattern in _ANY:
        yield from pattern.find(text, lowered)
    if not _DIGIT.search(text):
        yield from dates.worded(text, lowered)
        return
    for pattern in _WITH_DIGITS:
        yield from pattern.find(text, lowered)
    yield from identifiers.loose(text)
    yield from dates.ages(text)
    yield from address.addresses(text)


def _back(view: View, found: Finding) -> Finding:
    start, end = view.origin(found.start, found.end)
    if (start, end) == (found.start, found.end):
        return found
    return Finding(start, end, found.kind, found.confidence, found.source)
