"""CSV: one row a field, safe to open in a spreadsheet program.

A spreadsheet takes a text that begins with = + - @ or a control character for a formula.  Such a text
gets an apostrophe in front, and so does one that itself begins with an apostrophe before such a sign, so
that `unguard` gives back every text as it was.  Plain numbers (`-3`, `12.50`) cannot be formulas and stay
as they are; a raw text such as `+3` or `-` is guarded.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

from extractor.emit.json import number
from extractor.emit.words import specs_of
from extractor.forms.model import Form
from extractor.types import FieldValue, Report

COLUMNS = (
    "filename", "sha256", "form", "organ", "year", "table", "id", "row_label", "column_label", "value",
    "state", "raw", "confidence", "needs_review", "reasons", "suggestion", "page", "bbox", "error", "message",
)  # fmt: skip
_FORMULA = re.compile(r"'*[=+\-@＝＋－＠\t\r\n]")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?\Z", re.A)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def guard(text: str) -> str:
    """A text that no spreadsheet program takes for a formula."""
    text = _CONTROL.sub("", text)
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.match(text) else text


def unguard(text: str) -> str:
    """The text before `guard`."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text[1:]) else text


def rows(report: Report, forms: Sequence[Form]) -> Iterator[tuple[str, ...]]:
    """A row for every field; one row with `error` and `message` for a document that was not read."""
    head = (
        report.filename, report.sha256, report.form or "", report.head.organ or "", _text(report.head.year),
    )  # fmt: skip
    if report.error is not None:
        tail = (report.error.code, f"{report.error.message}{report.error.remedy}")
        yield tuple(map(guard, (*head, *[""] * (len(COLUMNS) - len(head) - 2), *tail)))
        return
    specs = specs_of(report, forms)
    for field in report.fields:
        spec = specs.get(field.id)
        labels = (str(spec.table), field.id, spec.row, spec.column) if spec else ("", field.id, "", "")
        yield tuple(map(guard, (*head, *labels, *_values(field), "", "")))


def _values(field: FieldValue) -> tuple[str, ...]:
    box = " ".join(f"{v:.2f}" for v in field.bbox) if field.bbox else ""
    return (
        _text(number(field.value)), field.state, field.raw or "", f"{field.confidence:.6f}",
        "true" if field.needs_review else "false", " ".join(field.reasons), _text(number(field.suggestion)),
        _text(field.page), box,
    )  # fmt: skip


def _text(value: object) -> str:
    return "" if value is None else str(value)


def header() -> str:
    """The line of column names."""
    return _lines([COLUMNS])


def dumps(report: Report, forms: Sequence[Form]) -> str:
    """The rows of one report, without the header."""
    return _lines(rows(report, forms))


def _lines(values: Iterable[Sequence[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(values)
    return out.getvalue()
