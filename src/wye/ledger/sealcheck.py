"""The ledger held against its logs: every record sealed once, and none altered since.

Logs are verified by their signatures first (`tlog.verify`); here it is what they say that is compared, entry
by entry, with the database: the record as it is stored, and each column that was copied from it.
"""

import sqlite3
import time
from collections.abc import Iterator, Sequence
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa

from wye.config.settings import LedgerSettings
from wye.ledger.database import Connected, describe, exists, locate, open_engine
from wye.ledger.entries import DIGEST, Entry, entries_from, taken_apart, unsealed
from wye.ledger.rows import COLUMNS, to_row
from wye.ledger.schema import request
from wye.ledger.tlog.errors import LogError
from wye.ledger.tlog.tiles import Source
from wye.ledger.vault import ErasedError, Vault

_STEP = 256
_MONEY = {"amount", "charged"}
NAMED = 20
"""Ids of each kind that are kept."""
_ON_THEIR_WAY_SECONDS = 3.0
"""What is sealed is in the database a moment later."""

Row = tuple[Any, ...]


class Wrong(msgspec.Struct):
    """Records of one kind: how many, and the first ids."""

    count: int = 0
    ids: list[str] = []

    def add(self, id_: str) -> None:
        """Count one."""
        self.count += 1
        if len(self.ids) < NAMED:
            self.ids.append(id_)


class Compared(msgspec.Struct):
    """What the ledger and its logs say of each other."""

    records: int = 0
    """Sealed, and as they were sealed."""
    erased: int = 0
    """Sealed, and erased since: nobody can read what was sealed."""
    before: int = 0
    """In the ledger from before the oldest record that is sealed."""
    since: float = 0.0
    """When that one came, Unix seconds."""
    altered: Wrong = msgspec.field(default_factory=Wrong)
    """Not what was sealed."""
    missing: Wrong = msgspec.field(default_factory=Wrong)
    """Sealed, and not in the ledger."""
    doubled: Wrong = msgspec.field(default_factory=Wrong)
    """Sealed more than once."""
    unsealed: Wrong = msgspec.field(default_factory=Wrong)
    """In the ledger, and not sealed."""

    @property
    def wrong(self) -> bool:
        """Whether anything is not as it must be."""
        return any(kind.count for kind in (self.altered, self.missing, self.doubled, self.unsealed))


class SealCheck:
    """One comparison. Begin it before the logs' checkpoints are read: what was there by then is in them."""

    def __init__(self, settings: LedgerSettings, state_dir: Path) -> None:
        """Open the ledger. Raises `LedgerError` when there is none."""
        url = locate(settings, state_dir)
        if not exists(url):
            message = f"there is no ledger at {describe(url)}"
            raise LogError(message)
        self._engine = open_engine(url)
        self._vault = Vault.open(state_dir)
        self._seen = sqlite3.connect("", isolation_level=None)  # a temporary file
        self._seen.execute("CREATE TABLE seen (id TEXT PRIMARY KEY) WITHOUT ROWID")
        self._seen.execute("BEGIN")
        self.found = Compared()
        self._since: float | None = None
        self._absent: list[Entry] = []
        with Connected(self._engine) as connection:
            self._last = connection.scalar(sa.select(sa.func.max(request.c.seq))) or 0

    def close(self) -> None:
        """Let go of the database."""
        self._seen.close()
        self._vault.close()
        self._engine.dispose()

    def take(self, source: Source, size: int) -> None:
        """Compare the first `size` entries of a log. Raises `LedgerError`."""
        group: list[Entry] = []
        for entry in entries_from(source, 0, size):
            group.append(taken_apart(entry))
            if len(group) == _STEP:
                self._compare(group)
                group = []
        self._compare(group)

    def finish(self) -> Compared:
        """Look for records that are in no log, and once more for those that were not in the ledger."""
        deadline = time.monotonic() + _ON_THEIR_WAY_SECONDS
        while self._absent and time.monotonic() < deadline:
            time.sleep(0.1)
            again, self._absent = self._absent, []
            for first in range(0, len(again), _STEP):
                self._hold(again[first : first + _STEP])
        for entry in self._absent:
            self.found.missing.add(entry.name)
        self.found.since = self._since or 0.0
        for id_, at in self._not_sealed():
            if self._since is None or at >= self._since:
                self.found.unsealed.add(id_)
            else:
                self.found.before += 1
        return self.found

    def _compare(self, group: Sequence[Entry]) -> None:
        fresh: list[Entry] = []
        for entry in group:
            if self._seen.execute("INSERT OR IGNORE INTO seen VALUES (?)", (entry.name,)).rowcount:
                fresh.append(entry)
            else:
                self.found.doubled.add(entry.name)
        self._hold(fresh)

    def _hold(self, group: Sequence[Entry]) -> None:
        columns = [request.c[name] for name in COLUMNS]
        query = sa.select(*columns).where(request.c.id.in_([entry.name for entry in group]))
        with Connected(self._engine) as connection:
            rows: dict[str, Row] = {row[0]: tuple(row) for row in connection.execute(query)}
        for entry in group:
            row = rows.get(entry.name)
            if row is None:
                self._absent.append(entry)
                continue
            self._since = row[1] if self._since is None else min(self._since, row[1])
            try:
                plain = unsealed(self._vault, entry)
            except ErasedError:
                self.found.erased += 1
                continue
            if _same(entry, plain, row):
                self.found.records += 1
            else:
                self.found.altered.add(entry.name)

    def _not_sealed(self) -> Iterator[tuple[str, float]]:
        """Yield records that no log has, by id, of those that were there at the beginning."""
        query = sa.select(request.c.id, request.c.at).where(request.c.seq <= self._last)
        with Connected(self._engine) as connection:
            for id_, at in connection.execution_options(yield_per=1000).execute(query):
                if self._seen.execute("SELECT 1 FROM seen WHERE id = ?", (id_,)).fetchone() is None:
                    yield id_, at


def _same(entry: Entry, plain: bytes, row: Row) -> bool:
    """Whether a row is what was sealed: the record, and every column that was copied from it."""
    text = str(row[-1]).encode()
    if (sha256(text).digest() if entry.kind == DIGEST else text) != plain:
        return False
    return all(
        got == wanted
        or (name in _MONEY and None not in (got, wanted) and Decimal(got) == Decimal(str(wanted)))
        for name, got, wanted in zip(COLUMNS, row, to_row(text), strict=True)
    )
