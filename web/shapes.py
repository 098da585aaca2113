"""How rows look in the API's JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row

from web.problems import not_found
from workers.store import documents
from workers.store.accounts import Principal
from workers.store.batches import Progress
from workers.store.batches import get as get_batch
from workers.store.tables import documents as table


def when(seconds: float | None) -> str | None:
    """Seconds since 1970 as an ISO time in UTC."""
    return (
        None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    )


def document(row: Row[Any]) -> dict[str, Any]:
    """A document, from `documents.listing()`."""
    return {
        "id": row.id, "filename": row.filename, "sha256": row.sha256, "size": row.size, "state": row.state,
        "attempts": row.attempts,
        "error": json.loads(row.error) if row.error and row.state in ("failed", "dead") else None,
        "needs_review": row.review_fields > 0 and (row.state == "done" or row.former_job_id is not None),
        "fields_to_review": row.review_fields,
        "review_state": row.review_state, "review_reason": row.review_reason, "batch": row.batch_id,
        "duplicate_of": row.duplicate_of, "organ": row.organ, "year": row.year, "form": row.form,
        "source": row.source, "pages": row.pages, "extractor_version": row.version, "revision": row.revision,
        "created": when(row.created), "started": when(row.started), "finished": when(row.finished),
    }  # fmt: skip


def batch(row: Row[Any], progress: Progress) -> dict[str, Any]:
    """A batch with its numbers."""
    left = progress.counts["queued"] + progress.counts["running"]
    state = "cancelled" if row.cancelled is not None else ("running" if left else "done")
    return {
        "id": row.id, "name": row.name, "state": state if progress.total else "empty",
        "counts": progress.counts,
        "total": progress.total, "fields_to_review": progress.fields_to_review,
        "documents_to_review": progress.documents_to_review, "rate": progress.rate,
        "seconds_left": progress.seconds_left, "priority": row.priority, "second_look": row.second_look,
        "second_share": row.second_share, "created": when(row.created), "cancelled": when(row.cancelled),
    }  # fmt: skip


def seen_document(c: Connection, document_id: str, who: Principal) -> Row[Any]:
    """The document, or Problem 404 where there is none or it is none of the caller's business."""
    row = c.execute(documents.listing().where(table.c.id == document_id)).first()
    if row is None or (who.own_only and row.owner_id != who.user_id):
        raise not_found("没有这个文档")
    return row


def seen_batch(c: Connection, batch_id: str, who: Principal) -> Row[Any]:
    """The batch, or Problem 404."""
    row = get_batch(c, batch_id)
    if row is None or (who.own_only and row.owner_id != who.user_id):
        raise not_found("没有这个批次")
    return row
