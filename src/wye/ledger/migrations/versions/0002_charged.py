"""What a request counted against its key's budget."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Take the step. Of older requests only the cost is known, and counts."""
    op.add_column("request", sa.Column("charged", sa.Numeric().with_variant(sa.Text(), "sqlite")))
