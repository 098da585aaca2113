"""Year against year: what each organ's report carries over from its last; every difference opens at its place."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from web.api.years import conditions
from web.auth.guard import need
from web.auth.routes import context_of
from web.pages.view import render
from workers.store.accounts import Principal
from workers.store.years import year_pairs

router = APIRouter(include_in_schema=False)
PAIRS = 25
"""Pairs on a page: each reads two whole results, some milliseconds a pair."""


@router.get("/years")
def page(
    request: Request, organ: Annotated[str, Query(max_length=200)] = "",
    at: Annotated[int, Query(ge=0, le=100_000)] = 0, who: Principal = need("read"),
) -> Response:  # fmt: skip
    """Pairs of reports by organ and year."""
    with context_of(request).store.read() as c:
        found, total = year_pairs(c, *conditions(who, organ), offset=at * PAIRS, limit=PAIRS)
    return render(
        request, who, "years.html", pairs=found, total=total, at=at, size=PAIRS, organ=organ,
        told={"organ": organ} if organ else {},
    )  # fmt: skip
