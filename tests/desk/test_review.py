"""The review page in a real browser: every doubtful field settled by keyboard, nothing lost on the way."""

from __future__ import annotations

from typing import Any

import pytest

from tests.desk.conftest import Enter, House
from tests.desk.made import FIELDS, FORM
from workers.store import reviews

pytestmark = pytest.mark.browser

TEN = dict.fromkeys(FIELDS[10:20], 5)


def settled(house: House, document: str) -> dict[str, Any]:
    with house.context.store.read() as c:
        result = reviews.settled_result(c, document, "")
    assert result is not None
    return {f["id"]: f for f in result["fields"]}


def saved(page: Any) -> None:
    page.locator('#saved[data-state="saved"]').wait_for()


def start(page: Any, house: House, document: str) -> None:
    page.goto(f"{house.url}/review/{document}", wait_until="domcontentloaded")
    page.locator('body[data-ready="true"]').wait_for()


def in_hand(page: Any) -> str | None:
    found: str | None = page.evaluate("document.activeElement.dataset.fieldId ?? null")
    return found


def press(page: Any, *keys: str) -> int:
    for key in keys:
        page.keyboard.press(key)
    return len(keys)


def test_ten_doubts_three_wrong_in_ten_and_digits_and_one_key(house: House, enter: Enter) -> None:
    document, page = house.document(doubtful=TEN), enter()
    start(page, house, document)
    assert in_hand(page) == FIELDS[10]
    wrong = {FIELDS[12]: "37", FIELDS[15]: "4", FIELDS[19]: "128"}
    keys = 0
    for field in TEN:
        assert in_hand(page) == field
        keys += press(page, *wrong.get(field, ""), "Enter")
    keys += press(page, "Enter")
    page.wait_for_url(f"{house.url}/queue")
    assert keys <= 10 + sum(map(len, wrong.values())) + 1
    found = settled(house, document)
    for field in TEN:
        assert found[field]["value"] == int(wrong.get(field, "5")) and not found[field]["needs_review"]
        assert found[field]["settled"]["verdict"] == ("misread" if field in wrong else "confirmed")
    assert house.row(document).review_state == "signed"


def test_attributes_of_the_contract(house: House, enter: Enter) -> None:
    document, page = house.document(doubtful=TEN), enter()
    start(page, house, document)
    assert page.locator("[data-field-id]").count() == len(FIELDS)
    assert page.locator('[data-needs-review="true"]').count() == 10
    assert page.locator("[data-box-for]").count() == len(FIELDS)
    first = page.locator(f'[data-field-id="{FIELDS[10]}"]')
    assert first.get_attribute("data-state") == "printed"
    press(page, "b")
    saved(page)
    assert (first.get_attribute("data-state"), first.get_attribute("data-needs-review")) == ("blank", "false")


def test_every_key(house: House, enter: Enter) -> None:
    document, page = house.document(doubtful=TEN), enter()
    start(page, house, document)
    press(page, "ArrowDown", "ArrowDown", "ArrowUp")
    assert in_hand(page) == FIELDS[11]
    press(page, "ArrowUp")
    press(page, "Alt+2", "b", "x", "w", "/", "Enter", "7", "Backspace", "8", "Escape", "Enter")
    saved(page)
    found = settled(house, document)
    told = [(found[f]["value"], found[f]["state"], found[f]["settled"]["verdict"]) for f in FIELDS[10:16]]
    assert told == [
        (6, "printed", "misread"), (None, "blank", "misread"), (None, "illegible", "misread"),
        (5, "printed", "source_wrong"), (None, "mark", "misread"), (5, "printed", "confirmed"),
    ]  # fmt: skip
    assert [f for f in found if found[f]["needs_review"]] == FIELDS[16:20]
    press(page, "?")
    assert page.locator("#help").is_visible()
    press(page, "?")
    assert not page.locator("#help").is_visible()


def test_a_typed_value_that_is_what_was_read_confirms(house: House, enter: Enter) -> None:
    document, page = house.document(doubtful=TEN), enter()
    start(page, house, document)
    press(page, "5", "Enter", "-", "3", "Enter")
    saved(page)
    found = settled(house, document)
    assert found[FIELDS[10]]["settled"]["verdict"] == "confirmed"
    assert "settled" not in found[FIELDS[11]], "a count is not negative"
    assert in_hand(page) == FIELDS[11]
    assert "负数" in page.locator("#notice").inner_text()


def test_undo_without_limit_also_after_a_reload(house: House, enter: Enter) -> None:
    document, page = house.document(doubtful=TEN), enter()
    start(page, house, document)
    press(page, "1", "Enter", "2", "Enter")
    page.locator(f'[data-field-id="{FIELDS[10]}"]').click()
    press(page, "9", "Enter")
    saved(page)
    start(page, house, document)
    press(page, "u")
    saved(page)
    assert settled(house, document)[FIELDS[10]]["value"] == 1
    press(page, "u", "u", "u")
    saved(page)
    found = settled(house, document)
    assert [f for f in found if found[f]["needs_review"]] == list(TEN)
    assert found[FIELDS[10]]["value"] == 5 and found[FIELDS[11]]["value"] == 5
    assert "没有可撤销" in page.locator("#notice").inner_text()


