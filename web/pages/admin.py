"""The administrator's page: accounts, roles, one-time links, everyone's tokens."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from web.api import accounts as api
from web.auth.guard import need
from web.pages.view import render
from web.problems import Problem
from workers.store.accounts import ROLES, Principal

router = APIRouter(prefix="/admin", include_in_schema=False)


def _page(request: Request, who: Principal, **more: Any) -> Response:
    values = {"link": "", "problem": "", **more}
    return render(
        request, who, "admin.html", users=api.list_users(request, who)["users"], roles=ROLES,
        tokens=[t for t in api.list_tokens(request, who)["tokens"] if not t["revoked"]],
        webhooks=[w for w in api.list_webhooks(request, who)["webhooks"] if w["active"]], **values,
    )  # fmt: skip


@router.get("")
def page(request: Request, who: Principal = need("admin")) -> Response:
    """Users and tokens."""
    return _page(request, who)


@router.post("/users")
def create(
    request: Request, name: Annotated[str, Form(min_length=1, max_length=100)], role: Annotated[api.Role, Form()],
    password: Annotated[str, Form(max_length=1000)] = "", who: Principal = need("admin"),
) -> Response:  # fmt: skip
    """A new account, with a password or with a one-time link."""
    try:
        made = api.create_user(request, api.NewUser(name=name, role=role, password=password or None), who)
    except Problem as problem:
        return _page(request, who, problem=problem.detail)
    link = "" if password else api.sign_in_link(request, made["id"], who)["url"]
    return _page(request, who, link=link)


@router.post("/users/{user_id}")
def change(
    request: Request, user_id: int, role: Annotated[api.Role, Form()], active: Annotated[str, Form()] = "",
    who: Principal = need("admin"),
) -> Response:  # fmt: skip
    """Role and activity; the last administrator stays one."""
    try:
        api.change_user(request, user_id, api.ChangedUser(role=role, active=bool(active)), who)
    except Problem as problem:
        return _page(request, who, problem=problem.detail)
    return RedirectResponse("/admin", 303)


@router.post("/users/{user_id}/link")
def link(request: Request, user_id: int, who: Principal = need("admin")) -> Response:
    """A link that signs the user in once."""
    return _page(request, who, link=api.sign_in_link(request, user_id, who)["url"])


@router.post("/tokens/{token_id}/revoke")
def revoke(request: Request, token_id: int, who: Principal = need("admin")) -> Response:
    """End anyone's token."""
    api.revoke_token(request, token_id, who)
    return RedirectResponse("/admin", 303)
