"""What is split over neighbours: `["Anna", "Kowalska"]`, a number over two parts of a message.

A detector reads leaf by leaf, so what stands in two of them stands in neither. Neighbours in one list are
therefore read together as well, and what is found across them belongs to each, piece by piece:

- close together, as a model reads the parts of a message and as transcripts come, piece by piece of a word; a
  capital behind a letter begins a new one;
- with a space between them where all are short, as lists of names are.

Of a long text only its ends are read with its neighbours. A list of figures is no telephone number: across
items that are figures and nothing else only what proves itself counts, by check digits or by a word.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import msgspec

from wye.policy.detectors.cascade import SURE
from wye.policy.detectors.finding import Finding
from wye.policy.leaves import Leaf, Path, Step

EDGE = 64
"""Characters of a long text's end that are read with what follows, and of its beginning."""
SHORT = 24
"""Characters of an item that is a word, a name or a figure."""
_SPEAKERS = frozenset({"messages", "input", "contents", "tools", "functions"})
"""Lists whose items are said by one after another, or of one thing after another."""


class Piece(NamedTuple):
    """A part of one leaf within what is read together."""

    leaf: int
    """Its place among the leaves."""
    offset: int
    """Where the part begins in the leaf's text."""
    start: int
    end: int
    """Where it stands in what is read together."""


class Joined(NamedTuple):
    """Neighbours, read together."""

    text: str
    pieces: tuple[Piece, ...]


def joined(leaves: Sequence[Leaf]) -> Iterator[Joined]:
    """Yield what has to be read together."""
    for run in _runs(leaves):
        yield from _close(leaves, run)
        if all(len(leaves[at].text) <= SHORT for at in run):
            yield _together([(at, 0, leaves[at].text) for at in run], " ")


def across(one: Joined, found: Iterable[Finding]) -> Iterator[tuple[int, Finding]]:
    """Yield what was found in more than one piece: the leaf's place, and what of it stands in that leaf."""
    starts, ends = [piece.start for piece in one.pieces], [piece.end for piece in one.pieces]
    for finding in found:
        touched = one.pieces[bisect_right(ends, finding.start) : bisect_left(starts, finding.end)]
        if len(touched) == 1 or (finding.confidence < SURE and _is_list(one.text, touched, finding)):
            continue
        for piece in touched:
            moved = piece.offset - piece.start
            start, end = max(finding.start, piece.start) + moved, min(finding.end, piece.end) + moved
            yield piece.leaf, msgspec.structs.replace(finding, start=start, end=end)


def _is_list(text: str, touched: Sequence[Piece], finding: Finding) -> bool:
    """Whether each of the pieces is figures, and all of it was found: rows of a table look so."""
    return all(
        finding.start <= piece.start
        and piece.end <= finding.end
        and any(map(str.isdigit, text[piece.start : piece.end]))
        for piece in touched
    )


def _close(leaves: Sequence[Leaf], run: Sequence[int]) -> Iterator[Joined]:
    """Yield texts with nothing between them; a long one ends what came before and begins what follows."""
    parts: list[tuple[int, int, str]] = []
    for at in run:
        text = leaves[at].text
        if len(text) <= 2 * EDGE:
            parts.append((at, 0, text))
            continue
        if parts:
            yield _together([*parts, (at, 0, text[:EDGE])], "")
        parts = [(at, len(text) - EDGE, text[-EDGE:])]
    if len(parts) > 1:
        yield _together(parts, "")


def _together(parts: Sequence[tuple[int, int, str]], between: str) -> Joined:
    pieces: list[Piece] = []
    texts: list[str] = []
    start = 0
    for leaf, offset, text in parts:
        if texts:
            apart = between or (" " if texts[-1][-1:].isalpha() and text[:1].isupper() else "")
            texts.append(apart)
            start += len(apart)
        pieces.append(Piece(leaf, offset, start, start + len(text)))
        texts.append(text)
        start += len(text)
    return Joined("".join(texts), tuple(pieces))


def _runs(leaves: Sequence[Leaf]) -> Iterator[list[int]]:
    """Yield the places of leaves that follow each other in one list and are the same member of its items."""
    values = [at for at, leaf in enumerate(leaves) if leaf.path[-1:] != (Step.NAME,)]
    run: list[int] = []
    for before, after in pairwise(values):
        one, other = leaves[before], leaves[after]
        if not (one.media or other.media) and _neighbours(one.path, other.path):
            run += [after] if run else [before, after]
        elif run:
            yield run
            run = []
    if run:
        yield run


def _neighbours(before: Path, after: Path) -> bool:
    """Whether two paths differ in the place of an item alone: `content[0].text` and `content[1].text`."""
    if len(before) != len(after):
        return False
    at = 0
    while before[at] == after[at]:
        at += 1
    below = before[at + 1 :]
    if below != after[at + 1 :] or not isinstance(before[at], int) or not isinstance(after[at], int):
        return False
    return not (below and at == 1 and before[0] in _SPEAKERS)  # `messages[0].content`
