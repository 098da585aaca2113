"""The web application: the API, the gate before it, and the audit desk's pages where they are installed."""

from __future__ import annotations

import importlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.util import find_spec
from typing import Any

from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI

from web import problems
from web.api import accounts, batches, documents, ops, review, years
from web.auth import oidc
from web.auth import routes as sign_in
from web.auth.guard import Guard, api_routes, guarded
from web.pictures import Pictures
from workers.context import Context
from workers.version import extractor_version

THREADS = 16
"""Threads for calls that wait for the database; more only queue at SQLite's one writer."""
BODY_MOST = 1_000_000
"""Bytes of a request that is no upload; uploads have limits of their own (web/uploads.py)."""
DESCRIPTION = (
    "《政府信息公开工作年度报告》数据抽取与核对服务。错误为 application/problem+json，`code` 与命令行相同。"
)


def _refuse_open_routes(app: FastAPI) -> None:
    """A route that does not say who may call it must not exist."""
    found = list(api_routes(app))
    unguarded = [f"{sorted(r.methods or ())} {r.path}" for r in found if not guarded(r)]
    if unguarded or not found:
        raise RuntimeError(f"routes without need(...): {unguarded}")


def _add_pages(app: FastAPI) -> None:
    """web/pages.install(app), where the audit desk is there."""
    if find_spec("web.pages") is not None:
        install: Any = getattr(importlib.import_module("web.pages"), "install", None)
        if install is not None:
            install(app)


def create_app(context: Context) -> FastAPI:
    """The application over an open context."""

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        current_default_thread_limiter().total_tokens = THREADS
        extractor_version()  # reads models/ once, not in the first upload
        yield
        app.state.pictures.close()

    app = FastAPI(
        title="nianbao", version="1", description=DESCRIPTION, docs_url=None, redoc_url=None, lifespan=life,
        openapi_url="/openapi.json", max_body_size=BODY_MOST,
    )  # fmt: skip
    app.state.context = context
    app.state.pictures = Pictures(context.settings.data / "cache")
    problems.install(app)
    for router in (
        ops.router,
        sign_in.router,
        documents.router,
        batches.router,
        review.router,
        years.router,
        accounts.router,
    ):
        app.include_router(router)
    if context.settings.oidc_issuer:
        oidc.install(app, context.settings, _cookie_secret(context))
    _add_pages(app)
    _refuse_open_routes(app)
    app.add_middleware(Guard, context=context)
    return app


def _cookie_secret(context: Context) -> str:
    """A secret that all web processes share and that follows from one they share anyway."""
    import hashlib

    given = context.settings
    return hashlib.sha256(
        f"oidc-cookie\n{given.oidc_client_secret}\n{given.database_url}".encode()
    ).hexdigest()
