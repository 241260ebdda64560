"""Reading the ledger: filter, follow, explain, and sum money exactly."""

import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, NamedTuple, Self, get_args

import msgspec
import sqlalchemy as sa

from wye.config.settings import LedgerSettings
from wye.core.errors import LedgerError, NotFoundError
from wye.core.record import Record
from wye.ledger import migrations
from wye.ledger.database import Connected, describe, exact_sum, exists, locate, open_engine
from wye.ledger.rows import to_record
from wye.ledger.schema import key, request
from wye.ledger.sealing import Sealing

By = Literal["model", "asked", "task", "lane", "key", "team", "day"]
GROUPS: tuple[By, ...] = get_args(By)
POLL_SECONDS = 0.25
_SETTLE = "3s"
"""How long to wait for transactions under way, and to keep new ones waiting behind."""
_OVERLAP = 4096
"""How many rows back `follow` looks again: transactions of several gateways commit out of order."""


class Filter(msgspec.Struct, frozen=True):
    """Which requests. What is None does not restrict; times are Unix seconds, `until` exclusive."""

    since: float | None = None
    until: float | None = None
    key: str | None = None
    team: str | None = None
    asked: str | None = None
    deployment: str | None = None
    lane: str | None = None
    outcome: str | None = None
    label: str | None = None
    task: str | None = None
    without: str | None = None
    """A label: requests that have it are left out."""

    def clauses(self) -> list[sa.ColumnElement[bool]]:
        """Return the filter as conditions on the table `request`."""
        c = request.c
        exact = ("key", "team", "asked", "deployment", "lane", "outcome", "task")
        found = [c[name] == value for name in exact if (value := getattr(self, name)) is not None]
        if self.since is not None:
            found.append(c.at >= self.since)
        if self.until is not None:
            found.append(c.at < self.until)
        if self.label is not None:
            found.append(("," + c.labels + ",").contains(f",{self.label},", autoescape=True))
        if self.without is not None:
            found.append(~("," + c.labels + ",").contains(f",{self.without},", autoescape=True))
        return found


class CostRow(msgspec.Struct, frozen=True):
    """What a group of requests cost in one currency. Requests that cost nothing have no currency."""

    group: str
    currency: str
    requests: int
    unknown: int
    """Requests that reached an upstream and whose cost is not known. They are not in `amount`."""
    amount: Decimal
    """The sum of the known costs, exact."""
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    reasoning_tokens: int


class LedgerRow(NamedTuple):
    """A request as the table has it."""

    seq: int
    id: str
    at: float
    key: str
    team: str
    asked: str
    task: str | None
    deployment: str
    lane: str | None
    labels: str
    outcome: str
    status: int
    attempts: int
    amount: Decimal | str | None
    currency: str
    charged: Decimal | str | None
    input_tokens: int | None
    output_tokens: int | None
    cached_tokens: int | None
    reasoning_tokens: int | None
    ttft_ms: float | None
    duration_ms: float
    record: str
    """JSON."""


