"""The vault: what is stored of a person is sealed under that person's key, and goes with it.

    envelope = version (1) ‖ key id (16) ‖ nonce (12) ‖ AES-256-GCM ciphertext ‖ tag (16)

Each subject has a data key of its own, made when something of theirs is first sealed, wrapped by the master
key (see `masterkey`) and kept in `keyslots`. Key ids are random; the subject's name is nowhere, only its
HMAC under a key derived from the master key. That tag and the `context` an envelope was made for are
authenticated with the ciphertext, so that no envelope can be passed off as another subject's or record's.

Erasing a subject destroys their keys. Every copy of an envelope, wherever it is, is noise from then on, and a
hash of it in a log proves what it proved before. A subject that comes back gets a new key.

Rules:

- The subject "" is nobody: what is sealed under it is encrypted at rest and cannot be erased one by one.
- Each key seals fewer than 2^32 envelopes (NIST SP 800-38D section 8.3): a process takes a new one before.
"""

import hashlib
import hmac
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Self

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from wye.core.errors import LedgerError
from wye.ledger.keyslots import KeySlots, Slot
from wye.ledger.masterkey import KEY_BYTES, PRIVATE, derived, master_key
from wye.ledger.spool import Lock, private_directory
from wye.ledger.tlog.store import replace_file

VERSION = b"\x01"
ID_BYTES = 16
NONCE_BYTES = 12
_HEAD = 1 + ID_BYTES
OVERHEAD = _HEAD + NONCE_BYTES + 16
"""Bytes by which an envelope is longer than what it holds."""
MOST_SEALS = 2**28
"""By one process under one key."""
MOST_CACHED = 20_000
_CHECK = "master key.check"


class ErasedError(LedgerError):
    """What is asked for was sealed under a key that has been destroyed."""

    kind = "erased"

    def __init__(self, at: float) -> None:
        super().__init__(f"erased on {time.strftime('%Y-%m-%d %H:%M UTC', time.gmtime(at))}")
        self.at = at
        """Unix seconds."""


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


class _Sealer(msgspec.Struct):
    head: bytes
    """How its envelopes begin."""
    aead: AESGCM
    bound: bytes
    """What its envelopes are bound to, before the context."""
    seals: int = 0


