"""Rolled once, whatever comes between; never less, never twice."""

import contextlib
import resource
import threading
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import duckdb
import psycopg
import pytest

from ledger.records import record
from wye.config.settings import LedgerSettings
from wye.core.decision import Candidate, Decision
from wye.core.errors import LedgerError
from wye.core.lane import Lane
from wye.core.money import Cost
from wye.economics import columns, rolled
from wye.economics.history import History
from wye.economics.rolled import Rolled, directory, parts, roll
from wye.ledger import Ledger, Reader


def fill(ledger: Ledger, *numbers: int) -> None:
    for number in numbers:
        ledger.append(record(number))
    assert ledger.flush()


def ids(state_dir: Path) -> list[str]:
    table = rolled.parts_table(parts(directory(state_dir)))
    return [row[0] for row in duckdb.sql(f"SELECT id FROM {table}").fetchall()]  # noqa: S608  # our own names


@contextlib.contextmanager
def full_disk(most: int) -> Iterator[None]:
    """No file gets any larger, as when there is no room for it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_is_said_and_nothing_is_left_half_written(tmp_path: Path) -> None:
    most = 65_536  # more than what SQLite needs for reading
    settings = LedgerSettings()
    ledger = Ledger.open(settings, tmp_path)
    fill(ledger, *range(5))
    ledger.close()
    roll(settings, tmp_path)
    before = {path.name for path in directory(tmp_path).iterdir()}
    ledger = Ledger.open(settings, tmp_path)
    fill(ledger, *range(5, 300))
    ledger.close()
    with full_disk(most), pytest.raises(LedgerError, match=r"parquet cannot be read or written: .*arge"):
        roll(settings, tmp_path)
    assert {path.name for path in directory(tmp_path).iterdir()} == before
    with full_disk(most), pytest.raises(LedgerError, match="parquet cannot be"):
        History.open(settings, tmp_path)
    assert {path.name for path in directory(tmp_path).iterdir()} == before
    assert roll(settings, tmp_path).rows == 295
    with History.open(settings, tmp_path) as history:
        with full_disk(100), pytest.raises(LedgerError, match="parquet cannot be"):
            history.rows(f"COPY request TO '{tmp_path}/all' (FORMAT csv)")
        assert history.rows("SELECT count(*) FROM request") == [(300,)]


def test_where_nothing_can_be_written_that_is_said(tmp_path: Path) -> None:
    settings = LedgerSettings()
    Ledger.open(settings, tmp_path).close()
    directory(tmp_path).write_text("in the way")
    for reads in (roll, History.open):
        with pytest.raises(LedgerError, match="parquet cannot be read or written: Not a directory"):
            reads(settings, tmp_path)


def test_rows_are_rolled_once_in_parts_for_this_user_only(
    ledger: Ledger, settings: LedgerSettings, tmp_path: Path
) -> None:
    assert roll(settings, tmp_path) == Rolled(0, 0, 0)
    fill(ledger, *range(30))
    told: list[tuple[int, int]] = []
    assert roll(settings, tmp_path, lambda *rows: told.append(rows)).rows == 30
    assert told[-1] == (30, 30)
    assert roll(settings, tmp_path).rows == 0
    fill(ledger, *range(30, 33))
    assert roll(settings, tmp_path).rows == 3
    assert ids(tmp_path) == [f"r{number:06d}" for number in range(33)]
    assert directory(tmp_path).stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in directory(tmp_path).iterdir()} == {0o600}
    assert not list(directory(tmp_path).glob("*.new"))


def test_a_part_has_every_column_and_no_prompt(
    ledger: Ledger, settings: LedgerSettings, tmp_path: Path
) -> None:
    decision = Decision(
        "cheap",
        (Candidate("a", Lane.OWN, "x", Decimal("0.5"), 0.75, 80), Candidate("b", None)),
        task="code",
    )
    odd = Decimal("1.0000000000000000001")
    for made in (
        record(1, decision=decision, content="a secret prompt", error="a secret error", charged=odd),
        record(2, cost=Cost(odd), decision=None, usage=None),
        record(3, cost=Cost(Decimal("1E-18"), "EUR"), deployment="", lane=None),
        record(4, cost=Cost(None)),
    ):
        ledger.append(made)
    assert ledger.flush()
    roll(settings, tmp_path)
    [part] = parts(directory(tmp_path))
    found = duckdb.sql(f"SELECT * FROM '{part.path}' ORDER BY seq")  # noqa: S608  # our own names
    assert dict(zip(found.columns, map(str, found.types), strict=True)) == {
        name: str(duckdb.sqltype(kind)) for name, kind in columns.COLUMNS.items()
    }
    first, second, third, fourth = [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]
    assert first["amount"] == Decimal("0.000125")
    assert (first["route"], first["task"], first["operation"], str(first["day"])) == (
        "cheap",
        "code",
        "chat",
        "2025-10-09",
    )
    assert first["candidates"][0] == {
        "deployment": "a",
        "lane": "own",
        "expected_cost": 0.5,
        "quality": 0.75,
        "output_tokens": 80,
    }
    assert first["tried"][0]["duration_ms"] == 119.0
    assert (first["charged"], first["charged_text"]) == (None, str(odd))
    assert (second["amount"], second["amount_text"], second["unknown"]) == (None, str(odd), False)
    assert (third["amount"], third["currency"], third["lane"]) == (Decimal("1E-18"), "EUR", None)
    assert (fourth["amount"], fourth["unknown"]) == (None, True)
    assert b"a secret" not in part.path.read_bytes()


def test_parts_are_cut_and_merged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = LedgerSettings()
    ledger = Ledger.open(settings, tmp_path)
    with contextlib.closing(ledger):
        fill(ledger, *range(25))
        monkeypatch.setattr(rolled, "PART_ROWS", 10)
        monkeypatch.setattr(rolled, "PART_BYTES", 1)
        assert roll(settings, tmp_path) == Rolled(25, 25, 3)
        monkeypatch.setattr(rolled, "PART_BYTES", 1 << 20)
        fill(ledger, 25)
        assert roll(settings, tmp_path) == Rolled(1, 26, 1)
        assert ids(tmp_path) == [f"r{number:06d}" for number in range(26)]
        assert len(list(directory(tmp_path).glob("*.parquet"))) == 5  # who reads them now goes on
        monkeypatch.setattr(rolled, "_READING_SECONDS", -1.0)
        roll(settings, tmp_path)
        assert len(list(directory(tmp_path).glob("*.parquet"))) == 1
        assert ids(tmp_path) == [f"r{number:06d}" for number in range(26)]


@pytest.mark.parametrize("method", ["rename", "unlink"])
def test_a_roll_that_was_cut_short_is_done_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    settings = LedgerSettings()
    with contextlib.closing(Ledger.open(settings, tmp_path)) as ledger:
        fill(ledger, *range(5))

        def died(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        folder = directory(tmp_path)
        folder.mkdir(mode=0o700)
        (folder / "part.new").write_bytes(b"half a part")
        with monkeypatch.context() as patched:
            if method == "rename":
                patched.setattr(Path, "rename", died)
            else:
                patched.setattr(rolled, "_merge", died)
            with pytest.raises(KeyboardInterrupt):
                roll(settings, tmp_path)
        fill(ledger, 5)
        roll(settings, tmp_path)
        assert ids(tmp_path) == [f"r{number:06d}" for number in range(6)]
        assert not list(folder.glob("*.new"))


def test_a_missing_part_and_another_ledger_are_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = LedgerSettings()
    monkeypatch.setattr(rolled, "PART_ROWS", 2)
    monkeypatch.setattr(rolled, "PART_BYTES", 1)
    with contextlib.closing(Ledger.open(settings, tmp_path)) as ledger:
        fill(ledger, *range(6))
    roll(settings, tmp_path)
    other = LedgerSettings(url=f"sqlite:///{tmp_path / 'other.db'}")
    with contextlib.closing(Ledger.open(other, tmp_path)) as ledger:
        fill(ledger, *range(10, 20))
    with pytest.raises(LedgerError, match="another ledger"):
        roll(other, tmp_path)
    parts(directory(tmp_path))[1].path.unlink()
    with pytest.raises(LedgerError, match="rows 3 to 4 are in no part"):
        roll(settings, tmp_path)


def test_a_commit_under_way_is_waited_for(postgres_settings: LedgerSettings, tmp_path: Path) -> None:
    with contextlib.closing(Ledger.open(postgres_settings, tmp_path)) as ledger:
        fill(ledger, 1)
        url = str(postgres_settings.url)
        with psycopg.connect(url) as late:
            late.execute(
                "CREATE TEMPORARY TABLE mine AS SELECT * FROM request; UPDATE mine SET seq = "
                "nextval(pg_get_serial_sequence('request', 'seq')), id = 'late'; "
                "INSERT INTO request SELECT * FROM mine"
            )
            fill(ledger, 2)  # committed first, with a higher number
            with Reader(postgres_settings, tmp_path) as reader:
                assert [row.id for row in reader.rows(0)] == ["r000001", "r000002"]
            done = threading.Event()
            rolling = threading.Thread(target=lambda: (roll(postgres_settings, tmp_path), done.set()))
            rolling.start()
            assert not done.wait(0.5)
            late.commit()
            rolling.join(20)
        assert sorted(ids(tmp_path)) == ["late", "r000001", "r000002"]


def test_who_never_commits_is_not_waited_for_forever(
    postgres_settings: LedgerSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wye.ledger.reader._SETTLE", "100ms")
    with contextlib.closing(Ledger.open(postgres_settings, tmp_path)) as ledger:
        fill(ledger, 1)
        with psycopg.connect(str(postgres_settings.url)) as late:
            late.execute("LOCK TABLE request IN ROW EXCLUSIVE MODE")
            with pytest.raises(LedgerError, match="lock timeout"):
                roll(postgres_settings, tmp_path)
