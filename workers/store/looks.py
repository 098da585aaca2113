"""Looks that nobody asked for: a random sample of accepted fields, so that silent errors are measured.

Drawn once per run, by a hash of content and field: no one can foresee it and a re-run draws the same.
The stratum is the kind of source and the table, so that rare kinds can be weighed on their own.
"""

from __future__ import annotations

import hashlib

from sqlalchemy import Connection, select

from workers.store.engine import Store
from workers.store.tables import fields, looks, runs


def drawn(sha256: str, field: str, share: float, salt: str = "sample") -> bool:
    """Whether this field of this document is in a sample of that share."""
    told = hashlib.sha256(f"{salt}\n{sha256}\n{field}".encode()).digest()
    return int.from_bytes(told[:8], "big") < share * 2**64


def draw(
    store: Store, c: Connection, document_id: str, sha256: str, job_id: int, share: float, now: float
) -> int:
    """Put the sampled fields of a document's run on the list; returns how many."""
    if share <= 0:
        return 0
    run = c.execute(select(runs.c.id, runs.c.source).where(runs.c.job_id == job_id)).first()
    if run is None:
        return 0
    accepted = c.execute(
        select(fields.c.field, fields.c.state).where(
            fields.c.run_id == run.id, fields.c.needs_review.is_(False)
        )
    ).all()
    rows = [
        {
            "document_id": document_id, "run_id": run.id, "field": f.field, "kind": "sample",
            "stratum": f"{run.source}:{str(f.field).partition('.')[0]}", "created": now,
        }
        for f in accepted if drawn(sha256, f.field, share)
    ]  # fmt: skip
    if rows:
        c.execute(store.insert(looks).on_conflict_do_nothing(), rows)
    return len(rows)
