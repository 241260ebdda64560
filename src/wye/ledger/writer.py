"""The writer: one thread that moves spool lines into the database by group commit.

It wakes on the first record after a pause, waits a moment for others, and commits all of them at once.
It costs about 10 µs of CPU a record, of which it holds the interpreter's lock for 3. Neither giving the lock
back more often nor a lower priority of the thread made a difference to a saturated event loop.
"""

import logging
import os
import threading
import time
from pathlib import Path

import msgspec
import sqlalchemy as sa

from wye.ledger.database import UnavailableError, insert
from wye.ledger.quarantine import Quarantine
from wye.ledger.rows import Row, to_row
from wye.ledger.spool import Spool

log = logging.getLogger(__name__)

GROUP_SECONDS = 0.1
BATCH_BYTES = 1 << 20
_BACKOFF_SECONDS = (0.1, 5.0)


class Writer(threading.Thread):
    """Follows one spool. `idle`, `error` and `behind_since` may be read by any thread."""

    def __init__(self, spool: Spool, engine: sa.Engine, quarantine: Quarantine) -> None:
        super().__init__(name="wye-ledger-writer", daemon=True)
        self.idle = False
        self.error = ""
        """Why the database cannot be written; empty when it can."""
        self.behind_since: float | None = None
        """`time.monotonic()` since when there are uncommitted lines; None = there are none."""
        self._spool = spool
        self._engine = engine
        self._quarantine = quarantine
        self._awake = threading.Event()
        self._hurry = threading.Event()
        self._stopping = False
        self._progress = threading.Condition()
        self._segment = 0
        self._fd = os.open(spool.path(0), os.O_RDONLY | os.O_CLOEXEC)

    def wake(self) -> None:
        """Say that there is a line; needed only while `idle`."""
        self.idle = False
        self._awake.set()

    def wait(self, position: int, seconds: float) -> bool:
        """Commit without dawdling up to a spool position; False when `seconds` were not enough."""
        self._hurry.set()
        self.wake()
        with self._progress:
            return self._progress.wait_for(lambda: self._spool.committed >= position, seconds)

    def stop(self, seconds: float) -> None:
        """Commit what there is, end the thread."""
        self._stopping = True
        self._hurry.set()
        self.wake()
        self.join(seconds)

    def run(self) -> None:
        """Follow the spool until stopped."""
        try:
            self._follow()
        finally:
            os.close(self._fd)

    def _follow(self) -> None:
        while not self._stopping or self._spool.backlog:
            self.idle = True
            if not self._spool.backlog and not self._stopping:
                self._awake.wait()
            self.idle = False
            self._awake.clear()
            self.behind_since = time.monotonic()
            self._hurry.wait(GROUP_SECONDS)
            self._hurry.clear()
            if not self._drain():
                return
            self.behind_since = None

    def _drain(self) -> bool:
        """Commit until the spool is empty; False when stopped while the database is away."""
        backoff, longest = _BACKOFF_SECONDS
        while self._spool.backlog:
            try:
                self._commit()
            except (UnavailableError, OSError) as error:
                if not self.error:
                    log.warning("the ledger's database is away, records wait in the spool: %s", error)
                self.error = str(error)
                if self._stopping:
                    return False
                self._hurry.wait(backoff)
                self._hurry.clear()
                backoff = min(2 * backoff, longest)
            else:
                backoff, longest = _BACKOFF_SECONDS
        return True

    def _commit(self) -> None:
        """Move one batch of lines."""
        stop, sealed = self._spool.stop_of(self._segment)
        position = self._spool.committed
        if position < stop:
            data = read_lines(self._fd, position - self._segment, stop - position)
            commit(self._engine, data, self._quarantine, self._spool.path(self._segment))
            position += len(data)
        done = self._segment
        if sealed and position == stop:
            self._go_to(stop)
        if self.error:
            log.warning("the ledger's database is back")
            self.error = ""
        with self._progress:
            self._spool.committed = position
            self._progress.notify_all()
        if done != self._segment:
            self._spool.drop(done)

    def _go_to(self, start: int) -> None:
        """Read on in the next segment. When it cannot be opened now, nothing has changed."""
        fd = os.open(self._spool.path(start), os.O_RDONLY | os.O_CLOEXEC)
        os.close(self._fd)
        self._fd, self._segment = fd, start


def read_lines(fd: int, offset: int, available: int) -> bytes:
    """Read about `BATCH_BYTES` of whole lines, more when one line is longer than that.

    At the end of what is available a line without its newline is returned as it is.
    """
    size = min(BATCH_BYTES, available)
    data = os.pread(fd, size, offset)
    while size < available and b"\n" not in data:
        size = min(2 * size, available)
        data = os.pread(fd, size, offset)
    return data if size == available else data[: data.rindex(b"\n") + 1]


def commit(engine: sa.Engine, data: bytes, quarantine: Quarantine, source: Path) -> None:
    """Put lines into the database; those that are damaged, or that it refuses, into quarantine.

    Raises `UnavailableError`, and may be called again with the same lines.
    """
    rows: list[Row] = []
    bad: list[bytes] = []
    for line in data.splitlines():
        try:
            rows.append(to_row(line))
        except (msgspec.DecodeError, UnicodeDecodeError):
            bad.append(line)
    try:
        with engine.connect() as connection:
            refused = insert(connection, rows) if rows else []
    except sa.exc.SQLAlchemyError as error:
        message = str(error).splitlines()[0]
        raise UnavailableError(message) from error
    bad.extend(str(row[-1]).encode() for row in refused)
    if bad:
        quarantine.add(source, bad)
