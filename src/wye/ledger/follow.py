"""The writer's process: it follows the gateway's spool and moves what it finds into the database.

    python -P -m wye.ledger.follow FD

`FD` is a socket to the gateway (see `writer`): in come an `Order` and then commands, out go `Progress` and
`Said`, each a line of JSON. It looks at the spool ten times a second, so that appending costs the gateway
nothing but its own `write()`, and commits all that is there at once. When the gateway ends, however it
ends, so does this process, at once; the next gateway replays what is left.
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

import msgspec

from wye.ledger.quarantine import Quarantine
from wye.ledger.rows import Row, to_row
from wye.ledger.spool import segment_path, segments
from wye.ledger.store import Place, Rest, Store, UnavailableError, open_store, step_of

LOOK_SECONDS = 0.1
"""How often the spool is looked at; what a group is the records of."""
REST_SECONDS = 0.001
"""Between two statements, while no more than `PATIENCE_BYTES` wait."""
PATIENCE_BYTES = 1 << 20
BATCH_BYTES = 1 << 18
"""Of a transaction. Its commit takes the core for half a millisecond; of 1 MB, for 1.3."""
NICENESS = 5
"""A quarter of a core where the gateway takes all it can get: the gateway goes first, and the writer, which
needs an eighth, cannot fall behind."""
_BACKOFF_SECONDS = (0.1, 5.0)
HURRY, STOP = b"hurry\n", b"stop\n"


class Order(msgspec.Struct, frozen=True):
    """What to follow, from where, and whereto."""

    spool: str
    quarantine: str
    position: int
    place: Place


class Progress(msgspec.Struct, frozen=True, tag=True):
    """How far the database is."""

    committed: int
    """All before this position is committed."""
    error: str = ""
    """Why the database cannot be written; empty when it can."""


class Said(msgspec.Struct, frozen=True, tag=True):
    """A line for the gateway's log."""

    level: int
    text: str


Report = Progress | Said


class Follower:
    """Reads behind the one who appends to the spool in `directory`."""

    def __init__(
        self,
        directory: Path,
        position: int,
        store: Store,
        quarantine: Quarantine,
        tell: Callable[[Progress], None],
    ) -> None:
        self._directory = directory
        self._store = store
        self._quarantine = quarantine
        self._tell = tell
        self._hurry = threading.Event()
        self._stopping = False
        self._error = ""
        *done, current = [path for path in segments(directory) if int(path.stem) <= position]
        for path in done:
            path.unlink()
        self._start = int(current.stem)
        self._position = position
        self._fd = os.open(current, os.O_RDONLY | os.O_CLOEXEC)

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
        os.close(self._fd)

    def _drain(self) -> bool:
        """Move until nothing is left; False when stopped while the database is away."""
        backoff, longest = _BACKOFF_SECONDS
        while True:
            try:
                more = self._move()
            except (UnavailableError, OSError) as error:
                self._error = str(error)
                self._tell(Progress(self._position, self._error))
                if self._stopping:
                    return False
                self._hurry.wait(backoff)
                self._hurry.clear()
                backoff = min(2 * backoff, longest)
            else:
                backoff, longest = _BACKOFF_SECONDS
                if not more:
                    return True

    def _move(self) -> bool:
        """Move one batch of whole lines; False when there was none."""
        offset = self._position - self._start
        available = os.fstat(self._fd).st_size - offset
        data = read_lines(self._fd, offset, available)
        data = data[: data.rfind(b"\n") + 1]  # the rest is being written
        if not data:
            return self._go_on()
        rest = self._rest if available <= PATIENCE_BYTES else no_rest
        commit(self._store, data, self._quarantine, segment_path(self._directory, self._start), rest)
        self._position += len(data)
        self._error = ""
        self._tell(Progress(self._position))
        return True

    def _go_on(self) -> bool:
        """Read on in the next segment, if there is one. When it cannot be opened now, nothing has changed."""
        if self._position == self._start:
            return False
        try:
            fd = os.open(segment_path(self._directory, self._position), os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        os.close(self._fd)
        self._fd, done = fd, self._start
        self._start = self._position
        segment_path(self._directory, done).unlink()
        return True

    def _rest(self) -> None:
        """Let the gateway have the core: in slices this thin the writer adds nothing to its tail."""
        if not self._stopping:
            time.sleep(REST_SECONDS)


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


def no_rest() -> None:
    """Nobody else needs the core."""


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
    follower = Follower(Path(order.spool), order.position, store, quarantine, channel.tell)
    threading.Thread(target=channel.obey, args=(follower,), daemon=True).start()
    gc.freeze()
    follower.run()


if __name__ == "__main__":
    main()
