"""A report's audit sheet: its findings in words with their pictures, what people settled, made to be printed."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from extractor.confidence.reasons import describe
from web import shapes
from web.auth.guard import need
from web.auth.routes import context_of
from web.pages.desk import shown
from web.pages.view import language_of, render
from web.pages.words import Translate, translator
from web.problems import Problem
from workers.store import reviews
from workers.store.accounts import Principal
from workers.store.overlay import specs_of

router = APIRouter(include_in_schema=False)
PICTURES_MOST = 4
"""Pictures beside one finding: a sum's total and the parts that differ most often are enough to judge it."""


def _cell(entry: dict[str, Any], specs: Any, t: Translate) -> dict[str, Any]:
    spec = specs.get(entry["id"])
    extracted = entry.get("extracted") or entry
    return {
        "id": entry["id"], "row": spec.row if spec else entry["id"], "column": spec.column if spec else "",
        "shown": shown(entry), "extracted": shown(extracted), "settled": entry.get("settled"),
        "picture": entry.get("page") is not None and entry.get("bbox") is not None,
        "reasons": "；".join(t(describe(r)) for r in extracted.get("reasons") or ()),
    }  # fmt: skip


@router.get("/sheet/{document_id}")
def page(request: Request, document_id: str, who: Principal = need("read")) -> Response:
    """One document's sheet; 409 while it has no result."""
    t = translator(language_of(request, who))
    with context_of(request).store.read() as c:
        row = shapes.seen_document(c, document_id, who)
        result = reviews.settled_result(c, document_id, row.filename)
    if result is None or row.state != "done":
        raise Problem(409, "no_result", f"该文档还没有结果（{row.state}）")
    specs = specs_of(result)
    fields = {f["id"]: _cell(f, specs, t) for f in result["fields"]}
    found = []
    for finding in result["findings"]:
        cells = [fields[i] for i in finding["fields"] if i in fields]
        found.append({**finding, "cells": cells[-PICTURES_MOST:], "others": cells[:-PICTURES_MOST]})
    return render(
        request, who, "sheet.html", document=shapes.document(row), report=result["report"], findings=found,
        changed=[f for f in fields.values() if f["settled"]], signed=shapes.when(row.signed_at),
        waiting=[fields[f["id"]] for f in result["fields"] if f["needs_review"]],
    )  # fmt: skip
