"""What the review page is made of: the form's cells, the fields, the sums, the pages, one's own steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Row, select

from extractor.confidence.reasons import describe
from extractor.forms.model import FieldSpec, TableSpec
from extractor.language.figure import parse
from web.pages.statute import rows
from web.pages.words import Translate
from workers.store import reviews
from workers.store.overlay import decode, lay_over, tables_of
from workers.store.results import Run
from workers.store.tables import region_readings, users

MOST_CANDIDATES = 3
"""As many as there are keys for them."""


def shown(entry: Mapping[str, Any]) -> str:
    """What stands in the cell, for a person."""
    if entry["state"] == "printed":
        return str(entry["value"])
    if entry["state"] == "mark":
        raw = (entry.get("raw") or "").strip()
        return raw if raw in ("/", "-", "—", "–", "无", "／") else "/"
    return {"missing": "缺", "illegible": "※"}.get(entry["state"], "")


def mark_of(entry: Mapping[str, Any], failing: set[str]) -> str:
    """How a field is marked; the same rule as in static/review/marks.js."""
    verdict = (entry.get("settled") or {}).get("verdict")
    if verdict is not None:
        return {"confirmed": "confirmed", "misread": "corrected", "source_wrong": "source"}[verdict]
    if entry["needs_review"]:
        return "doubtful"
    return "failing" if entry["id"] in failing else "accepted"


def candidates(entry: Mapping[str, Any], spec: FieldSpec | None) -> list[dict[str, Any]]:
    """What the ink, a second reading or the sums support; each once, best first, at most three."""
    extracted = entry.get("extracted") or entry
    found: list[tuple[str, float | None, str]] = [(t, p, "ink") for t, p in entry.get("candidates") or ()]
    readings = (entry.get("evidence") or {}).get("readings") or ()
    if not found and len(readings) > 1:
        found += [(text, score, engine) for engine, text, score in readings]
    if extracted.get("suggestion") is not None:
        found.append((str(extracted["suggestion"]), None, "sums"))
    return _parsed(found, spec)[:MOST_CANDIDATES]


def _parsed(found: Sequence[tuple[str, float | None, str]], spec: FieldSpec | None) -> list[dict[str, Any]]:
    out: list[dict[str, Any]] = []
    for text, p, source in found:
        value, state = read_as(text, spec)
        if state in ("printed", "blank", "mark") and not any(
            (c["value"], c["state"]) == (value, state) for c in out
        ):
            out.append({"text": text, "p": p, "from": source, "value": value, "state": state})
    return out


@lru_cache(maxsize=20_000)
def read_as(text: str, spec: FieldSpec | None) -> tuple[Any, str]:
    """Value (as JSON has it) and state that a text means in a field."""
    if spec is None:
        return None, "illegible"
    read = parse(text, spec)
    if read.state != "printed" or read.value is None:
        return None, read.state
    if spec.type == "integer" and read.value != int(read.value):  # ink read as 374.642: no value of this field
        return None, "illegible"
    return (format(read.value, "f") if spec.type == "decimal" else str(int(read.value))), "printed"


def _field(
    entry: Mapping[str, Any], spec: FieldSpec | None, failing: set[str], t: Translate
) -> dict[str, Any]:
    extracted = entry.get("extracted") or entry
    settled = entry.get("settled") or {}
    options = candidates(entry, spec)
    for option in options:
        if option["state"] == "printed" and spec is not None and spec.type == "integer":
            option["value"] = int(option["value"])
    return {
        "id": entry["id"], "row": spec.row if spec else "", "column": spec.column if spec else "",
        "table": spec.table if spec else 0, "unit": spec.unit if spec else "",
        "decimal": bool(spec and spec.type == "decimal"), "signed": bool(spec and spec.signed),
        "value": entry["value"], "state": entry["state"], "shown": shown(entry),
        "raw": extracted.get("raw"), "confidence": extracted["confidence"],
        "doubtful": bool(extracted["needs_review"]),
        "reasons": [{"code": r, "text": t(describe(r))} for r in extracted.get("reasons") or ()],
        "suggestion": extracted.get("suggestion"), "candidates": options, "page": entry.get("page"),
        "box": entry.get("bbox"), "revision": entry.get("revision", 0), "verdict": settled.get("verdict"),
        "by": settled.get("by"), "comment": settled.get("comment"), "label": entry.get("label") or "",
        "head": entry.get("head") or "", "mark": mark_of(entry, failing),
        "extracted": {"value": extracted["value"], "state": extracted["state"]},
    }  # fmt: skip


@lru_cache(maxsize=16)
def _identities(tables: tuple[TableSpec, ...]) -> list[dict[str, Any]]:
    """Every sum with its words; both sides are filled in while someone types."""
    out: list[dict[str, Any]] = []
    sides = {"computed": "{computed}", "printed": "{printed}"}
    for table in tables:
        for one in table.identities:
            words = one.message.format(row=one.row, column=one.column, **sides)
            out.append(
                {"rule": one.rule, "parts": one.parts, "equals": one.equals, "place": one.row or one.column,
                 "words": words}
            )  # fmt: skip
    return out


def _pages(result: Mapping[str, Any]) -> list[dict[str, float]]:
    sizes = (result.get("document") or {}).get("page_sizes") or []
    return [{"number": n, "width": w, "height": h} for n, (w, h) in enumerate(sizes, 1)]


def steps_of(words: Sequence[Row[Any]], user_id: int) -> list[dict[str, Any]]:
    """A person's own words that still stand, oldest first: what his undo takes back, one after the other."""
    by_field: dict[str, list[Row[Any]]] = {}
    for word in words:
        by_field.setdefault(word.field, []).append(word)
    mine = [
        w for stack in by_field.values() for w in reviews.standing(stack)
        if w.user_id == user_id and w.verdict != "withdrawn"
    ]  # fmt: skip
    return [{"field": w.field, "revision": w.revision} for w in sorted(mine, key=lambda w: w.id)]


