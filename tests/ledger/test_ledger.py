"""A record that was appended is in the database once, whatever happens to the process or the database."""

import logging
import os
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ledger.records import record
from ledger.waiting import until
from wye.config.settings import LedgerSettings
from wye.core.errors import LedgerError
from wye.core.usage import Usage
from wye.ledger import KeyStore, Ledger, Reader
from wye.ledger.database import place
from wye.ledger.ledger import open_database, replay
from wye.ledger.quarantine import Quarantine
from wye.ledger.reader import Filter
from wye.ledger.rows import to_line
from wye.ledger.spool import Spool, claim
from wye.ledger.store import open_store


def stored(settings: LedgerSettings, state: Path) -> list[str]:
    with Reader(settings, state) as reader:
        return [found.id for found in reader.requests(Filter(), limit=None)][::-1]


def numbers(*ranges: range) -> list[str]:
    return [f"r{number:06d}" for span in ranges for number in span]


@contextmanager
def limited(what: int, soft: int, *processes: int) -> Iterator[None]:
    """Let the processes have no more than `soft` of something."""
    before = {process: resource.prlimit(process, what) for process in processes}
    try:
        for process, (_, hard) in before.items():
            resource.prlimit(process, what, (soft, hard))
        yield
    finally:
        for process, limits in before.items():
            resource.prlimit(process, what, limits)


def test_what_is_appended_is_stored_once_and_the_spool_goes_away(
    settings: LedgerSettings, tmp_path: Path
) -> None:
    ledger = Ledger.open(settings, tmp_path)
    for number in [*range(1000), *range(500)]:
        ledger.append(record(number))
    assert ledger.flush()
    assert (ledger.trouble, ledger.backlog) == ("", 0)
    ledger.append(record(1000))
    ledger.close()
    assert stored(settings, tmp_path) == numbers(range(1001))
    assert [path.name for path in (tmp_path / "spool").iterdir()] == ["lock"]


def test_segments_are_deleted_once_committed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(Spool.__init__.__kwdefaults__, "segment_bytes", 5000)
    ledger = Ledger.open(LedgerSettings(), tmp_path)
    for number in range(100):
        ledger.append(record(number))
    assert ledger.flush()
    until(lambda: len(list(tmp_path.rglob("*.jsonl"))) == 1)
    ledger.close()
    assert stored(LedgerSettings(), tmp_path) == numbers(range(100))


def test_the_writer_goes_on_once_there_are_files_to_open_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(Spool.__init__.__kwdefaults__, "segment_bytes", 5000)
    ledger = Ledger.open(LedgerSettings(), tmp_path)
    appended = 0
    refusal = ""
    with limited(resource.RLIMIT_NOFILE, 1, os.getpid(), ledger.writer_pid):
        try:
            while appended < 100:
                ledger.append(record(appended))
                appended += 1
        except LedgerError as error:
            refusal = error.message
    assert "Too many open files" in refusal
    assert appended > 0
    for number in range(appended, 100):
        ledger.append(record(number))
    assert ledger.flush()
    ledger.close()
    assert stored(LedgerSettings(), tmp_path) == numbers(range(100))


def test_two_gateways_share_one_ledger(settings: LedgerSettings, tmp_path: Path) -> None:
    first, second = Ledger.open(settings, tmp_path), Ledger.open(settings, tmp_path)
    for number in range(500):
        first.append(record(number))
        second.append(record(number + 500))
    assert first.flush()
    assert second.flush()
    first.close()
    second.close()
    assert stored(settings, tmp_path) == numbers(range(1000))


