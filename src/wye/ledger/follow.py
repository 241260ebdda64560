"""The writer's process: it follows the gateway's spool and moves what it finds into the database.

    python -P -m wye.ledger.follow FD

`FD` is a socket to the gateway (see `writer`): in come an `Order` and then commands, out go `Progress`,
`Sealed` and `Said`, each a line of JSON. It looks at the spool ten times a second, so that appending costs
the gateway nothing but its own `write()`, and commits all that is there at once: to the transparency log
first, where there is one (see `notary`), then to the database. When the gateway ends, however it ends, so
does this process, at once; the next gateway replays what is left.
"""

import gc
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from wye.ledger.quarantine import Quarantine
from wye.ledger.rows import Row, to_row
from wye.ledger.store import Place, Rest, Store, UnavailableError, no_rest, open_store, step_of
from wye.ledger.tail import Tail

if TYPE_CHECKING:
    from wye.ledger.notary import Notary

LOOK_SECONDS = 0.1
"""How often the spool is looked at; what a group is the records of."""
REST_SECONDS = 0.001
"""Between two statements, while no more than `PATIENCE_BYTES` wait."""
PATIENCE_BYTES = 1 << 20
NICENESS = 5
"""A quarter of a core where the gateway takes all it can get: the gateway goes first, and the writer, which
needs an eighth, cannot fall behind."""
_BACKOFF_SECONDS = (0.1, 5.0)
HURRY, STOP = b"hurry\n", b"stop\n"

log = logging.getLogger(__name__)


class Order(msgspec.Struct, frozen=True):
    """What to follow, from where, and whereto."""

    spool: str
    quarantine: str
    position: int
    place: Place
    log: str = ""
    """The transparency log; empty = nothing is sealed."""


class Progress(msgspec.Struct, frozen=True, tag=True):
    """How far the database is."""

    committed: int
    """All before this position is committed."""
    error: str = ""
    """Why the database cannot be written; empty when it can."""


class Sealed(msgspec.Struct, frozen=True, tag=True):
    """How far the transparency log is: before the database."""

    position: int
    """All before this is sealed."""
    error: str = ""
    """Why nothing is sealed, and what to do; empty when it is."""


class Said(msgspec.Struct, frozen=True, tag=True):
    """A line for the gateway's log."""

    level: int
    text: str


Report = Progress | Sealed | Said


