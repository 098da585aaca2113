"""Fifty reviewers at once: how long accept-and-next takes, whether a word is lost or a document given out twice.

    python -m bench.reviewers [--reviewers 50] [--documents 200] [--fields 10] [--think 1.5]

One web process on SQLite with the settings of `nianbao serve`.  Documents are put in as if a worker had read
them.  Every reviewer is a client with a session of its own: takes a document, opens its page, settles its
doubtful fields one by one after a pause of `think` seconds on average (0.5 to 1.5 times that), signs it and
gets the next one.  What is measured is the server's part of accept-and-next: the step as the page sends it.
The page itself shows the next field before that answer comes.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import hashlib
import json
import os
import random
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import select

from extractor.forms.load import load
from extractor.sandbox.fork import Ended
from extractor.types import Source
from workers import settings as setting_module
from workers.context import Context
from workers.processing import look
from workers.store import accounts, audit, batches, documents
from workers.store.documents import Upload
from workers.store.migrate import upgrade
from workers.store.tables import documents as table
from workers.store.tables import reviews

COOKIE = "nianbao_session"
ROOT = Path(__file__).resolve().parents[1]


@dataclass(slots=True)
class Told:
    """What the clients saw."""

    steps: list[float] = field(default_factory=list)
    pages: list[float] = field(default_factory=list)
    taken: list[tuple[str, int]] = field(default_factory=list)
    words: dict[tuple[str, str], int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)


def result(source: Source, doubtful: int) -> dict[str, Any]:
    """A full result: all certain but the first `doubtful` fields."""
    form = load()[0]
    fields: list[dict[str, Any]] = [
        {"id": f.id, "value": 3, "raw": "3", "state": "printed", "confidence": 0.6 if n < doubtful else 0.999,
         "needs_review": n < doubtful, "reasons": ["low_score"] if n < doubtful else [], "suggestion": None,
         "page": None, "bbox": None, "candidates": [["3", 0.6], ["8", 0.4]], "label": f.row, "head": f.column,
         "evidence": {"readings": []}}
        for n, f in enumerate(form.fields)
    ]  # fmt: skip
    return {
        "schema_version": "1.0",
        "document": {"sha256": source.sha256, "filename": source.filename, "pages": 0, "source": "html",
                     "page_sizes": [], "notes": []},
        "report": {"form": form.edition, "organ": "某机关", "year": 2024, "title": None, "period": None,
                   "tables": {str(t.number): form.edition for t in form.tables}},
        "error": None, "fields": fields, "findings": [], "sections": [],
    }  # fmt: skip


def fill(context: Context, number: int, doubtful: int) -> str:
    """A batch of so many documents that were read; its id."""
    batch = batches.create(context.store, "bench", None)

    def call(task: str, source: Source, params: dict[str, Any]) -> Ended:
        return Ended(json.dumps(result(source, doubtful)).encode(), None, False, 0.01, 1000)

    context.settings.data.mkdir(parents=True, exist_ok=True)
    for n in range(number):
        data = f"document {n}".encode()
        path = context.settings.data / "one.part"
        path.write_bytes(data)
        told = hashlib.sha256(data).hexdigest()
        context.blobs.put(told, path)
        path.unlink(missing_ok=True)
        accepted = documents.accept(context.store, [Upload(f"{n}.html", told, len(data), batch)], "bench")[0]
        with context.store.read() as c:
            job = c.execute(select(table.c.job_id).where(table.c.id == accepted.id)).scalar_one()
        look(context, job, call)
    return batch


def sessions(context: Context, number: int) -> list[tuple[int, str]]:
    """So many reviewers with a session each."""
    out: list[tuple[int, str]] = []
    for n in range(number):
        with context.store.write() as c:
            user = accounts.create_user(context.store, c, f"reviewer {n}", "reviewer")
            out.append((user, accounts.open_session(context.store, c, user, 3600)))
    return out


@contextlib.contextmanager
def web(data: Path) -> Iterator[str]:
    """The web process of `nianbao serve`, alone."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = {**os.environ, "NIANBAO_DATA": str(data), "NIANBAO_LISTEN": f"127.0.0.1:{port}",
           "NIANBAO_LOG_LEVEL": "warning", "PYTHONPATH": str(ROOT)}  # fmt: skip
    process = subprocess.Popen([sys.executable, "-m", "web.main"], env=env, stdout=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"{url}/healthz").is_success:
                    break
            time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(20)


