"""One organ's reports year against year."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from extractor.emit.json import finding_dict
from web.auth.guard import need
from web.auth.routes import context_of
from workers.store.accounts import Principal
from workers.store.tables import documents
from workers.store.years import year_pairs

router = APIRouter(prefix="/api/v1/years", tags=["findings"])


def conditions(who: Principal, organ: str) -> list[Any]:
    """What the caller may see, narrowed to organs whose name holds `organ`."""
    out: list[Any] = [documents.c.owner_id == who.user_id] if who.own_only else []
    if organ:
        out.append(documents.c.organ.contains(organ, autoescape=True))
    return out


@router.get("")
def pairs(
    request: Request, organ: Annotated[str, Query(max_length=200)] = "",
    offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0, limit: Annotated[int, Query(ge=1, le=100)] = 25,
    who: Principal = need("read"),
) -> dict[str, Any]:  # fmt: skip
    """Each report that has one of the year before: how many identities hold, and a finding for each that fails."""
    with context_of(request).store.read() as c:
        found, total = year_pairs(c, *conditions(who, organ), offset=offset, limit=limit)
    told = [
        {"organ": p.organ, "year": p.year, "document": p.document_id, "last": p.last_id, "held": p.compared.held,
         "findings": [finding_dict(f) for f in p.compared.findings]}
        for p in found
    ]  # fmt: skip
    return {"pairs": told, "total": total}
