"""Reports of one organ on consecutive years, as settled, held against each other."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, func, select

from extractor.rules.years import Compared, compare
from extractor.types import Number
from workers.store import reviews
from workers.store.overlay import tables_of
from workers.store.tables import documents


class Figure(NamedTuple):
    """A settled or extracted field, as far as two years are compared by it."""

    value: Number | None
    state: str
    needs_review: bool


class YearPair(NamedTuple):
    """A report and that of the year before, with what the comparison says."""

    organ: str
    year: int
    document_id: str
    last_id: str
    compared: Compared


def year_pairs(
    c: Connection, *conditions: Any, offset: int = 0, limit: int = 25
) -> tuple[list[YearPair], int]:
    """One page of pairs by organ and year, and how many there are.

    Names are compared as printed.  Of several documents of one organ on one year the newest counts.
    `conditions` on `documents` say which documents may be looked at.
    """
    newest = (
        select(
            documents.c.id, documents.c.organ, documents.c.year, documents.c.filename,
            func.row_number()
            .over(
                partition_by=(documents.c.organ, documents.c.year),
                order_by=(documents.c.created.desc(), documents.c.id.desc()),
            )
            .label("place"),
        )
        .where(documents.c.state == "done", documents.c.organ.is_not(None), documents.c.year.is_not(None), *conditions)
        .subquery()
    )  # fmt: skip
    now, last = newest.alias("now"), newest.alias("last")
    both = now.join(
        last,
        and_(last.c.organ == now.c.organ, last.c.year == now.c.year - 1, last.c.place == 1, now.c.place == 1),
    )
    rows = c.execute(
        select(
            now.c.organ, now.c.year, now.c.id, now.c.filename, last.c.id.label("last_id"),
            last.c.filename.label("last_filename"),
        )
        .select_from(both).order_by(now.c.organ, now.c.year, now.c.id).offset(offset).limit(limit)
    ).all()  # fmt: skip
    total = c.execute(select(func.count()).select_from(both)).scalar_one()
    return [_pair(c, row) for row in rows], int(total)


def _pair(c: Connection, row: Any) -> YearPair:
    now = reviews.settled_result(c, row.id, row.filename) or {}
    last = reviews.settled_result(c, row.last_id, row.last_filename) or {}
    compared = compare(tables_of(now), _figures(now), _figures(last))
    return YearPair(row.organ, row.year, row.id, row.last_id, compared)


def _figures(result: Mapping[str, Any]) -> dict[str, Figure]:
    return {
        f["id"]: Figure(_number(f["value"]), f["state"], f["needs_review"]) for f in result.get("fields", ())
    }


def _number(value: int | str | None) -> Number | None:
    return Decimal(value) if isinstance(value, str) else value
