"""On which side of a split a labelled prompt is: what a revision is fitted on never certifies it.

The side is a hash of the prompt, so that nobody chooses it and every file gives it alike. Rows that a
revision was fitted on are listed beside it; rows that an attempt to certify has looked at are listed here,
and count for no further attempt: what came of them may have led to whatever is tried next.
"""

from pathlib import Path

import msgspec

from wye.routing.state import append, decode, read_bytes

FIT_SHARE = 0.5
_FILE = "looked_at.jsonl"


class Looked(msgspec.Struct, frozen=True):
    """One line: an attempt, and the rows whose scores it has seen."""

    attempt: int
    rows: tuple[str, ...]
    """Their marks (`wye.routing.revision.mark`)."""


def is_for_fitting(mark: str) -> bool:
    """Tell whether a row teaches; the others certify."""
    return int(mark[:8], 16) < FIT_SHARE * 16**8


def looked_at(folder: Path) -> frozenset[str]:
    """Return the marks of all rows that attempts on a route have seen. Raises `StateError`."""
    path = folder / _FILE
    lines = (read_bytes(path) or b"").splitlines()
    return frozenset(mark for line in lines for mark in decode(line, Looked, path).rows)


def look(folder: Path, looked: Looked) -> None:
    """Note which rows an attempt will see; it is on the disk when this returns. Raises `StateError`."""
    append(folder / _FILE, looked)
