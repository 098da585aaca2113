"""A report as JSON: the shape that every other output and every service speaks (docs: result format 1.0).

Whole numbers are JSON integers, decimals are strings, so that no digit as printed is ever lost.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from extractor.types import (
    Cell,
    Failure,
    FieldValue,
    Finding,
    Head,
    Number,
    Placement,
    Report,
    Section,
    Statement,
)

SCHEMA_VERSION = "1.0"
_DECIMAL = re.compile(r"-?\d+(?:\.\d+)?\Z")


def number(value: Number | None) -> int | str | None:
    """A figure as JSON has it: integers as they are, decimals as the digits printed."""
    return format(value, "f") if isinstance(value, Decimal) else value


def _share(value: float) -> float:
    return round(value, 6)


# ---------------------------------------------------------------- out


def to_dict(report: Report) -> dict[str, Any]:
    """The report in the contract's keys and order; `error` is null where the document was read."""
    head = report.head
    return {
        "schema_version": SCHEMA_VERSION,
        "document": {
            "sha256": report.sha256,
            "filename": report.filename,
            "pages": report.pages,
            "source": report.source,
            "page_sizes": [[round(w, 2), round(h, 2)] for w, h in report.page_sizes],
            "page_turns": list(report.page_turns),
            "notes": list(report.notes),
        },
        "report": {
            "form": report.form,
            "organ": head.organ,
            "year": head.year,
            "title": head.title,
            "period": {"start": head.period[0], "end": head.period[1]} if head.period else None,
            "tables": dict(report.tables),
            "organ_confidence": _share(head.organ_confidence),
            "year_confidence": _share(head.year_confidence),
        },
        "error": _failure(report.error),
        "fields": [_field(f) for f in report.fields],
        "findings": [finding_dict(f) for f in report.findings],
        "sections": [_section(s) for s in report.sections],
    }


def _failure(failure: Failure | None) -> dict[str, str] | None:
    if failure is None:
        return None
    return {"code": failure.code, "message": failure.message, "remedy": failure.remedy}


def _field(value: FieldValue) -> dict[str, Any]:
    place = value.placement
    return {
        "id": value.id,
        "value": number(value.value),
        "raw": value.raw,
        "state": value.state,
        "confidence": _share(value.confidence),
        "needs_review": value.needs_review,
        "reasons": list(value.reasons),
        "suggestion": number(value.suggestion),
        "page": value.page,
        "bbox": [round(v, 2) for v in value.bbox] if value.bbox else None,
        "candidates": [[text, _share(p)] for text, p in value.candidates],
        "label": place.label,
        "head": place.head,
        "evidence": {
            "row": [_share(place.row_score), _share(place.row_margin)],
            "column": [_share(place.col_score), _share(place.col_margin)],
            "by_order": place.by_order,
            "readings": [[r.engine, r.text, _share(r.score)] for r in value.readings],
        },
    }


def finding_dict(finding: Finding) -> dict[str, Any]:
    """A finding in the contract's keys."""
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "fields": list(finding.fields),
        "printed": finding.printed if isinstance(finding.printed, str) else number(finding.printed),
        "computed": finding.computed if isinstance(finding.computed, str) else number(finding.computed),
        "message": finding.message,
        "page": finding.page,
    }


def _section(section: Section) -> dict[str, Any]:
    return {
        "number": section.number,
        "title": section.title,
        "text": section.text,
        "pages": list(section.pages),
        "statements": [_statement(s) for s in section.statements],
    }


def _statement(statement: Statement) -> dict[str, Any]:
    return {
        "text": statement.text,
        "quantity": number(statement.quantity),
        "unit": statement.unit,
        "field": statement.field,
        "agrees": statement.agrees,
        "fields": list(statement.fields),
        "printed": number(statement.printed),
        "page": statement.page,
        "approximate": statement.approximate,
    }


