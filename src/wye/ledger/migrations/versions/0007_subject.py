"""Whose data a key's requests hold."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Take the step. Keys made before belong to nobody."""
    op.add_column("key", sa.Column("subject", sa.Text(), nullable=False, server_default=""))
