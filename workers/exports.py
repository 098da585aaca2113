"""Exports of a batch, streamed: JSON Lines, CSV, XLSX, Parquet.  Memory does not grow with the batch."""

from __future__ import annotations

import csv
import io
import json
import tempfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select

from workers.store import reviews
from workers.store.engine import Store
from workers.store.overlay import lay_over
from workers.store.results import has_result, shown_job
from workers.store.tables import documents, runs

PAGE = 50
"""Documents a query: 50 results of 0.1 MB."""
CHUNK = 1 << 18
SHEET_ROWS = 1_000_000
"""Rows a sheet; Excel's own limit is 1,048,576."""
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")

DOCUMENT_COLUMNS = ("id", "filename", "sha256", "state", "organ", "year", "form", "source", "pages",
                    "fields_to_review", "error_code", "error")  # fmt: skip
FIELD_COLUMNS = ("document", "filename", "organ", "year", "field", "value", "raw", "state", "confidence",
                 "needs_review", "reasons", "suggestion", "page", "x0", "top", "x1", "bottom", "verdict",
                 "by", "extracted_value", "extracted_state")  # fmt: skip
FINDING_COLUMNS = ("document", "filename", "organ", "year", "rule", "severity", "fields", "printed",
                   "computed", "message", "page")  # fmt: skip


def harmless(value: Any) -> Any:
    """Text that a spreadsheet would run as a formula gets an apostrophe in front; numbers stay numbers."""
    if isinstance(value, str) and value.startswith(FORMULA):
        return f"'{value}"
    return value


