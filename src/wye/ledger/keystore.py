"""Keys: who may call, with which scopes and limits. Secrets are shown once and stored as SHA-256.

A secret has 256 bits from the operating system, so a fast hash is enough: there is nothing to guess.
"""

import hashlib
import secrets
import time
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

import msgspec
import sqlalchemy as sa

from wye.config.settings import LedgerSettings
from wye.core.errors import NotFoundError
from wye.core.secret import Secret
from wye.ledger.database import Connected
from wye.ledger.ledger import open_database
from wye.ledger.schema import key

PREFIX = "wye_"
_SECRET_BYTES = 32


class Scope(StrEnum):
    """What a key may do."""

    INFER = "infer"
    """Send requests to models."""
    READ = "read"
    """Read the ledger and the metrics."""
    ADMIN = "admin"
    """Change keys and configuration."""


class Window(StrEnum):
    """How long a budget lasts before it starts again, in UTC."""

    DAY = "day"
    MONTH = "month"
    TOTAL = "total"


class Budget(msgspec.Struct, frozen=True):
    """At most this much USD in each window."""

    amount: Decimal
    window: Window


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """What a key allows. None = no limit."""

    name: str
    team: str = ""
    project: str = ""
    """What it is for: costs are summed by it. Requests do not carry it, their key does."""
    subject: str = ""
    """The tag (see `vault`) of whose data its requests hold, unless they say whose; empty = nobody's."""
    scopes: frozenset[Scope] = frozenset({Scope.INFER})
    labels: tuple[str, ...] = ()
    """Added to each of its requests."""
    models: tuple[str, ...] = ()
    """Globs over what a request may name in `model`; empty = all."""
    rpm: int | None = None
    tpm: int | None = None
    budget: Budget | None = None
    expires: float | None = None
    """Unix seconds."""


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """A key as stored: its grant, and the digest of its secret."""

    id: str
    digest: str
    """SHA-256 of the secret, hexadecimal."""
    family: str
    """The id of the first key of a line of rotations. Limits and budgets belong to the family."""
    grant: Grant
    created: float
    revoked: float | None = None
    rotated_from: str | None = None

    def usable(self, now: float) -> bool:
        """Whether it opens the door at `now`, Unix seconds."""
        return self.revoked is None and (self.grant.expires is None or now < self.grant.expires)


