"""A witness: it cosigns a log's checkpoint when the log has only grown since the last one it cosigned.

Who runs it should be somebody else than who runs the log, on another machine: what it remembers is what a
log that was rewritten, cut back or forked cannot undo.
"""

import contextlib
from hashlib import sha256
from pathlib import Path

from wye.ledger.spool import Lock, private_directory
from wye.ledger.tlog.checkpoint import Checkpoint, opened
from wye.ledger.tlog.errors import LogError, TamperedError
from wye.ledger.tlog.note import COSIGNATURE, Note, SignerKey, VerifierKey
from wye.ledger.tlog.store import replace_file
from wye.ledger.tlog.tiles import Source, TileHashes
from wye.ledger.tlog.tree import EMPTY_ROOT, consistency_proof, extends

_KEY = "key"


def cosign(  # noqa: PLR0913, PLR0917  # whose word, on what, by what
    key: SignerKey, seen: Checkpoint, data: bytes, log: VerifierKey, source: Source, at: int
) -> tuple[Checkpoint, bytes]:
    """Return the checkpoint in `data`, and it as a note with this witness's cosignature at Unix time `at`.

    `seen` is the last one cosigned, or the empty tree; that this one goes on from it is proven by tiles
    from `source`. Raises `TamperedError` when it does not.
    """
    checkpoint, note = opened(data, log)
    if checkpoint.size < seen.size:
        message = f"the log was cut back: {seen.size} entries were cosigned, {checkpoint.size} are signed now"
        raise TamperedError(message)
    path = consistency_proof(TileHashes(source, checkpoint.size), seen.size, checkpoint.size)
    empty = checkpoint.size == 0 and checkpoint.root != EMPTY_ROOT
    if empty or not extends(seen.root, seen.size, checkpoint.root, checkpoint.size, path):
        message = f"the log was rewritten: its first {seen.size} entries are not those that were cosigned"
        raise TamperedError(message)
    return checkpoint, data + key.sign(note.text, at).encode()


class Witness:
    """A witness that keeps its key, and the last checkpoint of each log, in a directory."""

    def __init__(self, directory: Path, name: str = "") -> None:
        """Open it, or make one called `name`. Raises `LogError`."""
        self._directory = private_directory(directory)
        with Lock(directory / "lock", wait=True):
            self.key = self._signing_key(name)

    @property
    def verifier(self) -> VerifierKey:
        """What others need to know it."""
        return self.key.verifier

    def cosign(self, data: bytes, log: VerifierKey, source: Source, at: int) -> tuple[Checkpoint, bytes]:
        """See `cosign`. What was cosigned is on the disk before it is returned."""
        path = self._directory / f"{sha256(log.name.encode()).hexdigest()}.checkpoint"
        with Lock(self._directory / "lock", wait=True):
            seen = Checkpoint(log.name, 0, EMPTY_ROOT)
            with contextlib.suppress(FileNotFoundError):
                seen = Checkpoint.parse(Note.parse(path.read_bytes()).text)
            checkpoint, note = cosign(self.key, seen, data, log, source, at)
            replace_file(path, note, 0o600)
        return checkpoint, note

    def _signing_key(self, name: str) -> SignerKey:
        path = self._directory / _KEY
        try:
            key = SignerKey.parse(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            if not name:
                message = f"there is no witness in {self._directory}: name one with --name"
                raise LogError(message) from None
            key = SignerKey.generate(name, COSIGNATURE)
            replace_file(path, key.secret().encode() + b"\n", 0o600)
        if name and key.verifier.name != name:
            message = f"the witness in {self._directory} is called {key.verifier.name}"
            raise LogError(message)
        return key
