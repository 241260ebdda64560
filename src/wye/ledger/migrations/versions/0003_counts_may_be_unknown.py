"""A count of tokens that no column holds is unknown in its column; the record keeps it."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Take the step. SQLite copies the table for it."""
    with op.batch_alter_table("request") as table:
        for name in ("input_tokens", "output_tokens", "cached_tokens", "reasoning_tokens"):
            table.alter_column(name, existing_type=sa.BigInteger(), nullable=True)
