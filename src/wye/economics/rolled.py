"""The ledger rolled into Parquet: parts, each the requests of a range of the ledger's row numbers.

- A part's name is its range, `FIRST-LAST.parquet`. It is written under another name, synced, and renamed: a
  part is whole or not there.
- Only rows are rolled before which none can appear any more (`Reader.settled`), so no row is ever skipped;
  ranges do not overlap, so none is counted twice.
- Neighbours of like size are merged into one part. A part whose range lies in another's was merged: it is
  passed over, and deleted by a later roll, when nobody can be reading it any more.
"""

import contextlib
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from wye.config.settings import LedgerSettings
from wye.core.errors import LedgerError
from wye.economics.columns import COLUMNS, to_line
from wye.economics.optional import needed
from wye.ledger.reader import LedgerRow, Reader
from wye.ledger.spool import Lock, private_directory

if TYPE_CHECKING:
    import duckdb

PART_ROWS = 1_000_000
"""At most, of a part that is written; a merge makes none larger than `PART_BYTES`."""
PART_BYTES = 256 << 20
_LIKE = 4
"""Two neighbours are merged when the later is at least this part of the earlier: each row is rewritten
a few times in its life, and there are few parts."""
_READING_SECONDS = 900.0
"""No report reads for longer."""
_MEMORY = "600MB"
_NAME = re.compile(r"(\d{19})-(\d{19})\.parquet\Z")
_LINES, _NEW, _LOCK = "rows.jsonl.new", "part.new", "lock"

Progress = Callable[[int, int], None]
"""Told rows that are done, and rows there are about."""


class Part(NamedTuple):
    """A file with the rows `first` to `last`."""

    first: int
    last: int
    path: Path


class Rolled(msgspec.Struct, frozen=True):
    """What a roll did."""

    rows: int
    """That were added."""
    last: int
    """Up to this row of the ledger all are in parts."""
    parts: int


def directory(state_dir: Path) -> Path:
    """Return where the parts are."""
    return state_dir / "parquet"


def parts(folder: Path) -> list[Part]:
    """Return the parts that count, in order. Raises `LedgerError` when one is missing between two."""
    found = sorted(_named(folder), key=lambda part: (part.first, -part.last))
    kept: list[Part] = []
    for part in found:
        if kept and part.last <= kept[-1].last:
            continue
        if part.first != (kept[-1].last + 1 if kept else 1):
            rows = f"{kept[-1].last + 1 if kept else 1} to {part.first - 1}"
            message = f"{folder}: rows {rows} are in no part: move all parts away, to have them written anew"
            raise LedgerError(message)
        kept.append(part)
    return kept


def connect(
    folder: Path, *, memory: str = _MEMORY, threads: int | None = None
) -> "duckdb.DuckDBPyConnection":
    """Open DuckDB without a database and without extensions from elsewhere; it spills into `folder`."""
    driver = needed("duckdb", "reports over the rolled ledger")
    settings: dict[str, str | int] = {
        "memory_limit": memory,
        "temp_directory": str(folder / "spill"),
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "preserve_insertion_order": "true",
    }
    if threads is not None:
        settings["threads"] = threads
    connection: duckdb.DuckDBPyConnection = driver.connect(":memory:", config=settings)
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def roll(settings: LedgerSettings, state_dir: Path, progress: Progress = lambda *_: None) -> Rolled:
    """Move what the ledger has beyond the parts into parts. May be killed at any moment, and called again.

    Raises `LedgerError` where the parts are not this ledger's, or the ledger cannot be read, or the parts
    not written: those there are stay as they were.
    """
    folder = directory(state_dir)
    with Reader(settings, state_dir) as reader, on_disk(folder):
        private_directory(folder)
        with Lock(folder / _LOCK, wait=True), private_files():
            return _roll(reader, folder, progress)


@contextlib.contextmanager
def on_disk(path: Path) -> Iterator[None]:
    """Make what a full or read-only disk does to files at `path`, ours or DuckDB's, a `LedgerError`."""
    driver = needed("duckdb", "reports over the rolled ledger")
    try:
        yield
    except (OSError, driver.IOException, driver.OutOfMemoryException) as error:
        told = error.strerror if isinstance(error, OSError) else str(error).partition("\n")[0]
        message = f"{path} cannot be read or written: {told or error}"
        raise LedgerError(message) from error


def _roll(reader: Reader, folder: Path, progress: Progress) -> Rolled:
    found = parts(folder)
    _tidy(folder, found)
    with connect(folder) as connection:
        belong(connection, found, reader)
        last, horizon, rows = (found[-1].last if found else 0), reader.settled(), 0
        while last < horizon:
            told = _shifted(progress, rows, horizon - last)
            done, last = _add(connection, folder, reader.rows(last, horizon), (last, horizon), told)
            rows += done
        if rows:
            _merge(connection, folder)
    return Rolled(rows, last, len(parts(folder)))


