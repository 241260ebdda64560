"""A log's writer: entries in, an acknowledgement when they are on the disk, tiles and checkpoints soon after.

    DIR/public/    checkpoint, tile/..., key (the verifier key): to be copied and served as it is
    DIR/private/   key (the signing key), journal/, lock: nobody else's business

Two threads: one commits what has gathered to the journal, a group at a time; one makes tiles of it and signs
a checkpoint. A log that could not be written once is closed for good: open it again, and what was
acknowledged is there.
"""

import contextlib
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

from wye.ledger.spool import Lock, private_directory
from wye.ledger.tlog import checkpoint as checkpoints
from wye.ledger.tlog.checkpoint import Checkpoint
from wye.ledger.tlog.condition import demand_private, demand_writable
from wye.ledger.tlog.errors import LogError, TamperedError
from wye.ledger.tlog.frames import MARK_BYTES, Frame
from wye.ledger.tlog.journal import FOLDER, SEGMENT_BYTES, Journal
from wye.ledger.tlog.note import SignerKey, VerifierKey
from wye.ledger.tlog.store import TileStore, replace_file
from wye.ledger.tlog.tiles import CHECKPOINT, ENTRY_BYTES, WIDTH
from wye.ledger.tlog.tree import EMPTY_ROOT

log = logging.getLogger(__name__)

PUBLISH_SECONDS = 0.25
"""How long an acknowledged entry is in no checkpoint, at most, when there is no backlog."""
_LOOK_SECONDS = 0.5
"""How often it is looked whether the log can still be written, also when nobody appends."""
PUBLIC, PRIVATE, KEY = "public", "private", "key"


