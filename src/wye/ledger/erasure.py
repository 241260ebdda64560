"""Erasing a person: their keys are destroyed, and a receipt says so in a log that others can check.

    STATE/erasures/    a transparency log (see `tlog`) of its own: one entry a receipt

A receipt names the subject's tag and the ids of the keys that are gone, and nothing that tells who it was. It
is public, signed by the log's checkpoint. An older key store, put back from a backup, is held against the
receipts it has not seen: what they name goes again.

Rules:

- Keys go first, then the receipt is written: what a receipt says has happened. A kill in between leaves a
  subject without a receipt, and erasing again writes it.
- To erase again changes nothing, and returns the receipt of the first time.
"""

import secrets
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from wye.ledger.entries import entries_from
from wye.ledger.spool import Lock, private_directory
from wye.ledger.tlog.errors import TamperedError
from wye.ledger.tlog.log import PUBLIC, Log, own_key, published
from wye.ledger.tlog.note import VerifierKey
from wye.ledger.tlog.proof import prove
from wye.ledger.tlog.store import directory_source
from wye.ledger.tlog.tiles import CHECKPOINT, Source
from wye.ledger.vault import Destroyed, Vault

FOLDER = "erasures"
MOST_KEYS = 1_000
"""In one receipt, of which an entry's 64 KiB hold 1,800."""


class Receipt(msgspec.Struct, frozen=True):
    """That a subject's keys are gone."""

    subject: str
    """The subject's tag."""
    keys: tuple[str, ...]
    """Ids of the keys, hex; none = nothing of the subject was ever sealed."""
    at: float
    """When they went, Unix seconds."""
    kind: str = "erasure"


class Issued(msgspec.Struct, frozen=True):
    """A receipt, and where it is."""

    receipt: Receipt
    index: int
    """Of the entry in the log."""
    destroyed: int
    """How many keys were there until now; 0 = it had been erased before, or there was nothing."""


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Receipt).decode


class Erasures:
    """The receipts of a state directory. One thread's."""

    def __init__(self, state_dir: Path, vault: Vault) -> None:
        self.directory = state_dir / FOLDER
        self._vault = vault

    def erase(self, tags: Sequence[str]) -> list[Issued]:
        """Destroy the keys of the subjects with these tags; each has a receipt when this returns.

        Raises `LedgerError`. May be repeated.
        """
        private_directory(self.directory)
        with Lock(self.directory / "lock", wait=True):
            gone = self._vault.erase(tags)
            before = self._before({one.subject for one in gone if not one.destroyed})
            with self._log() as log:
                issued = self._issue(log, gone, before)
                log.wait_published(log.size)
                self._vault.applied = log.size
        return issued

    def redo(self, receipts: Sequence[Receipt]) -> int:
        """Destroy what receipts name that were kept elsewhere, and keep those that are not here.

        Return how many keys were still there. Raises `LedgerError`.
        """
        private_directory(self.directory)
        with Lock(self.directory / "lock", wait=True):
            back = apply(self._vault, receipts)
            known = {receipt for _, receipt in self.receipts()}
            new = [one for one in receipts if one not in known and self._vault.knows(one.keys)]
            with self._log() as log:
                log.wait_published(log.append([_encode(one) for one in new]))
                self._vault.applied = log.size
        return back

    def _log(self) -> Log:
        return Log(self.directory, origin=f"{FOLDER}/{secrets.token_hex(8)}")

    def _issue(self, log: Log, gone: Iterable[Destroyed], before: dict[str, list[Issued]]) -> list[Issued]:
        issued = []
        for one in gone:
            known = before.get(one.subject, [])
            named = {key for earlier in known for key in earlier.receipt.keys}
            if known and named.issuperset(one.keys):
                issued.append(known[-1])
                continue
            for first in range(0, max(len(one.keys), 1), MOST_KEYS):
                receipt = Receipt(one.subject, one.keys[first : first + MOST_KEYS], one.at)
                size = log.append([_encode(receipt)])
                issued.append(Issued(receipt, size - 1, one.destroyed if not first else 0))
        return issued

    def _before(self, tags: set[str]) -> dict[str, list[Issued]]:
        found: dict[str, list[Issued]] = {}
        if tags:
            for index, receipt in self.receipts():
                if receipt.subject in tags:
                    found.setdefault(receipt.subject, []).append(Issued(receipt, index, 0))
        return found

    def receipts(self, first: int = 0) -> Iterator[tuple[int, Receipt]]:
        """Yield (index, receipt) from `first` on. Raises `LedgerError` for a log that is damaged."""
        source = directory_source(self.directory / PUBLIC)
        return enumerate(receipts_in(source, self.size, first), first)

    @property
    def size(self) -> int:
        """How many receipts there are."""
        if not (self.directory / PUBLIC / CHECKPOINT).exists():
            return 0
        return published(self.directory / PUBLIC).size

    @property
    def key(self) -> VerifierKey:
        """The key that signs the log."""
        return own_key(self.directory / PUBLIC)

    def proof(self, index: int) -> str:
        """Return the `tlog-proof` of a receipt."""
        source = directory_source(self.directory / PUBLIC)
        return prove(source, index, self._checkpoint()).encode().decode()

    def again(self) -> int:
        """Destroy what receipts name and an older key store has brought back; return how many keys."""
        seen, size = self._vault.applied, self.size
        if seen >= size:
            return 0
        back = apply(self._vault, (receipt for _, receipt in self.receipts(seen)))
        self._vault.applied = size
        return back

    def _checkpoint(self) -> bytes:
        try:
            return (self.directory / PUBLIC / CHECKPOINT).read_bytes()
        except OSError as error:
            message = f"the receipts in {self.directory} cannot be read: {error.strerror}"
            raise TamperedError(message) from error


def apply(vault: Vault, receipts: Iterable[Receipt]) -> int:
    """Destroy what receipts name, wherever they come from; return how many keys were still there."""
    return sum(vault.destroy(receipt.keys, receipt.at) for receipt in receipts)


def receipts_in(source: Source, size: int, first: int = 0) -> Iterator[Receipt]:
    """Yield the receipts [first, size) of a log. Raises `TamperedError` for a log that is damaged."""
    for entry in entries_from(source, first, size):
        try:
            yield _decode(entry)
        except msgspec.DecodeError as error:
            message = f"an entry is no receipt of an erasure: {error}"
            raise TamperedError(message) from None
