"""Sealing: records into a transparency log of their own, each once, whatever is killed when.

    STATE/logs/NAME/    one log a writer; its `private/owner` is locked by whoever has claimed it
    STATE/spool/X/log   names the log that the spool X is sealed into

With each group the log keeps a mark: the spool, and up to where it is sealed. That is written in one piece
with the entries, so whoever goes on, here or in another process, goes on exactly there.
"""

import itertools
import secrets
import sqlite3
import time
from collections.abc import Collection, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Self

from wye.ledger.entries import record_entry
from wye.ledger.sealindex import SealIndex
from wye.ledger.spool import LOG_NAME, SPOOLS, Lock, private_directory
from wye.ledger.store import Rest, no_rest
from wye.ledger.tlog.errors import LogError
from wye.ledger.tlog.log import PRIVATE, PUBLIC, Log, own_key
from wye.ledger.tlog.store import directory_source
from wye.ledger.tlog.tiles import CHECKPOINT
from wye.ledger.vault import Vault

LOGS = "logs"
OWNER = "owner"
_WAIT_SECONDS = 30.0
"""For a log whose writer is ending: it lives on until the call it is in returns."""
_LOOK_SECONDS = 0.02
_SLICE = 64
"""Records between two rests."""


def logs(state_dir: Path) -> list[Path]:
    """Return the logs of a state directory, those that have been begun."""
    return sorted(path.parent.parent for path in (state_dir / LOGS).glob(f"*/{PUBLIC}/{CHECKPOINT}"))


def begun(log: Path) -> bool:
    """Whether there is a log in a directory. One that was opened once has a checkpoint, if it is empty."""
    return (log / PUBLIC / CHECKPOINT).exists()


class Claim:
    """A log that is this process's to write, or to have written, until `release`."""

    def __init__(self, state_dir: Path, own: Collection[Path] = ()) -> None:
        """Claim a log that nobody writes or has to settle a spool into, else a new one. Raises `OSError`.

        `own` are the spools that the caller itself has taken over.
        """
        root = private_directory(state_dir / LOGS)
        with Lock(root / "lock", wait=True):
            promised = _promised(state_dir, own)
            for number in itertools.count():
                self.directory = root / f"{number:03d}"
                if self.directory.name in promised:
                    continue
                with suppress(BlockingIOError):
                    self._lock = Lock(private_directory(self.directory / PRIVATE) / OWNER, wait=False)
                    return

    @property
    def origin(self) -> str:
        """What the log is called, once it has begun."""
        return own_key(self.directory / PUBLIC).name

    def release(self) -> None:
        """Let others have it."""
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def _promised(state_dir: Path, own: Collection[Path]) -> set[str]:
    """Return the logs that others' spools are sealed into: a log knows how far it is with one spool only."""
    found = set()
    for named in (state_dir / SPOOLS).glob(f"*/{LOG_NAME}"):
        if named.parent not in own:
            with suppress(FileNotFoundError):
                found.add(named.read_text(encoding="utf-8"))
    return found


class Sealer:
    """An open log, and what is needed to seal into it. One thread's."""

    def __init__(self, directory: Path, origin: str = "") -> None:
        """Open the log in `STATE/logs/NAME`; with an `origin`, begin it where there is none.

        Raises `LedgerError`.
        """
        with ExitStack() as undo:
            try:
                self._log = _opened(directory, origin and f"{origin}/{secrets.token_hex(4)}")
                undo.callback(self._log.close)
                self._vault = Vault.open(directory.parent.parent)
                undo.callback(self._vault.close)
                self._index = SealIndex(directory, directory_source(directory / PUBLIC))
                undo.callback(self._index.close)
                self._log.wait_published(self._log.size)
                self._index.catch_up(self._log.size)
            except (OSError, sqlite3.Error) as error:
                message = f"the log in {directory} cannot be opened: {error}"
                raise LogError(message) from error
            self._closing = undo.pop_all()

    def sealed(self, spool: str) -> int | None:
        """Return up to which position a spool is sealed; None = this log's last entry is not of it."""
        name, _, position = self._log.mark.decode().rpartition(" ")
        return int(position) if name == spool else None

    def seal(self, lines: Sequence[bytes], spool: str, position: int, rest: Rest = no_rest) -> None:
        """Seal a spool's lines, which end at `position`; on the disk when this returns. Raises `LedgerError`.

        A damaged line is not sealed: the database does not take it either.
        """
        names: list[str] = []
        entries: list[bytes] = []
        for number, line in enumerate(lines, 1):
            with suppress(ValueError):  # of msgspec and of UTF-8, too
                name, entry = record_entry(self._vault, line)
                names.append(name)
                entries.append(entry)
            if number % _SLICE == 0:
                rest()
        self._vault.sync()
        size = self._log.append(entries, b"%b %d" % (spool.encode(), position))
        self._log.wait(size)
        self._index.add(size - len(entries), names)

    @property
    def fault(self) -> str:
        """Why nothing can be sealed now, and what to do; empty while all is well."""
        return self._log.fault

    def close(self) -> None:
        """Publish what was sealed, and let go of the log."""
        self._closing.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _opened(directory: Path, origin: str) -> Log:
    """Open a log; one whose writer was killed a moment ago may still be held by it."""
    deadline = time.monotonic() + _WAIT_SECONDS
    while True:
        try:
            return Log(directory, origin=origin)
        except BlockingIOError:
            if time.monotonic() > deadline:
                message = f"the log in {directory} is held by another process: end that one"
                raise LogError(message) from None
            time.sleep(_LOOK_SECONDS)
