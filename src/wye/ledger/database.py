"""The database behind the spool: where it is, and how it is opened. `store` puts rows into it."""

import contextlib
import os
import sqlite3
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from wye.config.settings import LedgerSettings
from wye.core.errors import LedgerError
from wye.ledger.spool import private_directory
from wye.ledger.store import Place, prepare_sqlite

BUSY_SECONDS = 5
_EXACT_DIGITS = 400


def locate(settings: LedgerSettings, state_dir: Path) -> sa.URL:
    """Return where the database is. Raises `LedgerError` with what to write instead."""
    text = settings.url
    if settings.url_env is not None:
        text = os.environ.get(settings.url_env)
        if not text:
            message = (
                f"ledger.url_env names {settings.url_env}, which is not set: set it to the database's URL"
            )
            raise LedgerError(message)
    try:
        url = sa.make_url(text or f"sqlite:///{state_dir / 'ledger.db'}")
    except ArgumentError:
        message = "ledger.url is not a URL: write sqlite:///path or postgresql://user@host/database"
        raise LedgerError(message) from None  # the cause would print it, password and all
    match url.drivername:
        case "sqlite" if url.database and url.database != ":memory:":
            return url
        case "postgres" | "postgresql" | "postgresql+psycopg":
            return url.set(drivername="postgresql+psycopg")
        case other:
            message = f"ledger.url: '{other}' cannot hold a ledger: write sqlite:///path or postgresql://..."
            raise LedgerError(message)


def describe(url: sa.URL) -> str:
    """Name a database for people, without credentials."""
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    return f"postgresql://{url.host or 'local'}/{url.database}"


def exists(url: sa.URL) -> bool:
    """Whether there is something to connect to; of a server only connecting can tell."""
    return url.get_backend_name() != "sqlite" or Path(str(url.database)).exists()


class Connected:
    """A connection for a `with` block; database errors in it become `LedgerError` and say where."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def __enter__(self) -> sa.Connection:
        try:
            self._connection = self._engine.connect()
        except SQLAlchemyError as error:
            raise explained(error, self._engine.url) from error
        return self._connection

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        self._connection.close()
        if isinstance(error, SQLAlchemyError):
            raise explained(error, self._engine.url) from error


def explained(error: SQLAlchemyError, url: sa.URL) -> LedgerError:
    """Turn a database error into one sentence without SQL or credentials."""
    reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
    return LedgerError(f"the ledger at {describe(url)} cannot be used: {reason}")


def open_engine(url: sa.URL) -> sa.Engine:
    """Make an engine; nothing is connected yet, but a SQLite file is created, readable by this user only."""
    if url.get_backend_name() == "sqlite":
        path = Path(str(url.database))
        try:
            private_directory(path.parent)
            # Only to create it: closing any descriptor of an existing file drops the locks that SQLite's
            # connections of this process hold on it (POSIX), and the next reader to leave deletes the WAL.
            with contextlib.suppress(FileExistsError):
                os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600))
        except OSError as error:
            message = f"cannot open the ledger at {path}: {error.strerror}"
            raise LedgerError(message) from error
        engine = sa.create_engine(url, connect_args=_options(url))
        sa.event.listen(engine, "connect", _prepare_sqlite)
        return engine
    try:
        return sa.create_engine(url, connect_args=_options(url), pool_pre_ping=True)
    except ImportError as error:
        message = "a PostgreSQL ledger needs psycopg: pip install 'wye[postgres]'"
        raise LedgerError(message) from error


def place(engine: sa.Engine) -> Place:
    """Return how to reach the same database without SQLAlchemy."""
    url = engine.url
    arguments, options = engine.dialect.create_connect_args(url)
    kind: Literal["sqlite", "postgresql"] = "sqlite" if engine.dialect.name == "sqlite" else "postgresql"
    plain = {name: value for name, value in options.items() if isinstance(value, str | int)}
    return Place(kind, list(arguments), {**plain, **_options(url)})


def _options(url: sa.URL) -> dict[str, Any]:
    """Return what a driver is told beside the URL."""
    if url.get_backend_name() == "sqlite":
        return {"timeout": BUSY_SECONDS}
    return {"connect_timeout": 5, "application_name": "wye"}


def exact_sum(amounts: sa.ColumnElement[Any], engine: sa.Engine) -> sa.ColumnElement[Any]:
    """Sum money without rounding; NULLs are passed over, and a sum of none is NULL."""
    return sa.func.exact_sum(amounts) if engine.dialect.name == "sqlite" else sa.func.sum(amounts)


def _prepare_sqlite(connection: sqlite3.Connection, _: object) -> None:
    prepare_sqlite(connection)
    # typeshed wants the aggregate's step to take any arguments
    connection.create_aggregate("exact_sum", 1, _ExactSum)  # type: ignore[arg-type]


class _ExactSum:
    """SQLite aggregate: adds decimals that are stored as text."""

    def __init__(self) -> None:
        self._sum: Decimal | None = None

    def step(self, amount: str | None) -> None:
        if amount is not None:
            with localcontext(prec=_EXACT_DIGITS):
                self._sum = (self._sum or Decimal(0)) + Decimal(amount)

    def finalize(self) -> str | None:
        return None if self._sum is None else str(self._sum)
