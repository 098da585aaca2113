"""The crash test: 300 documents through a service whose every part is killed and frozen meanwhile.

The fault plan follows from a seed, which is printed; NIANBAO_CRASH_SEED repeats a run.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import shutil
import signal
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from extractor.sandbox.client import Warm
from extractor.types import Source
from tests.service import postgres
from tests.service.reports import report
from tests.service.rig import Service, alive, command_of, result_hashes, send, service, wait_final
from workers.store.engine import Store

pytestmark = [pytest.mark.service, pytest.mark.slow]
JOBS = 300
BAD = 5
FAULT_SECONDS = 45.0
FREEZE_SECONDS = 5.5
"""Longer than the rig's lease of 4 s."""
KINDS = ("child", "worker", "broker", "web", "sandbox", "document", "reconciler")
LEAST_KILLS = 25


def bodies() -> dict[str, bytes]:
    """Name to bytes: reports, and a few files that are none."""
    found = {f"{n}.html": report(n) for n in range(JOBS - BAD)}
    return found | {f"bad{n}.html": f"<html><body>通知{n}</body></html>".encode() for n in range(BAD)}


class Uploader(threading.Thread):
    """A patient client: every document until it is accepted."""

    def __init__(self, found: Service, files: dict[str, bytes], seconds: float) -> None:
        super().__init__(daemon=True)
        self.service, self.files, self.pause = found, files, seconds / len(files)
        self.accepted: dict[str, str] = {}
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            with self.service.client() as client:
                for name, data in self.files.items():
                    self.accepted[name] = send(client, name, data, 90)["id"]
                    time.sleep(self.pause)
        except BaseException as error:
            self.error = error  # raised again by the test
            raise


def fault(found: Service, chance: random.Random, kind: str, frozen: list[tuple[float, int]]) -> str | None:
    """Kill (or now and then freeze) one process of a kind; what was done, None where there was none."""
    pids = found.pids().get(kind, [])
    if not pids:
        return None
    pid = chance.choice(pids)
    freeze = kind != "worker" and chance.random() < 0.2
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGSTOP if freeze else signal.SIGKILL)
        if freeze:
            frozen.append((time.monotonic() + FREEZE_SECONDS, pid))
        return f"{'freeze' if freeze else 'kill'} {kind}"
    return None


def thaw(frozen: list[tuple[float, int]], now: float) -> None:
    for due, pid in list(frozen):
        if due <= now:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
            frozen.remove((due, pid))


def torment(found: Service, chance: random.Random, delete_broker: bool) -> Counter[str]:
    """Faults for a minute, every kind in turn so that none is missed."""
    done: Counter[str] = Counter()
    frozen: list[tuple[float, int]] = []
    order: list[str] = []
    began = time.monotonic()
    while time.monotonic() - began < FAULT_SECONDS or sum(done.values()) < LEAST_KILLS:
        assert time.monotonic() - began < 3 * FAULT_SECONDS, f"too few faults could be made: {done}"
        thaw(frozen, time.monotonic())
        if not order:
            order = [k for k in KINDS for _ in range(2 if k in ("child", "document", "sandbox") else 1)]
            chance.shuffle(order)
        what = fault(found, chance, order.pop(), frozen)
        if what:
            done[what] += 1
        if delete_broker and sum(done.values()) >= 10:
            delete_broker = False
            shutil.rmtree(found.data / "broker", ignore_errors=True)
            done["broker folder deleted"] += 1
        time.sleep(chance.uniform(0.5, 1.9))
    thaw(frozen, float("inf"))
    return done


def calm_results(files: dict[str, bytes]) -> dict[str, str]:
    """What an undisturbed sandbox makes of the same files."""
    warm = Warm()
    try:
        out: dict[str, str] = {}
        for name, data in files.items():
            told = hashlib.sha256(data).hexdigest()
            ended = warm.call("json", Source(name, told, ((name, data),)), {"options": {}})
            assert ended.body is not None
            out[told] = hashlib.sha256(ended.body).hexdigest()
        return out
    finally:
        warm.close()


def run_one(tmp_path: Path, seed: int, delete_broker: bool, **more: Any) -> None:
    print(f"seed {seed}")
    chance = random.Random(seed)
    files = bodies()
    with service(tmp_path / "data", NIANBAO_MAX_ATTEMPTS="50", **more) as found:
        uploader = Uploader(found, files, FAULT_SECONDS * 0.9)
        uploader.start()
        done = torment(found, chance, delete_broker)
        print(dict(done))
        uploader.join(120)
        assert uploader.error is None and not uploader.is_alive()
        store = Store(more.get("NIANBAO_DATABASE_URL") or f"sqlite:///{found.data / 'nianbao.db'}")
        states = wait_final(store, 90)
        assert states == {"done": JOBS - BAD, "failed": BAD}
        with store.read() as c:
            ids = set(c.execute(text("SELECT id FROM documents")).scalars())
            keys = c.execute(text("SELECT count(*), count(DISTINCT key) FROM jobs")).one()
            odd = c.execute(
                text(
                    "SELECT count(*) FROM documents d JOIN jobs j ON j.id = d.job_id WHERE d.state <> j.state"
                )
            ).scalar_one()
            attempts = c.execute(text("SELECT sum(attempts) FROM jobs")).scalar_one()
        assert ids == set(uploader.accepted.values()) and len(ids) == JOBS
        assert tuple(keys) == (JOBS, JOBS) and odd == 0
        assert result_hashes(store) == calm_results(files)
        store.close()
        print(f"{attempts} starts of {JOBS} jobs")
        assert found.stop() == 0
        assert found.survivors() == [], [command_of(p) for p in found.seen if alive(p)]
        left = [p for p in found.data.rglob("*") if p.name.endswith((".part", ".sock")) or "#" in p.name]
        assert left == []
    kills = sum(n for what, n in done.items() if what.startswith(("kill", "freeze")))
    assert kills >= LEAST_KILLS
    assert all(sum(n for what, n in done.items() if what.endswith(k)) >= 2 for k in KINDS if k != "document")


def seed_of(default: int) -> int:
    return int(os.environ.get("NIANBAO_CRASH_SEED", default))


def test_crash_on_sqlite_with_the_broker_folder_deleted(tmp_path: Path) -> None:
    run_one(tmp_path, seed_of(random.SystemRandom().randrange(10**6)), delete_broker=True)


def test_crash_on_postgresql(tmp_path: Path) -> None:
    if postgres.binaries() is None:
        pytest.skip("no PostgreSQL server installed")
    with postgres.server() as base:
        engine = create_engine(base, isolation_level="AUTOCOMMIT")
        with engine.connect() as c:
            c.execute(text("CREATE DATABASE crash"))
        engine.dispose()
        url = base.replace("/postgres?", "/crash?")
        run_one(tmp_path, seed_of(2), delete_broker=False, NIANBAO_DATABASE_URL=url)
