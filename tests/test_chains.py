"""Words of unruled tables: labels set apart, labels run together, rows that lost their signs."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.forms.model import RowSpec
from extractor.locate.chains import Chain, Match, chains, join_spaced, match_rows, split_glued
from extractor.locate.unruled import Column, blanks_doubted, edges_of, roomy, row_cells, shares
from extractor.types import Cell, Word

SIZE = 9.0


def line(*pieces: tuple[str, float], y: float = 100.0) -> list[Word]:
    """Words of one line at their places."""
    return [Word(t, (x, y, x + SIZE * len(t), y + SIZE), SIZE) for t, x in pieces]


@pytest.mark.parametrize(
    "pieces",
    [[("规", 50), ("章", 65)], [("制", 10), ("发", 24), ("件", 38), ("数", 52)], [("行政处", 10), ("罚", 43)]],
)
def test_a_label_set_apart_is_one_word(pieces):
    joined = join_spaced(line(*pieces), ["规章", "制发件数", "行政处罚"])
    assert [w.text for w in joined] == ["".join(t for t, _ in pieces)]
    assert joined[0].box[0] == pieces[0][1] and joined[0].box[2] == pieces[-1][1] + SIZE * len(pieces[-1][0])


def test_the_first_line_of_a_wrapped_label_is_joined_too():
    words = [*line(("自", 10), ("然", 24)), *line(("人", 17), y=112)]
    assert [w.text for w in join_spaced(words, ["自然人"])] == ["自然", "人"]


def test_what_is_no_label_stays_apart():
    words = line(("自", 10), ("然", 24), ("商业", 40), ("3", 70), ("4", 90))
    assert join_spaced(words, ["企业"]) == words
    far = line(("规", 10), ("章", 90))
    assert join_spaced(far, ["规章"]) == far


@pytest.mark.parametrize("text", ["结果维结果纠", "结果维持结果纠正", "其他结尚未审总计"])
def test_heads_that_run_together_are_parted_whole_or_wrapped(text):
    labels = ["结果维持", "结果纠正", "其他结果", "尚未审结", "总计"]
    parts = split_glued([Word(text, (0.0, 0.0, 60.0, 9.0), SIZE)], labels)
    assert len(parts) > 1 and "".join(p.text for p in parts) == text
    assert all(any(label.startswith(p.text) for label in labels) for p in parts)
    assert all(a.box[2] == b.box[0] for a, b in pairwise(parts))


def rows(*texts: str) -> list[Cell]:
    return [
        Cell(r, c, 1, 1, "行" if c == 0 else t, 1, (c * 10.0, r * 10.0, c * 10.0 + 9, r * 10.0 + 9))
        for r, row in enumerate(texts)
        for c, t in enumerate([" ", *row.split(",")])
    ]


def doubted(cells: list[Cell]) -> set[int]:
    return {c.row for c in blanks_doubted(cells) if "blank_unruled" in c.doubts}


def test_a_row_without_the_signs_that_the_others_have_is_doubted():
    assert doubted(rows("头,头,头", "0,0,3", ",,", "—,0,0")) == {2}


def test_where_nothing_is_printed_for_nothing_a_blank_row_is_none_to_doubt():
    assert doubted(rows("头,头,头", ",,3", ",,", "2,,")) == set()


COLUMNS = [Column(10.0 + 20 * k, None) for k in range(4)]


def cells(*xs: float) -> list[Cell]:
    figures = [Word("0", (x - 2, 50.0, x + 2, 58.0), SIZE) for x in xs]
    return row_cells(1, 1, figures, COLUMNS, edges_of(COLUMNS), (0.0, 50.0, 80.0, 58.0))


def test_as_many_figures_as_columns_fill_them_in_order():
    """Two that crowd under one misplaced head are two columns', not one said twice."""
    assert [c.text for c in cells(10, 30, 32, 70)] == ["0", "0", "0", "0"]


def test_a_merged_cell_that_a_print_repeats_says_its_figure_once():
    assert [c.text for c in cells(8, 12, 30, 50, 70)] == ["0", "0", "0", "0"]


def test_a_blank_beside_a_crowded_cell_is_asked_about():
    made = cells(10, 28, 32)
    assert [c.text for c in made] == ["0", "0 0", "", ""]
    assert all("figures_unaccounted" in c.doubts for c in made[2:]) and "shared_cell" in made[1].doubts


