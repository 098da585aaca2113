"""The trail: who did what, when, before and after.  Each entry carries the hash of the one before it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, insert, select, text

from workers.store.engine import Store
from workers.store.tables import audit

GENESIS = "0" * 64
LOCK = 0x6E6261
"""PostgreSQL advisory lock: entries are written one after the other."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a user's id and name; the id is None for the system itself."""

    id: int | None
    name: str


SYSTEM = Actor(None, "system")


def _hash(previous: str, entry: Mapping[str, Any]) -> str:
    told = json.dumps(dict(entry), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(f"{previous}\n{told}".encode()).hexdigest()


def _entry(row: Any) -> dict[str, Any]:
    return {
        "id": row.id, "at": f"{row.at:.6f}", "user_id": row.user_id, "who": row.who, "action": row.action,
        "target": row.target, "before": row.before, "after": row.after,
    }  # fmt: skip


def record(
    store: Store, c: Connection, actor: Actor, action: str, target: str, before: object = None,
    after: object = None,
) -> None:  # fmt: skip
    """Add an entry, in the transaction of what it tells of."""
    if store.dialect == "postgresql":
        c.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": LOCK})
    last = c.execute(select(audit.c.id, audit.c.hash).order_by(audit.c.id.desc()).limit(1)).first()
    previous = last.hash if last else GENESIS

    def told(value: object) -> str | None:
        return None if value is None else json.dumps(value, sort_keys=True, ensure_ascii=False)

    values: dict[str, Any] = {
        "id": (last.id if last else 0) + 1, "at": round(store.now(c), 6), "user_id": actor.id,
        "who": actor.name, "action": action, "target": target, "before": told(before), "after": told(after),
    }  # fmt: skip
    shown = {**values, "at": f"{values['at']:.6f}"}
    c.execute(insert(audit).values(**values, previous=previous, hash=_hash(previous, shown)))


def entries(store: Store, after: int = 0, until: int | None = None) -> Iterator[Row[Any]]:
    """The trail in order, a thousand rows at a time."""
    while True:
        with store.read() as c:
            query = select(audit).where(audit.c.id > after).order_by(audit.c.id).limit(1000)
            if until is not None:
                query = query.where(audit.c.id <= until)
            rows = c.execute(query).all()
        if not rows:
            return
        yield from rows
        after = rows[-1].id


def verify(store: Store) -> tuple[int, int | None]:
    """Number of entries, and the id of the first that does not fit the chain (None: all fit)."""
    previous, expected = GENESIS, 1
    for row in entries(store):
        if row.id != expected or row.previous != previous or row.hash != _hash(previous, _entry(row)):
            return expected - 1, expected
        previous, expected = row.hash, expected + 1
    return expected - 1, None