def _shifted(progress: Progress, rows: int, left: int) -> Callable[[int], None]:
    return lambda count: progress(rows + count, rows + left)


def _add(
    connection: "duckdb.DuckDBPyConnection",
    folder: Path,
    rows: Iterator[LedgerRow],
    span: tuple[int, int],
    progress: Callable[[int], None],
) -> tuple[int, int]:
    """Write the next part of a span of rows. Return how many it has, and the last one's number."""
    last, horizon = span
    lines = folder / _LINES
    try:
        count, end = write_lines(lines, rows, PART_ROWS, progress)
        end = end if count == PART_ROWS else horizon
        if count:
            _publish(connection, folder, f"SELECT * FROM {lines_table(lines)}", last + 1, end)  # noqa: S608  # our own names
    finally:
        lines.unlink(missing_ok=True)
    return count, end


def belong(connection: "duckdb.DuckDBPyConnection", found: list[Part], reader: Reader) -> None:
    """Raise `LedgerError` unless the parts were rolled from the ledger that is read."""
    if not found:
        return
    last, path = found[-1].last, found[-1].path
    query = "SELECT id FROM read_parquet(?) WHERE seq = ?"
    rolled = connection.execute(query, [str(path), last]).fetchone()
    there = reader.id_at(last)
    older = there is None and next(iter(islice(reader.rows(last), 1)), None) is not None
    if not older and (rolled is None or rolled[0] != there):
        message = f"the parts in {path.parent} were rolled from another ledger: move them away"
        raise LedgerError(message)


def write_lines(
    path: Path,
    rows: Iterable[LedgerRow],
    limit: int | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> tuple[int, int]:
    """Write rows as lines that `lines_table` reads. Return how many, and the last one's number."""
    count = last = 0
    fd = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(fd, "wb", 1 << 20) as file:
        for row in islice(rows, limit):
            file.write(to_line(row))
            count, last = count + 1, row.seq
            if not count % 10_000:
                progress(count)
    progress(count)
    return count, last


def lines_table(path: Path) -> str:
    """Return the table that the lines in a file are, in SQL, with the columns of a part."""
    types = ", ".join(f"\"{name}\": '{kind}'" for name, kind in COLUMNS.items() if name != "day")
    table = f"read_json('{_quoted(path)}', format='newline_delimited', columns={{{types}}})"
    columns = ", ".join(f"{DAY} AS day" if name == "day" else f'"{name}"' for name in COLUMNS)
    return f"(SELECT {columns} FROM {table})"  # noqa: S608  # our own names


DAY = "DATE '1970-01-01' + CAST(floor(\"at\" / 86400) AS INTEGER)"
"""UTC."""


def parts_table(found: Iterable[Part]) -> str:
    """Return the table that parts are together, in SQL. A column that older parts lack is null there."""
    names = ", ".join(f"'{_quoted(part.path)}'" for part in found)
    return f"read_parquet([{names}], union_by_name=true)"


def _named(folder: Path) -> Iterator[Part]:
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        if match := _NAME.match(path.name):
            yield Part(int(match[1]), int(match[2]), path)


def _tidy(folder: Path, kept: list[Part]) -> None:
    """Delete what a roll left that was cut short, and what was merged. Only who holds the lock may."""
    for name in (_LINES, _NEW):
        (folder / name).unlink(missing_ok=True)
    settled = time.time() - _READING_SECONDS
    if all(part.path.stat().st_mtime < settled for part in kept):
        for part in set(_named(folder)) - set(kept):
            part.path.unlink()


def _merge(connection: "duckdb.DuckDBPyConnection", folder: Path) -> None:
    """Merge the last parts, as many as are alike."""
    *found, last = parts(folder)
    run, size = [last], last.path.stat().st_size
    for part in reversed(found):
        more = part.path.stat().st_size
        if more > _LIKE * size or more + size > PART_BYTES:
            break
        run.insert(0, part)
        size += more
    if len(run) > 1:
        query = f"SELECT * FROM {parts_table(run)}"  # noqa: S608  # our own names
        _publish(connection, folder, query, run[0].first, run[-1].last)


def _publish(
    connection: "duckdb.DuckDBPyConnection", folder: Path, query: str, first: int, last: int
) -> None:
    """Write the rows of a query as a part, all at once."""
    new = folder / _NEW
    try:
        connection.execute(f"COPY ({query}) TO '{_quoted(new)}' (FORMAT parquet, COMPRESSION zstd)")
        fd = os.open(new, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fchmod(fd, 0o600)
            os.fsync(fd)
        finally:
            os.close(fd)
        new.rename(folder / f"{first:019d}-{last:019d}.parquet")
    finally:
        new.unlink(missing_ok=True)  # where the disk is full, it would keep it so
    fd = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


@contextlib.contextmanager
def private_files() -> Iterator[None]:
    """Have files that DuckDB makes be this user's only, from their first byte."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
