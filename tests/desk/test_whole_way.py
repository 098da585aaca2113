"""The whole way with real processes: upload in the browser, extraction by a worker, review by keyboard, a blind
second reading, sign-off, and an export that says what people settled."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.desk.conftest import PASSWORD
from tests.service.reports import report
from tests.service.rig import service

pytestmark = [pytest.mark.browser, pytest.mark.service]

DOUBTFUL = 10
WRONG = {2: "37", 5: "4", 9: "128"}


def doubtful_report() -> bytes:
    """A report whose first ten figures have a gap inside: one number or two, only a person can tell."""
    return re.sub(rb"<td>5</td>", b"<td>1 2</td>", report(5), count=DOUBTFUL)


def sign_in(browser: Any, url: str, name: str) -> Any:
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    page = context.new_page()
    page.goto(url + "/")
    page.locator('input[name="name"]').fill(name)
    page.locator('input[name="password"]').fill(PASSWORD)
    page.keyboard.press("Enter")
    page.locator("#upload").wait_for()
    return page


def review(page: Any) -> tuple[list[str], int]:
    """Settle what is doubtful by keyboard alone; the fields' ids and the number of keys."""
    page.locator('body[data-ready="true"]').wait_for()
    ids: list[str] = page.locator('[data-needs-review="true"]').evaluate_all("es => es.map(e => e.dataset.fieldId)")
    keys = 0
    for number, field in enumerate(ids):
        assert page.evaluate("document.activeElement.dataset.fieldId") == field
        for key in [*WRONG.get(number, ""), "Enter"]:
            page.keyboard.press(key)
            keys += 1
    page.keyboard.press("Enter")
    page.wait_for_url("**/queue*")
    return ids, keys + 1


def test_from_upload_to_export(tmp_path: Path, chromium: Any) -> None:
    path = tmp_path / "年报.html"
    path.write_bytes(doubtful_report())
    with service(tmp_path / "data", workers=1) as found, found.client() as client:
        for name in ("甲", "乙"):
            assert client.post("/api/v1/users", json={"name": name, "role": "reviewer", "password": PASSWORD}).is_success
        one = sign_in(chromium, found.url, "甲")
        one.locator("#second-look").select_option("doubtful")
        one.locator("#files").set_input_files(str(path))
        one.locator("#total-words").filter(has_text="1 / 1").wait_for()
        one.locator("#to-batch").click()
        one.locator("#batch[data-state='done']").wait_for(timeout=60_000)
        batch = one.url.rsplit("/", 1)[1]
        one.get_by_role("button", name="开始核对").click()
        one.wait_for_url("**/review/**")
        ids, keys = review(one)
        assert len(ids) == DOUBTFUL and keys <= DOUBTFUL + sum(map(len, WRONG.values())) + 1
        two = sign_in(chromium, found.url, "乙")
        blind(two, found.url, ids)
        told = client.get(f"/api/v1/batches/{batch}/export", params={"format": "jsonl"}).text
        fields = {f["id"]: f for f in json.loads(told)["fields"]}
        wanted = {field: int(WRONG.get(n, "12")) for n, field in enumerate(ids)}
        assert {field: int(fields[field]["value"]) for field in ids} == wanted
        assert not any(f["needs_review"] for f in fields.values())
        extracted = json.loads(
            client.get(f"/api/v1/batches/{batch}/export", params={"format": "jsonl", "as": "extracted"}).text
        )
        assert sum(f["needs_review"] for f in extracted["fields"]) == DOUBTFUL
        two.goto(f"{found.url}/overview")
        assert f"{DOUBTFUL} / {DOUBTFUL}" in two.locator("main").inner_text()


def blind(page: Any, url: str, ids: list[str]) -> None:
    """Read every figure a second time; a source without pages shows the cell's text."""
    page.goto(f"{url}/looks?kind=second")
    for _look in ids:
        page.locator('#look[data-ready="true"]').wait_for()
        look = page.locator("#look").get_attribute("data-id")
        field = page.locator("#look").get_attribute("data-field")
        for key in [*WRONG.get(ids.index(field), "12"), "Enter"]:
            page.keyboard.press(key)
        page.locator(f'#look[data-id="{look}"]').wait_for(state="detached")
