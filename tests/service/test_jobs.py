"""A job's life: one claim at a time, a fence, one final state, one result."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from extractor.sandbox.fork import Ended
from extractor.types import Failure, Source
from tests.service.conftest import calm_call, put
from tests.service.reports import fake_result
from workers.context import Context
from workers.processing import look
from workers.store import batches, documents, jobs
from workers.store.batches import BatchCancelled
from workers.store.documents import Accepted, Upload
from workers.store.results import insert_run, run_of, summarise
from workers.store.reviews import Signed
from workers.store.tables import audit, events, fields, looks, runs
from workers.store.tables import documents as documents_table
from workers.store.tables import jobs as jobs_table


def add(context: Context, data: bytes, batch: str | None = None, name: str = "报告.pdf") -> Accepted:
    return documents.accept(context.store, [Upload(name, put(context, data), len(data), batch)], "v1")[0]


def job_of(context: Context, document_id: str) -> Any:
    row = documents.get(context.store, document_id)
    assert row is not None
    with context.store.read() as c:
        return c.execute(select(jobs_table).where(jobs_table.c.id == row.job_id)).one()


def outcome() -> jobs.Outcome:
    result = fake_result("a.pdf", "0" * 64)
    return jobs.Outcome(json.dumps(result).encode(), None, 0.1, 10, summarise(result))


def lapse(context: Context, job_id: int) -> None:
    with context.store.write() as c:
        c.execute(update(jobs_table).where(jobs_table.c.id == job_id).values(lease=1.0))


def test_upload_to_done(context: Context) -> None:
    document = add(context, b"one")
    assert document.state == "queued"
    assert look(context, job_of(context, document.id).id, calm_call) == "done"
    row = documents.get(context.store, document.id)
    assert row is not None
    assert (row.state, row.organ, row.year, row.review_fields, row.attempts) == (
        "done",
        "青梧县档案局",
        2023,
        2,
        1,
    )
    with context.store.read() as c:
        run = run_of(c, document.id)
        assert run is not None
        assert c.execute(select(func.count()).select_from(fields)).scalar_one() == len(run.result()["fields"])
        assert c.execute(select(events.c.kind)).scalars().all() == ["document.done"]


def test_same_bytes_are_read_once(context: Context) -> None:
    first, second = add(context, b"same"), add(context, b"same", name="另一个.pdf")
    assert second.duplicate_of == first.id
    job = job_of(context, first.id)
    assert job_of(context, second.id).id == job.id
    look(context, job.id, calm_call)
    third = add(context, b"same")
    assert third.state == "done"
    row = documents.get(context.store, third.id)
    assert row is not None and row.organ == "青梧县档案局"
    with context.store.read() as c:
        assert c.execute(select(func.count()).select_from(runs)).scalar_one() == 1


def test_attempt_is_counted_before_the_parse(context: Context) -> None:
    document = add(context, b"poison")
    job = job_of(context, document.id)

    def dies(task: str, source: Source, params: dict[str, Any]) -> Ended:
        assert job_of(context, document.id).attempts >= 1
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        look(context, job.id, dies)
    assert job_of(context, document.id).attempts == 1


def test_poison_ends_dead_after_three(context: Context) -> None:
    document = add(context, b"poison")
    job = job_of(context, document.id)
    for attempt in (1, 2, 3):
        held = jobs.claim(context.store, job.id, 60, 3)
        assert held is not None and held.attempts == attempt
        lapse(context, job.id)
        assert jobs.take_back(context.store, 3) == ((1, 0) if attempt < 3 else (0, 1))
    assert jobs.claim(context.store, job.id, 60, 3) is None
    row = documents.get(context.store, document.id)
    assert row is not None and row.state == "dead" and json.loads(row.error)["remedy"]
    assert jobs.take_back(context.store, 3) == (0, 0)


def test_fence_keeps_the_late_one_out(context: Context) -> None:
    document = add(context, b"slow")
    job = job_of(context, document.id)
    first = jobs.claim(context.store, job.id, 60, 3)
    assert first is not None and jobs.claim(context.store, job.id, 60, 3) is None
    lapse(context, job.id)
    second = jobs.claim(context.store, job.id, 60, 3)
    assert second is not None
    assert jobs.commit(context.store, first, outcome()) is False
    assert not jobs.renew(context.store, first, 60)
    assert not jobs.release(context.store, first)
    assert jobs.commit(context.store, second, outcome()) is True
    assert jobs.commit(context.store, second, outcome()) is False
    with context.store.read() as c:
        assert c.execute(select(func.count()).select_from(runs)).scalar_one() == 1


def test_tables_refuse_a_second_result(context: Context) -> None:
    document = add(context, b"x")
    held = jobs.claim(context.store, job_of(context, document.id).id, 60, 3)
    assert held is not None
    done = outcome()
    assert done.result is not None and done.summary is not None
    with pytest.raises(IntegrityError), context.store.write() as c:
        for _ in range(2):
            insert_run(c, held, done.result, b"", done.summary, 0.1, 1, 1.0)


def test_release_gives_the_attempt_back(context: Context) -> None:
    document = add(context, b"stopped")
    held = jobs.claim(context.store, job_of(context, document.id).id, 60, 3)
    assert held is not None and jobs.release(context.store, held)
    job = job_of(context, document.id)
    assert (job.state, job.attempts) == ("queued", 0)


def test_lost_sandbox_is_tried_again_and_counted(context: Context) -> None:
    document = add(context, b"lost")
    job = job_of(context, document.id)

    def lost(task: str, source: Source, params: dict[str, Any]) -> Ended:
        return Ended(None, None, True, 0.1, 0)

    for _ in range(3):
        assert look(context, job.id, lost) == "surrendered"
        jobs.take_back(context.store, 3)
    assert job_of(context, document.id).state == "dead"


def test_typed_failure_and_nonsense_are_final(context: Context) -> None:
    document, other = add(context, b"bad"), add(context, b"mad")

    def fails(task: str, source: Source, params: dict[str, Any]) -> Ended:
        return Ended(None, Failure("bomb", "异常膨胀", "另存后再传"), False, 0.1, 0)

    def nonsense(task: str, source: Source, params: dict[str, Any]) -> Ended:
        return Ended(b'{"fields": [3]}', None, False, 0.1, 0)

    assert look(context, job_of(context, document.id).id, fails) == "failed"
    assert look(context, job_of(context, other.id).id, nonsense) == "failed"
    row, odd = documents.get(context.store, document.id), documents.get(context.store, other.id)
    assert row is not None and json.loads(row.error)["code"] == "bomb"
    assert odd is not None and json.loads(odd.error)["code"] == "crashed"


def test_missing_blob_is_told(context: Context) -> None:
    items = [Upload("a.pdf", "ab" * 32, 3)]
    document = documents.accept(context.store, items, "v1")[0]
    assert look(context, job_of(context, document.id).id, calm_call) == "failed"
    row = documents.get(context.store, document.id)
    assert row is not None and json.loads(row.error)["code"] == "blob_missing"


def test_cancel_leaves_what_others_wait_for(context: Context) -> None:
    batch = batches.create(context.store, "批", None)
    inside, outside = add(context, b"shared", batch), add(context, b"shared")
    alone = add(context, b"alone", batch)
    assert documents.cancel_batch(context.store, batch) == 2
    assert job_of(context, inside.id).state == "queued"
    assert job_of(context, alone.id).state == "cancelled"
    look(context, job_of(context, outside.id).id, calm_call)
    states = {d: documents.get(context.store, d).state for d in (inside.id, outside.id, alone.id)}  # type: ignore[union-attr]
    assert states == {inside.id: "cancelled", outside.id: "done", alone.id: "cancelled"}
    with pytest.raises(BatchCancelled):
        add(context, b"late", batch)
    again = add(context, b"alone")
    assert job_of(context, again.id).state == "queued"


def test_cancelled_while_running_stays_cancelled(context: Context) -> None:
    batch = batches.create(context.store, "批", None)
    document = add(context, b"running", batch)
    held = jobs.claim(context.store, job_of(context, document.id).id, 60, 3)
    assert held is not None
    documents.cancel_batch(context.store, batch)
    assert jobs.commit(context.store, held, outcome()) is False
    assert documents.get(context.store, document.id).state == "cancelled"  # type: ignore[union-attr]


def test_single_upload_overtakes_a_batch(context: Context) -> None:
    batch = batches.create(context.store, "批", None)
    bulk = [job_of(context, add(context, f"b{n}".encode(), batch).id).id for n in range(3)]
    urgent = job_of(context, add(context, b"now").id).id
    assert jobs.waiting(context.store, range(0, 10), 30, 10) == [urgent, *bulk]
    add(context, b"b1")  # the same bytes, now urgent: its bulk job moves up
    assert jobs.waiting(context.store, range(0, 3), 30, 10) == [bulk[1], urgent]
    jobs.mark_sent(context.store, [urgent, *bulk])
    assert jobs.waiting(context.store, range(0, 10), 30, 10) == []
    assert jobs.waiting(context.store, range(0, 10), -1, 10) == [bulk[1], urgent, bulk[0], bulk[2]]


def test_batch_counts_and_closes_once(context: Context) -> None:
    batch = batches.create(context.store, "批", None)
    found = [add(context, f"n{n}".encode(), batch) for n in range(3)]
    for document in found:
        look(context, job_of(context, document.id).id, calm_call)
    with context.store.read() as c:
        progress = batches.progress(context.store, c, batch)
        kinds = c.execute(select(events.c.kind).order_by(events.c.id)).scalars().all()
    assert progress.counts["done"] == progress.total == 3
    assert (progress.fields_to_review, progress.documents_to_review, progress.seconds_left) == (6, 3, 0.0)
    assert kinds == ["document.done"] * 3 + ["batch.done"]


def test_rerun_is_a_new_row_and_keeps_the_old_run(context: Context) -> None:
    document = add(context, b"again")
    old = job_of(context, document.id).id
    assert documents.rerun(context.store, document.id, "v1") is None
    look(context, old, calm_call)
    assert documents.rerun(context.store, document.id, "v1") == "queued"
    new = job_of(context, document.id).id
    assert new != old
    look(context, new, calm_call)
    with context.store.read() as c:
        assert c.execute(select(func.count()).select_from(runs)).scalar_one() == 2
        states = c.execute(select(jobs_table.c.state).order_by(jobs_table.c.id)).scalars().all()
    assert states == ["done", "done"]


def shown(context: Context, document_id: str) -> tuple[str, int]:
    """A document's state and the run whose figures it shows."""
    row = documents.get(context.store, document_id)
    with context.store.read() as c:
        run = run_of(c, document_id)
    assert row is not None and run is not None
    return row.state, run.id


