"""What the queue costs: `python -m bench.queue [--jobs 1000] [--workers 2] [--only NAME …]`.

Every figure stands beside its bar; exit status 1 where one is missed.  The rate is measured against a plain
loop of as many processes over the same files, in the same run, each process forking nothing and warm.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import insert, text

from extractor.types import Source
from workers import settings as settings_module
from workers.context import Context
from workers.store import batches
from workers.store.engine import Store
from workers.store.migrate import upgrade
from workers.store.tables import documents, jobs

ROOT = Path(__file__).resolve().parents[1]
TOKEN = "bench"
BARS = {
    "ready_s": 5.0, "rate_share": 0.8, "overhead_ms": 20.0, "upload_500_s": 15.0, "web_growth_mb": 32.0,
    "progress_ms": 20.0, "memory_growth": 0.10,
}  # fmt: skip
AT_LEAST = {"rate_share"}


def files(number: int) -> list[bytes]:
    """Different digital reports: the samples' PDFs with a comment appended, which every reader skips."""
    kinds = {p: json.loads(p.read_text(encoding="utf-8"))["kind"] for p in (ROOT / "samples").glob("*/truth.json")}
    samples = [
        pdf.read_bytes() for p in sorted(kinds) if kinds[p] == "digital" for pdf in sorted(p.parent.glob("*.pdf"))
    ]
    if not samples:
        raise SystemExit("samples/ holds no digital PDF")
    return [
        samples[n % len(samples)] + b"\n%% %d %s\n" % (n, os.urandom(8).hex().encode()) for n in range(number)
    ]


def rss_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


def children(pid: int) -> list[int]:
    found: list[int] = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in path.read_text().split():
                found += [int(child), *children(int(child))]
    return found


class Running:
    """A service on a fresh folder."""

    def __init__(self, folder: Path, workers: int) -> None:
        code = "import sys; from web.serve import command; sys.exit(command(sys.argv[1:]))"
        env = {
            **os.environ,
            "NIANBAO_ADMIN_TOKEN": TOKEN,
            "NIANBAO_RATE_PER_MINUTE": "0",
            "NIANBAO_LOG_LEVEL": "error",
        }
        began = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, "--port", "0", "--data", str(folder), "--workers", str(workers)],
            cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip().removeprefix("ready ")
        self.ready = time.monotonic() - began
        self.store = Store(f"sqlite:///{folder / 'nianbao.db'}")
        self.client = httpx.Client(
            base_url=self.url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=300
        )

    def named(self, mark: str) -> list[int]:
        assert self.process is not None
        found = []
        for pid in children(self.process.pid):
            with contextlib.suppress(OSError):
                if mark in Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " "):
                    found.append(pid)
        return found

    def send(self, bodies: list[bytes]) -> float:
        """All in one multipart request; its seconds."""
        began = time.monotonic()
        answer = self.client.post(
            "/api/v1/documents", files=[("file", (f"{n}.pdf", d)) for n, d in enumerate(bodies)]
        )
        answer.raise_for_status()
        return time.monotonic() - began

    def wait(self) -> float:
        began = time.monotonic()
        while True:
            with self.store.read() as c:
                left = c.execute(
                    text("SELECT count(*) FROM jobs WHERE state IN ('queued', 'running')")
                ).scalar_one()
            if not left:
                return time.monotonic() - began
            time.sleep(0.05)

    def close(self) -> None:
        self.client.close()
        self.process.terminate()
        self.process.wait(30)


@contextlib.contextmanager
def running(workers: int) -> Iterator[Running]:
    with tempfile.TemporaryDirectory(prefix="nianbao-bench-") as folder:
        found = Running(Path(folder) / "data", workers)
        try:
            yield found
        finally:
            found.close()


def _plain(bodies: list[bytes], ready: Any, go: Any, done: Any) -> None:
    import json

    from extractor.emit.json import to_dict
    from extractor.pipeline import extract

    def one(data: bytes) -> None:
        source = Source("a.pdf", hashlib.sha256(data).hexdigest(), (("a.pdf", data),))
        json.dumps(to_dict(extract(source)), ensure_ascii=False).encode()

    for data in bodies[:3]:
        one(data)
    ready.release()
    go.wait()
    for data in bodies:
        one(data)
    done.release()


def plain_loop(bodies: list[bytes], workers: int) -> float:
    """Seconds of a plain loop in so many processes, all warm."""
    spawn = multiprocessing.get_context("spawn")
    ready, go, done = spawn.Semaphore(0), spawn.Event(), spawn.Semaphore(0)
    started = [
        spawn.Process(target=_plain, args=(bodies[n::workers], ready, go, done)) for n in range(workers)
    ]
    for process in started:
        process.start()
    for _ in started:
        ready.acquire()
    began = time.monotonic()
    go.set()
    for _ in started:
        done.acquire()
    seconds = time.monotonic() - began
    for process in started:
        process.join()
    return seconds


