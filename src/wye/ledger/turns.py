"""Answers that a request may go on from: those an upstream holds, and those wye keeps itself.

Of what an upstream holds there is nothing here but its name: it stands in the request's record, so that
it is as safe from a kill as the record is. What wye keeps, where config says so, is a row a turn in the
table `turn`, committed before the answer's last bytes leave, and deleted when it expires.

An answer belongs to its `owner`: a key, and those it was rotated from or to. For others it does not exist.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import msgspec
import sqlalchemy as sa

from wye.config.settings import LedgerSettings
from wye.core.errors import TooLargeError
from wye.core.label import Labels
from wye.ledger.database import Connected
from wye.ledger.ledger import open_database
from wye.ledger.schema import key, request, turn

MAX_TURNS = 10_000
"""Of one conversation."""


class Held(msgspec.Struct, frozen=True):
    """An answer that an upstream holds."""

    deployment: str
    labels: Labels


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


class Turns:
    """Turns and holders, by the id of their answer. Every method may be called from any thread."""

    def __init__(self, settings: LedgerSettings, state_dir: Path) -> None:
        """Open the ledger's database. Raises `LedgerError`; so does everything below when it is away."""
        self._engine = open_database(settings, state_dir)

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def held(self, id_: str, owner: str, since: float) -> Held | None:
        """Return who holds the answer `id_` that `owner` got at `since` (Unix seconds) or later."""
        c = request.c
        family = sa.select(key.c.family).where(key.c.id == c.key).scalar_subquery()
        query = (
            sa.select(c.deployment, c.labels)
            .where(c.response == id_, c.at >= since, sa.func.coalesce(family, c.key) == owner)
            .order_by(c.seq.desc())
            .limit(1)
        )
        with Connected(self._engine) as connection:
            row = connection.execute(query).first()
        return None if row is None else Held(row.deployment, _labels(row.labels))

    def keep(self, made: Turn) -> None:
        """Keep a turn. What came before it lives as long as it does."""
        values = msgspec.structs.asdict(made) | {"labels": ",".join(sorted(made.labels))}
        with Connected(self._engine) as connection, connection.begin():
            connection.execute(sa.insert(turn).values(**values))
            if made.previous is not None:
                before = _chain(made.previous, made.owner, made.at)
                connection.execute(
                    sa.update(turn)
                    .where(turn.c.id.in_(sa.select(before.c.id)), turn.c.expires < made.expires)
                    .values(expires=made.expires)
                )

    def get(self, id_: str, owner: str, now: float) -> Turn | None:
        """Return one turn."""
        query = sa.select(turn).where(*_alive(id_, owner, now))
        with Connected(self._engine) as connection:
            row = connection.execute(query).mappings().first()
        return None if row is None else _turn(row)

    def conversation(self, id_: str, owner: str, now: float, most: int) -> Sequence[Turn]:
        """Return the turns up to and with `id_`, first to last; none if it, or one before it, is not there.

        Raises `TooLargeError` for more than `most` bytes of them.
        """
        chain = _chain(id_, owner, now)
        query = sa.select(turn).join(chain, turn.c.id == chain.c.id).order_by(chain.c.depth)
        found: list[Turn] = []
        size = 0
        with (
            Connected(self._engine) as connection,
            connection.execution_options(yield_per=100).execute(query) as rows,
        ):
            for row in rows.mappings():
                found.append(_turn(row))
                size += len(row["input"]) + len(row["answer"])
                if size > most:
                    message = f"the conversation before '{id_}' is larger than {most} bytes: begin a new one"
                    raise TooLargeError(message, param="previous_response_id")
        found.reverse()
        return found if found and found[0].previous is None else ()

    def delete(self, id_: str, owner: str, now: float) -> bool:
        """Delete one turn; a conversation that went through it cannot go on. False = there was none."""
        with Connected(self._engine) as connection, connection.begin():
            return connection.execute(sa.delete(turn).where(*_alive(id_, owner, now))).rowcount > 0

    def sweep(self, now: float) -> int:
        """Delete what has expired; return how many turns that were."""
        with Connected(self._engine) as connection, connection.begin():
            return connection.execute(sa.delete(turn).where(turn.c.expires <= now)).rowcount


def _alive(id_: str, owner: str, now: float) -> tuple[sa.ColumnElement[bool], ...]:
    return turn.c.id == id_, turn.c.owner == owner, turn.c.expires > now


def _chain(id_: str, owner: str, now: float) -> sa.CTE:
    """Return the ids of the turns from `id_` back to the first, with how far back each is."""
    last = sa.select(turn.c.id, turn.c.previous, sa.literal(0).label("depth"))
    chain = last.where(*_alive(id_, owner, now)).cte("chain", recursive=True)
    before = sa.select(turn.c.id, turn.c.previous, chain.c.depth + 1).join(
        chain, turn.c.id == chain.c.previous
    )
    alive = turn.c.owner == owner, turn.c.expires > now, chain.c.depth < MAX_TURNS
    return chain.union_all(before.where(*alive))


def _labels(text: str) -> Labels:
    return frozenset(label for label in text.split(",") if label)


def _turn(row: sa.RowMapping) -> Turn:
    values: dict[str, Any] = dict(row)
    return Turn(**values | {"labels": _labels(row["labels"])})
