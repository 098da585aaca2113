"""The audit desk: server-rendered pages over the same store as the API, with a little script of their own."""

from __future__ import annotations

from fastapi import FastAPI

from web.pages import (
    account,
    admin,
    errors,
    findings,
    looks,
    overview,
    queue,
    review,
    sheet,
    trail,
    upload,
    years,
)
from web.pages.static import mount
from web.pages.view import sign_in_page


def install(app: FastAPI) -> None:
    """Add the pages, their static files and the dressed sign-in to the application."""
    modules = (upload, queue, review, looks, overview, findings, years, sheet, trail, account, admin)
    for module in modules:
        app.include_router(module.router)
    app.state.sign_in_page = sign_in_page
    errors.install(app)
    mount(app)
