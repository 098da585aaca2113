"""Killed or frozen past its lease at every place that matters: one result, one final state, nothing lost.

And the mutants: with the fence, the early count, the reconciler or the quiet request taken away, the very
checks above must fail.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from tests.service.conftest import calm_call, make_context
from tests.service.rig import ROOT, alive
from tests.service.test_jobs import add, job_of, lapse, outcome
from workers import dispatch
from workers.context import Context
from workers.processing import look
from workers.store import accounts, documents, jobs
from workers.store.tables import documents as documents_table
from workers.store.tables import jobs as jobs_table
from workers.store.tables import runs
from workers.sweep import sweep_parts

pytestmark = pytest.mark.service
LEASE = 1.0
WORKER_POINTS = ("after-claim", "after-parse", "before-commit", "after-commit")
UPLOAD_POINTS = ("after-blob", "after-insert")


class Actor:
    """tests/service/actor.py as a process."""

    def __init__(self, context: Context, point: str, action: str, what: str, word: str) -> None:
        env = {
            **os.environ, "NIANBAO_FAILPOINTS": f"{point}={action}", "NIANBAO_LEASE_SECONDS": str(LEASE),
            "NIANBAO_RENEW_SECONDS": "0.3", "NIANBAO_DATABASE_URL": context.settings.database_url,
            "NIANBAO_EXTRACTOR_VERSION": "v1", "NIANBAO_LOG_LEVEL": "error",
        }  # fmt: skip
        command = [sys.executable, "-m", "tests.service.actor", str(context.settings.data), what, word]
        self.process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True)

    def wait_stopped(self) -> None:
        """Until the process is dead, or frozen."""
        deadline = time.monotonic() + 60
        stat = Path(f"/proc/{self.process.pid}/stat")
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                return
            if stat.read_text().rpartition(")")[2].split()[0] == "T":
                return
            time.sleep(0.02)
        raise AssertionError("the failpoint was never reached")

    def thaw(self) -> str:
        """Let a frozen process go on; what it said."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGCONT)
        said, _ = self.process.communicate(timeout=60)
        return said


@pytest.fixture
def quick(tmp_path: Path, database_url: str) -> Iterator[Context]:
    opened = make_context(
        tmp_path / "data", database_url, lease_seconds=LEASE, renew_seconds=0.3, extractor_version="v1"
    )
    with opened.store.write() as c:
        accounts.create_user(opened.store, c, "admin", "admin")
    yield opened
    opened.close()


def numbers(context: Context) -> tuple[int, int, list[str]]:
    """Documents, results, job states."""
    with context.store.read() as c:
        n_documents = c.execute(select(func.count()).select_from(documents_table)).scalar_one()
        n_runs = c.execute(select(func.count()).select_from(runs)).scalar_one()
        states = list(c.execute(select(jobs_table.c.state)).scalars())
    return n_documents, n_runs, states


def settle_queue(context: Context, rounds: int = 40) -> None:
    """A reconciler and a worker until nothing waits, at most so many rounds."""
    for _ in range(rounds):
        jobs.take_back(context.store, context.settings.max_attempts)
        for job_id in jobs.waiting(context.store, range(10), -1, 100):
            look(context, job_id, calm_call)
        if not {"queued", "running"} & set(numbers(context)[2]):
            return
        time.sleep(0.1)


@pytest.mark.parametrize("action", ["kill", "freeze"])
@pytest.mark.parametrize("point", WORKER_POINTS)
def test_worker(quick: Context, point: str, action: str) -> None:
    document = add(quick, f"{point} {action}".encode())
    actor = Actor(quick, point, action, "work", str(job_of(quick, document.id).id))
    actor.wait_stopped()
    time.sleep(LEASE + 0.2)
    settle_queue(quick)
    assert numbers(quick) == (1, 1, ["done"])
    said = actor.thaw()
    expected = {"kill": "begun", "freeze": "done" if point == "after-commit" else "fenced"}[action]
    assert said.split()[-1] == expected
    assert numbers(quick) == (1, 1, ["done"])
    assert job_of(quick, document.id).attempts == (1 if point == "after-commit" else 2)


@pytest.mark.parametrize("action", ["kill", "freeze"])
@pytest.mark.parametrize("point", UPLOAD_POINTS)
def test_upload(quick: Context, point: str, action: str) -> None:
    first = Actor(quick, point, action, "upload", "年报.pdf")
    first.wait_stopped()
    retry = Actor(quick, "none", "none", "upload", "年报.pdf")
    document = retry.thaw().split()[-1]
    settle_queue(quick)
    first.thaw()
    settle_queue(quick)
    assert numbers(quick) == (1, 1, ["done"])
    row = documents.get(quick.store, document)
    assert row is not None and row.state == "done"
    assert quick.blobs.names() == [hashlib.sha256("年报.pdf".encode()).hexdigest()]
    sweep_parts(quick, -1)
    assert not list(quick.settings.spool.glob("*.part")) and not quick.blobs.parts()
    assert not alive(first.process.pid)