@pytest.mark.parametrize("end", ["cancelled", "failed", "dead"])
def test_rerun_that_comes_to_nothing_takes_no_result_away(context: Context, end: str) -> None:
    document = add(context, b"again")
    look(context, job_of(context, document.id).id, calm_call)
    before = shown(context, document.id)
    documents.rerun(context.store, document.id, "v2")
    assert shown(context, document.id) == ("queued", before[1])
    new = job_of(context, document.id).id

    def fails(task: str, source: Source, params: dict[str, Any]) -> Ended:
        return Ended(None, Failure("too_slow", "过慢", "重试"), False, 0.1, 0)

    if end == "cancelled":
        with context.store.write() as c:
            assert documents.cancel(context.store, c, [document.id], 5.0) == 1
    elif end == "failed":
        look(context, new, fails)
    else:
        for _ in range(3):
            assert jobs.claim(context.store, new, 60, 3) is not None
            lapse(context, new)
            jobs.take_back(context.store, 3)
    with context.store.read() as c:
        state = c.execute(select(jobs_table.c.state).where(jobs_table.c.id == new)).scalar_one()
        told = c.execute(select(audit.c.after).where(audit.c.action == "document.rerun_ended")).scalar_one()
    assert state == end and json.loads(told)["state"] == end
    assert shown(context, document.id) == before == ("done", before[1])


