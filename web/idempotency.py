"""Idempotency-Key: the same key from the same caller gets the first answer again, for a day."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from fastapi import Request
from sqlalchemy import select, update

from web.problems import Problem
from workers.context import Context
from workers.store.accounts import Principal
from workers.store.tables import idempotency

MOST = 200


class Repeated(Exception):
    """The first answer, to be sent again."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(status)
        self.status = status
        self.body = body


def key_of(request: Request, who: Principal) -> str | None:
    """The stored form of the request's key; None where it sent none."""
    sent = request.headers.get("idempotency-key")
    if sent is None:
        return None
    if not sent or len(sent) > MOST:
        raise Problem(400, "bad_idempotency_key", f"Idempotency-Key 应为 1 到 {MOST} 个字符")
    return hashlib.sha256(f"{who.user_id}\n{sent}".encode()).hexdigest()


def begin(context: Context, key: str | None, request: Request) -> None:
    """Remember the request.  Raises Repeated where it was answered, Problem where the key was another's."""
    if key is None:
        return
    fingerprint = f"{request.method} {request.url.path}?{request.url.query}"
    store = context.store
    with store.write() as c:
        c.execute(
            store.insert(idempotency).values(key=key, request=fingerprint, created=store.now(c))
            .on_conflict_do_nothing(index_elements=["key"])
        )  # fmt: skip
        row = c.execute(select(idempotency).where(idempotency.c.key == key)).one()
    if row.request != fingerprint:
        raise Problem(422, "idempotency_key_reused", "同一 Idempotency-Key 用于不同的请求")
    if row.status is not None:
        raise Repeated(row.status, json.loads(row.body))


def finish(context: Context, key: str | None, status: int, body: Any) -> None:
    """Keep the answer."""
    if key is None:
        return
    with context.store.write() as c:
        c.execute(
            update(idempotency).where(idempotency.c.key == key)
            .values(status=status, body=json.dumps(body, ensure_ascii=False))
        )  # fmt: skip
