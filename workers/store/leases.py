"""Hand-out of documents to reviewers: one person at a time, for a while."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, or_, select

from workers.store.engine import Store
from workers.store.tables import documents, review_leases, users


def take(store: Store, c: Connection, document_id: str, user_id: int, seconds: float) -> bool:
    """Take or prolong a document; False where another holds it."""
    now = store.now(c)
    statement = store.insert(review_leases).values(
        document_id=document_id, user_id=user_id, expires=now + seconds
    )
    done = c.execute(
        statement.on_conflict_do_update(
            index_elements=["document_id"],
            set_={"user_id": statement.excluded.user_id, "expires": statement.excluded.expires},
            where=or_(review_leases.c.user_id == user_id, review_leases.c.expires < now),
        ).returning(review_leases.c.document_id)
    )
    return done.first() is not None


def give_back(c: Connection, document_id: str, user_id: int) -> None:
    c.execute(
        delete(review_leases).where(
            review_leases.c.document_id == document_id, review_leases.c.user_id == user_id
        )
    )


def holder(store: Store, c: Connection, document_id: str) -> Row[*tuple[Any, ...]] | None:
    """Who has the document now (`id`, `name`, `expires`); None where nobody does."""
    return c.execute(
        select(users.c.id, users.c.name, review_leases.c.expires)
        .join(users, users.c.id == review_leases.c.user_id)
        .where(review_leases.c.document_id == document_id, review_leases.c.expires > store.now(c))
    ).first()


def free_for(now: float, user_id: int) -> ColumnElement[bool]:
    """Condition on a query that outer-joins `review_leases`: nobody else holds the document."""
    return or_(
        review_leases.c.document_id.is_(None),
        review_leases.c.expires < now,
        review_leases.c.user_id == user_id,
    )


def hand_out(
    store: Store, user_id: int, seconds: float, *conditions: ColumnElement[bool], skip: str | None = None
) -> str | None:
    """The riskiest open document that nobody holds, now held by `user_id`; None where none is left."""
    with store.write() as c:
        now = store.now(c)
        due = or_(
            documents.c.review_state == "open",
            and_(documents.c.review_state == "postponed", documents.c.review_until < now),
        )
        query = (
            select(documents.c.id)
            .outerjoin(review_leases, review_leases.c.document_id == documents.c.id)
            .where(documents.c.state == "done", due)
            .where(free_for(now, user_id), *conditions)
            .order_by(documents.c.risk.desc(), documents.c.id)
            .limit(20)
        )
        if skip is not None:
            query = query.where(documents.c.id != skip)
        for document_id in c.execute(query).scalars().all():
            if take(store, c, document_id, user_id, seconds):
                return str(document_id)
    return None
