"""Users, tokens, webhooks, the trail: the administrator's calls, and one's own tokens."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, Field
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from web import shapes
from web.auth.guard import need
from web.auth.passwords import hash_password
from web.auth.routes import context_of
from web.problems import Problem, not_found
from workers.store import accounts, audit
from workers.store.accounts import Principal
from workers.store.tables import deliveries, tokens, users, webhooks
from workers.webhooks import Forbidden, target

router = APIRouter(prefix="/api/v1", tags=["accounts"])
Role = Literal["uploader", "reviewer", "admin"]
Scope = Literal["upload", "read", "review", "export", "admin"]
EVENTS = ("document.done", "document.failed", "document.dead", "document.cancelled", "batch.done")


class NewUser(BaseModel):
    name: Annotated[str, Field(min_length=1, max_length=100)]
    role: Role
    password: Annotated[str | None, Field(max_length=1000)] = None


class ChangedUser(BaseModel):
    role: Role | None = None
    active: bool | None = None
    password: Annotated[str | None, Field(max_length=1000)] = None


class NewToken(BaseModel):
    name: Annotated[str, Field(min_length=1, max_length=100)]
    scopes: list[Scope]
    seconds: Annotated[float | None, Field(gt=0)] = None


class NewWebhook(BaseModel):
    url: Annotated[str, Field(max_length=2000)]
    kinds: list[
        Literal["document.done", "document.failed", "document.dead", "document.cancelled", "batch.done"]
    ]
    batch: str | None = None


def _actor(who: Principal) -> audit.Actor:
    return audit.Actor(who.user_id, who.name)


def _hashed(password: str | None) -> str | None:
    try:
        return hash_password(password) if password is not None else None
    except ValueError as error:
        raise Problem(422, "weak_password", str(error)) from error


@router.get("/me")
def me(who: Principal = need(None)) -> dict[str, Any]:
    """Who is asking, and what he may do."""
    return {
        "id": who.user_id,
        "name": who.name,
        "role": who.role,
        "scopes": sorted(who.scopes),
        "via": who.via,
    }


@router.get("/users")
def list_users(request: Request, who: Principal = need("admin")) -> dict[str, Any]:
    with context_of(request).store.read() as c:
        rows = c.execute(select(users).order_by(users.c.id)).all()
    return {"users": [
        {"id": r.id, "name": r.name, "role": r.role, "active": r.active, "created": shapes.when(r.created),
         "locked_until": shapes.when(r.locked_until) if r.locked_until else None} for r in rows
    ]}  # fmt: skip


@router.post("/users", status_code=201)
def create_user(request: Request, body: NewUser, who: Principal = need("admin")) -> dict[str, Any]:
    """A new account."""
    store, stored = context_of(request).store, _hashed(body.password)
    try:
        with store.write() as c:
            user_id = accounts.create_user(store, c, body.name, body.role, stored)
            after = {"name": body.name, "role": body.role}
            audit.record(store, c, _actor(who), "user.create", f"user/{user_id}", after=after)
    except IntegrityError as error:
        raise Problem(409, "name_taken", "用户名已存在") from error
    return {"id": user_id, "name": body.name, "role": body.role}


@router.patch("/users/{user_id}")
def change_user(
    request: Request, user_id: int, body: ChangedUser, who: Principal = need("admin")
) -> dict[str, Any]:
    """Role, activity or password; the user's sessions end.  The last administrator stays one."""
    store, stored = context_of(request).store, _hashed(body.password)
    changes: dict[str, Any] = body.model_dump(exclude_none=True, exclude={"password"})
    with store.write() as c:
        row = c.execute(select(users).where(users.c.id == user_id).with_for_update()).first()
        if row is None:
            raise not_found("没有这个用户")
        others = select(users.c.id).where(
            users.c.role == "admin", users.c.active.is_(True), users.c.id != user_id
        )
        loses = changes.get("role", row.role) != "admin" or changes.get("active", row.active) is False
        if row.role == "admin" and loses and c.execute(others.limit(1)).first() is None:
            raise Problem(409, "last_admin", "至少要有一名管理员")
        values = {**changes, **({"password": stored} if stored else {}), "failures": 0, "locked_until": 0.0}
        c.execute(update(users).where(users.c.id == user_id).values(**values))
        accounts.close_sessions_of(c, user_id)
        before = {"role": row.role, "active": row.active}
        audit.record(store, c, _actor(who), "user.change", f"user/{user_id}", before,
                     {**before, **changes, "password": stored is not None})  # fmt: skip
    return {"id": user_id, "name": row.name, **before, **changes}


@router.post("/users/{user_id}/sign-in-link", status_code=201)
def sign_in_link(request: Request, user_id: int, who: Principal = need("admin")) -> dict[str, Any]:
    """A one-time link that signs the user in."""
    context = context_of(request)
    store = context.store
    with store.write() as c:
        if c.execute(select(users.c.id).where(users.c.id == user_id)).first() is None:
            raise not_found("没有这个用户")
        _, secret = accounts.new_token(
            store, c, user_id, "sign-in", frozenset(), kind="signin", seconds=accounts.SIGNIN_SECONDS
        )
        audit.record(store, c, _actor(who), "user.link", f"user/{user_id}")
    base = context.settings.public_url.rstrip("/") or str(request.base_url).rstrip("/")
    return {"url": f"{base}/sign-in?once={secret}"}


