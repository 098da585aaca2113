"""Rows of a grid told apart: a group's label across the table heads no column."""

from __future__ import annotations

import pytest

from extractor.forms.load import load
from extractor.locate.document import _carry_headers, _groups, _groups_next
from extractor.locate.rows import sheet
from extractor.types import Cell, Grid


def table(group: list[tuple[int, int, str]]) -> Grid:
    """Heads, a row of figures, a row of `group` (column, span, text), two rows of figures: a label and three figures."""
    cells = [Cell(0, c, 1, 1, t) for c, t in enumerate(("申请人", "自然人", "商业企业", "总计"))]
    for row in (1, 3, 4):
        cells += [Cell(row, 0, 1, 1, f"第{row}项"), *(Cell(row, c, 1, 1, str(row + c)) for c in (1, 2, 3))]
    cells += [Cell(2, c, 1, span, text) for c, span, text in group]
    return Grid(tuple(sorted(cells, key=lambda c: (c.row, c.col))), 5, 4, "pixels")


@pytest.mark.parametrize("group", [[(0, 4, "（四）无法提供")], [(0, 1, "（四"), (1, 3, "无法提供")]])
def test_a_group_s_label_across_the_table_is_passed_over(group: list[tuple[int, int, str]]) -> None:
    rows = sheet(table(group), 0).rows
    assert [r.index for r in rows] == [0, 1, 3, 4]
    assert [p for r in rows[1:] for p in r.paths] == [("自然人",), ("商业企业",), ("总计",)] * 3


def test_heads_of_another_block_are_heads() -> None:
    """A banner is followed by heads, and these by figures: both stay."""
    block = table([(0, 1, "信息内容"), (1, 1, "甲"), (2, 1, "乙"), (3, 1, "丙")])
    rows = sheet(block, 0).rows
    assert [r.index for r in rows if r.header] == [0, 2]
    assert rows[3].paths == (("甲",), ("乙",), ("丙",))


@pytest.mark.parametrize(("foot", "groups_next"), [("(六)其他处理", True), ("自然人", False), ("(四)无法提供", False)])
def test_a_group_s_label_at_the_foot_of_a_page_heads_no_columns(foot: str, groups_next: bool) -> None:
    forms = load()
    groups = _groups(forms)
    secret = Cell(0, 0, 1, 1, "1.属于国家秘密"), Cell(0, 1, 1, 1, "0"), Cell(0, 2, 1, 1, "0")
    upper = Grid((*secret, Cell(1, 0, 1, 3, foot)), 2, 3, "ruled", 1)
    label = "1.申请人无正当理由逾期不补正、行政机关不再处理其政府信息公开申请"
    lower = Grid((Cell(0, 0, 1, 1, label), Cell(0, 1, 1, 1, "0"), Cell(0, 2, 1, 1, "0")), 1, 3, "ruled", 2)
    above, below = sheet(upper, 0, 1, groups), sheet(lower, 1, 1, groups)
    assert above.rows[-1].header
    assert _groups_next(above, below, groups) is groups_next
    _carry_headers([above, below], groups)
    assert bool(below.rows[0].paths) is not groups_next
