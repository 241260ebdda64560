"""The public files of a log as its one writer makes them: tiles, bundles, the signed checkpoint.

A tile is written where it will stay, and not fsynced at once: the journal holds its entries until it is.
Nobody reads a tile before a checkpoint says that it is there.
"""

import itertools
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from wye.ledger.tlog.errors import LogError
from wye.ledger.tlog.tiles import (
    CHECKPOINT,
    HEIGHT,
    LEVELS,
    WIDTH,
    Source,
    encode_bundle,
    partial_root,
    tile_path,
)
from wye.ledger.tlog.tree import HASH_BYTES, full_root, leaf_hash

_FILE_MODE = 0o644


def directory_source(directory: Path) -> Source:
    """Return the files below `directory` as a `Source`."""
    root = os.fspath(directory)

    def read(path: str) -> bytes:
        with open(f"{root}/{path}", "rb") as file:  # noqa: PTH123  # a third of the time of Path's
            return file.read()

    return read


def fsync(path: Path) -> None:
    """Put a file, or the names in a directory, on the disk."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def replace_file(path: Path, data: bytes, mode: int = _FILE_MODE) -> None:
    """Write a file that is whole at any moment, also after a power loss."""
    made = path.with_name(f".{path.name}.new")
    fd = os.open(made, os.O_CREAT | os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC, mode)
    with os.fdopen(fd, "wb") as file:
        file.write(data)
        file.flush()
        os.fdatasync(file.fileno())
    made.replace(path)
    fsync(path.parent)


class TileStore:
    """Appends entries to the files in `directory`. One thread's.

    What it keeps of the tree in memory is the partial tile of each level, and the entries of the last bundle.
    """

    def __init__(self, directory: Path, size: int) -> None:
        """Go on after the first `size` leaves, a multiple of 256. Raises `LogError` without their tiles."""
        self.directory = directory
        self.size = size
        self._entries: list[bytes] = []
        self._levels: list[list[bytes]] = [[] for _ in range(LEVELS)]
        self._unsynced: dict[tuple[int | str, int], Path] = {}
        """The latest file of each tile."""
        self._changed: set[Path] = set()
        """Directories with new names."""
        self._read = directory_source(directory)
        for level in range(1, LEVELS):
            hashes = size >> (HEIGHT * level)
            first = hashes - hashes % WIDTH
            self._levels[level] = [self._tile_root(level - 1, number) for number in range(first, hashes)]

    def _tile_root(self, level: int, number: int) -> bytes:
        path = tile_path(level, number)
        try:
            tile = self._read(path)
        except OSError as error:
            message = f"{self.directory / path} cannot be read ({error.strerror}): this log cannot go on"
            raise LogError(message) from error
        if len(tile) != WIDTH * HASH_BYTES:
            message = f"{self.directory / path} is damaged: this log cannot go on"
            raise LogError(message)
        return full_root([tile[i : i + HASH_BYTES] for i in range(0, len(tile), HASH_BYTES)])

    def add(self, entries: Sequence[bytes]) -> None:
        """Append; what becomes full is written."""
        position = 0
        while position < len(entries):
            taken = entries[position : position + WIDTH - len(self._entries)]
            position += len(taken)
            self._entries += taken
            self._levels[0] += map(leaf_hash, taken)
            self.size += len(taken)
            if len(self._entries) == WIDTH:
                self._complete()

    def tail(self) -> list[bytes]:
        """Return the entries of the partial bundle."""
        return list(self._entries)

    def root(self) -> bytes:
        """Return the root of what was added."""
        return partial_root(self._levels)

    def write_partial(self) -> None:
        """Write the rightmost tiles and the bundle as they are now."""
        for level, hashes in enumerate(self._levels):
            if hashes:
                number = self.size >> (HEIGHT * (level + 1))
                self._write(level, number, len(hashes), b"".join(hashes))
        if self._entries:
            count = len(self._entries)
            self._write("entries", self.size // WIDTH, count, encode_bundle(self._entries))

    def write_checkpoint(self, note: bytes) -> None:
        """Say what there is. Everything it speaks of has been written."""
        replace_file(self.directory / CHECKPOINT, note)

    def sync_full(self) -> None:
        """Put the full tiles that were written on the disk, so that `sync` has little left to do."""
        for tile, path in list(self._unsynced.items()):
            if path.parent.suffix != ".p":
                fsync(path)
                del self._unsynced[tile]

    def sync(self) -> None:
        """Put all that was written, and its names, on the disk."""
        for path in self._unsynced.values():
            fsync(path)
        self._unsynced = {}
        for directory in self._changed:
            if directory.exists():  # a partial tile's goes away with it
                fsync(directory)
        self._changed = set()

    def _complete(self) -> None:
        """Write the bundle and the tiles that have become full, and begin the next."""
        number = self.size // WIDTH - 1
        self._write_full("entries", number, encode_bundle(self._entries))
        self._entries = []
        for level, hashes in enumerate(self._levels):
            if len(hashes) < WIDTH:
                return
            self._write_full(level, (self.size >> (HEIGHT * (level + 1))) - 1, b"".join(hashes))
            self._levels[level] = []
            self._levels[level + 1].append(full_root(hashes))

    def _write_full(self, level: int | str, number: int, data: bytes) -> None:
        self._write(level, number, WIDTH, data)
        partial = self.directory / f"{tile_path(level, number)}.p"
        shutil.rmtree(partial, ignore_errors=True)
        self._changed.discard(partial)

    def _write(self, level: int | str, number: int, width: int, data: bytes) -> None:
        """Write a file; one that a crash left is overwritten, with the bytes that readers have seen."""
        path = self.directory / tile_path(level, number, width)
        flags = os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC
        try:
            fd = os.open(path, flags, _FILE_MODE)
        except FileNotFoundError:
            if not self.directory.exists():  # moved away: nothing of it is begun anew
                raise
            path.parent.mkdir(parents=True, exist_ok=True)
            self._changed.update(itertools.takewhile(lambda above: above != self.directory, path.parents))
            self._changed.add(self.directory)
            fd = os.open(path, flags, _FILE_MODE)
        try:
            if os.write(fd, data) != len(data):
                message = f"cannot write {path}: the disk is full"
                raise LogError(message)
            os.ftruncate(fd, len(data))
        finally:
            os.close(fd)
        self._unsynced[level, number] = path
        self._changed.add(path.parent)