class Log:
    """An open log. `append` and `wait` may be called by any thread."""

    def __init__(
        self,
        directory: Path,
        *,
        origin: str = "",
        segment_bytes: int = SEGMENT_BYTES,
        publish_seconds: float = PUBLISH_SECONDS,
        committed: Callable[[int], None] | None = None,
    ) -> None:
        """Open the log in `directory`, or begin one that is named `origin`.

        `committed` is called by the committing thread with the size that is on the disk after each group.
        Raises `BlockingIOError` when another process has it open, `LogError` when it cannot go on.
        """
        self._directory = directory
        self._publish_seconds = publish_seconds
        self._committed = committed
        self._next_mark = self.mark = b""
        """The last mark that is on the disk."""
        self._lock = Lock(private_directory(directory / PRIVATE) / "lock", wait=False)
        try:
            self._key = _signing_key(directory, origin)
            self._look()
            self._journal = Journal(directory / PRIVATE, segment_bytes)
            self._recover()
        except BaseException:
            self._lock.release()
            raise
        self._stopping = False
        self._fault = ""
        self._pending: list[bytes] = []
        self._unpublished: deque[list[bytes]] = deque()
        self._gathered = threading.Condition()
        self._done = threading.Condition()
        self._wake = threading.Event()
        self._threads = [
            threading.Thread(target=self._guarded, args=(work,), name=f"wye-log-{work.__name__}", daemon=True)
            for work in (self._commit, self._publish)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def fault(self) -> str:
        """Why it is closed for good and what to do; empty while all is well."""
        return self._fault

    @property
    def verifier(self) -> VerifierKey:
        """The key that its checkpoints are signed with."""
        return self._key.verifier

    def append(self, entries: Sequence[bytes], mark: bytes = b"") -> int:
        """Take entries of at most 65,535 bytes; return the size of the log with them, to `wait` for.

        Their indexes are the last ones before that size. `mark` is kept with them, for whoever has to know
        after a crash how far it was. Raises `LogError`.
        """
        if len(mark) > MARK_BYTES or any(len(entry) > ENTRY_BYTES for entry in entries):
            message = f"an entry is longer than {ENTRY_BYTES} bytes, or a mark than {MARK_BYTES}"
            raise LogError(message)
        with self._gathered:
            if self._fault or self._stopping:
                raise LogError(self._fault or "the log is closed")
            self._pending += entries
            self._next += len(entries)
            self._next_mark = mark or self._next_mark
            self._gathered.notify()
            return self._next

    def wait(self, size: int, seconds: float = 30.0) -> None:
        """Return when the first `size` entries are on the disk. Raises `LogError` when they are not."""
        with self._done:
            if not self._done.wait_for(lambda: self.size >= size or self._fault, seconds):
                message = f"the log did not reach the disk within {seconds:g} s"
                raise LogError(message)
            if self.size < size:
                raise LogError(self._fault)

    def wait_published(self, size: int, seconds: float = 30.0) -> None:
        """Return when a checkpoint covers the first `size` entries. Raises `LogError` when none does."""
        self._wake.set()
        with self._done:
            if not self._done.wait_for(lambda: self.published >= size or self._fault, seconds):
                message = f"no checkpoint was written within {seconds:g} s"
                raise LogError(message)
            if self.published < size:
                raise LogError(self._fault)

    def close(self) -> None:
        """Commit and publish what there is, and let others have the log."""
        with self._gathered:
            self._stopping = True
            self._gathered.notify()
        for thread in self._threads:
            thread.join()
            self._wake.set()
        self._journal.close()
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- opening

    def _recover(self) -> None:
        """Read the journal, make the tiles that a crash left unmade, and hold it against the checkpoint."""
        signed = _signed(self._directory, self.verifier)
        start = self._journal.start
        if start % WIDTH or signed.size < start:
            begins = f"begins at {start}, the checkpoint says {signed.size}"
            message = f"the journal of {self._directory} {begins}. {_put_back(self._directory)}"
            raise LogError(message)
        self._store = TileStore(self._directory / PUBLIC, start)
        self._hold_against(signed)
        for path, frame in self._journal.frames():
            self._again(frame, signed, path)
        if self._store.size < signed.size:
            lost = f"lost entries: {signed.size} are signed, there are {self._store.size}"
            message = f"{self._directory} {lost}. {_put_back(self._directory)}"
            raise LogError(message)
        self._store.write_partial()  # a checkpoint may have reached the disk before them
        self.size = self._next = self._store.size
        """How many entries are on the disk."""
        self.published = signed.size if (self._directory / PUBLIC / CHECKPOINT).exists() else -1
        """How many a checkpoint covers."""
        self._next_mark = self.mark
        self._tail = self._store.tail()
        self._journal.go_on(self._carried)
        self._looked = time.monotonic()

    def _again(self, frame: Frame, signed: Checkpoint, path: Path) -> None:
        """Add a frame's entries once more, and stop by at the size that was signed."""
        store = self._store
        if frame.start > store.size:
            gap = f"goes on at {frame.start}, the log ended at {store.size}"
            message = f"{path} {gap}. {_put_back(self._directory)}"
            raise LogError(message)
        entries = frame.entries[store.size - frame.start :]
        before = max(0, signed.size - store.size)
        if entries[:before]:
            store.add(entries[:before])
            self._hold_against(signed)
        store.add(entries[before:])
        self.mark = frame.mark or self.mark

    def _hold_against(self, signed: Checkpoint) -> None:
        if self._store.size == signed.size and self._store.root() != signed.root:
            changed = f"is not what was signed: some of the first {signed.size} entries changed"
            message = f"{self._directory} {changed}. {_put_back(self._directory)}"
            raise LogError(message)

    # -- the committing thread

    def _commit(self) -> None:
        while True:
            with self._gathered:
                self._gathered.wait_for(lambda: self._pending or self._stopping)
                if not self._pending:
                    return
                entries, self._pending = self._pending, []
                mark = self._next_mark
            self._journal.append(Frame(self.size, entries, mark))
            rest = (self.size + len(entries)) % WIDTH
            self._tail = [*self._tail, *entries][-rest:] if rest else []
            self._unpublished.append(entries)
            with self._done:
                self.size += len(entries)
                self.mark = mark
                self._done.notify_all()
            if self._committed is not None:
                self._committed(self.size)
            if self._journal.long and self._carried.start > self._journal.begins:
                self._journal.rotate(self._carried)

    @property
    def _carried(self) -> Frame:
        """What the partial bundle holds."""
        return Frame(self.size - len(self._tail), self._tail, self.mark)

    # -- the publishing thread

    def _publish(self) -> None:
        committing = self._threads[0]
        while True:
            self._wake.clear()
            ended = not committing.is_alive()  # read first: what it committed is published below
            self._publish_now()
            if ended:
                self._store.sync()
                return
            self._wake.wait(self._publish_seconds)

    def _publish_now(self) -> None:
        store = self._store
        while self._unpublished:
            store.add(self._unpublished.popleft())
        if store.size > self.published:
            store.write_partial()
            found = Checkpoint(self.verifier.name, store.size, store.root())
            store.write_checkpoint(checkpoints.sign(found, self._key))
            with self._done:
                self.published = store.size
                self._done.notify_all()
        store.sync_full()
        self._journal.prepare()
        self._journal.retire(self.published, store.sync)
        if time.monotonic() - self._looked >= _LOOK_SECONDS:
            self._look()

    def _look(self) -> None:
        self._looked = time.monotonic()
        demand_private(self._directory / PRIVATE / KEY)
        demand_writable(self._directory / PRIVATE)
        demand_writable(self._directory / PUBLIC)

    def _guarded(self, work: Callable[[], None]) -> None:
        """Run a thread; what stops it closes the log for everybody who waits."""
        try:
            work()
        except (OSError, LogError) as error:
            with self._gathered, self._done:
                self._fault = f"the log in {self._directory} cannot be written: {self._reason(error)}"
                self._stopping = True
                self._gathered.notify_all()
                self._done.notify_all()
            log.error("%s", self._fault)  # noqa: TRY400  # a full disk is no traceback

    def _reason(self, error: OSError | LogError) -> OSError | LogError:
        """Return what says best what to do."""
        try:
            self._look()
        except LogError as found:
            return found
        return error


def own_key(public: Path) -> VerifierKey:
    """Return the verifier key that lies in a log's public directory. Raises `LogError`."""
    try:
        return VerifierKey.parse((public / KEY).read_text(encoding="utf-8"))
    except FileNotFoundError:
        message = f"{public} has no key: pass --key"
        raise LogError(message) from None


def published(public: Path) -> Checkpoint:
    """Return a log's checkpoint, by the key that lies beside it. Raises `LogError`: it cannot be read."""
    try:
        data = (public / CHECKPOINT).read_bytes()
    except OSError as error:
        message = f"the checkpoint of {public} cannot be read: {error.strerror}"
        raise LogError(message) from error
    return checkpoints.opened(data, own_key(public))[0]


def _signing_key(directory: Path, origin: str) -> SignerKey:
    """Return the log's key, made when there is none."""
    path = directory / PRIVATE / KEY
    with contextlib.suppress(FileNotFoundError):
        return SignerKey.parse(path.read_text(encoding="utf-8"))
    if (directory / PUBLIC / CHECKPOINT).exists():
        demand_private(path)  # which says what to do
    if not origin:
        message = f"there is no log in {directory}"
        raise LogError(message)
    key = SignerKey.generate(origin)
    (directory / PUBLIC).mkdir(exist_ok=True)
    replace_file(path, key.secret().encode() + b"\n", 0o600)
    return key


def _signed(directory: Path, key: VerifierKey) -> Checkpoint:
    """Return what was signed last; the empty tree when nothing was."""
    vkey = directory / PUBLIC / KEY
    if not vkey.exists():
        replace_file(vkey, f"{key}\n".encode())
    try:
        data = (directory / PUBLIC / CHECKPOINT).read_bytes()
    except FileNotFoundError:
        return Checkpoint(key.name, 0, EMPTY_ROOT)
    try:
        return checkpoints.opened(data, key)[0]
    except TamperedError as error:
        message = f"{directory / PUBLIC / CHECKPOINT}: {error}. {_put_back(directory)}"
        raise TamperedError(message) from None


def _put_back(directory: Path) -> str:
    what = f"Put back {directory / PRIVATE / FOLDER} and {directory / PUBLIC} as they were"
    return f"{what}; if they are lost, move {directory} away, and another log begins"
