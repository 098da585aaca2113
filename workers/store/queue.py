"""What waits for people: documents in order of expected loss, filtered, and filters that are kept.

Expected loss of a document is the sum over its doubtful fields of (1 - confidence) times the field's weight
(weight.py); it is kept in `documents.risk`, so that the queue is one read of an index.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from dataclasses import fields as fields_of
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, literal, or_, select

from workers.store.engine import Store
from workers.store.tables import (
    batches,
    documents,
    fields,
    findings,
    review_leases,
    reviews,
    runs,
    saved_filters,
    users,
)

STATES = ("waiting", "taken", "settled", "postponed", "escalated", "rejected", "signed", "none")
"""What a reviewer filters by; `waiting` is everything that can be handed out now."""


@dataclass(frozen=True, slots=True)
class Filter:
    """A choice of documents; empty members choose everything."""

    batch: str = ""
    organ: str = ""
    year: str = ""
    edition: str = ""
    rule: str = ""
    reason: str = ""
    source: str = ""
    reviewer: str = ""
    state: str = "waiting"

    @classmethod
    def read(cls, given: Mapping[str, str]) -> Filter:
        """From a query string; members that it does not know are left out."""
        names = {f.name for f in fields_of(cls)}
        return cls(**{k: v.strip()[:200] for k, v in given.items() if k in names and v.strip()})

    def told(self) -> dict[str, str]:
        """Only what is chosen."""
        plain = asdict(Filter())
        return {k: v for k, v in asdict(self).items() if v != plain[k]}


def _some(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether there is a row; only `documents` is the outer query's, every other table the inner one's own."""
    return select(literal(1)).where(*conditions).correlate(documents).exists()


def _reason(code: str) -> ColumnElement[bool]:
    return _some(
        fields.c.run_id == runs.c.id, runs.c.job_id == documents.c.job_id, fields.c.needs_review.is_(True),
        fields.c.reasons.contains(f" {code} ", autoescape=True),
    )  # fmt: skip


def _rule(rule: str) -> ColumnElement[bool]:
    return _some(findings.c.run_id == runs.c.id, runs.c.job_id == documents.c.job_id, findings.c.rule == rule)


def _reviewer(name: str) -> ColumnElement[bool]:
    by_name = users.c.name == name
    worked = _some(reviews.c.document_id == documents.c.id, reviews.c.user_id == users.c.id, by_name)
    leased = review_leases.c.user_id == users.c.id
    return or_(worked, _some(review_leases.c.document_id == documents.c.id, leased, by_name))


def _held(now: float) -> ColumnElement[bool]:
    return _some(review_leases.c.document_id == documents.c.id, review_leases.c.expires > now)


def _state(state: str, now: float) -> list[ColumnElement[bool]]:
    due = or_(
        documents.c.review_state == "open",
        and_(documents.c.review_state == "postponed", documents.c.review_until < now),
    )
    chosen: dict[str, list[ColumnElement[bool]]] = {
        "waiting": [due],
        "taken": [due, _held(now)],
        "settled": [documents.c.review_state == "open", documents.c.review_fields == 0],
    }
    return chosen.get(state, [documents.c.review_state == state] if state in STATES else [])


def conditions(given: Filter, now: float) -> list[ColumnElement[bool]]:
    """The filter as conditions on `documents`, its state too."""
    out: list[ColumnElement[bool]] = [documents.c.state == "done", *_state(given.state, now)]
    return [*out, *narrowing(given)]


def narrowing(given: Filter) -> list[ColumnElement[bool]]:
    """The filter without its state."""
    out: list[ColumnElement[bool]] = []
    if given.batch:
        out.append(documents.c.batch_id == given.batch)
    if given.organ:
        out.append(documents.c.organ.contains(given.organ, autoescape=True))
    if given.year.isdigit():
        out.append(documents.c.year == int(given.year))
    if given.edition:
        out.append(documents.c.form == given.edition)
    if given.source:
        out.append(documents.c.source == given.source)
    if given.rule:
        out.append(_rule(given.rule))
    if given.reason:
        out.append(_reason(given.reason))
    if given.reviewer:
        out.append(_reviewer(given.reviewer))
    return out


def page(
    store: Store, c: Connection, given: Filter, *, offset: int = 0, limit: int = 50
) -> tuple[list[Row[Any]], int]:
    """Documents by expected loss, who holds them, and how many there are in all."""
    now = store.now(c)
    wanted = conditions(given, now)
    holder = users.alias("holder")
    query = (
        select(
            documents, batches.c.name.label("batch_name"), holder.c.name.label("holder"), review_leases.c.expires
        )
        .outerjoin(batches, batches.c.id == documents.c.batch_id)
        .outerjoin(
            review_leases, and_(review_leases.c.document_id == documents.c.id, review_leases.c.expires > now)
        )
        .outerjoin(holder, holder.c.id == review_leases.c.user_id)
        .where(*wanted)
        .order_by(documents.c.risk.desc(), documents.c.id)
        .offset(offset).limit(limit)
    )  # fmt: skip
    total = c.execute(select(func.count()).select_from(documents).where(*wanted)).scalar_one()
    return list(c.execute(query).all()), int(total)


def choices(c: Connection) -> dict[str, list[Any]]:
    """What there is to filter by."""
    years = select(documents.c.year).where(documents.c.year.is_not(None)).distinct().order_by(documents.c.year.desc())
    people = select(users.c.name).where(users.c.role != "uploader").order_by(users.c.name)
    return {
        "batch": [
            (r.id, r.name)
            for r in c.execute(select(batches.c.id, batches.c.name).order_by(batches.c.created.desc()).limit(100))
        ],
        "year": list(c.execute(years).scalars()),
        "edition": list(
            c.execute(select(documents.c.form).where(documents.c.form.is_not(None)).distinct()).scalars()
        ),
        "source": list(
            c.execute(select(documents.c.source).where(documents.c.source.is_not(None)).distinct()).scalars()
        ),
        "rule": list(c.execute(select(findings.c.rule).distinct().order_by(findings.c.rule)).scalars()),
        "reviewer": list(c.execute(people).scalars()),
    }


def waiting(store: Store, c: Connection) -> dict[str, Any]:
    """The queue in three numbers: documents, fields, expected number of wrong figures (weighted)."""
    row = c.execute(
        select(
            func.count(), func.coalesce(func.sum(documents.c.review_fields), 0),
            func.coalesce(func.sum(documents.c.risk), 0.0),
        ).where(*conditions(Filter(), store.now(c)))
    ).one()  # fmt: skip
    return {"documents": int(row[0]), "fields": int(row[1]), "loss": float(row[2])}


def save_filter(store: Store, c: Connection, user_id: int, name: str, query: str) -> None:
    """Keep a filter under a name; the same name again replaces it."""
    statement = store.insert(saved_filters).values(user_id=user_id, name=name, query=query, created=store.now(c))
    c.execute(
        statement.on_conflict_do_update(
            index_elements=["user_id", "name"], set_={"query": statement.excluded.query}
        )
    )


def drop_filter(c: Connection, user_id: int, filter_id: int) -> None:
    c.execute(delete(saved_filters).where(saved_filters.c.id == filter_id, saved_filters.c.user_id == user_id))


def filters_of(c: Connection, user_id: int) -> list[Row[Any]]:
    """A person's kept filters by name."""
    return list(
        c.execute(
            select(saved_filters).where(saved_filters.c.user_id == user_id).order_by(saved_filters.c.name)
        ).all()
    )
