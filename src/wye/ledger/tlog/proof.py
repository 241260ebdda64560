"""C2SP `tlog-proof`: a file that proves, with nothing else at hand, that an entry is in a log."""

import re

import msgspec

from wye.ledger.tlog.checkpoint import Checkpoint, opened
from wye.ledger.tlog.errors import LogError, TamperedError
from wye.ledger.tlog.note import Note, VerifierKey, b64, unb64
from wye.ledger.tlog.tiles import Source, TileHashes
from wye.ledger.tlog.tree import HASH_BYTES, includes, inclusion_proof

HEADER = "c2sp.org/tlog-proof@v1"
_PATH_MAX = 64
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})\Z")


class Proof(msgspec.Struct, frozen=True):
    """Where an entry is, the hashes beside its way to the root, and who signed that root."""

    index: int
    path: tuple[bytes, ...]
    checkpoint: bytes
    """A signed note."""
    extra: bytes = b""
    """Not covered by any signature."""

    def encode(self) -> bytes:
        """Return the file's content."""
        extra = [f"extra {b64(self.extra)}"] if self.extra else []
        head = [HEADER, *extra, f"index {self.index}", *map(b64, self.path), "", ""]
        return "\n".join(head).encode() + self.checkpoint

    @classmethod
    def parse(cls, data: bytes) -> "Proof":
        """Read a file. Raises `TamperedError` when it is no proof."""
        head, _, checkpoint = data.partition(b"\n\n")
        try:
            first, *lines = head.decode().split("\n")
            extra = unb64(lines.pop(0)[6:]) if lines and lines[0].startswith("extra ") else b""
            index = _INDEX.match(lines[0]) if lines else None
            path = tuple(map(unb64, lines[1:]))
        except ValueError:
            first, extra, index, path = "", b"", None, ()
        damaged = len(path) > _PATH_MAX or any(len(found) != HASH_BYTES for found in path)
        if first != HEADER or index is None or damaged:
            message = f"this is no tlog-proof: {HEADER}, an index and hashes are expected"
            raise TamperedError(message)
        return cls(int(index[1]), path, checkpoint, extra)


def prove(source: Source, index: int, checkpoint: bytes) -> Proof:
    """Prove the entry at `index` under a signed checkpoint of this log. Raises `LogError`.

    Reads a tile a level; the proof is checked when it is verified.
    """
    size = Checkpoint.parse(Note.parse(checkpoint).text).size
    try:
        path = inclusion_proof(TileHashes(source, size), index, size)
    except ValueError as error:
        raise LogError(str(error)) from None
    return Proof(index, tuple(path), checkpoint)


def check(
    proof: Proof, leaf: bytes, key: VerifierKey, witnesses: tuple[VerifierKey, ...] = (), quorum: int = 0
) -> Checkpoint:
    """Verify that the entry with the hash `leaf` is in the log of `key`. Raises `TamperedError`.

    At least `quorum` of `witnesses` must have cosigned the checkpoint.
    """
    checkpoint, note = opened(proof.checkpoint, key)
    cosigned(note, witnesses, quorum)
    if not includes(checkpoint.root, checkpoint.size, leaf, proof.index, proof.path):
        message = f"the proof does not lead from this entry to the root of {checkpoint.origin}"
        raise TamperedError(message)
    return checkpoint


def cosigned(note: Note, witnesses: tuple[VerifierKey, ...], quorum: int) -> dict[str, int]:
    """Return which witnesses cosigned, and when (Unix time). Raises `TamperedError` when too few did."""
    found = {key: note.signed_by(key) for key in dict.fromkeys(witnesses)}
    times = {key.name: signature.at for key, signature in found.items() if signature is not None}
    signers = {key.public for key, signature in found.items() if signature is not None}
    if len(signers) < quorum:  # one key under two names is one witness
        message = f"{len(signers)} of the known witnesses cosigned the checkpoint, {quorum} are asked for"
        raise TamperedError(message)
    return times
