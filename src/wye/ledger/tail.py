"""Reading a spool behind the one who appends to it."""

import errno
import os
from pathlib import Path

from wye.ledger.spool import segment_path, segments

BATCH_BYTES = 1 << 18
"""What is moved at once. To commit as much takes the core for half a millisecond; 1 MB, for 1.3."""


class Tail:
    """Whole lines of the spool in `directory`, from a position on. One thread's.

    With `done` the segments that were read are deleted: nobody else may then be behind.
    """

    def __init__(self, directory: Path, position: int, *, done: bool) -> None:
        """Begin at a position that the spool still has. Raises `OSError`."""
        self.position = position
        """Before this all was taken."""
        self.available = 0
        """Bytes of the segment that were there to be read, at the last look."""
        self._directory = directory
        self._done = done
        found = [path for path in segments(directory) if int(path.stem) <= position]
        if not found:  # another gateway took it over, and is done with it
            raise FileNotFoundError(errno.ENOENT, "its lines are gone", str(directory))
        *before, current = found
        if done:
            for path in before:
                path.unlink()
        self._start = int(current.stem)
        self._fd = os.open(current, os.O_RDONLY | os.O_CLOEXEC)

    @property
    def segment(self) -> Path:
        """The file that is being read."""
        return segment_path(self._directory, self._start)

    def read(self, end: int | None = None) -> bytes:
        """Return the next lines up to `end`, which is the end of one; nothing when there is none yet.

        Raises `OSError`.
        """
        while True:
            size = os.fstat(self._fd).st_size
            self.available = (size if end is None else min(size, end - self._start)) - (
                self.position - self._start
            )
            data = read_lines(self._fd, self.position - self._start, self.available)
            data = data[: data.rfind(b"\n") + 1]  # the rest is being written
            if data or not self._go_on():
                return data

    def take(self, count: int) -> None:
        """Go on after so many bytes of what was read."""
        self.position += count

    def close(self) -> None:
        """Let go of the segment."""
        os.close(self._fd)

    def _go_on(self) -> bool:
        """Read on in the next segment, if there is one. When it cannot be opened now, nothing has changed."""
        if self.position == self._start:
            return False
        try:
            fd = os.open(segment_path(self._directory, self.position), os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        os.close(self._fd)
        self._fd, before = fd, self._start
        self._start = self.position
        if self._done:
            segment_path(self._directory, before).unlink()
        return True


def read_lines(fd: int, offset: int, available: int) -> bytes:
    """Read about `BATCH_BYTES` of whole lines, more when one line is longer than that.

    At the end of what is available a line without its newline is returned as it is.
    """
    if available <= 0:
        return b""
    size = min(BATCH_BYTES, available)
    data = os.pread(fd, size, offset)
    while size < available and b"\n" not in data:
        size = min(2 * size, available)
        data = os.pread(fd, size, offset)
    return data if size == available else data[: data.rindex(b"\n") + 1]
