"""On which side of a split a labelled row is: what a revision is fitted on never certifies it.

Rows belong together that are of one conversation, or nearly the same: they are on one side, and count once.
The side is a hash of what they are: there is no seed. A trace of the rows that a revision was fitted on is
kept beside it, and here one of the rows that an attempt to certify has looked at: they count for no further
attempt, since what came of them may have led to whatever is tried next. In another file a trace knows again
such rows, other turns of their conversations, and prompts that are nearly the same.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from wye.evaluation.clusters import HASHES, Shingled
from wye.evaluation.dataset import Row
from wye.routing.revision import Trace, mark
from wye.routing.state import append, decode, read_bytes

FIT_SHARE = 0.5
_DIGITS = 8
_FILE = "looked_at.jsonl"


class Looked(Trace, frozen=True, kw_only=True):
    """One line: an attempt, and the rows whose scores it has seen."""

    attempt: int


class Grouped:
    """Labelled rows, and which of them belong together."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._prompts = Shingled([row.prompt for row in rows])
        self._marks = [marks(row) for row in rows]
        self.groups = _joined(self._prompts.clusters().tolist(), rows)
        """Of each row: the place of the first row that it belongs to."""

    def known(self, spent: Iterable[Trace]) -> npt.NDArray[np.bool_]:
        """Tell which rows are spent: they, or one that they belong to, have left a trace."""
        found = np.zeros(len(self._marks), dtype=np.bool_)
        for trace in spent:
            seen = frozenset(trace.rows)
            found |= np.array([not seen.isdisjoint(own) for own in self._marks], dtype=np.bool_)
            likeness = np.frombuffer(trace.likeness, dtype=np.uint8).reshape(-1, HASHES)
            found |= self._prompts.like(likeness, frozenset(trace.common))
        return np.isin(self.groups, self.groups[found])

    def teaching(self) -> npt.NDArray[np.bool_]:
        """Tell which rows teach; the others certify."""
        sides: dict[int, str] = {}
        for group, own in zip(self.groups.tolist(), self._marks, strict=True):
            # In whatever order rows stand: one of them speaks for all, chosen by other digits than the side.
            sides[group] = min(sides.get(group, own[0]), own[0], key=lambda one: one[_DIGITS:])
        return np.array([is_for_fitting(sides[group]) for group in self.groups.tolist()], dtype=np.bool_)

    def trace(self, places: Sequence[int]) -> Trace:
        """Return what is to be kept of some of the rows."""
        known = sorted({one for place in places for one in self._marks[place]})
        signed = self._prompts.signed(self._prompts.common, places)
        likeness = np.unique(signed.likeness, axis=0).tobytes()
        return Trace(tuple(known), likeness, tuple(sorted(self._prompts.common)))


def marks(row: Row) -> tuple[str, ...]:
    """Return what tells a row from others: its conversation, if it is of one, and its prompt."""
    prompt = mark(row.prompt)
    return (mark(f"conversation {row.conversation}"), prompt) if row.conversation else (prompt,)


def is_for_fitting(mark: str) -> bool:
    """Tell whether a row teaches; the others certify."""
    return int(mark[:_DIGITS], 16) < FIT_SHARE * float(16**_DIGITS)


def looked_at(folder: Path) -> tuple[Looked, ...]:
    """Return what attempts on a route have seen. Raises `StateError`."""
    path = folder / _FILE
    lines = (read_bytes(path) or b"").splitlines()
    return tuple(decode(line, Looked, path) for line in lines)


def look(folder: Path, attempt: int, trace: Trace) -> None:
    """Note which rows an attempt will see; it is on the disk when this returns. Raises `StateError`."""
    append(folder / _FILE, Looked(trace.rows, trace.likeness, trace.common, attempt=attempt))


def _joined(clusters: Sequence[int], rows: Sequence[Row]) -> npt.NDArray[np.int64]:
    """Join clusters that have rows of one conversation."""
    joined: dict[int, int] = {}

    def root(group: int) -> int:
        while joined.get(group, group) != group:
            group = joined[group]
        return group

    first: dict[str, int] = {}
    for row, group in zip(rows, clusters, strict=True):
        if row.conversation:
            one, other = sorted((root(group), root(first.setdefault(row.conversation, group))))
            joined[other] = one
    return np.array([root(group) for group in clusters], dtype=np.int64)