@dataclass(frozen=True, slots=True)
class Items:
    """The batch's documents that have ended, with their results as settled (or as extracted)."""

    store: Store
    batch_id: str
    settled: bool = True

    def __iter__(self) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
        after = ""
        while True:
            page = self._page(after)
            if not page:
                return
            yield from page
            after = page[-1][0]["id"]

    def _page(self, after: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        out: list[tuple[dict[str, Any], dict[str, Any]]] = []
        with self.store.read() as c:
            rows = c.execute(
                select(documents, runs.c.result).join(runs, runs.c.job_id == shown_job())
                .where(documents.c.batch_id == self.batch_id, documents.c.id > after,
                       has_result())
                .order_by(documents.c.id).limit(PAGE)
            ).all()  # fmt: skip
            for row in rows:
                words = reviews.newest(c, row.id) if self.settled and row.revision else []
                result = lay_over(json.loads(zlib.decompress(row.result)), words, filename=row.filename)
                out.append((_document(row, result), result))
        return out


def _document(row: Any, result: dict[str, Any]) -> dict[str, Any]:
    error = result.get("error") or {}
    report = result.get("report") or {}
    return {
        "id": row.id, "filename": row.filename, "sha256": row.sha256, "state": row.state,
        "organ": report.get("organ"), "year": report.get("year"), "form": report.get("form"),
        "source": (result.get("document") or {}).get("source"), "pages": row.pages,
        "fields_to_review": sum(bool(f.get("needs_review")) for f in result.get("fields", ())),
        "error_code": error.get("code"), "error": error.get("message"),
    }  # fmt: skip


def field_rows(document: dict[str, Any], result: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """One row a field."""
    for f in result.get("fields", ()):
        box = f.get("bbox") or (None,) * 4
        settled, extracted = f.get("settled") or {}, f.get("extracted") or {}
        yield {
            "document": document["id"], "filename": document["filename"], "organ": document["organ"],
            "year": document["year"], "field": f["id"], "value": f.get("value"), "raw": f.get("raw"),
            "state": f.get("state"), "confidence": f.get("confidence"), "needs_review": f.get("needs_review"),
            "reasons": " ".join(f.get("reasons") or ()), "suggestion": f.get("suggestion"),
            "page": f.get("page"),
            "x0": box[0], "top": box[1], "x1": box[2], "bottom": box[3], "verdict": settled.get("verdict"),
            "by": settled.get("by"), "extracted_value": extracted.get("value", f.get("value")),
            "extracted_state": extracted.get("state", f.get("state")),
        }  # fmt: skip


def finding_rows(document: dict[str, Any], result: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """One row a finding."""
    for f in result.get("findings", ()):
        yield {
            "document": document["id"], "filename": document["filename"], "organ": document["organ"],
            "year": document["year"], "rule": f["rule"], "severity": f["severity"],
            "fields": " ".join(f.get("fields") or ()), "printed": f.get("printed"),
            "computed": f.get("computed"), "message": f.get("message"), "page": f.get("page"),
        }  # fmt: skip


def write_jsonl(items: Items) -> Iterator[bytes]:
    """result.md's object a line, with the document's id added."""
    for document, result in items:
        line = {**result, "document": {**(result.get("document") or {}), "id": document["id"]}}
        yield json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def write_csv(items: Items) -> Iterator[bytes]:
    """One row a field, UTF-8 with a byte order mark (spreadsheets ask for it)."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(FIELD_COLUMNS)
    yield b"\xef\xbb\xbf"
    for document, result in items:
        for row in field_rows(document, result):
            writer.writerow([harmless(row[name]) for name in FIELD_COLUMNS])
        yield out.getvalue().encode()
        out.seek(0)
        out.truncate()
    yield out.getvalue().encode()


def _file_pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as handle:
        while piece := handle.read(CHUNK):
            yield piece


class _Sheets:
    """Sheets of one kind: a new one when the last is full."""

    def __init__(self, book: Any, name: str, columns: Sequence[str]) -> None:
        self.book, self.name, self.columns = book, name, columns
        self.number, self.row = 0, SHEET_ROWS
        self.sheet: Any = None
        self._next()

    def _next(self) -> None:
        self.number += 1
        self.sheet = self.book.add_worksheet(self.name if self.number == 1 else f"{self.name} {self.number}")
        self.sheet.freeze_panes(1, 0)
        for n, column in enumerate(self.columns):
            self.sheet.write_string(0, n, column)
        self.row = 1

    def add(self, row: dict[str, Any]) -> None:
        if self.row >= SHEET_ROWS:
            self._next()
        for n, column in enumerate(self.columns):
            value = row[column]
            if value is None:
                continue
            if isinstance(value, bool):
                self.sheet.write_boolean(self.row, n, value)
            elif isinstance(value, int | float):
                self.sheet.write_number(self.row, n, value)
            else:  # never write(): it would guess formulas and links
                self.sheet.write_string(self.row, n, str(value)[:32_767])
        self.row += 1


def write_xlsx(items: Items) -> Iterator[bytes]:
    """Three kinds of sheets: reports, fields, findings; rows go to disk as they come."""
    import xlsxwriter

    with tempfile.TemporaryDirectory(prefix="nianbao-export-") as folder:
        path = Path(folder) / "export.xlsx"
        options = {"constant_memory": True, "tmpdir": folder, "strings_to_formulas": False,
                   "strings_to_urls": False, "nan_inf_to_errors": True}  # fmt: skip
        book = xlsxwriter.Workbook(str(path), options)
        reports = _Sheets(book, "报告", DOCUMENT_COLUMNS)
        fields = _Sheets(book, "字段", FIELD_COLUMNS)
        findings = _Sheets(book, "问题", FINDING_COLUMNS)
        for document, result in items:
            reports.add(document)
            for row in field_rows(document, result):
                fields.add(row)
            for row in finding_rows(document, result):
                findings.add(row)
        book.close()
        yield from _file_pieces(path)


def write_parquet(items: Items) -> Iterator[bytes]:
    """One row a field; values as text next to numbers, so that decimals stay exact."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    numbers = {"year": pa.int32(), "confidence": pa.float64(), "needs_review": pa.bool_(), "page": pa.int32(),
               "x0": pa.float64(), "top": pa.float64(), "x1": pa.float64(),
               "bottom": pa.float64()}  # fmt: skip
    schema = pa.schema([(name, numbers.get(name, pa.string())) for name in FIELD_COLUMNS])

    def table(rows: list[dict[str, Any]]) -> Any:
        texts = [n for n in FIELD_COLUMNS if n not in numbers]
        told = [{**r, **{n: None if r[n] is None else str(r[n]) for n in texts}} for r in rows]
        return pa.Table.from_pylist(told, schema=schema)

    with tempfile.TemporaryDirectory(prefix="nianbao-export-") as folder:
        path = Path(folder) / "export.parquet"
        with pq.ParquetWriter(path, schema, compression="zstd") as writer:
            rows: list[dict[str, Any]] = []
            for document, result in items:
                rows += field_rows(document, result)
                if len(rows) >= 20_000:
                    writer.write_table(table(rows))
                    rows = []
            writer.write_table(table(rows))
        yield from _file_pieces(path)


@dataclass(frozen=True, slots=True)
class Format:
    media_type: str
    write: Callable[[Items], Iterator[bytes]]


FORMATS = {
    "jsonl": Format("application/x-ndjson", write_jsonl),
    "csv": Format("text/csv; charset=utf-8", write_csv),
    "xlsx": Format("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", write_xlsx),
    "parquet": Format("application/vnd.apache.parquet", write_parquet),
}
