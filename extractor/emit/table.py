"""A report for a person at a terminal: head, the tables as the form prints them, findings, what to look at.

Doubtful cells carry a sign as well as a colour: `?` has to be looked at, `!` stands in a sum that fails.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from extractor.emit import words
from extractor.emit.boxes import RESET, Box, draw, wrap
from extractor.emit.json import number
from extractor.emit.layout import TableLayout, lay_out
from extractor.forms.model import Form, TableSpec
from extractor.inputs.text_tables import width as columns_of
from extractor.types import FieldValue, Report, Section, Statement

_BOLD, _DIM, _RED, _YELLOW, _GREEN = "\x1b[1m", "\x1b[2m", "\x1b[1;31m", "\x1b[1;33m", "\x1b[32m"
_LEAST = 40
"""Display columns below which no table is drawn whatever the terminal says."""
_MOST = 132
"""A wider terminal gains nothing: the widest table has its labels on one line by then."""
_FIGURE = 4
"""Least columns of a figure: two Chinese characters of its heading, or three digits and a sign."""
_LABEL = (6, 40)
"""Least and most columns of the innermost label; outer group labels take _GROUP."""
_GROUP = (4, 14)


def render(report: Report, forms: Sequence[Form], columns: int = 100, color: bool = False) -> str:
    """The report as text lines of at most `columns` display columns where the tables' figures allow it."""
    return _Page(report, forms, max(_LEAST, min(columns, _MOST)), color).text()