def dumps(report: Report) -> str:
    """One object, made to be read: a line for every field, finding and section."""
    data = to_dict(report)
    parts = []
    for key, value in data.items():
        if isinstance(value, list) and value:
            items = ",\n".join(f"    {_line(item)}" for item in value)
            parts.append(f"  {_line(key)}: [\n{items}\n  ]")
        else:
            parts.append(f"  {_line(key)}: {_line(value)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def dumps_line(report: Report) -> str:
    """One object on one line (JSON Lines)."""
    return _line(to_dict(report)) + "\n"


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


# ---------------------------------------------------------------- in


def from_dict(data: Mapping[str, Any]) -> Report:
    """The report back.  What JSON leaves out (grids, the cells' rows and columns) is not there any more.

    `to_dict(from_dict(d)) == d` for every `d` of `to_dict`.  Raises KeyError, TypeError or ValueError
    where the data is no such report.
    """
    document, head = data["document"], data["report"]
    period = head["period"]
    return Report(
        filename=document["filename"],
        sha256=document["sha256"],
        source=document["source"],
        pages=document["pages"],
        form=head["form"],
        tables=dict(head.get("tables") or {}),
        head=Head(
            head["organ"], head["year"], head["title"],
            (period["start"], period["end"]) if period else None,
            head.get("organ_confidence", 0.0), head.get("year_confidence", 0.0),
        ),
        fields=tuple(_field_back(f) for f in data["fields"]),
        findings=tuple(_finding_back(f) for f in data["findings"]),
        sections=tuple(_section_back(s) for s in data["sections"]),
        error=Failure(**data["error"]) if data.get("error") else None,
        page_sizes=tuple((w, h) for w, h in document.get("page_sizes", ())),
        page_turns=tuple(document.get("page_turns", ())),
        notes=tuple(document.get("notes", ())),
    )  # fmt: skip


def _number_back(value: int | str | None) -> Number | None:
    return Decimal(value) if isinstance(value, str) else value


def _loose_back(value: int | str | None) -> Number | str | None:
    """A finding's side may be words; digits in a string are a decimal."""
    return Decimal(value) if isinstance(value, str) and _DECIMAL.match(value) else value


def _field_back(data: Mapping[str, Any]) -> FieldValue:
    from extractor.types import Reading

    bbox, evidence = data["bbox"], data.get("evidence") or {}
    cell = None
    if data["page"] is not None or bbox:
        box = (bbox[0], bbox[1], bbox[2], bbox[3]) if bbox else None
        cell = Cell(0, 0, 1, 1, data["raw"], page=data["page"], box=box)
    row, column = evidence.get("row", (0.0, 0.0)), evidence.get("column", (0.0, 0.0))
    place = Placement(
        data["id"], cell, None, row[0], row[1], column[0], column[1], evidence.get("by_order", False),
        label=data.get("label", ""), head=data.get("head", ""),
    )  # fmt: skip
    return FieldValue(
        data["id"], _number_back(data["value"]), data["raw"], data["state"], place,
        tuple(Reading(text, engine, score) for engine, text, score in evidence.get("readings", ())),
        data["confidence"], data["needs_review"], tuple(data["reasons"]), _number_back(data["suggestion"]),
        tuple((text, p) for text, p in data.get("candidates", ())),
    )  # fmt: skip


def _finding_back(data: Mapping[str, Any]) -> Finding:
    return Finding(
        data["rule"], data["severity"], tuple(data["fields"]), data["message"],
        _loose_back(data["printed"]), _loose_back(data["computed"]), data.get("page"),
    )  # fmt: skip


def _section_back(data: Mapping[str, Any]) -> Section:
    statements = tuple(
        Statement(
            s["text"], _quantity_back(s["quantity"]), s["unit"], s["field"], s["agrees"],
            tuple(s.get("fields", ())), _number_back(s.get("printed")), s.get("page"),
            s.get("approximate", False),
        )
        for s in data["statements"]
    )  # fmt: skip
    return Section(data["number"], data["title"], data["text"], tuple(data["pages"]), statements)


def _quantity_back(value: int | str) -> Number:
    return Decimal(value) if isinstance(value, str) else value
