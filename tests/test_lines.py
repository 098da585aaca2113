"""Characters to words, lines and cell texts, by position alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.geometry.lines import LazyWords, cell_text, drop_doubles, rows_of, words
from extractor.geometry.marks import Char
from extractor.geometry.page import text_lines, tolerance_of

SIZE = 10.0


def typed(
    text: str, x: float = 50.0, y: float = 100.0, size: float = SIZE, step: float | None = None
) -> list[Char]:
    """A run as a PDF states it: Chinese characters as wide as high, others half."""
    out = []
    for ch in text:
        wide = size if ord(ch) > 0x2000 else size / 2
        if ch != " ":
            out.append(Char(ch, x, y - size / 2, x + wide, y + size / 2, size))
        x += wide if step is None else step
    return out


texts = st.text("0123456789规章行政许可处罚件数总计", min_size=1, max_size=12)


@given(st.lists(texts, min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_lines_come_back_whatever_order_the_file_has(rows, rng):
    chars = [c for i, t in enumerate(rows) for c in typed(t, y=100 + 14 * i)]
    rng.shuffle(chars)
    assert ["".join(c.text for c in line) for line in rows_of(chars)] == rows


@given(texts, st.floats(-0.25, 0.25), st.floats(-0.25, 0.25))
def test_fake_bold_is_printed_once(text, dx, dy):
    chars = typed(text)
    twice = chars + [
        replace(c, x0=c.x0 + dx, x1=c.x1 + dx, top=c.top + dy, bottom=c.bottom + dy) for c in chars
    ]
    twice.sort(key=lambda c: c.x0)
    assert "".join(c.text for c in drop_doubles(twice)) == text
    assert cell_text(twice) == text


@given(st.integers(0, 9), st.integers(2, 9))
def test_repeated_digits_of_a_number_stay(digit, count):
    text = str(digit) * count
    assert cell_text(typed(text)) == text
    assert [w.text for w in words(typed(text))] == [text]


@pytest.mark.parametrize("size", [4.0, 9.0, 16.0])
def test_a_space_between_figures_is_kept_and_justified_text_has_none(size):
    assert cell_text(typed("12 34", size=size)) == "12 34"
    assert cell_text(typed("行政许可", size=size, step=size * 1.35)) == "行政许可"
    assert [w.text for w in words(typed("12", size=size) + typed("34", x=50 + size * 1.8, size=size))] == [
        "12",
        "34",
    ]


def test_columns_are_words_of_their_own():
    chars = typed("自然人", 50) + typed("商业企业", 120) + typed("7", 200) + typed("/", 230)
    assert [w.text for w in words(chars)] == ["自然人", "商业企业", "7", "/"]
    assert words(chars)[1].box == (120, 95, 160, 105)


def test_words_are_made_when_asked_for():
    lazy = LazyWords(typed("12 34"))
    assert lazy._chars is not None
    assert len(lazy) == 2 and lazy[1].text == "34" and lazy._chars is None
    assert [w.text for w in lazy] == ["12", "34"]


def test_a_label_of_several_lines():
    chars = typed("三、本年度", y=100) + typed("办理结果", y=114)
    assert cell_text(chars) == "三、本年度\n办理结果"
    assert cell_text([]) == ""


@given(st.integers(10, 10**11))
def test_a_number_broken_for_want_of_room_is_whole(n):
    text = str(n)
    at = len(text) - 1
    broken = typed(text[:at], y=100) + typed(text[at:], y=112)
    assert cell_text(broken, width=at * SIZE / 2 + 8) == text
    # With room for more, the break is the writer's: two figures, and a doubt.
    assert cell_text(broken, width=at * SIZE / 2 + 60) == f"{text[:at]}\n{text[at:]}"


def test_superscripts_and_uneven_lines_stay_in_line():
    chars = typed("规章", y=100) + typed("12", x=75, y=102, size=8)
    assert len(rows_of(chars)) == 1


def test_running_text_keeps_its_spaces_and_places():
    lines = text_lines(3, typed("2023年 工作", y=60) + typed("一、总体情况", y=80))
    assert [(x.text, x.page) for x in lines] == [("2023年 工作", 3), ("一、总体情况", 3)]
    assert lines[0].box is not None and lines[0].box[1] < lines[1].box[1]  # type: ignore[index]


@given(st.lists(st.floats(3, 20), min_size=1, max_size=30))
def test_tolerance_lies_between_double_lines_and_low_rows(sizes):
    found = tolerance_of([replace(typed("1")[0], size=s) for s in sizes])
    assert 1.0 <= found <= 3.6
    assert tolerance_of([]) == 2.0


@pytest.mark.parametrize("gap", [0.0, 2.5, 4.0])
def test_the_word_for_a_sign_stays_with_its_figure(gap):
    """减 2 is one change; a column's figure stands further off."""
    chars = typed("减", 50) + typed("2", 60 + gap)
    assert [w.text for w in words(chars)] == ["减2"]
    assert [w.text for w in words(typed("减", 50) + typed("2", 70))] == ["减", "2"]


def test_small_type_in_the_margin_takes_no_point_out_of_a_figure():
    line = [
        replace(c, top=c.top + 7.6, bottom=c.bottom - 0.4) if c.text == "." else c
        for c in typed("全年收费29.75万元")
    ]
    margin = typed("proof 3 17 204 8", x=10, y=97.4, size=2)
    assert any("29.75" in "".join(c.text for c in row) for row in rows_of([*line, *margin]))
