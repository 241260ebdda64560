"""The journal: what is acknowledged and not in tiles on the disk yet, in segments of frames (see `frames`).

    DIR/private/journal/00000000000000000512    a segment, named by the index of its first entry

Segments are used again: to free their blocks would stall the disk where the file system discards what is
freed. So one that is done with is *retired*, filled with zeros, and then the *spare* that comes next.
"""

import contextlib
import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from wye.ledger.spool import private_directory
from wye.ledger.tlog.errors import LogError
from wye.ledger.tlog.frames import Frame, decode_segment, encode_frame
from wye.ledger.tlog.store import fsync

SEGMENT_BYTES = 8 << 20
FOLDER = "journal"
_ZEROS = 1 << 20
_SPARE, _RETIRED = "spare", "retired"


class Journal:
    """The journal of a log that this process has open.

    Read all `frames` once, then `go_on`. `append` and `rotate` are one thread's, `prepare` and `retire` may
    be another's.
    """

    def __init__(self, private: Path, segment_bytes: int) -> None:
        """Find the segments in a log's private directory."""
        self._directory = private_directory(private / FOLDER)
        self._retired, self._spare = private / _RETIRED, self._directory / _SPARE
        self._segment_bytes = segment_bytes
        with contextlib.suppress(FileNotFoundError):
            self._spare.replace(self._retired)
        self._paths = _segments(self._directory)
        self._read = b""
        self._length = 0
        self._fd = -1
        self.start = int(self._paths[0].name) if self._paths else 0
        """The index of the first entry in it."""

    def frames(self) -> Iterator[tuple[Path, Frame]]:
        """Yield all frames, and where each was. Raises `LogError` for damage that no crash explains."""
        for path in self._paths:
            data = path.read_bytes()
            try:
                frames, self._length = decode_segment(data, last=path == self._paths[-1])
            except LogError as error:
                message = f"{path}: {error}. Put it back as it was"
                raise LogError(message) from error
            self._read = data[: self._length]
            for frame in frames:
                yield path, frame

    def go_on(self, carried: Frame) -> None:
        """Go on in the last segment; one that is empty begins with `carried`, of the one before.

        What was read is written once more: a disk that failed may not have it, though the kernel does.
        Nothing is left open where that fails.
        """
        try:
            self._go_on(carried)
        except BaseException:
            self.close()
            raise

    def _go_on(self, carried: Frame) -> None:
        self._segment = self._paths[-1] if self._paths else self._directory / f"{0:020d}"
        self._old = [(old, int(new.name)) for old, new in itertools.pairwise(self._paths)]
        self._fd = os.open(self._segment, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        if os.pwrite(self._fd, self._read, 0) != len(self._read):
            raise self._full()
        _zero(self._fd, self._length, max(self._segment_bytes, os.fstat(self._fd).st_size))
        self._read = b""
        if not self._length and carried.entries:  # a crash came before it
            self.append(carried)
        fsync(self._directory)

    def append(self, frame: Frame) -> None:
        """Write a frame; it is on the disk when this returns. Raises `OSError`, or `LogError`: no room."""
        data = encode_frame(frame)
        if os.pwrite(self._fd, data, self._length) != len(data):
            raise self._full()
        os.fdatasync(self._fd)
        self._length += len(data)

    @property
    def begins(self) -> int:
        """The index of the first entry in the last segment."""
        return int(self._segment.name)

    @property
    def long(self) -> bool:
        """Whether the last segment has as much as it should."""
        return self._length >= self._segment_bytes

    def rotate(self, carried: Frame) -> None:
        """Begin a segment with what the partial bundle holds: it needs nothing of the one before."""
        old, self._segment = self._segment, self._directory / f"{carried.start:020d}"
        self.close()
        if self._spare.exists():
            self._spare.replace(self._segment)
        self._fd = os.open(self._segment, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        self._length = 0
        self.append(carried)
        fsync(self._directory)
        self._old.append((old, carried.start))

    def prepare(self) -> None:
        """Make the segment that comes next before it is needed."""
        if self._spare.exists() or self._length <= self._segment_bytes // 2:
            return
        fd = os.open(self._retired, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        try:
            _zero(fd, 0, max(self._segment_bytes, os.fstat(fd).st_size))
        finally:
            os.close(fd)
        self._retired.replace(self._spare)

    def retire(self, published: int, sync: Callable[[], None]) -> None:
        """Let go of segments of which `published` entries are all; `sync` puts their tiles on the disk."""
        if self._old and self._old[0][1] <= published:
            sync()
            while self._old and self._old[0][1] <= published:
                self._old.pop(0)[0].replace(self._retired)

    def close(self) -> None:
        """Let go of the files. May be called again."""
        fd, self._fd = self._fd, -1  # never twice: its number may be somebody else's by then
        if fd >= 0:
            os.close(fd)

    def _full(self) -> LogError:
        return LogError(f"cannot write to {self._segment}: the disk is full")


def journaled(private: Path) -> Iterator[bytes]:
    """Yield the entries in the journal of a log that another process may be writing.

    An entry that was acknowledged before this is called and is not here is in tiles, under a checkpoint.
    """
    for path in _segments(private / FOLDER):
        with contextlib.suppress(FileNotFoundError, LogError):  # retired since it was listed
            for frame in decode_segment(path.read_bytes(), last=True)[0]:
                yield from frame.entries


def _segments(directory: Path) -> list[Path]:
    return sorted(path for path in directory.glob("*") if path.name != _SPARE)


def _zero(fd: int, start: int, end: int) -> None:
    """Fill a file with zeros that are on the disk when this returns."""
    while start < end:
        start += os.pwrite(fd, bytes(min(_ZEROS, end - start)), start)
    os.fsync(fd)
