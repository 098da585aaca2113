"""Users, sessions and tokens.  Secrets are random 256-bit strings of which only the SHA-256 is stored."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from workers.store.engine import Store
from workers.store.tables import sessions, tokens, users

ROLES = ("uploader", "reviewer", "admin")
SCOPES = ("upload", "read", "review", "export", "admin")
ROLE_SCOPES: dict[str, frozenset[str]] = {
    "uploader": frozenset({"upload", "read", "export"}),
    "reviewer": frozenset({"upload", "read", "review", "export"}),
    "admin": frozenset(SCOPES),
}
"""What a role may do.  An uploader reads and exports only what he sent himself."""
SIGNIN_SECONDS = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is asking, and what he may do."""

    user_id: int
    name: str
    role: str
    scopes: frozenset[str]
    via: str
    """token or session"""
    csrf: str = ""
    language: str = "zh"

    @property
    def own_only(self) -> bool:
        return self.role == "uploader"


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def create_user(store: Store, c: Connection, name: str, role: str, password: str | None = None) -> int:
    """A new user's id; `password` is an Argon2 hash.  Raises ValueError for an unknown role."""
    if role not in ROLES:
        raise ValueError(role)
    key = c.execute(
        insert(users).values(name=name, role=role, password=password, created=store.now(c))
    ).inserted_primary_key
    return int(key[0]) if key else 0


def user_by_name(c: Connection, name: str) -> Row[Any] | None:
    return c.execute(select(users).where(users.c.name == name)).first()


def has_users(c: Connection) -> bool:
    return bool(c.execute(select(func.count()).select_from(users)).scalar_one())


def new_token(
    store: Store, c: Connection, user_id: int, name: str, scopes: frozenset[str], *, kind: str = "api",
    seconds: float | None = None, secret: str | None = None,
) -> tuple[int, str]:  # fmt: skip
    """A token's id and its secret, which is shown once and never stored."""
    secret = secret or f"nb_{secrets.token_urlsafe(32)}"
    now = store.now(c)
    key = c.execute(
        insert(tokens).values(
            hash=digest(secret), user_id=user_id, name=name, kind=kind, scopes=" ".join(sorted(scopes)),
            created=now, expires=now + seconds if seconds else None,
        )
    ).inserted_primary_key  # fmt: skip
    return (int(key[0]) if key else 0), secret


def by_token(store: Store, c: Connection, secret: str) -> Principal | None:
    """Whom an API token speaks for; its scopes never exceed the role's."""
    row = c.execute(
        select(tokens.c.id, tokens.c.scopes, tokens.c.expires, users.c.id.label("user_id"), users.c.name,
               users.c.role, users.c.language)
        .join(users, users.c.id == tokens.c.user_id)
        .where(tokens.c.hash == digest(secret), tokens.c.kind == "api", tokens.c.revoked.is_(False),
               users.c.active.is_(True))
    ).first()  # fmt: skip
    if row is None or (row.expires is not None and row.expires < store.now(c)):
        return None
    allowed = frozenset(row.scopes.split()) & ROLE_SCOPES[row.role]
    return Principal(row.user_id, row.name, row.role, allowed, "token", language=row.language)


def spend_signin(store: Store, c: Connection, secret: str) -> int | None:
    """The user of a one-time sign-in link, which is used up by this; None where it is not valid."""
    now = store.now(c)
    row = c.execute(
        update(tokens)
        .where(tokens.c.hash == digest(secret), tokens.c.kind == "signin", tokens.c.used.is_(None),
               tokens.c.revoked.is_(False), tokens.c.expires > now)
        .values(used=now).returning(tokens.c.user_id)
    ).first()  # fmt: skip
    return None if row is None else int(row.user_id)


def open_session(store: Store, c: Connection, user_id: int, seconds: float) -> str:
    """A new session's secret."""
    secret, now = secrets.token_urlsafe(32), store.now(c)
    c.execute(
        insert(sessions).values(
            hash=digest(secret), user_id=user_id, csrf=secrets.token_urlsafe(32), created=now,
            expires=now + seconds,
        )
    )  # fmt: skip
    return secret


def by_session(store: Store, c: Connection, secret: str) -> tuple[Principal, float] | None:
    """Whom a session speaks for, and when it ends."""
    row = c.execute(
        select(sessions.c.csrf, sessions.c.expires, users.c.id, users.c.name, users.c.role, users.c.language)
        .join(users, users.c.id == sessions.c.user_id)
        .where(sessions.c.hash == digest(secret), users.c.active.is_(True))
    ).first()
    if row is None or row.expires < store.now(c):
        return None
    who = Principal(row.id, row.name, row.role, ROLE_SCOPES[row.role], "session", row.csrf, row.language)
    return who, float(row.expires)


def extend_session(c: Connection, secret: str, expires: float) -> None:
    c.execute(update(sessions).where(sessions.c.hash == digest(secret)).values(expires=expires))


def close_session(c: Connection, secret: str) -> None:
    c.execute(delete(sessions).where(sessions.c.hash == digest(secret)))


def close_sessions_of(c: Connection, user_id: int) -> None:
    """Sign a user out everywhere: after a change of password, role or activity."""
    c.execute(delete(sessions).where(sessions.c.user_id == user_id))
