"""Static files: ours and htmx, from this package; asked for again only by their ETag."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

STATIC = Path(__file__).resolve().parent.parent / "static"


class Checked(StaticFiles):
    """Kept by browsers, but checked: after an update nobody works with an old script."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        answer = await super().get_response(path, scope)
        answer.headers["cache-control"] = "no-cache"
        return answer


def mount(app: FastAPI) -> None:
    """Serve web/static under /static."""
    app.mount("/static", Checked(directory=STATIC), name="static")
