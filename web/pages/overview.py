"""The dashboard: what waits, what people found, and the measured rate of silent errors."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from web.auth.guard import need
from web.auth.routes import context_of
from web.pages.view import render
from workers.store import overview, queue, second
from workers.store.accounts import Principal

router = APIRouter(include_in_schema=False)


@router.get("/overview")
def page(request: Request, who: Principal = need("review")) -> Response:
    """Everything from the database, nothing remembered."""
    context = context_of(request)
    store = context.store
    with store.read() as c:
        values: dict[str, Any] = {
            "totals": overview.totals(c), "waiting": queue.waiting(store, c), "silent": second.silent_errors(c),
            "agreement": second.agreement(c), "people": overview.people(store, c),
            "verdicts": overview.verdicts(c),
        }  # fmt: skip
    return render(request, who, "overview.html", share=context.settings.sample_share, **values)
