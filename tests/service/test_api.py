"""The HTTP API: the contract's calls, who may make them, and what it refuses."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from extractor.forms.load import load
from tests.service.conftest import calm_call
from web.auth.guard import COOKIE, Need, api_routes, guarded
from workers.context import Context
from workers.pages import MARK, source_of
from workers.processing import look
from workers.store import accounts, audit, jobs
from workers.store.tables import jobs as jobs_table

FIELD = load()[0].fields[0].id


def upload(client: TestClient, *files: tuple[str, bytes], **more: Any) -> Any:
    return client.post("/api/v1/documents", files=[("file", f) for f in files], **more)


def work(context: Context) -> None:
    with context.store.read() as c:
        ids = c.execute(select(jobs_table.c.id).where(jobs_table.c.state == "queued")).scalars().all()
    for job_id in ids:
        look(context, job_id, calm_call)


def test_upload_look_result(client: TestClient, context: Context) -> None:
    answer = upload(client, ("年报.pdf", b"one"), ("年报.pdf", b"one"), ("b.pdf", b"two"))
    assert answer.status_code == 202
    first, same, _other = answer.json()["documents"]
    assert set(first) == {"id", "sha256", "filename", "state", "duplicate_of"}
    assert (first["filename"], first["state"], first["duplicate_of"]) == ("年报.pdf", "queued", None)
    assert same["duplicate_of"] == first["id"]
    waiting = client.get(f"/api/v1/documents/{first['id']}/result")
    assert waiting.status_code == 409 and waiting.json()["code"] == "no_result"
    work(context)
    document = client.get(f"/api/v1/documents/{first['id']}").json()
    assert (document["state"], document["attempts"], document["error"]) == ("done", 1, None)
    assert document["needs_review"] is True and document["fields_to_review"] == 2
    result = client.get(f"/api/v1/documents/{first['id']}/result").json()
    assert len(result["fields"]) == 200 and result["document"]["filename"] == "年报.pdf"


def test_settling_by_the_contract(client: TestClient, context: Context) -> None:
    document = upload(client, ("a.pdf", b"x")).json()["documents"][0]["id"]
    work(context)
    place = f"/api/v1/documents/{document}/fields/{FIELD}"
    word = {"value": 9, "state": "printed", "verdict": "misread", "base_revision": 0, "comment": "看错"}
    assert client.put(place, json=word).json()["revision"] == 1
    late = client.put(place, json=word)
    assert (late.status_code, late.json()["code"], late.json()["revision"]) == (409, "revision_conflict", 1)
    entry = client.get(f"/api/v1/documents/{document}/result").json()["fields"][0]
    assert (entry["value"], entry["extracted"]["value"]) == (9, 3)
    raw = client.get(f"/api/v1/documents/{document}/result?as=extracted").json()["fields"][0]
    assert raw["value"] == 3 and "extracted" not in raw
    bad = client.put(place, json={**word, "value": "many", "base_revision": 1})
    assert bad.status_code == 422 and bad.headers["content-type"] == "application/problem+json"
    assert client.delete(place, params={"base_revision": 1}).json()["value"] == 3
    assert [r["verdict"] for r in client.get(f"/api/v1/documents/{document}/history").json()["reviews"]] == [
        "misread", "withdrawn"
    ]  # fmt: skip
    assert audit.verify(context.store)[1] is None


def test_batch_export_events(client: TestClient, context: Context) -> None:
    batch = client.post("/api/v1/batches", json={"name": "批"}).json()
    assert batch["state"] == "empty"
    upload(client, ("=cmd.pdf", b"1"), ("b.pdf", b"2"), params={"batch": batch["id"]})
    assert client.get(f"/api/v1/batches/{batch['id']}").json()["counts"]["queued"] == 2
    work(context)
    told = client.get(f"/api/v1/batches/{batch['id']}").json()
    assert (told["state"], told["counts"]["done"], told["fields_to_review"]) == ("done", 2, 4)
    place = f"/api/v1/batches/{batch['id']}/export"
    lines = [json.loads(line) for line in client.get(place, params={"format": "jsonl"}).text.splitlines()]
    assert len(lines) == 2 and all(len(line["fields"]) == 200 for line in lines)
    rows = list(
        csv.DictReader(io.StringIO(client.get(place, params={"format": "csv"}).content.decode("utf-8-sig")))
    )
    assert len(rows) == 400 and {r["filename"] for r in rows} == {"'=cmd.pdf", "b.pdf"}
    book = openpyxl.load_workbook(io.BytesIO(client.get(place, params={"format": "xlsx"}).content))
    assert book.sheetnames == ["报告", "字段", "问题"] and book["字段"].max_row == 401
    assert all(cell.data_type != "f" for row in book["报告"].iter_rows() for cell in row)
    import pyarrow.parquet as pq

    assert pq.read_table(io.BytesIO(client.get(place, params={"format": "parquet"}).content)).num_rows == 400
    stream = client.get(f"/api/v1/batches/{batch['id']}/events").text
    assert stream.count("event: document") == 2 and stream.rstrip().split("event: ")[-1].startswith("end")
    again = client.get(f"/api/v1/batches/{batch['id']}/events", headers={"Last-Event-ID": "1"}).text
    assert again.count("event: document") == 1


def test_cancel_a_batch(client: TestClient, context: Context) -> None:
    batch = client.post("/api/v1/batches", json={"name": "批"}).json()["id"]
    upload(client, ("a.pdf", b"1"), params={"batch": batch})
    assert client.post(f"/api/v1/batches/{batch}/cancel").json()["state"] == "cancelled"
    assert upload(client, ("b.pdf", b"2"), params={"batch": batch}).json()["code"] == "batch_cancelled"
    assert upload(client, ("b.pdf", b"2"), params={"batch": "nope"}).status_code == 404
    work(context)
    assert client.get(f"/api/v1/batches/{batch}").json()["counts"]["cancelled"] == 1


def test_idempotency_key(client: TestClient, context: Context) -> None:
    key = {"Idempotency-Key": "k1"}
    first = upload(client, ("a.pdf", b"1"), headers=key)
    again = upload(client, ("a.pdf", b"1"), headers=key)
    assert again.json() == first.json() and again.headers["idempotency-replayed"] == "true"
    assert client.post("/api/v1/batches", json={"name": "b"}, headers=key).status_code == 422
    one = client.post("/api/v1/batches", json={"name": "b"}, headers={"Idempotency-Key": "k2"}).json()
    assert client.post("/api/v1/batches", json={"name": "b"}, headers={"Idempotency-Key": "k2"}).json() == one
    assert len(client.get("/api/v1/documents").json()["documents"]) == 1


def packed(*members: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return out.getvalue()


def test_a_zip_is_taken_apart(client: TestClient, context: Context) -> None:
    data = packed(("县/一.pdf", b"1"), ("../../etc/二.pdf", b"2"), ("__MACOSX/x", b""), ("县/", b""))
    names = [d["filename"] for d in upload(client, ("all.zip", data)).json()["documents"]]
    assert names == ["县/一.pdf", "etc/二.pdf"]
    assert not list(context.settings.spool.glob("*"))


def test_bombs_and_office_files_stay_one_document(client: TestClient, context: Context) -> None:
    bomb = packed(("bomb.txt", b"0" * 50_000_000))
    many = packed(*((f"{n}.txt", b"x") for n in range(context.settings.max_zip_members + 1)))
    office = packed(("[Content_Types].xml", b"<x/>"), ("word/document.xml", b"<x/>"))
    lying = bytearray(packed(("a.txt", b"a" * 1000)))
    lying[22:26] = (3).to_bytes(4, "little")
    for name, data in (("b.zip", bomb), ("m.zip", many), ("o.docx", office), ("t.zip", office[:-30])):
        found = upload(client, (name, data)).json()["documents"]
        assert [d["filename"] for d in found] == [name]
    upload(client, ("l.zip", bytes(lying)))
    assert not list(context.settings.spool.glob("*"))


def test_hostile_names(client: TestClient) -> None:
    for name, shown in (
        ("../../../etc/passwd", "passwd"), ("..\\..\\a.pdf", "a.pdf"), ("a\u202efdp.exe", "afdp.exe"),
        ("甲县/一局/报告.pdf", "甲县/一局/报告.pdf"), ("/甲县/报告.pdf", "报告.pdf"), ("甲/../乙.pdf", "乙.pdf"),
        ("  .pdf", ".pdf"), ("..", "未命名"), ("长" * 500 + ".pdf", None),
    ):  # fmt: skip
        found = upload(client, (name, name.encode())).json()["documents"][0]["filename"]
        assert found == shown if shown else len(found) <= 200 and found.endswith(".pdf")


def test_upload_refusals(client: TestClient, context: Context) -> None:
    assert client.post("/api/v1/documents", content=b"x").status_code == 415
    assert client.post("/api/v1/documents", data={"a": "b"}, files={"none": b""}).status_code in (202, 422)
    broken = client.post(
        "/api/v1/documents",
        content=b"--b\r\nContent-Disposition: form-data",
        headers={"Content-Type": "multipart/form-data; boundary=b"},
    )
    assert broken.status_code in (400, 422)
    object.__setattr__(context.settings, "max_file_bytes", 1000)
    large = upload(client, ("ok.pdf", b"ok"), ("big.pdf", b"x" * 5000))
    assert (large.status_code, large.json()["code"]) == (413, "too_large")
    assert [d["filename"] for d in large.json()["documents"]] == ["ok.pdf"]
    object.__setattr__(context.settings, "max_request_files", 2)
    assert upload(client, *((f"{n}.pdf", b"") for n in range(4))).json()["code"] == "too_many_files"
    assert not list(context.settings.spool.glob("*"))


def test_every_route_says_who_may_call_it(client: TestClient) -> None:
    app: Any = client.app
    routes = list(api_routes(app))
    assert len(routes) > 30
    for number, route in enumerate(routes):
        assert guarded(route), route.path
        stranger = TestClient(app, client=(f"10.0.0.{number}", 1))  # one address would meet the rate limit
        path = route.path.format(**dict.fromkeys(route.param_convertors, "1"))
        for method in route.methods - {"HEAD"}:
            answer = stranger.request(method, path, follow_redirects=False)
            public = path == "/healthz" or path.startswith("/sign-in")
            assert public or answer.status_code == 401, (method, path)


def test_role_by_route(client: TestClient, context: Context) -> None:
    """A token with no scope gets nowhere where a scope is asked; each role gets exactly its scopes."""
    app: Any = client.app
    for role, scopes in accounts.ROLE_SCOPES.items():
        with context.store.write() as c:
            user = accounts.create_user(context.store, c, f"a {role}", role)
            _, secret = accounts.new_token(context.store, c, user, "t", frozenset(accounts.SCOPES))
        for route in api_routes(app):
            wanted = [d.call.scope for d in route.dependant.dependencies if isinstance(d.call, Need)]
            if not wanted or wanted[0] is None:
                continue
            path = route.path.format(**dict.fromkeys(route.param_convertors, "1"))
            method = next(iter(route.methods - {"HEAD"}))
            answer = client.request(method, path, headers={"Authorization": f"Bearer {secret}"})
            assert (answer.status_code == 403) == (wanted[0] not in scopes), (role, method, path)


def test_uploader_sees_his_own_only(client: TestClient, context: Context) -> None:
    mine = upload(client, ("a.pdf", b"1")).json()["documents"][0]["id"]
    with context.store.write() as c:
        user = accounts.create_user(context.store, c, "甲", "uploader")
        _, secret = accounts.new_token(context.store, c, user, "t", frozenset({"read", "upload"}))
    other = {"Authorization": f"Bearer {secret}"}
    assert client.get(f"/api/v1/documents/{mine}", headers=other).status_code == 404
    assert client.get("/api/v1/documents", headers=other).json()["documents"] == []


def browser(client: TestClient, context: Context) -> tuple[TestClient, str]:
    """A client with a session cookie instead of a token, and the session's CSRF token."""
    with context.store.write() as c:
        user = accounts.create_user(context.store, c, "浏览", "admin")
        secret = accounts.open_session(context.store, c, user, 600)
        found = accounts.by_session(context.store, c, secret)
    assert found is not None
    fresh = TestClient(client.app, cookies={COOKIE: secret})
    return fresh, found[0].csrf


