"""The ledger held against its logs: every record sealed once, and none altered since.

Logs are verified by their signatures first (`tlog.verify`); here it is what they say that is compared, entry
by entry, with the database: the record as it is stored, and each column that was copied from it.

A record names the log that it was sealed into, so that several gateways may have one server of PostgreSQL:
each answers for what names its logs, and counts what names others'. Given copies of those, it holds the
ledger against them too, but for what was said, which only their gateway's vault opens. A file of SQLite is
one gateway's: there a record that names a log which nobody has shown is not sealed.
"""

import itertools
import sqlite3
import time
from collections.abc import Collection, Iterator, Sequence
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa

from wye.config.settings import LedgerSettings
from wye.core.errors import LedgerError
from wye.ledger.database import Connected, describe, exists, locate, open_engine
from wye.ledger.entries import DIGEST, Entry, entries_from, taken_apart, unsealed
from wye.ledger.keyring import ErasedError
from wye.ledger.rows import COLUMNS, to_row
from wye.ledger.schema import request
from wye.ledger.sealer import logs
from wye.ledger.tlog.checkpoint import Checkpoint
from wye.ledger.tlog.errors import LogError
from wye.ledger.tlog.journal import journaled
from wye.ledger.tlog.log import PRIVATE
from wye.ledger.tlog.tiles import Source
from wye.ledger.vault import Vault, key_of

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
    coming: int = 0
    """Sealed, and in no checkpoint yet: the next one covers them."""
    foreign: int = 0
    """Sealed once by other gateways, whose vaults have the keys: what was sealed is not compared."""
    elsewhere: dict[str, int] = {}
    """Log → records that say they are sealed into it, where it is not here, or is an older copy."""
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
    unreceipted: Wrong = msgspec.field(default_factory=Wrong)
    """Erased, and no receipt says so: whoever altered them could have taken their keys away."""
    unreadable: Wrong = msgspec.field(default_factory=Wrong)
    """Sealed here under keys that the vault has lost."""

    @property
    def wrong(self) -> bool:
        """Whether anything is not as it must be."""
        kinds = (
            self.altered,
            self.missing,
            self.doubled,
            self.unsealed,
            self.unreceipted,
            self.unreadable,
        )
        return any(kind.count for kind in kinds)


class _Named(msgspec.Struct):
    log: str = ""


_named = msgspec.json.Decoder(_Named).decode