class _Page:
    def __init__(self, report: Report, forms: Sequence[Form], columns: int, color: bool) -> None:
        self._report = report
        self._columns = columns
        self._color = color
        self._tables = words.tables_of(report, forms)
        self._names = words.names_of(report, forms)
        self._fields = {f.id: f for f in report.fields}
        self._failing = words.failing(report)

    def text(self) -> str:
        parts = [*self._head()]
        if self._report.error is not None:
            parts += self._error()
            return "\n".join(parts) + "\n"
        for table in self._tables:
            parts += ["", self._paint(_BOLD, f"{table.title}（单位：{table.unit}）"), *self._table(table)]
        parts += [*self._legend(), *self._findings(), *self._sections(), *self._review()]
        return "\n".join(parts) + "\n"

    def _paint(self, style: str, text: str) -> str:
        return f"{style}{text}{RESET}" if self._color and text else text

    def _wrapped(self, text: str, first: str = "", rest: str | None = None) -> Iterator[str]:
        """The text in lines, the first behind `first`, the others behind `rest` (default: as many spaces)."""
        indent = " " * columns_of(first) if rest is None else rest
        for at, line in enumerate(wrap(text, max(10, self._columns - columns_of(first)))):
            yield (indent if at else first) + line

    # ------------------------------------------------------------ head

    def _head(self) -> Iterator[str]:
        report, head = self._report, self._report.head
        yield self._paint(_BOLD, _plain(head.title or head.organ or report.filename))
        about = [
            f"机关：{_plain(head.organ)}" if head.organ else "",
            f"年度：{head.year}" if head.year else "",
            f"统计期限：{head.period[0]} 至 {head.period[1]}" if head.period else "",
            f"表样：{self._edition()}" if report.form else "",
            f"来源：{words.SOURCES[report.source]}" if report.source else "",
            f"{report.pages} 页" if report.pages else "",
            f"文件：{_plain(report.filename)}",
        ]
        line = ""
        for item in filter(None, about):
            if line and columns_of(line) + columns_of(item) + 2 > self._columns:
                yield line
                line = ""
            line = f"{line}  {item}" if line else item
        yield from self._wrapped(line)

    def _edition(self) -> str:
        editions = self._report.tables
        if len(set(editions.values())) < 2:
            return f"{self._report.form} 版"
        return "、".join(f"表{n} {edition} 版" for n, edition in sorted(editions.items()))

    def _error(self) -> Iterator[str]:
        error = self._report.error
        assert error is not None
        yield from (self._paint(_RED, line) for line in self._wrapped(error.message, "✗ "))
        yield from self._wrapped(error.remedy, "→ ")

    # ------------------------------------------------------------ tables

    def _table(self, table: TableSpec) -> list[str]:
        laid = lay_out(table)
        widths = self._widths(laid)
        if widths is None:
            return self._list(table)
        boxes = [self._box(laid, index) for index in range(len(laid.cells))]
        return draw(boxes, widths, _ruled(laid))

    def _box(self, laid: TableLayout, index: int) -> Box:
        cell = laid.cells[index]
        if cell.field_id is None:
            align = "left" if cell.kind == "label" and cell.row_span == 1 else "center"
            style = self._style(_BOLD if cell.kind in ("banner", "head") else "")
            return Box(cell.row, cell.col, cell.row_span, cell.col_span, cell.text, align, style)  # type: ignore[arg-type]
        text, style = self._figure(cell.field_id)
        return Box(cell.row, cell.col, cell.row_span, cell.col_span, text, "right", self._style(style))

    def _style(self, style: str) -> str:
        return style if self._color else ""

    def _figure(self, field_id: str) -> tuple[str, str]:
        field = self._fields.get(field_id)
        if field is None:
            return "", ""
        text = _plain(words.shown(field))
        if field_id in self._failing:
            return f"{text}!", _RED
        if field.needs_review:
            return f"{text}?", _YELLOW
        return f"{text} ", _DIM if text in ("", "0") else ""

    def _widths(self, laid: TableLayout) -> list[int] | None:
        """Inner widths of all columns; None where figures leave too little room for the labels."""
        figures = [_FIGURE] * (laid.n_cols - laid.label_cols)
        for cell in laid.cells:
            if cell.field_id:
                at = cell.col - laid.label_cols
                share = columns_of(self._figure(cell.field_id)[0]) - (cell.col_span - 1) * (_FIGURE + 1)
                figures[at] = max(figures[at], share)
        room = self._columns - 1 - sum(figures) - len(figures) - laid.label_cols
        groups = max(0, laid.label_cols - 1)
        if laid.label_cols:
            group = max(_GROUP[0], min(_GROUP[1], room // 4))
            labels = [group] * groups + [min(_LABEL[1], room - group * groups)]
            if labels[-1] < _LABEL[0]:
                return None
        else:
            labels = []
            if room < 0:
                return None
        spare = (self._columns - 1 - sum(labels) - sum(figures) - laid.n_cols) // max(1, len(figures))
        return [*labels, *(w + max(0, min(4, spare)) for w in figures)]

    def _list(self, table: TableSpec) -> list[str]:
        """The figures under one another, for terminals that are too narrow for the table."""
        out: list[str] = []
        for spec in table.fields:
            text, style = self._figure(spec.id)
            lines = self._wrapped(f"{self._names[spec.id]}：{text.strip()}", "  ")
            out += [self._paint(style if style != _DIM else "", line) for line in lines]
        return out

    def _legend(self) -> Iterator[str]:
        if any(f.needs_review for f in self._report.fields) or self._failing:
            legend = "? 待核  ! 所在勾稽关系不成立  缺 文中无此行或列  ※ 有字迹但无法辨认"
            yield from (self._paint(_DIM, line) for line in self._wrapped(legend))

    # ------------------------------------------------------------ findings, sections, review

    def _findings(self) -> Iterator[str]:
        if not self._report.findings:
            return
        yield from ("", self._paint(_BOLD, "发现的问题"))
        for finding in self._report.findings:
            mark, style = {"error": ("✗", _RED), "warning": ("!", _YELLOW)}.get(finding.severity, ("·", ""))
            where = f"（第 {finding.page} 页）" if finding.page else ""
            for at, line in enumerate(self._wrapped(_plain(finding.message) + where, "  ")):
                yield (self._paint(style, mark) + line[1:]) if not at else line

    def _sections(self) -> Iterator[str]:
        if not self._report.sections:
            return
        yield from ("", self._paint(_BOLD, "各部分"))
        for section in self._report.sections:
            yield from self._wrapped(_section_line(section), "  ")
            for text, group in groupby(section.statements, key=lambda s: s.text):
                yield from self._wrapped(f"“{_plain(text)}”", "    ")
                for statement in group:
                    sign, style = ("✓", _GREEN) if statement.agrees else ("✗", _RED)
                    lines = list(self._wrapped(self._statement(statement), "        "))
                    yield from [f"      {self._paint(style, sign)}{lines[0][7:]}", *lines[1:]]

    def _statement(self, statement: Statement) -> str:
        ids = statement.fields or ((statement.field,) if statement.field else ())
        names = " + ".join(self._names.get(i, i) for i in ids)
        printed = "" if statement.printed is None else f"，表中为 {number(statement.printed)}"
        said = f"{'约 ' if statement.approximate else ''}{number(statement.quantity)} {statement.unit}"
        return f"{said} → {names}{printed}" if names else said

    def _review(self) -> Iterator[str]:
        doubtful = [f for f in self._report.fields if f.needs_review]
        total = len(self._report.fields)
        yield ""
        if not doubtful:
            yield self._paint(_GREEN, f"✓ {total} 个数据全部读出，没有需要人工核对的。")
            return
        yield self._paint(_YELLOW, f"? {total} 个数据中有 {len(doubtful)} 个需要人工核对：")
        for field in doubtful:
            yield from self._wrapped(self._doubt(field, self._names), "  ")

    @staticmethod
    def _doubt(field: FieldValue, names: Mapping[str, str]) -> str:
        text = _plain(words.shown(field)) or words.STATES[field.state]
        parts = [
            f"{names.get(field.id, field.id)}：{text}（把握 {field.confidence:.0%}）",
            words.reasons(field),
            f"建议 {number(field.suggestion)}" if field.suggestion is not None else "",
            f"第 {field.page} 页" if field.page else "",
        ]
        return "，".join(filter(None, parts))


def _section_line(section: Section) -> str:
    pages = f"第 {'、'.join(map(str, section.pages))} 页" if section.pages else ""
    size = f"{len(section.text)} 字" if section.text else ""
    about = "，".join(filter(None, (size, pages)))
    return _plain(section.title) + (f"（{about}）" if about else "")


def _ruled(laid: TableLayout) -> set[int]:
    """Rows with a line above: headings, banners, the first row of figures, and every change of group."""
    out: set[int] = set()
    for cell in laid.cells:
        if cell.kind in ("banner", "head"):
            out |= {cell.row, cell.row + cell.row_span}
        elif cell.kind == "label" and cell.col < max(1, laid.label_cols - 1):
            out.add(cell.row)
    return out


def _plain(text: str | None) -> str:
    """A document's text without what could steer a terminal."""
    return "".join(c if c.isprintable() else " " for c in text or "")
