"""Is it a report: also where the tables of a scan are there and nobody could read their labels."""

from __future__ import annotations

import pytest

from extractor.errors import NotAReport
from extractor.forms.load import load
from extractor.locate.verdict import require_report, unread_form
from extractor.types import Block, Cell, Document, Grid, GridOrigin, Line, PageView

TITLE = "砚池县商务局2024年政府信息公开工作年度报告"


def document(title: str = TITLE, rows: int = 25, columns: int = 10, origin: GridOrigin = "pixels") -> Document:
    cells = tuple(Cell(r, c, 1, 1, "的" if c == 0 else None, 1) for r in range(rows) for c in range(columns))
    blocks: tuple[Block, ...] = (Line(title, 1, (100.0, 80.0, 500.0, 98.0), 18.0), Line("一、总体情况", 1, None, 12.0))
    return Document("pdf_scan", (*blocks, Grid(cells, rows, columns, origin, 1)), None)  # type: ignore[arg-type]


@pytest.mark.parametrize(("year", "edition"), [("2024", "2021"), ("2021", "2021"), ("2020", "2019")])
def test_a_scanned_report_with_unreadable_labels_has_the_form_of_its_year(year: str, edition: str):
    form = unread_form(document(TITLE.replace("2024", year)), (), load())
    assert form is not None and form.edition == edition


@pytest.mark.parametrize(
    "other",
    [
        document("关于做好2024年政府信息公开工作年度报告编制工作的通知"), document(TITLE.replace("2024", "2017")),
        document(rows=12), document(columns=4), document(origin="ruled"),
    ],
    ids=["a notice", "before the form", "a small table", "narrow tables", "stated text"],
)  # fmt: skip
def test_anything_else_is_refused(other: Document):
    assert unread_form(other, (), load()) is None
    with pytest.raises(NotAReport):
        require_report(other, (), load())


@pytest.mark.parametrize(
    ("origin", "headings", "taken"), [("picture", 6, True), ("picture", 5, True), ("picture", 4, False), ("text", 6, False)]
)
def test_a_scan_with_the_forms_headings_and_no_table_is_a_report_to_be_typed(origin: str, headings: int, taken: bool):
    form = load()[0]
    lines = [Line(TITLE, 1, (100.0, 80.0, 500.0, 98.0), 18.0), *(Line(s.title, 1, None, 12.0) for s in form.sections[:headings])]
    page = PageView(1, 595.0, 842.0, origin=origin)  # type: ignore[arg-type]
    got = unread_form(Document("pdf_scan", tuple(lines), None, (page,)), (), load())  # type: ignore[arg-type]
    assert (got is not None) is taken
