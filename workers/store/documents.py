"""Documents: what people sent.  Several may share one job: the same bytes are read once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, select, update

from workers.store import audit
from workers.store.batches import BatchCancelled, close_if_done
from workers.store.engine import Store
from workers.store.events import emit
from workers.store.ids import new_id
from workers.store.reviews import Signed
from workers.store.tables import FINAL, batches, documents, jobs, runs

URGENT, BULK = 0, 6
"""Priorities: 0 is done first; a batch waits behind single uploads."""


@dataclass(frozen=True, slots=True)
class Upload:
    """One file that stands in the blob store."""

    filename: str
    sha256: str
    size: int
    batch_id: str | None = None
    owner_id: int | None = None
    upload_key: str | None = None
    options: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """The document that an upload became."""

    id: str
    sha256: str
    filename: str
    state: str
    duplicate_of: str | None


def job_key(sha256: str, version: str, options: str) -> str:
    """What makes two uploads one piece of work: content, extractor version, options."""
    return f"{sha256}:{hashlib.sha256(f'{version}:{options}'.encode()).hexdigest()[:16]}"


def _latest(c: Connection, key: str) -> Row[*tuple[Any, ...]] | None:
    """The newest generation of a job, locked until the transaction ends."""
    return c.execute(
        select(jobs.c.id, jobs.c.state, jobs.c.generation, jobs.c.priority)
        .where(jobs.c.key == key).order_by(jobs.c.generation.desc()).limit(1).with_for_update()
    ).first()  # fmt: skip


def _job(
    store: Store, c: Connection, item: Upload, version: str, priority: int, now: float, *, anew: bool
) -> Row[*tuple[Any, ...]]:
    """The job for this content, made where there is none (or only a cancelled one, or `anew` is asked)."""
    options = json.dumps(dict(item.options or {}), sort_keys=True, ensure_ascii=False)
    key = job_key(item.sha256, version, options)
    row = _latest(c, key)
    if row is None or row.state == "cancelled" or (anew and row.state in FINAL):
        generation = 0 if row is None else row.generation + 1
        c.execute(
            store.insert(jobs).values(
                key=key, generation=generation, sha256=item.sha256, version=version, options=options,
                filename=item.filename, state="queued", priority=priority, created=now,
            ).on_conflict_do_nothing(index_elements=["key", "generation"])
        )  # fmt: skip
        row = _latest(c, key)
        assert row is not None
    elif row.state == "queued" and priority < row.priority:
        c.execute(update(jobs).where(jobs.c.id == row.id).values(priority=priority, sent=0.0))
    return row


def _run_values(c: Connection, job_id: int) -> dict[str, Any]:
    """Head and review load of a finished job, for a document that comes after it."""
    row = c.execute(
        select(runs.c.organ, runs.c.year, runs.c.form, runs.c.source, runs.c.pages, runs.c.review_fields,
               runs.c.risk).where(runs.c.job_id == job_id)
    ).first()  # fmt: skip
    if row is None:
        return {}
    return {**row._mapping, "review_state": "open" if row.review_fields else "none"}


def _priority(c: Connection, batch_id: str | None) -> int:
    """That of the batch; raises KeyError where there is no such batch."""
    if batch_id is None:
        return URGENT
    priority = c.execute(select(batches.c.priority).where(batches.c.id == batch_id)).scalar_one_or_none()
    if priority is None:
        raise KeyError(batch_id)
    return int(priority)


def _join_batch(c: Connection, batch_id: str) -> None:
    """Reopen the batch.  Last in its transaction (jobs are locked before batches); raises BatchCancelled."""
    done = c.execute(
        update(batches).where(batches.c.id == batch_id, batches.c.cancelled.is_(None)).values(closed=False)
    )
    if done.rowcount != 1:
        raise BatchCancelled(batch_id)


def _accept_one(store: Store, c: Connection, item: Upload, version: str, priority: int) -> Accepted:
    if item.upload_key is not None:
        known = c.execute(select(documents).where(documents.c.upload_key == item.upload_key)).first()
        if known is not None:
            return Accepted(known.id, known.sha256, known.filename, known.state, known.duplicate_of)
    now = store.now(c)
    job = _job(store, c, item, version, priority, now, anew=False)
    first = c.execute(
        select(documents.c.id).where(documents.c.job_id == job.id, documents.c.state != "cancelled")
        .order_by(documents.c.created, documents.c.id).limit(1)
    ).scalar_one_or_none()  # fmt: skip
    document_id = new_id()
    values: dict[str, Any] = {"state": job.state}
    if job.state in FINAL:
        values |= {"finished": now, **_run_values(c, job.id)}
    c.execute(
        insert(documents).values(
            id=document_id, job_id=job.id, batch_id=item.batch_id, owner_id=item.owner_id, size=item.size,
            upload_key=item.upload_key, filename=item.filename, sha256=item.sha256, duplicate_of=first,
            created=now, **values,
        )
    )  # fmt: skip
    if job.state in FINAL:
        emit(c, f"document.{job.state}", now, item.batch_id, document_id)
    return Accepted(document_id, item.sha256, item.filename, job.state, first)


def accept(store: Store, items: Sequence[Upload], version: str) -> list[Accepted]:
    """Turn stored blobs into documents, in one transaction; nothing is published here.

    Raises KeyError for an unknown batch and BatchCancelled for a cancelled one.
    """
    # Jobs are locked in one order, so that two requests with the same files never wait for each other.
    order = sorted(range(len(items)), key=lambda n: (items[n].sha256, n))
    out: dict[int, Accepted] = {}
    with store.write() as c:
        priorities = {batch: _priority(c, batch) for batch in sorted({i.batch_id for i in items}, key=str)}
        for n in order:
            out[n] = _accept_one(store, c, items[n], version, priorities[items[n].batch_id])
        now = store.now(c)
        for batch in sorted(b for b in priorities if b):
            _join_batch(c, batch)
            close_if_done(store, c, batch, now)
    return [out[n] for n in range(len(items))]


def rerun(store: Store, document_id: str, version: str) -> str | None:
    """Read the document again (a new job row); people's corrections stay.  None where it has not ended.

    Its result is shown until the new one is there.  Raises Signed where the figures are signed off.
    """
    with store.write() as c:
        row = c.execute(select(documents).where(documents.c.id == document_id).with_for_update()).first()
        if row is None:
            raise KeyError(document_id)
        if row.state not in FINAL:
            return None
        if row.review_state == "signed":
            raise Signed(document_id)
        options = c.execute(select(jobs.c.options).where(jobs.c.id == row.job_id)).scalar_one()
        item = Upload(row.filename, row.sha256, row.size, options=json.loads(options))
        job = _job(store, c, item, version, URGENT, store.now(c), anew=True)
        values: dict[str, Any] = {"state": job.state, "finished": None}
        if row.state == "done":
            values["former_job_id"] = row.job_id
        c.execute(update(documents).where(documents.c.id == document_id).values(job_id=job.id, **values))
        if row.batch_id:
            c.execute(update(batches).where(batches.c.id == row.batch_id).values(closed=False))
        return str(job.state)


def put_back(store: Store, c: Connection, document_ids: Sequence[str], ended: str, now: float) -> int:
    """Those of the documents that are being read again keep the result they had: the new job came to nothing.

    `ended` is what became of it (cancelled, failed, dead), for the trail.  Returns how many there were.
    """
    former = jobs.alias()
    rows = c.execute(
        select(documents.c.id, documents.c.batch_id, former.c.id.label("job_id"), former.c.finished,
               jobs.c.error)
        .join(former, former.c.id == documents.c.former_job_id).join(jobs, jobs.c.id == documents.c.job_id)
        .where(documents.c.id.in_(document_ids)).order_by(documents.c.id)
    ).all()  # fmt: skip
    for row in rows:
        values = {"job_id": row.job_id, "former_job_id": None, "state": "done", "finished": row.finished}
        c.execute(update(documents).where(documents.c.id == row.id).values(**values))
        after = {"state": ended, **({"error": json.loads(row.error)} if row.error else {})}
        audit.record(store, c, audit.SYSTEM, "document.rerun_ended", row.id, after=after)
        emit(c, "document.done", now, row.batch_id, row.id)
    return len(rows)


def cancel(store: Store, c: Connection, document_ids: Sequence[str], now: float) -> int:
    """Cancel those that have not ended; their job too where no other document waits for it."""
    rows = c.execute(
        select(documents.c.id, documents.c.job_id, documents.c.batch_id)
        .where(documents.c.id.in_(document_ids), documents.c.state.in_(("queued", "running")))
        .order_by(documents.c.id)
    ).all()
    ids, job_ids = [r.id for r in rows], sorted({r.job_id for r in rows})
    c.execute(select(jobs.c.id).where(jobs.c.id.in_(job_ids)).order_by(jobs.c.id).with_for_update())
    still = documents.c.state.in_(("queued", "running"))
    kept = put_back(store, c, ids, "cancelled", now)
    done = c.execute(
        update(documents).where(documents.c.id.in_(ids), still).values(state="cancelled", finished=now)
    )
    wanted = select(documents.c.job_id).where(documents.c.job_id.in_(job_ids), still)
    c.execute(
        update(jobs)
        .where(jobs.c.id.in_(job_ids), jobs.c.state.in_(("queued", "running")), jobs.c.id.not_in(wanted))
        .values(state="cancelled", finished=now, token=None, lease=0.0)
    )
    ended = select(documents.c.id).where(documents.c.id.in_(ids), documents.c.state == "cancelled")
    cancelled = set(c.execute(ended).scalars())
    for row in rows:
        if row.id in cancelled:
            emit(c, "document.cancelled", now, row.batch_id, row.id)
    for batch in sorted({r.batch_id for r in rows if r.batch_id}):
        close_if_done(store, c, batch, now)
    return int(done.rowcount) + kept


def cancel_batch(store: Store, batch_id: str) -> int:
    """Close the door first, then cancel what is inside; returns how many documents were cancelled."""
    with store.write() as c:
        c.execute(
            update(batches)
            .where(batches.c.id == batch_id, batches.c.cancelled.is_(None))
            .values(cancelled=store.now(c))
        )
    total = 0
    inside = (
        select(documents.c.id)
        .where(documents.c.batch_id == batch_id, documents.c.state.in_(("queued", "running")))
        .limit(500)
    )
    while True:
        with store.write() as c:
            ids = list(c.execute(inside).scalars())
            if not ids:
                return total
            total += cancel(store, c, ids, store.now(c))


def listing() -> Select[Any]:
    """Documents with what their job knows; callers add their conditions."""
    return select(
        documents, jobs.c.attempts, jobs.c.error, jobs.c.started, jobs.c.version, jobs.c.priority
    ).join(jobs, jobs.c.id == documents.c.job_id)


def get(store: Store, document_id: str) -> Row[*tuple[Any, ...]] | None:
    """One document with its job's columns; None where there is none."""
    with store.read() as c:
        return c.execute(listing().where(documents.c.id == document_id)).first()
