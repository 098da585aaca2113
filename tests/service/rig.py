"""A whole service as processes, for the tests that kill them: started, found, killed, checked for remains."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import text

from workers.store.engine import Store

TOKEN = "token-of-the-rig"
ROOT = Path(__file__).resolve().parents[2]


def quick_settings(**more: str) -> dict[str, str]:
    """Times short enough for a test: a lease of 4 s, the reconciler every 0.2 s."""
    return {
        "NIANBAO_ADMIN_TOKEN": TOKEN, "NIANBAO_LEASE_SECONDS": "4", "NIANBAO_RENEW_SECONDS": "1",
        "NIANBAO_REDISPATCH_SECONDS": "3", "NIANBAO_RECONCILE_SECONDS": "0.2",
        "NIANBAO_RESTORE_INTERVAL": "1",
        "NIANBAO_VISIBILITY_SECONDS": "30", "NIANBAO_STOP_SECONDS": "3", "NIANBAO_RATE_PER_MINUTE": "0",
        "NIANBAO_EXTRACTOR_VERSION": "test", "NIANBAO_LOG_LEVEL": "warning", **more,
    }  # fmt: skip


def alive(pid: int) -> bool:
    """Whether a process runs (zombies do not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
    except OSError:
        return False


def tree(pid: int) -> list[int]:
    """A process's descendants."""
    found: list[int] = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in path.read_text().split():
                found += [int(child), *tree(int(child))]
    return found


def command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


@dataclass(slots=True)
class Service:
    """One `nianbao serve` on a data folder."""

    data: Path
    env: dict[str, str]
    workers: int = 2
    process: subprocess.Popen[str] | None = None
    url: str = ""
    lines: list[str] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)
    port: int = 0

    def start(self, seconds: float = 60.0) -> float:
        """Start and wait for the ready line; returns the seconds it took."""
        began = time.monotonic()
        code = "import sys; from web.serve import command; sys.exit(command(sys.argv[1:]))"
        command = [
            sys.executable,
            "-c",
            code,
            "--data",
            str(self.data),
            "--port",
            str(self.port),
            "--workers",
            str(self.workers),
        ]
        log = (self.data.parent / f"{self.data.name}.log").open("a")
        self.process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **self.env}, stdout=subprocess.PIPE, stderr=log, text=True,
            start_new_session=True,
        )  # fmt: skip
        log.close()
        assert self.process.stdout is not None
        self.lines = [self.process.stdout.readline().strip()]
        if not self.lines[0].startswith("ready "):
            raise AssertionError(f"not ready: {self.lines} {self.log()[-2000:]}")
        self.url = self.lines[0].removeprefix("ready ")
        self.port = int(self.url.rpartition(":")[2])
        return time.monotonic() - began

    def log(self) -> str:
        return (self.data.parent / f"{self.data.name}.log").read_text(errors="replace")

    def pids(self) -> dict[str, list[int]]:
        """Processes by what they are: web, worker (master), child, sandbox, document, broker, reconciler."""
        assert self.process is not None
        found: dict[str, list[int]] = {}
        for pid in tree(self.process.pid):
            self.seen.add(pid)
            found.setdefault(self._kind(pid), []).append(pid)
        return found

    @staticmethod
    def _kind(pid: int) -> str:
        words = command_of(pid)
        parent = 0
        with contextlib.suppress(OSError, IndexError, ValueError):
            parent = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        if "extractor.sandbox" in words:
            return "document" if "extractor.sandbox" in command_of(parent) else "sandbox"
        if "celery" in words or "workers.app" in words:
            return "child" if "workers.app" in command_of(parent) else "worker"
        for mark, kind in (
            ("web.main", "web"),
            ("workers.dispatch", "reconciler"),
            ("valkey", "broker"),
            ("embedded", "broker"),
        ):
            if mark in words:
                return kind
        return "other"

    def kill(self) -> None:
        """SIGKILL for the launcher alone."""
        assert self.process is not None
        self.pids()
        self.process.kill()
        self.process.wait()

    def stop(self, number: int = signal.SIGTERM, seconds: float = 40.0) -> int:
        """An orderly end."""
        assert self.process is not None
        self.pids()
        self.process.send_signal(number)
        return self.process.wait(seconds)

    def survivors(self, seconds: float = 5.0) -> list[str]:
        """Command lines of processes of this service that are alive after `seconds`."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and any(alive(p) for p in self.seen):
            time.sleep(0.05)
        return [command_of(p) for p in self.seen if alive(p)]

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=20)


@contextlib.contextmanager
def service(data: Path, workers: int = 2, **settings: str) -> Iterator[Service]:
    """A started service, ended whatever happens."""
    found = Service(data, quick_settings(**settings), workers)
    found.start()
    try:
        yield found
    finally:
        if found.process is not None and found.process.poll() is None:
            try:
                found.stop()
            except subprocess.TimeoutExpired:
                found.kill()
        for pid in found.seen:
            if alive(pid) and any(
                w in command_of(pid) for w in ("workers.", "web.main", "extractor.sandbox", "valkey")
            ):
                os.kill(pid, signal.SIGKILL)


def send(
    client: httpx.Client, name: str, data: bytes, seconds: float = 60.0, **params: str
) -> dict[str, Any]:
    """Upload with an Idempotency-Key until it is accepted, as a patient client does."""
    deadline = time.monotonic() + seconds
    while True:
        with contextlib.suppress(httpx.HTTPError):
            answer = client.post(
                "/api/v1/documents", files={"file": (name, data)}, params=params,
                headers={"Idempotency-Key": f"key {name!a}"},
            )  # fmt: skip
            if answer.status_code == 202:
                return dict(answer.json()["documents"][0])
            if answer.status_code < 500:
                raise AssertionError(answer.text)
        if time.monotonic() > deadline:
            raise AssertionError("upload not accepted in time")
        time.sleep(0.2)


def wait_final(store: Store, seconds: float) -> dict[str, int]:
    """Wait until no job is queued or running; counts by state."""
    deadline = time.monotonic() + seconds
    while True:
        with store.read() as c:
            counts = {r[0]: r[1] for r in c.execute(text("SELECT state, count(*) FROM jobs GROUP BY state"))}
        if not counts.keys() & {"queued", "running"}:
            return counts
        if time.monotonic() > deadline:
            raise AssertionError(f"not final after {seconds} s: {counts}")
        time.sleep(0.1)


def result_hashes(store: Store) -> dict[str, str]:
    """SHA-256 of each job's result by the SHA-256 of its content; asserts one result a job."""
    with store.read() as c:
        rows = c.execute(
            text("SELECT j.sha256 AS content, r.sha256 AS told FROM runs r JOIN jobs j ON j.id = r.job_id")
        ).all()
        double = c.execute(text("SELECT job_id FROM runs GROUP BY job_id HAVING count(*) > 1")).all()
    assert not double
    return {r.content: r.told for r in rows}


def as_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
