"""All requests of a ledger as one table, `request`: its parts, and what has come since from the database."""

import contextlib
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from wye.config.settings import LedgerSettings
from wye.core.errors import LedgerError
from wye.economics import rolled
from wye.ledger.reader import Filter, Reader
from wye.ledger.spool import private_directory

if TYPE_CHECKING:
    import duckdb

TAIL_ROWS = 20_000
"""More rows than this beyond the parts are rolled before a report."""


class History:
    """The table `request` in DuckDB, with the columns of `columns.COLUMNS`."""

    def __init__(self, connection: "duckdb.DuckDBPyConnection", folder: Path) -> None:
        """Read through a connection that spills into `folder`."""
        self.connection = connection
        self.folder = folder

    @classmethod
    def open(
        cls,
        settings: LedgerSettings,
        state_dir: Path,
        progress: rolled.Progress = lambda *_: None,
        *,
        threads: int | None = None,
    ) -> Self:
        """Open a ledger's. What it has beyond the parts is rolled before where it is much.

        Raises `LedgerError` when there is none or the disk is full, `MissingPackageError` without DuckDB.
        """
        folder = rolled.directory(state_dir)
        with Reader(settings, state_dir) as reader, rolled.on_disk(folder):
            found = rolled.parts(folder)
            if reader.newest() - (found[-1].last if found else 0) > TAIL_ROWS:
                with contextlib.suppress(LedgerError):  # busy, or no room: it is read as it is
                    rolled.roll(settings, state_dir, progress)
                found = rolled.parts(folder)
            private_directory(folder)
            connection = rolled.connect(folder, threads=threads)
            try:
                rolled.belong(connection, found, reader)
                lines = folder / f"tail-{secrets.token_hex(4)}.jsonl"
                try:
                    rolled.write_lines(lines, reader.rows(found[-1].last if found else 0))
                    tail = rolled.lines_table(lines)
                    connection.execute(f"CREATE TABLE tail AS SELECT * FROM {tail}")  # noqa: S608  # our own names
                finally:
                    lines.unlink(missing_ok=True)
                history = cls(connection, folder)
                history.show([rolled.parts_table(found)] if found else [], "tail")
            except BaseException:
                connection.close()
                raise
        return history

    def show(self, tables: list[str], tail: str) -> None:
        """Make the table of these, in SQL; a column that one lacks is null there."""
        union = " UNION ALL BY NAME ".join(f"SELECT * FROM {table}" for table in [*tables, tail])  # noqa: S608  # our own names
        self.connection.execute(f"CREATE OR REPLACE VIEW request AS {union}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    def rows(self, query: str, parameters: list[Any] | None = None) -> list[tuple[Any, ...]]:
        """Return what a query yields. Raises `LedgerError` where it needs more disk than there is."""
        with rolled.on_disk(self.folder):
            return self.connection.execute(query, parameters or []).fetchall()


def conditions(filter_: Filter) -> tuple[str, list[Any]]:
    """Return a filter as SQL over `request`, and its parameters. `Filter.clauses` is the database's."""
    exact = ("key", "team", "asked", "deployment", "lane", "outcome", "task")
    found: list[tuple[str, Any]] = [
        (f'"{name}" = ?', value) for name in exact if (value := getattr(filter_, name)) is not None
    ]
    if filter_.since is not None:
        found.append(('"at" >= ?', filter_.since))
    if filter_.until is not None:
        found.append(('"at" < ?', filter_.until))
    if filter_.label is not None:
        found.append(("list_contains(string_split(labels, ','), ?)", filter_.label))
    if filter_.without is not None:
        found.append(("NOT list_contains(string_split(coalesce(labels, ''), ','), ?)", filter_.without))
    return " AND ".join(["true", *(text for text, _ in found)]), [value for _, value in found]
