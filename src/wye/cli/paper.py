"""A paper for an auditor: facts, tables and notes, as Markdown, CSV or JSON; never held whole."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

import msgspec

Form = Literal["markdown", "csv", "json"]
Cell = str | int | float | None
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet would run."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a header. They are taken once."""

    title: str
    header: tuple[str, ...]
    rows: Iterable[Sequence[Cell]]


@dataclass(frozen=True, slots=True)
class Paper:
    """What is written."""

    title: str
    facts: list[tuple[str, str]]
    """What holds for all of it."""
    tables: list[Table]
    notes: list[str] = field(default_factory=list)
    """What a reader must know to rely on it."""


def written(paper: Paper, form: Form) -> Iterator[str]:
    """Yield the paper in pieces."""
    match form:
        case "markdown":
            return _markdown(paper)
        case "csv":
            return _csv(paper)
        case "json":
            return _json(paper)


def _markdown(paper: Paper) -> Iterator[str]:
    yield f"# {paper.title}\n\n"
    yield from _rows(("what", "said"), paper.facts)
    for table in paper.tables:
        yield f"\n## {table.title}\n\n"
        yield from _rows(table.header, table.rows)
    if paper.notes:
        yield "\n## What to know of it\n\n"
        yield from (f"- {note}\n" for note in paper.notes)


def _rows(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    yield f"| {' | '.join(header)} |\n|{'---|' * len(header)}\n"
    for row in rows:
        yield f"| {' | '.join(_plain(cell) for cell in row)} |\n"


def _plain(cell: Cell) -> str:
    text = "" if cell is None else str(cell)
    return " ".join(text.split()).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")


def _csv(paper: Paper) -> Iterator[str]:
    """Every row begins with what it belongs to: one file holds all tables."""
    yield _line(("of", "paper", paper.title))
    yield from (_line(("fact", *fact)) for fact in paper.facts)
    for table in paper.tables:
        yield _line(("header", table.title, *table.header))
        yield from (_line((table.title, *row)) for row in table.rows)
    yield from (_line(("note", note)) for note in paper.notes)


def _line(cells: Sequence[Cell]) -> str:
    text = io.StringIO()
    safe = [f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell for cell in cells]
    csv.writer(text, lineterminator="\n").writerow(safe)
    return text.getvalue()


def _json(paper: Paper) -> Iterator[str]:
    encode = msgspec.json.Encoder().encode
    yield f'{{"title":{encode(paper.title).decode()},"facts":{encode(dict(paper.facts)).decode()},"tables":{{'
    for number, table in enumerate(paper.tables):
        yield f"{',' if number else ''}{encode(table.title).decode()}:["
        for count, row in enumerate(table.rows):
            yield (",\n" if count else "\n") + encode(dict(zip(table.header, row, strict=True))).decode()
        yield "]"
    yield f'}},"notes":{encode(paper.notes).decode()}}}\n'
