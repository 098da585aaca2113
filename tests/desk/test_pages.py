"""Every page: who may see it, how it prints and speaks, what axe finds, what a batch looks like while it runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from tests.desk.conftest import PASSWORD, Enter, House
from tests.desk.made import FIELDS, ORGAN, head
from web.auth.guard import COOKIE, Need, api_routes
from workers.pages import source_of
from workers.store import accounts, audit
from workers.store.results import _raws
from workers.store.tables import documents as document_table
from workers.store.tables import runs

AXE = Path(__file__).with_name("axe") / "axe.min.js"
TEN = dict.fromkeys(FIELDS[10:20], 5)
FINDING = {"rule": "a_rule", "severity": "error", "fields": [FIELDS[10]], "message": "两数不等", "printed": 5, "computed": 4}
WIDTHS = ((1366, 768), (1920, 1080))


def places(house: House) -> list[str]:
    """A full house: one document with doubts and findings, one without, one batch."""
    batch = house.batch("乙批", second_look="doubtful")
    document = house.document("甲.pdf", batch, doubtful=TEN, findings=[FINDING])
    house.context.store.sample_share = 0.2
    house.document("丙.pdf", batch)
    house.document("丁.pdf", doubtful={"applications.carried_out.total": 6}, report=head(ORGAN, 2022))
    return [
        "/", f"/batches/{batch}", "/queue", f"/review/{document}", "/looks", "/overview", "/findings",
        "/years", f"/sheet/{document}", "/trail?check=1", "/account", "/admin",
    ]  # fmt: skip


@pytest.mark.browser
def test_axe_finds_nothing_serious(house: House, enter: Enter) -> None:
    """WCAG 2.2 AA on every page.  The checker is put in beside the page's own policy, by the browser."""
    found: list[str] = []
    page = enter("admin", "admin")
    context = page.context.browser.new_context(bypass_csp=True, viewport={"width": 1366, "height": 768})
    context.add_cookies(page.context.cookies())
    checked = context.new_page()
    for place in ["/sign-in", *places(house)]:
        if place == "/sign-in":
            context.clear_cookies()
        else:
            context.add_cookies(page.context.cookies())
        checked.goto(house.url + place, wait_until="domcontentloaded")
        checked.wait_for_timeout(400)
        checked.add_script_tag(path=str(AXE))
        told = checked.evaluate(
            "axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})"
        )
        found += [
            f"{place}: {v['id']} {v['impact']} {v['nodes'][0]['target']} {v['nodes'][0]['failureSummary'][:200]}"
            for v in told["violations"]
        ]
    context.close()
    assert found == []


@pytest.mark.browser
@pytest.mark.parametrize(("width", "height"), WIDTHS)
def test_no_page_is_wider_than_the_screen(house: House, enter: Enter, width: int, height: int) -> None:
    page = enter("admin", "admin", width, height)
    for place in places(house):
        page.goto(house.url + place, wait_until="domcontentloaded")
        page.wait_for_timeout(150)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, (place, wide)
        if place.startswith("/review/"):
            assert page.locator("#inspector").is_visible() and page.locator("#pages").is_visible()
            for deed in page.locator(".deeds button").all():
                box = deed.bounding_box()
                assert box["x"] + box["width"] <= width, "every deed is in reach"


def test_errors_are_pages_for_browsers_and_problems_for_scripts(house: House) -> None:
    """Unknown addresses, parameters that are none, errors of our own: all told as the rest is."""
    asks = httpx.Client(cookies={COOKIE: house.session("admin", "admin")}, base_url=house.url, timeout=60)
    document = house.document(doubtful=TEN)
    with house.context.store.write() as c:
        c.execute(runs.update().values(result=b"no zlib"))
    for place, status in (("/nopage", 404), ("/findings?at=x", 422), (f"/sheet/{document}", 500)):
        _raws.clear()
        told = asks.get(place, headers={"Accept": "text/html"})
        assert told.status_code == status and "text/html" in told.headers["content-type"], place
        assert "Content-Security-Policy" in told.headers and "回到首页" in told.text
        told = asks.get(place)
        assert told.status_code == status and told.json()["status"] == status
        assert told.headers["content-type"] == "application/problem+json"


@pytest.mark.browser
def test_in_english(house: House, enter: Enter) -> None:
    page = enter("admin", "admin")
    found = places(house)
    page.goto(house.url + "/")
    page.get_by_role("button", name="English").click()
    page.get_by_role("button", name="中文").wait_for()
    page.goto(house.url + found[3], wait_until="domcontentloaded")
    page.locator('body[data-ready="true"]').wait_for()
    assert "10 fields to review" in page.locator("#counter").inner_text()
    assert page.locator("html").get_attribute("lang") == "en"


