"""One spool on its way into a log: opens it, goes on where it was, and opens it anew after a fault."""

import os
import time
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from wye.core.errors import LedgerError
from wye.ledger.sealer import LOGS, Claim, Sealer, begun
from wye.ledger.spool import LOG_NAME, segments
from wye.ledger.store import Rest, no_rest
from wye.ledger.tail import Tail, read_lines
from wye.ledger.tlog.store import replace_file

_AGAIN_SECONDS = 0.5
"""Before a log that could not be written is opened again."""


def assign(spool: Path, log: Path) -> None:
    """Note in a spool's directory which log it is sealed into, before anything is."""
    replace_file(spool / LOG_NAME, log.name.encode())


def assigned(spool: Path, state_dir: Path) -> Path | None:
    """Return the log that a spool is sealed into; None = it is not."""
    try:
        return state_dir / LOGS / (spool / LOG_NAME).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None


class Notary:
    """Seals what is appended to the spool in `directory`. One thread's.

    `position` says from where nothing is in the database yet, for a log that knows nothing of this spool.
    The log in `log` is there: only who starts a gateway begins one.
    """

    def __init__(self, directory: Path, position: int, log: Path) -> None:
        self.position = -1
        """All before it is sealed; -1 = the log has not been opened."""
        self.error = "the log is being opened"
        """Why nothing is sealed, and what to do; empty while all is well."""
        self._directory = directory
        self._committed = position
        self._log = log
        self._sealer: Sealer | None = None
        self._tail: Tail | None = None
        self._again = 0.0

    def step(self, rest: Rest = no_rest) -> bool:
        """Seal the next lines; False when there are none, or it could not be done (see `error`)."""
        try:
            return self._step(rest)
        except (LedgerError, OSError) as error:
            self.error = str(error)
            self._again = time.monotonic() + _AGAIN_SECONDS
            self.close()
            return False

    def close(self) -> None:
        """Let go of the log; `step` opens it again."""
        tail, self._tail = self._tail, None
        sealer, self._sealer = self._sealer, None
        if tail is not None:
            tail.close()
        if sealer is not None:
            with suppress(LedgerError, OSError):  # what there was to say has been said
                sealer.close()

    def _step(self, rest: Rest) -> bool:
        if self._sealer is None or self._tail is None:
            if time.monotonic() < self._again:
                return False
            self._sealer, self._tail = self._opened()
            self.position = self._tail.position
        if self._sealer.fault:
            raise LedgerError(self._sealer.fault)
        self.error = ""
        data = self._tail.read()
        if data:
            end = self.position + len(data)
            self._sealer.seal(data.splitlines(), self._directory.name, end, rest)
            self._tail.take(len(data))
            self.position = end
        return bool(data)

    def _opened(self) -> tuple[Sealer, Tail]:
        sealer = Sealer(self._log)
        try:
            sealed = sealer.sealed(self._directory.name)
            return sealer, Tail(self._directory, max(sealed or 0, self._committed), done=False)
        except BaseException:
            sealer.close()
            raise


def claimed(spool: Path, state_dir: Path, origin: str, own: Collection[Path] = ()) -> Claim:
    """Claim a log for a new spool, and see that it can be written. Raises `LedgerError` or `OSError`.

    `own` are the spools that were taken over with it.
    """
    claim = Claim(state_dir, own)
    try:
        Sealer(claim.directory, origin).close()
        assign(spool, claim.directory)
    except BaseException:
        claim.release()
        raise
    return claim


def settle(leftover: Path, state_dir: Path, claim: Claim | None) -> None:
    """Seal what a dead process's spool still has, into the log that it was being sealed into.

    Where that was moved away, into the claimed one, if there is one. Its records must be in the database
    before another spool is settled: a log remembers one only. Raises `LedgerError` or `OSError`.
    """
    log = assigned(leftover, state_dir)
    if claim is not None and (log is None or not begun(log)):
        log = claim.directory
        assign(leftover, log)
    if log is not None and begun(log):
        _seal_leftover(leftover, log)


def _seal_leftover(directory: Path, log: Path) -> None:
    paths = segments(directory)
    if not any(path.stat().st_size for path in paths):
        return
    with Sealer(log) as sealer:
        sealed = sealer.sealed(directory.name) or 0
        for path in paths:
            start = int(path.stem)
            fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            try:
                size, offset = os.fstat(fd).st_size, max(0, sealed - start)
                while offset < size:
                    data = read_lines(fd, offset, size - offset)
                    offset += len(data)
                    sealer.seal(data.splitlines(), directory.name, start + offset)
            finally:
                os.close(fd)
