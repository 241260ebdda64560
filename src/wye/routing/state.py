"""What a route has learnt and been granted, as files that a person can read, diff, approve and roll back.

    STATE/routing/attempts.jsonl              register of attempts to certify (append-only)
    STATE/routing/ROUTE/revisions/ID/         a learnt revision: revision.json, weights.npz, rows.json
    STATE/routing/ROUTE/certificates/ID.json  a certificate
    STATE/routing/ROUTE/active.json           what serves: revision, certificate, since
    STATE/routing/ROUTE/history.jsonl         every change of that (append-only)
    STATE/routing/ROUTE/withdrawn.jsonl       certificates taken back, when and why (append-only)

A running gateway notices a change of `active.json` and `withdrawn.jsonl` within a second or two.
"""

import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from wye.core.errors import WyeError

T = TypeVar("T")
_ESCAPED = str.maketrans({char: f"%{ord(char):02X}" for char in "%/\\.\0"})
_ESCAPE = re.compile("%([0-9A-F]{2})")
_MAX_BYTES = 64 << 20


class StateError(WyeError):
    """A file of the routing state cannot be read or written; the message says which, and what to do."""

    kind = "routing state"


class Active(msgspec.Struct, frozen=True, omit_defaults=True):
    """What serves a route, since when."""

    revision: str
    certificate: str = ""
    """Empty = none: the strong model serves."""
    since: float = 0.0
    """Unix seconds."""
    turn: int = 1
    """Counts activations from 1; a rollback goes back to an earlier one."""


class Withdrawal(msgspec.Struct, frozen=True):
    """A certificate that was taken back."""

    certificate: str
    at: float
    """Unix seconds."""
    why: str


def root(state_dir: Path) -> Path:
    """Return where the state of all routes is kept."""
    return state_dir / "routing"


def register(state_dir: Path) -> Path:
    """Return where attempts to certify are registered."""
    return root(state_dir) / "attempts.jsonl"


def routes(state_dir: Path) -> list[str]:
    """Return every route that has a folder here, by name."""
    folders = (path.name for path in root(state_dir).glob("*") if path.is_dir())
    return sorted(_unescaped(name) for name in folders)


class RouteState:
    """The files of one route. Nothing is cached: a gateway and commands share them."""

    def __init__(self, state_dir: Path, route: str) -> None:
        self.route = route
        self.folder = root(state_dir) / route.translate(_ESCAPED)

    @property
    def revisions(self) -> Path:
        """Where each revision has a folder, named by its id."""
        return self.folder / "revisions"

    @property
    def certificates(self) -> Path:
        """Where each certificate is a file, named by its id."""
        return self.folder / "certificates"

    @property
    def active_path(self) -> Path:
        """The file that says what serves."""
        return self.folder / "active.json"

    @property
    def withdrawn_path(self) -> Path:
        """The file that lists certificates taken back."""
        return self.folder / "withdrawn.jsonl"

    @property
    def _history_path(self) -> Path:
        return self.folder / "history.jsonl"

    def active(self) -> Active | None:
        """Return what serves; None = nothing learnt does. Raises `StateError`."""
        data = read_bytes(self.active_path)
        try:
            return None if data is None else decode(data, Active, self.active_path)
        except StateError as error:
            message = f"{error.message}: `wye route activate` writes it anew"
            raise StateError(message) from error

    def history(self) -> list[Active]:
        """Return every activation and rollback, oldest first. Raises `StateError`.

        One of no revision, turn 0: nothing learnt has served from then on.
        """
        return list(_lines(self._history_path, Active))

    def activate(self, revision: str, certificate: str = "") -> Active:
        """Let a revision serve, under a certificate or without one. Raises `StateError`."""
        turn = 1 + max((past.turn for past in self.history()), default=0)
        return self._put(Active(revision, certificate, time.time(), turn))

    def roll_back(self) -> Active | None:
        """Let what served before serve again; None = nothing did, and nothing learnt serves now.

        Raises `StateError`, also when nothing serves.
        """
        now = self.active()
        if now is None:
            message = f"nothing learnt serves route '{self.route}': there is nothing to roll back"
            raise StateError(message)
        earlier = [past for past in self.history() if 0 < past.turn < now.turn]
        if earlier:
            before = max(earlier, key=lambda past: past.turn)
            return self._put(msgspec.structs.replace(before, since=time.time()))
        append(self._history_path, Active("", since=time.time(), turn=0))
        try:
            self.active_path.unlink(missing_ok=True)
        except OSError as error:
            raise _cannot(self.active_path, error, "remove") from error
        return None

    def withdrawn(self) -> dict[str, Withdrawal]:
        """Return what was taken back, by certificate. Raises `StateError`."""
        return {gone.certificate: gone for gone in _lines(self.withdrawn_path, Withdrawal)}

    def withdraw(self, certificate: str, why: str) -> None:
        """Take a certificate back; it is on the disk when this returns. Raises `StateError`."""
        append(self.withdrawn_path, Withdrawal(certificate, time.time(), why))

    def _put(self, active: Active) -> Active:
        append(self._history_path, active)
        write_bytes(self.active_path, msgspec.json.format(msgspec.json.encode(active)) + b"\n")
        return active


def _unescaped(name: str) -> str:
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), name)


def read_bytes(path: Path) -> bytes | None:
    """Return a file's content; None = there is none. Raises `StateError`."""
    try:
        if path.stat().st_size > _MAX_BYTES:
            message = f"{path} is larger than {_MAX_BYTES} bytes: nothing of wye's is"
            raise StateError(message)
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _cannot(path, error, "read") from error


def decode(data: bytes, type_: type[T], path: Path) -> T:
    """Decode JSON that `path` holds. Raises `StateError`."""
    try:
        return msgspec.json.decode(data, type=type_)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        message = f"{path} is damaged or of another wye ({error})"
        raise StateError(message) from error


def write_bytes(path: Path, data: bytes) -> None:
    """Put a whole file in place at once: whoever reads sees the old or the new one. Raises `StateError`."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        raise _cannot(path, error, "write") from error


def append(path: Path, line: msgspec.Struct) -> None:
    """Append a JSON line; it is on the disk when this returns. Raises `StateError`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.write(fd, msgspec.json.encode(line) + b"\n")
            os.fsync(fd)
        finally:
            os.close(fd)
    except OSError as error:
        raise _cannot(path, error, "write") from error


def _lines(path: Path, type_: type[T]) -> Iterator[T]:
    for line in (read_bytes(path) or b"").splitlines():
        yield decode(line, type_, path)


def _cannot(path: Path, error: OSError, verb: str) -> StateError:
    return StateError(f"cannot {verb} {path}: {error.strerror}")
