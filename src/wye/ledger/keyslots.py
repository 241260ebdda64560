"""Where wrapped data keys are: a file of slots that are overwritten in place, and an index of who has which.

A database does not forget well: old pages live on in its journals. So `index.db` (SQLite) holds no key, only
whose slot is where; the keys are in `slots`, 64 bytes each, and to destroy one is to write zeros over it
and wait for the disk. The file's first slot holds a number that grows with every destruction: every
process has it in memory (mmap) and notices before it uses a key again, without a system call.

Rules:

- A slot is written before the row that names it is committed, and wiped before the row that says so is.
- Several processes may have it open; SQLite's lock on writing orders them.
"""

import contextlib
import mmap
import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from wye.core.errors import LedgerError
from wye.ledger.spool import Lock, private_directory
from wye.ledger.tlog.store import fsync

SLOT_BYTES = 64
GENERATION_BYTES = 8
_BUSY_SECONDS = 10
SLOTS, _INDEX = "slots", "index.db"
GROUP = 256
"""Slots that are wiped while others wait: for one write to the disk."""
_GONE = bytes(SLOT_BYTES)
_SCHEMA = """
    CREATE TABLE IF NOT EXISTS slot (
        number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, subject TEXT NOT NULL,
        made REAL NOT NULL, until REAL, erased REAL
    );
    CREATE INDEX IF NOT EXISTS slot_subject ON slot (subject, number);
    CREATE INDEX IF NOT EXISTS slot_until ON slot (until) WHERE until IS NOT NULL AND erased IS NULL;
"""


class Slot(NamedTuple):
    """What the index says of a key. Times are Unix seconds."""

    number: int
    id: bytes
    subject: str
    made: float
    until: float | None
    """When it is to be destroyed; None = nothing is planned."""
    erased: float | None

    @property
    def expired(self) -> bool:
        """Whether it went because its time was over."""
        return self.until is not None and self.erased is not None and self.erased >= self.until


