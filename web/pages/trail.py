"""The trail: who did what, when, before and after; verified on the page, taken out as CSV or JSON Lines."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response, StreamingResponse
from sqlalchemy import func, select

from web.auth.guard import need
from web.auth.routes import context_of
from web.pages.view import render
from workers.exports import harmless
from workers.store import audit
from workers.store.accounts import Principal
from workers.store.tables import audit as table
from workers.trail import COLUMNS

router = APIRouter(include_in_schema=False)
ROWS = 100


@router.get("/trail")
def page(
    request: Request, words: Annotated[str, Query(alias="who", max_length=100)] = "", action: str = "",
    target: Annotated[str, Query(max_length=300)] = "", check: bool = False,
    at: Annotated[int, Query(ge=0, le=1_000_000)] = 0, who: Principal = need("admin"),
) -> Response:  # fmt: skip
    """Newest first; `?check=1` verifies the whole chain."""
    store = context_of(request).store
    wanted: list[Any] = []
    if words:
        wanted.append(table.c.who == words)
    if action:
        wanted.append(table.c.action == action)
    if target:
        wanted.append(table.c.target.contains(target, autoescape=True))
    with store.read() as c:
        rows = c.execute(
            select(table).where(*wanted).order_by(table.c.id.desc()).offset(at * ROWS).limit(ROWS)
        ).all()
        total = c.execute(select(func.count()).select_from(table).where(*wanted)).scalar_one()
        actions = c.execute(select(table.c.action).distinct().order_by(table.c.action)).scalars().all()
    told = {k: v for k, v in {"who": words, "action": action, "target": target}.items() if v}
    return render(
        request, who, "trail.html", rows=rows, total=total, at=at, size=ROWS, told=told, actions=actions,
        words=words, action=action, target=target, verified=audit.verify(store) if check else None,
    )  # fmt: skip


@router.get("/trail/export")
def export(
    request: Request, format: Literal["csv", "jsonl"] = "csv", who: Principal = need("admin")
) -> StreamingResponse:
    """The whole trail; that it was taken out is an entry of its own."""
    store = context_of(request).store
    with store.write() as c:
        audit.record(store, c, audit.Actor(who.user_id, who.name), "trail.export", "trail", None, {"format": format})
    pieces = _csv(store) if format == "csv" else _lines(store)
    kind = "text/csv; charset=utf-8" if format == "csv" else "application/x-ndjson"
    headers = {"Content-Disposition": f'attachment; filename="trail.{format}"'}
    return StreamingResponse(pieces, media_type=kind, headers=headers)


def _lines(store: Any) -> Iterator[bytes]:
    for row in audit.entries(store):
        yield json.dumps(dict(row._mapping), ensure_ascii=False).encode() + b"\n"


def _csv(store: Any) -> Iterator[bytes]:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    yield b"\xef\xbb\xbf"
    for row in audit.entries(store):
        told = dict(row._mapping)
        writer.writerow([harmless(told[name]) for name in COLUMNS])
        yield out.getvalue().encode()
        out.seek(0)
        out.truncate()
    yield out.getvalue().encode()
