"""The spool: where a record is safe from SIGKILL before its answer's last byte leaves.

A spool is a directory owned by one process through a lock on its `lock` file. It holds numbered
segments, each a sequence of JSON lines. Only the owner appends, in one thread; its writer, a process (see
`follow`), reads behind it and deletes segments it is done with. A segment is named by the position where it
starts, so the one that starts where another ends says that the other is complete. `write()` puts a line
into the kernel's page cache: a killed process loses nothing, a machine without power what it had not yet
committed to the database.
"""

import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from wye.core.errors import LedgerError

SEGMENT_BYTES = 8 << 20
SPOOL_BYTES = 1 << 30
SPOOLS = "spool"
LOG_NAME = "log"
"""A file beside the segments: it names the transparency log that they are sealed into."""
_FILE_MODE = 0o600
_DIRECTORY_MODE = 0o700


def private_directory(path: Path) -> Path:
    """Create `path` and its missing parents for this user only; an existing one is left as it is."""
    for directory in (*reversed(path.parents), path):
        if not directory.exists():
            directory.mkdir(mode=_DIRECTORY_MODE, exist_ok=True)
    return path


class Lock:
    """An exclusive `flock` on a file, held until `release` or the end of the process."""

    def __init__(self, path: Path, *, wait: bool) -> None:
        """Take the lock. Raises `BlockingIOError` when it is held elsewhere and `wait` is false."""
        self._fd = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, _FILE_MODE)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except OSError:
            os.close(self._fd)
            raise

    def release(self) -> None:
        """Let the next one have it. May be called again."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        self.release()


def segment_path(directory: Path, start: int) -> Path:
    """Return where the segment that begins at position `start` is."""
    return directory / f"{start:016d}.jsonl"


def segments(directory: Path) -> list[Path]:
    """Return a spool's segments, oldest first."""
    return sorted(directory.glob("*.jsonl"))


@dataclass(frozen=True, slots=True)
class Leftover:
    """A dead process's spool, locked by us."""

    directory: Path
    lock: Lock

    @property
    def sealed(self) -> bool:
        """Whether it is known which log its lines are sealed into."""
        return (self.directory / LOG_NAME).exists()

    def discard(self) -> None:
        """Delete it. Call when every line is in the database or in quarantine."""
        for path in segments(self.directory):
            path.unlink()  # while it is still known what was sealed of them, and where
        shutil.rmtree(self.directory)
        self.lock.release()


class Spool:
    """The appending side. `end` may be read by any thread.

    Positions count bytes since the spool began, over all segments; a segment is named by where it starts.
    """

    def __init__(
        self,
        directory: Path,
        lock: Lock,
        *,
        segment_bytes: int = SEGMENT_BYTES,
        spool_bytes: int = SPOOL_BYTES,
    ) -> None:
        self.directory = directory
        self.end = 0
        """After the last whole line."""
        self.committed = 0
        """Up to where the writer is done; it sets this."""
        self.fault = ""
        """Why the last append failed; empty when it did not."""
        self._lock = lock
        self._segment_bytes = segment_bytes
        self._spool_bytes = spool_bytes
        self._start = 0
        self._fd = self._open(0)
        self._limit = segment_bytes
        """The position from which an append takes the slow path."""

    def append(self, line: bytes) -> None:
        """Write one line, newline included, to the current segment.

        Raises `LedgerError` when it is not wholly written; the segment then ends where it ended before.
        """
        if self.end >= self._limit:
            self._make_room()
        try:
            written = os.write(self._fd, line)
        except OSError as error:
            self._undo(str(error.strerror))
        if written != len(line):
            self._undo("the disk is full")
        self.end += written

    @property
    def backlog(self) -> int:
        """Bytes that are not in the database yet."""
        return self.end - self.committed

    def close(self, *, discard: bool) -> None:
        """Stop; with `discard` every line is committed and the spool goes away."""
        os.close(self._fd)
        if discard:
            shutil.rmtree(self.directory)
        self._lock.release()

    def _open(self, start: int) -> int:
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC
        return os.open(segment_path(self.directory, start), flags, _FILE_MODE)

    def _make_room(self) -> None:
        """Mend what the last failure left, or go on in a new segment when this one is long enough."""
        if self.fault:
            self._truncate()
            self.fault, self._limit = "", self._start + self._segment_bytes
            if self.end < self._limit:
                return
        if self.backlog >= self._spool_bytes:
            message = f"the database is {self.backlog >> 20} MiB behind the gateway; mend the database first"
            raise LedgerError(message)
        try:
            fd = self._open(self.end)
        except OSError as error:
            message = f"cannot open a spool segment in {self.directory}: {error.strerror}"
            raise LedgerError(message) from error
        os.close(self._fd)
        self._fd = fd
        self._start = self.end
        self._limit = self._start + self._segment_bytes

    def _undo(self, why: str) -> NoReturn:
        """Take back a partial line and raise; the next append looks again before it writes."""
        self.fault, self._limit = why, -1
        self._truncate()
        message = f"cannot write to the spool in {self.directory}: {why}. Free space there."
        raise LedgerError(message)

    def _truncate(self) -> None:
        try:
            os.ftruncate(self._fd, self.end - self._start)
        except OSError as error:
            message = f"cannot mend the spool in {self.directory}: {error.strerror}"
            raise LedgerError(message) from error


def claim(root: Path) -> tuple[Spool, list[Leftover]]:
    """Make a spool under `root`, and take over those whose process is dead.

    A lock on `root` spans both, so that nobody takes a new spool for a dead one before it is locked.
    """
    private_directory(root)
    with Lock(root / "lock", wait=True):
        leftovers = list(_dead(root))
        directory = private_directory(root / f"{os.getpid()}-{secrets.token_hex(4)}")
        return Spool(directory, Lock(directory / "lock", wait=False)), leftovers


def _dead(root: Path) -> Iterator[Leftover]:
    for path in sorted(root.iterdir()):
        if not path.is_dir():
            continue
        try:
            lock = Lock(path / "lock", wait=False)
        except BlockingIOError:
            continue
        yield Leftover(path, lock)
