"""The vault: what is stored of a person is sealed under that person's key, and goes with it.

    envelope = version (1) ‖ key id (16) ‖ nonce (12) ‖ AES-256-GCM ciphertext ‖ tag (16)

Each subject has a data key of its own, made when something of theirs is first sealed, wrapped by the master
key (see `masterkey`) and kept in `keyslots`. Key ids are random; the subject's name is nowhere, only its
tag, an HMAC under a key derived from the master key. The tag and the `context` an envelope was made for are
authenticated with the ciphertext, so that no envelope can be passed off as another subject's or record's.
What is to be kept until a certain moment has a key of its own too, which is destroyed then.

Erasing a subject destroys their keys. Every copy of an envelope, wherever it is, is noise from then on, and a
hash of it in a log proves what it proved before. A subject that comes back gets a new key.

Rules:

- The tag "" is nobody's: what is sealed under it is encrypted at rest and cannot be erased one by one.
- Each key seals fewer than 2^32 envelopes (NIST SP 800-38D section 8.3): a process takes a new one before.
"""

import hashlib
import hmac
import logging
import os
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Self

import msgspec
from cryptography.exceptions import InvalidTag

from wye.core.errors import LedgerError
from wye.ledger.keyring import ID_BYTES, MOST_CACHED, NONCE_BYTES, VERSION, Keyring
from wye.ledger.keyslots import SLOTS, KeySlots, Slot
from wye.ledger.masterkey import PRIVATE, derived, master_key
from wye.ledger.spool import Lock, private_directory
from wye.ledger.tlog.store import replace_file

_HEAD = 1 + ID_BYTES
OVERHEAD = _HEAD + NONCE_BYTES + 16
"""Bytes by which an envelope is longer than what it holds."""
TAG_BYTES = 16
_CHECK = "master key.check"
_SEALED = ("logs/*/public/tile", "erasures/public/tile")
"""What lies in a state directory once something was sealed there."""
_GONE = (
    "nobody can read what was sealed before. Unless that was meant, stop wye and put it back from a backup"
)

log = logging.getLogger(__name__)


def key_of(envelope: bytes) -> str:
    """Return the id of the key that an envelope is sealed under, hex, as receipts name it."""
    return envelope[1:_HEAD].hex()


class Destroyed(msgspec.Struct, frozen=True):
    """What `Vault.erase` did."""

    subject: str
    """The subject's tag, hex: who knows the subject and holds the master key can check it."""
    keys: tuple[str, ...]
    """Ids of the keys that are gone, hex, all that the subject ever had."""
    destroyed: int
    """How many of them were there until now."""
    at: float
    """When the last of them went, Unix seconds."""


