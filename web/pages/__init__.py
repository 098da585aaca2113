"""The audit desk: server-rendered pages over the same store as the API, with a little script of their own."""

from __future__ import annotations

from fastapi import FastAPI

from web.pages import account, errors, queue, review, upload
from web.pages.static import mount
from web.pages.view import sign_in_page


def install(app: FastAPI) -> None:
    """Add the pages, their static files and the dressed sign-in to the application."""
    for module in (upload, queue, review, account):
        app.include_router(module.router)
    app.state.sign_in_page = sign_in_page
    errors.install(app)
    mount(app)
