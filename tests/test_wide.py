"""Unruled spreadsheet prints: which pages hold the further columns of which."""

from __future__ import annotations

import pytest

from extractor.locate.borderless import _rows_without_place
from extractor.locate.chains import Chain
from extractor.locate.free import FreePage
from extractor.locate.run_on import join_run_on
from extractor.locate.unlabelled import unlabelled
from extractor.locate.unruled import Column
from extractor.locate.wide import _empty_doubted, _groups
from extractor.types import Cell, Document, Grid, PageView, Word


def page(number: int, kind: str) -> PageView:
    """l: labels; f: many figures; e: the few of a last page; s: a short table of the next section."""
    texts = {
        "l": ["一、本年新收政府信息公开申请数量", "12", "0"], "f": ["其他", *["7"] * 30], "e": ["774", "33"],
        "s": ["行政许可", "信息内容", "本年处理决定数量", *["5"] * 6],
    }[kind]  # fmt: skip
    words = tuple(Word(t, (50.0, 20.0 * k, 90.0, 20.0 * k + 9), 9.0) for k, t in enumerate(texts))
    return PageView(number, 595.0, 842.0, words)


@pytest.mark.parametrize(
    ("kinds", "step", "groups"),
    [
        ("lllfff", 3, [[1, 4], [2, 5], [3, 6]]), ("llfefe", 2, [[1, 3, 5], [2, 4, 6]]), ("lf", 1, [[1, 2]]),
        ("lllfffs", 3, [[1, 4], [2, 5], [3, 6]]), ("lff", 2, []), ("lll", 1, []),
    ],
)  # fmt: skip
def test_pages_of_rows_come_first_and_then_pages_of_their_columns(kinds: str, step: int, groups: list[list[int]]):
    pages = [page(n, kind) for n, kind in enumerate(kinds, 1)]
    assert [[p.number for p in g] for g in _groups(pages, step)] == groups


def words_at(y: float, *texts: str) -> list[Word]:
    return [Word(t, (50.0 + 60 * k, y, 60.0 + 60 * k, y + 9), 9.0) for k, t in enumerate(texts)]


@pytest.mark.parametrize(
    ("after", "texts", "doubted"),
    [(["7", "0", "2", "1", "10"], ["7", "0", "2", "1", "10"], False), ([], ["", "", "3", "", ""], True)],
)
def test_the_number_of_a_page_is_no_row_of_the_table_whose_header_ends_it(after: list[str], texts: list[str], doubted: bool):
    heads = words_at(700.0, "结果维持", "结果纠正", "其他结果", "尚未审结", "总计")
    columns = [Column(w.box[0] + 5, Chain(2, (k,), w.text, w.box)) for k, w in enumerate(heads)]
    wide = [*columns, *(Column(c.x + 300, c.head) for c in columns)]
    footer = Word("3", (172.0, 740.0, 177.0, 749.0), 9.0)
    free = {2: FreePage(2, [*heads, footer], [], False), 3: FreePage(3, words_at(60.0, *after), [], False)}
    [grid] = unlabelled(2, wide, free)
    row = [c for c in grid.cells if c.row == 1]
    assert [c.text for c in row[:5]] == texts
    assert all(("figures_unaccounted" in c.doubts) is doubted for c in row)


def test_an_empty_column_of_another_page_is_asked_about():
    """It may be another table's, put beside this one by mistake."""
    cells = [
        Cell(0, 1, 1, 1, "其他", 4), Cell(0, 2, 1, 1, "总计", 5), Cell(0, 3, 1, 1, "合计", 5), Cell(1, 1, 1, 1, "", 4),
        Cell(1, 2, 1, 1, "", 5), Cell(1, 3, 1, 1, "7", 5), Cell(2, 2, 1, 1, "", 5), Cell(2, 3, 1, 1, "", 5),
    ]  # fmt: skip
    doubted = [(c.row, c.col) for c in _empty_doubted(cells, 4) if c.doubts]
    assert doubted == [(1, 2), (2, 2)]


@pytest.mark.parametrize(
    ("origin", "off", "joined"), [("ruled", 0.5, True), ("ruled", 3.0, False), ("pixels", 3.0, True), ("pixels", 6.0, False)]
)
def test_columns_on_another_page_are_joined_where_the_rows_are_level(origin: str, off: float, joined: bool):
    """Two pages of a scan are flattened one by one: their rows are level to a few points, those of a file to one."""

    def part(number: int, labels: bool, shift: float) -> Grid:
        cells: list[Cell] = []
        for r in range(12):
            y0, y1 = 50 + 18.0 * r + shift * (r > 0), 68 + 18.0 * r + (shift if r < 11 else 0)
            texts = [f"{r}.属于国家秘密的信息" if r else "（勾稽关系）"] if labels else []
            texts += [["自然人", "企业", "总计"][c] if r == 0 else str(r + c) for c in range(3)]
            cells += [Cell(r, c, 1, 1, t, number, (40.0 * c, y0, 40.0 * c + 40, y1)) for c, t in enumerate(texts)]
        return Grid(tuple(cells), 12, 4 if labels else 3, origin, number, (0, 50, 160, 266))  # type: ignore[arg-type]

    document = Document("pdf_text", (part(1, True, 0.0), part(2, False, off)), None)  # type: ignore[arg-type]
    blocks = join_run_on(document).blocks
    assert (len(blocks) == 1) is joined


def test_rows_of_another_block_under_a_header_taken_twice_are_no_lone_figures() -> None:
    """The header of one block is often also that of the next: a block that took the one further up spans both."""
    def block(top: float, head: float) -> Grid:
        box = (40.0, head, 300.0, top + 12)
        cells = (
            Cell(0, 1, 1, 1, "处理决定数量", 1, (200.0, head, 300.0, head + 12)),
            Cell(1, 0, 1, 1, "行政许可", 1, (40.0, top, 190.0, top + 12)),
            Cell(1, 1, 1, 1, "5", 1, (200.0, top, 300.0, top + 12)),
        )
        return Grid(cells, 2, 2, "borderless", 1, box, col_edges=(40.0, 195.0, 300.0))

    words = [Word("5", (245.0, top + 2, 251.0, top + 10), 10.0) for top in (120.0, 220.0)]
    free = {1: FreePage(1, words, [])}
    assert _rows_without_place([block(120.0, 100.0), block(220.0, 100.0)], free) == 0
    assert _rows_without_place([block(220.0, 100.0)], free) == 1