@given(st.lists(st.floats(-1.5, 1.5), min_size=4, max_size=4), st.floats(0, 300))
def test_figures_of_one_line_keep_their_order_wherever_their_base_lines_stand(lifts, y):
    """Crowded under heads that were misread they are told by their order, which no rounding may break."""
    xs = (10.0, 30.0, 32.0, 70.0)
    figures = [
        Word(str(k), (x - 2, y + up, x + 2, y + up + 8), SIZE) for k, (x, up) in enumerate(zip(xs, lifts, strict=True))
    ]
    made = row_cells(1, 1, figures, COLUMNS, edges_of(COLUMNS), (0.0, y, 80.0, y + 8))
    assert [c.text for c in made] == ["0", "1", "2", "3"]


def label_row(*words: tuple[str, float, float]) -> tuple[list[list[Word]], set[int]]:
    """What `shares` gives one row whose label stands at the left, of words (text, x, y)."""
    match = Match(Chain(1, (0,), "行政许可", (0.0, 100.0, 40.0, 109.0)), 1.0, 1.0)
    figures = [Word(t, (x, y, x + 5.0 * len(t), y + SIZE), SIZE) for t, x, y in words]
    return shares([(0.0, 100.0, 40.0, 109.0)], [match], figures, [60.0, 120.0, 180.0])


def test_what_a_narrow_column_leaves_of_a_figure_is_not_dropped():
    share, lost = label_row(("3583629", 70, 97), (".60", 80, 103))
    assert {w.text for w in share[0]} == {"3583629", ".60"} and not lost


def test_digits_among_other_words_where_figures_stand_make_the_row_doubtful():
    assert label_row(("12（含3）项", 70, 100)) == ([[]], {0})
    assert label_row(("不计", 70, 100)) == ([[]], set())


@given(st.lists(st.floats(2, 60), min_size=1, max_size=8))
def test_rows_of_a_picture_get_room_and_never_reach_one_another(gaps):
    """Room for a figure beside a label's second line that was not read: half a line, and half of what is free."""
    tops = [100.0]
    for gap in gaps:
        tops.append(tops[-1] + SIZE + gap)
    made = roomy([(0.0, y, 40.0, y + SIZE) for y in tops])
    for (_, top, _, end), y in zip(made, tops, strict=True):
        assert y - 0.5 * SIZE <= top <= y and y + SIZE <= end <= y + 1.5 * SIZE
    assert all(a[3] <= b[1] + 1e-9 for a, b in pairwise(made))


def test_a_row_on_the_next_page_is_not_followed_by_a_word_of_this_one():
    """3.其他 without its number: the head 其他 further down page 1 is no row after those of page 2."""
    spec = [RowSpec("a", ("予以公开",)), RowSpec("b", ("重复申请",)), RowSpec("c", ("其他",))]
    found = [
        Chain(page, (k,), text, (50.0, y, 90.0, y + 9))
        for k, (text, page, y) in enumerate([("予以公开", 1, 300.0), ("其他", 1, 250.0), ("重复申请", 2, 80.0)])
    ]
    got = match_rows(spec, found)
    assert [m.chain.text if m else None for m in got] == ["予以公开", "重复申请", None]


@pytest.mark.parametrize("text", ["1 1", "2 26"])
def test_a_number_with_a_space_in_it_is_one_figure_and_no_repeated_one(text):
    """A merged cell that a print repeats says the same figure in two columns, not half a character further on."""
    edges = edges_of([Column(100.0, None), Column(140.0, None), Column(180.0, None)])
    columns = [Column(x, None) for x in (100.0, 140.0, 180.0)]
    first, second = text.split()
    figures = [
        Word("5", (96.0, 100.0, 101.0, 109.0), SIZE), Word(first, (136.0, 100.0, 141.0, 109.0), SIZE),
        Word(second, (143.0, 100.0, 148.0, 109.0), SIZE), Word("7", (176.0, 100.0, 181.0, 109.0), SIZE),
    ]  # fmt: skip
    cells = row_cells(1, 1, figures, columns, edges, (0.0, 100.0, 200.0, 109.0))
    assert [c.text for c in cells] == ["5", text, "7"]


def test_a_label_that_begins_with_its_own_short_form_is_taken_whole():
    """Figures stand beside the middle of all of its lines."""
    lines = ["（二）部", "分公开", "（区分处", "理的，只", "计这一情", "形，不计", "其他情形）"]
    words = [w for i, text in enumerate(lines) for w in line((text, 10), y=100.0 + 11 * i)]
    spec = RowSpec("partial", ("三、本年度办理结果", "".join(lines)), ("（二）部分公开",))
    [match] = match_rows([spec], chains(1, words))
    assert match is not None and match.chain.text == "".join(lines)
