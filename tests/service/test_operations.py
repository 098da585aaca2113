"""Settings documented, doctor, backup and restore, webhooks, the batch client."""

from __future__ import annotations

import hmac
import json
import re
import sys
import threading
from collections.abc import Iterator
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from tests.service.conftest import ADMIN, calm_call, make_context
from tests.service.reports import report
from tests.service.rig import ROOT, Service, service
from tests.service.test_api import upload, work
from tests.service.test_jobs import add, job_of
from web.filenames import clean
from workers import alive, backup, client, doctor, settings, trail, webhooks
from workers.backup import CannotBackUp
from workers.context import Context
from workers.describe import tables
from workers.processing import look
from workers.store import documents
from workers.store.tables import audit as audit_table
from workers.store.tables import deliveries


def test_every_setting_is_documented() -> None:
    words = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    for name, table in tables().items():
        assert table in words, (
            f"docs/settings.md: the table '{name}' is not what python -m workers.describe prints"
        )


def test_every_variable_in_the_code_is_documented() -> None:
    words = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8") + (
        ROOT / "docs" / "operations.md"
    ).read_text(encoding="utf-8")
    inner = {"NIANBAO_READY_FD", "NIANBAO_LAUNCHER", "NIANBAO_LISTEN_FD"}  # between our own processes
    found: set[str] = set()
    for folder in ("extractor", "workers", "web"):
        for path in (ROOT / folder).rglob("*.py"):
            found |= set(re.findall(r"\"(NIANBAO_[A-Z0-9_]*[A-Z0-9])\"", path.read_text(encoding="utf-8")))
    assert found - inner and not {n for n in found - inner if n not in words}


def test_migrations_lead_to_the_tables_of_the_code(context: Context) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    from workers.store.tables import metadata

    kinds = {"add_table", "remove_table", "add_column", "remove_column", "modify_type", "modify_nullable"}
    with context.store.read() as c:
        found = compare_metadata(MigrationContext.configure(c), metadata)
    assert [d for d in found if isinstance(d, list) or d[0] in kinds] == []


