"""The tables, once for SQLite and PostgreSQL.

Money is stored exactly: NUMERIC on PostgreSQL; on SQLite, which has no decimals, as text that the
aggregate `exact_sum` (see `database`) adds up in `Decimal`. Integers of a fixed unit were no choice: a
machine-hour's share of a request has no smallest unit.
"""

import sqlalchemy as sa

metadata = sa.MetaData()

Money = sa.Numeric().with_variant(sa.Text(), "sqlite")
Sequence = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""SQLite numbers rows itself only where the type is exactly INTEGER."""
Id = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
"""Compared byte by byte, so that a prefix is a range."""

request = sa.Table(
    "request",
    metadata,
    sa.Column("seq", Sequence, primary_key=True),
    sa.Column("id", Id, nullable=False),
    sa.Column("at", sa.Double(), nullable=False),
    sa.Column("key", sa.Text(), nullable=False),
    sa.Column("team", sa.Text(), nullable=False),
    sa.Column("asked", sa.Text(), nullable=False),
    sa.Column("deployment", sa.Text(), nullable=False),
    sa.Column("lane", sa.Text()),
    sa.Column("outcome", sa.Text(), nullable=False),
    sa.Column("status", sa.BigInteger(), nullable=False),
    sa.Column("labels", sa.Text(), nullable=False),
    sa.Column("attempts", sa.BigInteger(), nullable=False),
    sa.Column("amount", Money),
    sa.Column("currency", sa.Text(), nullable=False),
    sa.Column("charged", Money),
    sa.Column("input_tokens", sa.BigInteger()),
    sa.Column("output_tokens", sa.BigInteger()),
    sa.Column("cached_tokens", sa.BigInteger()),
    sa.Column("reasoning_tokens", sa.BigInteger()),
    sa.Column("ttft_ms", sa.Double()),
    sa.Column("duration_ms", sa.Double(), nullable=False),
    sa.Column("response", Id),
    sa.Column("task", sa.Text()),
    sa.Column("record", sa.Text(), nullable=False),
    sa.Index("request_id", "id", unique=True),
    sa.Index("request_at", "at"),
    sa.Index("request_key_at", "key", "at"),
    sa.Index(
        "request_response",
        "response",
        sqlite_where=sa.text("response IS NOT NULL"),
        postgresql_where=sa.text("response IS NOT NULL"),
    ),
)
"""One row a request. `record` is all of it as JSON; the other columns are copies to filter and sum by."""

key = sa.Table(
    "key",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("revision", sa.BigInteger(), nullable=False),
    sa.Column("name", sa.Text(), nullable=False),
    sa.Column("team", sa.Text(), nullable=False),
    sa.Column("digest", sa.Text(), nullable=False),
    sa.Column("family", sa.Text(), nullable=False),
    sa.Column("rotated_from", sa.Text()),
    sa.Column("scopes", sa.Text(), nullable=False),
    sa.Column("labels", sa.Text(), nullable=False),
    sa.Column("models", sa.Text(), nullable=False),
    sa.Column("rpm", sa.BigInteger()),
    sa.Column("tpm", sa.BigInteger()),
    sa.Column("budget", Money),
    sa.Column("budget_window", sa.Text()),
    sa.Column("created", sa.Double(), nullable=False),
    sa.Column("expires", sa.Double()),
    sa.Column("revoked", sa.Double()),
    sa.Column("project", sa.Text(), nullable=False, server_default=""),
    sa.Column("subject", sa.Text(), nullable=False, server_default=""),
    sa.Index("key_digest", "digest", unique=True),
)
"""One row a key; never deleted, since records name it. `digest` is the SHA-256 of its secret."""

turn = sa.Table(
    "turn",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("owner", sa.Text(), nullable=False),
    sa.Column("previous", Id),
    sa.Column("at", sa.Double(), nullable=False),
    sa.Column("expires", sa.Double(), nullable=False),
    sa.Column("deployment", sa.Text(), nullable=False),
    sa.Column("labels", sa.Text(), nullable=False),
    sa.Column("input", sa.Text(), nullable=False),
    sa.Column("answer", sa.Text(), nullable=False),
    sa.Index("turn_expires", "expires"),
)
"""One row a turn of a conversation that wye itself keeps, where config says so; deleted when it expires.

`input` is a JSON array of what the turn brought, `answer` the whole response object.
"""