def test_csrf(client: TestClient, context: Context) -> None:
    page, token = browser(client, context)
    assert page.get("/api/v1/me").json()["via"] == "session"
    body = {"json": {"name": "b"}}
    assert page.post("/api/v1/batches", **body).json()["code"] == "csrf"
    assert page.post("/api/v1/batches", headers={"X-CSRF-Token": "wrong"}, **body).json()["code"] == "csrf"
    good = {"X-CSRF-Token": token}
    assert (
        page.post("/api/v1/batches", headers={**good, "Sec-Fetch-Site": "cross-site"}, **body).status_code
        == 403
    )
    assert (
        page.post("/api/v1/batches", headers={**good, "Origin": "https://evil.example"}, **body).status_code
        == 403
    )
    assert (
        page.post("/api/v1/batches", headers={**good, "Origin": "http://testserver"}, **body).status_code
        == 201
    )
    form = page.post("/sign-out", data={"csrf": token}, follow_redirects=False)
    assert form.status_code == 303 and page.get("/api/v1/me").status_code == 401


def test_csrf_is_asked_on_every_unsafe_route(client: TestClient, context: Context) -> None:
    page, _token = browser(client, context)
    app: Any = client.app
    for route in api_routes(app):
        if not route.path.startswith("/sign-in"):
            path = route.path.format(**dict.fromkeys(route.param_convertors, "1"))
            for method in route.methods - {"GET", "HEAD"}:
                assert page.request(method, path).json()["code"] == "csrf", (method, path)


