"""Upload and batches: the front page, a batch's page, its rows and its second-look policy."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import Row, func, or_, select, update

from web import shapes
from web.auth.guard import need
from web.auth.routes import context_of
from web.pages.view import render
from web.problems import Problem
from workers.context import Context
from workers.store import audit, batches, documents
from workers.store.accounts import Principal
from workers.store.tables import STATES
from workers.store.tables import batches as batch_table
from workers.store.tables import documents as table

router = APIRouter(include_in_schema=False)
SHOWN = 20
"""Batches on the front page."""
ROWS = 100
"""Documents a page of a batch: what two screens hold."""


def _recent(context: Context, who: Principal) -> list[dict[str, Any]]:
    store = context.store
    query = select(batch_table).order_by(batch_table.c.created.desc(), batch_table.c.id).limit(SHOWN)
    if who.own_only:
        query = query.where(batch_table.c.owner_id == who.user_id)
    with store.read() as c:
        return [
            {**shapes.batch(r, batches.progress(store, c, r.id)), "made": r.created} for r in c.execute(query).all()
        ]


@router.get("/")
def front(request: Request, who: Principal = need("read")) -> Response:
    """Drop files here; the newest batches below."""
    context = context_of(request)
    given = context.settings
    limits = {"bytes": given.max_file_bytes, "members": given.max_zip_members}
    return render(request, who, "upload.html", batches=_recent(context, who), limits=limits)


@router.get("/batches/list")
def recent(request: Request, who: Principal = need("read")) -> Response:
    """The newest batches as rows, for the front page's own refreshing."""
    return render(request, who, "batch_list.html", batches=_recent(context_of(request), who))


def _rows(
    context: Context, batch_id: str, state: str, words: str, page: int
) -> tuple[list[dict[str, Any]], int]:
    wanted = [table.c.batch_id == batch_id]
    if state in STATES:
        wanted.append(table.c.state == state)
    elif state == "review":
        wanted += [table.c.state == "done", table.c.review_fields > 0]
    elif state == "duplicate":
        wanted.append(table.c.duplicate_of.is_not(None))
    if words:
        wanted.append(
            or_(table.c.filename.contains(words, autoescape=True), table.c.organ.contains(words, autoescape=True))
        )
    query = documents.listing().where(*wanted).order_by(table.c.id).offset(page * ROWS).limit(ROWS)
    with context.store.read() as c:
        total = c.execute(select(func.count()).select_from(table).where(*wanted)).scalar_one()
        return [shapes.document(r) for r in c.execute(query).all()], int(total)


def _batch(context: Context, batch_id: str, who: Principal) -> tuple[Row[Any], dict[str, Any]]:
    with context.store.read() as c:
        row = shapes.seen_batch(c, batch_id, who)
        return row, shapes.batch(row, batches.progress(context.store, c, batch_id))


@router.get("/batches/{batch_id}")
def batch_page(
    request: Request, batch_id: str, state: str = "", words: Annotated[str, Query(alias="q", max_length=200)] = "",
    page: Annotated[int, Query(ge=0, le=10_000)] = 0, who: Principal = need("read"),
) -> HTMLResponse:  # fmt: skip
    """Counts, filters, documents, exports; only the rows where htmx asks."""
    context = context_of(request)
    row, told = _batch(context, batch_id, who)
    rows, total = _rows(context, batch_id, state, words, page)
    template = "batch_rows.html" if "hx-request" in request.headers else "batch.html"
    return render(
        request, who, template, batch=told, made=row.created, rows=rows, total=total, state=state, words=words,
        page=page, size=ROWS, states=STATES,
    )  # fmt: skip


@router.post("/batches/{batch_id}/policy")
def policy(
    request: Request, batch_id: str, second_look: Annotated[Literal["none", "share", "doubtful"], Form()],
    second_percent: Annotated[float, Form(ge=0, le=100)] = 10.0, who: Principal = need("review"),
) -> Response:  # fmt: skip
    """Who is read a second time in this batch, from now on."""
    context = context_of(request)
    share = second_percent / 100 if second_look == "share" else 0.0
    with context.store.write() as c:
        row = shapes.seen_batch(c, batch_id, who)
        c.execute(
            update(batch_table).where(batch_table.c.id == batch_id)
            .values(second_look=second_look, second_share=share)
        )  # fmt: skip
        audit.record(
            context.store, c, audit.Actor(who.user_id, who.name), "batch.policy", batch_id,
            {"second_look": row.second_look, "share": row.second_share},
            {"second_look": second_look, "share": share},
        )  # fmt: skip
    return RedirectResponse(f"/batches/{batch_id}", 303)


@router.post("/batches/{batch_id}/cancel")
def cancel(request: Request, batch_id: str, who: Principal = need("upload")) -> Response:
    """Cancel what has not ended."""
    context = context_of(request)
    row, _told = _batch(context, batch_id, who)
    if row.cancelled is None:
        number = documents.cancel_batch(context.store, batch_id)
        with context.store.write() as c:
            actor = audit.Actor(who.user_id, who.name)
            audit.record(context.store, c, actor, "batch.cancel", batch_id, after={"documents": number})
    return RedirectResponse(f"/batches/{batch_id}", 303)


@router.post("/documents/{document_id}/again")
def again(request: Request, document_id: str, who: Principal = need("upload")) -> Response:
    """Read a document once more, then back to its batch."""
    from web.api.documents import rerun

    told = rerun(request, document_id, who)
    if not told["batch"]:
        raise Problem(409, detail="该文档不属于任何批次")
    return RedirectResponse(f"/batches/{told['batch']}", 303)
