"""C2SP `tlog-checkpoint`: a log's name, size and root, in a signed note."""

import re

import msgspec

from wye.ledger.tlog.errors import TamperedError
from wye.ledger.tlog.note import Note, SignerKey, VerifierKey, b64, unb64
from wye.ledger.tlog.tree import HASH_BYTES

_SIZE = re.compile(r"(0|[1-9][0-9]{0,18})\Z")
_LINES = 3


class Checkpoint(msgspec.Struct, frozen=True):
    """A tree as it was signed."""

    origin: str
    """Which log."""
    size: int
    """How many leaves."""
    root: bytes
    extensions: tuple[str, ...] = ()

    def text(self) -> str:
        """Return the note's text."""
        return "\n".join([self.origin, str(self.size), b64(self.root), *self.extensions, ""])

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """Read a note's text. Raises `TamperedError`."""
        lines = text.split("\n")
        if len(lines) <= _LINES or lines.pop() or not all(lines) or not _SIZE.match(lines[1]):
            message = "this is no checkpoint: its lines are an origin, a size and a root"
            raise TamperedError(message)
        try:
            root = unb64(lines[2])
        except ValueError:
            root = b""
        if len(root) != HASH_BYTES:
            message = f"the root of the checkpoint is no hash: {lines[2]}"
            raise TamperedError(message)
        return cls(lines[0], int(lines[1]), root, tuple(lines[_LINES:]))


def sign(checkpoint: Checkpoint, key: SignerKey) -> bytes:
    """Return the checkpoint as a note signed by its log."""
    text = checkpoint.text()
    return (text + "\n" + key.sign(text)).encode()


def opened(data: bytes, key: VerifierKey) -> tuple[Checkpoint, Note]:
    """Read a checkpoint that `key` signed. Raises `TamperedError` when it did not."""
    note = Note.parse(data)
    checkpoint = Checkpoint.parse(note.text)
    if checkpoint.origin != key.name:
        message = f"the checkpoint is of {checkpoint.origin}, the key of {key.name}"
        raise TamperedError(message)
    if note.signed_by(key) is None:
        message = f"the checkpoint is not signed by the key {key.name}+{key.id.hex()}"
        raise TamperedError(message)
    return checkpoint, note
