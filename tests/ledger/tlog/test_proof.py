import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.tlog.logs import KEY, OTHER, made, vkey
from wye.ledger.tlog.errors import LogError, TamperedError
from wye.ledger.tlog.note import COSIGNATURE, Note, SignerKey
from wye.ledger.tlog.proof import Proof, check, prove
from wye.ledger.tlog.tree import leaf_hash

ENTRIES = [b"entry %d" % i for i in range(300)]
LOG = made(ENTRIES)


@pytest.mark.parametrize("index", [0, 255, 256, 299])
def test_a_proof_is_a_file_that_verifies_alone(index: int) -> None:
    data = prove(LOG.source, index, LOG.note).encode()
    assert data.startswith(b"c2sp.org/tlog-proof@v1\nindex %d\n" % index)
    assert check(Proof.parse(data), leaf_hash(ENTRIES[index]), vkey()).size == len(ENTRIES)
    with pytest.raises(TamperedError, match="does not lead from this entry"):
        check(Proof.parse(data), leaf_hash(ENTRIES[index - 1]), vkey())
    with pytest.raises(TamperedError, match="not signed by the key"):
        check(Proof.parse(data), leaf_hash(ENTRIES[index]), OTHER.verifier)


def test_a_log_of_one_entry_has_an_empty_path() -> None:
    alone = made([b"a"])
    data = prove(alone.source, 0, alone.note).encode()
    assert data.startswith(b"c2sp.org/tlog-proof@v1\nindex 0\n\nexample.com/log\n1\n")
    assert check(Proof.parse(data), leaf_hash(b"a"), vkey()).size == 1


def test_extra_data_comes_along() -> None:
    proof = Proof(3, (bytes(32),), LOG.note, b"anything")
    assert proof.encode().startswith(b"c2sp.org/tlog-proof@v1\nextra YW55dGhpbmc=\nindex 3\nAAAA")
    assert Proof.parse(proof.encode()) == proof


def test_what_is_not_there_cannot_be_proven() -> None:
    with pytest.raises(LogError, match="has no leaf 300"):
        prove(LOG.source, 300, LOG.note)


def test_a_quorum_of_witnesses() -> None:
    one, two = (SignerKey.generate(f"witness{i}.example", COSIGNATURE) for i in range(2))
    again = SignerKey.parse(one.secret())
    text = Note.parse(LOG.note).text
    note = LOG.note + one.sign(text, 1_800_000_000).encode()
    proof = Proof.parse(prove(LOG.source, 7, note).encode())
    both = (one.verifier, two.verifier)
    assert check(proof, leaf_hash(ENTRIES[7]), vkey(), both, 1).size == 300
    with pytest.raises(TamperedError, match="1 of the known witnesses cosigned the checkpoint, 2 are asked"):
        check(proof, leaf_hash(ENTRIES[7]), vkey(), (*both, again.verifier), 2)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n\n",
        b"c2sp.org/tlog-proof@v1\n\n",
        b"c2sp.org/tlog-proof@v1\nindex 01\n\n",
        b"c2sp.org/tlog-proof@v1\nindex -1\n\n",
        b"c2sp.org/tlog-proof@v2\nindex 1\n\n",
        b"c2sp.org/tlog-proof@v1\nindex 1\nAAAA\n\n",
        b"c2sp.org/tlog-proof@v1\nindex 1\n" + b"gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=\n" * 65 + b"\n",
        b"c2sp.org/tlog-proof@v1\nextra *\nindex 1\n\n",
    ],
)
def test_what_is_no_proof(data: bytes) -> None:
    with pytest.raises(TamperedError, match=r"no tlog-proof"):
        Proof.parse(data)


@given(st.integers(0, 299), st.data())
def test_a_proof_with_one_byte_changed_fails(index: int, data: st.DataObject) -> None:
    whole = bytearray(prove(LOG.source, index, LOG.note).encode())
    whole[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(TamperedError):
        check(Proof.parse(bytes(whole)), leaf_hash(ENTRIES[index]), KEY.verifier)
