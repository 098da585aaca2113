"""An Excel workbook: 报告 (a row a document), 数据 (the tables as the statute prints them), 字段, 问题.

Every text is written as a text: nothing that a document holds can become a formula or a link.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import IO, Any

from extractor.emit import words
from extractor.emit.json import number
from extractor.emit.layout import lay_out
from extractor.errors import TooLarge
from extractor.forms.model import FieldSpec, Form
from extractor.types import FieldValue, Number, Report

_TOP = (
    "文件", "机关", "年度", "标题", "统计期限", "表样", "来源", "页数", "数据", "待核", "问题", "错误",
    "处理办法", "SHA-256",
)  # fmt: skip
_FIELD = (
    "文件", "机关", "年度", "表", "编号", "行", "列", "值", "状态", "原文", "把握", "待核", "原因", "建议",
    "页", "位置",
)  # fmt: skip
_FINDING = ("文件", "机关", "年度", "严重程度", "规则", "说明", "印为", "应为", "涉及数据", "页")
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_SEVERITY = {"error": "错误", "warning": "提醒", "info": "说明"}
_CELL_LIMIT = 32_767
"""Characters that Excel takes in one cell."""
_ROW_LIMIT = 1_048_576
_LABEL_WIDTH, _FIGURE_WIDTH = 24, 9
"""Column widths of the sheet 数据, in Excel's unit (one digit)."""


def write(reports: Iterable[Report], forms: Sequence[Form], target: IO[bytes]) -> None:
    """Write a workbook of all reports, in order, to a binary file."""
    import xlsxwriter

    book = xlsxwriter.Workbook(
        target,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    writer = _Book(book, forms)
    for report in reports:
        writer.add(report)
    book.close()


class _Book:
    def __init__(self, book: Any, forms: Sequence[Form]) -> None:
        self._book = book
        self._forms = forms
        self._formats: dict[str, Any] = {}
        self._lists = {
            name: _List(book.add_worksheet(name), columns, self._format("top"))
            for name, columns in (("报告", _TOP),)
        }
        self._data = book.add_worksheet("数据")
        self._data.set_column(0, 2, _LABEL_WIDTH)
        self._data.set_column(3, 20, _FIGURE_WIDTH)
        self._row = 0
        for name, columns in (("字段", _FIELD), ("问题", _FINDING)):
            self._lists[name] = _List(book.add_worksheet(name), columns, self._format("top"))

    def _format(self, name: str, places: int = 0) -> Any:
        """A cell format by name; `places` are the decimals that a printed number shows."""
        looks: dict[str, dict[str, Any]] = {
            "top": {"bold": True, "bottom": 1, "bg_color": "#EEF2F7"},
            "title": {"bold": True, "font_size": 12},
            "head": {"bold": True, "border": 1, "align": "center", "valign": "vcenter", "text_wrap": True},
            "label": {"border": 1, "align": "left", "valign": "vcenter", "text_wrap": True},
            "figure": {"border": 1, "align": "center", "valign": "vcenter"},
            "doubt": {
                "border": 1,
                "align": "center",
                "valign": "vcenter",
                "bg_color": "#FFE699",
                "bold": True,
            },
            "wrong": {
                "border": 1,
                "align": "center",
                "valign": "vcenter",
                "bg_color": "#F8CBAD",
                "bold": True,
            },
        }
        key = f"{name}.{places}"
        if key not in self._formats:
            shown = {"num_format": "0." + "0" * places} if places else {}
            self._formats[key] = self._book.add_format({**looks[name], **shown})
        return self._formats[key]

    def add(self, report: Report) -> None:
        """A row in 报告, and what was read in the other sheets."""
        head = report.head
        doubtful = sum(1 for f in report.fields if f.needs_review)
        period = " 至 ".join(head.period) if head.period else None
        error = report.error
        self._lists["报告"].add((
            report.filename, head.organ, head.year, head.title, period, report.form,
            words.SOURCES[report.source] if report.source else None, report.pages, len(report.fields),
            doubtful, len(report.findings), error.message if error else None,
            error.remedy if error else None, report.sha256,
        ))  # fmt: skip
        self._tables(report)
        who = (report.filename, head.organ, head.year)
        specs = words.specs_of(report, self._forms)
        for field in report.fields:
            self._lists["字段"].add((*who, *_field(field, specs.get(field.id))))
        names = words.names_of(report, self._forms)
        for finding in report.findings:
            self._lists["问题"].add((
                *who, _SEVERITY[finding.severity], finding.rule, finding.message, finding.printed,
                finding.computed, "；".join(names.get(i, i) for i in finding.fields), finding.page,
            ))  # fmt: skip

    # ------------------------------------------------------------ the tables as printed

    def _tables(self, report: Report) -> None:
        tables = words.tables_of(report, self._forms)
        if not tables:
            return
        fields = {f.id: f for f in report.fields}
        failing = words.failing(report)
        self._text(self._row, 0, report.head.title or report.filename, "title")
        self._row += 1
        for table in tables:
            self._text(self._row, 0, f"{table.title}（单位：{table.unit}）", "title")
            top = self._row + 1
            laid = lay_out(table)
            for cell in laid.cells:
                if cell.field_id is None:
                    form = "head" if cell.kind in ("banner", "head") else "label"
                    self._merged(top, cell.row, cell.col, cell.row_span, cell.col_span, cell.text, form)
                else:
                    field = fields.get(cell.field_id)
                    form = "wrong" if cell.field_id in failing else "figure"
                    form = "doubt" if field and field.needs_review and form == "figure" else form
                    self._merged(top, cell.row, cell.col, cell.row_span, cell.col_span, _content(field), form)
                    if field is not None and (field.needs_review or cell.field_id in failing):
                        self._comment(top + cell.row, cell.col, field)
            self._row = top + laid.n_rows + 1
        self._row += 1

    def _merged(
        self, top: int, row: int, col: int, rows: int, cols: int, content: Number | str | None, form: str
    ) -> None:
        exponent = content.as_tuple().exponent if isinstance(content, Decimal) else 0
        look = self._format(form, -exponent if isinstance(exponent, int) and exponent < 0 else 0)
        if rows * cols > 1:
            self._data.merge_range(top + row, col, top + row + rows - 1, col + cols - 1, "", look)
        _put(self._data, top + row, col, content, look)

    def _text(self, row: int, col: int, text: str, form: str) -> None:
        _put(self._data, row, col, text, self._format(form))

    def _comment(self, row: int, col: int, field: FieldValue) -> None:
        parts = [
            f"把握 {field.confidence:.0%}", words.reasons(field), words.STATES[field.state],
            f"原文：{field.raw}" if field.raw is not None else "",
            f"建议：{number(field.suggestion)}" if field.suggestion is not None else "",
        ]  # fmt: skip
        self._data.write_comment(row, col, _clean("\n".join(filter(None, parts))), {"author": "nianbao"})


class _List:
    """A sheet of rows under a frozen line of names."""

    def __init__(self, sheet: Any, columns: Sequence[str], form: Any) -> None:
        self._sheet = sheet
        self._next = 1
        for col, name in enumerate(columns):
            sheet.write_string(0, col, name, form)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, 0, len(columns) - 1)
        sheet.set_column(0, len(columns) - 1, 14)

    def add(self, values: Sequence[object]) -> None:
        if (
            self._next >= _ROW_LIMIT
        ):  # Excel has no more rows, and the library would leave them out in silence
            raise TooLarge(f"工作表超过 {_ROW_LIMIT} 行", remedy="请改用 --format csv 或 jsonl，或分批导出。")
        for col, value in enumerate(values):
            if isinstance(value, bool):
                self._sheet.write_string(self._next, col, "是" if value else "")
            elif value is not None:
                _put(self._sheet, self._next, col, value, None)
        self._next += 1