def test_signed_documents_are_not_read_again(context: Context) -> None:
    document = add(context, b"signed")
    look(context, job_of(context, document.id).id, calm_call)
    with context.store.write() as c:
        c.execute(update(documents_table).values(review_state="signed"))
    with pytest.raises(Signed):
        documents.rerun(context.store, document.id, "v2")
    assert shown(context, document.id)[0] == "done"


def test_sample_of_accepted_fields(context: Context) -> None:
    context.store.sample_share = 0.2
    document = add(context, b"sampled")
    look(context, job_of(context, document.id).id, calm_call)
    with context.store.read() as c:
        rows = c.execute(select(looks)).all()
        doubtful = set(c.execute(select(fields.c.field).where(fields.c.needs_review.is_(True))).scalars())
    assert 15 <= len(rows) <= 65
    assert not doubtful & {r.field for r in rows}


def test_requeue_after_an_orderly_end(context: Context) -> None:
    document = add(context, b"ctrl-c")
    assert jobs.claim(context.store, job_of(context, document.id).id, 60, 3)
    assert jobs.requeue_running(context.store) == 1
    job = job_of(context, document.id)
    assert (job.state, job.attempts) == ("queued", 0)
    assert documents.get(context.store, document.id).state == "queued"  # type: ignore[union-attr]


def test_idempotent_rows(context: Context) -> None:
    item = Upload("a.pdf", put(context, b"k"), 1, upload_key="key:0")
    first = documents.accept(context.store, [item], "v1")[0]
    assert documents.accept(context.store, [item], "v1")[0].id == first.id
    with context.store.read() as c:
        assert c.execute(select(func.count()).select_from(documents_table)).scalar_one() == 1
