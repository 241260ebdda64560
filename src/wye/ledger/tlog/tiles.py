"""C2SP `tlog-tiles`: where a tree's hashes and entries lie in files, and how to read them.

A tile holds up to 256 hashes of the tree's levels 0, 8, 16 ...; an entry bundle holds the entries of a tile
of level 0. The rightmost ones are partial, and named by how much they hold.
"""

import struct
from collections.abc import Callable, Iterable, Iterator, Sequence

from wye.ledger.tlog.errors import TamperedError
from wye.ledger.tlog.tree import HASH_BYTES, folded, full_root

WIDTH = 256
HEIGHT = 8
"""Levels of the tree in a tile."""
LEVELS = 8
"""Levels of tiles: no tree has more than 2**64 leaves."""
ENTRY_BYTES = 0xFFFF
"""The longest entry that a bundle can hold."""
CHECKPOINT = "checkpoint"

Source = Callable[[str], bytes]
"""A file of the log by its path, e.g. `tile/0/x001/067`. Raises `FileNotFoundError`."""


def number_path(number: int) -> str:
    """Return a tile's number as path elements of three digits: 1234067 → `x001/x234/067`."""
    parts = [f"{number % 1000:03d}"]
    while number := number // 1000:
        parts.append(f"x{number % 1000:03d}")
    return "/".join(reversed(parts))


def tile_path(level: int | str, number: int, width: int = WIDTH) -> str:
    """Return where a tile is; of level `entries`: a bundle."""
    path = f"tile/{level}/{number_path(number)}"
    return path if width == WIDTH else f"{path}.p/{width}"


def bundle_path(number: int, width: int = WIDTH) -> str:
    """Return where an entry bundle is."""
    return tile_path("entries", number, width)


def width_of(size: int, level: int, number: int) -> int:
    """Return how many hashes a tile has in a tree of `size` leaves; 0 or less = there is none."""
    return min(WIDTH, (size >> (HEIGHT * level)) - number * WIDTH)


def tiles_of(size: int) -> Iterator[tuple[int, int, int]]:
    """Yield (level, number, width) of each tile of a tree, from the leaves up."""
    for level in range(LEVELS):
        hashes = size >> (HEIGHT * level)
        for number in range(-(-hashes // WIDTH)):
            yield level, number, width_of(size, level, number)


def encode_bundle(entries: Iterable[bytes]) -> bytes:
    """Return entries as a bundle has them. Raises `struct.error` for one that is too long."""
    return b"".join([struct.pack(">H", len(entry)) + entry for entry in entries])


def decode_bundle(data: bytes) -> list[bytes]:
    """Return the entries of a bundle. Raises `ValueError` when it ends within one."""
    entries: list[bytes] = []
    position, end = 0, len(data)
    while position < end:
        start = position + 2
        position = start + int.from_bytes(data[position:start], "big")
        if position > end or start > end:
            message = f"a bundle ends within entry {len(entries)}"
            raise ValueError(message)
        entries.append(data[start:position])
    return entries


def read_partial(source: Source, level: int | str, number: int, width: int) -> bytes:
    """Read a tile or bundle of at least `width`: a full one may have taken the partial one's place."""
    try:
        return source(tile_path(level, number, width))
    except FileNotFoundError:
        if width == WIDTH:
            raise
        return source(tile_path(level, number))


def partial_root(levels: Sequence[Sequence[bytes]]) -> bytes:
    """Return a tree's root by the hashes in the partial tile of each level, leaves first."""
    roots = []
    for hashes in reversed(levels):
        position = 0
        while position < len(hashes):
            step = 1 << ((len(hashes) - position).bit_length() - 1)
            roots.append(full_root(hashes[position : position + step]))
            position += step
    return folded(roots)


class TileHashes:
    """The `Hashes` of a tree of `size` leaves, read from tiles; each file is read once.

    What it returns is not verified: a proof made of it is, against a signed root.
    """

    def __init__(self, source: Source, size: int) -> None:
        self._source = source
        self._size = size
        self._tiles: dict[tuple[int, int], bytes] = {}

    def __call__(self, level: int, index: int) -> bytes:
        """Return the hash of a complete subtree. Raises `TamperedError` where the log lacks it."""
        tile_level, inner = divmod(level, HEIGHT)
        number, first = divmod(index << inner, WIDTH)
        tile = self._tile(tile_level, number)
        hashes = [tile[i * HASH_BYTES : (i + 1) * HASH_BYTES] for i in range(first, first + (1 << inner))]
        if len(hashes[-1]) != HASH_BYTES:
            path = tile_path(tile_level, number, width_of(self._size, tile_level, number))
            message = f"{path} ends before hash {first + len(hashes)}: the log is damaged"
            raise TamperedError(message)
        return full_root(hashes)

    def _tile(self, level: int, number: int) -> bytes:
        tile = self._tiles.get((level, number))
        if tile is None:
            width = width_of(self._size, level, number)
            try:
                tile = read_partial(self._source, level, number, width)
            except FileNotFoundError:
                message = f"{tile_path(level, number, width)} is missing"
                raise TamperedError(message) from None
            self._tiles[level, number] = tile
        return tile


def find_leaf(source: Source, size: int, leaf: bytes) -> int | None:
    """Return the latest index of a leaf hash among the first `size`; None = it is not there.

    Reads tiles of level 0 from the end: 25 µs a tile, so that 10M entries take a second.
    """
    for number in reversed(range(-(-size // WIDTH))):
        width = width_of(size, 0, number)
        tile = read_partial(source, 0, number, width)[: width * HASH_BYTES]
        at = tile.rfind(leaf)
        while at % HASH_BYTES and at > 0:  # across two hashes
            at = tile.rfind(leaf, 0, at + HASH_BYTES - 1)
        if at >= 0:
            return number * WIDTH + at // HASH_BYTES
    return None
