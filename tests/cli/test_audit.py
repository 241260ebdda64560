"""`wye audit` from the first record to the auditor."""

from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from wye.cli.audit import audit


@pytest.fixture
def log(runner: CliRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    sealed = runner.invoke(audit, ["seal", "log", "--origin", "example.com/wye"], input="one\ntwo\nthree\n")
    assert sealed.stdout.startswith("3 sealed into example.com/wye, 3 in all\nkey  example.com/wye+")
    return tmp_path / "log"


@pytest.mark.usefixtures("log")
def test_a_log_is_verified_proven_witnessed_and_exported(runner: CliRunner, tmp_path: Path) -> None:
    assert "example.com/wye: all of 3 as signed" in runner.invoke(audit, ["verify", "log"]).stdout
    (tmp_path / "record").write_text("two\n", encoding="utf-8")
    cosigned = runner.invoke(audit, ["witness", "log", "--state", "w", "--name", "w.example", "--json"])
    told = msgspec.json.decode(cosigned.stdout)
    (tmp_path / "cosigned").write_text(told["checkpoint"], encoding="utf-8")
    proof = runner.invoke(audit, ["prove", "log", "record", "--checkpoint", "cosigned"]).stdout
    (tmp_path / "proof").write_text(proof, encoding="utf-8")
    given = ["--key", "log/public/key", "--witness", told["key"], "--json"]
    checked = runner.invoke(audit, ["verify", "proof", "--record", "record", *given])
    assert msgspec.json.decode(checked.stdout)["index"] == 1
    assert runner.invoke(audit, ["export", "log", "out"]).stdout == "example.com/wye: 3 entries in out\n"
    copied = b"".join(path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file())
    assert b"PRIVATE" not in copied
    whole = runner.invoke(audit, ["verify", "out", "--checkpoint", "cosigned", *given])
    assert msgspec.json.decode(whole.stdout)["key_given"] is True
    assert list(msgspec.json.decode(whole.stdout)["witnesses"]) == ["w.example"]


def test_what_was_changed_is_told(runner: CliRunner, log: Path) -> None:
    bundle = log / "public/tile/entries/000.p/3"
    bundle.write_bytes(bundle.read_bytes()[:-1] + b"?")
    told = runner.invoke(audit, ["verify", "log", "--json"])
    assert told.exit_code == 1
    assert msgspec.json.decode(told.stdout) == {
        "ok": False,
        "error": "entry 2 is not what tile/0/000.p/3 says: one of them was changed",
    }


def test_a_directory_of_logs_names_them(runner: CliRunner, log: Path, tmp_path: Path) -> None:
    told = runner.invoke(audit, ["export", str(log.parent), str(tmp_path / "copy")])
    assert str(told.exception) == f"there is no log in {log.parent}: give one of {log}"


def test_a_log_begins_with_an_origin(runner: CliRunner, tmp_path: Path) -> None:
    told = runner.invoke(audit, ["seal", str(tmp_path / "new")], input="one\n")
    assert told.exit_code == 2
    assert "begin one with --origin, e.g. --origin example.com/wye" in " ".join(told.stderr.split())
    assert not (tmp_path / "new").exists()
    none = runner.invoke(audit, ["prove", "abc", "--state-dir", str(tmp_path)])
    assert "set ledger.transparency, and start the gateway" in str(none.exception)


def test_what_is_not_there_is_not_proven(runner: CliRunner, log: Path) -> None:
    (log.parent / "record").write_text("four", encoding="utf-8")
    told = runner.invoke(audit, ["prove", "log", "record"])
    assert "record is not among the 3 entries" in str(told.exception)
    assert runner.invoke(audit, ["verify", "record"]).exit_code == 2


@pytest.mark.parametrize("option", ["--seen", "--checkpoint"])
def test_a_file_that_is_no_checkpoint_is_named(option: str, runner: CliRunner, log: Path) -> None:
    (log.parent / "kept").write_bytes(b"\xff")
    told = runner.invoke(audit, ["verify", "log", option, "kept"])
    assert str(told.exception) == "kept: this is no signed note: it is not UTF-8"


def test_a_log_keeps_its_name_and_is_none_of_wyes_state(runner: CliRunner, log: Path, tmp_path: Path) -> None:
    told = runner.invoke(audit, ["seal", str(log), "--origin", "example.com/other"], input="four\n")
    assert told.exit_code == 2
    assert "is example.com/wye: leave out --origin" in " ".join(told.stderr.split())
    assert "all of 3 as signed" in runner.invoke(audit, ["verify", str(log)]).stdout
    (tmp_path / "state" / "vault").mkdir(parents=True)
    told = runner.invoke(audit, ["seal", str(tmp_path / "state"), "--origin", "example.com/wye"], input="x\n")
    assert told.exit_code == 2
    assert "where wye keeps its state" in " ".join(told.stderr.split())
    assert [path.name for path in (tmp_path / "state").iterdir()] == ["vault"]