def test_a_spool_cut_anywhere_in_its_last_line_gives_all_whole_lines(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    engine = open_database(LedgerSettings(), tmp_path)
    store = open_store(place(engine))
    engine.dispose()
    quarantine = Quarantine(tmp_path / "quarantine")
    last = to_line(record(999_999))
    caplog.set_level(logging.ERROR)
    for cut in range(len(last) + 1):
        spool, _ = claim(tmp_path / "spool")
        spool.append(to_line(record(cut)))
        spool.append(last[:cut] if cut else b"\n")
        spool.close(discard=False)
        mine, [leftover] = claim(tmp_path / "spool")
        replay(leftover, store, quarantine)
        mine.close(discard=True)
    store.close()
    whole = 2  # without its newline, and with it
    assert stored(LedgerSettings(), tmp_path) == [*numbers(range(len(last) + 1)), "r999999"]
    assert len(list((tmp_path / "quarantine").iterdir())) == len(last) + 1 - whole
    assert "kept in" in caplog.text


def test_a_machine_that_lost_power_leaves_zeros_which_go_into_quarantine(
    settings: LedgerSettings, tmp_path: Path
) -> None:
    spool, _ = claim(tmp_path / "spool")
    spool.append(to_line(record(1)) + b"\0" * 4096 + b"\n" + b"\xff\n" + to_line(record(2)))
    spool.close(discard=False)
    Ledger.open(settings, tmp_path).close()
    assert stored(settings, tmp_path) == numbers(range(1, 3))
    [kept] = (tmp_path / "quarantine").iterdir()
    assert kept.read_bytes() == b"\0" * 4096 + b"\n\xff\n"
    assert kept.stat().st_mode & 0o777 == 0o600


def test_a_line_longer_than_a_batch_is_stored(settings: LedgerSettings, tmp_path: Path) -> None:
    long = record(2, content="é" * 3_000_000)
    spool, _ = claim(tmp_path / "spool")
    for made in (record(1), long, record(3)):
        spool.append(to_line(made))
    spool.close(discard=False)
    ledger = Ledger.open(settings, tmp_path)
    for made in (record(4), record(5, content="x" * 3_000_000), record(6)):
        ledger.append(made)
    ledger.close()
    assert stored(settings, tmp_path) == numbers(range(1, 7))
    with Reader(settings, tmp_path) as reader:
        assert reader.get("r000002") == long


def test_a_row_the_database_refuses_does_not_stop_the_others(
    settings: LedgerSettings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ledger = Ledger.open(settings, tmp_path)
    for number in range(100):
        ledger.append(record(number, status=2**70 if number == 41 else 200))
    assert ledger.flush()
    assert not ledger.trouble
    ledger.close()
    assert stored(settings, tmp_path) == numbers(range(41), range(42, 100))
    [kept] = (tmp_path / "quarantine").iterdir()
    assert b'"r000041"' in kept.read_bytes()
    assert "kept in" in caplog.text


def test_counts_that_cannot_be_are_kept_in_the_record_and_not_summed(
    settings: LedgerSettings, tmp_path: Path
) -> None:
    odd = record(2, usage=Usage(2**70, -3, 2**63, 2**40 + 1))
    ledger = Ledger.open(settings, tmp_path)
    for made in (record(1), odd, record(3, deployment="other", usage=Usage(2**63, 1))):
        ledger.append(made)
    ledger.close()
    with Reader(settings, tmp_path) as reader:
        assert reader.get(odd.id) == odd
        rows = {row.group: row for row in reader.cost("model")}
    assert (rows["embedded"].requests, rows["embedded"].input_tokens) == (2, 500)
    assert (rows["other"].input_tokens, rows["other"].output_tokens) == (0, 1)
    assert not (tmp_path / "quarantine").exists()


def test_records_wait_while_the_database_is_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wye.ledger.database.BUSY_SECONDS", 0.1)
    ledger = Ledger.open(LedgerSettings(), tmp_path)
    other = sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    ledger.append(record(1))
    assert not ledger.flush(0.5)
    until(lambda: "locked" in ledger.trouble)
    assert ledger.lag > 0.3
    assert ledger.backlog > 0
    ledger.append(record(2))
    other.execute("ROLLBACK")
    other.close()
    assert ledger.flush()
    assert ledger.trouble == ""
    ledger.close()
    assert stored(LedgerSettings(), tmp_path) == numbers(range(1, 3))


def test_a_full_disk_refuses_and_what_was_taken_is_kept(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the spool nor the database may grow; both go on when there is room again."""
    ledger = Ledger.open(LedgerSettings(), tmp_path)
    taken, refused = [], 0
    with limited(resource.RLIMIT_FSIZE, 300_000, os.getpid(), ledger.writer_pid):
        for number in range(600):
            try:
                ledger.append(record(number))
            except LedgerError:
                refused += 1
            else:
                taken.append(f"r{number:06d}")
        assert ledger.trouble
        assert not ledger.flush(0.5)
        until(lambda: "records wait in the spool" in caplog.text)
    assert refused > 200
    assert len(taken) > 200
    ledger.append(record(1000))
    assert ledger.flush()
    assert not ledger.trouble
    ledger.close()
    assert stored(LedgerSettings(), tmp_path) == [*taken, "r001000"]
    assert not (tmp_path / "quarantine").exists()


def test_records_wait_while_postgresql_breaks_connections(
    postgres_settings: LedgerSettings, postgres: str, tmp_path: Path
) -> None:
    import psycopg  # noqa: PLC0415  # only where PostgreSQL runs

    ledger = Ledger.open(postgres_settings, tmp_path)
    with psycopg.connect(postgres, autocommit=True) as admin:
        for number in range(200):
            ledger.append(record(number))
            if number % 20 == 0:
                admin.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE application_name = 'wye' AND pid <> pg_backend_pid()"
                )
    assert ledger.flush()
    assert not ledger.trouble
    ledger.close()
    assert stored(postgres_settings, tmp_path) == numbers(range(200))


def test_what_the_database_does_not_take_at_close_is_replayed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("wye.ledger.database.BUSY_SECONDS", 0.1)
    ledger = Ledger.open(LedgerSettings(), tmp_path)
    other = sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    ledger.append(record(1))
    ledger.close()
    assert "until the next start" in caplog.text
    with pytest.raises(LedgerError, match="locked"):
        Ledger.open(LedgerSettings(), tmp_path)
    other.close()
    Ledger.open(LedgerSettings(), tmp_path).close()
    assert stored(LedgerSettings(), tmp_path) == numbers(range(1, 2))


def test_only_this_user_may_read(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        ledger = Ledger.open(LedgerSettings(), tmp_path / "state")
        ledger.append(record(1))
        assert ledger.flush()
        found = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "state").rglob("*")}
        ledger.close()
    finally:
        os.umask(old)
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700
    assert {"ledger.db", "ledger.db-wal", "ledger.db-shm"} <= set(found)
    assert {mode for name, mode in found.items() if "." in name or name == "lock"} == {0o600}


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        (LedgerSettings(url="mysql://root:hunter2@db/x"), "cannot hold a ledger"),
        (LedgerSettings(url="sqlite://"), "cannot hold a ledger"),
        (LedgerSettings(url="hunter2"), "not a URL"),
        (LedgerSettings(url_env="WYE_TEST_UNSET_URL"), "WYE_TEST_UNSET_URL, which is not set"),
        (
            LedgerSettings(url="postgresql://me:hunter2@127.0.0.1:1/x"),
            "postgresql://127.0.0.1/x cannot be used",
        ),
        (LedgerSettings(url="sqlite:////proc/nowhere/ledger.db"), "cannot"),
    ],
)
def test_an_unusable_database_is_named_without_its_password(
    settings: LedgerSettings, says: str, tmp_path: Path
) -> None:
    with pytest.raises(LedgerError, match=says) as caught:
        Ledger.open(settings, tmp_path)
    shown = "".join(map(str, (caught.value, caught.value.__cause__, caught.value.__context__)))
    assert "hunter2" not in shown


def test_a_url_from_the_environment(
    postgres_settings: LedgerSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WYE_TEST_URL", str(postgres_settings.url))
    Ledger.open(LedgerSettings(url_env="WYE_TEST_URL"), tmp_path).close()
    assert stored(postgres_settings, tmp_path) == []
    assert not (tmp_path / "ledger.db").exists()


def test_naming_the_package_does_not_import_the_database() -> None:
    program = "import sys, wye.ledger, wye.ledger.entry; print('sqlalchemy' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert shown.stdout == "False\n"


def test_other_processes_come_and_go_while_the_ledger_is_open(tmp_path: Path) -> None:
    """Closing a descriptor of the file would drop SQLite's locks, and the last reader delete the live log."""
    settings = LedgerSettings()
    count = (
        "import sys; from pathlib import Path; from wye.config.settings import LedgerSettings;"
        "from wye.ledger import Reader; from wye.ledger.reader import Filter;"
        "reader = Reader(LedgerSettings(), Path(sys.argv[1]));"
        "print(len(list(reader.requests(Filter(), limit=None)))); reader.close()"
    )
    ledger = Ledger.open(settings, tmp_path)
    with Reader(settings, tmp_path), KeyStore(settings, tmp_path):
        for number in range(3):
            ledger.append(record(number))
            assert ledger.flush()
            done = subprocess.run(
                [sys.executable, "-c", count, str(tmp_path)], check=True, capture_output=True, text=True
            )
            assert int(done.stdout) == number + 1
        held = [os.path.realpath(link) for link in Path("/proc/self/fd").iterdir()]
        assert [name for name in held if str(tmp_path) in name and "deleted" in name] == []
    ledger.close()
