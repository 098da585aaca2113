"""Hand-out of documents to reviewers, and what a reviewer does with a whole document."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from sqlalchemy import update

from web import shapes
from web.auth.guard import need
from web.auth.routes import context_of
from web.problems import Problem
from workers.store import audit, leases
from workers.store.accounts import Principal
from workers.store.tables import documents as table

router = APIRouter(prefix="/api/v1/review", tags=["review"])


class Decision(BaseModel):
    """What is to become of a document in review."""

    state: Literal["open", "postponed", "rejected", "escalated", "signed"]
    reason: Annotated[str | None, Field(max_length=2000)] = None
    seconds: Annotated[float, Field(gt=0, le=30 * 86400)] = 86400
    """How long a postponed document stays away."""


@router.post("/next")
def next_document(
    request: Request, batch: str | None = None, skip: str | None = None, who: Principal = need("review")
) -> dict[str, Any]:
    """The riskiest document that nobody else has, now the caller's; `document` is null when none is left."""
    context = context_of(request)
    conditions = [table.c.batch_id == batch] if batch else []
    seconds = context.settings.review_lease_seconds
    found = leases.hand_out(context.store, who.user_id, seconds, *conditions, skip=skip)
    return {"document": found, "lease_seconds": seconds}


@router.put("/documents/{document_id}/lease")
def keep(request: Request, document_id: str, who: Principal = need("review")) -> dict[str, Any]:
    """Take or prolong; 409 with `holder` where another has the document."""
    context = context_of(request)
    store, seconds = context.store, context.settings.review_lease_seconds
    with store.write() as c:
        shapes.seen_document(c, document_id, who)
        if not leases.take(store, c, document_id, who.user_id, seconds):
            other = leases.holder(store, c, document_id)
            raise Problem(
                409, "taken", f"该文档正由 {other.name if other else '他人'} 审核",
                holder=other.name if other else None, until=shapes.when(other.expires) if other else None,
            )  # fmt: skip
    return {"document": document_id, "lease_seconds": seconds}


@router.delete("/documents/{document_id}/lease")
def give_back(request: Request, document_id: str, who: Principal = need("review")) -> dict[str, Any]:
    """Give a document back unfinished."""
    with context_of(request).store.write() as c:
        leases.give_back(c, document_id, who.user_id)
    return {"document": document_id}


@router.put("/documents/{document_id}/state")
def decide(
    request: Request, document_id: str, body: Decision, who: Principal = need("review")
) -> dict[str, Any]:
    """Postpone, reject, escalate, sign or reopen; all but signing and reopening want a reason."""
    store = context_of(request).store
    if body.state in ("postponed", "rejected", "escalated") and not (body.reason or "").strip():
        raise Problem(422, "reason_needed", "请写明原因")
    with store.write() as c:
        row = shapes.seen_document(c, document_id, who)
        if row.state != "done":
            raise Problem(409, "no_result", "该文档还没有结果")
        if body.state == "signed" and row.review_fields:
            raise Problem(
                409, "fields_open", f"还有 {row.review_fields} 个字段待核对", fields=row.review_fields
            )
        now = store.now(c)
        signed = body.state == "signed"
        c.execute(
            update(table).where(table.c.id == document_id).values(
                review_state=body.state, review_reason=body.reason, revision=table.c.revision + 1,
                review_until=now + body.seconds if body.state == "postponed" else None,
                signed_by=who.user_id if signed else None, signed_at=now if signed else None,
            )
        )  # fmt: skip
        leases.give_back(c, document_id, who.user_id)
        audit.record(
            store, c, audit.Actor(who.user_id, who.name), f"document.{body.state}", document_id,
            {"state": row.review_state}, {"state": body.state, "reason": body.reason},
        )  # fmt: skip
        return shapes.document(shapes.seen_document(c, document_id, who))
