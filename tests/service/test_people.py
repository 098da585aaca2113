"""Reviews, hand-out, trail, accounts: what people do is only added, and one at a time."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from extractor.forms.load import load
from tests.service.conftest import calm_call
from tests.service.reports import fake_result
from tests.service.test_jobs import add, job_of
from workers.context import Context
from workers.processing import look
from workers.store import accounts, audit, documents, leases, reviews
from workers.store.overlay import Review, check_value, lay_over
from workers.store.reviews import Conflict, NoResult, Signed, Verdict
from workers.store.tables import audit as audit_table
from workers.store.tables import documents as table
from workers.store.tables import jobs as jobs_table

FORM = load()[0]
FIELDS = [f.id for f in FORM.fields]


def user(context: Context, name: str, role: str = "reviewer") -> audit.Actor:
    with context.store.write() as c:
        return audit.Actor(accounts.create_user(context.store, c, name, role), name)


def done(context: Context, data: bytes = b"done") -> str:
    document = add(context, data)
    look(context, job_of(context, document.id).id, calm_call)
    return document.id


def test_settling_is_an_overlay(context: Context) -> None:
    who, document = user(context, "甲"), done(context)
    field = reviews.settle(context.store, who, document, Verdict(FIELDS[0], "misread", 8, "printed", 0))
    assert (field["value"], field["revision"], field["needs_review"]) == (8, 1, False)
    assert field["extracted"]["value"] == 3 and field["settled"]["by"] == "甲"
    with context.store.read() as c:
        settled = reviews.settled_result(c, document, "名.pdf")
    assert settled is not None
    assert settled["document"]["filename"] == "名.pdf"
    assert settled["fields"][0]["value"] == 8
    row = documents.get(context.store, document)
    assert row is not None and row.review_fields == 1


def test_who_is_slower_writes_nothing(context: Context) -> None:
    who, document = user(context, "甲"), done(context)
    reviews.settle(context.store, who, document, Verdict(FIELDS[0], "confirmed"))
    with pytest.raises(Conflict) as slower:
        reviews.settle(context.store, who, document, Verdict(FIELDS[0], "misread", 9, "printed", 0))
    assert slower.value.current == 1
    with context.store.read() as c:
        assert len(reviews.history(c, document)) == 1


def test_two_at_the_same_moment(context: Context) -> None:
    who, document = user(context, "甲"), done(context)
    gate, outcomes = threading.Barrier(4), []

    def settle(value: int) -> None:
        gate.wait()
        try:
            reviews.settle(context.store, who, document, Verdict(FIELDS[5], "misread", value, "printed", 0))
            outcomes.append("won")
        except Conflict:
            outcomes.append("lost")

    threads = [threading.Thread(target=settle, args=(n,)) for n in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert sorted(outcomes) == ["lost", "lost", "lost", "won"]


def test_undo_and_rerun_keep_words(context: Context) -> None:
    who, document = user(context, "甲"), done(context)
    reviews.settle(context.store, who, document, Verdict(FIELDS[0], "misread", 8, "printed", 0))
    reviews.settle(context.store, who, document, Verdict(FIELDS[0], "withdrawn", base_revision=1))
    reviews.settle(context.store, who, document, Verdict(FIELDS[1], "misread", None, "blank", 0))
    with context.store.read() as c:
        settled = reviews.settled_result(c, document, "a")
    assert settled is not None
    assert (settled["fields"][0]["value"], settled["fields"][0]["revision"]) == (3, 2)
    assert (settled["fields"][1]["value"], settled["fields"][1]["state"]) == (None, "blank")
    documents.rerun(context.store, document, "v2")
    look(context, job_of(context, document).id, calm_call)
    with context.store.read() as c:
        again = reviews.settled_result(c, document, "a")
    assert again is not None and again["fields"][1]["state"] == "blank"
    row = documents.get(context.store, document)
    assert row is not None and row.review_fields == 1


def test_refusals(context: Context) -> None:
    who, document = user(context, "甲"), done(context)
    waiting = add(context, b"waiting")
    with pytest.raises(NoResult):
        reviews.settle(context.store, who, waiting.id, Verdict(FIELDS[0], "confirmed"))
    with pytest.raises(KeyError):
        reviews.settle(context.store, who, document, Verdict("no.such.field", "confirmed"))
    for word in (
        Verdict(FIELDS[0], "misread", "十", "printed"), Verdict(FIELDS[0], "misread", 1.5, "printed"),
        Verdict(FIELDS[0], "misread", -1, "printed"), Verdict(FIELDS[0], "misread", 4, "blank"),
        Verdict(FIELDS[0], "confirmed", 4), Verdict(FIELDS[0], "perhaps"),
    ):  # fmt: skip
        with pytest.raises(ValueError):
            reviews.settle(context.store, who, document, word)
    with context.store.write() as c:
        c.execute(update(table).where(table.c.id == document).values(review_state="signed"))
    with pytest.raises(Signed):
        reviews.settle(context.store, who, document, Verdict(FIELDS[0], "confirmed"))


def test_sums_are_judged_anew() -> None:
    result = fake_result("a", "0" * 64)
    for entry in result["fields"]:  # type: ignore[attr-defined]
        entry["value"] = 0
    identity = next(i for t in FORM.tables for i in t.identities)
    word = Review(identity.parts[0], 1, "misread", 5, "printed", None, 1, "甲", 0.0)
    found = lay_over(result, [word])["findings"]
    mine = [f for f in found if f["rule"] == identity.rule and identity.parts[0] in f["fields"]]
    assert mine and abs(mine[0]["computed"] - mine[0]["printed"]) == 5
    healed = {**result, "findings": found}
    healed["fields"] = [{**f, "value": 5} if f["id"] == identity.parts[0] else f for f in result["fields"]]  # type: ignore[attr-defined]
    back = Review(identity.parts[0], 1, "misread", 0, "printed", None, 1, "甲", 0.0)
    assert not [f for f in lay_over(healed, [back])["findings"] if identity.parts[0] in f["fields"]]


def test_source_wrong_becomes_a_finding() -> None:
    word = Review(FIELDS[0], 1, "source_wrong", 3, "printed", "合计有误", 1, "甲", 0.0)
    laid = lay_over(fake_result("a", "0" * 64), [word])
    assert laid["fields"][0]["value"] == 3
    assert [(f["rule"], f["message"]) for f in laid["findings"]] == [("source_wrong", "合计有误")]


@given(st.integers(min_value=0, max_value=10**12))
def test_numbers_keep_their_value(number: int) -> None:
    decimal = next(f for f in FORM.fields if f.type == "decimal")
    assert check_value(None, number, "printed") == number
    assert check_value(None, f"{number:,}", "printed") == number
    assert check_value(decimal, f"{number}.50", "printed") == f"{number}.50"


def test_hand_out_never_twice(context: Context) -> None:
    people = [user(context, f"员{n}") for n in range(4)]
    found = [done(context, f"d{n}".encode()) for n in range(4)]
    gate, given_out = threading.Barrier(4), []

    def ask(who: audit.Actor) -> None:
        gate.wait()
        assert who.id is not None
        given_out.append(leases.hand_out(context.store, who.id, 60))

    threads = [threading.Thread(target=ask, args=(p,)) for p in people]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert sorted(filter(None, given_out)) == sorted(found)
    late = user(context, "晚")
    assert late.id is not None and leases.hand_out(context.store, late.id, 60) is None


def test_trail_is_a_chain(context: Context) -> None:
    for n in range(5):
        with context.store.write() as c:
            audit.record(context.store, c, audit.SYSTEM, "test", f"t{n}", {"n": n}, {"n": n + 1})
    assert audit.verify(context.store) == (5, None)
    with context.store.write() as c:
        c.execute(update(audit_table).where(audit_table.c.id == 3).values(after='{"n": 9}'))
    assert audit.verify(context.store) == (2, 3)


def test_trail_without_gaps_under_pressure(context: Context) -> None:
    def write() -> None:
        for n in range(5):
            with context.store.write() as c:
                audit.record(context.store, c, audit.SYSTEM, "test", str(n))

    threads = [threading.Thread(target=write) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert audit.verify(context.store) == (20, None)


def test_tokens_never_exceed_the_role(context: Context) -> None:
    who = user(context, "乙", "uploader")
    assert who.id is not None
    with context.store.write() as c:
        _, secret = accounts.new_token(context.store, c, who.id, "t", frozenset(accounts.SCOPES))
        _, short = accounts.new_token(context.store, c, who.id, "t", frozenset({"read"}), seconds=-1)
        _, link = accounts.new_token(context.store, c, who.id, "s", frozenset(), kind="signin", seconds=60)
    with context.store.write() as c:
        found = accounts.by_token(context.store, c, secret)
        assert found is not None and found.scopes == accounts.ROLE_SCOPES["uploader"]
        assert accounts.by_token(context.store, c, short) is None
        assert accounts.by_token(context.store, c, link) is None
        assert accounts.spend_signin(context.store, c, link) == who.id
        assert accounts.spend_signin(context.store, c, link) is None
        assert c.execute(select(jobs_table.c.id)).first() is None
