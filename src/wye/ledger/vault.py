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
import os
import re
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
TAG_BYTES = 16
_TAG = re.compile(r"(?:[0-9a-f]{32})?")
_CHECK = "master key.check"


class ErasedError(LedgerError):
    """What is asked for was sealed under a key that has been destroyed."""

    status = 410
    kind = "erased"

    def __init__(self, at: float, *, expired: bool = False) -> None:
        what = "no longer kept since" if expired else "erased on"
        super().__init__(f"{what} {time.strftime('%Y-%m-%d %H:%M UTC', time.gmtime(at))}")
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
        self._current: dict[tuple[str, float | None], _Sealer] = {}
        self._known: dict[bytes, _Sealer] = {}
        self._tags: dict[str, str] = {"": ""}
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

    def seal(self, tag: str, plain: bytes, context: bytes = b"", until: float | None = None) -> bytes:
        """Return `plain` as an envelope that only this vault opens, with the same `context`.

        `tag` is what `tag` returned for its subject; empty = nobody's. `until` (Unix seconds) is when
        `expire` makes it unreadable; give whole days, since each has a key of its own. The key survives a
        kill at once, and a loss of power once `sync` has returned.
        """
        if self._slots.generation != self._generation:
            self._forget()
        sealer = self._current.get((tag, until))
        if sealer is None or sealer.seals >= MOST_SEALS:
            sealer = self._load(lambda: self._sealer(tag, until, fresh=sealer is not None))
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
        self._forget()
        return [_destroyed(tag, slots, now) for tag, slots in owned]

    def destroy(self, keys: Iterable[str], at: float) -> int:
        """Destroy keys by their ids: what receipts name, after older files were put back. Return how many."""
        found = [slot for id_ in keys if (slot := self._slots.find(bytes.fromhex(id_))) is not None]
        back = [slot for slot in found if slot.erased is None or self._slots.read(slot) is not None]
        self._slots.destroy(back, at)
        self._forget()
        return len(back)

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
            self._forget()
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

    def _sealer(self, tag: str, until: float | None, *, fresh: bool) -> _Sealer:
        """Return the key a subject's next envelope is sealed under."""
        if not _TAG.fullmatch(tag):
            message = "a vault seals for a subject's tag, not its name"
            raise ValueError(message)
        alive = [slot for slot in self._slots.of(tag) if slot.erased is None and slot.until == until]
        sealer = self._loaded(alive[-1]) if alive and not fresh else None
        if sealer is None:
            id_, key = secrets.token_bytes(ID_BYTES), secrets.token_bytes(KEY_BYTES)
            nonce = os.urandom(NONCE_BYTES)
            wrapped = nonce + self._wrap.encrypt(nonce, key, id_ + tag.encode())
            self._slots.add(id_, tag, until, wrapped)
            sealer = self._remember(id_, tag, key)
        if len(self._current) >= MOST_CACHED:
            self._current.pop(next(iter(self._current)), None)
        self._current[tag, until] = sealer
        return sealer

    def _opener(self, id_: bytes) -> _Sealer:
        slot = self._slots.find(id_)
        if slot is None:
            message = "an envelope's key is not in this vault: it belongs to another, or was lost"
            raise LedgerError(message)
        if slot.erased is not None:
            raise ErasedError(slot.erased, expired=slot.expired)
        opener = self._loaded(slot)
        if opener is None:
            slot = self._slots.settled(id_)
            if slot is not None and slot.erased is not None:
                raise ErasedError(slot.erased, expired=slot.expired)
            message = "an envelope's key is gone, though nothing says that it was erased"
            raise LedgerError(message)
        return opener

    def _loaded(self, slot: Slot) -> _Sealer | None:
        wrapped = self._slots.read(slot)
        if wrapped is None:
            return None
        nonce, sealed = wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES : NONCE_BYTES + KEY_BYTES + 16]
        try:
            key = self._wrap.decrypt(nonce, sealed, slot.id + slot.subject.encode())
        except InvalidTag:
            message = "a data key cannot be unwrapped: the vault's files do not belong together"
            raise LedgerError(message) from None
        return self._remember(slot.id, slot.subject, key)

    def _remember(self, id_: bytes, tag: str, key: bytes) -> _Sealer:
        head = VERSION + id_
        sealer = _Sealer(head, AESGCM(key), b"%b%b " % (head, tag.encode()))
        if len(self._known) >= MOST_CACHED:
            self._known.pop(next(iter(self._known)), None)
        self._known[id_] = sealer
        return sealer


def _destroyed(tag: str, slots: list[Slot], now: float) -> Destroyed:
    alive = sum(slot.erased is None for slot in slots)
    at = now if alive or not slots else max(slot.erased or 0.0 for slot in slots)
    return Destroyed(tag, tuple(slot.id.hex() for slot in slots), alive, at)


def _check(path: Path, expected: bytes) -> None:
    """Hold the master key against the one that the vault was made with."""
    if not path.exists():
        replace_file(path, expected, PRIVATE)
    if not hmac.compare_digest(path.read_bytes(), expected):
        message = f"the vault in {path.parent} was made with another master key"
        raise LedgerError(message)
