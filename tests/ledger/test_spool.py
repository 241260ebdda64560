"""A spool stays parseable whatever stops its writer, and belongs to one process at a time."""

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ledger.records import record
from wye.core.errors import LedgerError
from wye.ledger.rows import to_line, to_record
from wye.ledger.spool import Lock, Spool, claim, segments


def make(path: Path, *, segment_bytes: int = 1 << 20, spool_bytes: int = 1 << 30) -> Spool:
    path.mkdir()
    lock = Lock(path / "lock", wait=False)
    return Spool(path, lock, segment_bytes=segment_bytes, spool_bytes=spool_bytes)


def content(path: Path) -> bytes:
    return b"".join(segment.read_bytes() for segment in sorted(path.glob("*.jsonl")))


@contextmanager
def files_end_at(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond `size`: a write is cut short there, the next one fails."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_lines_run_over_into_new_segments(tmp_path: Path) -> None:
    spool = make(tmp_path / "s", segment_bytes=100)
    lines = [b"%040d\n" % number for number in range(20)]
    for line in lines:
        spool.append(line)
    written = segments(tmp_path / "s")
    assert [segment.stat().st_size for segment in written] == [123] * 6 + [82]
    assert content(tmp_path / "s") == b"".join(lines)
    assert [int(segment.stem) for segment in written] == [0, 123, 246, 369, 492, 615, 738]
    spool.close(discard=True)
    assert not (tmp_path / "s").exists()


@pytest.mark.parametrize("room", [0, 1, 500, 1199])
def test_a_full_disk_refuses_and_leaves_whole_lines(tmp_path: Path, room: int) -> None:
    line = to_line(record(1))
    spool = make(tmp_path / "s")
    spool.append(line)
    with files_end_at(len(line) + min(room, len(line) - 1)):
        for _ in range(3):
            with pytest.raises(LedgerError, match="Free space"):
                spool.append(line)
            assert content(tmp_path / "s") == line
            assert spool.fault
    spool.append(line)
    assert not spool.fault
    assert content(tmp_path / "s") == line + line
    spool.close(discard=True)


def test_a_database_that_is_away_too_long_ends_in_a_refusal(tmp_path: Path) -> None:
    spool = make(tmp_path / "s", segment_bytes=100, spool_bytes=1000)
    line = b"x" * 49 + b"\n"
    for _ in range(20):
        spool.append(line)
    for _ in range(2):
        with pytest.raises(LedgerError, match="behind"):
            spool.append(line)
    spool.committed = 500
    spool.append(line)
    assert len(content(tmp_path / "s")) == 1050
    spool.close(discard=True)


def test_a_live_spool_is_left_alone_and_a_dead_one_taken_over(tmp_path: Path) -> None:
    first, none = claim(tmp_path)
    assert none == []
    first.append(to_line(record(1)))
    second, none = claim(tmp_path)
    assert none == []
    second.close(discard=True)
    first.close(discard=False)
    third, [leftover] = claim(tmp_path)
    [segment] = segments(leftover.directory)
    assert to_record(segment.read_text()) == record(1)
    fourth, none = claim(tmp_path)
    assert none == []
    leftover.discard()
    third.close(discard=True)
    fourth.close(discard=True)
    assert [path.name for path in tmp_path.iterdir()] == ["lock"]


def test_only_this_user_may_read(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        spool, _ = claim(tmp_path / "deep" / "spool")
    finally:
        os.umask(old)
    for path in (tmp_path / "deep").rglob("*"):
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path
    spool.close(discard=True)
