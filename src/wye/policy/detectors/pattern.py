"""A rule of one regular expression: what must stand in the text before it is tried, and what proves a match."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from wye.policy.detectors.finding import Finding
from wye.policy.detectors.sieve import Lead, Seen


def always(_: str) -> bool:
    """Say that the form alone is proof enough."""
    return True


@dataclass(frozen=True, slots=True)
class Pattern:
    """Find `kind` where `regex` matches and `check` agrees with what it found.

    `needs` are literals of which one must be in the text folded to lower case. `group` is what is found, the
    rest is context. `lead`, `reach` and `head` are those of `sieve.Lead`. `within` says where in it they stand,
    for what can match more than one with what lies around.
    """

    kind: str
    regex: re.Pattern[str]
    confidence: float = 0.8
    needs: tuple[str, ...] = ()
    check: Callable[[str], bool] = always
    group: int = 0
    lead: re.Pattern[str] | None = None
    reach: int = 0
    head: re.Pattern[str] | None = None
    within: Callable[[str], Iterator[tuple[int, int]]] | None = None

    @property
    def led(self) -> Lead:
        """What a sieve needs to know."""
        return Lead(self.regex, self.lead, self.reach, self.head)

    def find(self, seen: Seen) -> list[Finding]:
        """Return where the text matches."""
        if self.needs and not seen.sifted:
            lowered = seen.lowered
            for literal in self.needs:
                if literal in lowered:
                    break
            else:
                return []
        text = seen.text
        found: list[Finding] = []
        for match in seen.find(self.regex):
            start, end = match.span(self.group)
            if self.within is not None:
                places = self.within(text[start:end])
                found += [Finding(start + a, start + b, self.kind, self.confidence) for a, b in places]
            elif start < end and self.check(text[start:end]):
                found.append(Finding(start, end, self.kind, self.confidence))
        return found
