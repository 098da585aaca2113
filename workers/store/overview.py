"""The desk in numbers, for the dashboard and the findings page."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, and_, func, select

from workers.store.engine import Store
from workers.store.tables import batches, documents, fields, findings, reviews, runs, users

WEEK = 7 * 86400.0


def totals(c: Connection) -> dict[str, int]:
    """Documents by what became of them, fields in all and those that people had to look at."""
    states = {r[0]: int(r[1]) for r in c.execute(select(documents.c.state, func.count()).group_by(documents.c.state))}
    review = {
        r[0]: int(r[1])
        for r in c.execute(
            select(documents.c.review_state, func.count()).where(documents.c.state == "done")
            .group_by(documents.c.review_state)
        )
    }  # fmt: skip
    row = c.execute(
        select(func.count(), func.count().filter(fields.c.needs_review.is_(True)))
    ).one()
    return {**{f"state_{k}": v for k, v in states.items()}, **{f"review_{k}": v for k, v in review.items()},
            "fields": int(row[0]), "doubtful": int(row[1])}  # fmt: skip


def people(store: Store, c: Connection) -> list[Row[Any]]:
    """What each person settled in the last week: steps, corrections, median-free mean of seconds."""
    since = store.now(c) - WEEK
    return list(
        c.execute(
            select(
                users.c.name, func.count().label("steps"),
                func.count().filter(reviews.c.verdict == "misread").label("corrected"),
                func.count().filter(reviews.c.verdict == "source_wrong").label("source"),
                func.avg(reviews.c.seconds).label("seconds"),
            )
            .join(users, users.c.id == reviews.c.user_id)
            .where(reviews.c.created > since, reviews.c.verdict != "withdrawn")
            .group_by(users.c.name).order_by(func.count().desc())
        ).all()
    )  # fmt: skip


def verdicts(c: Connection) -> dict[str, int]:
    """People's words by verdict: how often a doubt was a misreading."""
    return {r[0]: int(r[1]) for r in c.execute(select(reviews.c.verdict, func.count()).group_by(reviews.c.verdict))}


def finding_counts(c: Connection, *conditions: Any) -> list[Row[Any]]:
    """Findings by rule and severity."""
    return list(
        c.execute(
            _findings(select(findings.c.rule, findings.c.severity, func.count().label("n")), *conditions)
            .group_by(findings.c.rule, findings.c.severity).order_by(func.count().desc())
        ).all()
    )  # fmt: skip


def finding_rows(
    c: Connection, *conditions: Any, offset: int = 0, limit: int = 100
) -> tuple[list[Row[Any]], int]:
    """Findings with their documents, and how many there are."""
    columns = (findings, documents.c.id.label("document_id"), documents.c.organ, documents.c.year,
               documents.c.filename, batches.c.name.label("batch_name"))  # fmt: skip
    rows = c.execute(
        _findings(select(*columns), *conditions)
        .order_by(findings.c.severity, documents.c.id, findings.c.position).offset(offset).limit(limit)
    ).all()  # fmt: skip
    total = c.execute(_findings(select(func.count()), *conditions)).scalar_one()
    return list(rows), int(total)


def _findings(query: Any, *conditions: Any) -> Any:
    return (
        query.select_from(findings).join(runs, runs.c.id == findings.c.run_id)
        .join(documents, and_(documents.c.job_id == runs.c.job_id, documents.c.state == "done"))
        .outerjoin(batches, batches.c.id == documents.c.batch_id).where(*conditions)
    )  # fmt: skip