@router.get("/tokens")
def list_tokens(request: Request, who: Principal = need(None)) -> dict[str, Any]:
    """One's own tokens (an administrator's list has everyone's); secrets are never shown again."""
    query = select(tokens, users.c.name.label("user")).join(users, users.c.id == tokens.c.user_id)
    query = query.where(tokens.c.kind == "api").order_by(tokens.c.id)
    if "admin" not in who.scopes:
        query = query.where(tokens.c.user_id == who.user_id)
    with context_of(request).store.read() as c:
        rows = c.execute(query).all()
    return {"tokens": [
        {"id": r.id, "name": r.name, "user": r.user, "scopes": r.scopes.split(), "revoked": r.revoked,
         "created": shapes.when(r.created), "expires": shapes.when(r.expires)} for r in rows
    ]}  # fmt: skip


@router.post("/tokens", status_code=201)
def create_token(request: Request, body: NewToken, who: Principal = need(None)) -> dict[str, Any]:
    """A token for oneself, with no scope that one has not; its secret is in this answer only."""
    store, wanted = context_of(request).store, frozenset(body.scopes)
    if not wanted <= who.scopes:
        raise Problem(403, detail="不能授予自己没有的权限")
    with store.write() as c:
        token_id, secret = accounts.new_token(store, c, who.user_id, body.name, wanted, seconds=body.seconds)
        after = {"name": body.name, "scopes": sorted(wanted)}
        audit.record(store, c, _actor(who), "token.create", f"token/{token_id}", after=after)
    return {"id": token_id, "name": body.name, "scopes": sorted(wanted), "token": secret}


@router.delete("/tokens/{token_id}", status_code=204)
def revoke_token(request: Request, token_id: int, who: Principal = need(None)) -> Response:
    """Revoke one of one's own tokens (an administrator: any)."""
    store = context_of(request).store
    statement = update(tokens).where(tokens.c.id == token_id, tokens.c.kind == "api").values(revoked=True)
    if "admin" not in who.scopes:
        statement = statement.where(tokens.c.user_id == who.user_id)
    with store.write() as c:
        if c.execute(statement).rowcount != 1:
            raise not_found("没有这个令牌")
        audit.record(store, c, _actor(who), "token.revoke", f"token/{token_id}")
    return Response(status_code=204)


@router.post("/webhooks", status_code=201)
def create_webhook(request: Request, body: NewWebhook, who: Principal = need("admin")) -> dict[str, Any]:
    """Tell an address of events; its signing secret is in this answer only."""
    context = context_of(request)
    try:
        target(body.url, context.settings.webhook_private == "on")
    except Forbidden as error:
        raise Problem(422, "bad_webhook_url", str(error)) from error
    secret, store = secrets.token_urlsafe(32), context.store
    with store.write() as c:
        key = c.execute(
            insert(webhooks).values(
                url=body.url, secret=secret, kinds=" ".join(body.kinds), batch_id=body.batch,
                user_id=who.user_id,                 created=store.now(c),
            )
        ).inserted_primary_key  # fmt: skip
        hook_id = int(key[0]) if key else 0
        after = {"url": body.url, "kinds": body.kinds}
        audit.record(store, c, _actor(who), "webhook.create", f"webhook/{hook_id}", after=after)
    return {"id": hook_id, "url": body.url, "kinds": body.kinds, "batch": body.batch, "secret": secret}


@router.get("/webhooks")
def list_webhooks(request: Request, who: Principal = need("admin")) -> dict[str, Any]:
    with context_of(request).store.read() as c:
        rows = c.execute(select(webhooks).order_by(webhooks.c.id)).all()
        failed = c.execute(
            select(deliveries.c.webhook_id, deliveries.c.answer).where(deliveries.c.state == "failed")
            .order_by(deliveries.c.id.desc()).limit(100)
        ).all()  # fmt: skip
    return {"webhooks": [
        {"id": r.id, "url": r.url, "kinds": r.kinds.split(), "batch": r.batch_id, "active": r.active,
         "failed": [f.answer for f in failed if f.webhook_id == r.id]} for r in rows
    ]}  # fmt: skip


@router.delete("/webhooks/{hook_id}", status_code=204)
def delete_webhook(request: Request, hook_id: int, who: Principal = need("admin")) -> Response:
    """Stop telling an address."""
    store = context_of(request).store
    with store.write() as c:
        if c.execute(update(webhooks).where(webhooks.c.id == hook_id).values(active=False)).rowcount != 1:
            raise not_found("没有这个回调")
        audit.record(store, c, _actor(who), "webhook.delete", f"webhook/{hook_id}")
    return Response(status_code=204)


@router.get("/audit")
def trail(request: Request, after: int = 0, who: Principal = need("admin")) -> StreamingResponse:
    """The trail as JSON Lines, with the hashes that chain it."""
    store = context_of(request).store

    def lines() -> Iterator[bytes]:
        for row in audit.entries(store, after):
            yield json.dumps(dict(row._mapping), ensure_ascii=False).encode() + b"\n"

    return StreamingResponse(lines(), media_type="application/x-ndjson")