class KeySlots:
    """An open key file. Every method may be called from any thread. Raises `LedgerError`."""

    def __init__(self, directory: Path) -> None:
        """Open the file in `directory`, making it when there is none."""
        self._directory = directory
        self._path = directory / _INDEX
        self.unsynced = False
        """Whether a power loss could take a key that was added here."""
        try:
            private_directory(directory)
            with contextlib.ExitStack() as opened, Lock(directory / "lock", wait=True):
                self._demand_both()
                self._fd = os.open(directory / SLOTS, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
                opened.callback(os.close, self._fd)
                if os.fstat(self._fd).st_size < SLOT_BYTES:
                    os.pwrite(self._fd, _GONE, 0)
                self._head = opened.enter_context(mmap.mmap(self._fd, SLOT_BYTES, prot=mmap.PROT_READ))
                # Only to create it: to close a descriptor of an open SQLite file drops its locks (POSIX).
                with contextlib.suppress(FileExistsError):
                    os.close(os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600))
                self._index = sqlite3.connect(
                    self._path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
                )
                opened.callback(self._index.close)
                self._index.execute("PRAGMA journal_mode = WAL")
                self._index.execute("PRAGMA synchronous = NORMAL")  # `sync` waits for the disk
                self._index.executescript(_SCHEMA)
                self._files = opened.pop_all()
        except (OSError, sqlite3.Error) as error:
            message = f"the vault in {directory} cannot be opened: {error}"
            raise LedgerError(message) from error
        self._busy = threading.RLock()

    def close(self) -> None:
        """Let go of the files."""
        self._files.close()

    def _demand_both(self) -> None:
        """Raise `LedgerError` where one file is gone: a new one beside the other would write over keys."""
        slots, index = self._directory / SLOTS, self._path
        lost = None
        if index.exists() and not slots.exists():
            lost = slots
        elif not index.exists() and slots.exists() and slots.stat().st_size > SLOT_BYTES:
            lost = index
        if lost is not None:
            message = f"{lost} is gone: put it back, or move {self._directory} away: all is erased then"
            raise LedgerError(message)

    @property
    def generation(self) -> bytes:
        """What changes when any process destroys a key."""
        return self._head[:GENERATION_BYTES]

    @property
    def applied(self) -> int:
        """How many receipts these files have seen: fewer than there are after older ones were put back."""
        with self._reading():
            return int(self._index.execute("PRAGMA user_version").fetchone()[0])

    @applied.setter
    def applied(self, receipts: int) -> None:
        with self._reading():
            self._index.execute(f"PRAGMA user_version = {int(receipts)}")

    def find(self, id_: bytes) -> Slot | None:
        """Return the slot of the key `id_`."""
        with self._reading():
            row = self._index.execute("SELECT * FROM slot WHERE id = ?", (id_,)).fetchone()
        return None if row is None else Slot(*row)

    def settled(self, id_: bytes) -> Slot | None:
        """Return the slot of the key `id_` when nobody is writing: an erasure under way has ended."""
        with self._writing():
            return self.find(id_)

    def of(self, subject: str) -> list[Slot]:
        """Return all slots a subject ever had, oldest first."""
        with self._reading():
            rows = self._index.execute("SELECT * FROM slot WHERE subject = ? ORDER BY number", (subject,))
            return [Slot(*row) for row in rows]

    def due(self, now: float, most: int) -> list[Slot]:
        """Return up to `most` slots whose time is over, oldest first."""
        query = "SELECT * FROM slot WHERE until <= ? AND erased IS NULL ORDER BY until LIMIT ?"
        with self._reading():
            return [Slot(*row) for row in self._index.execute(query, (now, most))]

    def schedule(self) -> list[tuple[float | None, int]]:
        """Return when how many of the keys there are will be destroyed; None = nothing is planned."""
        query = "SELECT until, count(*) FROM slot WHERE erased IS NULL GROUP BY 1 ORDER BY until IS NULL, 1"
        with self._reading():
            return [(until, count) for until, count in self._index.execute(query)]

    def counts(self, now: float) -> tuple[int, int, int]:
        """Return how many keys there are, how many of them are due, and how many were destroyed."""
        query = "SELECT count(*) - count(erased), count(*) FILTER (WHERE until <= ? AND erased IS NULL), "
        with self._reading():
            alive, due, gone = self._index.execute(query + "count(erased) FROM slot", (now,)).fetchone()
        return alive, due, gone

    def read(self, slot: Slot) -> bytes | None:
        """Return the wrapped key in a slot; None = it is not there any more."""
        data = os.pread(self._fd, SLOT_BYTES, slot.number * SLOT_BYTES)
        return None if not data.strip(b"\0") else data

    def add(self, id_: bytes, subject: str, until: float | None, wrapped: bytes) -> Slot:
        """Keep a new key."""
        with self._writing():
            last = self._index.execute("SELECT coalesce(max(number), 0) FROM slot").fetchone()[0]
            # Slots that the index does not know are of a newer one that is not back yet: kept.
            number = max(last + 1, os.fstat(self._fd).st_size // SLOT_BYTES)
            slot = Slot(number, id_, subject, time.time(), until, None)
            os.pwrite(self._fd, wrapped.ljust(SLOT_BYTES, b"\0"), number * SLOT_BYTES)
            self.unsynced = True
            self._index.execute("INSERT INTO slot VALUES (?, ?, ?, ?, ?, ?)", slot)
        return slot

    def destroy(self, slots: list[Slot], at: float) -> None:
        """Wipe slots; when this returns the disk has nothing of them. May be repeated."""
        for first in range(0, len(slots), GROUP):
            self._wipe(slots[first : first + GROUP], at)
        if slots:
            self.sync()

    def _wipe(self, slots: Sequence[Slot], at: float) -> None:
        with self._writing():
            for slot in slots:
                os.pwrite(self._fd, _GONE, slot.number * SLOT_BYTES)
            generation = int.from_bytes(self.generation, "little") + 1
            os.pwrite(self._fd, generation.to_bytes(GENERATION_BYTES, "little"), 0)
            os.fsync(self._fd)
            self._index.executemany(
                "UPDATE slot SET erased = coalesce(erased, ?) WHERE number = ?",
                [(at, slot.number) for slot in slots],
            )

    def sync(self) -> None:
        """Wait until the disk has every key that anybody added. Nobody who adds one waits with it."""
        self.unsynced = False
        try:
            os.fsync(self._fd)
            with contextlib.suppress(FileNotFoundError):  # whoever closed it last has put it into the index
                fsync(self._path.with_name(f"{_INDEX}-wal"))
            fsync(self._directory)
        except OSError as error:
            self.unsynced = True
            raise self._explained(error) from error

    def _explained(self, error: Exception) -> LedgerError:
        return LedgerError(f"the vault in {self._directory} cannot be used: {error}")

    @contextlib.contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            with self._busy:
                yield
        except (OSError, sqlite3.Error) as error:
            raise self._explained(error) from error

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        with self._reading():
            self._index.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._index.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):  # SQLite may have rolled back by itself: a full disk
                    self._index.execute("ROLLBACK")
                raise
