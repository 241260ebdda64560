from pathlib import Path

import pytest

from wye.config.governance import PolicySettings
from wye.policy.cedar.sources import MAX_FILE_BYTES, added, sets
from wye.policy.cedar.statements import PolicyTextError


def test_sets_and_files_in_order(tmp_path: Path) -> None:
    file = tmp_path / "my.cedar"
    file.write_text("forbid (principal, action, resource) when { false };")
    statements = added(PolicySettings(sets=("air-gapped",), files=(str(file),)))
    assert [statement.place for statement in statements] == ["set air-gapped:3", f"{file}:1"]


def test_the_sets_that_there_are() -> None:
    assert sets() == ("air-gapped", "eu-only", "gdpr", "hipaa", "internal-default")
    with pytest.raises(PolicyTextError, match=r"there is no policy set 'hippa'\. Did you mean 'hipaa'"):
        added(PolicySettings(sets=("hippa",)))


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(PolicyTextError, match=r"nothing\.cedar: cannot be read: No such file"):
        added(PolicySettings(files=(str(tmp_path / "nothing.cedar"),)))
    (tmp_path / "big").write_bytes(b" " * (MAX_FILE_BYTES + 1))
    with pytest.raises(PolicyTextError, match="longer than 1 MiB"):
        added(PolicySettings(files=(str(tmp_path / "big"),)))
    (tmp_path / "raw").write_bytes(b"\xff")
    with pytest.raises(PolicyTextError, match="it is no UTF-8"):
        added(PolicySettings(files=(str(tmp_path / "raw"),)))