class SealCheck:
    """One comparison. Begin it before the logs' checkpoints are read: what was there by then is in them."""

    def __init__(self, settings: LedgerSettings, state_dir: Path) -> None:
        """Open the ledger. Raises `LedgerError` when there is none, or no vault."""
        url = locate(settings, state_dir)
        if not exists(url):
            message = f"there is no ledger at {describe(url)}"
            raise LogError(message)
        self._vault = Vault.open(state_dir, make=False)
        self._engine = open_engine(url)
        self._seen = sqlite3.connect("", isolation_level=None)  # a temporary file
        self._seen.execute("CREATE TABLE seen (id TEXT PRIMARY KEY) WITHOUT ROWID")
        self._seen.execute("BEGIN")
        self.found = Compared()
        self._erased: list[tuple[str, str]] = []
        self._own: set[str] = set()
        self._others: set[str] = set()
        self._several = url.get_backend_name() != "sqlite"  # gateways: a file is one gateway's
        self._since: float | None = None
        self._absent: dict[bool, list[Entry]] = {True: [], False: []}
        with Connected(self._engine) as connection:
            self._last = connection.scalar(sa.select(sa.func.max(request.c.seq))) or 0
        # Whatever is in the ledger by now is in a journal by now, or in tiles under a checkpoint.
        journals = [journaled(log / PRIVATE) for log in logs(state_dir)]
        self._coming = {taken_apart(entry).name for journal in journals for entry in journal}

    def close(self) -> None:
        """Let go of the database."""
        self._seen.close()
        self._vault.close()
        self._engine.dispose()

    def take(self, source: Source, signed: Checkpoint, *, own: bool = True) -> None:
        """Compare what a checkpoint covers of a log: ours, or another gateway's. Raises `LedgerError`."""
        (self._own if own else self._others).add(signed.origin)
        group: list[Entry] = []
        for entry in entries_from(source, 0, signed.size):
            group.append(taken_apart(entry))
            if len(group) == _STEP:
                self._compare(group, own=own)
                group = []
        self._compare(group, own=own)

    def finish(self, receipts: Collection[str] = ()) -> Compared:
        """Look for records that are in no log, and once more for those that were not in the ledger.

        `receipts` are the ids of the keys that receipts of erasures name.
        """
        deadline = time.monotonic() + _ON_THEIR_WAY_SECONDS
        while any(self._absent.values()) and time.monotonic() < deadline:
            time.sleep(0.1)
            absent, self._absent = self._absent, {True: [], False: []}
            for own, again in absent.items():
                for first in range(0, len(again), _STEP):
                    self._hold(again[first : first + _STEP], own=own)
        for entry in itertools.chain.from_iterable(self._absent.values()):
            self.found.missing.add(entry.name)
        for name, key in self._erased:
            if key in receipts:
                self.found.erased += 1
            else:
                self.found.unreceipted.add(name)
        self.found.since = self._since or 0.0
        for group in _groups(self._not_sealed()):
            self._account_for(group)
        return self.found

    def _compare(self, group: Sequence[Entry], *, own: bool) -> None:
        fresh: list[Entry] = []
        for entry in group:
            if self._seen.execute("INSERT OR IGNORE INTO seen VALUES (?)", (entry.name,)).rowcount:
                fresh.append(entry)
            else:
                self.found.doubled.add(entry.name)
        self._hold(fresh, own=own)

    def _hold(self, group: Sequence[Entry], *, own: bool) -> None:
        columns = [request.c[name] for name in COLUMNS]
        query = sa.select(*columns).where(request.c.id.in_([entry.name for entry in group]))
        with Connected(self._engine) as connection:
            rows: dict[str, Row] = {row[0]: tuple(row) for row in connection.execute(query)}
        for entry in group:
            row = rows.get(entry.name)
            if row is None:
                self._absent[own].append(entry)
                continue
            self._since = row[1] if self._since is None else min(self._since, row[1])
            self._judge(entry, row, own=own)

    def _judge(self, entry: Entry, row: Row, *, own: bool) -> None:
        """Hold one record against what was sealed of it."""
        found = self.found
        try:
            plain = unsealed(self._vault, entry)
        except ErasedError:
            self._erased.append((entry.name, key_of(entry.envelope)))
        except LedgerError:
            if own:
                found.unreadable.add(entry.name)
            else:
                found.foreign += 1
        else:
            if _same(entry, plain, row):
                found.records += 1
            else:
                found.altered.add(entry.name)

    def _not_sealed(self) -> Iterator[tuple[str, float]]:
        """Yield records that no log has, by id, of those that were there at the beginning."""
        query = sa.select(request.c.id, request.c.at).where(request.c.seq <= self._last)
        with Connected(self._engine) as connection:
            for id_, at in connection.execution_options(yield_per=1000).execute(query):
                if self._seen.execute("SELECT 1 FROM seen WHERE id = ?", (id_,)).fetchone() is None:
                    yield id_, at

    def _account_for(self, group: Sequence[tuple[str, float]]) -> None:
        """Say of records that no log has whether one should."""
        query = sa.select(request.c.id, request.c.record).where(request.c.id.in_([id_ for id_, _ in group]))
        with Connected(self._engine) as connection:
            into = {id_: _log_of(text) for id_, text in connection.execute(query)}
        for id_, at in group:
            log = into.get(id_, "")
            if id_ in self._coming:
                self.found.coming += 1
            elif log and log not in self._own and (self._several or log in self._others):
                self.found.elsewhere[log] = self.found.elsewhere.get(log, 0) + 1
            elif log or self._since is None or at >= self._since:
                self.found.unsealed.add(id_)
            else:
                self.found.before += 1


def _groups(rows: Iterator[tuple[str, float]]) -> Iterator[list[tuple[str, float]]]:
    while group := list(itertools.islice(rows, _STEP)):
        yield group


def _log_of(record: str) -> str:
    """Return which log a record says that it is sealed into; empty = it does not say."""
    try:
        return _named(record).log
    except (msgspec.DecodeError, UnicodeEncodeError):
        return ""


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
