"""The writer as the gateway sees it: a process of its own that moves spool lines into the database.

In the gateway's process it would share the interpreter's lock with the event loop, and every request would
wait for it. What runs in that process is in `follow`; here it is started, listened to, started again when it
dies, and stopped.
"""

import contextlib
import logging
import os
import socket
import subprocess
import sys
import threading
import time

import msgspec

from wye.core.errors import LedgerError
from wye.ledger.follow import HURRY, STOP, Order, Progress, Report, Said, Sealed
from wye.ledger.spool import Spool

log = logging.getLogger(__name__)

_BACKOFF_SECONDS = (0.1, 5.0)
_LIVED_SECONDS = 30.0
"""A process that lived so long had started well: the next one is started soon."""
_KILL_SECONDS = 2.0
_INHERITED = (
    "PATH",
    "HOME",
    "LANG",
    "LC_",
    "TZ",
    "TMPDIR",
    "LD_",
    "PYTHON",
    "VIRTUAL_ENV",
    "PG",
    "SSL_",
    "WYE_VAULT_",
)
"""How the variables begin that the process gets. Providers' keys are none of its business."""
_VAULT_KEY = "WYE_VAULT_KEY"
"""Also, where records are sealed."""
_decode = msgspec.json.Decoder(Report).decode


class Writer(threading.Thread):
    """Keeps one writer process for one spool. `error` and `behind_since` may be read by any thread.

    `order` says whereto; where to begin is `spool.committed`, each time.
    """

    def __init__(self, spool: Spool, order: Order) -> None:
        super().__init__(name="wye-ledger-writer", daemon=True)
        self.error = ""
        """Why records do not reach the database; empty when they do."""
        self.behind_since: float | None = None
        """`time.monotonic()` since when lines wait, None = none does. Who appends the first one sets it."""
        self.unsealed = ""
        """Why records are not sealed; empty when they are, or need not be."""
        self.sealed = 0
        """Up to where the spool is sealed."""
        self.sealed_at = time.monotonic()
        """`time.monotonic()` when it last got further, or when the oldest record that waits was appended."""
        self._mark = 0.0, 0
        """`time.monotonic()` of a look at the spool, and where it ended then."""
        self._spool = spool
        self._order = order
        self._stopping = threading.Event()
        self._progress = threading.Condition()
        self._process: subprocess.Popen[bytes]
        self._channel: socket.socket

    @property
    def pid(self) -> int:
        """The process that writes now."""
        return self._process.pid

    def start(self) -> None:
        """Start the process and the thread that listens to it. Raises `LedgerError`."""
        try:
            self._spawn()
        except OSError as error:
            message = f"cannot start the process that writes the ledger: {error.strerror}"
            raise LedgerError(message) from error
        super().start()

    def wait(self, position: int, seconds: float) -> bool:
        """Commit without dawdling up to a spool position; False when `seconds` were not enough."""
        self._send(HURRY)
        with self._progress:
            return self._progress.wait_for(lambda: self._spool.committed >= position, seconds)

    def stop(self, seconds: float) -> None:
        """Commit what there is, end the process; after `seconds` without that."""
        self._stopping.set()
        self._send(STOP)
        self.join(seconds)
        if self.is_alive():
            self._process.kill()
            self.join(_KILL_SECONDS)

    def run(self) -> None:
        """Listen, and start another process when one dies."""
        backoff, longest = _BACKOFF_SECONDS
        while True:
            started = time.monotonic()
            self._listen()
            status = self._process.wait()
            if self._stopping.is_set():
                return
            if time.monotonic() - started > _LIVED_SECONDS:
                backoff = _BACKOFF_SECONDS[0]
            self._failed(f"the process that writes the ledger ended with status {status}")
            while True:
                if self._stopping.wait(backoff):
                    return
                backoff = min(2 * backoff, longest)
                try:
                    self._spawn()
                    break
                except OSError as error:
                    self._failed(f"the process that writes the ledger cannot be started: {error.strerror}")

    def _spawn(self) -> None:
        inherited = (*_INHERITED, _VAULT_KEY) if self._order.log else _INHERITED
        ours, its = socket.socketpair()
        with its:
            try:
                # -P: what lies in the working directory is not imported.
                command = [sys.executable, "-P", "-m", "wye.ledger.follow", str(its.fileno())]
                self._process = subprocess.Popen(  # noqa: S603  # our own interpreter and module
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    pass_fds=[its.fileno()],
                    env={name: value for name, value in os.environ.items() if name.startswith(inherited)},
                )
            except OSError:
                ours.close()
                raise
        self._channel = ours
        order = msgspec.structs.replace(self._order, position=self._spool.committed)
        self._send(msgspec.json.encode(order) + b"\n")
        if self._stopping.is_set():  # `stop` may have spoken to the one before
            self._send(STOP)

    def _send(self, line: bytes) -> None:
        with contextlib.suppress(OSError):  # it is dead, which `run` notices
            self._channel.sendall(line)

    def _listen(self) -> None:
        """Take reports until the process ends."""
        with self._channel, self._channel.makefile("rb") as lines, contextlib.suppress(OSError):
            for line in lines:
                if not line.endswith(b"\n"):  # it died over it
                    return
                report = _decode(line)
                if isinstance(report, Said):
                    log.log(report.level, "%s", report.text)
                elif isinstance(report, Sealed):
                    self._note_sealed(report)
                else:
                    self._note(report)

    def _note(self, progress: Progress) -> None:
        if progress.error:
            self._failed(f"the database is away: {progress.error}")
            return
        if self.error:
            log.warning("records reach the ledger's database again")
            self.error = ""
        with self._progress:
            self._spool.committed = progress.committed
            self._look(progress.committed)
            self._progress.notify_all()

    def _note_sealed(self, told: Sealed) -> None:
        if told.error and not self.unsealed:
            log.error("records cannot be sealed, so nobody is served: %s", told.error)
        elif self.unsealed and not told.error:
            log.warning("records are sealed again")
        self.sealed, self.sealed_at = max(self.sealed, told.position), time.monotonic()
        self.unsealed = told.error

    def _look(self, committed: int) -> None:
        """Find since when, at most, what is not committed has waited."""
        now, end = time.monotonic(), self._spool.end
        marked, mark = self._mark
        if committed >= mark:  # all that there was then: what waits is younger
            if self.behind_since is not None:
                self.behind_since = max(self.behind_since, marked)
            self._mark = now, end
        if committed >= end:
            self.behind_since = None

    def _failed(self, why: str) -> None:
        if not self.error:
            log.warning("records wait in the spool: %s", why)
        self.error = why
