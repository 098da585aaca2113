"""What is swept up now and then: upload parts nobody finished, ended sessions, old idempotency keys, samples.

Blobs are never deleted here: a result without its original could not be checked.
"""

from __future__ import annotations

import time
from pathlib import Path

from sqlalchemy import delete

from workers.context import Context
from workers.logs import logger
from workers.store.tables import events, idempotency, review_leases, sessions, tokens

log = logger(__name__)
KEEP_EVENTS = 7 * 24 * 3600.0
"""Seconds: longer than any batch runs; listeners that come later read the counters."""


def stale(paths: list[Path], seconds: float) -> list[Path]:
    """Those not touched for so long."""
    limit = time.time() - seconds
    found: list[Path] = []
    for path in paths:
        try:
            if path.stat().st_mtime < limit:
                found.append(path)
        except FileNotFoundError:  # finished in the meantime
            continue
    return found


def sweep_parts(context: Context, seconds: float) -> int:
    """Delete parts of uploads that were cut off; returns how many."""
    spool = context.settings.spool
    parts = [*spool.glob("*.part"), *context.blobs.parts()] if spool.is_dir() else context.blobs.parts()
    old = stale(parts, seconds)
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def sweep_rows(context: Context) -> None:
    """Delete rows whose time is over."""
    store, given = context.store, context.settings
    with store.write() as c:
        now = store.now(c)
        c.execute(delete(sessions).where(sessions.c.expires < now))
        c.execute(delete(review_leases).where(review_leases.c.expires < now - 3600))
        c.execute(delete(idempotency).where(idempotency.c.created < now - given.keep_idempotency_seconds))
        c.execute(delete(events).where(events.c.at < now - KEEP_EVENTS))
        c.execute(delete(tokens).where(tokens.c.kind == "signin", tokens.c.expires < now))


def sweep(context: Context) -> None:
    """One sweep."""
    parts = sweep_parts(context, context.settings.keep_parts_seconds)
    sweep_rows(context)
    if parts:
        log.info("swept", parts=parts)
