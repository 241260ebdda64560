"""What a person said is sealed before it reaches the disk, and opened for readers until it is erased."""

import json
import shutil
from pathlib import Path

import msgspec
import pytest

from ledger.records import record
from wye.config.settings import LedgerSettings
from wye.core.errors import LedgerError
from wye.core.record import Attempt, Record
from wye.ledger import Ledger, Reader
from wye.ledger.sealing import MARK, Sealing

SAID = "a very private prompt"


def private(sealing: Sealing, number: int = 1, name: str = "patient-4711") -> Record:
    attempt = Attempt("a", "first", 0.0, 1.0, 400, f"the model cannot say '{SAID}'")
    return msgspec.structs.replace(
        record(number),
        content=json.dumps({"request": SAID, "answer": SAID}),
        error=f"cannot answer '{SAID}'",
        attempts=(attempt,),
        subject=sealing.vault.tag(name),
    )


def test_a_record_is_sealed_where_it_holds_what_somebody_said(tmp_path: Path) -> None:
    sealing = Sealing(tmp_path, {})
    before = private(sealing)
    sealed = sealing.sealed(before)
    assert SAID not in msgspec.json.encode(sealed).decode()
    assert sealed.content.startswith(MARK)
    assert sealing.opened(sealed) == before


def test_what_belongs_elsewhere_or_is_no_envelope_says_so(tmp_path: Path) -> None:
    sealing = Sealing(tmp_path, {})
    sealed = sealing.sealed(private(sealing))
    moved = sealing.opened(msgspec.structs.replace(sealed, id="r2"))
    assert "does not belong where it was found" in json.loads(moved.content)["unreadable"]
    junk = sealing.opened(msgspec.structs.replace(sealed, error=MARK + "!"))
    assert junk.error == "(this is no envelope)"


def test_without_the_vault_nothing_is_read_and_none_is_made(tmp_path: Path) -> None:
    sealing = Sealing(tmp_path, {})
    sealed = sealing.sealed(private(sealing))
    sealing.close()
    shutil.rmtree(tmp_path / "vault")
    reading = Sealing(tmp_path, {})
    assert "without the vault" in json.loads(reading.opened(sealed).content)["unreadable"]
    assert not reading.exists


def test_a_ledger_that_keeps_nothing_makes_no_vault(tmp_path: Path) -> None:
    ledger = Ledger.open(LedgerSettings(), tmp_path)
    ledger.append(record(1))
    ledger.close()
    assert not (tmp_path / "vault").exists()


def test_erased_content_is_gone_from_the_ledger_and_its_copies(tmp_path: Path) -> None:
    settings = LedgerSettings()
    ledger = Ledger.open(settings, tmp_path)
    theirs, others = private(ledger.sealing), private(ledger.sealing, 2, "other")
    ledger.append(theirs)
    ledger.append(others)
    assert ledger.flush()
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or SAID.encode() not in path.read_bytes(), path
    with Reader(settings, tmp_path) as reader:
        assert reader.get(theirs.id) == theirs
        ledger.sealing.vault.erase([theirs.subject])
        gone = reader.get(theirs.id)
        assert gone is not None
        assert json.loads(gone.content)["erased"].startswith("erased on 20")
        assert gone.error.startswith("(erased on 20")
        assert gone.attempts[0].error.startswith("(erased on 20")
        assert gone.labels == theirs.labels
        assert reader.get(others.id) == others
    ledger.close()


def test_content_goes_at_the_end_of_its_labels_last_day(tmp_path: Path) -> None:
    sealing = Sealing(tmp_path, {})
    sealing.retain_days = lambda labels: 30 if "phi" in labels else None
    day = 86_400
    assert sealing.until(10.5 * day, ["phi"]) == 41 * day
    assert sealing.until(10.5 * day, ["public"]) is None
    sealed = sealing.sealed(msgspec.structs.replace(private(sealing), at=10.5 * day, labels=("phi",)))
    sealing.vault.expire(41 * day - 1)
    assert SAID in sealing.opened(sealed).content
    sealing.vault.expire(41 * day)
    assert json.loads(sealing.opened(sealed).content) == {
        "erased": "no longer kept since 1970-02-11 00:00 UTC"
    }


def test_a_text_that_was_never_sealed_is_read_as_it_is(tmp_path: Path) -> None:
    sealing = Sealing(tmp_path, {})
    assert sealing.open("plain", "answer r1") == "plain"
    assert sealing.owner("plain") == ""
    sealed = sealing.seal(sealing.vault.tag("p"), "x", "answer r1")
    assert sealing.owner(sealed) == sealing.vault.tag("p")
    with pytest.raises(LedgerError):
        sealing.open(sealed, "answer r2")
