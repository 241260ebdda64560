from pathlib import Path

import pytest

from ledger.tlog.logs import KEY, OTHER, Made, made, vkey
from wye.ledger.tlog.errors import LogError, TamperedError
from wye.ledger.tlog.note import COSIGNATURE
from wye.ledger.tlog.verify import verify
from wye.ledger.tlog.witness import Witness

AT = 1_800_000_000


def entries(count: int, word: str = "entry") -> list[bytes]:
    return [f"{word} {i}".encode() for i in range(count)]


def test_a_log_that_grows_is_cosigned(tmp_path: Path) -> None:
    for size in (0, 3, 3, 256, 700):
        log = made(entries(size))
        witness = Witness(tmp_path, "witness.example" if size == 0 else "")
        checkpoint, note = witness.cosign(log.note, vkey(), log.source, AT)
        assert checkpoint.size == size
        key = witness.verifier
        assert key.algorithm == COSIGNATURE
        assert verify(log.source, vkey(), note=note, witnesses=(key,), quorum=1).witnesses == {key.name: AT}


@pytest.mark.parametrize(
    ("log", "word"),
    [
        (made(entries(299)), "was cut back: 300 entries were cosigned, 299"),
        (made([*entries(299), b"other"]), "was rewritten: its first 300 entries"),
        (made(entries(700, "other")), "was rewritten"),
        (made(entries(400), OTHER), "not signed by the key"),
    ],
)
def test_a_log_that_did_anything_else_is_not(tmp_path: Path, log: Made, word: str) -> None:
    witness, first = Witness(tmp_path, "w"), made(entries(300))
    witness.cosign(first.note, vkey(), first.source, AT)
    with pytest.raises(TamperedError, match=word):
        witness.cosign(log.note, vkey(), log.source, AT + 1)
    later = made(entries(301))
    assert witness.cosign(later.note, vkey(), later.source, AT + 2)[0].size == 301


def test_a_witness_keeps_its_name(tmp_path: Path) -> None:
    with pytest.raises(LogError, match="name one with --name"):
        Witness(tmp_path)
    Witness(tmp_path, "w")
    with pytest.raises(LogError, match="is called w"):
        Witness(tmp_path, "other")
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    assert KEY.verifier == vkey()