def regions_of(c: Connection, document_id: str) -> list[dict[str, Any]]:
    """Regions that people drew, with what was read there."""
    found = c.execute(
        select(region_readings, users.c.name).join(users, users.c.id == region_readings.c.user_id)
        .where(region_readings.c.document_id == document_id).order_by(region_readings.c.id)
    )  # fmt: skip
    return [
        {"field": r.field, "page": r.page, "box": decode(r.box), "readings": decode(r.readings), "by": r.name}
        for r in found
    ]


def desk(c: Connection, row: Row[Any], run: Run, user_id: int, t: Translate) -> dict[str, Any]:
    """Everything for one document: `tables` for the template, `data` for the script."""
    words = reviews.newest(c, row.id)
    result = lay_over(run.shared(), words, filename=row.filename)
    tables = tables_of(result)
    specs = {f.id: f for table in tables for f in table.fields}
    failing = {i for f in result["findings"] if f["severity"] == "error" for i in f["fields"]}
    fields = {e["id"]: _field(e, specs.get(e["id"]), failing, t) for e in result.get("fields", ())}
    history = reviews.history(c, row.id) if words else []
    document = result.get("document") or {}
    return {
        "tables": [
            {"number": x.number, "title": x.title, "unit": x.unit, "rows": rows(x, fields),
             "doubtful": sum(fields[f.id]["mark"] == "doubtful" for f in x.fields if f.id in fields)}
            for x in tables
        ],
        "fields": fields, "report": result.get("report") or {}, "findings": result["findings"],
        "sections": result.get("sections") or [], "notes": [t(describe(n)) for n in document.get("notes") or ()],
        "source": document.get("source"), "error": result.get("error"),
        "data": {
            "document": row.id, "fields": list(fields.values()), "identities": _identities(tuple(tables)),
            "pages": _pages(result), "steps": steps_of(history, user_id), "regions": regions_of(c, row.id),
            "source": document.get("source"),
        },
    }  # fmt: skip
