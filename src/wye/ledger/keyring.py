"""The data keys that a vault has in memory: made, unwrapped, and forgotten when any process destroys one."""

import os
import re
import secrets
import threading
import time
from collections.abc import Callable

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from wye.core.errors import LedgerError
from wye.ledger.keyslots import KeySlots, Slot
from wye.ledger.masterkey import KEY_BYTES

VERSION = b"\x01"
"""Of envelopes: their first byte."""
ID_BYTES = 16
NONCE_BYTES = 12
MOST_SEALS = 2**28
"""By one process under one key."""
MOST_CACHED = 20_000
_TAG = re.compile(r"(?:[0-9a-f]{32})?")


class ErasedError(LedgerError):
    """What is asked for was sealed under a key that has been destroyed."""

    status = 410
    kind = "erased"

    def __init__(self, at: float, *, expired: bool = False) -> None:
        what = "no longer kept since" if expired else "erased on"
        super().__init__(f"{what} {time.strftime('%Y-%m-%d %H:%M UTC', time.gmtime(at))}")
        self.at = at
        """Unix seconds."""


class DataKey(msgspec.Struct):
    """An unwrapped key."""

    head: bytes
    """How its envelopes begin."""
    aead: AESGCM
    bound: bytes
    """What its envelopes are bound to, before the context."""
    seals: int = 0


class Keyring:
    """Keys by who owns them and by their ids. Every method may be called from any thread."""

    def __init__(self, slots: KeySlots, wrap: bytes) -> None:
        """Unwrap what is in `slots` with the key `wrap`."""
        self._slots = slots
        self._wrap = AESGCM(wrap)
        self._generation = slots.generation
        self._current: dict[tuple[str, float | None], DataKey] = {}
        self._known: dict[bytes, DataKey] = {}
        self._looking = threading.RLock()

    def sealing(self, tag: str, until: float | None) -> DataKey:
        """Return the key that the next envelope of a subject is sealed under, made if there is none.

        Raises `LedgerError`.
        """
        if self._slots.generation != self._generation:
            self.forget()
        key = self._current.get((tag, until))
        if key is None or key.seals >= MOST_SEALS:
            key = self._load(lambda: self._newest(tag, until, fresh=key is not None))
        key.seals += 1
        return key

    def opening(self, id_: bytes) -> DataKey:
        """Return the key with an id. Raises `ErasedError`, or `LedgerError` when it is not in this vault."""
        if self._slots.generation != self._generation:
            self.forget()
        return self._known.get(id_) or self._load(lambda: self._found(id_))

    def forget(self) -> None:
        """Drop the keys in memory: some may be gone."""
        with self._looking:
            generation = self._slots.generation
            self._current, self._known = {}, {}
            self._generation = generation

    def _load(self, look: Callable[[], DataKey]) -> DataKey:
        """Return what `look` finds, and remembers, while no key was destroyed."""
        with self._looking:
            while True:
                generation = self._slots.generation
                found = look()
                if self._slots.generation == generation:
                    return found
                self.forget()

    def _newest(self, tag: str, until: float | None, *, fresh: bool) -> DataKey:
        """Return the key a subject's next envelope is sealed under."""
        if not _TAG.fullmatch(tag):
            message = "a vault seals for a subject's tag, not its name"
            raise ValueError(message)
        alive = [slot for slot in self._slots.of(tag) if slot.erased is None and slot.until == until]
        found = self._loaded(alive[-1]) if alive and not fresh else None
        if found is None:
            id_, key = secrets.token_bytes(ID_BYTES), secrets.token_bytes(KEY_BYTES)
            nonce = os.urandom(NONCE_BYTES)
            wrapped = nonce + self._wrap.encrypt(nonce, key, id_ + tag.encode())
            self._slots.add(id_, tag, until, wrapped)
            found = self._remember(id_, tag, key)
        if len(self._current) >= MOST_CACHED:
            self._current.pop(next(iter(self._current)), None)
        self._current[tag, until] = found
        return found

    def _found(self, id_: bytes) -> DataKey:
        slot = self._slots.find(id_)
        if slot is None:
            message = "an envelope's key is not in this vault: it belongs to another, or was lost"
            raise LedgerError(message)
        if slot.erased is not None:
            raise ErasedError(slot.erased, expired=slot.expired)
        found = self._loaded(slot)
        if found is None:
            slot = self._slots.settled(id_)
            if slot is not None and slot.erased is not None:
                raise ErasedError(slot.erased, expired=slot.expired)
            message = "an envelope's key is gone, though nothing says that it was erased"
            raise LedgerError(message)
        return found

    def _loaded(self, slot: Slot) -> DataKey | None:
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

    def _remember(self, id_: bytes, tag: str, key: bytes) -> DataKey:
        head = VERSION + id_
        made = DataKey(head, AESGCM(key), b"%b%b " % (head, tag.encode()))
        if len(self._known) >= MOST_CACHED:
            self._known.pop(next(iter(self._known)), None)
        self._known[id_] = made
        return made