# ------------------------------------------------- the invariants, and the mutants that break them


def late_commit_is_fenced(context: Context) -> None:
    """Claim, let the lease lapse, claim again, finish both: the first finds the door shut."""
    job_id = job_of(context, add(context, b"fence").id).id
    first = jobs.claim(context.store, job_id, 60, 3)
    lapse(context, job_id)
    second = jobs.claim(context.store, job_id, 60, 3)
    assert first is not None and second is not None
    assert jobs.commit(context.store, first, outcome()) is False
    assert jobs.commit(context.store, second, outcome()) is True


def poison_is_capped(context: Context) -> None:
    """A document that kills its worker after the claim ends dead, with three attempts."""
    job_id = job_of(context, add(context, b"poison").id).id

    def dies(*_: Any) -> Any:
        raise KeyboardInterrupt

    for _ in range(6):
        with contextlib.suppress(KeyboardInterrupt):
            look(context, job_id, dies)
        with context.store.write() as c:
            c.execute(update(jobs_table).where(jobs_table.c.state == "running").values(lease=1.0))
        jobs.take_back(context.store, 3)
    with context.store.read() as c:
        row = c.execute(select(jobs_table).where(jobs_table.c.id == job_id)).one()
    assert (row.state, row.attempts) == ("dead", 3)


def lost_worker_is_noticed(context: Context) -> None:
    """A claimed job whose worker vanished comes back by itself."""
    job_id = job_of(context, add(context, b"vanished").id).id
    assert jobs.claim(context.store, job_id, 0.0, 3)
    time.sleep(0.05)
    reconciler = dispatch.Reconciler(context)
    reconciler.round()
    with context.store.read() as c:
        assert c.execute(select(jobs_table.c.state).where(jobs_table.c.id == job_id)).scalar_one() == "queued"


def upload_needs_no_broker(context: Context) -> None:
    """The broker is away: uploads are taken all the same, and sent when it is back."""
    began = time.monotonic()
    document = add(context, b"no broker")
    assert time.monotonic() - began < 5
    assert jobs.waiting(context.store, range(10), 30, 10) == [job_of(context, document.id).id]


INVARIANTS: dict[str, Callable[[Context], None]] = {
    "no fencing": late_commit_is_fenced,
    "attempts counted after the parse": poison_is_capped,
    "no reconciler": lost_worker_is_noticed,
    "publishing in the request": upload_needs_no_broker,
}


@pytest.mark.parametrize("name", INVARIANTS)
def test_invariant(quick: Context, name: str) -> None:
    INVARIANTS[name](quick)


def no_fencing(monkeypatch: pytest.MonkeyPatch) -> None:
    def unfenced(c: Any, held: jobs.Claim, values: Any) -> bool:
        return bool(
            c.execute(update(jobs_table).where(jobs_table.c.id == held.job_id).values(**values)).rowcount
        )

    monkeypatch.setattr(jobs, "_fenced", unfenced)


def attempts_after(monkeypatch: pytest.MonkeyPatch) -> None:
    claim, commit = jobs.claim, jobs.commit

    def uncounted(store: Any, job_id: int, lease: float, most: int) -> jobs.Claim | None:
        held = claim(store, job_id, lease, most)
        with store.write() as c:
            c.execute(
                update(jobs_table).where(jobs_table.c.id == job_id).values(attempts=jobs_table.c.attempts - 1)
            )
        return held

    def counted(store: Any, held: jobs.Claim, done: jobs.Outcome) -> bool:
        with store.write() as c:
            c.execute(update(jobs_table).where(jobs_table.c.id == held.job_id).values(attempts=held.attempts))
        return commit(store, held, done)

    monkeypatch.setattr(jobs, "claim", uncounted)
    monkeypatch.setattr(jobs, "commit", counted)


def no_reconciler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch.Reconciler, "round", lambda _self: None)


def publishing_in_request(monkeypatch: pytest.MonkeyPatch) -> None:
    accept = documents.accept

    def and_publish(store: Any, items: Any, version: str) -> Any:
        found = accept(store, items, version)
        with store.read() as c:
            ids = list(c.execute(select(jobs_table.c.id)).scalars())
        for job_id in ids:
            dispatch.app.send_task("nianbao.look", (job_id,), retry=False)
        jobs.mark_sent(store, ids)
        return found

    monkeypatch.setattr(documents, "accept", and_publish)


MUTANTS = {
    "no fencing": no_fencing,
    "attempts counted after the parse": attempts_after,
    "no reconciler": no_reconciler,
    "publishing in the request": publishing_in_request,
}


@pytest.mark.parametrize("name", MUTANTS)
def test_mutant_is_caught(quick: Context, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    MUTANTS[name](monkeypatch)
    with pytest.raises(Exception):  # noqa: B017 - whatever way the invariant breaks
        INVARIANTS[name](quick)
