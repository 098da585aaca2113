"""Alembic's entry: the caller hands its open connection over (workers/store/migrate.py)."""

from __future__ import annotations

from alembic import context

from workers.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
    transaction_per_migration=False,
    compare_type=True,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
