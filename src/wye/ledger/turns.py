"""Answers that a request may go on from: those an upstream holds, and those wye keeps itself.

Of what an upstream holds there is nothing here but its name: it stands in the request's record, so that
it is as safe from a kill as the record is. What wye keeps, where config says so, is a row a turn in the
table `turn`, committed before the answer's last bytes leave, and deleted when it expires.

What was said in a turn is sealed under the key of its subject (see `sealing`).

An answer belongs to its `owner`: a key, and those it was rotated from or to. For others it does not exist.
"""

import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import msgspec
import sqlalchemy as sa

from wye.config.settings import LedgerSettings
from wye.core.errors import TooLargeError
from wye.core.label import Labels
from wye.ledger.database import Connected
from wye.ledger.entry import sticking
from wye.ledger.ledger import open_database
from wye.ledger.schema import key, request, turn
from wye.ledger.sealing import Sealing

_SAID = ("input", "answer")
MAX_TURNS = 10_000
"""Of one conversation."""


class Held(msgspec.Struct, frozen=True):
    """An answer that an upstream holds."""

    deployment: str
    labels: Labels
    subject: str = ""
    """The tag of whose data it is; empty = nobody's."""


class _Owned(msgspec.Struct):
    subject: str = ""
    origins: tuple[str, ...] = ()


_owned = msgspec.json.Decoder(_Owned).decode


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """An answer that wye keeps, with what was asked for it."""

    id: str
    owner: str
    previous: str | None
    """The turn before it; None = it is the first."""
    at: float
    """Unix seconds."""
    expires: float
    deployment: str
    labels: Labels
    input: str
    """JSON array: the items that this turn brought."""
    answer: str
    """JSON object: the whole response."""
    subject: str = ""
    """The tag of whose data it is; empty = nobody's."""
    unnamed: Labels = frozenset()
    """The default, where that holds: it says how long this is kept, and nothing of what goes on from it."""


class Turns:
    """Turns and holders, by the id of their answer. Every method may be called from any thread."""

    def __init__(self, settings: LedgerSettings, state_dir: Path, sealing: Sealing | None = None) -> None:
        """Open the ledger's database. Raises `LedgerError`; so does everything below when it is away."""
        self.sealing = sealing or Sealing(state_dir)
        self._engine = open_database(settings, state_dir)
        self.shared = self._engine.dialect.name != "sqlite"
        """Other gateways are likely to write to it, so that what is not there may be on its way. With SQLite
        there is mostly one; what a second one wrote is found once it is committed."""
        if not self.shared:
            sa.event.listen(self._engine, "connect", _like_the_spool)
            self._engine.dispose()  # what connected before it was told
        # SQLite has one writer, and who meets another sleeps for up to 0.1 s at a time: queue here instead.
        self._writing = threading.Lock()

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def held(self, id_: str, owner: str, since: float) -> Held | None:
        """Return who holds the answer `id_` that `owner` got at `since` (Unix seconds) or later."""
        with Connected(self._engine) as connection:
            row = connection.execute(_HELD, {"id_": id_, "owner": owner, "since": since}).first()
        if row is None:
            return None
        owned = _owned(row.record)
        return Held(row.deployment, sticking(owned.origins), owned.subject)

    def keep(self, made: Turn) -> None:
        """Keep a turn. What came before it lives as long as it does."""
        values = self._sealed(made)
        with self._writing, Connected(self._engine) as connection, connection.begin():
            connection.execute(_KEEP, values)
            if made.previous is not None:
                before = _whose(made.previous, made.owner, made.at)
                connection.execute(_LIVE_ON, before | {"until": made.expires})

    def get(self, id_: str, owner: str, now: float) -> Turn | None:
        """Return one turn."""
        with Connected(self._engine) as connection:
            row = connection.execute(_GET, _whose(id_, owner, now)).mappings().first()
        return None if row is None else self._opened(row)

    def conversation(self, id_: str, owner: str, now: float, most: int) -> Sequence[Turn]:
        """Return the turns up to and with `id_`, first to last; none if it, or one before it, is not there.

        Raises `TooLargeError` for more than `most` bytes of them.
        """
        found: list[Turn] = []
        size = 0
        with (
            Connected(self._engine) as connection,
            connection.execution_options(yield_per=100).execute(
                _CONVERSATION, _whose(id_, owner, now)
            ) as rows,
        ):
            for row in rows.mappings():
                found.append(self._opened(row))
                size += len(found[-1].input) + len(found[-1].answer)
                if size > most:
                    message = f"the conversation before '{id_}' is larger than {most} bytes: begin a new one"
                    raise TooLargeError(message, param="previous_response_id")
        found.reverse()
        return found if found and found[0].previous is None else ()

    def delete(self, id_: str, owner: str, now: float) -> bool:
        """Delete one turn; a conversation that went through it cannot go on. False = there was none."""
        with self._writing, Connected(self._engine) as connection, connection.begin():
            return connection.execute(_DELETE, _whose(id_, owner, now)).rowcount > 0

    def sweep(self, now: float) -> int:
        """Delete what has expired; return how many turns that were."""
        with self._writing, Connected(self._engine) as connection, connection.begin():
            return connection.execute(sa.delete(turn).where(turn.c.expires <= now)).rowcount

    def _sealed(self, made: Turn) -> dict[str, Any]:
        """Return a turn's row."""
        until = self.sealing.until(made.at, made.labels | made.unnamed)
        values = msgspec.structs.asdict(made) | {"labels": ",".join(sorted(made.labels))}
        if until is not None:
            values["expires"] = min(made.expires, until)
        tag = values.pop("subject")
        del values["unnamed"]
        for name in _SAID:
            values[name] = self.sealing.seal(tag, values[name], f"{name} {made.id}", until)
        return values

    def _opened(self, row: sa.RowMapping) -> Turn:
        """Return a row's turn. Raises `ErasedError`."""
        values: dict[str, Any] = dict(row)
        said = {name: self.sealing.open(row[name], f"{name} {row['id']}") for name in _SAID}
        subject = self.sealing.owner(row["answer"])
        return Turn(**values | said | {"labels": _labels(row["labels"]), "subject": subject})