def test_sign_in_lock_and_link(client: TestClient, context: Context) -> None:
    made = client.post(
        "/api/v1/users", json={"name": "乙", "role": "reviewer", "password": "一个很长的密码1234"}
    )
    user = made.json()["id"]
    anyone = TestClient(client.app)
    assert anyone.get("/queue", headers={"Accept": "text/html"}, follow_redirects=False).headers[
        "location"
    ] == ("/sign-in?next=/queue")
    good = {"name": "乙", "password": "一个很长的密码1234", "next": "//evil.example"}
    welcome = anyone.post("/sign-in", data=good, follow_redirects=False)
    assert (welcome.status_code, welcome.headers["location"]) == (303, "/")
    assert "HttpOnly" in welcome.headers["set-cookie"] and anyone.get("/api/v1/me").json()["name"] == "乙"
    for _ in range(context.settings.login_attempts):
        assert anyone.post("/sign-in", data={**good, "password": "wrong"}).status_code == 401
    assert anyone.post("/sign-in", data=good).json()["code"] == "locked"
    link = client.post(f"/api/v1/users/{user}/sign-in-link").json()["url"].replace("http://testserver", "")
    fresh = TestClient(client.app)
    assert fresh.get(link, follow_redirects=False).status_code == 303
    assert fresh.get("/api/v1/me").json()["role"] == "reviewer"
    assert TestClient(client.app).get(link).json()["code"] == "link_used"


