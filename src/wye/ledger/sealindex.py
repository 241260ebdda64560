"""Which entry of a log is of which request: a file beside the log that can be made anew of it.

It proves nothing and need not be believed: what it finds is proven against the log's signature.
"""

import contextlib
import itertools
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Self

from wye.ledger.entries import entries_from, taken_apart
from wye.ledger.tlog.errors import LogError
from wye.ledger.tlog.log import PRIVATE
from wye.ledger.tlog.tiles import Source

INDEX = "index.db"
_STEP = 10_000
_BUSY_SECONDS = 10.0
_SCHEMA = """
    CREATE TABLE IF NOT EXISTS entry (id TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (id, number))
    WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS indexed (size INTEGER NOT NULL);
"""


class SealIndex:
    """The index of the log in `directory`. One thread's; several processes may have it open."""

    def __init__(self, directory: Path, source: Source) -> None:
        """Open it, or begin one. Raises `LogError` when it cannot be used."""
        self._path = directory / PRIVATE / INDEX
        self._source = source
        try:
            self._open()
        except sqlite3.OperationalError as error:
            raise self._explained(error) from error
        except sqlite3.DatabaseError:  # a file that is no database, or half of one
            for suffix in ("", "-wal", "-shm"):
                self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
            self._open()

    def _open(self) -> None:
        self._connection = sqlite3.connect(
            self._path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = OFF")  # what a power loss takes is read again
        self._connection.executescript(_SCHEMA)
        self._size = self._indexed()

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def add(self, first: int, names: Sequence[str]) -> None:
        """Take in the entries from `first` on. Raises `LogError`."""
        if first != self._size:
            self.catch_up(first)
        self._put(first, names)

    def catch_up(self, size: int) -> None:
        """Read of the log what is not indexed yet, up to `size`. Raises `LogError`."""
        self._size = self._indexed()
        while self._size < size:
            upto = min(size, self._size + _STEP)
            entries = entries_from(self._source, self._size, upto)
            self._put(self._size, [taken_apart(entry).name for entry in entries])

    def find(self, beginning: str) -> list[tuple[str, int]]:
        """Return ids that begin so, and their entries: at most two. Raises `LogError`."""
        query = "SELECT id, number FROM entry WHERE id >= ? AND id < ? ORDER BY id LIMIT 2"
        try:
            return self._connection.execute(query, (beginning, beginning + "\U0010ffff")).fetchall()
        except sqlite3.Error as error:
            raise self._explained(error) from error

    def _put(self, first: int, names: Iterable[str]) -> None:
        connection = self._connection
        rows = list(zip(names, itertools.count(first)))  # the second never ends
        try:
            connection.execute("BEGIN IMMEDIATE")
            try:
                connection.executemany("INSERT OR IGNORE INTO entry VALUES (?, ?)", rows)
                connection.execute("UPDATE indexed SET size = max(size, ?)", (first + len(rows),))
                connection.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise self._explained(error) from error
        self._size = first + len(rows)

    def _indexed(self) -> int:
        row = self._connection.execute("SELECT max(size) FROM indexed").fetchone()
        if row[0] is None:
            self._connection.execute("INSERT INTO indexed SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM indexed)")
        return int(row[0] or 0)

    def _explained(self, error: sqlite3.Error) -> LogError:
        return LogError(
            f"the index {self._path} cannot be used ({error}): it may be deleted, and is made anew"
        )