class Reader:
    """Read access to a ledger that a gateway may be writing at the same time.

    A record is visible about 0.1 s after its request ended, when its group is committed. What is sealed in
    it is opened; what has been erased says so.
    """

    def __init__(self, settings: LedgerSettings, state_dir: Path) -> None:
        """Open the ledger. Raises `LedgerError` when there is none, or none this wye can read."""
        url = locate(settings, state_dir)
        if not exists(url):
            message = f"there is no ledger at {describe(url)}: start the gateway with `wye serve`"
            raise LedgerError(message)
        self._sealing = Sealing(state_dir)
        self._engine = open_engine(url)
        try:
            with self._connect() as connection:
                migrations.check(migrations.current(connection))
        except LedgerError:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()
        self._sealing.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def requests(self, filter_: Filter, limit: int | None = 50) -> Iterator[Record]:
        """Yield the latest matching records, newest first; all of them when `limit` is None."""
        c = request.c
        query = sa.select(c.record).where(*filter_.clauses()).order_by(c.at.desc(), c.seq.desc())
        with self._connect() as connection:
            for (text,) in connection.execution_options(yield_per=500).execute(query.limit(limit)):
                yield self._record(text)

    def trail(self, filter_: Filter) -> Iterator[Record]:
        """Yield all matching records, oldest first; what is sealed in them stays so."""
        c = request.c
        query = sa.select(c.record).where(*filter_.clauses()).order_by(c.at, c.seq)
        with self._connect() as connection:
            for (text,) in connection.execution_options(yield_per=500).execute(query):
                yield to_record(text)

    def follow(self, filter_: Filter, *, poll: float = POLL_SECONDS) -> Iterator[Record]:
        """Yield matching records as they are committed from now on, each once, forever."""
        c = request.c
        with self._connect() as connection:
            seen = set(connection.scalars(sa.select(c.seq).order_by(c.seq.desc()).limit(_OVERLAP)))
        while True:
            horizon = max(seen, default=0) - _OVERLAP
            with self._connect() as connection:
                new = set(connection.scalars(sa.select(c.seq).where(c.seq > horizon))) - seen
                query = sa.select(c.record).where(c.seq.in_(new), *filter_.clauses()).order_by(c.seq)
                texts = connection.scalars(query).all() if new else ()
            yield from map(self._record, texts)
            seen = {seq for seq in seen | new if seq > horizon}
            time.sleep(poll)

    def get(self, id_: str) -> Record | None:
        """Return the record with exactly this id, if it is committed."""
        with self._connect() as connection:
            text = connection.scalar(sa.select(request.c.record).where(request.c.id == id_))
        return None if text is None else self._record(text)

    def resolve(self, id_: str, *, wait: float = 1.0) -> Record:
        """Return the record with this id, or the only one whose id begins so. For who may read them all.

        Waits up to `wait` seconds for a record that is still on its way from the spool. Raises
        `NotFoundError`, also when several begin so; the message names some.
        """
        deadline = time.monotonic() + wait
        while True:
            found = self._starting_with(id_)
            if found and (len(found) == 1 or found[0][0] == id_):
                return self._record(found[0][1])
            if found:
                message = f"several records begin with '{id_}': {', '.join(row[0] for row in found)}"
                raise NotFoundError(message)
            if time.monotonic() >= deadline:
                message = f"no record '{id_}': list the latest ones with `wye requests`"
                raise NotFoundError(message)
            time.sleep(0.05)

    def cost(self, by: By, filter_: Filter = Filter()) -> list[CostRow]:  # noqa: B008  # immutable
        """Sum costs and tokens by a property of the request; days are UTC.

        `model` is the deployment that answered. Groups are sorted by name, then currency.
        """
        c = request.c
        group = self._group(by)
        unknown = sa.case((c.amount.is_(None) & (c.attempts > 0), 1), else_=0)
        tokens = [c.input_tokens, c.output_tokens, c.cached_tokens, c.reasoning_tokens]
        query = (
            sa.select(
                group,
                c.currency,
                sa.func.count(),
                sa.func.sum(unknown),
                exact_sum(c.amount, self._engine),
                *(sa.func.coalesce(sa.func.sum(column), 0) for column in tokens),
            )
            .where(*filter_.clauses())
            .group_by(group, c.currency)
        )
        with self._connect() as connection:
            rows = connection.execute(query).all()
        return sorted(
            (
                CostRow(name or "", currency, n, int(lost), Decimal(amount or 0), *map(int, counts))
                for name, currency, n, lost, amount, *counts in rows
            ),
            key=lambda row: (row.group, row.currency),
        )

    def settled(self) -> int:
        """Return the `seq` up to which every row is there that ever will be; 0 = there are none.

        SQLite numbers rows as it commits them. On PostgreSQL transactions under way are waited for, which
        keeps new ones waiting: for no longer than a commit takes, 3 s at most. Raises `LedgerError`.
        """
        newest = sa.select(sa.func.coalesce(sa.func.max(request.c.seq), 0))
        with self._connect() as connection:
            if self._engine.dialect.name == "postgresql":
                # Whoever inserts holds a lock that conflicts with this one, since before its first `seq`.
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{_SETTLE}'")
                connection.exec_driver_sql("LOCK TABLE request IN SHARE MODE")
            return int(connection.scalar(newest) or 0)

    def newest(self) -> int:
        """Return the highest `seq` there is now; 0 = there are no rows."""
        with self._connect() as connection:
            return int(connection.scalar(sa.select(sa.func.max(request.c.seq))) or 0)

    def oldest(self) -> float | None:
        """Return when the first request came, Unix seconds; None = none has."""
        with self._connect() as connection:
            at = connection.scalar(sa.select(sa.func.min(request.c.at)))
        return None if at is None else float(at)

    def rows(self, after: int, until: int | None = None) -> Iterator[LedgerRow]:
        """Yield the rows with `after` < `seq` <= `until` (None = all), in order, as of one moment."""
        c = request.c
        query = sa.select(*(c[name] for name in LedgerRow._fields)).where(c.seq > after).order_by(c.seq)
        if until is not None:
            query = query.where(c.seq <= until)
        with self._connect() as connection:
            for row in connection.execution_options(yield_per=1_000).execute(query):
                yield LedgerRow(*row)

    def id_at(self, seq: int) -> str | None:
        """Return the id of the row numbered `seq`; None = there is none."""
        with self._connect() as connection:
            return connection.scalar(sa.select(request.c.id).where(request.c.seq == seq))

    def hours(self, filter_: Filter = Filter()) -> Iterator[tuple[int, ...]]:  # noqa: B008  # immutable
        """Yield (start, requests, input, output, cached, reasoning tokens) of each hour that had requests.

        Of what clients asked: shadows and judges, which ask for no model, are left out.
        """
        c = request.c
        sqlite = self._engine.dialect.name == "sqlite"  # whose cast cuts off; PostgreSQL's rounds
        hour = sa.cast(c.at, sa.BigInteger) // 3600 if sqlite else sa.func.floor(c.at / 3600)
        tokens = [c.input_tokens, c.output_tokens, c.cached_tokens, c.reasoning_tokens]
        sums = [sa.func.coalesce(sa.func.sum(column), 0) for column in tokens]
        query = sa.select(hour, sa.func.count(), *sums).where(c.asked != "", *filter_.clauses())
        with self._connect() as connection:
            for start, *figures in connection.execute(query.group_by(hour).order_by(hour)):
                yield int(start) * 3600, *map(int, figures)

    def spent(self, key_id: str, since: float | None = None) -> Decimal:
        """Return what a key, and all keys it was rotated from or to, have used of a budget, in USD.

        That is what was charged, the worst case where a cost stayed unknown; of requests that were made
        while the key had no budget it is their known cost.

        It counts what is committed: `Ledger.open` has replayed all spools of dead processes before.
        """
        c = request.c
        family = sa.select(key.c.family).where(key.c.id == key_id).scalar_subquery()
        members = sa.select(key.c.id).where(key.c.family == family)
        used = sa.func.coalesce(c.charged, sa.case((c.currency == "USD", c.amount)))
        query = sa.select(exact_sum(used, self._engine)).where(
            (c.key == key_id) | c.key.in_(members), *Filter(since=since).clauses()
        )
        with self._connect() as connection:
            return Decimal(connection.scalar(query) or 0)

    def _group(self, by: By) -> sa.ColumnElement[Any]:
        c = request.c
        if by == "day":
            if self._engine.dialect.name == "sqlite":
                return sa.func.date(c.at, "unixepoch")
            return sa.func.to_char(sa.func.timezone("UTC", sa.func.to_timestamp(c.at)), "YYYY-MM-DD")
        return c["deployment" if by == "model" else by]

    def _starting_with(self, prefix: str) -> list[tuple[str, str]]:
        c = request.c
        query = sa.select(c.id, c.record).where(c.id >= prefix, c.id < prefix + "\U0010ffff")
        with self._connect() as connection:
            return [(row[0], row[1]) for row in connection.execute(query.order_by(c.id).limit(5))]

    def _record(self, text: str) -> Record:
        return self._sealing.opened(to_record(text))

    def _connect(self) -> Connected:
        return Connected(self._engine)
