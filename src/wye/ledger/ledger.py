"""The ledger as the gateway sees it: append a record, know whether that is safe."""

import logging
import os
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Self

import sqlalchemy as sa

from wye.config.settings import LedgerSettings
from wye.core.errors import LedgerError
from wye.core.record import Record
from wye.ledger import migrations
from wye.ledger.database import describe, explained, locate, open_engine, place
from wye.ledger.follow import Order, commit
from wye.ledger.notary import claimed, settle
from wye.ledger.quarantine import Quarantine
from wye.ledger.rows import to_line
from wye.ledger.sealer import Claim
from wye.ledger.sealing import Sealing
from wye.ledger.spool import SPOOLS, Leftover, Lock, Spool, claim, private_directory, segments
from wye.ledger.store import Place, Store, UnavailableError, open_store
from wye.ledger.tail import read_lines
from wye.ledger.writer import Writer

log = logging.getLogger(__name__)

_CLOSE_SECONDS = 10.0
STALL_SECONDS = 10.0
"""After so long without one that is sealed, while records wait, none can be."""


class Ledger:
    """An open ledger. `append` belongs to one thread; everything else may be called from any.

    Several processes may have the same ledger open, on SQLite and on PostgreSQL: each owns its spool, and
    the database orders their commits. (SQLite on one machine's own disk only: WAL needs shared memory.)
    """

    def __init__(self, spool: Spool, writer: Writer, sealing: Sealing, claim: Claim | None = None) -> None:
        self.sealing = sealing
        self._spool = spool
        self._writer = writer
        self._claim = claim
        self._log = "" if claim is None else claim.origin
        self._append = spool.append if claim is None else self._append_sealed

    @classmethod
    def open(cls, settings: LedgerSettings, state_dir: Path) -> Self:
        """Migrate the database, replay what dead processes left in their spools, start the writer.

        Raises `LedgerError` when the database cannot be opened, or the transparency log, where there is one.
        """
        with ExitStack() as undo:
            reached = _migrated(settings, state_dir)
            store = open_store(reached)
            undo.callback(store.close)
            try:
                spool, leftovers = claim(state_dir / SPOOLS)
                undo.callback(spool.close, discard=True)
                for leftover in leftovers:
                    undo.callback(leftover.lock.release)
                held = _log_for(spool, leftovers, settings, state_dir)
                if held is not None:
                    undo.callback(held.release)
                for leftover in leftovers:
                    if leftover.sealed:
                        settle(leftover.directory, state_dir, held)
                    replay(leftover, store, Quarantine(state_dir / "quarantine"))
            except (UnavailableError, OSError) as error:
                place_name = describe(locate(settings, state_dir))
                message = f"cannot move the spools in {state_dir} into {place_name}: {error}"
                raise LedgerError(message) from error
            sealed_into = "" if held is None else str(held.directory)
            order = Order(str(spool.directory), str(state_dir / "quarantine"), 0, reached, sealed_into)
            writer = Writer(spool, order)
            writer.start()
            undo.pop_all()
            store.close()
        return cls(spool, writer, Sealing(state_dir), held)

    def append(self, record: Record) -> None:
        """Write a record to the spool. When this returns, no kill of this process loses it.

        Raises `LedgerError` when it could not be written; the answer must then not be given.
        """
        if self._log:
            record.log = self._log
        if record.content or record.subject:
            record = self.sealing.sealed(record)
        self._append(to_line(record))
        if self._writer.behind_since is None:
            self._writer.behind_since = time.monotonic()

    def demand_sealing(self) -> None:
        """Raise `LedgerError` while records cannot be sealed: then nobody is served."""
        if why := self.unsealed:
            message = f"records cannot be sealed, so nothing is served: {why}"
            raise LedgerError(message)

    @property
    def unsealed(self) -> str:
        """Why records are not sealed; empty when they are, or need not be."""
        writer = self._writer
        if self._claim is None or writer.unsealed:
            return writer.unsealed
        if self._spool.end > writer.sealed and time.monotonic() - writer.sealed_at > STALL_SECONDS:
            stalled = f"the log has not got on for {STALL_SECONDS:g} s: look at the disk of"
            return writer.error or f"{stalled} {self._claim.directory}"
        return ""

    def _append_sealed(self, line: bytes) -> None:
        self.demand_sealing()
        if self._writer.sealed >= self._spool.end:
            self._writer.sealed_at = time.monotonic()
        self._spool.append(line)

    @property
    def trouble(self) -> str:
        """Why the last append or commit did not go through, or the writer stopped; empty when all is well."""
        if self._spool.fault:
            return f"the spool cannot be written: {self._spool.fault}"
        if why := self.unsealed:
            return f"records cannot be sealed: {why}"
        if self._writer.error:
            return self._writer.error
        return "" if self._writer.is_alive() else "the writer has stopped"

    @property
    def lag(self) -> float:
        """Seconds that the oldest record which is not in the database has waited, at most."""
        since = self._writer.behind_since
        return 0.0 if since is None else time.monotonic() - since

    @property
    def writer_pid(self) -> int:
        """The process that moves records into the database; another one when it was started again."""
        return self._writer.pid

    @property
    def backlog(self) -> int:
        """Bytes in the spool that are not in the database."""
        return self._spool.backlog

    def flush(self, seconds: float = 5.0) -> bool:
        """Wait until what was appended before is in the database; False when it took too long."""
        return self._writer.wait(self._spool.end, seconds)

    def close(self) -> None:
        """Commit what there is and stop. What the database does not take stays for the next `open`."""
        self._writer.stop(_CLOSE_SECONDS)
        left = self._spool.backlog
        if left:
            log.warning("%d bytes of records stay in %s until the next start", left, self._spool.directory)
        self._spool.close(discard=not left)
        if self._claim is not None:
            self._claim.release()
        self.sealing.close()


def open_database(settings: LedgerSettings, state_dir: Path) -> sa.Engine:
    """Open the database and bring its schema up to date. Raises `LedgerError`."""
    url = locate(settings, state_dir)
    with ExitStack() as undo:
        try:
            private_directory(state_dir)
            engine = open_engine(url)
            undo.callback(engine.dispose)
            with Lock(state_dir / "migration.lock", wait=True), engine.connect() as connection:
                migrations.upgrade(connection)
        except OSError as error:
            message = f"cannot use the state directory {state_dir}: {error.strerror}"
            raise LedgerError(message) from error
        except sa.exc.SQLAlchemyError as error:
            raise explained(error, url) from error
        undo.pop_all()
    return engine


def _migrated(settings: LedgerSettings, state_dir: Path) -> Place:
    engine = open_database(settings, state_dir)
    try:
        return place(engine)
    finally:
        engine.dispose()


def _log_for(
    spool: Spool, leftovers: Sequence[Leftover], settings: LedgerSettings, state_dir: Path
) -> Claim | None:
    """Return the log that a new spool is sealed into, where config says so."""
    if not settings.transparency:
        return None
    own = [leftover.directory for leftover in leftovers]
    return claimed(spool.directory, state_dir, settings.origin, own)


def replay(leftover: Leftover, store: Store, quarantine: Quarantine) -> None:
    """Move a dead process's lines into the database, then delete its spool."""
    for path in segments(leftover.directory):
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            size, offset = os.fstat(fd).st_size, 0
            while offset < size:
                data = read_lines(fd, offset, size - offset)
                commit(store, data, quarantine, path)
                offset += len(data)
        finally:
            os.close(fd)
    leftover.discard()
