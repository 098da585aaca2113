"""Batches: made, watched, exported, cancelled."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any, Literal

from anyio.to_thread import run_sync
from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Row, select

from web import idempotency, shapes
from web.auth.guard import need
from web.auth.routes import context_of
from workers import exports
from workers.context import Context
from workers.store import audit, batches, documents
from workers.store.accounts import Principal
from workers.store.events import document_events
from workers.store.tables import batches as table

router = APIRouter(prefix="/api/v1/batches", tags=["batches"])
POLL_SECONDS = 1.0
BEAT_SECONDS = 15.0


class NewBatch(BaseModel):
    """A batch to be made."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "2024 年度报告"}]})
    name: Annotated[str, Field(min_length=1, max_length=200)]
    priority: Annotated[int, Field(ge=0, le=9)] = documents.BULK
    second_look: Literal["none", "share", "doubtful"] = "none"
    second_share: Annotated[float, Field(ge=0, le=1)] = 0.0


def _told(context: Context, batch_id: str, who: Principal) -> dict[str, Any]:
    with context.store.read() as c:
        row = shapes.seen_batch(c, batch_id, who)
        return shapes.batch(row, batches.progress(context.store, c, batch_id))


@router.post("", status_code=201)
def create(request: Request, body: NewBatch, who: Principal = need("upload")) -> JSONResponse:
    """A new, empty batch."""
    context = context_of(request)
    key = idempotency.key_of(request, who)
    try:
        idempotency.begin(context, key, request)
    except idempotency.Repeated as first:
        return JSONResponse(first.body, first.status, {"Idempotency-Replayed": "true"})
    batch_id = batches.create(
        context.store, body.name, who.user_id, body.priority, body.second_look, body.second_share,
        batch_id=key[:32] if key else None,
    )  # fmt: skip
    told = _told(context, batch_id, who)
    idempotency.finish(context, key, 201, told)
    return JSONResponse(told, 201, {"Location": f"/api/v1/batches/{batch_id}"})


@router.get("")
def list_batches(
    request: Request, limit: Annotated[int, Query(ge=1, le=200)] = 50, who: Principal = need("read")
) -> dict[str, Any]:
    """Newest first."""
    store = context_of(request).store
    query = select(table).order_by(table.c.created.desc(), table.c.id).limit(limit)
    if who.own_only:
        query = query.where(table.c.owner_id == who.user_id)
    with store.read() as c:
        rows = c.execute(query).all()
        return {"batches": [shapes.batch(r, batches.progress(store, c, r.id)) for r in rows]}


@router.get("/{batch_id}")
def batch(request: Request, batch_id: str, who: Principal = need("read")) -> dict[str, Any]:
    """Counts by state, fields to review, rate, time left."""
    return _told(context_of(request), batch_id, who)


@router.post("/{batch_id}/cancel")
def cancel(request: Request, batch_id: str, who: Principal = need("upload")) -> dict[str, Any]:
    """Cancel what has not ended; nothing can be added afterwards."""
    context = context_of(request)
    _told(context, batch_id, who)
    number = documents.cancel_batch(context.store, batch_id)
    with context.store.write() as c:
        actor = audit.Actor(who.user_id, who.name)
        audit.record(context.store, c, actor, "batch.cancel", batch_id, after={"documents": number})
    return _told(context, batch_id, who)


@router.get("/{batch_id}/export")
def export(
    request: Request, batch_id: str, format: Literal["jsonl", "csv", "xlsx", "parquet"] = "jsonl",
    as_: Annotated[Literal["settled", "extracted"], Query(alias="as")] = "settled",
    who: Principal = need("export"),
) -> StreamingResponse:  # fmt: skip
    """Everything in the batch that has a result, streamed; the trail records who took it."""
    context = context_of(request)
    with context.store.write() as c:
        row = shapes.seen_batch(c, batch_id, who)
        actor = audit.Actor(who.user_id, who.name)
        audit.record(context.store, c, actor, "batch.export", batch_id, after={"format": format, "as": as_})
    kind = exports.FORMATS[format]
    pieces: Iterator[bytes] = kind.write(exports.Items(context.store, batch_id, settled=as_ == "settled"))
    name = f"batch-{row.id}.{format}"
    return StreamingResponse(
        pieces, media_type=kind.media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def _changes(
    context: Context, batch_id: str, last: int
) -> tuple[Row[Any] | None, dict[str, Any], list[Row[Any]]]:
    with context.store.read() as c:
        row = batches.get(c, batch_id)
        told = shapes.batch(row, batches.progress(context.store, c, batch_id)) if row else {}
        return row, told, document_events(c, batch_id, last)


def _event(kind: str, data: Any, event_id: int | None = None) -> str:
    head = f"id: {event_id}\n" if event_id is not None else ""
    return f"{head}event: {kind}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


async def _stream(request: Request, context: Context, batch_id: str, last: int) -> AsyncIterator[str]:
    shown: dict[str, Any] = {}
    silent = 0.0
    yield "retry: 2000\n\n"
    while not await request.is_disconnected():
        row, told, found = await run_sync(_changes, context, batch_id, last)
        if row is None:
            return
        out = [
            _event("document", {"id": e.document_id, "state": e.kind.partition(".")[2]}, e.id) for e in found
        ]
        last = found[-1].id if found else last
        if told != shown:
            out.append(_event("progress", told))
            shown = told
        if told["state"] in ("done", "cancelled") and len(found) == 0:
            yield "".join([*out, _event("end", told)])
            return
        silent = 0.0 if out else silent + POLL_SECONDS
        if silent >= BEAT_SECONDS:
            out.append(": beat\n\n")
            silent = 0.0
        if out:
            yield "".join(out)
        await asyncio.sleep(POLL_SECONDS)


@router.get("/{batch_id}/events")
async def events(request: Request, batch_id: str, who: Principal = need("read")) -> StreamingResponse:
    """Server-sent events: `document` (one ended), `progress` (the batch's numbers), `end`.

    Goes on after Last-Event-ID.  The numbers come from the database, so a missed event loses nothing.
    """
    context = context_of(request)
    await run_sync(_told, context, batch_id, who)
    sent = request.headers.get("last-event-id", "")
    last = int(sent) if sent.isdigit() else 0
    return StreamingResponse(
        _stream(request, context, batch_id, last), media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )  # fmt: skip
