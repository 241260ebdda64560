"""Logs in memory, for those who read and verify them."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from wye.ledger.tlog import checkpoint as checkpoints
from wye.ledger.tlog.checkpoint import Checkpoint
from wye.ledger.tlog.note import NOTE, SignerKey, VerifierKey
from wye.ledger.tlog.store import directory_source
from wye.ledger.tlog.tiles import CHECKPOINT, WIDTH, bundle_path, encode_bundle, partial_root, tile_path
from wye.ledger.tlog.tree import full_root, leaf_hash

KEY = SignerKey("example.com/log", NOTE, bytes(range(32)))
OTHER = SignerKey("example.com/log", NOTE, bytes(32))


class Made(NamedTuple):
    """A log as its files."""

    files: dict[str, bytes]

    def source(self, path: str) -> bytes:
        """Read it."""
        try:
            return self.files[path]
        except KeyError:
            raise FileNotFoundError(path) from None

    @property
    def note(self) -> bytes:
        """What was signed."""
        return self.files[CHECKPOINT]


def made(entries: Sequence[bytes], key: SignerKey = KEY) -> Made:
    """Lay a log out, straight from the definition in C2SP tlog-tiles."""
    files: dict[str, bytes] = {}
    for number in range(0, len(entries), WIDTH):
        part = entries[number : number + WIDTH]
        files[bundle_path(number // WIDTH, len(part))] = encode_bundle(part)
    hashes, rest = [leaf_hash(entry) for entry in entries], []
    for level in range(3):
        tiles = [hashes[i : i + WIDTH] for i in range(0, len(hashes), WIDTH)]
        for number, tile in enumerate(tiles):
            files[tile_path(level, number, len(tile))] = b"".join(tile)
        hashes = [full_root(tile) for tile in tiles if len(tile) == WIDTH]
        rest.append(tiles[-1] if tiles and len(tiles[-1]) < WIDTH else [])
    root = partial_root(rest)
    files[CHECKPOINT] = checkpoints.sign(Checkpoint(key.verifier.name, len(entries), root), key)
    return Made(files)


def loaded(directory: Path) -> Made:
    """Take a log from the disk."""
    read = directory_source(directory)
    paths = [path for path in directory.rglob("*") if path.is_file()]
    return Made({(name := str(path.relative_to(directory))): read(name) for path in paths})


def vkey() -> VerifierKey:
    """The key that `made` signs with."""
    return KEY.verifier
