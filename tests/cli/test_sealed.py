"""`wye audit` over a state directory: logs, and the ledger held against them."""

import contextlib
import os
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from ledger.records import record
from ledger.tlog import independent
from wye.cli import sealed
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


def wrong(found: dict[str, Any]) -> dict[str, list[str]]:
    """What is wrong with the ledger, by kind."""
    return {kind: value["ids"] for kind in sealed.KINDS if (value := found["ledger"][kind])["count"]}


TAMPERED = {
    "altered": "UPDATE request SET record = replace(record, '120.5', '120.6') WHERE id = 'r000100'",
    "altered where no column is": "UPDATE request SET record = replace(record, 'openai_chat', 'gemini') "
    "WHERE id = 'r000100'",
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
    assert wrong(found) == {kind.split(maxsplit=1)[0]: ["r9" if kind == "unsealed" else "r000100"]}
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
    (state / "erasures").rename(state / "away")
    assert "1 are erased, and no receipt says so" in told(runner, status=1), "a key that was taken away"


def test_what_is_sealed_and_in_no_checkpoint_yet_is_not_taken_for_unsealed(
    runner: CliRunner, state: Path
) -> None:
    """As beside a gateway, or after a kill: the journal has it, the ledger too, the checkpoint not yet."""
    public = logs(state)[0] / "public"
    before = (public / "checkpoint").read_bytes()
    ledger = Ledger.open(SEALED, state)
    for number in (1_000, 1_001):
        ledger.append(record(number))
    assert ledger.flush()
    ledger.close()
    (public / "checkpoint").write_bytes(before)
    assert "2 sealed, and in no checkpoint yet" in told(runner)


def second_gateway(state: Path, other: Path) -> LedgerSettings:
    """Another gateway's records in the ledger of `state`, sealed into a log of its own."""
    settings = LedgerSettings(
        transparency=True, origin="example.com/other", url=f"sqlite:///{state / 'ledger.db'}"
    )
    ledger = Ledger.open(settings, other)
    for number in range(2_000, 2_005):
        ledger.append(record(number))
    assert ledger.flush()
    ledger.close()
    return settings


def test_several_gateways_have_one_ledger(runner: CliRunner, state: Path, tmp_path: Path) -> None:
    second_gateway(state, tmp_path / "other")
    [theirs] = logs(tmp_path / "other")
    shown = told(runner, status=1)
    assert "597 records sealed once" in shown
    assert "WRONG    5 are in the ledger, and not sealed" in shown, "a file of SQLite is one gateway's"
    whole = told(runner, "--log", str(theirs))
    assert "5 sealed once by other gateways" in whole
    assert "say that they are in" not in whole
    with database(state) as ledger:
        ledger.execute("DELETE FROM request WHERE id = 'r002000'")
        ledger.execute("UPDATE request SET id = 'forged' WHERE id = 'r002001'")
        ledger.execute("UPDATE request SET id = 'ours', at = 0 WHERE id = 'r000100'")
    found = msgspec.json.decode(told(runner, "--log", str(theirs), "--json", status=1))
    assert wrong(found) == {"missing": ["r000100", "r002000", "r002001"], "unsealed": ["ours"]}
    assert list(found["ledger"]["elsewhere"].values()) == [1], "it names a log that has no such record"


def test_a_log_that_nobody_told_of_proves_nothing(runner: CliRunner, state: Path, tmp_path: Path) -> None:
    (tmp_path / "wye.keys").write_text(runner.invoke(audit, ["key"]).stdout, encoding="utf-8")
    assert "from the log itself" not in told(runner, "--key", "wye.keys")
    logs(state)[0].rename(state / "away")
    Ledger.open(SEALED, state).close()
    refused = runner.invoke(audit, ["verify", "--key", "wye.keys"])
    assert refused.exit_code == 1
    assert "no key was given of the log example.com/wye/" in str(refused.exception)


def test_an_index_that_lies_proves_nothing(runner: CliRunner, state: Path) -> None:
    [log] = logs(state)
    with contextlib.closing(sqlite3.connect(log / "private" / "index.db")) as index, index:
        index.execute("UPDATE entry SET number = 5 WHERE id = 'r000100'")
    assert "is of another request: delete" in str(runner.invoke(audit, ["prove", "r000100"]).exception)


def test_no_proof_is_made_of_a_log_that_is_damaged(runner: CliRunner, state: Path) -> None:
    [log] = logs(state)
    tile = next((log / "public" / "tile" / "0").glob("000"))
    tile.write_bytes(tile.read_bytes()[:-1] + b"?")
    assert "does not lead" in str(runner.invoke(audit, ["prove", "r000100"]).exception)


def test_without_its_vault_nothing_is_compared_and_none_is_made(runner: CliRunner, state: Path) -> None:
    (state / "vault").rename(state / "away")
    assert "there is no vault in" in str(runner.invoke(audit, ["verify"]).exception)
    assert not (state / "vault").exists()
    Vault.open(state).close()
    found = msgspec.json.decode(told(runner, "--json", status=1))
    assert found["ledger"]["unreadable"]["count"] == 597


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


def test_others_check_it_with_their_own_code(runner: CliRunner, state: Path, tmp_path: Path) -> None:
    [log] = logs(state)
    key = runner.invoke(audit, ["key"]).stdout.strip()
    assert independent.verified(log / "public", key) == 597
    witness = ["witness", str(log), "--state", "w", "--name", "w.example", "--json"]
    cosigned = msgspec.json.decode(runner.invoke(audit, witness).stdout)
    (tmp_path / "cosigned").write_text(cosigned["checkpoint"], encoding="utf-8")
    prove = ["prove", str(log), "300", "--checkpoint", "cosigned", "--entry", "entry"]
    proof, entry = runner.invoke(audit, prove).stdout.encode(), (tmp_path / "entry").read_bytes()
    assert independent.proven(proof, entry, key, cosigned["key"]) == 300
    for wrong_proof, wrong_entry in (
        (proof.replace(b"index 300", b"index 301"), entry),
        (proof, entry + b"x"),
    ):
        with pytest.raises(AssertionError):
            independent.proven(wrong_proof, wrong_entry, key)


def test_a_proof_takes_milliseconds(state: Path) -> None:
    proven(state, "r000100")
    began = time.perf_counter()
    for number in range(100, 120):
        proven(state, f"r{number:06d}")
    assert (time.perf_counter() - began) / 20 < 0.1, "10 ms on a quiet machine"