class Follower:
    """Reads behind the one who appends to the spool in `directory`."""

    def __init__(  # noqa: PLR0913, PLR0917  # what it reads, where it puts it, whom it tells
        self,
        directory: Path,
        position: int,
        store: Store,
        quarantine: Quarantine,
        tell: Callable[[Progress | Sealed], None],
        notary: "Notary | None" = None,
    ) -> None:
        self._store = store
        self._quarantine = quarantine
        self._tell = tell
        self._notary = notary
        self._hurry = threading.Event()
        self._stopping = False
        self._told = Sealed(-1)
        self._tail = Tail(directory, position, done=True)

    def hurry(self) -> None:
        """Look now. May be called from any thread."""
        self._hurry.set()

    def stop(self) -> None:
        """Commit what there is and return from `run`. May be called from any thread."""
        self._stopping = True
        self._hurry.set()

    def run(self) -> None:
        """Follow until stopped."""
        while True:
            stopping = self._stopping  # read first: what was appended before is still moved
            if not self._drain() or stopping:
                break
            self._hurry.wait(LOOK_SECONDS)
            self._hurry.clear()
        self._store.close()
        self._tail.close()
        if self._notary is not None:
            self._notary.close()

    def _drain(self) -> bool:
        """Move until nothing more can be moved; False when stopped while the database is away."""
        backoff, longest = _BACKOFF_SECONDS
        while True:
            sealed = self._seal()
            try:
                moved = self._move()
            except (UnavailableError, OSError) as error:
                self._tell(Progress(self._tail.position, str(error)))
                if self._stopping:
                    return False
                self._pause(backoff)
                backoff = min(2 * backoff, longest)
            else:
                backoff, longest = _BACKOFF_SECONDS
                if not sealed and not moved:
                    return True

    def _pause(self, seconds: float) -> None:
        """Wait for the database, and go on notary."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0 and not self._stopping:
            self._hurry.wait(min(left, LOOK_SECONDS) if self._notary else left)
            self._seal()
            if self._hurry.is_set():
                break
        self._hurry.clear()

    def _seal(self) -> bool:
        """Seal one batch of whole lines; False when there was none, or it cannot be done now."""
        notary = self._notary
        if notary is None:
            return False
        more = notary.step(self._rest if self._tail.available <= PATIENCE_BYTES else no_rest)
        now = Sealed(notary.position, notary.error)
        if now != self._told:
            self._told = now
            self._tell(now)
        return more

    def _move(self) -> bool:
        """Move one batch of whole lines, of those that are sealed; False when there was none."""
        tail = self._tail
        data = tail.read(None if self._notary is None else max(self._notary.position, tail.position))
        if not data:
            return False
        rest = self._rest if tail.available <= PATIENCE_BYTES else no_rest
        commit(self._store, data, self._quarantine, tail.segment, rest)
        tail.take(len(data))
        self._tell(Progress(tail.position))
        return True

    def _rest(self) -> None:
        """Let the gateway have the core: in slices this thin the writer adds nothing to its tail."""
        if not self._stopping:
            time.sleep(REST_SECONDS)


def commit(store: Store, data: bytes, quarantine: Quarantine, source: Path, rest: Rest = no_rest) -> None:
    """Put lines into the database; those that are damaged, or that it refuses, into quarantine.

    Raises `UnavailableError`, and may be called again with the same lines.
    """
    bad: list[bytes] = []
    rows = list(_rows(data.splitlines(), bad, rest))
    refused = store.insert(rows, rest) if rows else []
    bad.extend(str(row[-1]).encode() for row in refused)
    if bad:
        quarantine.add(source, bad)


def _rows(lines: list[bytes], bad: list[bytes], rest: Rest) -> Iterator[Row]:
    step = 4 * step_of(len(lines))  # to decode a line takes a quarter of what to insert it takes
    for number, line in enumerate(lines, 1):
        try:
            yield to_row(line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            bad.append(line)
        if number % step == 0:
            rest()


class _Channel(logging.Handler):
    """The socket to the gateway. Whoever logs here is heard there."""

    def __init__(self, connection: socket.socket) -> None:
        super().__init__()
        self._connection = connection
        self._incoming = connection.makefile("rb")

    def order(self) -> Order:
        return msgspec.json.decode(self._incoming.readline(), type=Order)

    def obey(self, follower: Follower) -> None:
        """Pass commands on. Ends the process when the gateway has ended, whatever is under way here."""
        try:
            for command in self._incoming:
                if command == STOP:
                    follower.stop()
                else:
                    follower.hurry()
        finally:  # an end of file, or a reset: what the gateway had not read yet makes the difference
            os._exit(1)

    def tell(self, report: Report) -> None:
        try:
            self._connection.sendall(msgspec.json.encode(report) + b"\n")
        except OSError:
            os._exit(1)

    def emit(self, record: logging.LogRecord) -> None:
        self.tell(Said(record.levelno, record.getMessage()))


def _notary(spool: Path, position: int, log: Path) -> "Notary":
    from wye.ledger.notary import Notary  # noqa: PLC0415  # cryptography: only where something is sealed

    return Notary(spool, position, log)


def main() -> None:
    """Serve one gateway."""
    # Ctrl-C and a service's SIGTERM go to the whole group; this process ends when the gateway has drained.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    os.nice(NICENESS)
    channel = _Channel(socket.socket(fileno=int(sys.argv[1])))
    logging.basicConfig(handlers=[channel])
    order = channel.order()
    quarantine = Quarantine(Path(order.quarantine))
    store = open_store(order.place)
    spool = Path(order.spool)
    notary = _notary(spool, order.position, Path(order.log)) if order.log else None
    try:
        follower = Follower(spool, order.position, store, quarantine, channel.tell, notary)
    except OSError as error:
        log.error("the spool cannot be read: %s", error)  # noqa: TRY400  # no traceback
        sys.exit(1)
    threading.Thread(target=channel.obey, args=(follower,), daemon=True).start()
    gc.freeze()
    follower.run()


if __name__ == "__main__":
    main()
