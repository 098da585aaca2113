"""What happened, for listeners: batch events, webhook deliveries, counters for the metrics."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from workers.store.engine import Store
from workers.store.tables import counters, deliveries, events, webhooks


def emit(c: Connection, kind: str, now: float, batch_id: str | None, document_id: str | None = None) -> None:
    """Record an event and, in the same transaction, what webhooks are to be told of it."""
    event_id = c.execute(
        insert(events).values(kind=kind, at=now, batch_id=batch_id, document_id=document_id)
    ).inserted_primary_key
    hooks = c.execute(
        select(webhooks.c.id, webhooks.c.kinds, webhooks.c.batch_id).where(webhooks.c.active.is_(True))
    ).all()
    body = {
        "id": event_id[0] if event_id else None, "kind": kind, "at": now,
        "batch": batch_id, "document": document_id,
    }  # fmt: skip
    text = json.dumps(body, ensure_ascii=False)
    for hook in hooks:
        if kind in hook.kinds.split() and hook.batch_id in (None, batch_id):
            c.execute(insert(deliveries).values(webhook_id=hook.id, body=text, due=now))


def count(store: Store, c: Connection, told: Mapping[str, float]) -> None:
    """Add to counters; a name may carry one label value after `|`.  Sorted: two writers never cross."""
    rows = [
        {"name": name.partition("|")[0], "labels": name.partition("|")[2], "value": float(value)}
        for name, value in sorted(told.items())
        if value
    ]
    if rows:
        statement = store.insert(counters)
        c.execute(
            statement.on_conflict_do_update(
                index_elements=["name", "labels"],
                set_={"value": counters.c.value + statement.excluded.value},
            ),
            rows,  # not in the statement: one text for any number of rows is compiled once
        )


def document_events(
    c: Connection, batch_id: str, after: int, limit: int = 500
) -> list[Row[*tuple[Any, ...]]]:
    """Ended documents of a batch after an event id, oldest first."""
    return list(
        c.execute(
            select(events.c.id, events.c.kind, events.c.document_id)
            .where(events.c.batch_id == batch_id, events.c.id > after, events.c.document_id.is_not(None))
            .order_by(events.c.id).limit(limit)
        ).all()
    )  # fmt: skip
