"""Ids of answers that a request may go on from, and the table `turn` of conversations that wye keeps."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_ID = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Take the step."""
    op.add_column("request", sa.Column("response", _ID))
    given = sa.text("response IS NOT NULL")
    op.create_index("request_response", "request", ["response"], sqlite_where=given, postgresql_where=given)
    op.create_table(
        "turn",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("previous", _ID),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("expires", sa.Double(), nullable=False),
        sa.Column("deployment", sa.Text(), nullable=False),
        sa.Column("labels", sa.Text(), nullable=False),
        sa.Column("input", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
    )
    op.create_index("turn_expires", "turn", ["expires"])
