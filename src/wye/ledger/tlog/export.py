"""A copy of a log for others: what one checkpoint covers, and nothing private."""

from pathlib import Path

from wye.ledger.tlog.checkpoint import Checkpoint
from wye.ledger.tlog.errors import TamperedError
from wye.ledger.tlog.note import Note
from wye.ledger.tlog.store import replace_file
from wye.ledger.tlog.tiles import (
    CHECKPOINT,
    WIDTH,
    Source,
    bundle_path,
    read_partial,
    tile_path,
    tiles_of,
    width_of,
)
from wye.ledger.tlog.tree import HASH_BYTES


def export(source: Source, note: bytes, directory: Path) -> Checkpoint:
    """Copy the log at a signed checkpoint into `directory`, which may hold an earlier copy.

    Raises `TamperedError` where the log lacks a file. What was copied is not verified.
    """
    checkpoint = Checkpoint.parse(Note.parse(note).text)
    size = checkpoint.size
    try:
        for level, number, width in tiles_of(size):
            tile = read_partial(source, level, number, width)[: width * HASH_BYTES]
            _put(directory / tile_path(level, number, width), tile)
        for number in range(-(-size // WIDTH)):
            width = width_of(size, 0, number)
            bundle = read_partial(source, "entries", number, width)
            _put(directory / bundle_path(number, width), _first(bundle, width))
    except FileNotFoundError as error:
        message = f"{error.filename} is missing"
        raise TamperedError(message) from None
    directory.mkdir(parents=True, exist_ok=True)
    replace_file(directory / CHECKPOINT, note)
    return checkpoint


def _first(bundle: bytes, count: int) -> bytes:
    """Cut a bundle after `count` entries."""
    position = 0
    for _ in range(count):
        position += 2 + int.from_bytes(bundle[position : position + 2], "big")
    return bundle[:position]


def _put(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
