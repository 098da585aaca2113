"""A web server over a folder of its own, and a real browser before it."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from sqlalchemy import select

from tests.desk.made import Stand, pdf
from tests.service.conftest import context, database_url, make_context, postgres_url, put
from web.app import create_app
from web.auth.passwords import hash_password
from web.first import first_start
from workers.context import Context
from workers.processing import look
from workers.store import accounts, batches, documents
from workers.store.documents import Upload
from workers.store.tables import documents as document_table

__all__ = ["context", "database_url", "postgres_url"]  # fixtures of the service's tests that are used here too

CHROMIUM = Path("/usr/bin/chromium")
ARGS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
PASSWORD = "a password of the tests"


class House:
    """A service without processes: documents are put in by hand, pages come over HTTP."""

    def __init__(self, folder: Path, **given: Any) -> None:
        self.context: Context = make_context(folder, extractor_version="test", rate_per_minute=0, **given)
        first_start(self.context, "http://localhost", lambda _line: None)
        self.stand = Stand()
        self.links = 0
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        config = uvicorn.Config(create_app(self.context), log_config=None, timeout_graceful_shutdown=1)
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, args=([listener],), daemon=True)
        self.thread.start()
        while not self.server.started:
            time.sleep(0.01)

    def close(self) -> None:
        self.server.should_exit = True
        self.thread.join(10)
        self.context.close()

    def person(self, name: str, role: str = "reviewer", password: str | None = None) -> int:
        """A user's id; made once."""
        store = self.context.store
        with store.write() as c:
            known = accounts.user_by_name(c, name)
            if known is not None:
                return int(known.id)
            return accounts.create_user(store, c, name, role, hash_password(password) if password else None)

    def session(self, name: str, role: str = "reviewer") -> str:
        """The secret of a new session."""
        user = self.person(name, role)
        with self.context.store.write() as c:
            return accounts.open_session(self.context.store, c, user, 3600)

    def batch(self, name: str = "批", **more: Any) -> str:
        return batches.create(self.context.store, name, None, **more)

    def document(self, name: str = "年报.pdf", batch: str | None = None, **more: Any) -> str:
        """A document that was read, with the doubts that `more` gives it; its id."""
        self.links += 1
        values = more.pop("values", None)
        data = self.stand.know(pdf(values, mark=str(self.links)), name, **more)
        sha256 = put(self.context, data)
        upload = Upload(name, sha256, len(data), batch, None)
        found = documents.accept(self.context.store, [upload], "test")[0]
        with self.context.store.read() as c:
            job = c.execute(select(document_table.c.job_id).where(document_table.c.id == found.id)).scalar_one()
        look(self.context, job, self.stand)
        return found.id

    def row(self, document: str) -> Any:
        found = documents.get(self.context.store, document)
        assert found is not None
        return found


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    found = House(tmp_path / "data", sample_share=0.0)
    yield found
    found.close()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """One browser for the session; tests are skipped where there is none."""
    if not CHROMIUM.exists():
        pytest.skip("no Chromium installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGS)
        yield browser
        browser.close()


Enter = Callable[..., Any]


@pytest.fixture
def enter(chromium: Any, house: House) -> Iterator[Enter]:
    """`enter("name")`: a page signed in as that person.  Errors of scripts and of the policy fail the test."""
    contexts: list[Any] = []
    wrong: list[str] = []

    def open_page(name: str = "甲", role: str = "reviewer", width: int = 1366, height: int = 768) -> Any:
        context = chromium.new_context(viewport={"width": width, "height": height})
        context.set_default_timeout(10_000)
        context.add_cookies([{"name": "nianbao_session", "value": house.session(name, role), "url": house.url}])
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda m: wrong.append(m.text) if "Content Security" in m.text else None)
        page.on(
            "request",
            lambda r: wrong.append(r.url) if not r.url.startswith((house.url, "data:", "blob:")) else None,
        )
        return page

    yield open_page
    for opened in contexts:
        opened.close()
    assert not wrong, wrong
