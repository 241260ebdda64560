"""The erased are unreadable everywhere, their proofs hold, and receipts say so for good."""

import json
import shutil
import sqlite3
from pathlib import Path

import duckdb
import msgspec
import pytest

from ledger.records import record
from wye.config.settings import LedgerSettings
from wye.core.record import Attempt
from wye.economics.rolled import directory, roll
from wye.ledger import Ledger, Reader, erasure
from wye.ledger.erasure import Erasures, apply
from wye.ledger.keyring import ErasedError
from wye.ledger.reader import Filter
from wye.ledger.sealing import Sealing
from wye.ledger.tlog.log import PUBLIC, Log
from wye.ledger.tlog.proof import Proof, check, prove
from wye.ledger.tlog.store import directory_source
from wye.ledger.tlog.tiles import CHECKPOINT, bundle_path, decode_bundle
from wye.ledger.tlog.tree import leaf_hash
from wye.ledger.turns import Turn, Turns
from wye.ledger.vault import Vault


def _said(number: int) -> str:
    return f"the private words of subject {number}."


def _erased(folder: Path, count: int) -> None:
    """Store something of `count` subjects everywhere, copy it, erase them all but one, look for it."""
    state, settings = folder / "state", LedgerSettings()
    ledger = Ledger.open(settings, state)
    vault = ledger.sealing.vault
    tags = [vault.tag(f"patient-{number}") for number in range(count)]
    for number, tag in enumerate(tags):
        content = json.dumps({"request": _said(number), "answer": "noted"})
        refused = Attempt("a", "first", 0.0, 1.0, 400, f"cannot say '{_said(number)}'")
        ledger.append(record(number, content=content, error=_said(number), attempts=(refused,), subject=tag))
    kept = [_turn(f"resp_{number}", _said(number), tags[number]) for number in range(0, count, 20)]
    turns = Turns(settings, state, ledger.sealing)
    for turn in kept:
        turns.keep(turn)
    entries = [vault.seal(tag, _said(number).encode()) for number, tag in enumerate(tags)]
    assert ledger.flush(60)
    roll(settings, state)
    assert any(directory(state).glob("*.parquet"))
    with Log(folder / "log", origin="example.com/test") as log:
        log.wait_published(log.append(entries), 60)
        key = log.verifier
    public = folder / "log" / PUBLIC
    source = directory_source(public)
    checkpoint = (public / CHECKPOINT).read_bytes()
    proofs = [prove(source, index, checkpoint) for index in range(count)]
    with sqlite3.connect(state / "ledger.db") as live, sqlite3.connect(folder / "backup.db") as backup:
        live.backup(backup)

    erasures = Erasures(state, vault)
    issued = erasures.erase(tags[:-1])
    assert [one.destroyed for one in issued] == [1] * (count - 1)

    everywhere = [settings, LedgerSettings(url=f"sqlite:///{folder / 'backup.db'}")]
    for place in everywhere:
        with Reader(place, state) as reader:
            contents = {found.id: json.loads(found.content) for found in reader.requests(Filter(), None)}
        last = contents.pop(record(count - 1).id)
        assert last["request"] == _said(count - 1)
        assert len(contents) == count - 1
        assert all(content["erased"].startswith("erased on") for content in contents.values())
    for entry in entries[:-1]:
        with pytest.raises(ErasedError):
            vault.unseal(entry)
    for turn in kept:
        if turn.subject != tags[-1]:
            with pytest.raises(ErasedError):
                turns.get(turn.id, turn.owner, 1.0)
    assert _holds_no_words(directory(state)) == count
    for index, proof in enumerate(proofs):
        check(proof, leaf_hash(entries[index]), key)
    for path in folder.rglob("*"):
        assert path.is_dir() or b"private words" not in path.read_bytes(), path
    bundle = decode_bundle((erasures.directory / PUBLIC / bundle_path(0, min(count - 1, 256))).read_bytes())
    for one in (issued[0], issued[min(count - 2, 255)]):
        proof = Proof.parse(erasures.proof(one.index).encode())
        check(proof, leaf_hash(bundle[one.index]), erasures.key)
        assert msgspec.json.decode(bundle[one.index])["subject"] == one.receipt.subject
    turns.close()
    ledger.close()


def _holds_no_words(parquet: Path) -> int:
    """Look at every cell of Parquet files, which are compressed; return how many rows there are."""
    rolled = duckdb.read_parquet(f"{parquet}/*.parquet")
    assert not {"content", "record", "error", "subject"} & set(rolled.columns)
    rows = rolled.fetchall()
    assert not any("private words" in str(cell) for row in rows for cell in row)
    return len(rows)


