"""One's own account: language, password, tokens."""

from __future__ import annotations

from typing import Annotated, Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import update

from web.api import accounts as api
from web.auth.guard import Open, need
from web.auth.passwords import check_password
from web.auth.routes import change_password, context_of, safe_next
from web.pages.view import LANGUAGE_COOKIE, render
from web.pages.words import LANGUAGES
from web.problems import Problem
from workers.store import accounts
from workers.store.accounts import Principal
from workers.store.tables import users

router = APIRouter(include_in_schema=False)
YEAR = 365 * 86400


@router.post("/language")
def language(
    request: Request, language: Annotated[str, Form()], next: Annotated[str, Form()] = "/",
    who: Principal = need(None),
) -> Response:  # fmt: skip
    """Chinese or English, for the account."""
    with context_of(request).store.write() as c:
        c.execute(update(users).where(users.c.id == who.user_id).values(language=_known(language)))
    return browser_language(language, next)


def _known(language: str) -> str:
    return language if language in LANGUAGES else "zh"


@router.post("/sign-in/language", dependencies=[Depends(Open())])
def browser_language(language: Annotated[str, Form()], next: Annotated[str, Form()] = "/") -> Response:
    """Chinese or English before the sign-in, for this browser."""
    answer = RedirectResponse(safe_next(next), 303)
    chosen = _known(language)
    answer.set_cookie(LANGUAGE_COOKIE, chosen, max_age=YEAR, samesite="lax", path="/")
    return answer


def _page(request: Request, who: Principal, **more: Any) -> Response:
    mine = [t for t in api.list_tokens(request, who)["tokens"] if t["user"] == who.name and not t["revoked"]]
    return render(
        request, who, "account.html", tokens=mine, scopes=sorted(who.scopes), **{"secret": "", "problem": "", **more}
    )


@router.get("/account")
def page(request: Request, who: Principal = need(None)) -> Response:
    """Password and tokens."""
    return _page(request, who)


@router.post("/account/tokens")
def new_token(
    request: Request, name: Annotated[str, Form(min_length=1, max_length=100)],
    scopes: Annotated[list[str], Form()], days: Annotated[int, Form(ge=0, le=3650)] = 0,
    who: Principal = need(None),
) -> Response:  # fmt: skip
    """A token of one's own; its secret is on this page only."""
    known = [s for s in scopes if s in accounts.SCOPES]
    body = api.NewToken(name=name, scopes=known, seconds=days * 86400.0 or None)  # type: ignore[arg-type]
    return _page(request, who, secret=api.create_token(request, body, who)["token"])


@router.post("/account/tokens/{token_id}/revoke")
def revoke(request: Request, token_id: int, who: Principal = need(None)) -> Response:
    """End a token."""
    api.revoke_token(request, token_id, who)
    return RedirectResponse("/account", 303)


@router.post("/account/password")
async def password(
    request: Request, password: Annotated[str, Form(max_length=1000)],
    current: Annotated[str, Form(max_length=1000)] = "", who: Principal = need(None),
) -> Response:  # fmt: skip
    """A new password, against the old one where there is one; every session ends, this one too."""

    def stored() -> str | None:
        with context_of(request).store.read() as c:
            row = accounts.user_by_name(c, who.name)
        return row.password if row is not None else None

    known = await run_sync(stored)
    if known is not None and not await run_sync(check_password, known, current):
        return _page(request, who, problem="当前密码不正确")
    try:
        await change_password(request, password, who)
    except Problem as problem:
        return _page(request, who, problem=problem.detail)
    return RedirectResponse("/sign-in?next=/account", 303)
