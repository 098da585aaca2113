"""Stores, contexts and clients for the service's tests."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, text

from extractor.sandbox.fork import Ended
from extractor.types import Source
from tests.service import postgres
from tests.service.reports import fake_result
from web.app import create_app
from web.first import first_start
from workers import settings as settings_module
from workers.context import Context
from workers.store.migrate import upgrade

ADMIN = "admin-token-of-the-tests"


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server for the session; tests that ask for it are skipped where there is none."""
    if postgres.binaries() is None:
        pytest.skip("no PostgreSQL server installed")
    with postgres.server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.db'}"
    base = request.getfixturevalue("postgres_url")
    name = f"t{uuid.uuid4().hex}"
    engine = create_engine(base, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return base.replace("/postgres?", f"/{name}?")


def make_context(folder: Path, database_url: str = "", **given: Any) -> Context:
    """An open context with its tables made."""
    read = settings_module.read({}, data=folder, database_url=database_url, admin_token=ADMIN, **given)
    context = Context(read)
    upgrade(context.store)
    return context


@pytest.fixture
def context(tmp_path: Path, database_url: str) -> Iterator[Context]:
    opened = make_context(tmp_path / "data", database_url)
    yield opened
    opened.close()


@pytest.fixture
def client(context: Context) -> Iterator[TestClient]:
    """A client with the administrator's token."""
    first_start(context, "http://testserver", lambda _line: None)
    with TestClient(create_app(context), headers={"Authorization": f"Bearer {ADMIN}"}) as found:
        yield found


def calm_call(task: str, source: Source, params: dict[str, Any]) -> Ended:
    """Stands in for the sandbox: a fixed result."""
    body = json.dumps(fake_result(source.filename, source.sha256), ensure_ascii=False).encode()
    return Ended(body, None, False, 0.01, 1000)


def put(context: Context, data: bytes) -> str:
    """A blob's SHA-256."""
    told = hashlib.sha256(data).hexdigest()
    path = context.settings.data / f"{told}.part"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    context.blobs.put(told, path)
    path.unlink()
    return told
