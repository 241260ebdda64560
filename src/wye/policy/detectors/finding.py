"""What a detector says: this stretch of the text is of that kind. A finding can raise a label, never clear one."""

from collections.abc import Iterable

import msgspec

QUASI = frozenset({"age", "year", "weekday", "when", "time", "title", "group", "region", "term"})
"""Kinds that identify nobody by themselves: an age up to 89, a bare year, a nationality, a country.

The HIPAA safe harbor (45 CFR 164.514(b)(2)) lets them stay; together with a direct identifier they are masked."""

JOINTS = frozenset(" \t\r\n,;.:/#()-–'’&>")
MAX_JOINT = 8


class Finding(msgspec.Struct, frozen=True, order=True, gc=False):
    """`text[start:end]` is a `kind`, by `source`. `confidence` is in (0, 1]: 1 = proven by a checksum."""

    start: int
    end: int
    kind: str
    confidence: float = 0.8
    source: str = "rules"

    @property
    def direct(self) -> bool:
        """Whether it identifies somebody, or opens something, by itself."""
        return self.kind not in QUASI


def resolve(findings: Iterable[Finding]) -> list[Finding]:
    """Return `findings` in order, without overlaps: what overlaps becomes one, of its most certain kind.

    Direct kinds win over the others, so nothing that identifies is called an age.
    """
    done: list[Finding] = []
    for found in sorted(findings):
        last = done[-1] if done else None
        if last is None or found.start >= last.end:
            done.append(found)
            continue
        best = found if _weight(found) > _weight(last) else last
        if best is not last or found.end > last.end:
            end = max(last.end, found.end)
            done[-1] = Finding(last.start, end, best.kind, best.confidence, best.source)
    return done


def _weight(found: Finding) -> tuple[bool, float, int]:
    return found.kind not in QUASI, found.confidence, found.end - found.start


def crossings(text: str, findings: list[Finding]) -> list[Finding]:
    """Return `findings` with those joined that are two streets of one address: `Maple and Hauptstraße 7`."""
    done: list[Finding] = []
    for found in findings:
        last = done[-1] if done else None
        if (
            last is not None
            and found.kind == "address"
            and last.kind in {"name", "place", "address"}
            and text[last.end : found.start] in {" and ", " y ", " und ", " et "}
            and text[found.start].isalpha()
        ):
            done[-1] = Finding(last.start, found.end, "address", found.confidence, found.source)
        else:
            done.append(found)
    return done


def covered(text: str, findings: Iterable[Finding]) -> list[tuple[int, int]]:
    """Return the stretches that masking would hide: neighbours with only punctuation between them are one."""
    spans: list[tuple[int, int]] = []
    for found in sorted(findings):
        if spans:
            start, end = spans[-1]
            between = text[end : found.start]
            if found.start <= end or (len(between) <= MAX_JOINT and JOINTS.issuperset(between)):
                spans[-1] = (start, max(end, found.end))
                continue
        spans.append((found.start, found.end))
    return spans
