"""Sign-in, sign-out, the one-time link, OIDC.  Pages here are plain; the audit desk may dress them."""

from __future__ import annotations

import html
from typing import Annotated, Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import update

from web.auth.guard import COOKIE, Open, need
from web.auth.passwords import check_password, hash_password
from web.problems import Problem
from workers.context import Context
from workers.store import accounts, audit
from workers.store.tables import users

router = APIRouter(tags=["sign-in"])
OPEN = Depends(Open())


def safe_next(place: str) -> str:
    """A path on this very site; anything else becomes the front page."""
    if not place.startswith("/") or place.startswith(("//", "/\\")) or any(c < " " for c in place):
        return "/"
    return place


def context_of(request: Request) -> Context:
    found: Context = request.app.state.context
    return found


def give_session(request: Request, response: Response, secret: str) -> None:
    """Set the session's cookie: not for scripts, not for other sites, only over TLS where there is TLS."""
    given = context_of(request).settings
    secure = given.cookie_secure == "on" or (given.cookie_secure == "auto" and request.url.scheme == "https")
    response.set_cookie(
        COOKIE, secret, max_age=given.session_seconds, httponly=True, samesite="lax", secure=secure, path="/"
    )


def start_session(context: Context, user_id: int, how: str) -> str:
    """A new session, written to the trail."""
    store = context.store
    with store.write() as c:
        name = c.execute(users.select().where(users.c.id == user_id)).one().name
        secret = accounts.open_session(store, c, user_id, context.settings.session_seconds)
        audit.record(store, c, audit.Actor(user_id, name), "sign_in", f"user/{user_id}", after={"how": how})
    return secret


@router.get("/sign-in", dependencies=[OPEN], response_class=HTMLResponse, include_in_schema=False)
def sign_in_page(request: Request, next: str = "/", once: str = "") -> Response:
    """The form; with `?once=` the one-time link of the first start, which signs in and is used up."""
    context = context_of(request)
    if once:
        with context.store.write() as c:
            user_id = accounts.spend_signin(context.store, c, once)
        if user_id is None:
            raise Problem(
                403, "link_used", "登录链接无效或已使用", "请管理员用 nianbao doctor --sign-in 生成新的链接"
            )
        answer: Response = RedirectResponse(safe_next(next), 303)
        give_session(request, answer, start_session(context, user_id, "link"))
        return answer
    dressed: Any = getattr(request.app.state, "sign_in_page", None)
    if dressed is not None:
        page: Response = dressed(request, safe_next(next))
        return page
    place = html.escape(safe_next(next), quote=True)
    return HTMLResponse(
        "<!doctype html><html lang='zh-CN'><meta charset='utf-8'><title>登录 · 年报</title>"
        "<h1>登录</h1><form method='post' action='/sign-in'>"
        f"<input type='hidden' name='next' value='{place}'>"
        "<p><label>用户名 <input name='name' autocomplete='username' required></label></p>"
        "<p><label>密码 <input name='password' type='password' autocomplete='current-password' required>"
        "</label></p>"
        "<p><button>登录</button></p></form></html>"
    )


def _check(context: Context, name: str, password: str) -> int:
    """The user's id, or Problem; counts failures and locks the account for a while."""
    store, given = context.store, context.settings
    with store.read() as c:
        user = accounts.user_by_name(c, name)
        now = store.now(c)
    if user is not None and user.locked_until > now:
        raise Problem(
            429,
            "locked",
            "登录失败次数过多，账户已暂时锁定",
            headers={"Retry-After": str(int(user.locked_until - now) + 1)},
        )
    fits = check_password(user.password if user is not None and user.active else None, password)
    if user is None:
        raise Problem(401, "bad_login", "用户名或密码不正确")
    if fits:
        with store.write() as c:
            c.execute(update(users).where(users.c.id == user.id).values(failures=0, locked_until=0.0))
        return int(user.id)
    with store.write() as c:
        failures = c.execute(
            update(users)
            .where(users.c.id == user.id)
            .values(failures=users.c.failures + 1)
            .returning(users.c.failures)
        ).scalar_one()
        if failures >= given.login_attempts:
            until = store.now(c) + given.login_lock_seconds
            c.execute(update(users).where(users.c.id == user.id).values(failures=0, locked_until=until))
            audit.record(store, c, audit.SYSTEM, "user.locked", f"user/{user.id}")
    raise Problem(401, "bad_login", "用户名或密码不正确")


@router.post("/sign-in", dependencies=[OPEN], include_in_schema=False)
async def sign_in(
    request: Request, name: Annotated[str, Form()], password: Annotated[str, Form()],
    next: Annotated[str, Form()] = "/",
) -> Response:  # fmt: skip
    """Sign in by name and password."""
    context = context_of(request)
    site = request.headers.get("sec-fetch-site", "same-origin")
    if site not in ("same-origin", "none"):  # signing someone in from another site is an attack too
        raise Problem(403, "csrf", "请求来自其他网站，已拒绝")
    user_id = await run_sync(_check, context, name, password)
    answer = RedirectResponse(safe_next(next), 303)
    give_session(request, answer, await run_sync(start_session, context, user_id, "password"))
    return answer


@router.post("/sign-out", include_in_schema=False)
def sign_out(request: Request, who: accounts.Principal = need(None)) -> Response:
    """End this session."""
    context = context_of(request)
    secret = request.cookies.get(COOKIE, "")
    with context.store.write() as c:
        accounts.close_session(c, secret)
        audit.record(context.store, c, audit.Actor(who.user_id, who.name), "sign_out", f"user/{who.user_id}")
    answer = RedirectResponse("/sign-in", 303)
    answer.delete_cookie(COOKIE, path="/")
    return answer


@router.post("/api/v1/me/password", status_code=204)
async def change_password(
    request: Request, password: Annotated[str, Form()], who: accounts.Principal = need(None)
) -> Response:
    """Set one's own password; every session of the user ends."""
    context = context_of(request)
    if who.via != "session":
        raise Problem(403, detail="请登录后修改密码")
    try:
        stored = await run_sync(hash_password, password)
    except ValueError as error:
        raise Problem(422, "weak_password", str(error)) from error

    def write() -> None:
        with context.store.write() as c:
            c.execute(update(users).where(users.c.id == who.user_id).values(password=stored))
            accounts.close_sessions_of(c, who.user_id)
            audit.record(
                context.store, c, audit.Actor(who.user_id, who.name), "user.password", f"user/{who.user_id}"
            )

    await run_sync(write)
    return Response(status_code=204)
