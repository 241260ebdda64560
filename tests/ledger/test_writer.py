"""The writer's process may die, hang or be missing: nothing is lost, nothing doubled, and it is said."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ledger.records import record
from ledger.waiting import until
from wye.config.settings import LedgerSettings
from wye.core.errors import LedgerError
from wye.ledger import Ledger, Reader
from wye.ledger.reader import Filter


def stored(settings: LedgerSettings, state: Path) -> list[str]:
    with Reader(settings, state) as reader:
        return sorted(found.id for found in reader.requests(Filter(), limit=None))


def numbers(count: int) -> list[str]:
    return [f"r{number:06d}" for number in range(count)]


def runs(process: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def test_a_writer_that_is_killed_again_and_again_is_started_again(
    settings: LedgerSettings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ledger = Ledger.open(settings, tmp_path)
    appended = 0
    for _ in range(3):
        killed = ledger.writer_pid
        for number in range(appended, appended + 100):
            ledger.append(record(number))
            if number % 100 == 50:
                os.kill(killed, signal.SIGKILL)
        appended += 100
        until(lambda: ledger.writer_pid != killed)  # noqa: B023  # called in this turn only
    assert ledger.flush()
    assert (ledger.trouble, ledger.lag, ledger.backlog) == ("", 0.0, 0)
    ledger.close()
    assert stored(settings, tmp_path) == numbers(300)
    assert "ended with status -9" in caplog.text
    assert "records reach the ledger's database again" in caplog.text


def test_a_writer_killed_between_segments_leaves_none_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from wye.ledger.spool import Spool  # noqa: PLC0415  # patched before it is used

    monkeypatch.setitem(Spool.__init__.__kwdefaults__, "segment_bytes", 2000)
    ledger = Ledger.open(LedgerSettings(), tmp_path)
    for number in range(400):
        ledger.append(record(number))
        if number % 100 == 99:
            killed = ledger.writer_pid
            time.sleep(0.05)
            os.kill(killed, signal.SIGKILL)
            until(lambda: ledger.writer_pid != killed)  # noqa: B023  # called in this turn only
    assert ledger.flush()
    until(lambda: len(list(tmp_path.rglob("*.jsonl"))) == 1)
    ledger.close()
    assert stored(LedgerSettings(), tmp_path) == numbers(400)


def test_what_stops_the_gateway_politely_does_not_stop_the_writer(tmp_path: Path) -> None:
    ledger = Ledger.open(LedgerSettings(), tmp_path)
    ledger.append(record(0))
    assert ledger.flush()  # it is up
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(ledger.writer_pid, number)
    writer = ledger.writer_pid
    ledger.append(record(1))
    assert ledger.flush()
    assert ledger.writer_pid == writer
    ledger.close()
    assert not runs(writer)
    assert stored(LedgerSettings(), tmp_path) == numbers(2)


def test_a_writer_that_hangs_shows_as_lag_and_cannot_hold_up_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("wye.ledger.ledger._CLOSE_SECONDS", 0.3)
    ledger = Ledger.open(LedgerSettings(), tmp_path)
    ledger.append(record(0))
    assert ledger.flush()
    writer = ledger.writer_pid
    os.kill(writer, signal.SIGSTOP)
    ledger.append(record(1))
    assert not ledger.flush(0.2)
    assert ledger.lag >= 0.2
    assert ledger.backlog > 0
    started = time.monotonic()
    ledger.close()
    assert time.monotonic() - started < 30
    assert not runs(writer)
    assert "until the next start" in caplog.text
    Ledger.open(LedgerSettings(), tmp_path).close()
    assert stored(LedgerSettings(), tmp_path) == numbers(2)


def test_lag_is_that_of_the_oldest_record_that_waits(tmp_path: Path) -> None:
    ledger = Ledger.open(LedgerSettings(), tmp_path)
    ledger.append(record(0))
    assert ledger.flush()
    time.sleep(1)
    assert ledger.lag == 0
    os.kill(ledger.writer_pid, signal.SIGSTOP)
    ledger.append(record(1))
    assert ledger.lag < 1
    time.sleep(0.2)
    ledger.append(record(2))
    assert ledger.lag >= 0.2
    os.kill(ledger.writer_pid, signal.SIGCONT)
    assert ledger.flush()
    assert ledger.lag == 0
    ledger.close()


def test_a_writer_that_cannot_be_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ledger = Ledger.open(LedgerSettings(), tmp_path)
    with monkeypatch.context() as broken:
        broken.setattr(sys, "executable", str(tmp_path / "nothing"))
        with pytest.raises(LedgerError, match="cannot start the process"):
            Ledger.open(LedgerSettings(), tmp_path)
        os.kill(ledger.writer_pid, signal.SIGKILL)
        ledger.append(record(0))
        until(lambda: "cannot be started" in ledger.trouble)
    assert ledger.flush()
    assert not ledger.trouble
    ledger.close()
    assert stored(LedgerSettings(), tmp_path) == numbers(1)
    assert [path.name for path in (tmp_path / "spool").iterdir()] == ["lock"]
    assert "records wait in the spool" in caplog.text


GATEWAY = """
import os, signal, sys, time
from pathlib import Path
from ledger.records import record
from ledger.waiting import until
from wye.config.settings import LedgerSettings
from wye.ledger import Ledger
ledger = Ledger.open(LedgerSettings(), Path(sys.argv[1]))
ledger.append(record(0))
assert ledger.flush(60)
print(ledger.writer_pid, flush=True)
if sys.argv[2] == "deaf":
    ledger.append(record(1))
    os.kill(os.getpid(), signal.SIGSTOP)
time.sleep(60)
"""


@pytest.mark.parametrize("how", ["listening", "deaf"])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_gateway_that_is_killed_leaves_no_writer(tmp_path: Path, number: signal.Signals, how: str) -> None:
    """Also one that had not read its writer's last words: then the writer is told by an error."""
    command = [sys.executable, "-c", GATEWAY, str(tmp_path), how]
    tests = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=tests) as gateway:
        assert gateway.stdout is not None
        writer = int(gateway.stdout.readline())
        assert runs(writer)
        if how == "deaf":
            time.sleep(0.5)
        gateway.send_signal(number)
        gateway.send_signal(signal.SIGCONT)
        gateway.wait()
    until(lambda: not runs(writer))


def test_a_password_is_on_no_command_line(postgres_settings: LedgerSettings, tmp_path: Path) -> None:
    url = str(postgres_settings.url).replace("wye@", "wye:hunter2@")
    ledger = Ledger.open(LedgerSettings(url=url), tmp_path)
    assert b"hunter2" not in Path(f"/proc/{ledger.writer_pid}/cmdline").read_bytes()
    assert "hunter2" not in repr(ledger._writer._order)
    ledger.append(record(0))
    ledger.close()
    assert stored(postgres_settings, tmp_path) == numbers(1)


def test_the_writer_does_not_get_the_keys_of_providers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-hunter2")
    ledger = Ledger.open(LedgerSettings(), tmp_path)
    variables = Path(f"/proc/{ledger.writer_pid}/environ").read_bytes()
    ledger.append(record(0))
    ledger.close()
    assert b"hunter2" not in variables
    assert b"PATH=" in variables
    assert stored(LedgerSettings(), tmp_path) == numbers(1)
