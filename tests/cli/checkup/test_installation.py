"""Configuration, packages and a real ledger."""

from pathlib import Path

import pytest

from wye.cli.checkup import installation
from wye.cli.checkup.finding import Finding, Level
from wye.config.settings import EmbeddedSettings, LedgerSettings, Settings
from wye.core.record import Outcome, Record
from wye.ledger import Ledger
from wye.ledger.spool import claim

LEDGER = LedgerSettings()


def test_no_configuration_is_fine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WYE_CONFIG", raising=False)
    settings, (found,) = installation.configuration(None)
    assert settings == Settings()
    assert found.level is Level.OK
    assert "no wye.yaml" in found.message


def test_a_good_one(tmp_path: Path) -> None:
    file = tmp_path / "wye.yaml"
    file.write_text("listen: 127.0.0.1:4100\n")
    settings, (found,) = installation.configuration(file)
    assert settings.listen == "127.0.0.1:4100"
    assert found == Finding("config", Level.OK, f"{file} is in order")


def test_a_broken_one_says_every_line_and_the_defaults_are_checked(tmp_path: Path) -> None:
    file = tmp_path / "wye.yaml"
    file.write_text("listn: x\ndefault_lable: y\n")
    settings, found = installation.configuration(file)
    assert settings == Settings()
    assert [one.level for one in found] == [Level.FAIL] * 2
    assert f"{file}:1:1: listn" in found[0].message


def test_the_embedded_models() -> None:
    found = list(installation.embedded(Settings()))
    assert [(one.check, one.level) for one in found] == [
        ("embedded chat", Level.OK),
        ("embedded embeddings", Level.OK),
    ]
    assert "smollm2-135m, 98 MB" in found[0].message
    (off,) = installation.embedded(Settings(embedded=EmbeddedSettings(enabled=False)))
    assert off.message == "switched off in wye.yaml"


def test_a_package_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installation, "_CHAT_PACKAGES", ("no_such_package",))
    found = next(iter(installation.embedded(Settings())))
    assert found.level is Level.WARN
    assert found.message == "not installed: no_such_package"
    assert "pip install" in found.todo


def test_no_ledger_yet(tmp_path: Path) -> None:
    first, second = installation.ledger(LEDGER, tmp_path / "state")
    assert first.message.endswith("ledger.db will be made at the first start")
    assert second.message == "nothing is left over"
    assert not (tmp_path / "state").exists()


RECORD = Record(
    id="id-1",
    at=1.0,
    request_id="r",
    protocol="openai_chat",
    operation="chat",
    asked="auto",
    outcome=Outcome.OK,
    status=200,
    duration_ms=1.0,
)


def test_a_ledger_in_use(tmp_path: Path) -> None:
    ledger = Ledger.open(LEDGER, tmp_path)
    try:
        assert "empty" in next(installation.ledger(LEDGER, tmp_path)).message
        ledger.append(RECORD)
        assert ledger.flush()
        found = list(installation.ledger(LEDGER, tmp_path))
    finally:
        ledger.close()
    assert [one.level for one in found] == [Level.OK, Level.OK]
    assert "latest request id-1" in found[0].message


def test_what_a_killed_gateway_left(tmp_path: Path) -> None:
    spool, _ = claim(tmp_path / "spool")
    spool.append(b"x" * 99 + b"\n")
    spool.close(discard=False)  # what a kill leaves: segments, and nobody who holds the lock
    (tmp_path / "quarantine").mkdir()
    (tmp_path / "quarantine" / "1-0.jsonl").write_text("?")
    _, left, damaged = installation.ledger(LEDGER, tmp_path)
    assert left.level is Level.WARN
    assert left.message.startswith("100 bytes of records")
    assert damaged.message.startswith("1 files of damaged records")


def test_a_ledger_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_bytes(b"this is no database" * 100)
    found = next(installation.ledger(LEDGER, tmp_path))
    assert found.level is Level.FAIL
    found = next(installation.ledger(LedgerSettings(url="mysql://u:secret@h/d"), tmp_path))
    assert found.level is Level.FAIL
    assert "secret" not in found.message