@pytest.mark.browser
def test_upload_of_many_files_told_one_by_one(house: House, enter: Enter, tmp_path: Path) -> None:
    page = enter("admin", "admin")
    files = []
    for name, data in [("一.pdf", b"%PDF-1"), ("二.pdf", b"%PDF-2"), ("又一.pdf", b"%PDF-1"), ("空.pdf", b"")]:
        path = tmp_path / name
        path.write_bytes(data)
        files.append(str(path))
    page.goto(house.url + "/")
    page.locator("#batch-name").fill("<b>批</b>")
    page.locator("#files").set_input_files(files)
    page.locator("#total-words").filter(has_text="3 / 4").wait_for()
    rows = page.locator("#file-list tbody tr")
    assert "重复" in rows.nth(0).inner_text() + rows.nth(2).inner_text()
    assert "空文件" in rows.nth(3).inner_text()
    assert page.locator("#retry").is_visible()
    page.locator("#to-batch").click()
    page.wait_for_url("**/batches/*")
    assert page.locator("h1").inner_text() == "<b>批</b>"
    assert page.locator('[data-count="queued"]').inner_text() == "3"
    assert page.locator("#documents tbody tr").count() == 3


@pytest.mark.browser
def test_pictures_of_one_report_are_sent_as_one(house: House, enter: Enter, tmp_path: Path) -> None:
    page = enter("admin", "admin")
    files = []
    for name in ("第10页.jpg", "第2页.jpg", "第1页.jpg"):
        path = tmp_path / name
        path.write_bytes(name.encode())
        files.append(str(path))
    page.goto(house.url + "/")
    page.locator("#as-one").check()
    page.locator("#files").set_input_files(files)
    page.locator("#total-words").filter(has_text="1 / 1").wait_for()
    assert "第1页.jpg … 第10页.jpg" in page.locator("#file-list tbody tr").inner_text()
    with house.context.store.read() as c:
        [row] = c.execute(select(document_table)).all()
    assert row.filename == "第1页（3页）.zip"
    source = source_of(row.filename, row.sha256, house.context.blobs.get(row.sha256))
    assert [name for name, _ in source.parts] == ["第1页.jpg", "第2页.jpg", "第10页.jpg"]


@pytest.mark.browser
def test_files_chosen_before_the_script_came_are_sent(house: House, enter: Enter, tmp_path: Path) -> None:
    page = enter("admin", "admin")
    path = tmp_path / "一.pdf"
    path.write_bytes(b"%PDF-1")
    held: list[Any] = []
    page.route("**/static/upload.js", lambda route: held.append(route))
    with page.expect_request("**/static/upload.js"):
        page.goto(house.url + "/", wait_until="commit")
    page.locator("#files").set_input_files(str(path))
    held[0].continue_()
    page.locator("#total-words").filter(has_text="1 / 1").wait_for()


@pytest.mark.browser
def test_an_upload_outlives_a_lost_network(house: House, enter: Enter, tmp_path: Path) -> None:
    page = enter("admin", "admin")
    path = tmp_path / "一.pdf"
    path.write_bytes(b"%PDF-1")
    page.goto(house.url + "/")
    cut = [True]

    def route(call: Any) -> None:
        if cut:
            cut.pop()
            call.abort()
        else:
            call.continue_()

    page.route("**/api/v1/documents?**", route)
    page.locator("#files").set_input_files(str(path))
    page.locator("#total-words").filter(has_text="1 / 1").wait_for()
    assert not cut


def test_sign_in_page(house: House) -> None:
    house.person("丁", password=PASSWORD)
    with httpx.Client(base_url=house.url, headers={"Accept": "text/html"}) as client:
        sent = client.get("/queue")
        assert sent.status_code == 303 and sent.headers["location"] == "/sign-in?next=/queue"
        wrong = client.post("/sign-in", data={"name": "丁", "password": "wrong", "next": "/queue"})
        assert wrong.status_code == 401 and 'role="alert"' in wrong.text and 'value="/queue"' in wrong.text
        right = client.post("/sign-in", data={"name": "丁", "password": PASSWORD, "next": "//evil.example"})
        assert right.status_code == 303 and right.headers["location"] == "/"
        assert client.get("/queue").status_code == 200
        page = client.get("/nowhere")
        assert page.status_code == 404


def _page_routes(client: TestClient) -> list[Any]:
    app: Any = client.app
    return [r for r in api_routes(app) if not r.path.startswith(("/api/", "/healthz", "/readyz", "/metrics"))]


def _client(house: House) -> TestClient:
    from web.app import create_app

    return TestClient(create_app(house.context))


def _path(route: Any) -> str:
    return str(route.path.format(**dict.fromkeys(route.param_convertors, "1")))


def test_every_page_asks_who_you_are_and_what_you_may(house: House) -> None:
    """Each route × nobody and each role × with and without the CSRF token: refused unless its scope allows it."""
    client = _client(house)
    tried = 0
    for number, route in enumerate(_page_routes(client)):
        wanted = [d.call.scope for d in route.dependant.dependencies if isinstance(d.call, Need)]
        if not wanted:
            assert route.path.startswith("/sign-in"), route.path
            continue
        for method in route.methods - {"HEAD"}:
            stranger = TestClient(client.app, client=(f"10.0.0.{number}", 1))
            assert stranger.request(method, _path(route), follow_redirects=False).status_code == 401
            for role, scopes in accounts.ROLE_SCOPES.items():
                cookies = {COOKIE: house.session(f"a {role}", role)}
                answer = client.request(method, _path(route), cookies=cookies, follow_redirects=False)
                tried += 1
                if method != "GET":
                    assert answer.status_code == 403 and answer.json()["code"] == "csrf", (method, route.path)
                elif wanted[0] is not None and wanted[0] not in scopes:
                    assert answer.status_code == 403, (role, route.path)
                else:
                    assert answer.status_code in (200, 303, 404, 409, 422), (role, route.path)
    assert tried > 60


