"""Who is shown what, in which order: filters, hand-out, kept filters; the same on both databases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import update

from tests.desk.made import FIELDS, Stand
from tests.service.conftest import put
from workers.context import Context
from workers.processing import look
from workers.store import accounts, audit, documents, leases, queue, reviews
from workers.store.documents import Upload
from workers.store.queue import Filter
from workers.store.tables import documents as table
from workers.store.weight import weights_of


@pytest.fixture
def full(context: Context) -> Iterator[tuple[Context, dict[str, str]]]:
    """Three documents: `much` and `little` to review, `none` without a doubt."""
    stand, ids = Stand(), {}
    for name, more in (
        ("much", {"doubtful": dict.fromkeys(FIELDS[10:16], 5), "organ": "青梧县档案局"}),
        ("little", {"doubtful": {FIELDS[3]: 4}, "organ": "松洼市民政局",
                    "findings": [{"rule": "a_rule", "severity": "error", "fields": [FIELDS[3]], "message": "不等"}]}),
        ("none", {}),
    ):  # fmt: skip
        data = stand.know(name.encode(), f"{name}.pdf", **more)
        ids[name] = documents.accept(
            context.store, [Upload(f"{name}.pdf", put(context, data), len(data))], "test"
        )[0].id
        job = documents.get(context.store, ids[name])
        assert job is not None
        look(context, job.job_id, stand)
    yield context, ids


def found(context: Context, **given: str) -> list[str]:
    with context.store.read() as c:
        rows, total = queue.page(context.store, c, Filter.read(given))
    assert total == len(rows)
    return [r.id for r in rows]


def test_order_is_by_expected_loss(full: tuple[Context, dict[str, str]]) -> None:
    context, ids = full
    assert found(context) == [ids["much"], ids["little"]]
    with context.store.read() as c:
        told = queue.waiting(context.store, c)
    assert (told["documents"], told["fields"]) == (2, 7)
    assert told["loss"] >= 7 * 0.4 - 1e-9


def test_totals_weigh_more() -> None:
    from extractor.forms.load import load

    form = load()[0]
    result = {"report": {"form": form.edition, "tables": {}}}
    weights = weights_of(result)
    identities = [i for t in form.tables for i in t.identities]
    total = identities[0].equals[0]
    assert weights[total] == 1 + sum(total in i.equals for i in identities)
    assert all(w > 1 for w in weights.values())


def test_every_filter_chooses(full: tuple[Context, dict[str, str]]) -> None:
    context, ids = full
    only = [ids["little"]]
    assert found(context, organ="松洼") == only
    assert found(context, rule="a_rule") == only
    assert found(context, reason="low_score") == [ids["much"], ids["little"]]
    assert found(context, reason="low_scor_") == [], "no wildcards out of a query string"
    assert found(context, year="2023", edition="2021", source="pdf_text") == [ids["much"], ids["little"]]
    assert found(context, year="1999") == [] and found(context, batch="x") == []
    assert found(context, state="none") == [ids["none"]]
    assert found(context, state="signed") == []


def test_reviewer_and_states(full: tuple[Context, dict[str, str]]) -> None:
    context, ids = full
    with context.store.write() as c:
        one = accounts.create_user(context.store, c, "甲", "reviewer")
        leases.take(context.store, c, ids["much"], one, 60)
    assert found(context, reviewer="甲") == [ids["much"]] == found(context, state="taken")
    reviews.settle(context.store, audit.Actor(one, "甲"), ids["little"], reviews.Verdict(FIELDS[3], "confirmed"))
    assert found(context, reviewer="甲") == [ids["much"], ids["little"]]
    assert found(context, state="settled") == [ids["little"]]
    with context.store.write() as c:
        c.execute(update(table).where(table.c.id == ids["much"]).values(review_state="postponed", review_until=1e12))
    assert found(context) == [ids["little"]] and found(context, state="postponed") == [ids["much"]]
    with context.store.write() as c:
        c.execute(update(table).where(table.c.id == ids["much"]).values(review_until=1.0))
    assert found(context) == [ids["much"], ids["little"]], "due again"


def test_kept_filters_are_ones_own(full: tuple[Context, dict[str, str]]) -> None:
    context, _ids = full
    store = context.store
    with store.write() as c:
        one = accounts.create_user(store, c, "甲", "reviewer")
        two = accounts.create_user(store, c, "乙", "reviewer")
        queue.save_filter(store, c, one, "扫描", "source=pdf_scan")
        queue.save_filter(store, c, one, "扫描", "source=image")
        (kept,) = queue.filters_of(c, one)
        assert kept.query == "source=image" and queue.filters_of(c, two) == []
        queue.drop_filter(c, two, kept.id)
        assert len(queue.filters_of(c, one)) == 1
        queue.drop_filter(c, one, kept.id)
        assert queue.filters_of(c, one) == []


def test_steps_are_written_once_and_undo_goes_back_step_by_step(full: tuple[Context, dict[str, str]]) -> None:
    context, ids = full
    store, document, field = context.store, ids["much"], FIELDS[10]
    with store.write() as c:
        who = audit.Actor(accounts.create_user(store, c, "甲", "reviewer"), "甲")

    def say(**more: object) -> dict[str, object]:
        return reviews.settle(store, who, document, reviews.Verdict(field, **more))  # type: ignore[arg-type]

    first = say(verdict="misread", value=1, state="printed", step="s1")
    assert say(verdict="misread", value=1, state="printed", step="s1") == first
    say(verdict="misread", value=2, state="printed", base_revision=1, step="s2")
    assert say(verdict="withdrawn", base_revision=2, undoes=2, step="s3")["value"] == 1
    with pytest.raises(reviews.Conflict):
        say(verdict="withdrawn", base_revision=3, undoes=2)
    assert say(verdict="withdrawn", base_revision=3, undoes=1)["value"] == 5
    row = documents.get(store, document)
    assert row is not None and row.review_fields == 6
    with store.read() as c:
        assert reviews.standing(reviews.history(c, document, field)) == []
    assert audit.verify(store)[1] is None


