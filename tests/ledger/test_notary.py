"""Each record is sealed once, before the database has it; and nobody is served while that cannot be done."""

import os
import shutil
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ledger.records import record
from ledger.sealed import sealed_entries, sealed_ids
from ledger.test_follow import Kept
from ledger.waiting import until
from wye.config.settings import LedgerSettings
from wye.core.errors import LedgerError
from wye.ledger import Ledger, Reader
from wye.ledger.entries import unsealed
from wye.ledger.follow import Follower, Progress, Sealed
from wye.ledger.notary import Notary, assigned, claimed
from wye.ledger.quarantine import Quarantine
from wye.ledger.reader import Filter
from wye.ledger.rows import to_line, to_record
from wye.ledger.sealer import Claim, Sealer, logs
from wye.ledger.spool import claim, segment_path
from wye.ledger.tlog.errors import LogError
from wye.ledger.vault import Vault

SEALED = LedgerSettings(transparency=True, origin="example.com/wye")


def ids(*numbers: int) -> list[str]:
    return [f"r{number:06d}" for number in numbers]


def stored(state: Path) -> list[str]:
    with Reader(SEALED, state) as reader:
        return sorted(found.id for found in reader.requests(Filter(), limit=None))


def test_what_is_sealed_is_what_the_ledger_has(tmp_path: Path) -> None:
    for start in (0, 300):
        ledger = Ledger.open(SEALED, tmp_path)
        for number in range(start, start + 300):
            ledger.append(record(number))
        assert ledger.flush()
        assert not ledger.trouble
        ledger.close()
    assert sealed_ids(tmp_path) == ids(*range(600)) == stored(tmp_path)
    with Reader(SEALED, tmp_path) as reader, Vault.open(tmp_path) as vault:
        for entry in sealed_entries(tmp_path)[::50]:
            assert to_record(unsealed(vault, entry).decode()) == reader.get(entry.name)
    assert len(logs(tmp_path)) == 1, "one log, gone on with"


def test_a_writer_that_is_killed_seals_nothing_twice(tmp_path: Path) -> None:
    ledger = Ledger.open(SEALED, tmp_path)
    for turn in range(3):
        killed = ledger.writer_pid
        for number in range(100 * turn, 100 * turn + 100):
            ledger.append(record(number))
            if number % 100 == 50:
                os.kill(killed, signal.SIGKILL)
        until(lambda: ledger.writer_pid != killed)  # noqa: B023  # called in this turn only
    assert ledger.flush()
    ledger.close()
    assert sealed_ids(tmp_path) == ids(*range(300)) == stored(tmp_path)


def left_behind(state: Path, numbers: range) -> Path:
    """A spool whose process is dead, that nothing was sealed of."""
    spool, others = claim(state / "spool")
    for other in others:
        other.lock.release()
    for number in numbers:
        spool.append(to_line(record(number)))
    spool.close(discard=False)
    return spool.directory


def test_what_another_process_left_is_sealed_where_it_was_being_sealed(tmp_path: Path) -> None:
    spool = left_behind(tmp_path, range(10))
    first = claimed(spool, tmp_path, "example.com/wye")
    notary = Notary(spool, 0, first.directory)
    with segment_path(spool, 0).open("r+b") as file:
        whole = file.read()
        file.truncate(len(to_line(record(0))) * 4)
        assert notary.step()  # four of ten, and then the process ends
        notary.close()
        file.seek(0)
        file.write(whole)
    first.release()
    before = left_behind(tmp_path, range(10, 12))
    assert assigned(before, tmp_path) is None, "of a gateway that did not seal"
    Ledger.open(SEALED, tmp_path).close()
    assert sealed_ids(tmp_path) == ids(*range(10))
    assert stored(tmp_path) == ids(*range(12))
    assert list((tmp_path / "spool").glob("*/*")) == []


def test_a_log_is_left_to_who_has_to_seal_a_dead_ones_spool_into_it(tmp_path: Path) -> None:
    """Two gateways were killed, and two start at once: one takes over both spools, and their logs."""
    spools = [left_behind(tmp_path, numbers) for numbers in (range(3), range(3, 6))]
    claims = [claimed(spool, tmp_path, "example.com/wye") for spool in spools]
    for held in claims:
        held.release()
    spool, leftovers = claim(tmp_path / "spool")
    with Claim(tmp_path) as other:
        assert other.directory.name == "002"
    with Claim(tmp_path, [leftover.directory for leftover in leftovers]) as mine:
        assert mine.directory.name == "000"
    for leftover in leftovers:
        leftover.lock.release()
    spool.close(discard=True)
    Ledger.open(SEALED, tmp_path).close()
    assert sealed_ids(tmp_path) == ids(*range(6))


def test_what_was_promised_is_sealed_when_sealing_was_turned_off(tmp_path: Path) -> None:
    spool = left_behind(tmp_path, range(3))
    claimed(spool, tmp_path, "example.com/wye").release()
    left_behind(tmp_path, range(3, 5))
    Ledger.open(LedgerSettings(), tmp_path).close()
    assert sealed_ids(tmp_path) == ids(0, 1, 2)
    assert stored(tmp_path) == ids(*range(5))


def without_key(log: Path) -> Callable[[], object]:
    key = log / "private" / "key"
    away = key.rename(key.with_name("away"))
    return lambda: away.rename(key)


def open_to_others(log: Path) -> Callable[[], object]:
    key = log / "private" / "key"
    key.chmod(0o644)
    return lambda: key.chmod(0o600)


