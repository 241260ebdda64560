"""The whole of a log held against its signature, and against what was seen of it before."""

from collections.abc import Sequence

import msgspec

from wye.ledger.tlog.checkpoint import Checkpoint, opened
from wye.ledger.tlog.errors import TamperedError
from wye.ledger.tlog.note import VerifierKey
from wye.ledger.tlog.proof import cosigned
from wye.ledger.tlog.tiles import (
    CHECKPOINT,
    LEVELS,
    WIDTH,
    Source,
    TileHashes,
    bundle_path,
    decode_bundle,
    partial_root,
    read_partial,
    tile_path,
    width_of,
)
from wye.ledger.tlog.tree import EMPTY_ROOT, HASH_BYTES, full_root, leaf_hash, span


class Verified(msgspec.Struct, frozen=True):
    """What holds of a log."""

    checkpoint: Checkpoint
    witnesses: dict[str, int]
    """Who cosigned the checkpoint, and when (Unix time)."""
    seen: int
    """How many earlier checkpoints it goes on from."""


def verify(  # noqa: PLR0913  # what an auditor may hold it against
    source: Source,
    key: VerifierKey,
    *,
    note: bytes | None = None,
    seen: Sequence[bytes] = (),
    witnesses: tuple[VerifierKey, ...] = (),
    quorum: int = 0,
) -> Verified:
    """Read every entry and every tile. Raises `TamperedError`, which names what is wrong first.

    `note` is the signed checkpoint to hold it against, else the log's own. `seen` are checkpoints that the
    log signed before: it must have grown from each. Only they, or witnesses, show a log that was cut back or
    is told differently to others.
    """
    checkpoint, signed = opened(note if note is not None else _read(source, CHECKPOINT), key)
    times = cosigned(signed, witnesses, quorum)
    earlier = [opened(data, key)[0] for data in seen]
    for old in earlier:
        if old.size > checkpoint.size:
            message = (
                f"the log was cut back: {old.size} entries were signed before, {checkpoint.size} are now"
            )
            raise TamperedError(message)
    root = _Rebuilt(source, checkpoint.size).root()
    if root != checkpoint.root:
        message = f"the {checkpoint.size} entries are not those that were signed: another root comes of them"
        raise TamperedError(message)
    hashes = TileHashes(source, checkpoint.size)
    for old in earlier:
        before = span(hashes, 0, old.size) if old.size else EMPTY_ROOT
        if before != old.root:
            message = (
                f"the log was rewritten: its first {old.size} entries are not those that were signed before"
            )
            raise TamperedError(message)
    return Verified(checkpoint, times, len(earlier))


def _read(source: Source, path: str) -> bytes:
    try:
        return source(path)
    except FileNotFoundError:
        message = f"{path} is missing"
        raise TamperedError(message) from None


class _Rebuilt:
    """The tree as its entries make it; each tile is compared on the way."""

    def __init__(self, source: Source, size: int) -> None:
        self._source = source
        self._size = size
        self._levels: list[list[bytes]] = [[] for _ in range(LEVELS)]

    def root(self) -> bytes:
        """Return the root. Raises `TamperedError` for the first file that is not what it must be."""
        for number in range(-(-self._size // WIDTH)):
            self._levels[0] = [leaf_hash(entry) for entry in self._entries(number)]
            self._complete(number)
        for level, hashes in enumerate(self._levels):
            if hashes:
                self._compare(level, (self._size >> 8 * level) // WIDTH, hashes)
        return partial_root(self._levels)

    def _entries(self, number: int) -> list[bytes]:
        width = width_of(self._size, 0, number)
        path = bundle_path(number, width)
        try:
            entries = decode_bundle(self._partial("entries", number, width))
        except ValueError as error:
            message = f"{path} is damaged: {error}"
            raise TamperedError(message) from None
        if len(entries) not in (width, WIDTH):
            message = f"{path} holds {len(entries)} entries, not {width}"
            raise TamperedError(message)
        return entries[:width]

    def _complete(self, number: int) -> None:
        """Compare the tiles that the latest entries made full."""
        for level, hashes in enumerate(self._levels):
            if len(hashes) < WIDTH:
                return
            self._compare(level, number, hashes)
            self._levels[level] = []
            self._levels[level + 1].append(full_root(hashes))
            number //= WIDTH

    def _compare(self, level: int, number: int, hashes: list[bytes]) -> None:
        tile = self._partial(level, number, len(hashes))
        if tile[: len(hashes) * HASH_BYTES] == b"".join(hashes):
            if len(tile) in (len(hashes) * HASH_BYTES, WIDTH * HASH_BYTES):
                return
            message = f"{tile_path(level, number, len(hashes))} is {len(tile)} bytes long"
            raise TamperedError(message)
        found = [tile[i : i + HASH_BYTES] for i in range(0, len(tile), HASH_BYTES)]
        wrong = next((i for i, h in enumerate(hashes) if i >= len(found) or found[i] != h), 0)
        what = f"entry {number * WIDTH + wrong}" if level == 0 else f"hash {wrong}"
        message = f"{what} is not what {tile_path(level, number, len(hashes))} says: one of them was changed"
        raise TamperedError(message)

    def _partial(self, level: int | str, number: int, width: int) -> bytes:
        try:
            return read_partial(self._source, level, number, width)
        except FileNotFoundError:
            message = f"{tile_path(level, number, width)} is missing"
            raise TamperedError(message) from None
