"""What kind of work a request was, where a route had to look."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Take the step. Nobody looked at older requests."""
    op.add_column("request", sa.Column("task", sa.Text()))