def digest(secret: str) -> str:
    """Return what is stored of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


class KeyStore:
    """The keys in the ledger's database. Reads are small; `load` is meant for a change of `version`."""

    def __init__(self, settings: LedgerSettings, state_dir: Path) -> None:
        """Open the database, making it when there is none. Raises `LedgerError`."""
        self._engine = open_database(settings, state_dir)

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def create(self, grant: Grant) -> tuple[Key, Secret]:
        """Make a key. The secret is returned here and never again."""
        return self._add(grant, family=None, rotated_from=None)

    def rotate(self, name: str, grace: float = 0.0) -> tuple[Key, Secret]:
        """Make a successor with the same grant; the old key works `grace` seconds more.

        `name` is an id, or the name of one usable key. Raises `NotFoundError`.
        """
        old = self.find(name)
        now = time.time()
        ends = now + grace if old.grant.expires is None else min(now + grace, old.grant.expires)
        made = self._add(old.grant, family=old.family, rotated_from=old.id)
        self._change(old.id, expires=ends)
        return made

    def revoke(self, name: str) -> tuple[Key, ...]:
        """End keys now: the one with this id, or all of the family with this name. Return them.

        Raises `NotFoundError`.
        """
        found = self.find(name)
        family = [k for k in self.list() if k.family == found.family] if found.id != name else [found]
        now = time.time()
        ended = tuple(msgspec.structs.replace(k, revoked=now) for k in family if k.usable(now))
        for gone in ended:
            self._change(gone.id, revoked=now)
        return ended

    def list(self) -> list[Key]:
        """Return all keys, also those that are over, oldest first."""
        with Connected(self._engine) as connection:
            rows = connection.execute(sa.select(key).order_by(key.c.created, key.c.id))
            return [_key(row) for row in rows.mappings()]

    def load(self) -> tuple[int, tuple[Key, ...]]:
        """Return `version` and all keys as of one moment."""
        with Connected(self._engine) as connection:
            rows = connection.execute(sa.select(key).order_by(key.c.created, key.c.id)).mappings().all()
        return sum(row["revision"] for row in rows), tuple(_key(row) for row in rows)

    def version(self) -> int:
        """Return a number that grows with every change to any key, whichever process made it."""
        with Connected(self._engine) as connection:
            return int(connection.scalar(sa.select(sa.func.coalesce(sa.func.sum(key.c.revision), 0))) or 0)

    def find(self, name: str) -> Key:
        """Return the key with this id, or the newest of the one family with this name.

        Revoked and expired keys are passed over. Raises `NotFoundError`.
        """
        now = time.time()
        keys = [k for k in self.list() if k.usable(now)]
        newest = {k.family: k for k in keys if k.grant.name == name}
        named = [k for k in keys if k.id == name] or list(newest.values())
        if len(named) == 1:
            return named[0]
        if named:
            message = f"{len(named)} keys are named '{name}'; say which: {', '.join(k.id for k in named)}"
        else:
            message = f"no usable key '{name}': see `wye keys list`"
        raise NotFoundError(message)

    def _add(self, grant: Grant, *, family: str | None, rotated_from: str | None) -> tuple[Key, Secret]:
        secret = PREFIX + secrets.token_urlsafe(_SECRET_BYTES)
        id_ = f"key_{secrets.token_hex(6)}"
        made = Key(
            id=id_,
            digest=digest(secret),
            family=family or id_,
            grant=grant,
            created=time.time(),
            rotated_from=rotated_from,
        )
        with Connected(self._engine) as connection, connection.begin():
            connection.execute(sa.insert(key).values(revision=1, **_columns(made)))
        return made, Secret(secret)

    def _change(self, id_: str, **values: float) -> None:
        with Connected(self._engine) as connection, connection.begin():
            change = sa.update(key).where(key.c.id == id_)
            connection.execute(change.values(revision=key.c.revision + 1, **values))


def _columns(made: Key) -> dict[str, Any]:
    grant = made.grant
    return {
        "id": made.id,
        "name": grant.name,
        "team": grant.team,
        "project": grant.project,
        "subject": grant.subject,
        "digest": made.digest,
        "family": made.family,
        "rotated_from": made.rotated_from,
        "scopes": ",".join(sorted(grant.scopes)),
        "labels": ",".join(grant.labels),
        "models": msgspec.json.encode(grant.models).decode(),
        "rpm": grant.rpm,
        "tpm": grant.tpm,
        "budget": None if grant.budget is None else str(grant.budget.amount),
        "budget_window": None if grant.budget is None else grant.budget.window.value,
        "created": made.created,
        "expires": grant.expires,
        "revoked": made.revoked,
    }


def _key(row: sa.RowMapping) -> Key:
    budget = None
    if row["budget"] is not None:
        budget = Budget(Decimal(row["budget"]), Window(row["budget_window"]))
    grant = Grant(
        name=row["name"],
        team=row["team"],
        project=row["project"],
        subject=row["subject"],
        scopes=frozenset(Scope(scope) for scope in row["scopes"].split(",") if scope),
        labels=tuple(label for label in row["labels"].split(",") if label),
        models=msgspec.json.decode(row["models"], type=tuple[str, ...]),
        rpm=row["rpm"],
        tpm=row["tpm"],
        budget=budget,
        expires=row["expires"],
    )
    return Key(
        id=row["id"],
        digest=row["digest"],
        family=row["family"],
        grant=grant,
        created=row["created"],
        revoked=row["revoked"],
        rotated_from=row["rotated_from"],
    )