def _field(field: FieldValue, spec: FieldSpec | None) -> tuple[object, ...]:
    place = (spec.table, field.id, spec.row, spec.column) if spec else (None, field.id, None, None)
    return (
        *place, field.value, words.STATES[field.state], field.raw, round(field.confidence, 6),
        field.needs_review, words.reasons(field), field.suggestion, field.page,
        " ".join(f"{v:.1f}" for v in field.bbox) if field.bbox else None,
    )  # fmt: skip


def _content(field: FieldValue | None) -> Number | str | None:
    if field is None:
        return None
    return field.value if field.state == "printed" else words.shown(field)


def _put(sheet: Any, row: int, col: int, value: object, form: Any) -> None:
    """Numbers as numbers, everything else as text.

    Excel keeps 15 digits: a longer number goes in as text, so that none of its digits is lost.
    """
    if value is None or value == "":
        sheet.write_blank(row, col, None, form)
    elif isinstance(value, str):
        sheet.write_string(row, col, _clean(value)[:_CELL_LIMIT], form)
    elif len(str(value).lstrip("-").replace(".", "")) > 15 and not isinstance(value, float):
        sheet.write_string(row, col, str(value), form)
    else:
        sheet.write_number(row, col, value, form)


def _clean(text: str) -> str:
    """Without characters that XML cannot hold."""
    return "".join(
        c
        for c in text
        if c in "\t\n\r" or (c >= " " and not 0xD800 <= ord(c) <= 0xDFFF and c not in "\ufffe\uffff")
    )