class Vault:
    """An open vault. Every method may be called from any thread, and raises `LedgerError`."""

    def __init__(self, slots: KeySlots, wrap: bytes, index: bytes) -> None:
        self._slots = slots
        self._wrap = AESGCM(wrap)
        self._index = index
        self._generation = slots.generation
        self._current: dict[str, _Sealer] = {}
        self._known: dict[bytes, _Sealer] = {}
        self._looking = threading.RLock()

    @classmethod
    def open(cls, state_dir: Path, environ: Mapping[str, str] = os.environ) -> Self:
        """Open the vault of a state directory, making it when there is none."""
        directory = state_dir / "vault"
        try:
            private_directory(directory)
            with Lock(directory / "making.lock", wait=True):
                master = master_key(directory / "master.key", environ)
                _check(directory / _CHECK, derived(master, "check"))
        except OSError as error:
            message = f"the vault in {directory} cannot be opened: {error.strerror}"
            raise LedgerError(message) from error
        return cls(KeySlots(directory), derived(master, "wrap"), derived(master, "index"))

    def close(self) -> None:
        """Forget the keys and let go of the files."""
        self._forget()
        self._slots.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def seal(self, subject: str, plain: bytes, context: bytes = b"") -> bytes:
        """Return `plain` as an envelope that only this vault opens, with the same `context`.

        Survives a kill at once, and a loss of power once `sync` has returned.
        """
        if self._slots.generation != self._generation:
            self._forget()
        sealer = self._current.get(subject)
        if sealer is None or sealer.seals >= MOST_SEALS:
            sealer = self._load(lambda: self._sealer(subject, fresh=sealer is not None))
        sealer.seals += 1
        nonce = os.urandom(NONCE_BYTES)
        return b"%b%b%b" % (sealer.head, nonce, sealer.aead.encrypt(nonce, plain, sealer.bound + context))

    def unseal(self, envelope: bytes, context: bytes = b"") -> bytes:
        """Return what was sealed. Raises `ErasedError`, and `LedgerError` for what is no envelope of ours."""
        if self._slots.generation != self._generation:
            self._forget()
        if envelope[:1] != VERSION or len(envelope) < OVERHEAD:
            message = "this is no envelope, or one of a newer wye"
            raise LedgerError(message)
        id_ = envelope[1:_HEAD]
        opener = self._known.get(id_) or self._load(lambda: self._opener(id_))
        nonce, sealed = envelope[_HEAD : _HEAD + NONCE_BYTES], envelope[_HEAD + NONCE_BYTES :]
        try:
            return opener.aead.decrypt(nonce, sealed, opener.bound + context)
        except InvalidTag:
            message = "an envelope has been changed, or does not belong where it was found"
            raise LedgerError(message) from None

    def tag(self, subject: str) -> str:
        """Return what stands for a subject where it may be seen: its keyed hash, hex."""
        return self._tag(subject).hex()

    def erase(self, subject: str) -> Destroyed:
        """Destroy every key of a subject, for all processes. May be repeated."""
        if not subject:
            message = "what belongs to nobody cannot be erased by subject; see `wye retention`"
            raise LedgerError(message)
        tag = self._tag(subject)
        slots = self._slots.of(tag)
        now = time.time()
        alive = [slot for slot in slots if slot.erased is None]
        # Those of before as well: an older key file may have been put back in place.
        self._slots.destroy(slots, now)
        self._forget()
        at = now if alive or not slots else max(slot.erased or 0.0 for slot in slots)
        return Destroyed(tag.hex(), tuple(slot.id.hex() for slot in slots), len(alive), at)

    def destroy(self, keys: Iterable[str], at: float) -> int:
        """Destroy keys by their ids: what receipts name, after older files were put back. Return how many."""
        found = [slot for id_ in keys if (slot := self._slots.find(bytes.fromhex(id_))) is not None]
        back = [slot for slot in found if slot.erased is None or self._slots.read(slot) is not None]
        self._slots.destroy(back, at)
        self._forget()
        return len(back)

    def sync(self) -> None:
        """Wait until the disk has every key that anything was sealed under."""
        self._slots.sync()

    @property
    def counts(self) -> tuple[int, int]:
        """How many keys there are, and how many were destroyed."""
        return self._slots.counts()

    def _tag(self, subject: str) -> bytes:
        return hmac.digest(self._index, subject.encode("utf-8", "surrogatepass"), hashlib.sha256)

    def _forget(self) -> None:
        """Drop the keys in memory: some may be gone."""
        with self._looking:
            generation = self._slots.generation
            self._current, self._known = {}, {}
            self._generation = generation

    def _load(self, look: Callable[[], _Sealer]) -> _Sealer:
        """Return what `look` finds, and remembers, while no key was destroyed."""
        with self._looking:
            while True:
                generation = self._slots.generation
                found = look()
                if self._slots.generation == generation:
                    return found
                self._forget()

    def _sealer(self, subject: str, *, fresh: bool) -> _Sealer:
        """Return the key a subject's next envelope is sealed under."""
        tag = self._tag(subject)
        alive = [slot for slot in self._slots.of(tag) if slot.erased is None]
        sealer = self._loaded(alive[-1]) if alive and not fresh else None
        if sealer is None:
            id_, key = secrets.token_bytes(ID_BYTES), secrets.token_bytes(KEY_BYTES)
            nonce = os.urandom(NONCE_BYTES)
            self._slots.add(id_, tag, nonce + self._wrap.encrypt(nonce, key, id_ + tag))
            sealer = self._remember(id_, tag, key)
        if len(self._current) >= MOST_CACHED:
            self._current.pop(next(iter(self._current)), None)
        self._current[subject] = sealer
        return sealer

    def _opener(self, id_: bytes) -> _Sealer:
        slot = self._slots.find(id_)
        if slot is None:
            message = "an envelope's key is not in this vault: it belongs to another, or was lost"
            raise LedgerError(message)
        if slot.erased is not None:
            raise ErasedError(slot.erased)
        opener = self._loaded(slot)
        if opener is None:
            message = "an envelope's key is gone, though nothing says that it was erased"
            raise LedgerError(message)
        return opener

    def _loaded(self, slot: Slot) -> _Sealer | None:
        wrapped = self._slots.read(slot)
        if wrapped is None:
            return None
        nonce, sealed = wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES : NONCE_BYTES + KEY_BYTES + 16]
        try:
            key = self._wrap.decrypt(nonce, sealed, slot.id + slot.subject)
        except InvalidTag:
            message = "a data key cannot be unwrapped: the vault's files do not belong together"
            raise LedgerError(message) from None
        return self._remember(slot.id, slot.subject, key)

    def _remember(self, id_: bytes, tag: bytes, key: bytes) -> _Sealer:
        head = VERSION + id_
        sealer = _Sealer(head, AESGCM(key), head + tag)
        if len(self._known) >= MOST_CACHED:
            self._known.pop(next(iter(self._known)), None)
        self._known[id_] = sealer
        return sealer


def _check(path: Path, expected: bytes) -> None:
    """Hold the master key against the one that the vault was made with."""
    if not path.exists():
        replace_file(path, expected, PRIVATE)
    if not hmac.compare_digest(path.read_bytes(), expected):
        message = f"the vault in {path.parent} was made with another master key"
        raise LedgerError(message)
