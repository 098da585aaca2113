"""Is this a report at all?  If not, which error says why."""

from __future__ import annotations

from collections.abc import Sequence

from extractor.errors import NotAReport, OldReport, Unreadable
from extractor.forms.model import Form
from extractor.language.normalise import fold
from extractor.types import Document, FieldValue, Grid, Head, Line, TableFit

_ENOUGH = 0.5
"""A single table must fit at least so well to make a document a report: one that quotes a few of its
labels (a notice about the form, a budget table) stays under 0.35."""


def require_report(document: Document, fits: Sequence[TableFit], forms: Sequence[Form]) -> None:
    """Raises NotAReport, OldReport or Unreadable where no statutory table stands in the document."""
    if len(fits) >= 2 or any(f.score >= _ENOUGH for f in fits):
        return
    text = _text(document)
    if not text:
        raise Unreadable()
    if _old(text):
        raise OldReport()
    title = fold(forms[0].title)
    detail = "文中提到了年度报告，但没有法定表格" if title in text else ""
    raise NotAReport(detail)


def require_figures(fields: Sequence[FieldValue], head: Head) -> None:
    """Raises NotAReport where all tables are empty and no title names the report: the form itself, as notices
    print it.  (An office that left every cell blank still says whose report it is.)
    """
    if head.title is None and all(f.state in ("blank", "missing") for f in fields):
        raise NotAReport("法定表格都是空的：这是表样，不是报告")


def _text(document: Document) -> str:
    parts: list[str] = []
    for block in document.blocks:
        if isinstance(block, Line):
            parts.append(block.text)
        elif isinstance(block, Grid):
            parts += [c.text for c in block.cells if c.text]
    return fold("".join(parts))


def _old(text: str) -> bool:
    """The statistics form that reports up to 2018 carried: a list of indicators with units."""
    return "政府信息公开" in text and ("统计指标" in text or "指标名称" in text) and "单位" in text