def test_field_and_box_find_each_other(house: House, enter: Enter) -> None:
    document, page = house.document(doubtful=TEN), enter()
    start(page, house, document)
    far = FIELDS[150]
    page.locator(f'[data-field-id="{far}"]').click()
    box = page.locator(f'[data-box-for="{far}"]')
    assert box.get_attribute("data-current") == "true"
    view, there = page.locator("#pages").bounding_box(), box.bounding_box()
    assert view["y"] <= there["y"] <= view["y"] + view["height"]
    page.locator(f'[data-box-for="{FIELDS[151]}"]').click()
    assert in_hand(page) == FIELDS[151]
    field = page.locator(f'[data-field-id="{FIELDS[151]}"]').bounding_box()
    form = page.locator("#tables").bounding_box()
    assert form["y"] <= field["y"] <= form["y"] + form["height"]


def test_sums_are_recomputed_while_typing(house: House, enter: Enter) -> None:
    identity = FORM.tables[1].identities[0]
    part, total = identity.parts[0], identity.equals[0]
    document, page = house.document(doubtful={part: 5}), enter()
    start(page, house, document)
    sums = page.locator("#f-sums .sum").filter(has_text="≠")
    assert sums.count() >= 1
    assert page.locator(f'[data-field-id="{total}"]').get_attribute("data-mark") == "failing"
    press(page, "0")
    assert page.locator("#f-sums .sum").filter(has_text="≠").count() == 0
    press(page, "Enter")
    saved(page)
    assert page.locator(f'[data-field-id="{total}"]').get_attribute("data-mark") == "accepted"


def test_the_crop_is_there_and_the_next_one_before_it_is_asked_for(house: House, enter: Enter) -> None:
    document, page = house.document(doubtful=TEN), enter()
    asked: list[str] = []
    page.on("request", lambda r: asked.append(r.url) if "crop.png" in r.url else None)
    start(page, house, document)
    crop = page.locator("#crop-image")
    page.locator("#crop-frame:not([hidden])").wait_for()
    assert crop.evaluate("e => e.naturalWidth") > 50
    page.wait_for_timeout(200)
    assert any(FIELDS[11] in url for url in asked) and any(FIELDS[12] in url for url in asked)


def test_nothing_is_lost_without_a_network(house: House, enter: Enter) -> None:
    document, page = house.document(doubtful=TEN), enter()
    start(page, house, document)
    press(page, "Enter")
    saved(page)
    page.context.set_offline(True)
    press(page, "2", "1", "Enter", "b", "u", "Enter")
    page.locator('#saved[data-state="offline"]').wait_for()
    assert "4" in page.locator("#saved").inner_text()
    page.close()
    assert house.row(document).review_fields == 9
    page.context.set_offline(False)
    again = page.context.new_page()
    start(again, house, document)
    saved(again)
    found = settled(house, document)
    assert found[FIELDS[11]]["value"] == 21
    assert found[FIELDS[12]]["settled"]["verdict"] == "confirmed" and found[FIELDS[12]]["value"] == 5
    assert house.row(document).review_fields == 7


def test_the_network_comes_back_by_itself(house: House, enter: Enter) -> None:
    document, page = house.document(doubtful=TEN), enter()
    start(page, house, document)
    page.context.set_offline(True)
    press(page, "Enter", "6", "Enter")
    page.locator('#saved[data-state="offline"]').wait_for()
    page.context.set_offline(False)
    saved(page)
    assert settled(house, document)[FIELDS[11]]["value"] == 6


def test_who_is_slower_is_told(house: House, enter: Enter) -> None:
    from workers.store import audit
    from workers.store.reviews import Verdict

    document, page = house.document(doubtful=TEN), enter()
    start(page, house, document)
    other = audit.Actor(house.person("乙"), "乙")
    reviews.settle(house.context.store, other, document, Verdict(FIELDS[10], "misread", 77, "printed"))
    press(page, "Enter")
    page.locator("#notice").filter(has_text="他人已先处理").wait_for()
    assert page.locator(f'[data-field-id="{FIELDS[10]}"] .v').inner_text() == "77"
    assert settled(house, document)[FIELDS[10]]["value"] == 77


def test_two_tabs_of_one_person(house: House, enter: Enter) -> None:
    document, page = house.document(doubtful=TEN), enter()
    start(page, house, document)
    second = page.context.new_page()
    start(second, house, document)
    press(page, "8", "Enter")
    saved(page)
    second.locator(f'[data-field-id="{FIELDS[10]}"][data-mark="corrected"]').wait_for()
    second.locator(f'[data-field-id="{FIELDS[11]}"]').click()
    press(second, "9", "Enter")
    saved(second)
    found = settled(house, document)
    assert (found[FIELDS[10]]["value"], found[FIELDS[11]]["value"]) == (8, 9)