def _like_the_spool(connection: sqlite3.Connection, _: object) -> None:
    """Be safe from a kill, and leave it to the ledger's writer to be safe from a loss of power."""
    connection.execute("PRAGMA synchronous = NORMAL")


def _whose(id_: str, owner: str, now: float) -> dict[str, object]:
    return {"id_": id_, "owner_": owner, "now": now}


_ALIVE = (
    turn.c.id == sa.bindparam("id_"),
    turn.c.owner == sa.bindparam("owner_"),
    turn.c.expires > sa.bindparam("now"),
)


def _chain() -> sa.CTE:
    """Return the ids of the turns from one back to the first, with how far back each is."""
    last = sa.select(turn.c.id, turn.c.previous, sa.literal(0).label("depth"))
    chain = last.where(*_ALIVE).cte("chain", recursive=True)
    before = sa.select(turn.c.id, turn.c.previous, chain.c.depth + 1).join(
        chain, turn.c.id == chain.c.previous
    )
    return chain.union_all(before.where(*_ALIVE[1:], chain.c.depth < MAX_TURNS))


# Statements are made once: to build one takes longer than to run it.
_CHAIN = _chain()
_FAMILY = sa.select(key.c.family).where(key.c.id == request.c.key).scalar_subquery()
_HELD = (
    sa.select(request.c.deployment, request.c.record)
    .where(
        request.c.response == sa.bindparam("id_"),
        request.c.at >= sa.bindparam("since"),
        sa.func.coalesce(_FAMILY, request.c.key) == sa.bindparam("owner"),
    )
    .order_by(request.c.seq.desc())
    .limit(1)
)
_KEEP = sa.insert(turn)
_LIVE_ON = (
    sa.update(turn)
    .where(turn.c.id.in_(sa.select(_CHAIN.c.id)), turn.c.expires < sa.bindparam("until"))
    .values(expires=sa.bindparam("until"))
)
_GET = sa.select(turn).where(*_ALIVE)
_CONVERSATION = sa.select(turn).join(_CHAIN, turn.c.id == _CHAIN.c.id).order_by(_CHAIN.c.depth)
_DELETE = sa.delete(turn).where(*_ALIVE)


def _labels(text: str) -> Labels:
    return frozenset(label for label in text.split(",") if label)