def moved_away(log: Path) -> Callable[[], object]:
    away = log.rename(log.with_name("away"))

    def back() -> None:
        shutil.rmtree(log, ignore_errors=True)
        away.rename(log)

    return back


@pytest.mark.parametrize(
    ("broken", "why"),
    [(without_key, "put it back"), (open_to_others, "chmod 600 it"), (moved_away, "put it back")],
)
def test_nobody_is_served_while_nothing_can_be_sealed(
    broken: Callable[[Path], Callable[[], object]], why: str, tmp_path: Path
) -> None:
    ledger = Ledger.open(SEALED, tmp_path)
    ledger.append(record(0))
    assert ledger.flush()
    [log] = logs(tmp_path)
    mend = broken(log)
    until(lambda: bool(ledger.unsealed))
    assert why in ledger.trouble
    with pytest.raises(LedgerError, match=f"nothing is served: .*{why}"):
        ledger.append(record(1))
    with pytest.raises(LedgerError, match="nothing is served"):
        ledger.demand_sealing()
    mend()
    until(lambda: not ledger.trouble)
    ledger.append(record(2))
    assert ledger.flush()
    ledger.close()
    assert sealed_ids(tmp_path) == ids(0, 2) == stored(tmp_path)


def test_a_log_that_cannot_be_written_keeps_the_gateway_from_starting(tmp_path: Path) -> None:
    Ledger.open(SEALED, tmp_path).close()
    without_key(logs(tmp_path)[0])
    with pytest.raises(LedgerError, match=r"if it is lost, move .*000 away and start wye again"):
        Ledger.open(SEALED, tmp_path)
    logs(tmp_path)[0].rename(tmp_path / "lost")
    ledger = Ledger.open(SEALED, tmp_path)
    ledger.append(record(0))
    ledger.close()
    assert sealed_ids(tmp_path) == ids(0)


def test_a_log_that_stands_still_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wye.ledger.ledger.STALL_SECONDS", 0.2)
    ledger = Ledger.open(SEALED, tmp_path)
    ledger.append(record(0))
    assert ledger.flush()
    os.kill(ledger.writer_pid, signal.SIGSTOP)
    ledger.append(record(1))
    until(lambda: bool(ledger.unsealed))
    with pytest.raises(LedgerError, match="look at the disk"):
        ledger.append(record(2))
    os.kill(ledger.writer_pid, signal.SIGCONT)
    assert ledger.flush()
    assert not ledger.trouble
    ledger.close()
    assert sealed_ids(tmp_path) == ids(0, 1)


def test_records_are_sealed_while_the_database_is_away(tmp_path: Path) -> None:
    spool = left_behind(tmp_path, range(5))
    held = claimed(spool, tmp_path, "example.com/wye")
    kept, told = Kept(), list[Progress | Sealed]()
    kept.away = True
    notary = Notary(spool, 0, held.directory)
    follower = Follower(spool, 0, kept, Quarantine(tmp_path / "quarantine"), told.append, notary)
    running = threading.Thread(target=follower.run, daemon=True)
    running.start()
    size = segment_path(spool, 0).stat().st_size
    until(lambda: Sealed(size) in told)
    with segment_path(spool, 0).open("ab") as file:
        file.write(to_line(record(5)))
        size = file.tell()
    until(lambda: Sealed(size) in told)
    assert kept.ids == []
    kept.away = False
    until(lambda: Progress(size) in told)
    follower.stop()
    running.join()
    held.release()
    assert sealed_ids(tmp_path) == ids(*range(6)) == kept.ids


def test_nothing_reaches_the_database_before_it_is_sealed(tmp_path: Path) -> None:
    spool = left_behind(tmp_path, range(5))
    held = claimed(spool, tmp_path, "example.com/wye")
    mend = without_key(held.directory)
    kept, told = Kept(), list[Progress | Sealed]()
    follower = Follower(
        spool, 0, kept, Quarantine(tmp_path / "quarantine"), told.append, Notary(spool, 0, held.directory)
    )
    running = threading.Thread(target=follower.run, daemon=True)
    running.start()
    until(lambda: any(isinstance(one, Sealed) and "put it back" in one.error for one in told))
    follower.hurry()
    time.sleep(0.3)
    assert kept.ids == []
    mend()
    until(lambda: kept.ids == ids(*range(5)))
    follower.stop()
    running.join()
    held.release()
    assert sealed_ids(tmp_path) == kept.ids


def test_what_the_disk_refuses_is_not_sealed(tmp_path: Path) -> None:
    held = claimed(left_behind(tmp_path, range(1)), tmp_path, "example.com/wye")
    with Sealer(held.directory) as sealer:
        journal = sealer._log._journal
        os.close(journal._fd)
        journal._fd = os.open("/dev/full", os.O_WRONLY)
        with pytest.raises(LogError, match="cannot be written"):
            sealer.seal([to_line(record(0)).rstrip()], "spool", 100)
    held.release()
    assert sealed_ids(tmp_path) == []


def test_a_damaged_line_is_passed_over_and_a_long_one_sealed_by_its_digest(tmp_path: Path) -> None:
    ledger = Ledger.open(SEALED, tmp_path)
    ledger._spool.append(b'{"id": 7}\n')
    ledger._spool.append(b"\xff\n")
    ledger.append(record(1, content="x" * 70_000))
    ledger.append(record(2))
    assert ledger.flush()
    ledger.close()
    assert [(entry.kind, entry.name) for entry in sealed_entries(tmp_path)] == [
        ("digest", "r000001"),
        ("record", "r000002"),
    ]