def test_two_people_never_get_the_same_document(house: House, enter: Enter) -> None:
    first, second = house.document("一.pdf", doubtful=TEN), house.document("二.pdf", doubtful=dict([*TEN.items()][:3]))
    one, two = enter("甲"), enter("乙")
    for page in (one, two):
        page.goto(f"{house.url}/queue")
        page.locator("#next").click()
        page.wait_for_url("**/review/**")
    assert {first, second} == {one.url.rsplit("/", 1)[1], two.url.rsplit("/", 1)[1]}
    assert one.url.endswith(first), "the greater loss comes first"
    start(two, house, first)
    assert "甲" in two.locator(".banner").first.inner_text()
    press(two, "1", "Enter")
    assert house.row(first).review_fields == 10
    two.goto(f"{house.url}/queue?state=taken")
    assert "甲 核对中" in two.locator("#queue").inner_text()


def test_postpone_wants_a_reason(house: House, enter: Enter) -> None:
    document, page = house.document(doubtful=TEN), enter()
    start(page, house, document)
    page.locator('[data-decide="postponed"]').click()
    press(page, "Enter")
    assert page.locator("#reason").is_visible()
    page.locator("#reason-text").fill("等原件")
    press(page, "Enter")
    page.wait_for_url(f"{house.url}/queue")
    assert (house.row(document).review_state, house.row(document).review_reason) == ("postponed", "等原件")


def test_finish_gets_the_next_document_of_the_filter(house: House, enter: Enter) -> None:
    batch = house.batch("甲批")
    other = house.document("他.pdf", doubtful=TEN)
    first = house.document("一.pdf", batch, doubtful={FIELDS[3]: 4, FIELDS[4]: 4})
    second = house.document("二.pdf", batch, doubtful={FIELDS[3]: 4})
    page = enter()
    page.goto(f"{house.url}/queue?batch={batch}")
    press(page, "Enter")
    page.wait_for_url(f"**/review/{first}?**")
    page.locator('body[data-ready="true"]').wait_for()
    press(page, "Enter", "Enter", "Enter")
    page.wait_for_url(f"**/review/{second}?**")
    assert house.row(other).review_fields == 10


def test_script_in_names_stays_text(house: House, enter: Enter) -> None:
    evil = "<script>document.title='x'</script><img src=x onerror=alert(1)>"
    document, page = house.document(f"{evil}.pdf", doubtful=TEN, organ=f"</script>{evil}"), enter()
    page.on("dialog", lambda d: (_ for _ in ()).throw(AssertionError("a script ran")))
    start(page, house, document)
    assert page.title() != "x"
    assert evil in page.locator(".docbar h1").inner_text()
    page.goto(f"{house.url}/queue")
    assert evil in page.locator("#queue").inner_text()
    assert page.locator("img[src=x]").count() == 0


def test_a_drawn_region_is_read_again(house: House, enter: Enter) -> None:
    field = FIELDS[10]
    document, page = house.document(doubtful={field: 5}, values={FIELDS[11]: 43}), enter()
    start(page, house, document)
    press(page, "d")
    box = page.locator(f'[data-box-for="{FIELDS[11]}"]').bounding_box()
    page.mouse.move(box["x"] + 1, box["y"] + 1)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 1, box["y"] + box["height"] - 1, steps=4)
    page.mouse.up()
    page.locator('[data-candidate="1"]').filter(has_text="43").wait_for(timeout=60_000)
    press(page, "Alt+1")
    saved(page)
    assert settled(house, document)[field]["value"] == 43
    start(page, house, document)
    page.locator(f'[data-field-id="{field}"]').click()
    assert "43" in page.locator('[data-candidate="1"]').inner_text(), "kept as a reading of the field"


def test_a_field_without_a_place_shows_its_neighbour(house: House, enter: Enter) -> None:
    """Where a row was not found, the page stands where it would be, not at its beginning."""
    document, page = house.document(missing=FIELDS[130]), enter()
    start(page, house, document)
    assert in_hand(page) == FIELDS[130] and page.locator(f'[data-box-for="{FIELDS[130]}"]').count() == 0
    view, near = (page.locator(x).bounding_box() for x in ("#pages", f'[data-box-for="{FIELDS[129]}"]'))
    assert view["y"] <= near["y"] and near["y"] + near["height"] <= view["y"] + view["height"]


def test_a_crop_that_is_late_leaves_no_other_cell_in_its_place(house: House, enter: Enter) -> None:
    document, page = house.document(doubtful=TEN), enter()
    held: list[Any] = []
    page.route("**/crop.png", lambda route: route.continue_() if FIELDS[10] in route.request.url else held.append(route))
    start(page, house, document)
    crop = page.locator("#crop-image")
    page.locator("#crop-frame:not([hidden])").wait_for()
    assert crop.is_visible()
    press(page, "Enter")
    assert in_hand(page) == FIELDS[11]
    assert not crop.is_visible() and page.locator("#crop-frame").is_hidden()
    for route in held:
        route.continue_()
    page.unroute("**/crop.png")
    page.locator("#crop-frame:not([hidden])").wait_for()
    assert crop.is_visible()
