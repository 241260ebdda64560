import pytest
from hypothesis import given
from hypothesis import strategies as st

from wye.ledger.tlog.errors import LogError, TamperedError
from wye.ledger.tlog.note import COSIGNATURE, Note, SignerKey, VerifierKey

# The example of C2SP signed-note.
VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
NOTE = (
    "This is an example message.\n\n"
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1E"
    "RYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
).encode()


def test_the_example_of_the_specification() -> None:
    key, note = VerifierKey.parse(VKEY), Note.parse(NOTE)
    assert str(key) == VKEY
    assert note.text == "This is an example message.\n"
    assert note.signed_by(key) is not None
    changed = Note.parse(NOTE.replace(b"an example", b"no example"))
    with pytest.raises(TamperedError, match=r"the signature of example\.com/foo is wrong"):
        changed.signed_by(key)


def test_keys_are_read_as_they_were_written() -> None:
    key = SignerKey.generate("example.com/log")
    assert SignerKey.parse(key.secret() + "\n").verifier == key.verifier
    assert VerifierKey.parse(f"{key.verifier}\n") == key.verifier
    assert key.secret() not in repr(key)


@pytest.mark.parametrize(
    "text", ["", "x", "a+b+c", VKEY[:-4], VKEY.replace("AekyeRrm", "AukyeRrm"), "+" + VKEY]
)
def test_what_is_no_verifier_key(text: str) -> None:
    with pytest.raises(LogError, match="is no verifier key"):
        VerifierKey.parse(text)


def test_a_key_of_another_name_or_id() -> None:
    with pytest.raises(LogError, match="was changed: its id is"):
        VerifierKey.parse(VKEY.replace("/foo", "/bar"))
    with pytest.raises(LogError, match="is damaged"):
        SignerKey.parse(SignerKey.generate("a").secret().replace("KEY+a+", "KEY+b+"))
    with pytest.raises(LogError, match="no private key"):
        SignerKey.parse(VKEY)
    with pytest.raises(LogError, match="cannot name a key"):
        SignerKey.generate("two words")


def test_a_cosignature_signs_its_time() -> None:
    key = SignerKey.generate("witness.example/w", COSIGNATURE)
    text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    line = key.sign(text, 1679315147)
    note = Note.parse(f"{text}\n{line}".encode())
    signature = note.signed_by(key.verifier)
    assert signature is not None
    assert signature.at == 1679315147
    later = (1679315148).to_bytes(8, "big") + signature.signature[8:]
    assert key.verifier.verifies(text, signature.signature)
    assert not key.verifier.verifies(text, later)
    assert not key.verifier.verifies(text, signature.signature[:-1])
    assert not key.verifier.verifies(text, b"\xff" * 8 + signature.signature[8:])


def test_signatures_of_others_are_ignored() -> None:
    key = SignerKey.generate("example.com/log")
    other = SignerKey.generate("example.com/log")
    text = "a text\n\nof two parts\n"
    note = Note.parse(f"{text}\n{other.sign(text)}{key.sign(text)}".encode())
    assert note.text == text
    assert note.signed_by(key.verifier) is not None
    assert Note.parse(f"{text}\n{other.sign(text)}".encode()).signed_by(key.verifier) is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"text\n",
        NOTE[:-1],
        NOTE.replace(b"\n\n", b"\n"),
        NOTE.replace("—".encode(), b"-"),
        NOTE.replace(b"message", b"mess\tage"),
        NOTE.replace(b"message", b"mess\xffage"),
        NOTE.replace(b"aQM=", b"aQN="),
        b"text\n\n\xe2\x80\x94 a AAAAAA==\n",
        NOTE + NOTE.rpartition(b"\n\n")[2] * 64,
        NOTE.replace(b"This", b"x" * (1 << 20)),
    ],
)
def test_what_is_no_note(data: bytes) -> None:
    with pytest.raises(TamperedError, match="this is no signed note"):
        Note.parse(data)


@given(st.binary(max_size=400))
def test_any_bytes_are_a_note_or_told_to_be_none(data: bytes) -> None:
    try:
        note = Note.parse(data)
    except TamperedError:
        return
    assert note.text.endswith("\n")


@given(st.integers(0, len(NOTE) - 1), st.integers(1, 255))
def test_a_note_with_one_byte_changed_is_not_signed(position: int, change: int) -> None:
    data = bytearray(NOTE)
    data[position] ^= change
    try:
        found = Note.parse(bytes(data)).signed_by(VerifierKey.parse(VKEY))
    except TamperedError:
        return
    assert found is None
