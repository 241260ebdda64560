"""What conversations are labelled with, for the next start: one file in the state directory.

A line is safe from SIGKILL when it is written, as a record in the spool is, and not sooner from a loss of
power. A conversation is named by a hash, keyed by the file's first line, and nothing that anybody said stands
there. Without a labelled conversation there is no file.
"""

import hashlib
import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import NoReturn

import msgspec

from wye.core.errors import LedgerError

FILE = "labelled"
_FILE_MODE = 0o600
_KEY_BYTES = 32
_MARK_BYTES = 16


class Remembered(msgspec.Struct, frozen=True, array_like=True):
    """What a conversation is labelled with."""

    account: str
    mark: bytes
    """See `RememberedFile.mark`."""
    at: int
    """When that was noted, Unix seconds."""
    labels: tuple[str, ...]


_LINES = msgspec.json.Decoder(Remembered)
_ENCODE = msgspec.json.Encoder().encode


class RememberedFile:
    """One gateway's, which holds the state directory."""

    def __init__(self, path: Path) -> None:
        """Read what is there. Raises `LedgerError`."""
        self.path = path
        self.found: list[Remembered] = []
        """What was there, oldest first; a later line holds in place of an earlier one."""
        self.lines = 0
        """That are there."""
        self._key = secrets.token_bytes(_KEY_BYTES)
        self._end = 0
        self._fd = -1
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return
        except OSError as error:
            self._refuse(f"cannot be read: {error.strerror}", error)
        self._read(content)

    def mark(self, account: str, name: bytes) -> bytes:
        """Return what stands for a conversation: 16 bytes that nobody can work out without the key."""
        hashed = hashlib.blake2b(name, key=self._key, digest_size=_MARK_BYTES)
        hashed.update(b"\0" + account.encode())
        return hashed.digest()

    def append(self, one: Remembered) -> None:
        """Note one. Raises `LedgerError`; then nothing is noted."""
        try:
            if self._fd < 0:
                self._open()
            line = _ENCODE(one) + b"\n"
            if os.write(self._fd, line) != len(line):
                os.ftruncate(self._fd, self._end)
                self._refuse("cannot be written: the disk is full")
        except OSError as error:
            self._refuse(f"cannot be written: {error.strerror}", error)
        self._end += len(line)
        self.lines += 1

    def rewrite(self, those: Iterable[Remembered]) -> None:
        """Hold these and nothing else, oldest first. A crash leaves the one file or the other."""
        lines = [_ENCODE(one) for one in those]
        beside = self.path.with_suffix(".new")
        try:
            beside.unlink(missing_ok=True)
            with os.fdopen(_made(beside), "wb") as file:
                file.write(b"\n".join([self._key.hex().encode(), *lines, b""]))
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self.path)
        except OSError as error:
            self._refuse(f"cannot be written: {error.strerror}", error)
        self.close()
        self.lines, self._end = len(lines), self.path.stat().st_size

    def close(self) -> None:
        """Let go of the file."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _open(self) -> None:
        if not self._end:
            self.rewrite(())
        self._fd = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
        os.ftruncate(self._fd, self._end)

    def _read(self, content: bytes) -> None:
        """Take what the file holds; its last line, if a loss of power cut it, is not there."""
        self._end = content.rfind(b"\n") + 1
        first, *lines = content[: self._end].splitlines() or [b""]
        try:
            self._key = bytes.fromhex(first.decode("ascii"))
        except ValueError:
            self._key = b""
        if len(self._key) != _KEY_BYTES:
            self._refuse("does not begin with its key; without the file every label is forgotten")
        for number, line in enumerate(lines, 2):
            try:
                self.found.append(_LINES.decode(line))
            except msgspec.DecodeError:
                self._refuse(f"line {number} is damaged; without it its conversation's labels are forgotten")
        self.lines = len(lines)

    def _refuse(self, why: str, error: OSError | None = None) -> NoReturn:
        message = f"{self.path}, which remembers what conversations are labelled with: {why}"
        raise LedgerError(message) from error


def _made(path: Path) -> int:
    return os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, _FILE_MODE)
