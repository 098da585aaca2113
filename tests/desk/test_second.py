"""Second readings, third opinions, the sample: who is asked, what is shown, what is measured."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from tests.desk.conftest import Enter, House
from tests.desk.made import FIELDS
from workers.store import audit, reviews, second
from workers.store.agreement import kappa, wilson
from workers.store.reviews import Verdict
from workers.store.second import Answer
from workers.store.tables import looks


def actor(house: House, name: str) -> audit.Actor:
    return audit.Actor(house.person(name), name)


def say(house: House, who: str, document: str, field: str, value: int) -> None:
    word = Verdict(field, "misread", value, "printed")
    reviews.settle(house.context.store, actor(house, who), document, word)


def draw(house: House, document: str) -> int:
    with house.context.store.write() as c:
        return second.draw_second(house.context.store, c, document)


def take(house: House, who: str, kind: str = "second") -> Any:
    return second.hand_out(house.context.store, house.person(who), kind)


def field_of(house: House, document: str, field: str) -> dict[str, Any]:
    with house.context.store.read() as c:
        result = reviews.settled_result(c, document, "")
    assert result is not None
    return next(f for f in result["fields"] if f["id"] == field)


def test_policy_doubtful_and_the_way_to_a_third_person(house: House) -> None:
    batch = house.batch(second_look="doubtful")
    document = house.document(batch=batch, doubtful={FIELDS[10]: 5, FIELDS[11]: 5})
    say(house, "甲", document, FIELDS[10], 7)
    say(house, "甲", document, FIELDS[11], 8)
    assert draw(house, document) == 2
    draw(house, document)
    with house.context.store.read() as c:
        assert len(c.execute(select(looks.c.id)).all()) == 2, "signed twice, drawn once"
    assert take(house, "甲") is None, "nobody reads himself a second time"
    store = house.context.store
    look = take(house, "乙")
    assert take(house, "丙").id != look.id, "held by one person"
    first_words = {FIELDS[10]: 7, FIELDS[11]: 8}
    same = Answer(first_words[look.field], "printed")
    assert second.answer(store, actor(house, "乙"), look.id, same).agrees is True
    with store.write() as c:
        c.execute(looks.update().values(held_until=0.0))
    look = take(house, "乙")
    assert second.answer(store, actor(house, "乙"), look.id, Answer(9, "printed")).agrees is False
    assert take(house, "甲", "third") is None and take(house, "乙", "third") is None
    third = take(house, "丙", "third")
    second.answer(store, actor(house, "丙"), third.id, Answer(9, "printed"))
    found = {field: field_of(house, document, field)["value"] for field in first_words}
    assert found == {**first_words, third.field: 9}
    with store.read() as c:
        told = second.agreement(c)
    assert (told["n"], told["same"]) == (2, 1)


def test_share_and_none(house: House) -> None:
    for policy, share, most in (("none", 1.0, 0), ("share", 0.5, 30)):
        batch = house.batch(policy, second_look=policy, share=share)
        document = house.document(batch=batch, doubtful=dict.fromkeys(FIELDS[:40], 5))
        for field in FIELDS[:40]:
            say(house, "甲", document, field, 6)
        number = draw(house, document)
        assert number == 0 if policy == "none" else 10 <= number <= most


def test_who_does_not_hold_a_look_cannot_answer_it(house: House) -> None:
    batch = house.batch(second_look="doubtful")
    document = house.document(batch=batch, doubtful={FIELDS[10]: 5})
    say(house, "甲", document, FIELDS[10], 7)
    draw(house, document)
    look = take(house, "乙")
    for name in ("甲", "丙"):
        with pytest.raises(KeyError):
            second.answer(house.context.store, actor(house, name), look.id, Answer(7, "printed"))
    with pytest.raises(ValueError):
        second.answer(house.context.store, actor(house, "乙"), look.id, Answer("七", "printed"))


def test_the_sample_measures_silent_errors(house: House) -> None:
    store = house.context.store
    store.sample_share = 1.0
    document = house.document(doubtful={FIELDS[10]: 5})
    with store.read() as c:
        drawn = c.execute(select(looks.c.id, looks.c.field).order_by(looks.c.id).limit(20)).all()
        assert len(c.execute(select(looks.c.id)).all()) == len(FIELDS) - 1
    who = actor(house, "甲")
    for look in drawn[:-1]:
        assert second.answer(store, who, look.id, Answer(0, "printed")).agrees is True
    last = drawn[-1]
    asked = second.answer(store, who, last.id, Answer(4, "printed"))
    assert asked.agrees is None and asked.system == (0, "printed"), "a slip of one's own is asked back"
    assert second.answer(store, who, last.id, Answer(4, "printed", sure=True)).agrees is False
    assert field_of(house, document, last.field)["value"] == 4
    with store.read() as c:
        told = second.silent_errors(c)
    assert (told["n"], told["wrong"], told["rate"]) == (20, 1, 0.05)
    assert told["interval"] == pytest.approx((0.00888, 0.23614), abs=1e-4)


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [(0, 10, 0.0, 0.27753), (5, 10, 0.23659, 0.76341), (1, 1000, 0.00018, 0.00564), (0, 0, 0.0, 1.0)],
)
def test_wilson(hits: int, n: int, low: float, high: float) -> None:
    assert wilson(hits, n) == pytest.approx((low, high), abs=1e-4)


@given(st.integers(0, 500), st.integers(1, 500))
def test_wilson_holds_the_rate(hits: int, n: int) -> None:
    hits = min(hits, n)
    low, high = wilson(hits, n)
    assert 0 <= low <= hits / n + 1e-12 and hits / n - 1e-12 <= high <= 1


def test_kappa() -> None:
    pairs = [("y", "y")] * 20 + [("y", "n")] * 5 + [("n", "y")] * 10 + [("n", "n")] * 15
    assert kappa(pairs) == pytest.approx(0.4)
    assert kappa([]) is None and kappa([("a", "a")]) is None


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1))
def test_kappa_is_symmetric_and_at_most_one(pairs: list[tuple[int, int]]) -> None:
    one, other = kappa(pairs), kappa([(b, a) for a, b in pairs])
    assert (one is None) == (other is None)
    if one is not None and other is not None:
        assert math.isclose(one, other, abs_tol=1e-12) and one <= 1


@pytest.mark.browser
def test_a_blind_reading_shows_nothing_and_needs_no_mouse(house: House, enter: Enter) -> None:
    batch = house.batch(second_look="doubtful")
    document = house.document(batch=batch, doubtful={FIELDS[10]: 5, FIELDS[11]: 5})
    one = enter("甲")
    one.goto(f"{house.url}/review/{document}", wait_until="domcontentloaded")
    one.locator('body[data-ready="true"]').wait_for()
    for key in ("7", "7", "7", "Enter", "Enter", "Enter"):
        one.keyboard.press(key)
    one.wait_for_url(f"{house.url}/queue")
    two = enter("乙")
    two.goto(f"{house.url}/looks?kind=second")
    assert "777" not in two.content() and '"value"' not in two.content()
    for _look in range(2):
        two.locator('#look[data-ready="true"]').wait_for()
        picture = two.locator(".picture img").get_attribute("src")
        for key in ("777" if FIELDS[10] in picture else "5") + "\n":
            two.keyboard.press("Enter" if key == "\n" else key)
        two.locator(f'.picture img[src="{picture}"]').wait_for(state="detached")
    with house.context.store.read() as c:
        told = second.agreement(c)
    assert (told["n"], told["same"]) == (2, 2)
    two.goto(f"{house.url}/overview")
    assert "κ = 1.000" in two.locator("main").inner_text()
