"""What a person said, on its way to the disk and back: sealed under their key, opened for readers.

Of a record that is its content, where config keeps it, and, where it is known whose it is, errors: an
upstream may quote in one what it was asked. All else in a record is about the request, not of it. Sealed
text is an envelope of the vault in base64, bound to the record's id and to what it is there.

Rules:

- The vault is opened when there is something to seal or open: who keeps nothing has none.
- What cannot be sealed is not written, so the answer is not given. What cannot be opened says why.
"""

import base64
import logging
import os
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import msgspec

from wye.core.errors import LedgerError
from wye.core.record import Attempt, Record
from wye.ledger.erasure import Erasures
from wye.ledger.keyring import ErasedError
from wye.ledger.vault import Vault

log = logging.getLogger(__name__)

MARK = "wye-sealed:"
DAY = 86_400


def forever(_: Iterable[str]) -> int | None:
    """Retain whatever the labels are."""
    return None


class Sealing:
    """Seals and opens texts. Every method may be called from any thread, and raises `LedgerError`."""

    def __init__(self, state_dir: Path, environ: Mapping[str, str] = os.environ) -> None:
        self.retain_days: Callable[[Iterable[str]], int | None] = forever
        """How many days what carries these labels is kept; None = for as long as the ledger is."""
        self._state_dir = state_dir
        self._environ = environ
        self._vault: Vault | None = None
        self._opening = threading.Lock()

    @property
    def exists(self) -> bool:
        """Whether anything was ever sealed here."""
        return self._vault is not None or (self._state_dir / "vault").exists()

    @property
    def vault(self) -> Vault:
        """The vault, opened and if need be made."""
        vault = self._vault
        if vault is None:
            with self._opening:
                vault = self._vault = self._vault or self._opened()
        return vault

    def _opened(self) -> Vault:
        """Open the vault; what an older one, put back, has of the erased goes again."""
        vault = Vault.open(self._state_dir, self._environ)
        back = Erasures(self._state_dir, vault).again()
        if back:
            log.warning("%d keys of subjects that were erased had come back, and are gone again", back)
        return vault

    @property
    def unsynced(self) -> bool:
        """Whether a power loss could take a key that something was sealed under here."""
        return self._vault is not None and self._vault.unsynced

    def sync(self) -> None:
        """Wait until the disk has the keys of what was sealed."""
        if self.unsynced:
            self.vault.sync()

    def close(self) -> None:
        """Let go of the vault."""
        self.sync()
        vault, self._vault = self._vault, None
        if vault is not None:
            vault.close()

    def seal(self, tag: str, text: str, context: str, until: float | None = None) -> str:
        """Return `text` sealed for the subject with this tag; see `Vault.seal`."""
        envelope = self.vault.seal(tag, text.encode("utf-8", "replace"), context.encode(), until)
        return MARK + base64.b64encode(envelope).decode("ascii")

    def open(self, text: str, context: str) -> str:
        """Return what was sealed; what never was as it is. Raises `ErasedError` and `LedgerError`."""
        if not text.startswith(MARK):
            return text
        if not self.exists:
            message = f"what is sealed cannot be read without the vault in {self._state_dir}"
            raise LedgerError(message)
        try:
            envelope = base64.b64decode(text[len(MARK) :], validate=True)
        except ValueError:
            message = "this is no envelope"
            raise LedgerError(message) from None
        return self.vault.unseal(envelope, context.encode()).decode()

    def owner(self, text: str) -> str:
        """Return the tag of who owns what is sealed; empty = nobody does, or it never was sealed."""
        if not text.startswith(MARK):
            return ""
        return self.vault.owner(base64.b64decode(text[len(MARK) :]))

    def until(self, at: float, labels: Iterable[str]) -> float | None:
        """Return when what came at `at` with these labels is no longer kept, Unix seconds: a day's end."""
        days = self.retain_days(labels)
        return None if days is None else (at // DAY + days + 1) * DAY

    def sealed(self, record: Record) -> Record:
        """Return a record as it may be written."""

        def seal(text: str, what: str) -> str:
            until = self.until(record.at, (*record.labels, *record.answer_labels))
            return self.seal(record.subject, text, f"{what} {record.id}", until) if text else ""

        changed: dict[str, object] = {}
        if record.content:
            changed["content"] = seal(record.content, "content")
        if record.subject and record.error:
            changed["error"] = seal(record.error, "error")
        if record.subject and any(attempt.error for attempt in record.attempts):
            changed["attempts"] = _each(record.attempts, seal)
        return msgspec.structs.replace(record, **changed) if changed else record

    def opened(self, record: Record) -> Record:
        """Return a record as it was before `sealed`; what cannot be opened says why."""
        changed: dict[str, object] = {}
        if record.content.startswith(MARK):
            try:
                changed["content"] = self.open(record.content, f"content {record.id}")
            except ErasedError as error:
                changed["content"] = msgspec.json.encode({"erased": error.message}).decode()
            except LedgerError as error:
                changed["content"] = msgspec.json.encode({"unreadable": error.message}).decode()
        if record.error.startswith(MARK):
            changed["error"] = self._told(record.error, f"error {record.id}")
        if any(attempt.error.startswith(MARK) for attempt in record.attempts):
            changed["attempts"] = _each(
                record.attempts, lambda text, what: self._told(text, f"{what} {record.id}")
            )
        return msgspec.structs.replace(record, **changed) if changed else record

    def _told(self, text: str, context: str) -> str:
        try:
            return self.open(text, context)
        except LedgerError as error:
            return f"({error.message})"


def _each(attempts: Iterable[Attempt], change: Callable[[str, str], str]) -> tuple[Attempt, ...]:
    return tuple(
        msgspec.structs.replace(attempt, error=change(attempt.error, f"attempt {number} of"))
        for number, attempt in enumerate(attempts)
    )
