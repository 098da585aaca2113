"""Plain text: dumps of one cell a line, tabs, pipes, boxes, aligned spaces, encodings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.errors import Damaged, TooLarge, Unreadable
from extractor.inputs.encoding import DOUBTFUL, decode
from extractor.inputs.text import read
from extractor.settings import Limits, Options
from extractor.types import Block, Grid, Line


def blocks(text: str | bytes) -> tuple[Block, ...]:
    data = text.encode() if isinstance(text, str) else text
    return read(data, Options(), Limits()).blocks


def rows(grid: Block) -> list[list[str]]:
    assert isinstance(grid, Grid)
    out: list[list[str]] = [[] for _ in range(grid.n_rows)]
    for cell in grid.cells:
        out[cell.row].append(cell.text or "")
    return out


def texts(found: tuple[Block, ...]) -> list[str]:
    return [b.text for b in found if isinstance(b, Line)]


PROSE = "全年主动公开政府信息若干条，及时回应群众关切，各项任务按要求落实到位，取得了较好的成效，明年继续。"
DUMP = """云溪县水务局
[bookmark: _GoBack]二、主动公开情况
\t第一类

\t内容
\t本年
件数
\t有效件数

\t规章
\t0
\t

\t
\t文件
\t12


三、申请情况
\t甲
\t乙

\t1
\t2
"""


def test_a_dump_gives_its_cells_row_by_row_and_makes_up_none():
    found = blocks(DUMP)
    assert texts(found) == ["云溪县水务局", "二、主动公开情况", "三、申请情况"]
    first, second = (b for b in found if isinstance(b, Grid))
    assert rows(first) == [
        ["第一类"],
        ["内容", "本年\n件数", "有效件数"],
        ["规章", "0", ""],
        ["", "文件", "12"],
    ]
    assert rows(second) == [["甲", "乙"], ["1", "2"]]
    assert first.origin == "dump" and first.n_cols == 3
    assert [(c.col, c.text) for c in first.cells if c.row == 3] == [(0, ""), (1, "文件"), (2, "12")]


def test_order_of_lines_and_tables_is_kept():
    kinds = ["grid" if isinstance(b, Grid) else b.text for b in blocks(DUMP)]
    assert kinds == ["云溪县水务局", "二、主动公开情况", "grid", "三、申请情况", "grid"]


def test_a_dump_whose_editor_stripped_line_ends_stays_one_table():
    found = blocks("表\n\t甲\n\t乙\n\n\n\t1\n\t2\n\n\n\t3\n\t4\n\n文")
    (grid,) = (b for b in found if isinstance(b, Grid))
    assert rows(grid) == [["甲", "乙"], ["1", "2"], ["3", "4"]]


def test_paragraphs_indented_by_a_tab_are_no_table():
    found = blocks(f"\t{PROSE}\n\t{PROSE}\n\n\t{PROSE}\n")
    assert texts(found) == [PROSE] * 3 and len(found) == 3


def test_a_table_under_a_paragraph_indented_by_a_tab():
    found = blocks(f"\t{PROSE}\n\t甲\n\t乙\n\n\t1\n\t2\n")
    assert texts(found) == [PROSE]
    assert rows(found[1]) == [["甲", "乙"], ["1", "2"]]


def test_rows_with_tabs_keep_empty_cells_and_quoted_line_feeds():
    found = blocks('标题\n项\t"商业\n企业"\t总计\n一、新收\t1\t\t2\n\t0\t0\n三、另一节\n甲\t乙\n3\t4\n')
    grids = [b for b in found if isinstance(b, Grid)]
    assert rows(grids[0]) == [["项", "商业\n企业", "总计"], ["一、新收", "1", "", "2"], ["", "0", "0"]]
    assert texts(found) == ["标题", "三、另一节"]
    assert rows(grids[1]) == [["甲", "乙"], ["3", "4"]]


def test_a_line_with_one_tab_in_prose_is_a_line():
    found = blocks("联系人：某某\t电话：见门户网站\n\n以上为报告。")
    assert texts(found) == ["联系人：某某 电话：见门户网站", "以上为报告。"]


def test_markdown_tables():
    found = blocks("前\n\n| 项目 | 件数 |\n|---|---:|\n| 规章 | 0 |\n| - | - |\n\n后")
    assert rows(found[1]) == [["项目", "件数"], ["规章", "0"], ["-", "-"]]
    assert texts(found) == ["前", "后"]


def test_box_tables_tell_spans_and_cells_of_several_lines():
    box = """