def test_the_last_administrator_stays(client: TestClient) -> None:
    me = client.get("/api/v1/me").json()["id"]
    assert client.patch(f"/api/v1/users/{me}", json={"role": "uploader"}).json()["code"] == "last_admin"
    assert client.patch(f"/api/v1/users/{me}", json={"active": False}).json()["code"] == "last_admin"


def test_rate_limit(client: TestClient) -> None:
    anyone = TestClient(client.app)
    codes = {anyone.get("/api/v1/me").status_code for _ in range(80)}
    assert codes == {401, 429}
    assert anyone.get("/healthz").status_code == 200


def test_hand_out_and_sign_off(client: TestClient, context: Context) -> None:
    document = upload(client, ("a.pdf", b"x")).json()["documents"][0]["id"]
    work(context)
    assert client.post("/api/v1/review/next").json()["document"] == document
    place = f"/api/v1/review/documents/{document}"
    assert client.put(f"{place}/state", json={"state": "signed"}).json()["code"] == "fields_open"
    assert client.put(f"{place}/state", json={"state": "postponed"}).json()["code"] == "reason_needed"
    for entry in client.get(f"/api/v1/documents/{document}/result").json()["fields"]:
        if entry["needs_review"]:
            word = {"verdict": "confirmed", "base_revision": entry["revision"]}
            assert (
                client.put(f"/api/v1/documents/{document}/fields/{entry['id']}", json=word).status_code == 200
            )
    assert client.put(f"{place}/state", json={"state": "signed"}).json()["review_state"] == "signed"
    late = client.put(
        f"/api/v1/documents/{document}/fields/{FIELD}", json={"verdict": "confirmed", "base_revision": 1}
    )
    assert late.json()["code"] == "signed"


