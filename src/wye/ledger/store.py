"""Rows into the database by its plain driver.

The writer's process holds no more than this: SQLAlchemy would cost it 25 MB for two statements.
"""

import contextlib
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from wye.ledger.rows import COLUMNS, Row

if TYPE_CHECKING:
    import psycopg

STEPS = 32
"""A group is inserted in at most so many statements, and never fewer than `STEP_ROWS` rows at a time."""
CHECKPOINT_PAGES = 100
"""What is copied from the log into the database at once: 1.7 ms of a core. SQLite's 1,000 take it for 11."""
STEP_ROWS = 16

Rest = Callable[[], None]
"""Called between two statements: on a core that is shared, the gateway goes first."""


def no_rest() -> None:
    """Nobody else needs the core."""


class UnavailableError(Exception):
    """The database cannot be reached or written to now; later it may."""


class Place(msgspec.Struct, frozen=True):
    """How a driver reaches the database. May hold a password: never printed, never on a command line."""

    kind: Literal["sqlite", "postgresql"]
    arguments: list[str]
    options: dict[str, Any]
    """Of the driver's `connect`."""

    def __repr__(self) -> str:
        return f"Place({self.kind})"


class Store(ABC):
    """The table `request`, for adding to. Connects when it must, and anew after a failure."""

    @abstractmethod
    def insert(self, rows: list[Row], rest: Rest) -> list[Row]:
        """Insert rows in one transaction, skipping ids that are there; return those that it will not hold.

        Raises `UnavailableError` when it could not try all of them; the call may be repeated.
        """

    @abstractmethod
    def close(self) -> None:
        """Let go of the database."""


def open_store(place: Place) -> Store:
    """Return the store at `place`; nothing is connected yet."""
    return SqliteStore(place) if place.kind == "sqlite" else PostgresStore(place)


def step_of(rows: int) -> int:
    """Return how many of `rows` to handle before a rest: the more there are, the less often."""
    return max(STEP_ROWS, -(-rows // STEPS))


def prepare_sqlite(connection: sqlite3.Connection) -> None:
    """Set what every connection to a SQLite ledger needs."""
    connection.execute("PRAGMA page_size = 16384")  # records of 1 KB fill small pages badly
    connection.execute("PRAGMA cache_size = -8000")  # KiB; holds what a commit changes
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")


_NAMES = ", ".join(COLUMNS)
_SQLITE_INSERT = (
    f"INSERT INTO request ({_NAMES}) VALUES ({', '.join('?' * len(COLUMNS))}) ON CONFLICT (id) DO NOTHING"  # noqa: S608  # our own names
)
POSTGRES_TYPES = {
    "at": "DOUBLE PRECISION",
    "status": "BIGINT",
    "attempts": "BIGINT",
    "amount": "NUMERIC",
    "charged": "NUMERIC",
    "input_tokens": "BIGINT",
    "output_tokens": "BIGINT",
    "cached_tokens": "BIGINT",
    "reasoning_tokens": "BIGINT",
    "ttft_ms": "DOUBLE PRECISION",
    "duration_ms": "DOUBLE PRECISION",
}
"""Of the columns that are no text."""
_TYPED = ", ".join(f"{name} {POSTGRES_TYPES.get(name, 'TEXT')}" for name in COLUMNS)
_POSTGRES_INSERT = (
    f"INSERT INTO request ({_NAMES}) SELECT {_NAMES} FROM json_to_recordset(%s) AS r ({_TYPED}) "  # noqa: S608  # our own names
    "ON CONFLICT (id) DO NOTHING"
)


class SqliteStore(Store):
    """A file of this machine."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._connection: sqlite3.Connection | None = None

    def insert(self, rows: list[Row], rest: Rest) -> list[Row]:
        """See `Store`."""
        try:
            connection = self._connect()
            connection.execute("BEGIN IMMEDIATE")
            try:
                self._add(connection, rows, rest)
                connection.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):  # SQLite may have rolled back by itself
                    connection.execute("ROLLBACK")
                raise
        except (sqlite3.DataError, sqlite3.IntegrityError, OverflowError):
            return _halves(self, rows, rest)
        except sqlite3.Error as error:
            raise UnavailableError(str(error)) from error
        return []

    def close(self) -> None:
        """See `Store`."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @staticmethod
    def _add(connection: sqlite3.Connection, rows: list[Row], rest: Rest) -> None:
        step = step_of(len(rows))
        for i in range(0, len(rows), step):
            if i:
                rest()
            connection.executemany(_SQLITE_INSERT, rows[i : i + step])

    def _connect(self) -> sqlite3.Connection:
        if self._connection is None:
            [path], options = self._place.arguments, self._place.options
            connection = sqlite3.connect(path, **options, isolation_level=None)
            prepare_sqlite(connection)
            connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
            self._connection = connection
        return self._connection


class PostgresStore(Store):
    """A server."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._connection: psycopg.Connection | None = None

    def insert(self, rows: list[Row], rest: Rest) -> list[Row]:
        """See `Store`."""
        import psycopg  # noqa: PLC0415  # only where PostgreSQL is used

        objects = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
        try:
            connection = self._connect()
            with connection.transaction():
                connection.execute(_POSTGRES_INSERT, (msgspec.json.encode(objects).decode(),))
        except (psycopg.DataError, psycopg.IntegrityError):
            return _halves(self, rows, rest)
        except psycopg.Error as error:
            self.close()
            raise UnavailableError(str(error).strip()) from error
        return []

    def close(self) -> None:
        """See `Store`."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _connect(self) -> "psycopg.Connection":
        import psycopg  # noqa: PLC0415  # only where PostgreSQL is used

        if self._connection is None or self._connection.broken:
            self._connection = psycopg.connect(*self._place.arguments, **self._place.options, autocommit=True)
        return self._connection


def _halves(store: Store, rows: list[Row], rest: Rest) -> list[Row]:
    """Find the rows that the database refuses."""
    if len(rows) == 1:
        return rows
    half = len(rows) // 2
    return store.insert(rows[:half], rest) + store.insert(rows[half:], rest)
