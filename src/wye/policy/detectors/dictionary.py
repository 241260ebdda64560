"""The organisation's own words: project names, customers, anything that must not leave."""

import re
from collections.abc import Iterable, Iterator

from wye.policy.detectors.finding import Finding

MAX_TERMS = 100_000
_WORDS = re.compile(r"\w+")


class Dictionary:
    """Finds any of `terms` as whole words, whatever their case and however they are spaced. Raises ValueError over `MAX_TERMS`.

    Terms are looked up by their first word, so that a hundred thousand cost no more than ten.
    """

    def __init__(self, terms: Iterable[str]) -> None:
        by_first: dict[str, list[tuple[str, ...]]] = {}
        for count, term in enumerate(terms, 1):
            if count > MAX_TERMS:
                message = f"a dictionary holds {MAX_TERMS:,} terms at most"
                raise ValueError(message)
            words = tuple(_WORDS.findall(term.lower()))
            if words:
                by_first.setdefault(words[0], []).append(words)
        self._by_first = {first: sorted(found, key=len, reverse=True) for first, found in by_first.items()}

    def find(self, text: str) -> Iterator[Finding]:
        """Yield where a term stands; of several that begin at one word, the longest."""
        if not self._by_first:
            return
        matches = list(_WORDS.finditer(text))
        keys = [match.group().lower() for match in matches]
        for place, first in enumerate(keys):
            for term in self._by_first.get(first, ()):
                if tuple(keys[place : place + len(term)]) == term:
                    yield Finding(
                        matches[place].start(),
                        matches[place + len(term) - 1].end(),
                        "dictionary",
                        1.0,
                        "dictionary",
                    )
                    break
