"""Brings the database to the tables of this version by Alembic's migrations."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from workers.store.engine import Store

MIGRATIONS = Path(__file__).with_name("migrations")
LOCK = 0x6E69616E
"""PostgreSQL advisory lock: of several processes that start at once, one migrates."""


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


def head() -> str:
    """The newest revision that this version knows."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def current(store: Store) -> str | None:
    """The revision that the database has; None where it is empty."""
    with store.read() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def upgrade(store: Store) -> None:
    """Create or bring up all tables; safe to call from several processes at once."""
    if current(store) == head():
        return
    with store.write() as connection:
        if store.dialect == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": LOCK})
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