def test_forms_carry_the_token(house: House) -> None:
    """Every form that changes something sends the session's token with it."""
    with httpx.Client(base_url=house.url, cookies={COOKIE: house.session("admin", "admin")}) as client:
        for place in places(house):
            text = client.get(place).text
            for form in re.findall(r"<form[^>]*method=\"post\".*?</form>", text, re.DOTALL):
                assert 'name="csrf"' in form, (place, form[:80])
            assert not re.search(r"<script(?![^>]*(src=|type=\"application/json\"))", text), place
            assert " style=" not in text and " onclick=" not in text, place


def test_trail_tells_of_everything_and_is_verified(house: House) -> None:
    document = house.document(doubtful=TEN)
    with httpx.Client(base_url=house.url, cookies={COOKIE: house.session("admin", "admin")}) as client:
        csrf = re.search(r'name="csrf" content="([^"]+)"', client.get("/").text)
        assert csrf is not None
        headers = {"X-CSRF-Token": csrf.group(1)}
        step = {"step": "12345678", "field": FIELDS[10], "verdict": "misread", "value": 8, "state": "printed", "base_revision": 0}
        told = client.post(f"/review/{document}/steps", json={"steps": [step]}, headers=headers).json()
        assert told["results"][0]["status"] == "done" and told["fields_to_review"] == 9
        again = client.post(f"/review/{document}/steps", json={"steps": [step]}, headers=headers).json()
        assert again["results"][0] == told["results"][0], "sent twice, written once"
        refused = client.post(
            f"/review/{document}/decide", json={"state": "postponed", "reason": " "}, headers=headers
        )
        assert refused.status_code == 422
        page = client.get("/trail", params={"check": "1", "target": document})
        assert "field.misread" in page.text and "链条完整" in page.text
        lines = client.get("/trail/export", params={"format": "jsonl"}).text.splitlines()
        assert any("field.misread" in line for line in lines)
        assert "trail.export" in client.get("/trail").text
    assert audit.verify(house.context.store)[1] is None


def test_findings_and_sheet(house: House) -> None:
    evil = {**FINDING, "message": "<script>1</script>"}
    document = house.document(doubtful=TEN, findings=[evil])
    with httpx.Client(base_url=house.url, cookies={COOKIE: house.session("甲")}) as client:
        text = client.get("/findings", params={"rule": "a_rule"}).text
        assert f"/review/{document}#{FIELDS[10]}" in text and "<script>1" not in text
        assert "&lt;script&gt;1" in client.get(f"/sheet/{document}").text
        assert document not in client.get("/findings", params={"severity": "info"}).text
    with httpx.Client(base_url=house.url, cookies={COOKIE: house.session("丙", "uploader")}) as client:
        assert document not in client.get("/findings").text
        assert client.get(f"/sheet/{document}").status_code == 404
        assert client.get(f"/review/{document}").status_code == 404


def test_years_are_held_against_each_other_as_settled(house: House) -> None:
    """An organ's two reports meet on /years; what a person settles counts there at once; others see nothing."""
    organ = "青梧县统计局"

    carried = "applications.carried_in.total"
    house.document(doubtful={"applications.carried_out.total": 6}, organ=organ, report=head(organ, 2022))
    later = house.document(doubtful={carried: 8}, organ=organ, report=head(organ, 2023))
    with httpx.Client(base_url=house.url, cookies={COOKIE: house.session("甲")}) as client:
        told = client.get("/api/v1/years", params={"organ": organ}).json()
        assert told["total"] == 1
        (pair,) = told["pairs"]
        assert (pair["year"], pair["document"]) == (2023, later)
        assert [(f["fields"], f["printed"], f["computed"]) for f in pair["findings"]] == [([carried], 8, 6)]
        page = client.get("/years", params={"organ": organ}).text
        assert f"/review/{later}#{carried}" in page and "2022" in page
        csrf = re.search(r'name="csrf" content="([^"]+)"', client.get("/").text)
        assert csrf is not None
        step = {"step": "87654321", "field": carried, "verdict": "misread", "value": 6, "state": "printed", "base_revision": 0}
        client.post(f"/review/{later}/steps", json={"steps": [step]}, headers={"X-CSRF-Token": csrf.group(1)})
        assert client.get("/api/v1/years", params={"organ": organ}).json()["pairs"][0]["findings"] == []
    with httpx.Client(base_url=house.url, cookies={COOKIE: house.session("丙", "uploader")}) as client:
        assert client.get("/api/v1/years").json() == {"pairs": [], "total": 0}
