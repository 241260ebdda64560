"""Alembic runs this; the connection comes from `wye.ledger.migrations.upgrade`."""

from alembic import context

from wye.ledger.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
