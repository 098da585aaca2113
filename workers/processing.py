"""One job from claim to commit.  Celery calls `look`; nothing here knows Celery.

The document is parsed in the sandbox.  Whatever happens, the job ends in one final state or goes back to
the queue with its attempt counted; who lost his lease writes nothing.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import structlog

from extractor.sandbox.fork import Ended
from extractor.types import Failure, Report, Source
from workers.context import Context
from workers.failpoints import reach
from workers.logs import logger
from workers.pages import source_of
from workers.store import jobs
from workers.store.results import summarise

log = logger(__name__)

BLOB_LOST = Failure(
    "blob_missing", "存储中找不到该文件的原件。", "请重新上传该文件；反复出现时请管理员检查文件存储。"
)
Call = Callable[[str, Source, dict[str, Any]], Ended]


class Stopping(Exception):
    """The worker is told to stop: the job goes back uncounted."""


def failed_result(held: jobs.Claim, failure: Failure) -> bytes:
    """The JSON of a document that could not be read, as the command line writes it."""
    from extractor.emit.json import to_dict

    report = Report(held.filename, held.sha256, None, 0, error=failure)
    return json.dumps(to_dict(report), ensure_ascii=False, separators=(",", ":")).encode()


def _outcome(held: jobs.Claim, ended: Ended, stages: dict[str, float]) -> jobs.Outcome:
    failure, body = ended.failure, ended.body
    error: dict[str, str] | None = None
    if body is not None:
        try:
            result = json.loads(body)
            summary = summarise(result)
            told = result.get("error")
            error = {k: str(told[k]) for k in ("code", "message", "remedy")} if told else None
            return jobs.Outcome(body, error, ended.seconds, ended.peak_kb, summary, stages)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            # What the child wrote is no result: its document took it over or broke it.
            failure = Failure("crashed", "解析程序给出了无效的结果。", "请用阅读器“打印为 PDF”后重试。")
    assert failure is not None
    error = {"code": failure.code, "message": failure.message, "remedy": failure.remedy}
    body = failed_result(held, failure)
    return jobs.Outcome(body, error, ended.seconds, ended.peak_kb, summarise(json.loads(body)), stages)


def _parse(context: Context, held: jobs.Claim, call: Call) -> tuple[Ended, dict[str, float]]:
    began = time.monotonic()
    try:
        data = context.blobs.get(held.sha256)
    except FileNotFoundError:
        return Ended(None, BLOB_LOST, False, 0.0, 0), {}
    fetched = time.monotonic()
    source = source_of(held.filename, held.sha256, data)
    ended = call("json", source, {"options": dict(held.options)})
    return ended, {"fetch": fetched - began, "parse": ended.seconds, "sandbox": time.monotonic() - fetched}


def look(context: Context, job_id: int, call: Call | None = None) -> str:
    """Work on a job if it is to be had.  Returns what came of it, for logs: its state or why not.

    Raises whatever the database or blob store raise: the lease then lapses and the job is taken back.
    """
    given = context.settings
    held = jobs.claim(context.store, job_id, given.lease_seconds, given.max_attempts)
    if held is None:
        return "not_free"
    with structlog.contextvars.bound_contextvars(job=job_id, attempt=held.attempts, sha256=held.sha256[:12]):
        reach("after-claim")

        def renew() -> bool:
            return jobs.renew(context.store, held, given.lease_seconds)

        try:
            with context.renewal.held(renew, held.job_id) as lost:
                ended, stages = _parse(context, held, call or context.sandbox.call)
        except (Stopping, SystemExit):
            jobs.release(context.store, held)
            log.info("job_released")
            raise
        reach("after-parse")
        if ended.lost:
            jobs.surrender(context.store, held)
            log.warning("sandbox_lost", seconds=round(ended.seconds, 3))
            return "surrendered"
        if lost.is_set():
            log.warning("lease_lost")
        outcome = _outcome(held, ended, stages)
        began = time.monotonic()
        written = jobs.commit(context.store, held, outcome)
        log.info(
            "job_ended" if written else "job_fenced", state=outcome.state, waited=round(held.waited, 3),
            seconds=round(ended.seconds, 3), commit=round(time.monotonic() - began, 4), peak_kb=ended.peak_kb,
            error=outcome.error["code"] if outcome.error else None,
        )  # fmt: skip
        return outcome.state if written else "fenced"