class Vault:
    """An open vault. Every method may be called from any thread, and raises `LedgerError`."""

    def __init__(self, slots: KeySlots, wrap: bytes, index: bytes) -> None:
        self._slots = slots
        self._keys = Keyring(slots, wrap)
        self._index = index
        self._tags: dict[str, str] = {"": ""}

    @classmethod
    def open(cls, state_dir: Path, environ: Mapping[str, str] = os.environ, *, make: bool = True) -> Self:
        """Open the vault of a state directory; with `make` one is made when there is none."""
        directory = state_dir / "vault"
        there = (directory / SLOTS).exists()
        if not make and not there:
            message = f"there is no vault in {state_dir}: nothing was sealed there, or its vault is elsewhere"
            raise LedgerError(message)
        if not there and any(any(state_dir.glob(pattern)) for pattern in _SEALED):
            log.warning("the vault in %s is gone, and a new one is made: %s", directory, _GONE)
        try:
            private_directory(directory)
            with Lock(directory / "making.lock", wait=True):
                master = master_key(directory / "master.key", environ, make=not there)
                _check(directory / _CHECK, derived(master, "check"), make=not there)
        except OSError as error:
            which = f" ({error.filename})" if error.filename else ""
            message = f"the vault in {directory} cannot be opened: {error.strerror}{which}"
            raise LedgerError(message) from error
        return cls(KeySlots(directory), derived(master, "wrap"), derived(master, "index"))

    def close(self) -> None:
        """Forget the keys and let go of the files."""
        self._keys.forget()
        self._slots.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def seal(self, tag: str, plain: bytes, context: bytes = b"", until: float | None = None) -> bytes:
        """Return `plain` as an envelope that only this vault opens, with the same `context`.

        `tag` is what `tag` returned for its subject; empty = nobody's. `until` (Unix seconds) is when
        `expire` makes it unreadable; give whole days, since each has a key of its own. The key survives a
        kill at once, and a loss of power once `sync` has returned.
        """
        key = self._keys.sealing(tag, until)
        nonce = os.urandom(NONCE_BYTES)
        return b"%b%b%b" % (key.head, nonce, key.aead.encrypt(nonce, plain, key.bound + context))

    def unseal(self, envelope: bytes, context: bytes = b"") -> bytes:
        """Return what was sealed. Raises `ErasedError`, and `LedgerError` for what is no envelope of ours."""
        if envelope[:1] != VERSION or len(envelope) < OVERHEAD:
            message = "this is no envelope, or one of a newer wye"
            raise LedgerError(message)
        key = self._keys.opening(envelope[1:_HEAD])
        nonce, sealed = envelope[_HEAD : _HEAD + NONCE_BYTES], envelope[_HEAD + NONCE_BYTES :]
        try:
            return key.aead.decrypt(nonce, sealed, key.bound + context)
        except InvalidTag:
            message = "an envelope has been changed, or does not belong where it was found"
            raise LedgerError(message) from None

    def owner(self, envelope: bytes) -> str:
        """Return the tag of the subject whose envelope this is; empty = nobody's."""
        slot = self._slots.find(envelope[1:_HEAD])
        return "" if slot is None else slot.subject

    def tag(self, subject: str) -> str:
        """Return what stands for a subject where it may be seen: its keyed hash, 32 hex digits."""
        known = self._tags.get(subject)
        if known is None:
            text = subject.encode("utf-8", "surrogatepass")
            known = hmac.digest(self._index, text, hashlib.sha256)[:TAG_BYTES].hex()
            if len(self._tags) >= MOST_CACHED:
                self._tags = {"": ""}
            self._tags[subject] = known
        return known

    def erase(self, tags: Iterable[str]) -> list[Destroyed]:
        """Destroy every key of the subjects with these tags, for all processes. May be repeated."""
        wanted = list(dict.fromkeys(tags))
        if "" in wanted:
            message = "what belongs to nobody cannot be erased by subject; `wye retention` says when it goes"
            raise LedgerError(message)
        owned = [(tag, self._slots.of(tag)) for tag in wanted]
        now = time.time()
        # Those of before as well: an older key file may have been put back in place.
        self._slots.destroy([slot for _, slots in owned for slot in slots], now)
        self._tags = {"": ""}
        self._keys.forget()
        return [_destroyed(tag, slots, now) for tag, slots in owned]

    def destroy(self, keys: Iterable[str], at: float) -> int:
        """Destroy keys by their ids: what receipts name, after older files were put back. Return how many."""
        found = [slot for id_ in keys if (slot := self._slots.find(bytes.fromhex(id_))) is not None]
        back = [slot for slot in found if slot.erased is None or self._slots.read(slot) is not None]
        self._slots.destroy(back, at)
        self._keys.forget()
        return len(back)

    def knows(self, keys: Iterable[str]) -> bool:
        """Tell whether any of these keys, by their ids, was ever in this vault."""
        return any(self._slots.find(bytes.fromhex(id_)) is not None for id_ in keys)

    @property
    def applied(self) -> int:
        """How many receipts of erasures this vault has seen."""
        return self._slots.applied

    @applied.setter
    def applied(self, receipts: int) -> None:
        self._slots.applied = receipts

    def expire(self, now: float, most: int = 10_000) -> int:
        """Destroy up to `most` keys whose `until` is over; return how many that were."""
        due = self._slots.due(now, most)
        self._slots.destroy(due, now)
        if due:
            self._keys.forget()
        return len(due)

    @property
    def unsynced(self) -> bool:
        """Whether a power loss could take a key that something was sealed under here."""
        return self._slots.unsynced

    def sync(self) -> None:
        """Wait until the disk has every key that anything was sealed under."""
        self._slots.sync()

    def schedule(self) -> list[tuple[float | None, int]]:
        """Return when (Unix seconds) how many keys are to be destroyed; None = nothing is planned."""
        return self._slots.schedule()

    def counts(self, now: float) -> tuple[int, int, int]:
        """Return how many keys there are, how many of them are due by `now`, how many were destroyed."""
        return self._slots.counts(now)


def _destroyed(tag: str, slots: list[Slot], now: float) -> Destroyed:
    alive = sum(slot.erased is None for slot in slots)
    at = now if alive or not slots else max(slot.erased or 0.0 for slot in slots)
    return Destroyed(tag, tuple(slot.id.hex() for slot in slots), alive, at)


def _check(path: Path, expected: bytes, *, make: bool) -> None:
    """Hold the master key against the one that the vault was made with."""
    if make and not path.exists():
        replace_file(path, expected, PRIVATE)
    if not hmac.compare_digest(path.read_bytes(), expected):
        message = f"the vault in {path.parent} was made with another master key"
        raise LedgerError(message)
