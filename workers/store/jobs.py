"""A job's life: claim, renew, commit, take back.  Every step is one conditional statement.

queued → running → done | failed | dead, or cancelled.  A final state never changes; `token` is the fence:
who lost his lease to another can no longer write.
"""

from __future__ import annotations

import json
import secrets
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, and_, case, func, or_, select, update

from workers.failpoints import reach
from workers.store.batches import close_if_done
from workers.store.documents import put_back
from workers.store.engine import Store
from workers.store.events import count, emit
from workers.store.looks import draw
from workers.store.results import Summary, insert_run
from workers.store.reviews import recount
from workers.store.tables import documents, jobs

DEAD = {
    "code": "gave_up",
    "message": "处理该文件时工作进程多次意外终止，已停止尝试。",
    "remedy": "请用阅读器“打印为 PDF”后重新上传；仍不成功时请把文件交给维护人员。",
}


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to work on one job until the lease ends."""

    job_id: int
    token: str
    attempts: int
    sha256: str
    filename: str
    version: str
    options: Mapping[str, Any]
    waited: float
    """Seconds from the upload to this claim."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a job: a result's JSON bytes, or an error, or both."""

    result: bytes | None
    error: Mapping[str, str] | None
    seconds: float
    peak_kb: int = 0
    summary: Summary | None = None
    stages: Mapping[str, float] | None = None

    @property
    def state(self) -> str:
        return "failed" if self.error else "done"


def claim(store: Store, job_id: int, lease: float, max_attempts: int) -> Claim | None:
    """Take the job, the attempt counted before anyone looks into the file; None where it is not to be had."""
    token = secrets.token_hex(16)
    with store.write(lasting=False) as c:
        now = store.now(c)
        free = or_(jobs.c.state == "queued", and_(jobs.c.state == "running", jobs.c.lease < now))
        row = c.execute(
            update(jobs)
            .where(jobs.c.id == job_id, free, jobs.c.attempts < max_attempts)
            .values(
                state="running", attempts=jobs.c.attempts + 1, lease=now + lease, token=token,
                started=func.coalesce(jobs.c.started, now),
            )
            .returning(
                jobs.c.attempts, jobs.c.sha256, jobs.c.filename, jobs.c.version, jobs.c.options,
                jobs.c.created,
            )
        ).first()  # fmt: skip
        if row is None:
            return None
        _show(c, job_id, "running", now)
    return Claim(
        job_id, token, row.attempts, row.sha256, row.filename, row.version, json.loads(row.options),
        max(0.0, now - row.created),
    )  # fmt: skip


def renew(store: Store, held: Claim, lease: float) -> bool:
    """Push the lease on; False where it was lost."""
    with store.write(lasting=False) as c:
        done = c.execute(
            update(jobs)
            .where(jobs.c.id == held.job_id, jobs.c.state == "running", jobs.c.token == held.token)
            .values(lease=store.now(c) + lease)
        )
        return done.rowcount == 1


def release(store: Store, held: Claim) -> bool:
    """Give the job back unfinished and uncounted: the worker is being stopped, not the document's fault."""
    with store.write() as c:
        done = c.execute(
            update(jobs)
            .where(jobs.c.id == held.job_id, jobs.c.state == "running", jobs.c.token == held.token)
            .values(state="queued", attempts=jobs.c.attempts - 1, lease=0.0, token=None, sent=0.0)
        )
        if done.rowcount == 1:
            _show(c, held.job_id, "queued", store.now(c))
        return done.rowcount == 1


def surrender(store: Store, held: Claim) -> bool:
    """End one's own lease at once, the attempt counted: the next look decides between queued and dead."""
    with store.write() as c:
        return _fenced(c, held, {"lease": 0.0, "token": None})


def _fenced(c: Connection, held: Claim, values: Mapping[str, Any]) -> bool:
    """Write the final state if, and only if, the claim still holds."""
    done = c.execute(
        update(jobs)
        .where(jobs.c.id == held.job_id, jobs.c.state == "running", jobs.c.token == held.token)
        .values(**values)
    )
    return done.rowcount == 1


def commit(store: Store, held: Claim, outcome: Outcome) -> bool:
    """State and result in one transaction; False where the lease was lost to another (nothing is written)."""
    packed = zlib.compress(outcome.result, 6) if outcome.result is not None else None
    reach("before-commit")
    with store.write() as c:
        now = store.now(c)
        error = json.dumps(dict(outcome.error), ensure_ascii=False) if outcome.error else None
        values = {"state": outcome.state, "finished": now, "lease": 0.0, "token": None, "error": error}
        if not _fenced(c, held, values):
            count(store, c, {"fenced_commits": 1})
            return False
        summary = outcome.summary
        if packed is not None and outcome.result is not None and summary is not None:
            insert_run(c, held, outcome.result, packed, summary, outcome.seconds, outcome.peak_kb, now)
        _settle_documents(store, c, held.job_id, outcome.state, now, summary)
        _count(store, c, held, outcome, summary)
    reach("after-commit")
    return True


def _count(store: Store, c: Connection, held: Claim, outcome: Outcome, summary: Summary | None) -> None:
    told = {"attempts": held.attempts, "wait_seconds": held.waited, "wait_jobs": 1}
    for name, seconds in (outcome.stages or {}).items():
        told[f"stage_seconds|{name}"] = seconds
        told[f"stage_jobs|{name}"] = 1
    told[f"jobs_finished|{outcome.state}"] = 1
    if summary is not None:
        told["fields"] = summary.n_fields
        told["fields_to_review"] = summary.n_review
        told[f"documents_by_source|{summary.source or 'none'}"] = 1
    count(store, c, told)


