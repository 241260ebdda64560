"""Segments are written, read again, used again, and read beside their writer."""

import os
from pathlib import Path

import pytest

from wye.ledger.tlog import journal as journals
from wye.ledger.tlog.errors import LogError
from wye.ledger.tlog.frames import Frame
from wye.ledger.tlog.journal import Journal, journaled

NOTHING = Frame(0, [], b"")


def opened(private: Path, carried: Frame = NOTHING) -> tuple[Journal, list[Frame]]:
    journal = Journal(private, 1_000)
    frames = [frame for _, frame in journal.frames()]
    journal.go_on(carried)
    return journal, frames


def filled(private: Path) -> Journal:
    """A journal whose second segment carries two entries over from the first."""
    journal, _ = opened(private)
    journal.append(Frame(0, [bytes(600)] * 258, b"mark"))
    assert journal.long
    journal.rotate(Frame(256, [b"y", b"z"], b"mark"))
    return journal


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    journal = filled(tmp_path)
    journal.append(Frame(258, [b"a"], b"later"))
    journal.close()
    again, frames = opened(tmp_path)
    assert (again.start, again.begins) == (0, 256)
    assert [(frame.start, len(frame.entries), frame.mark) for frame in frames] == [
        (0, 258, b"mark"),
        (256, 2, b"mark"),
        (258, 1, b"later"),
    ]
    again.append(Frame(259, [b"b"], b""))
    again.close()
    assert list(journaled(tmp_path))[-4:] == [b"y", b"z", b"a", b"b"]


def test_a_segment_that_a_crash_left_empty_carries_over(tmp_path: Path) -> None:
    filled(tmp_path).close()
    last = max((tmp_path / "journal").iterdir())
    last.write_bytes(bytes(last.stat().st_size))
    again, frames = opened(tmp_path, Frame(256, [b"y", b"z"], b"mark"))
    again.close()
    assert [frame.start for frame in frames] == [0]
    assert list(journaled(tmp_path))[-2:] == [b"y", b"z"]


def test_segments_are_used_again(tmp_path: Path) -> None:
    journal = filled(tmp_path)
    first = (tmp_path / "journal" / f"{0:020d}").stat().st_ino
    synced: list[bool] = []
    journal.retire(255, lambda: synced.append(True))
    assert synced == [], "its entries are in no checkpoint yet"
    journal.retire(256, lambda: synced.append(True))
    assert synced == [True], "tiles are on the disk before their entries leave the journal"
    journal.append(Frame(258, [b"x" * 600], b""))
    journal.prepare()
    journal.rotate(Frame(512, [b"y"], b""))
    journal.close()
    assert (tmp_path / "journal" / f"{512:020d}").stat().st_ino == first
    assert list(journaled(tmp_path))[-2:] == [b"x" * 600, b"y"], "nothing of what it held"


def watched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the journal asks of the disk from now on, in order."""
    calls: list[str] = []

    def pwrite(fd: int, data: bytes, offset: int) -> int:
        calls.append(f"write {data.strip(bytes(1))[-12:].decode(errors='replace')}")
        return os.pwrite(fd, data, offset)

    def fdatasync(fd: int) -> None:
        calls.append("sync")
        os.fdatasync(fd)

    patched = {"pwrite": staticmethod(pwrite), "fdatasync": staticmethod(fdatasync)}
    monkeypatch.setattr(journals, "os", type("Os", (), {**vars(os), **patched}))
    return calls


def test_a_frame_is_on_the_disk_when_append_returns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A killed process would not tell: the kernel has what it wrote. A loss of power would."""
    journal, _ = opened(tmp_path)
    calls = watched(monkeypatch)
    journal.append(Frame(0, [b"acknowledged"], b""))
    assert calls == ["write acknowledged", "sync"]
    journal.close()


def test_what_the_kernel_has_and_a_disk_that_failed_may_not_is_written_once_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal, _ = opened(tmp_path)
    journal.append(Frame(0, [b"acknowledged"], b""))
    journal.close()
    calls = watched(monkeypatch)
    again, _ = opened(tmp_path)
    again.close()
    assert calls[0] == "write acknowledged"


def test_damage_names_the_file(tmp_path: Path) -> None:
    filled(tmp_path).close()
    first = min((tmp_path / "journal").iterdir())
    data = bytearray(first.read_bytes())
    data[100] ^= 1
    first.write_bytes(data)
    with pytest.raises(LogError, match=f"{first.name}: the frame at byte 0 is damaged"):
        opened(tmp_path)


def test_a_disk_that_fails_leaves_nothing_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever opens the log tries again every half second."""

    def failing(_fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(journals.os, "fsync", failing)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(5):
        with pytest.raises(OSError, match="No space"):
            opened(tmp_path)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_segment_that_cannot_be_made_closes_nothing_of_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The number of a descriptor that is closed is the next one's who opens something."""
    journal, _ = opened(tmp_path)

    def failing(*_: object) -> int:
        raise OSError(24, "Too many open files")

    with monkeypatch.context() as patched:
        patched.setattr(journals.os, "open", failing)
        with pytest.raises(OSError, match="Too many"):
            journal.rotate(Frame(256, [b"y"], b""))
    with (tmp_path / "of others").open("wb") as file:
        journal.close()
        file.write(b"still open")
