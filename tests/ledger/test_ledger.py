"""A record that was appended is in the database once, whatever happens to the process or the database."""

import sqlite3
from pathlib import Path

from wye.config.settings import LedgerSettings
from wye.core.record import Outcome, Record
from wye.ledger import Ledger


def record(number: int) -> Record:
    return Record(
        id=f"r{number:06d}", at=1_760_000_000.0 + number, request_id="q", protocol="openai_chat",
        operation="chat", asked="auto", outcome=Outcome.OK, status=200, duration_ms=1.0,
    )  # fmt: skip


def ids(state: Path) -> list[str]:
    with sqlite3.connect(state / "ledger.db") as database:
        return [row[0] for row in database.execute("SELECT id FROM request ORDER BY seq")]


def test_what_is_appended_is_stored_in_order_and_the_spool_goes_away(tmp_path: Path) -> None:
    ledger = Ledger.open(LedgerSettings(), tmp_path)
    for number in range(1000):
        ledger.append(record(number))
    assert ledger.flush()
    assert ledger.healthy
    assert ledger.backlog == 0
    ledger.close()
    assert ids(tmp_path) == [f"r{number:06d}" for number in range(1000)]
    assert [path.name for path in (tmp_path / "spool").iterdir()] == ["lock"]
