"""The steps lead from nothing to the schema, on both databases, and a stranger's schema is refused."""

from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from ledger.records import record
from wye.config.settings import LedgerSettings
from wye.core.errors import LedgerError
from wye.ledger import Ledger, Reader, migrations
from wye.ledger.ledger import open_database
from wye.ledger.schema import metadata


def test_the_steps_make_the_schema(settings: LedgerSettings, tmp_path: Path) -> None:
    engine = open_database(settings, tmp_path)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        assert migrations.current(connection) == migrations.HEAD
    engine.dispose()
    again = open_database(settings, tmp_path)
    again.dispose()


def test_a_ledger_of_the_first_schema_is_brought_up_to_date(settings: LedgerSettings, tmp_path: Path) -> None:
    ledger = Ledger.open(settings, tmp_path)
    ledger.append(record(1, key="k"))
    ledger.close()
    engine = open_database(settings, tmp_path)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE turn")
        connection.exec_driver_sql("DROP INDEX request_response")
        for column in ("charged", "response", "task"):
            connection.exec_driver_sql(f"ALTER TABLE request DROP COLUMN {column}")
        for column in ("project", "subject"):
            connection.exec_driver_sql(f"ALTER TABLE key DROP COLUMN {column}")
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    engine.dispose()
    ledger = Ledger.open(settings, tmp_path)
    ledger.append(record(2, key="k", cost=None, charged=Decimal("0.5")))
    ledger.close()
    with Reader(settings, tmp_path) as reader:
        assert reader.spent("k") == Decimal("0.500125")
        assert reader.get("r000001") == record(1, key="k")


def test_head_is_the_newest_step() -> None:
    steps = sorted((Path(migrations.__file__).parent / "versions").glob("[0-9]*.py"))
    assert steps[-1].name.startswith(migrations.HEAD)


def test_a_newer_schema_is_refused_with_what_to_do(settings: LedgerSettings, tmp_path: Path) -> None:
    engine = open_database(settings, tmp_path)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    for opener in (Ledger.open, Reader):
        with pytest.raises(LedgerError, match="upgrade wye"):
            opener(settings, tmp_path)


def test_an_empty_database_is_no_ledger(postgres_settings: LedgerSettings, tmp_path: Path) -> None:
    for settings in (postgres_settings, LedgerSettings()):
        with pytest.raises(LedgerError, match="wye serve"):
            Reader(settings, tmp_path)
    (tmp_path / "ledger.db").touch()
    with pytest.raises(LedgerError, match="wye serve"):
        Reader(LedgerSettings(), tmp_path)


def test_a_file_that_is_no_database_says_so(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_text("hello, this is no database at all" * 100)
    with pytest.raises(LedgerError, match="not a database"):
        Ledger.open(LedgerSettings(), tmp_path)
