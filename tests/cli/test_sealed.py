"""`wye audit` over a state directory: logs, and the ledger held against them."""

import contextlib
import os
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from ledger.records import record
from wye.cli.audit import audit
from wye.cli.sealed import proven
from wye.config.settings import LedgerSettings
from wye.ledger import Ledger
from wye.ledger.erasure import Erasures
from wye.ledger.sealer import logs
from wye.ledger.vault import Vault

SEALED = LedgerSettings(transparency=True, origin="example.com/wye")
COUNT = 600


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state directory with records from before sealing began, and then sealed ones."""
    state = tmp_path_factory.mktemp("sealed")
    for settings, numbers in ((LedgerSettings(), range(3)), (SEALED, range(3, COUNT))):
        ledger = Ledger.open(settings, state)
        for number in numbers:
            ledger.append(record(number))
        assert ledger.flush()
        ledger.close()
    return state


@pytest.fixture
def state(kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, to change."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("wye.ledger.sealcheck._ON_THEIR_WAY_SECONDS", 0.0)
    monkeypatch.setenv("WYE_STATE_DIR", str(tmp_path / "state"))
    return Path(shutil.copytree(kept, tmp_path / "state"))


@contextlib.contextmanager
def database(state: Path) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(sqlite3.connect(state / "ledger.db")) as opened, opened:
        yield opened


def told(runner: CliRunner, *options: str, status: int = 0) -> str:
    done = runner.invoke(audit, ["verify", *options])
    assert done.exit_code == status, done.output
    return done.stdout


@pytest.mark.usefixtures("state")
def test_a_ledger_that_nobody_touched(runner: CliRunner) -> None:
    lines = told(runner).splitlines()
    assert lines[0].startswith("example.com/wye/")
    assert lines[0].endswith(": all of 597 as signed")
    assert lines[2] == "ledger   597 records sealed once, and as they were sealed"
    assert lines[3] == "         3 from before 2025-10-09 08:53:23 UTC, the oldest that is sealed"
    assert len(lines) == 4


TAMPERED = {
    "altered": "UPDATE request SET record = replace(record, '120.5', '120.6') WHERE id = 'r000100'",
    "altered ": "UPDATE request SET amount = '0.000001' WHERE id = 'r000100'",
    "altered  ": "UPDATE request SET key = 'key_2' WHERE id = 'r000100'",
    "missing": "DELETE FROM request WHERE id = 'r000100'",
    "unsealed": "UPDATE request SET id = 'r9' WHERE id = 'r000001'",
}


@pytest.mark.parametrize("kind", TAMPERED)
def test_what_was_done_to_the_ledger_is_seen(kind: str, runner: CliRunner, state: Path) -> None:
    with database(state) as ledger:
        ledger.execute(TAMPERED[kind])
        if kind == "unsealed":
            ledger.execute("UPDATE request SET at = at + 1000 WHERE id = 'r9'")
    found = msgspec.json.decode(told(runner, "--json", status=1))
    assert found["ok"] is False
    wrong = {name: value["ids"] for name, value in found["ledger"].items() if isinstance(value, dict)}
    expected = {"altered": [], "missing": [], "doubled": [], "unsealed": []}
    assert wrong == expected | {kind.strip(): ["r9" if kind == "unsealed" else "r000100"]}
    assert "WRONG    1 " in told(runner, status=1)


def test_a_record_that_is_sealed_twice_is_seen(runner: CliRunner, state: Path) -> None:
    with database(state) as ledger:
        [line] = ledger.execute("SELECT record FROM request WHERE id = 'r000100'").fetchone()
    opened = Ledger.open(SEALED, state)
    opened._spool.append(line.encode() + b"\n")
    assert opened.flush()
    opened.close()
    assert "1 are sealed more than once: r000100" in told(runner, status=1)


def test_what_was_done_to_a_log_is_seen(runner: CliRunner, state: Path) -> None:
    seen = logs(state)[0] / "public" / "checkpoint"
    (state / "seen").write_bytes(seen.read_bytes())
    assert "grown from 1 checkpoint(s)" in told(runner, "--seen", str(state / "seen"))
    bundle = logs(state)[0] / "public" / "tile" / "entries" / "001"
    bundle.write_bytes(bundle.read_bytes()[:-1] + b"?")
    assert "entry 511 is not what tile/0/001 says" in str(runner.invoke(audit, ["verify"]).exception)
    logs(state)[0].rename(state / "away")
    Ledger.open(SEALED, state).close()
    missing = runner.invoke(audit, ["verify", "--seen", str(state / "seen")]).exception
    assert "of which a checkpoint was seen, is not in" in str(missing)


def test_who_is_erased_is_sealed_all_the_same(runner: CliRunner, state: Path) -> None:
    with Vault.open(state) as vault:
        tag = vault.tag("patient-4711")
        ledger = Ledger.open(SEALED, state)
        ledger.append(record(1_000, subject=tag))
        assert ledger.flush()
        ledger.close()
        assert "598 records sealed once" in told(runner)
        Erasures(state, vault).erase([tag])
    shown = told(runner)
    assert "597 records sealed once" in shown
    assert "1 erased: sealed once, and nobody can read what" in shown
    assert "erasures/" in shown


@pytest.mark.usefixtures("state")
def test_a_request_is_proven_to_who_has_the_key_only(runner: CliRunner, tmp_path: Path) -> None:
    key = runner.invoke(audit, ["key"]).stdout
    assert key.startswith("example.com/wye/")
    assert msgspec.json.decode(runner.invoke(audit, ["key", "--json"]).stdout) == [key.strip()]
    proof = runner.invoke(audit, ["prove", "r000100", "--entry", "entry"]).stdout
    (tmp_path / "proof").write_text(proof, encoding="utf-8")
    assert b"together/llama" not in (tmp_path / "entry").read_bytes()
    shown = told(runner, "proof", "--key", key.strip(), "--entry", "entry")
    assert "entry 97 of 597 as signed" in shown
    (tmp_path / "entry").write_bytes((tmp_path / "entry").read_bytes()[:-1] + b"?")
    told(runner, "proof", "--key", key.strip(), "--entry", "entry", status=1)
    for cut in ("r000599", "r00059"):
        shown = runner.invoke(audit, ["prove", cut])
        assert shown.exit_code == (0 if cut == "r000599" else 1)
    assert "several requests begin with r00059" in str(shown.exception)
    assert "no log in" in str(runner.invoke(audit, ["prove", "r000001"]).exception)


@pytest.mark.parametrize("spoilt", [b"", b"this is no database", None])
def test_the_index_is_made_anew(spoilt: bytes | None, state: Path) -> None:
    index = logs(state)[0] / "private" / "index.db"
    if spoilt is None:
        index.unlink()
    else:
        index.write_bytes(spoilt)
    assert proven(state, "r000599").proof.index == 596


def test_without_logs_it_says_what_to_set(
    runner: CliRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WYE_STATE_DIR", str(tmp_path))
    assert "set ledger.transparency" in str(runner.invoke(audit, ["verify"]).exception)
    assert runner.invoke(audit, ["verify", "--record", "x"]).exit_code == 2
    assert runner.invoke(audit, ["prove", "a", "b", "c"]).exit_code == 2


@pytest.mark.skipif("TESSERA_FSCK" not in os.environ, reason="TESSERA_FSCK names no fsck of Tessera's")
def test_others_check_it_with_their_tools(state: Path) -> None:
    """`go install github.com/transparency-dev/tessera/cmd/fsck@latest` is one of them."""
    for log in logs(state):
        command = [os.environ["TESSERA_FSCK"], f"--storage_url=file://{log}/public/", "--ui=false"]
        done = subprocess.run(
            [*command, f"--public_key={log}/public/key"], check=False, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        assert "Successfully fsck'd log with size 597" in done.stderr


def test_a_proof_takes_milliseconds(state: Path) -> None:
    proven(state, "r000100")
    began = time.perf_counter()
    for number in range(100, 120):
        proven(state, f"r{number:06d}")
    assert (time.perf_counter() - began) / 20 < 0.1, "10 ms on a quiet machine"
