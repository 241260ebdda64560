"""A log that could not be written says so before anybody waits for it, and what to do."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from wye.ledger.tlog.condition import demand_private, demand_writable
from wye.ledger.tlog.errors import LogError


def test_what_can_be_written_is_nothing_to_talk_about(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.touch(0o600)
    demand_writable(tmp_path)
    demand_private(key)


@pytest.mark.parametrize(
    ("flags", "blocks", "why"),
    [(os.ST_RDONLY, 1 << 20, "read-only: mount it for writing"), (0, 100, "full: free at least 32 MiB")],
)
def test_a_disk_that_takes_nothing(
    flags: int, blocks: int, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = SimpleNamespace(f_flag=flags, f_bavail=blocks, f_frsize=4096)
    monkeypatch.setattr(os, "statvfs", lambda _: disk)
    with pytest.raises(LogError, match=why):
        demand_writable(tmp_path)


def test_files_of_somebody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = tmp_path / "key"
    key.touch(0o600)
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    with pytest.raises(LogError, match=r"wye runs as 4711, .*: chown or chmod it"):
        demand_writable(tmp_path)
    with pytest.raises(LogError, match="wye runs as 4711: chown it"):
        demand_private(key)


def test_what_is_gone_or_open_to_others(tmp_path: Path) -> None:
    with pytest.raises(LogError, match="put it back as it was"):
        demand_writable(tmp_path / "gone")
    with pytest.raises(LogError, match="put it back; if it is lost, move"):
        demand_private(tmp_path / "key")
    (tmp_path / "key").touch(0o640)
    with pytest.raises(LogError, match="chmod 600 it"):
        demand_private(tmp_path / "key")
