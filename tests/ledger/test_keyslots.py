"""A key file that cannot be opened leaves nothing open: whoever tries again does so for ever."""

from pathlib import Path

import pytest

from wye.core.errors import LedgerError
from wye.ledger.keyslots import KeySlots


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_what_cannot_be_opened_leaves_nothing_open(tmp_path: Path) -> None:
    KeySlots(tmp_path).close()
    (tmp_path / "index.db").write_bytes(b"no database, though of some length" * 40)
    before = descriptors()
    for _ in range(5):
        with pytest.raises(LedgerError, match="cannot be opened"):
            KeySlots(tmp_path)
    assert descriptors() == before


def test_what_was_opened_is_closed(tmp_path: Path) -> None:
    before = descriptors()
    KeySlots(tmp_path).close()
    assert descriptors() == before