def bench_rate(number: int, workers: int) -> dict[str, float]:
    """Rate against the plain loop; memory of the workers between the first third and the end."""
    bodies = files(number)
    plain = plain_loop(bodies, workers)
    with running(workers) as found:
        ready = found.ready
        found.send(files(4 * workers))
        found.wait()
        began = time.monotonic()
        for at in range(0, number // 3, 250):
            found.send(bodies[at : min(at + 250, number // 3)])
        found.wait()
        early = sum(rss_mb(p) for p in found.named("workers.app") + found.named("extractor.sandbox"))
        for at in range(number // 3, number, 250):
            found.send(bodies[at : at + 250])
        found.wait()
        queued = time.monotonic() - began
        late = sum(rss_mb(p) for p in found.named("workers.app") + found.named("extractor.sandbox"))
        with found.store.read() as c:
            rows = c.execute(
                text("SELECT value, name FROM counters WHERE name LIKE 'stage_%' AND labels = 'parse'")
            ).all()
            parse = {r.name: r.value for r in rows}
    in_sandbox = parse["stage_seconds"] / workers
    return {
        "ready_s": ready, "plain_s": plain, "queue_s": queued, "rate_share": plain / queued,
        "overhead_ms": max(0.0, (queued - in_sandbox) * workers / number * 1000),
        "memory_growth": late / early - 1,
    }  # fmt: skip


def bench_upload(_number: int, _workers: int) -> dict[str, float]:
    """500 files of 200 KB in one request."""
    bodies = [os.urandom(200_000) for _ in range(500)]
    with running(1) as found:
        found.send([b"warm"])
        web = found.named("web.main")[0]
        before, most = rss_mb(web), [0.0]
        import threading

        ended = threading.Event()

        def watch() -> None:
            while not ended.wait(0.02):
                most[0] = max(most[0], rss_mb(web))

        thread = threading.Thread(target=watch)
        thread.start()
        seconds = found.send(bodies)
        ended.set()
        thread.join()
    return {"upload_500_s": seconds, "web_growth_mb": most[0] - before}


def bench_progress(_number: int, _workers: int) -> dict[str, float]:
    """The progress query of a batch of 100,000."""
    with tempfile.TemporaryDirectory(prefix="nianbao-bench-") as folder:
        context = Context(settings_module.read({}, data=Path(folder)))
        upgrade(context.store)
        batch = batches.create(context.store, "bench", None)
        with context.store.write() as c:
            now = context.store.now(c)
            for start in range(0, 100_000, 5_000):
                ids = range(start + 1, start + 5_001)
                c.execute(insert(jobs), [
                    {"id": n, "key": str(n), "generation": 0, "sha256": f"{n:064x}", "version": "v",
                     "options": "{}", "filename": "a", "state": "queued", "priority": 6, "created": now}
                    for n in ids])  # fmt: skip
                c.execute(insert(documents), [
                    {"id": f"{n:032x}", "job_id": n, "batch_id": batch, "filename": "a",
                     "sha256": f"{n:064x}", "size": 1, "state": "done" if n % 3 else "queued", "created": now,
                     "finished": now - n / 50 if n % 3 else None,
                     "review_fields": n % 5} for n in ids])  # fmt: skip
        times = []
        for _ in range(20):
            began = time.monotonic()
            with context.store.read() as c:
                batches.progress(context.store, c, batch)
            times.append((time.monotonic() - began) * 1000)
        context.close()
    return {"progress_ms": statistics.median(times)}


BENCHES: dict[str, Callable[[int, int], dict[str, float]]] = {
    "rate": bench_rate, "upload": bench_upload, "progress": bench_progress,
}  # fmt: skip


def main() -> int:
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--jobs", type=int, default=1000)
    p.add_argument("--workers", type=int, default=2)
    p.add_argument("--only", action="append", choices=BENCHES)
    args = p.parse_args()
    missed = 0
    for name in args.only or BENCHES:
        for what, value in BENCHES[name](args.jobs, args.workers).items():
            bar = BARS.get(what)
            good = bar is None or (value >= bar if what in AT_LEAST else value <= bar)
            missed += not good
            told = (
                ""
                if bar is None
                else f"   bar {'≥' if what in AT_LEAST else '≤'} {bar:g}   {'ok' if good else 'MISSED'}"
            )
            print(f"{what:16s} {value:10.3f}{told}", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
