"""Small reports for the service's tests: the statutory form as a web page, any number of different ones."""

from __future__ import annotations

import html

from extractor.forms.load import load
from extractor.forms.model import Form, TableSpec


def _cells(table: TableSpec, number: int) -> str:
    rows: list[str] = []
    for block in table.blocks:
        if block.banner:
            rows.append(f"<tr><td colspan='{len(block.columns) + 1}'>{html.escape(block.banner)}</td></tr>")
        rows.append(
            "<tr><td></td>" + "".join(f"<td>{html.escape(c.label)}</td>" for c in block.columns) + "</tr>"
        )
        for row in block.rows:
            value = number if table.number == 2 else 0
            cells = f"<td>{value}</td>" * len(block.columns)
            rows.append(f"<tr><td>{html.escape(row.label)}</td>{cells}</tr>")
    return f"<table border='1'>{''.join(rows)}</table>"


def report(number: int, form: Form | None = None) -> bytes:
    """Report number so-and-so: every table 2 figure is `number`."""
    form = form or load()[0]
    tables = {t.section: _cells(t, number) for t in form.tables}
    parts = "".join(
        f"<h2>{html.escape(s.title)}</h2><p>按要求公开。</p>{tables.get(s.number, '')}" for s in form.sections
    )
    head = f"<h1>青梧县档案局2023年{html.escape(form.title)}</h1>"
    whole = f"<head><meta charset='utf-8'></head><body>{head}{parts}<p>第{number}号</p></body>"
    return f"<html>{whole}</html>".encode()


def fake_result(filename: str, sha256: str, *, doubtful: int = 2) -> dict[str, object]:
    """A result of the contract's shape, made without reading anything."""
    form = load()[0]
    fields = [
        {
            "id": f.id, "value": 3, "raw": "3", "state": "printed",
            "confidence": 0.5 if n < doubtful else 0.999,
            "needs_review": n < doubtful, "reasons": ["low_score"] if n < doubtful else [],
            "suggestion": None,
            "page": 1, "bbox": [10.0, 10.0, 50.0, 20.0],
        }
        for n, f in enumerate(form.fields)
    ]  # fmt: skip
    return {
        "schema_version": "1.0",
        "document": {"sha256": sha256, "filename": filename, "pages": 1, "source": "html"},
        "report": {
            "form": form.edition, "organ": "青梧县档案局", "year": 2023, "title": "年度报告", "period": None,
            "tables": {str(t.number): form.edition for t in form.tables},
        },
        "fields": fields, "findings": [], "sections": [],
    }  # fmt: skip