def test_settings_are_read_and_checked(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hidden\n")
    read = settings.read(
        {"NIANBAO_DATA": str(tmp_path), "NIANBAO_WORKERS": "3", "NIANBAO_S3_SECRET_KEY_FILE": str(secret)}
    )
    assert (read.workers, read.concurrency, read.s3_secret_key) == (3, 3, "hidden")
    assert read.database_url.endswith("nianbao.db") and read.broker_url.startswith("redis+socket://")
    with pytest.raises(ValueError, match="NIANBAO_WORKERS"):
        settings.read({"NIANBAO_WORKERS": "many"})


@given(st.text(max_size=300))
def test_names_are_harmless(name: str) -> None:
    for folders in (False, True):
        shown = clean(name, folders=folders)
        assert (
            shown
            and len(shown) <= 200
            and not re.search(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069\\]", shown)
        )
        assert ".." not in shown.split("/") and not shown.startswith("/")


def test_doctor_finds_what_is_wrong(
    context: Context, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NIANBAO_DATABASE_URL", context.settings.database_url)
    words = ["--data", str(context.settings.data)]
    document = add(context, b"x")
    look(context, job_of(context, document.id).id, calm_call)
    assert doctor.command(words) == 0
    assert "链条完整" in capsys.readouterr().out
    for path in (context.settings.data / "blobs").rglob("*"):
        if path.is_file():
            path.unlink()
    assert doctor.command(words) == 1
    assert "缺 1 份" in capsys.readouterr().out


@pytest.mark.parametrize(("drawn", "level"), [(True, "ok"), (False, "warn"), (None, "warn")])
def test_doctor_tells_that_there_is_no_chinese_font(
    drawn: bool | None, level: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.fonts.chinese_is_drawn", lambda: drawn)
    (told,) = doctor._fonts(settings.read({}, data=tmp_path))
    assert told.level == level and bool(told.remedy) == (level != "ok")
    assert ("apt-get install fonts-" in told.remedy) == (drawn is False)


def test_backup_and_restore(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    context = make_context(tmp_path / "old")
    document = add(context, b"precious")
    look(context, job_of(context, document.id).id, calm_call)
    archive = tmp_path / "backup.zip"
    assert backup.backup_command([str(archive), "--data", str(context.settings.data)]) == 0
    new = settings.read({}, data=tmp_path / "new")
    assert backup.restore(new, archive) == 1
    again = Context(new)
    row = documents.get(again.store, document.id)
    assert row is not None and row.state == "done" and again.blobs.get(row.sha256) == b"precious"
    with pytest.raises(CannotBackUp):
        backup.restore(new, archive)
    broken = bytearray(archive.read_bytes())
    broken[broken.index(b"precious")] ^= 1
    archive.write_bytes(bytes(broken))
    assert backup.restore_command([str(archive), "--data", str(tmp_path / "third")]) == 1
    assert not (tmp_path / "third" / "nianbao.db").exists()
    capsys.readouterr()
    again.close()
    context.close()


def test_trail_command(
    client: TestClient, context: Context, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NIANBAO_DATABASE_URL", context.settings.database_url)
    assert trail.command(["verify"]) == 0
    assert trail.command(["export", "--format", "csv"]) == 0
    assert "user.create" in capsys.readouterr().out
    with context.store.write() as c:
        c.execute(update(audit_table).values(who="someone else"))
    assert trail.command(["verify"]) == 1


class Hook(BaseHTTPRequestHandler):
    """Refuses the first call, takes the rest."""

    got: list[tuple[dict[str, str], bytes]]
    refusals = 1

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        type(self).got.append((dict(self.headers), body))
        refuse = len(type(self).got) <= type(self).refusals
        self.send_response(503 if refuse else 200)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        return


@pytest.fixture
def hook() -> Iterator[str]:
    Hook.got = []
    server = HTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/hook"
    server.shutdown()


def test_webhooks_are_signed_and_tried_again(client: TestClient, context: Context, hook: str) -> None:
    inside = client.post("/api/v1/webhooks", json={"url": hook, "kinds": ["document.done"]})
    assert inside.json()["code"] == "bad_webhook_url"
    object.__setattr__(context.settings, "webhook_private", "on")
    secret = client.post("/api/v1/webhooks", json={"url": hook, "kinds": ["document.done"]}).json()["secret"]
    document = upload(client, ("a.pdf", b"x")).json()["documents"][0]["id"]
    work(context)
    assert webhooks.deliver_due(context) == 1 and webhooks.deliver_due(context) == 0
    with context.store.write() as c:
        c.execute(update(deliveries).values(due=0.0))
    assert webhooks.deliver_due(context) == 1
    with context.store.read() as c:
        assert c.execute(select(deliveries.c.state, deliveries.c.attempts)).one() == ("sent", 2)
    headers, body = Hook.got[-1]
    assert json.loads(body)["document"] == document
    at, told = re.fullmatch(r"t=(\d+),v1=([0-9a-f]{64})", headers["X-Nianbao-Signature"]).groups()  # type: ignore[union-attr]
    assert hmac.new(secret.encode(), f"{at}.".encode() + body, sha256).hexdigest() == told


def test_a_hook_that_never_answers_is_given_up(client: TestClient, context: Context, hook: str) -> None:
    object.__setattr__(context.settings, "webhook_private", "on")
    Hook.refusals = 1000
    try:
        client.post("/api/v1/webhooks", json={"url": hook, "kinds": ["document.done"]})
        upload(client, ("a.pdf", b"x"))
        work(context)
        for _ in range(context.settings.webhook_attempts + 2):
            webhooks.deliver_due(context)
            with context.store.write() as c:
                c.execute(update(deliveries).values(due=0.0))
        with context.store.read() as c:
            assert c.execute(select(deliveries.c.state)).scalar_one() == "failed"
        assert len(Hook.got) == context.settings.webhook_attempts
    finally:
        Hook.refusals = 1


@pytest.mark.parametrize(
    "url",
    [
        "ftp://x/",
        "http://",
        "http://127.0.0.1/",
        "http://[::1]/",
        "http://169.254.169.254/",
        "http://10.0.0.1/",
        "http://u:p@1.1.1.1/",
    ],
)
def test_webhook_addresses_inside_are_refused(url: str) -> None:
    with pytest.raises(webhooks.Forbidden):
        webhooks.target(url, private=False)


def test_signs_of_life(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alive, "settings", lambda: settings.read({}, data=tmp_path))
    assert not alive.is_alive("worker")
    alive.beat("worker")
    assert alive.is_alive("worker") and not alive.is_alive("worker", now=1e12)


@pytest.mark.service
def test_batch_client(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "县 报告"
    folder.mkdir()
    for number in range(3):
        (folder / f"第{number}份.html").write_bytes(report(number))
    (folder / "notice.html").write_text("<p>通知</p>")
    with service(tmp_path / "data") as found:
        monkeypatch.setenv("NIANBAO_URL", found.url)
        monkeypatch.setenv("NIANBAO_TOKEN", "wrong")
        assert client.command(["submit", str(folder)]) == 1 and "unauthenticated" in capsys.readouterr().err
        monkeypatch.setenv("NIANBAO_TOKEN", found.env["NIANBAO_ADMIN_TOKEN"])
        assert client.command(["submit", str(tmp_path / "none")]) == 1
        capsys.readouterr()
        assert client.command(["submit", str(folder), "--wait"]) == 1  # the notice is no report
        batch = capsys.readouterr().out.strip()
        assert client.command(["status", batch]) == 1
        told = json.loads(capsys.readouterr().out)
        assert (told["counts"]["done"], told["counts"]["failed"]) == (3, 1)
        assert told["errors"][0]["filename"] == "notice.html" and told["errors"][0]["remedy"]
        out = tmp_path / "all.jsonl"
        assert client.command(["export", batch, "--out", str(out)]) == 0
        assert len(out.read_text().splitlines()) == 4
        assert client.command(["export", "none", "--out", str(tmp_path / "x")]) == 1
        assert not (tmp_path / "x").exists() and client.command(["submit", str(folder), "--into", batch]) == 0
        assert isinstance(found, Service) and sys.stdout is not None and ADMIN
