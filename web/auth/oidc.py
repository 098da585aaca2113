"""Sign-in by an OpenID Connect provider, where NIANBAO_OIDC_ISSUER is set (authorization code with PKCE)."""

from __future__ import annotations

from typing import Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import insert, select

from web.auth.guard import Open
from web.auth.routes import context_of, give_session, start_session
from web.problems import Problem
from workers.context import Context
from workers.settings import Settings
from workers.store.tables import users

router = APIRouter(include_in_schema=False, dependencies=[Depends(Open())])


def install(app: FastAPI, given: Settings, secret: str) -> None:
    """Add the routes and the short-lived cookie that carries state and nonce between the two steps."""
    from authlib.integrations.starlette_client import OAuth
    from starlette.middleware.sessions import SessionMiddleware

    oauth = OAuth()
    oauth.register(
        "house", client_id=given.oidc_client_id, client_secret=given.oidc_client_secret or None,
        server_metadata_url=f"{given.oidc_issuer.rstrip('/')}/.well-known/openid-configuration",
        client_kwargs={"scope": "openid profile email", "code_challenge_method": "S256"},
    )  # fmt: skip
    app.state.oauth = oauth
    app.add_middleware(
        SessionMiddleware, secret_key=secret, max_age=600, same_site="lax", session_cookie="nianbao_oidc"
    )
    app.include_router(router)


def _user(context: Context, claims: dict[str, Any]) -> int:
    """The user behind a subject, made at the first sign-in with the default role."""
    subject = f"{claims['iss']}#{claims['sub']}"
    store = context.store
    with store.write() as c:
        row = c.execute(select(users.c.id, users.c.active).where(users.c.subject == subject)).first()
        if row is not None:
            if not row.active:
                raise Problem(403, detail="账户已停用")
            return int(row.id)
        name = str(claims.get("preferred_username") or claims.get("email") or claims["sub"])[:100]
        if c.execute(select(users.c.id).where(users.c.name == name)).first() is not None:
            name = f"{name} ({claims['sub']})"[:200]
        key = c.execute(
            insert(users).values(
                name=name, role=context.settings.oidc_default_role, subject=subject, created=store.now(c)
            )
        ).inserted_primary_key
        return int(key[0]) if key else 0


@router.get("/sign-in/oidc")
async def begin(request: Request) -> Response:
    """To the provider."""
    base = context_of(request).settings.public_url.rstrip("/") or str(request.base_url).rstrip("/")
    answer: Response = await request.app.state.oauth.house.authorize_redirect(
        request, f"{base}/sign-in/oidc/back"
    )
    return answer


@router.get("/sign-in/oidc/back")
async def back(request: Request) -> Response:
    """From the provider: the code becomes a session."""
    from authlib.integrations.base_client.errors import OAuthError
    from joserfc.errors import JoseError

    try:
        token = await request.app.state.oauth.house.authorize_access_token(request)
    except OAuthError as error:
        raise Problem(403, "oidc", f"身份提供方拒绝了登录：{error.error}") from error
    except JoseError as error:  # a token of another key, time, audience or nonce
        raise Problem(403, "oidc", f"身份提供方的令牌无效：{error.error}") from error
    context = context_of(request)
    user_id = await run_sync(_user, context, dict(token["userinfo"]))
    answer = RedirectResponse("/", 303)
    give_session(request, answer, await run_sync(start_session, context, user_id, "oidc"))
    return answer
