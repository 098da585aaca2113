"""Is this a report at all?  If not, which error says why."""

from __future__ import annotations

from collections.abc import Sequence

from extractor.errors import NotAReport, OldReport, Unreadable
from extractor.forms.model import Form
from extractor.language.normalise import fold
from extractor.language.sections import likeness
from extractor.language.title import find_titles
from extractor.types import PICTURE_ORIGINS, Document, FieldValue, Grid, Head, Line, TableFit

_ENOUGH = 0.5
"""A single table must fit at least so well to make a document a report: one that quotes a few of its
labels (a notice about the form, a budget table) stays under 0.35."""
_ROWS, _COLUMNS = 20, 7
"""Rows and columns that stand in frames where the form's tables do: table 3 has 25 rows of 7 figures, the three
together 32 and more; a page break may take some."""


def require_report(document: Document, fits: Sequence[TableFit], forms: Sequence[Form]) -> None:
    """Raises NotAReport, OldReport or Unreadable where no statutory table stands in the document."""
    if _found(fits):
        return
    text = _text(document)
    if not text:
        raise Unreadable()
    if _old(text):
        raise OldReport()
    title = fold(forms[0].title)
    detail = "文中提到了年度报告，但没有法定表格" if title in text else ""
    raise NotAReport(detail)


_HEADINGS, _HEADING, _LIKE = 5, 30, 86
"""Headings of six that a scan without found tables must have, each a line of so many characters at most and so like
the form's (as extractor/language/head.py asks): a page that quotes the form's tables has fewer."""


def unread_form(document: Document, fits: Sequence[TableFit], forms: Sequence[Form]) -> Form | None:
    """The form of a scanned report whose tables are there and whose labels nobody could read; None for all else.

    A person who has its pages can still read them: every field is asked for, none is given out.
    """
    if _found(fits):
        return None
    lines = [b for b in document.blocks if isinstance(b, Line)]
    title = next(iter(find_titles(lines)), None)
    if title is None or not title.organ or not title.year or title.listed or _old(_text(document)):
        return None
    known = [f for f in forms if f.edition <= str(title.year)]
    form = max(known, key=lambda f: f.edition, default=None)
    return form if form is not None and (_framed(document) or _headed(document, lines, form)) else None


def _framed(document: Document) -> bool:
    """As many rows and columns stand in frames of a picture as the form has."""
    grids = [b for b in document.blocks if isinstance(b, Grid) and b.origin in PICTURE_ORIGINS]
    return sum(g.n_rows for g in grids) >= _ROWS and max(g.n_cols for g in grids) >= _COLUMNS


def _headed(document: Document, lines: Sequence[Line], form: Form) -> bool:
    """A picture with nearly all headings of the form: its tables have no lines that were found."""
    if not any(p.origin == "picture" for p in document.pages):
        return False
    short = [line.text for line in lines if len(line.text) <= _HEADING]
    return sum(any(likeness(t, s) >= _LIKE for t in short) for s in form.sections) >= _HEADINGS


def _found(fits: Sequence[TableFit]) -> bool:
    return len(fits) >= 2 or any(f.score >= _ENOUGH for f in fits)


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
