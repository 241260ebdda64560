"""A rule of one regular expression: what must stand in the text before it is tried, and what proves a match."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from wye.policy.detectors.finding import Finding


def always(_: str) -> bool:
    """Say that the form alone is proof enough."""
    return True


@dataclass(frozen=True, slots=True)
class Pattern:
    """Find `kind` where `regex` matches and `check` agrees with what it found.

    `needs` are literals of which one must be in the text folded to lower case; the search costs less than a
    match that fails. `group` is what is found, the rest is context.
    """

    kind: str
    regex: re.Pattern[str]
    confidence: float = 0.8
    needs: tuple[str, ...] = ()
    check: Callable[[str], bool] = always
    group: int = 0

    def find(self, text: str, lowered: str) -> Iterator[Finding]:
        """Yield where `text` matches; `lowered` is `text.lower()`, made once for all rules."""
        if self.needs:
            for literal in self.needs:
                if literal in lowered:
                    break
            else:
                return
        for match in self.regex.finditer(text):
            start, end = match.span(self.group)
            if start < end and self.check(text[start:end]):
                yield Finding(start, end, self.kind, self.confidence)
