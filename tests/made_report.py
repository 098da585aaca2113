"""A made-up report's figures, and what is told of them: shared by the tests of statements."""

from __future__ import annotations

import re
from decimal import Decimal

from extractor.forms.load import edition
from extractor.language.statements import read_statements
from extractor.types import Finding, Head, Number, Section, Statement

A, P, M = "applications.", "proactive.", "remedies."
_ROWS = {
    "received": (38, 5, 1, 0, 2, 0), "carried_in": (3, 1, 0, 0, 0, 0), "granted": (17, 3, 1, 0, 0, 0),
    "partial": (5, 1, 0, 0, 0, 0), "denied.internal_affairs": (3, 0, 0, 0, 0, 0),
    "denied.deliberative_process": (1, 1, 0, 0, 0, 0), "denied.enforcement_file": (1, 0, 0, 0, 0, 0),
    "unavailable.not_held": (6, 0, 0, 0, 1, 0), "unavailable.requires_creation": (2, 0, 0, 0, 0, 0),
    "not_processed.petition": (1, 0, 0, 0, 0, 0), "not_processed.repeated": (2, 0, 0, 0, 0, 0),
    "other.other": (1, 1, 0, 0, 0, 0), "processed_total": (39, 6, 1, 0, 1, 0),
    "carried_out": (2, 0, 0, 0, 1, 0),
}  # fmt: skip
_COLUMNS = ("natural_person", "enterprise", "research", "public_interest", "legal_service", "other_org")
_FLAT: dict[str, Number] = {
    P + "rules.issued": 0, P + "rules.repealed": 1, P + "rules.in_force": 12,
    P + "normative_documents.issued": 14, P + "normative_documents.repealed": 9,
    P + "normative_documents.in_force": 133, P + "licensing.decisions": 25310, P + "penalties.decisions": 842,
    P + "coercion.decisions": 77, P + "fees.amount": Decimal("318.46"),
    M + "reconsideration.upheld": 2, M + "reconsideration.corrected": 1, M + "reconsideration.pending": 2,
    M + "reconsideration.total": 5, M + "litigation_direct.upheld": 1, M + "litigation_direct.pending": 1,
    M + "litigation_direct.total": 2, M + "litigation_after_reconsideration.upheld": 1,
    M + "litigation_after_reconsideration.total": 1,
}  # fmt: skip
DENIED = tuple(
    f.id for f in edition("2021").fields if re.fullmatch(r"applications\.denied\.\w+\.total", f.id)
)
UNAVAILABLE = tuple(
    f.id for f in edition("2021").fields if re.fullmatch(r"applications\.unavailable\.\w+\.total", f.id)
)
ORGANISATIONS = tuple(f"{A}received.{c}" for c in _COLUMNS[1:])
LITIGATION = (M + "litigation_direct.total", M + "litigation_after_reconsideration.total")


def figures(**changes: Number) -> dict[str, Number | None]:
    """The made-up report's figures; `changes` by id with __ for points."""
    values: dict[str, Number | None] = {f.id: 0 for f in edition("2021").fields}
    for row, cells in _ROWS.items():
        values |= {f"{A}{row}.{c}": n for c, n in zip(_COLUMNS, cells, strict=True)}
        values[f"{A}{row}.total"] = sum(cells)
    values |= _FLAT
    return values | {k.replace("__", "."): v for k, v in changes.items()}


def told(
    text: str,
    values: dict[str, Number | None] | None = None,
    states: dict[str, str] | None = None,
    heading: str = "（二）依申请公开。",
    organ: str = "柳汀县水利局",
) -> tuple[list[Statement], tuple[Finding, ...]]:
    values = figures() if values is None else values
    blanks = dict.fromkeys(values, "printed") | (states or {})
    section = Section(1, "一、总体情况", heading + text, (1,))
    head = Head(organ=organ, year=2023)
    sections, findings = read_statements([section], edition("2021").tables, values, blanks=blanks, head=head)
    return list(sections[0].statements), findings


def ids(statement: Statement) -> tuple[str, ...]:
    return statement.fields or ((statement.field,) if statement.field else ())