def _turn(id_: str, said: str, tag: str) -> Turn:
    return Turn(
        id=id_,
        owner="o",
        previous=None,
        at=0.0,
        expires=1e12,
        deployment="d",
        labels=frozenset(),
        input=json.dumps([said]),
        answer=json.dumps({"said": said}),
        subject=tag,
    )


def test_a_hundred_subjects_are_unreadable_and_every_proof_holds(tmp_path: Path) -> None:
    _erased(tmp_path, 101)


@pytest.mark.deep
def test_ten_thousand_subjects_are_unreadable_and_every_proof_holds(tmp_path: Path) -> None:
    _erased(tmp_path, 10_001)


def test_a_second_erasure_returns_the_first_receipt(tmp_path: Path) -> None:
    with Vault.open(tmp_path, {}) as vault:
        erasures, tag = Erasures(tmp_path, vault), vault.tag("p")
        vault.seal(tag, b"x")
        [first] = erasures.erase([tag])
        [again] = erasures.erase([tag])
        assert (again.receipt, again.index, again.destroyed) == (first.receipt, first.index, 0)
        vault.seal(tag, b"x")
        [later] = erasures.erase([tag])
        assert (later.destroyed, later.index) == (1, 1)
        assert set(later.receipt.keys) > set(first.receipt.keys)
        assert erasures.size == 2
        [none] = erasures.erase([vault.tag("nobody")])
        assert (none.receipt.keys, none.destroyed, none.index) == ((), 0, 2)


def test_a_kill_between_the_keys_and_the_receipt_loses_no_receipt(tmp_path: Path) -> None:
    with Vault.open(tmp_path, {}) as vault:
        tag = vault.tag("p")
        vault.seal(tag, b"x")
        [gone] = vault.erase([tag])  # and killed here
        [issued] = Erasures(tmp_path, vault).erase([tag])
        assert (issued.receipt.keys, issued.receipt.at, issued.destroyed) == (gone.keys, gone.at, 0)


def test_a_restored_vault_loses_the_erased_again_when_it_is_opened(tmp_path: Path) -> None:
    sealing = Sealing(tmp_path, {})
    tag = sealing.vault.tag("p")
    sealed, other = sealing.seal(tag, "x", "c"), sealing.seal(sealing.vault.tag("q"), "y", "c")
    sealing.vault.sync()
    shutil.copytree(tmp_path / "vault", tmp_path / "backup")
    [issued] = Erasures(tmp_path, sealing.vault).erase([tag])
    sealing.close()
    shutil.rmtree(tmp_path / "vault")
    shutil.copytree(tmp_path / "backup", tmp_path / "vault")
    with pytest.raises(ErasedError):
        sealing.open(sealed, "c")
    assert sealing.open(other, "c") == "y"
    sealing.close()
    # Where the whole directory was put back, receipts kept elsewhere do it.
    shutil.rmtree(tmp_path / "vault")
    shutil.rmtree(tmp_path / "erasures")
    shutil.copytree(tmp_path / "backup", tmp_path / "vault")
    assert sealing.open(sealed, "c") == "x"
    assert apply(sealing.vault, [issued.receipt]) == 1
    with pytest.raises(ErasedError):
        sealing.open(sealed, "c")
    sealing.close()


def test_many_keys_take_several_receipts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasure, "MOST_KEYS", 3)
    with Vault.open(tmp_path, {}) as vault:
        tag = vault.tag("p")
        for day in range(4):
            vault.seal(tag, b"x", until=float(day))
        issued = Erasures(tmp_path, vault).erase([tag])
        assert [len(one.receipt.keys) for one in issued] == [3, 1]


def test_kept_turns_go_with_their_subject(tmp_path: Path) -> None:
    with Turns(LedgerSettings(), tmp_path) as turns:
        vault = turns.sealing.vault
        for name in ("p", "q"):
            turns.keep(_turn(f"resp_{name}", "private words", vault.tag(name)))
        found = turns.get("resp_p", "o", 1.0)
        assert found is not None
        assert (found.input, found.subject) == ('["private words"]', vault.tag("p"))
        vault.erase([vault.tag("p")])
        with pytest.raises(ErasedError, match="erased on"):
            turns.get("resp_p", "o", 1.0)
        with pytest.raises(ErasedError, match="erased on"):
            turns.conversation("resp_p", "o", 1.0, 1_000_000)
        assert turns.get("resp_q", "o", 1.0) is not None
