"""The first start: the administrator, his API token where NIANBAO_ADMIN_TOKEN gives one, his sign-in link."""

from __future__ import annotations

from collections.abc import Callable

from workers.context import Context
from workers.store import accounts, audit

ADMIN = "admin"


def first_start(context: Context, base: str, say: Callable[[str], object]) -> bool:
    """Make the administrator where there are no users yet; True where that was so."""
    store, given = context.store, context.settings
    with store.write() as c:
        if accounts.has_users(c):
            return False
        user_id = accounts.create_user(store, c, ADMIN, "admin")
        audit.record(store, c, audit.SYSTEM, "user.create", f"user/{user_id}", after={"name": ADMIN})
        if given.admin_token:
            scopes = accounts.ROLE_SCOPES["admin"]
            accounts.new_token(store, c, user_id, "NIANBAO_ADMIN_TOKEN", scopes, secret=given.admin_token)
        _, secret = accounts.new_token(
            store, c, user_id, "sign-in", frozenset(), kind="signin", seconds=accounts.SIGNIN_SECONDS
        )
    say(f"sign in: {(given.public_url or base).rstrip('/')}/sign-in?once={secret}")
    return True
