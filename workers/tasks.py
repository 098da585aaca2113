"""The one task."""

from __future__ import annotations

from celery.exceptions import SoftTimeLimitExceeded

from workers.app import app
from workers.context import context
from workers.logs import logger
from workers.processing import look

log = logger(__name__)
NAME = "nianbao.look"


@app.task(name=NAME)  # type: ignore[untyped-decorator]
def look_at(job_id: int) -> str:
    """Look at job N.  Never raises: the message is done either way, and the reconciler asks again."""
    try:
        return look(context(), job_id)
    except SoftTimeLimitExceeded:
        # The sandbox has its own, shorter limit: this is a stuck worker. The lease lapses by itself.
        log.error("task_too_long", job=job_id)
        context().sandbox.close()
        return "too_long"
    except Exception:
        # Database or blob store are away: the lease lapses, the reconciler sends the job again.
        log.exception("look_failed", job=job_id)
        return "failed"
