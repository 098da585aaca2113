"""Words for people: what a field is called, what its state shows, what a report is about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache

from extractor.confidence.reasons import describe
from extractor.emit.json import number
from extractor.forms.model import FieldSpec, Form, TableSpec
from extractor.types import FieldValue, Report

SOURCES = {
    "pdf_text": "PDF（文字层）", "pdf_scan": "PDF（扫描）", "pdf_mixed": "PDF（文字与扫描混合）",
    "image": "图片", "docx": "Word 文档", "html": "网页", "text": "纯文本",
}  # fmt: skip
STATES = {
    "printed": "数字",
    "blank": "空白",
    "mark": "符号",
    "missing": "缺行或缺列",
    "illegible": "无法辨认",
}


def tables_of(report: Report, forms: Sequence[Form]) -> list[TableSpec]:
    """The tables of the report in order, each in the edition that it follows."""
    by_edition = {form.edition: form for form in forms}
    default = by_edition.get(report.form or "")
    if default is None:
        return []
    return [
        by_edition.get(report.tables.get(str(table.number), ""), default).table(table.number)
        for table in default.tables
    ]


def specs_of(report: Report, forms: Sequence[Form]) -> dict[str, FieldSpec]:
    """Every field of the report's tables by id."""
    return {spec.id: spec for table in tables_of(report, forms) for spec in table.fields}


def names_of(report: Report, forms: Sequence[Form]) -> dict[str, str]:
    """A short name for every field: own row and column, with their groups where they are not unique."""
    out: dict[str, str] = {}
    for table in tables_of(report, forms):
        out.update(_names(table.fields))
    return out


@lru_cache(maxsize=32)
def _names(fields: tuple[FieldSpec, ...]) -> Mapping[str, str]:
    rows = Counter({f.row: f.row.rpartition("/")[2] for f in fields}.values())
    columns = Counter({f.column: f.column.rpartition("/")[2] for f in fields}.values())
    return {f.id: f"{_short(f.row, rows)} · {_short(f.column, columns)}" for f in fields}


def _short(path: str, seen: Counter[str]) -> str:
    group, _, own = path.rpartition("/")
    return path if group and seen[own] > 1 else own


def shown(field: FieldValue) -> str:
    """What stands in the cell, for a person: the number, the sign, nothing, or a sign for trouble."""
    if field.state == "printed":
        return str(number(field.value))
    if field.state == "mark":
        return (field.raw or "/").strip()
    return {"missing": "缺", "illegible": "※"}.get(field.state, "")


def reasons(field: FieldValue) -> str:
    """Why a field is to be looked at, in words."""
    return "；".join(describe(code) for code in field.reasons)


def failing(report: Report) -> set[str]:
    """Ids of the fields in an identity that the report breaks."""
    return {i for finding in report.findings if finding.severity == "error" for i in finding.fields}
