"""Alembic's steps from an empty database to today's schema, and how they are taken."""

import logging
from pathlib import Path

import sqlalchemy as sa

from wye.core.errors import LedgerError

HEAD = "0007"
"""The newest step. A test holds it against the files in `versions`."""
_LOCK = 0x777965
"""PostgreSQL's advisory lock while a schema changes."""


def current(connection: sa.Connection) -> str | None:
    """Return the step a database is at; None = it is empty."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    step: str | None = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return step


def check(step: str | None) -> None:
    """Raise `LedgerError` unless this wye can use a database at `step` as it is."""
    if step == HEAD:
        return
    if step is None or step < HEAD:
        message = "the ledger is empty or of an older wye: start the gateway once with `wye serve`"
    else:
        message = f"the ledger was written by a newer wye (schema {step}, this one knows {HEAD}): upgrade wye"
    raise LedgerError(message)


def upgrade(connection: sa.Connection) -> None:
    """Bring a database to `HEAD` in one transaction: a kill on the way leaves it as it was.

    The caller keeps other processes out on SQLite; on PostgreSQL a lock does.
    """
    step = current(connection)
    if step is not None and step >= HEAD:
        check(step)
        return
    from alembic import command  # noqa: PLC0415  # 100 ms that only a change of schema should pay
    from alembic.config import Config  # noqa: PLC0415  # as above

    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
    else:
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # Python's sqlite3 begins none before CREATE TABLE
    logging.getLogger("alembic").setLevel(logging.WARNING)  # it narrates
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    connection.commit()
