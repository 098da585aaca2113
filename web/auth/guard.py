"""The gate before every route: an ASGI middleware, so that mounts and unknown paths are behind it too.

Open are only /healthz, the sign-in and the static files that it needs.  A session's unsafe request must
come from our own pages (Sec-Fetch-Site, Origin) and carry the session's CSRF token, in X-CSRF-Token or in
the form field `csrf`.  API tokens are not sent by browsers on their own and need none.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from anyio.to_thread import run_sync
from fastapi import Depends, Request
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute
from sqlalchemy.exc import OperationalError
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.auth.limits import Buckets
from web.problems import SECURITY_HEADERS, Problem
from workers.context import Context
from workers.store import accounts
from workers.store.accounts import Principal

COOKIE = "nianbao_session"
OPEN_PATHS = frozenset({"/healthz", "/sign-in", "/favicon.ico"})
OPEN_PREFIXES = ("/static/", "/sign-in/")
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
FORM_MOST = 1_000_000


def is_open(path: str) -> bool:
    return path in OPEN_PATHS or path.startswith(OPEN_PREFIXES)


def _identify(context: Context, headers: Headers, cookie: str | None) -> Principal | None:
    """Token first: who sends one means to act by it, whatever cookies the client has."""
    store, given = context.store, context.settings
    scheme, _, secret = headers.get("authorization", "").partition(" ")
    if secret:
        if scheme.lower() != "bearer":
            return None
        with store.read() as c:
            return accounts.by_token(store, c, secret.strip())
    if not cookie:
        return None
    with store.read() as c:
        found = accounts.by_session(store, c, cookie)
        now = store.now(c)
    if found is None:
        return None
    who, expires = found
    if expires - now < given.session_seconds / 2:
        with store.write() as c:
            accounts.extend_session(c, cookie, now + given.session_seconds)
    return who


def _same_origin(headers: Headers, scheme: str) -> bool:
    """Whether a browser says that one of our own pages sent this."""
    site = headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        return False
    origin = headers.get("origin")
    if origin is None:
        return True
    return urlsplit(origin).netloc == headers.get("host", "") and origin != "null" and bool(scheme)


class Guard:
    """See the module's words."""

    def __init__(self, app: ASGIApp, context: Context) -> None:
        self.app = app
        self.context = context
        self.known = Buckets(context.settings.rate_per_minute)
        self.unknown = Buckets(context.settings.rate_anonymous_per_minute)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            return
        send = _with_headers(send)
        try:
            receive = await self._admit(scope, receive)
        except Problem as problem:
            await self._refuse(problem, scope, receive, send)
        except OperationalError:
            away = Problem(503, detail="数据库暂时不可用", headers={"Retry-After": "2"})
            await away.response()(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _admit(self, scope: Scope, receive: Receive) -> Receive:
        connection = HTTPConnection(scope)
        path = scope["path"]
        who: Principal | None = None
        cookie = connection.cookies.get(COOKIE)
        if cookie or "authorization" in connection.headers:
            who = await run_sync(_identify, self.context, connection.headers, cookie)
        scope.setdefault("state", {})["principal"] = who
        address = connection.client.host if connection.client else "local"
        if who is None:
            if path == "/healthz":
                return receive
            self._limit(self.unknown, address)
            if is_open(path):
                return receive
            raise Problem(
                401, headers={"WWW-Authenticate": "Bearer"}, remedy="请登录，或在 Authorization 头中给出令牌"
            )
        self._limit(self.known, f"{who.via}:{who.user_id}")
        if who.via == "session" and scope["method"] not in SAFE and not is_open(path):
            return await self._check_csrf(who, connection, scope, receive)
        return receive

    @staticmethod
    def _limit(buckets: Buckets, caller: str) -> None:
        wait = buckets.take(caller)
        if wait:
            raise Problem(429, detail="请求过于频繁", headers={"Retry-After": str(int(wait) + 1)})

    @staticmethod
    async def _check_csrf(
        who: Principal, connection: HTTPConnection, scope: Scope, receive: Receive
    ) -> Receive:
        headers = connection.headers
        if not _same_origin(headers, scope["scheme"]):
            raise Problem(403, "csrf", "请求来自其他网站，已拒绝")
        sent = headers.get("x-csrf-token")
        if sent is None and headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            body, receive = await _peek(receive)
            sent = parse_qs(body.decode("utf-8", "replace")).get("csrf", [""])[0]
        if not sent or not hmac.compare_digest(sent, who.csrf):
            raise Problem(403, "csrf", "缺少或不符的 CSRF 令牌", "请刷新页面后重试")
        return receive

    async def _refuse(self, problem: Problem, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        page = scope["method"] == "GET" and "text/html" in headers.get("accept", "")
        if problem.status == 401 and page and not scope["path"].startswith("/api/"):
            place = quote(
                scope["path"] + ("?" + scope["query_string"].decode() if scope["query_string"] else "")
            )
            await RedirectResponse(f"/sign-in?next={place}", 303)(scope, receive, send)
            return
        await problem.response()(scope, receive, send)


async def _peek(receive: Receive) -> tuple[bytes, Receive]:
    """The whole (small) body, and a `receive` that gives it again."""
    pieces: list[bytes] = []
    size = 0
    more = True
    while more:
        message = await receive()
        pieces.append(message.get("body", b""))
        size += len(pieces[-1])
        if size > FORM_MOST:
            raise Problem(413)
        more = bool(message.get("more_body"))
    body = b"".join(pieces)
    sent = False

    async def again() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return body, again


def _with_headers(send: Send) -> Send:
    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start":
            have = {k.lower() for k, _ in message.get("headers", [])}
            extra = [(k.encode(), v.encode()) for k, v in SECURITY_HEADERS.items() if k.encode() not in have]
            if b"cache-control" not in have:
                extra.append((b"cache-control", b"no-store"))
            message = {**message, "headers": [*message.get("headers", []), *extra]}
        await send(message)

    return wrapped


class Need:
    """A route's dependency: the scope it asks for.  `create_app` refuses a route without one."""

    def __init__(self, scope: str | None) -> None:
        self.scope = scope

    def __call__(self, request: Request) -> Principal:
        who: Principal | None = getattr(request.state, "principal", None)
        if who is None:
            raise Problem(401, headers={"WWW-Authenticate": "Bearer"})
        if self.scope is not None and self.scope not in who.scopes:
            raise Problem(403, detail=f"需要权限 {self.scope}")
        return who


class Open:
    """The dependency of a route that anyone may call."""

    def __call__(self) -> None:
        return None


def need(scope: str | None) -> Any:
    """`Depends` on a signed-in caller who has `scope` (None: any signed-in caller)."""
    return Depends(Need(scope))


def api_routes(router: Any) -> Iterator[APIRoute]:
    """Every API route of an app or router, those of included routers too."""
    for route in router.routes:
        if isinstance(route, APIRoute):
            yield route
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from api_routes(inner)


def guarded(route: Any) -> bool:
    """Whether a route says who may call it."""
    found: list[Callable[..., Any]] = [d.call for d in route.dependant.dependencies if d.call]
    return any(isinstance(call, Need | Open) for call in found)