def test_operations(client: TestClient, context: Context) -> None:
    upload(client, ("a.pdf", b"x"))
    work(context)
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json()["checks"]["database"] == "ok"
    text = client.get("/metrics").text
    for name in ("nianbao_jobs{", "nianbao_queue_age_seconds", "nianbao_stage_seconds_total",
                 "nianbao_fields_to_review", "nianbao_documents_by_source", "nianbao_attempts_total",
                 "nianbao_fenced_commits_total"):  # fmt: skip
        assert name in text
    document = client.get("/openapi.json").json()
    assert (
        document["openapi"].startswith("3.1")
        and "/api/v1/documents/{document_id}/result" in document["paths"]
    )
    headers = client.get("/api/v1/me").headers
    assert (
        "default-src 'none'" in headers["content-security-policy"]
        and headers["x-content-type-options"] == "nosniff"
    )


def test_database_away_is_503(client: TestClient, context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    from sqlalchemy.exc import OperationalError

    def away(*_: object) -> None:
        raise OperationalError("x", {}, Exception())

    monkeypatch.setattr(jobs, "claim", away)
    monkeypatch.setattr(context.store, "read", away)
    answer = client.get("/api/v1/me")
    assert answer.status_code == 503 and answer.headers["retry-after"]


def test_pages_of_one_document(client: TestClient, context: Context) -> None:
    pages = [("file", (name, data)) for name, data in (("b/2.png", b"second"), ("10.png", b"tenth"))]
    sent = client.post("/api/v1/documents", files=pages, params={"one": True, "name": "街道办"})
    assert sent.status_code == 202
    [document] = sent.json()["documents"]
    assert document["filename"] == "街道办（2页）.zip"
    data = context.blobs.get(document["sha256"])
    source = source_of(document["filename"], document["sha256"], data)
    assert source.parts == (("2.png", b"second"), ("10.png", b"tenth"))  # as sent, whatever their names
    again = client.post("/api/v1/documents", files=pages, params={"one": True}).json()["documents"][0]
    assert again["duplicate_of"] == document["id"] and again["filename"] == "b/2（2页）.zip"
    back = upload(client, ("回传.zip", data)).json()["documents"]  # what was downloaded is the same document
    assert len(back) == 1 and back[0]["duplicate_of"] == document["id"]
    assert not list(context.settings.spool.glob("*"))


def test_pages_beyond_the_limit_leave_nothing(client: TestClient, context: Context) -> None:
    most = context.settings.max_file_bytes
    context.settings = replace(context.settings, max_file_bytes=1000)
    pages = [("file", (f"{n}.png", b"x" * 600)) for n in range(2)]
    refused = client.post("/api/v1/documents", files=pages, params={"one": True})
    assert (refused.status_code, refused.json()["code"]) == (413, "too_large")
    assert not list(context.settings.spool.glob("*")) and not client.get("/api/v1/documents").json()["documents"]
    assert most > 1000


@pytest.mark.parametrize("spoil", ["compressed", "empty", "cut"])
def test_a_marked_archive_of_someone_else_is_a_file_like_any_other(tmp_path: Path, spoil: str) -> None:
    path = tmp_path / "a.zip"
    how = zipfile.ZIP_DEFLATED if spoil == "compressed" else zipfile.ZIP_STORED
    with zipfile.ZipFile(path, "w", how) as made:
        made.comment = MARK
        if spoil != "empty":
            made.writestr("0001/a.png", b"0" * 100_000)
    data = path.read_bytes()
    data = data[:40] + data[90_000:] if spoil == "cut" else data
    assert source_of("a.zip", "0" * 64, data).parts == (("a.zip", data),)
