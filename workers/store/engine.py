"""Opens the database: SQLite or PostgreSQL behind one `Store` with `read()` and `write()` transactions.

SQLite: WAL, synchronous FULL (a commit survives power loss), busy_timeout, writers BEGIN IMMEDIATE so
that two of them queue instead of failing; the pysqlite3 wheel's library, because versions before 3.51.3
can corrupt a WAL that is reset under load.  Never put the SQLite file on a network disk.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url

FIXED_SQLITE = (3, 51, 3)
BUSY_MS = 30_000
"""How long a writer waits for another; the longest transaction measured is 40 ms."""

Insert = sqlite.Insert | postgresql.Insert


def sqlite_module() -> ModuleType:
    """pysqlite3 where its wheel is installed, else the standard library's."""
    try:
        return importlib.import_module("pysqlite3.dbapi2")
    except ImportError:
        return importlib.import_module("sqlite3")


def sqlite_is_fixed(module: ModuleType | None = None) -> bool:
    """Whether the SQLite library in use is free of the WAL-reset bug."""
    version = (module or sqlite_module()).sqlite_version_info
    return tuple(version) >= FIXED_SQLITE


def _sqlite_engine(url: str) -> Engine:
    place = make_url(url).database
    if place and place != ":memory:":
        Path(place).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url, module=sqlite_module(), pool_size=8, max_overflow=24,
        connect_args={"check_same_thread": False, "timeout": BUSY_MS / 1000},
    )  # fmt: skip

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # transactions are begun by hand, below
        cursor = connection.cursor()
        for pragma in (
            f"busy_timeout={BUSY_MS}", "journal_mode=WAL", "synchronous=FULL",
            "foreign_keys=ON", "temp_store=MEMORY", "cache_size=-16000",
        ):  # fmt: skip
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        given = connection.get_execution_options()
        if not given.get("writer", False):
            connection.exec_driver_sql("BEGIN")
            return
        connection.exec_driver_sql(f"PRAGMA synchronous={'FULL' if given.get('lasting', True) else 'NORMAL'}")
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def open_engine(url: str) -> Engine:
    """An engine for a sqlite or postgresql URL.  Raises ValueError for any other."""
    backend = make_url(url).get_backend_name()
    if backend == "sqlite":
        return _sqlite_engine(url)
    if backend == "postgresql":
        return create_engine(url, pool_size=8, max_overflow=24, pool_pre_ping=True, pool_recycle=1800)
    raise ValueError(f"不支持的数据库：{backend}；请用 sqlite 或 postgresql+psycopg")


class Store:
    """One process's access to the database."""

    def __init__(self, url: str, sample_share: float = 0.0) -> None:
        self.url = url
        self.sample_share = sample_share
        """Share of accepted fields that people are shown all the same."""
        self.engine = open_engine(url)
        self.dialect = self.engine.dialect.name
        self._writer = self.engine.execution_options(writer=True)
        self._passing = self.engine.execution_options(writer=True, lasting=False)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads."""
        with self.engine.begin() as connection:
            yield connection

    @contextmanager
    def write(self, lasting: bool = True) -> Iterator[Connection]:
        """A transaction that writes: committed on leaving, rolled back on an exception.

        Not `lasting`: every process sees it and no killed process undoes it, but SQLite does not wait for the
        disk (7 ms a commit on the machine of the measurements), so that a power cut may undo it.  For leases:
        a machine without power holds none.
        """
        with (self._writer if lasting else self._passing).begin() as connection:
            yield connection

    def now(self, connection: Connection) -> float:
        """Seconds since 1970 by the database's clock, so that machines need not agree on theirs."""
        if self.dialect == "postgresql":
            return float(
                connection.execute(text("SELECT extract(epoch FROM clock_timestamp())")).scalar_one()
            )
        return time.time()

    def insert(self, table: Table) -> Insert:
        """An INSERT with ON CONFLICT for this database."""
        return postgresql.insert(table) if self.dialect == "postgresql" else sqlite.insert(table)

    def after_fork(self) -> None:
        """To be called in a forked child: its parent's connections stay the parent's."""
        self.engine.dispose(close=False)

    def close(self) -> None:
        self.engine.dispose()
