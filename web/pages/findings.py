"""Contradictions of a batch by rule, organ and severity; each opens the review page at its place."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from web.auth.guard import need
from web.auth.routes import context_of
from web.pages.view import render
from workers.store import overview, queue
from workers.store.accounts import Principal
from workers.store.tables import documents, findings

router = APIRouter(include_in_schema=False)
ROWS = 100


@router.get("/findings")
def page(
    request: Request, batch: str = "", rule: str = "", organ: Annotated[str, Query(max_length=200)] = "",
    severity: Literal["", "error", "warning", "info"] = "", at: Annotated[int, Query(ge=0, le=100_000)] = 0,
    who: Principal = need("read"),
) -> Response:  # fmt: skip
    """Counts by rule at the left, the findings at the right."""
    wanted: list[Any] = []
    if who.own_only:
        wanted.append(documents.c.owner_id == who.user_id)
    if batch:
        wanted.append(documents.c.batch_id == batch)
    if organ:
        wanted.append(documents.c.organ.contains(organ, autoescape=True))
    narrow = [*wanted]
    if rule:
        narrow.append(findings.c.rule == rule)
    if severity:
        narrow.append(findings.c.severity == severity)
    with context_of(request).store.read() as c:
        counts = overview.finding_counts(c, *wanted)
        rows, total = overview.finding_rows(c, *narrow, offset=at * ROWS, limit=ROWS)
        batches = queue.choices(c)["batch"] if not who.own_only else []
    told = {k: v for k, v in {"batch": batch, "rule": rule, "organ": organ, "severity": severity}.items() if v}
    return render(
        request, who, "findings.html", counts=counts, rows=rows, total=total, told=told, at=at, size=ROWS,
        batch=batch, rule=rule, organ=organ, severity=severity, batches=batches,
    )  # fmt: skip
