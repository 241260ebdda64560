"""The cascade: rules on everything; named entities where `full` is asked for and the model is installed."""

import functools
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Literal

from wye.policy.detectors import (
    address,
    contact,
    dates,
    european,
    fields,
    identifiers,
    letterhead,
    names,
    national,
    normal,
    secrets,
    small,
)
from wye.policy.detectors.dictionary import Dictionary
from wye.policy.detectors.finding import Finding, crossings, resolve
from wye.policy.detectors.lexicon import lexicon
from wye.policy.detectors.pattern import Pattern
from wye.policy.detectors.sieve import Seen, Sieve

Stage = Literal["rules", "full"]
Entities = Callable[[str, Sequence[Finding]], Iterable[Finding]]
"""Finds entities in a text, given what rules have found in it."""

_DIGIT = re.compile(r"\d")
_ANY: tuple[Pattern, ...] = (
    *contact.CONTACT[:5],
    *secrets.SECRETS,
    dates.WEEKDAY,
    dates.RELATIVE,
    *fields.FIELDS,
    *small.SMALL,
    european.SALUTATION,
    european.HOME,
)
_WITH_DIGITS: tuple[Pattern, ...] = (
    *contact.CONTACT[5:],
    *identifiers.NAMED,
    *identifiers.FORMS,
    *national.NATIONAL,
    *dates.CALENDAR,
    *european.TOWNS,
    *address.STREETS[address.GROWING :],
)
# By the `id` of their expressions: a sieve names the few that have a place, and the others are not asked.
_BY_ID_ANY = {id(pattern.regex): pattern for pattern in _ANY}
_BY_ID = {id(pattern.regex): pattern for pattern in (*_ANY, *_WITH_DIGITS)}

SURE = 0.9
"""Confidence of what is named by its context, or has a form of its own."""
_LEADS = (
    *(pattern.led for pattern in (*_ANY, *_WITH_DIGITS, *address.STREETS[: address.GROWING])),
    *address.LEADS,
    *dates.LEADS,
    *letterhead.LEADS,
    *normal.LEADS,
)


@functools.cache
def sieve() -> Sieve:
    """Return the sieve of all rules: made once, shared by all detectors and threads."""
    return Sieve(_LEADS)


class Detector:
    """Finds what identifies people or opens things. Pure and safe to share between threads.

    `entities` is the second stage; None = rules only. A finding can raise a label and never clears one.
    """

    def __init__(self, dictionary: Dictionary | None = None, entities: Entities | None = None) -> None:
        self._dictionary = dictionary or Dictionary(())
        self._entities = entities
        self._sieve = sieve()
        lexicon()  # read here, so that no request waits for it

    def find(self, text: str) -> list[Finding]:
        """Return what `text` holds, in order, without overlaps, placed in `text` as it was given."""
        return crossings(text, resolve(self._every(text)))

    def suspect(self, text: str) -> list[Finding]:
        """Return what `find` does, and what is as sure but of another kind there, or in something longer.

        One account number in eleven has a bank card's check digit, and digits behind a social security
        number can make a telephone number of both: who cares about one kind only must not miss it.
        """
        every = self._every(text)
        found = crossings(text, resolve(every))
        told = {(one.start, one.end, one.kind) for one in found}
        sure = {one for one in every if one.confidence >= SURE and (one.start, one.end, one.kind) not in told}
        return sorted(sure.union(found))

    def _every(self, text: str) -> list[Finding]:
        view = normal.normal(text)
        seen = self._sieve.read(view.text)
        found = [*self._dictionary.find(view.text), *_identifiers(seen), *names.names(seen)]
        found += letterhead.organisations(view.text, found)
        found += [*letterhead.codes(view.text, found)]
        if view.places is not None:
            found = [_back(view, one) for one in found]
        for other in normal.views(view, seen):
            inner = self._sieve.read(other.text)
            found += [_back(other, one) for one in _identifiers(inner)]
            if other.words:
                found += [_back(other, one) for one in names.names(inner)]
        if self._entities is not None:
            known = found if view.places is None else names.names(seen)
            found += [_back(view, one) for one in self._entities(view.text, [*known])]
        return found


def raises(findings: Iterable[Finding]) -> bool:
    """Whether `findings` make a text personal: one that identifies, or opens something, by itself is enough.

    Ages to 89, bare years, weekdays, nationalities, countries and titles alone leave it as it is.
    """
    return any(found.direct for found in findings)


def _identifiers(seen: Seen) -> list[Finding]:
    digits = _DIGIT.search(seen.text)
    patterns = _BY_ID if digits else _BY_ID_ANY
    found: list[Finding] = []
    for one in seen.among(patterns.keys()):
        found += patterns[one].find(seen)
    if not digits:
        found += dates.worded(seen)
        return found
    found += identifiers.loose(seen)
    found += dates.ages(seen)
    found += address.addresses(seen)
    return found


def _back(view: normal.View, found: Finding) -> Finding:
    start, end = view.origin(found.start, found.end)
    if (start, end) == (found.start, found.end):
        return found
    return Finding(start, end, found.kind, found.confidence, found.source)
