from pathlib import Path

import msgspec
import pytest

from wye.policy.cedar.statements import PolicyTextError
from wye.policy.revisions import FILE, advance, refuse_older
from wye.policy.signing import Signature, new_key, sign

AT = "2026-11-23T07:00:00Z"


class Signer:
    """Signs policies with one key."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir()
        self.file = directory / "key"
        new_key(self.file)

    def __call__(
        self, policy: str, before: Signature | None = None, revision: int | None = None
    ) -> Signature:
        return sign(self.file, policy, AT, before, revision)


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    return Signer(tmp_path / "signer")


def test_revisions_go_forward_and_never_back(tmp_path: Path, signer: Signer) -> None:
    file = tmp_path / FILE
    first = signer("a")
    second = signer("b", first)
    for signature in (first, first, second, second):
        advance(file, signature)
    assert file.stat().st_mode & 0o777 == 0o600
    for hold in (refuse_older, advance):
        with pytest.raises(PolicyTextError, match=r"revision 1 .* is older than revision 2.*--revision 3`"):
            hold(file, first)
    advance(file, signer("a", second))  # what was signed anew is no way back
    with pytest.raises(PolicyTextError, match="older than revision 3"):
        refuse_older(file, second)


def test_another_branch_is_refused(tmp_path: Path, signer: Signer) -> None:
    file = tmp_path / FILE
    first, other = signer("a"), signer("x")
    advance(file, first)
    with pytest.raises(PolicyTextError, match="is not the revision 1 that was in force"):
        advance(file, other)
    with pytest.raises(PolicyTextError, match="does not follow the revision 1"):
        advance(file, signer("y", other))
    advance(file, signer("z", other, 5))  # what came between is not known here
    advance(file, signer("b", None, 6))


def test_looking_remembers_nothing_and_unsigned_ones_leave_no_trace(tmp_path: Path, signer: Signer) -> None:
    refuse_older(tmp_path / FILE, signer("a"))
    advance(tmp_path / FILE, None)
    assert not (tmp_path / FILE).exists()


def test_each_key_counts_for_itself(tmp_path: Path, signer: Signer) -> None:
    file = tmp_path / FILE
    advance(file, signer("a", None, 9))
    advance(file, Signer(tmp_path / "other")("a"))
    with pytest.raises(PolicyTextError, match="older than revision 9"):
        advance(file, signer("a"))


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"k": {"revision": "x", "id": ""}}'])
def test_a_memory_that_cannot_be_read_refuses(tmp_path: Path, signer: Signer, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(PolicyTextError, match="cannot be read"):
        advance(tmp_path / FILE, signer("a"))


def test_a_memory_that_cannot_be_written_refuses(tmp_path: Path, signer: Signer) -> None:
    with pytest.raises(PolicyTextError, match="cannot be written: No such file"):
        advance(tmp_path / "none" / FILE, signer("a"))


def test_the_memory_is_small_json(tmp_path: Path, signer: Signer) -> None:
    signature = signer("a")
    advance(tmp_path / FILE, signature)
    said = msgspec.json.decode((tmp_path / FILE).read_bytes())
    assert said == {signature.key: {"revision": 1, "id": signature.id}}