def _show(c: Connection, job_id: int, state: str, now: float) -> None:
    """Let the job's documents show its state, those excepted that have ended by themselves."""
    c.execute(
        update(documents)
        .where(documents.c.job_id == job_id, documents.c.state.in_(("queued", "running")))
        .values(state=state, finished=now if state not in ("queued", "running") else None)
    )


def _settle_documents(
    store: Store, c: Connection, job_id: int, state: str, now: float, summary: Summary | None
) -> None:
    """Final state, head and review load into every document that waited for this job, with its event."""
    waiting = c.execute(
        select(
            documents.c.id,
            documents.c.batch_id,
            documents.c.revision,
            documents.c.sha256,
            documents.c.duplicate_of,
        )
        .where(documents.c.job_id == job_id, documents.c.state.in_(("queued", "running")))
        .order_by(documents.c.id)
    ).all()
    if state != "done":  # a second reading that came to nothing takes no result away
        put_back(store, c, [w.id for w in waiting], state, now)
    values: dict[str, Any] = {"state": state, "finished": now, "former_job_id": None}
    if summary is not None:
        values |= summary.document_values()
    left = documents.c.id.in_([w.id for w in waiting])
    c.execute(update(documents).where(left, documents.c.job_id == job_id).values(**values))
    ended = set(c.execute(select(documents.c.id).where(left, documents.c.job_id == job_id)).scalars())
    for row in (w for w in waiting if w.id in ended):
        if row.revision:  # read again: what people settled before stays settled
            recount(c, row.id)
        if state == "done" and row.duplicate_of is None:
            draw(store, c, row.id, row.sha256, job_id, store.sample_share, now)
        emit(c, f"document.{state}", now, row.batch_id, row.id)
    for batch_id in sorted({w.batch_id for w in waiting if w.batch_id}):
        close_if_done(store, c, batch_id, now)


def take_back(store: Store, max_attempts: int, limit: int = 500) -> tuple[int, int]:
    """Jobs whose lease ran out: queued again, or dead after their last attempt.  Returns how many of each."""
    with store.read() as c:  # most rounds find nothing: no need to stand in the writers' queue
        expired = select(jobs.c.id).where(jobs.c.state == "running", jobs.c.lease < store.now(c)).limit(1)
        if c.execute(expired).first() is None:
            return 0, 0
    with store.write() as c:
        now = store.now(c)
        lost = (
            select(jobs.c.id, jobs.c.attempts)
            .where(jobs.c.state == "running", jobs.c.lease < now)
            .order_by(jobs.c.id)
            .limit(limit)
        )
        rows = c.execute(lost.with_for_update(skip_locked=True)).all()
        if not rows:
            return 0, 0
        exhausted = jobs.c.attempts >= max_attempts
        c.execute(
            update(jobs)
            .where(jobs.c.id.in_([r.id for r in rows]), jobs.c.state == "running", jobs.c.lease < now)
            .values(
                state=case((exhausted, "dead"), else_="queued"), token=None, lease=0.0, sent=0.0,
                finished=case((exhausted, now), else_=None),
                error=case((exhausted, json.dumps(DEAD, ensure_ascii=False)), else_=None),
            )
        )  # fmt: skip
        dead = [r.id for r in rows if r.attempts >= max_attempts]
        for row in rows:
            if row.id in dead:
                _settle_documents(store, c, row.id, "dead", now, None)
            else:
                _show(c, row.id, "queued", now)
        count(store, c, {"leases_lost": len(rows), "jobs_finished|dead": len(dead)})
    return len(rows) - len(dead), len(dead)


def _unsent(now: float, priority: range, older: float) -> Select[Any]:
    return select(jobs.c.id).where(
        jobs.c.state == "queued", jobs.c.sent < now - older,
        jobs.c.priority >= priority.start, jobs.c.priority < priority.stop,
    )  # fmt: skip


def any_waiting(store: Store, priority: range, older: float) -> bool:
    """Whether `waiting` would find a job."""
    with store.read() as c:
        return c.execute(_unsent(store.now(c), priority, older).limit(1)).first() is not None


def waiting(store: Store, priority: range, older: float, room: int) -> list[int]:
    """Queued jobs of these priorities whose message was never sent, or `older` seconds ago; oldest first."""
    with store.read() as c:
        query = _unsent(store.now(c), priority, older).order_by(jobs.c.priority, jobs.c.id).limit(room)
        return [int(row[0]) for row in c.execute(query)]


def mark_sent(store: Store, ids: list[int]) -> None:
    """Stamp the jobs whose message is in the broker."""
    if ids:
        with store.write() as c:
            c.execute(update(jobs).where(jobs.c.id.in_(ids)).values(sent=store.now(c)))


def free_all(store: Store) -> int:
    """End every lease at once: for a machine that knows that no worker of it is alive."""
    with store.write() as c:
        return int(c.execute(update(jobs).where(jobs.c.state == "running").values(lease=0.0)).rowcount)


def requeue_running(store: Store) -> int:
    """Give every running job back uncounted: their workers were ended in good order."""
    with store.write() as c:
        now = store.now(c)
        rows = c.execute(
            update(jobs)
            .where(jobs.c.state == "running")
            .values(state="queued", attempts=jobs.c.attempts - 1, lease=0.0, token=None, sent=0.0)
            .returning(jobs.c.id)
        ).all()
        for row in rows:
            _show(c, row.id, "queued", now)
        return len(rows)
