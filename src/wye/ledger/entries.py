r"""What an entry of the gateway's log is: a line that says what of, and an envelope that only wye opens.

    record 01a2b3c4d5e6f708\n ‖ envelope of the record's line, bound to that id
    digest 01a2b3c4d5e6f708\n ‖ envelope of the line's SHA-256, of a record too long for an entry

The leaf is a hash of the whole: of ciphertext. Who erases a subject's key erases what was said of them, and
every proof stays. Ids stand in the clear, so that an index can be made anew of the log alone.
"""

from collections.abc import Iterator
from hashlib import sha256
from typing import NamedTuple

import msgspec

from wye.ledger.tlog.errors import TamperedError
from wye.ledger.tlog.tiles import (
    ENTRY_BYTES,
    WIDTH,
    Source,
    bundle_path,
    decode_bundle,
    read_partial,
    width_of,
)
from wye.ledger.vault import Vault

RECORD, DIGEST = "record", "digest"
_HEAD_BYTES = 100
"""What the clear line may take, and the envelope's own overhead."""
LINE_BYTES = ENTRY_BYTES - 2 * _HEAD_BYTES
"""A longer record is sealed by its digest."""


class Entry(NamedTuple):
    """An entry, taken apart."""

    kind: str
    name: str
    """Of a record: its id."""
    envelope: bytes


class _Line(msgspec.Struct, gc=False):
    id: str
    subject: str = ""


_decode = msgspec.json.Decoder(_Line).decode


def entry_of(vault: Vault, kind: str, name: str, plain: bytes, subject: str = "") -> bytes:
    """Seal something under a subject's key, bound to its kind and name."""
    head = f"{kind} {name}\n".encode()
    return head + vault.seal(subject, plain, head)


def record_entry(vault: Vault, line: bytes) -> tuple[str, bytes]:
    """Return a record's id and entry, by its line without the newline. Raises `ValueError` for damage."""
    found = _decode(line)
    if "\n" in found.id or len(found.id) > _HEAD_BYTES // 2:
        message = "no gateway made such an id"
        raise ValueError(message)
    if len(line) > LINE_BYTES:
        return found.id, entry_of(vault, DIGEST, found.id, sha256(line).digest(), found.subject)
    return found.id, entry_of(vault, RECORD, found.id, line, found.subject)


def taken_apart(entry: bytes) -> Entry:
    """Read an entry. Raises `TamperedError` for what no gateway wrote."""
    head, newline, envelope = entry.partition(b"\n")
    kind, space, name = head.decode("utf-8", "replace").partition(" ")
    if not newline or not space:
        message = "an entry of this log was not written by a gateway"
        raise TamperedError(message)
    return Entry(kind, name, envelope)


def unsealed(vault: Vault, entry: Entry) -> bytes:
    """Return what was sealed. Raises `ErasedError`, or `LedgerError` when it cannot be opened."""
    return vault.unseal(entry.envelope, f"{entry.kind} {entry.name}\n".encode())


def entries_from(source: Source, first: int, size: int) -> Iterator[bytes]:
    """Yield the entries [first, size) of a log, from its bundles. Raises `TamperedError`: one is missing."""
    for number in range(first // WIDTH, -(-size // WIDTH)):
        width = width_of(size, 0, number)
        try:
            bundle = decode_bundle(read_partial(source, "entries", number, width))[:width]
        except (FileNotFoundError, ValueError):
            message = f"{bundle_path(number, width)} is missing or damaged"
            raise TamperedError(message) from None
        yield from bundle[max(0, first - number * WIDTH) :]
