"""Labelled prompts: who answered, how well, what, at what length. JSON Lines, gzipped or not."""

import gzip
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

MAX_LINE = 8 << 20
"""Bytes of one row."""
MAX_ROWS = 2_000_000

_SHAPE = (
    'A line is a row: {"id": "1", "prompt": "...", "results": {"MODEL": {"quality": 0.5}, "OTHER": {...}}}'
)


class Result(msgspec.Struct, frozen=True):
    """What one model made of a prompt."""

    quality: float | None = None
    """In [0, 1], by people or tests; None = it was not run, or nobody has scored it."""
    judged: float | None = None
    """In [0, 1], by a judge; None = none has."""
    answer: str | None = None
    """The final answer, normalised; None = not known, or none was found in what it wrote."""
    output_chars: int | None = None


class Row(msgspec.Struct, frozen=True):
    """One prompt."""

    id: str
    prompt: str
    results: dict[str, Result]
    dataset: str = ""
    category: str = ""
    conversation: str = ""
    """Rows of one conversation have the same; empty = it has one row."""

    def quality(self, model: str) -> float | None:
        """Return a model's score; None = it was not run."""
        result = self.results.get(model)
        return result.quality if result else None


class DatasetError(Exception):
    """A file cannot be read as a data set; the message says where and what to do."""


def read(path: Path) -> list[Row]:
    """Return the rows of a file. Raises `DatasetError`."""
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
            return list(_rows(path, iter(lambda: file.readline(MAX_LINE + 1), b"")))
    except (OSError, EOFError, zlib.error) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        message = f"cannot read {path}: {reason}"
        raise DatasetError(message) from error


def _rows(path: Path, lines: Iterator[bytes]) -> Iterator[Row]:
    decoder = msgspec.json.Decoder(Row)
    for number, line in enumerate(lines, 1):
        if len(line) > MAX_LINE or number > MAX_ROWS:
            message = f"{path}, line {number}: more than is read ({MAX_LINE} bytes a line, {MAX_ROWS} lines)"
            raise DatasetError(message)
        if line.isspace():
            continue
        try:
            row = decoder.decode(line)
        except msgspec.DecodeError as error:
            message = f"{path}, line {number}: {error}. {_SHAPE}"
            raise DatasetError(message) from error
        for model, result in row.results.items():
            for score in (result.quality, result.judged):
                if score is not None and not 0 <= score <= 1:
                    message = f"{path}, line {number}: a score of {model} is not in [0, 1]: scale it first"
                    raise DatasetError(message)
        yield row


def with_both(rows: Iterable[Row], strong: str, weak: str) -> list[Row]:
    """Return the rows that both models were run on."""
    return [row for row in rows if row.quality(strong) is not None and row.quality(weak) is not None]


def models(rows: Iterable[Row]) -> list[str]:
    """Return the models that were run on any of the rows, by name."""
    return sorted(
        {name for row in rows for name, result in row.results.items() if result.quality is not None}
    )
