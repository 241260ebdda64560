import pytest

from ledger.tlog.logs import KEY, OTHER
from wye.ledger.tlog.checkpoint import Checkpoint, opened, sign
from wye.ledger.tlog.errors import TamperedError
from wye.ledger.tlog.note import SignerKey

# The example of C2SP tlog-checkpoint.
TEXT = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"


def test_the_example_of_the_specification() -> None:
    checkpoint = Checkpoint.parse(TEXT)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    assert checkpoint.text() == TEXT
    assert Checkpoint.parse(TEXT + "more\n").extensions == ("more",)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "example.com\n1\n",
        TEXT[:-1],
        TEXT + "\n",
        TEXT.replace("20852163", "020852163"),
        TEXT.replace("20852163", "-1"),
        TEXT.replace("20852163", "\u0661"),
        TEXT.replace("q2I=", "q2J="),
        TEXT.replace("q2I=", "q2IA"),
        TEXT.replace("CsUY", "Cs\u00dcY"),
    ],
)
def test_what_is_no_checkpoint(text: str) -> None:
    with pytest.raises(TamperedError):
        Checkpoint.parse(text)


def test_only_the_logs_own_key_signs_for_it() -> None:
    checkpoint = Checkpoint(KEY.verifier.name, 3, bytes(32))
    note = sign(checkpoint, KEY)
    assert opened(note, KEY.verifier)[0] == checkpoint
    with pytest.raises(TamperedError, match="is not signed by the key"):
        opened(note, OTHER.verifier)
    with pytest.raises(TamperedError, match="the key of elsewhere"):
        opened(note, SignerKey.generate("elsewhere").verifier)
