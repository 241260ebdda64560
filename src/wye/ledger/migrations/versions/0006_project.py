"""What a key is for: its requests' costs are summed by it."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Take the step. Keys made before belong to no project."""
    op.add_column("key", sa.Column("project", sa.Text(), nullable=False, server_default=""))