┌──────┬────┬────┐
│项目  │ 申请人  │
│      ├────┼────┤
│      │自然│组织│
│      │人  │    │
├──────┼────┼────┤
│新收  │ 1  │ 2  │
├──────┴────┼────┤
│结转       │ 3  │
└───────────┴────┘
"""
    (grid,) = blocks(box)
    assert isinstance(grid, Grid)
    placed = {c.text: (c.col, c.col_span) for c in grid.cells if c.text}
    assert placed["申请人"] == (1, 2)
    assert placed["2"] == (2, 1) and placed["结转"] == (0, 2) and placed["3"] == (2, 1)


def test_columns_aligned_by_spaces_keep_blank_cells_in_their_column():
    found = blocks(
        "项目          自然人   企业   总计\n"
        "新收            12      3     15\n"
        "结转             4             4\n"
        "办结            16      3     19\n"
    )
    (grid,) = found
    assert isinstance(grid, Grid)
    at = {(c.row, c.col): c.text for c in grid.cells}
    assert at[(2, 1)] == "4" and at[(2, 3)] == "4" and at[(2, 2)] == ""
    assert at[(1, 0)] == "新收" and at[(0, 2)] == "企业"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030", "gbk"]
)
def test_encodings(encoding):
    text = "清屏市粮食局2021年年度报告\n一、总体情况\n收到申请12件。\n" * 5
    document = read(text.encode(encoding), Options(), Limits())
    assert [b.text for b in document.blocks if isinstance(b, Line)] == text.split()
    assert document.doubts == ()


def test_a_torn_byte_is_doubted_not_refused():
    data = ("云溪县二〇二一年报告" * 200).encode() + b"\xe4\xba"
    found = decode(data)
    assert found.encoding == "utf-8" and found.doubts == (DOUBTFUL,)
    assert found.text.startswith("云溪县")


def test_utf8_wins_over_a_wrong_label_and_gb_over_a_single_byte_one():
    text = "政府信息公开年度报告"
    assert decode(text.encode(), "gb2312").text == text
    assert decode(text.encode("gb18030"), "iso-8859-1").text == text
    assert decode("政府資訊公開年度報告".encode("big5"), "big5").text == "政府資訊公開年度報告"


def test_nothing_in_it():
    with pytest.raises(Unreadable):
        blocks(" \n\t\n ")
    with pytest.raises(Damaged):
        decode(bytes(range(0x80, 0x100)) * 40 + b"\xff\xff")


def test_too_many_lines():
    with pytest.raises(TooLarge):
        read(b"a\n" * 100, Options(), Limits(max_markup_nodes=50))


def test_the_reader_states_the_cells_and_has_no_second_way():
    document = read(DUMP.encode(), Options(), Limits())
    grid = next(b for b in document.blocks if isinstance(b, Grid))
    readings = document.reader.figures(grid.cells)
    assert [r.text for r in readings] == [c.text for c in grid.cells]
    assert {(r.engine, r.score) for r in readings} == {("text", 1.0)}
    assert document.reader.again(grid.cells) == [None] * len(grid.cells)


cell = st.text(st.sampled_from("甲乙丙丁0123456789（）.、"), max_size=8)


@given(st.lists(st.lists(cell, min_size=2, max_size=9), min_size=2, max_size=12))
def test_any_dump_comes_back_cell_by_cell(table):
    found = blocks("表\n" + "\n\n".join("\n".join(f"\t{c}" for c in row) for row in table) + "\n\n文")
    (grid,) = (b for b in found if isinstance(b, Grid))
    assert rows(grid) == table
    assert texts(found) == ["表", "文"]


@given(st.text(st.sampled_from('甲 乙\t|1\n　-+。"│'), max_size=200))
def test_no_character_of_any_text_is_lost(text):
    def signs(s: str) -> list[str]:
        return sorted(c for c in s if c in "甲乙1。")

    if not text.strip(" \t\n　"):
        return
    try:
        found = blocks(text)
    except Unreadable:
        assert not signs(text)
        return
    shown = "".join(b.text if isinstance(b, Line) else "".join(c.text or "" for c in b.cells) for b in found)
    assert signs(shown) == signs(text)


def aligned(text: str) -> dict[tuple[int, int], str | None]:
    (grid,) = [b for b in blocks(text) if isinstance(b, Grid)]
    return {(c.row, c.col): c.text for c in grid.cells}


def test_a_column_without_figures_stays_a_column() -> None:
    at = aligned(
        "项目   自然人   企业   总计\n"
        "新收   12       3\n"
        "结转   4        0\n"
    )  # fmt: skip
    assert [at[(r, 3)] for r in range(3)] == ["总计", "", ""]


def test_marks_that_fonts_draw_one_or_two_columns_wide() -> None:
    """Text made with two columns for “, ” and — is read with two."""
    at = aligned(
        "项目             自然人   总计\n"
        "“三安全一稳定”   ——       8\n"
        "行政执法案卷     10       9\n"
        "国家秘密         2        7\n"
    )
    assert [at[(r, 2)] for r in range(1, 4)] == ["8", "9", "7"]


def test_a_row_that_lacks_a_figure_says_so() -> None:
    """Columns that are nowhere over one another: which figure is blank cannot be told."""
    (grid,) = [b for b in blocks("项目  一  二\n甲      1  2\n很长的乙乙  3  4\n丙  5\n") if isinstance(b, Grid)]
    doubts = {c.row: c.doubts for c in grid.cells}
    assert not doubts[1] and doubts[3]


def test_a_blank_line_parts_two_tables() -> None:
    found = blocks("项目  自然人\n甲  1\n乙  2\n\n其他项目      总计\n丙            3\n丁            4\n")
    assert [b.n_rows for b in found if isinstance(b, Grid)] == [3, 3]


def test_lines_that_a_program_broke_are_joined() -> None:
    whole = "　　" + "全年共收到政府信息公开申请一百八十六件，均按时办结并答复申请人，办理质量稳步提升；" * 5 + "成效明显。"
    cut = [whole[i : i + 30] for i in range(0, len(whole), 30)]
    found = texts(blocks("\n".join([*cut, "（二）依申请公开。", "　　下一段。"])))
    assert found == [whole.strip(), "（二）依申请公开。", "下一段。"]


def test_short_lines_are_paragraphs_of_their_own() -> None:
    lines = ["某某局文件", "关于公开工作的说明", "收到申请若干件", "答复若干件"]
    assert texts(blocks("\n".join(lines))) == lines