async def reviewer(
    url: str, user: int, secret: str, batch: str, think: float, stagger: int, told: Told, seed: int
) -> None:  # fmt: skip
    """One person until nothing is left."""
    dice = random.Random(seed)
    async with httpx.AsyncClient(base_url=url, cookies={COOKIE: secret}, timeout=60) as client:
        csrf = re.search(r'name="csrf" content="([^"]+)"', (await client.get("/account")).text)
        assert csrf is not None
        client.headers["X-CSRF-Token"] = csrf.group(1)
        await asyncio.sleep(dice.random() * think * stagger)  # nobody opens fifty documents in one second
        place = (await client.post(f"/queue/next?batch={batch}")).headers["location"]
        while place.startswith("/review/"):
            place = await one_document(client, place, user, think, told, dice)


async def one_document(
    client: httpx.AsyncClient, place: str, user: int, think: float, told: Told, dice: random.Random
) -> str:
    """Settle and sign; where to go next."""
    began = time.perf_counter()
    page = await client.get(place)
    told.pages.append(time.perf_counter() - began)
    document = place.partition("?")[0].rsplit("/", 1)[1]
    told.taken.append((document, user))
    for name in re.findall(r'data-field-id="([^"]+)"[^>]*data-needs-review="true"', page.text):
        await asyncio.sleep(think * dice.uniform(0.5, 1.5))
        value = dice.randrange(1000)
        step = {"step": f"{dice.getrandbits(96):024x}", "field": name, "verdict": "misread", "value": value,
                "state": "printed", "base_revision": 0, "seconds": think}  # fmt: skip
        began = time.perf_counter()
        answer = await client.post(f"/review/{document}/steps", json={"steps": [step]})
        told.steps.append(time.perf_counter() - began)
        if not answer.is_success or answer.json()["results"][0]["status"] != "done":
            told.failures.append(f"{answer.status_code} {answer.text[:200]}")
        told.words[document, name] = value
    answer = await client.post(f"/review/{document}/decide{place.partition('?')[1]}{place.partition('?')[2]}",
                               json={"state": "signed"})  # fmt: skip
    if not answer.is_success:
        told.failures.append(f"{answer.status_code} {answer.text[:200]}")
        return "/queue"
    return str(answer.json()["next"])


def share(times: list[float], part: float) -> float:
    return 1000 * sorted(times)[min(len(times) - 1, int(part * len(times)))] if times else 0.0


def main(argv: list[str] | None = None) -> int:
    p = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    p.add_argument("--reviewers", type=int, default=50)
    p.add_argument("--documents", type=int, default=200)
    p.add_argument("--fields", type=int, default=10)
    p.add_argument("--think", type=float, default=1.5)
    args = p.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="nianbao-bench-") as folder:
        return run(Path(folder) / "data", args)


def run(data: Path, args: argparse.Namespace) -> int:
    """0 where nothing was lost and the 95th percentile is within 200 ms."""
    context = Context(setting_module.read({}, data=data))
    upgrade(context.store)
    batch = fill(context, args.documents, args.fields)
    people = sessions(context, args.reviewers)
    told = Told()
    with web(data) as url:
        began = time.monotonic()

        async def everyone() -> None:
            await asyncio.gather(
                *(reviewer(url, u, s, batch, args.think, args.fields, told, n) for n, (u, s) in enumerate(people))
            )

        asyncio.run(everyone())
        seconds = time.monotonic() - began
    with context.store.read() as c:
        rows = c.execute(select(reviews.c.document_id, reviews.c.field, reviews.c.value)).all()
        unsigned = c.execute(select(table.c.id).where(table.c.review_state != "signed")).all()
    stored = {(r.document_id, r.field): int(json.loads(r.value)) for r in rows}
    twice = len(told.taken) - len({d for d, _ in told.taken})
    whole = audit.verify(context.store)[1] is None
    context.close()
    print(f"{args.reviewers} reviewers, {len(told.taken)} documents, {len(told.steps)} steps in {seconds:.1f} s "
          f"({len(told.steps) / seconds:.1f} steps/s)")  # fmt: skip
    print("accept-and-next, ms: " + ", ".join(f"p{q} {share(told.steps, q / 100):.0f}" for q in (50, 90, 95, 99)))
    print("review page, ms:     " + ", ".join(f"p{q} {share(told.pages, q / 100):.0f}" for q in (50, 95)))
    print(f"failures {len(told.failures)}, words lost {sum(stored.get(k) != v for k, v in told.words.items())}, "
          f"documents handed out twice {twice}, not signed {len(unsigned)}, trail whole {whole}")  # fmt: skip
    for line in told.failures[:5]:
        print(line)
    good = not told.failures and stored == told.words and not twice and not unsigned and whole
    return 0 if good and share(told.steps, 0.95) <= 200 else 1


if __name__ == "__main__":
    sys.exit(main())
