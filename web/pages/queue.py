"""The queue: what waits for people, by expected loss; filters, hand-out by lease."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from extractor.confidence.reasons import REASONS
from web.auth.guard import need
from web.auth.routes import context_of
from web.pages.view import render
from workers.context import Context
from workers.store import leases, queue
from workers.store.accounts import Principal
from workers.store.queue import Filter

router = APIRouter(include_in_schema=False)
ROWS = 50


def filter_of(request: Request) -> Filter:
    return Filter.read(dict(request.query_params))


def next_document(context: Context, who: Principal, given: Filter, skip: str | None = None) -> str | None:
    """The riskiest free document that the filter chooses, now held by the caller."""
    seconds = context.settings.review_lease_seconds
    return leases.hand_out(
        context.store, who.user_id, seconds, *queue.narrowing(given), skip=skip
    )  # fmt: skip


@router.get("/queue")
def page(
    request: Request, at: Annotated[int, Query(ge=0, le=100_000)] = 0, who: Principal = need("review")
) -> Response:
    """Documents with their expected loss, who has them, what is chosen."""
    context, given = context_of(request), filter_of(request)
    request.app.state.pictures.sandbox.wake()
    with context.store.read() as c:
        rows, total = queue.page(context.store, c, given, offset=at * ROWS, limit=ROWS)
        values: dict[str, Any] = {
            "rows": rows, "total": total, "choices": queue.choices(c), "saved": queue.filters_of(c, who.user_id),
            "waiting": queue.waiting(context.store, c),
        }  # fmt: skip
    return render(
        request, who, "queue.html", chosen=given, told=given.told(), at=at, size=ROWS, reasons=REASONS,
        states=queue.STATES, **values,
    )  # fmt: skip


@router.post("/queue/next")
def take_next(request: Request, who: Principal = need("review")) -> Response:
    """Hand out; back to the queue where nothing is left."""
    given = filter_of(request)
    found = next_document(context_of(request), who, given)
    query = urlencode(given.told())
    place = f"/review/{found}" if found else "/queue"
    return RedirectResponse(f"{place}?{query}" if query else place, 303)


@router.post("/queue/filters")
def save(
    request: Request, name: Annotated[str, Form(min_length=1, max_length=60)],
    query: Annotated[str, Form(max_length=2000)] = "", who: Principal = need("review"),
) -> Response:  # fmt: skip
    """Keep the filter that is chosen."""
    store = context_of(request).store
    told = urlencode(Filter.read(dict(parse_qsl(query))).told())
    with store.write() as c:
        queue.save_filter(store, c, who.user_id, name.strip(), told)
    return RedirectResponse(f"/queue?{told}", 303)


@router.post("/queue/filters/{filter_id}/drop")
def drop(request: Request, filter_id: int, who: Principal = need("review")) -> Response:
    """Forget a kept filter of one's own."""
    with context_of(request).store.write() as c:
        queue.drop_filter(c, who.user_id, filter_id)
    return RedirectResponse("/queue", 303)


@router.post("/queue/release/{document_id}")
def release(request: Request, document_id: str, who: Principal = need("review")) -> Response:
    """Give back a document that one holds."""
    with context_of(request).store.write() as c:
        leases.give_back(c, document_id, who.user_id)
    return RedirectResponse("/queue", 303)
