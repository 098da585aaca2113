"""Health, readiness, metrics."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response

from web.auth.guard import Open, need
from web.auth.routes import context_of
from workers.health import checks
from workers.metrics import exposition
from workers.store.accounts import Principal

router = APIRouter(tags=["operations"])


@router.get("/healthz", dependencies=[Depends(Open())])
async def healthz() -> dict[str, str]:
    """This process is alive."""
    return {"status": "ok"}


@router.get("/readyz")
def readyz(request: Request, who: Principal = need(None)) -> JSONResponse:
    """Database, blob store and broker; 503 where uploads could not be taken (the broker may be away)."""
    found = checks(context_of(request))
    ready = found["database"] == "ok" and found["blobs"] == "ok"
    body: dict[str, Any] = {"status": "ok" if ready else "unavailable", "checks": found}
    return JSONResponse(body, 200 if ready else 503)


@router.get("/metrics", response_class=Response)
def metrics(request: Request, who: Principal = need("read")) -> Response:
    """Prometheus text."""
    return Response(
        exposition(context_of(request).store), media_type="text/plain; version=0.0.4; charset=utf-8"
    )
