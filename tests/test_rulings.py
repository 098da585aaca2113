"""Drawn lines made whole: pieces, dashes, dots and double lines joined; tables told apart."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from extractor.geometry.marks import Ruling
from extractor.geometry.rulings import DASH_GAP, JOIN_GAP, LONE_DOT, join, meshes

TOLERANCE = 2.0


def ruling(horizontal: bool, at: float, a: float, b: float) -> Ruling:
    return Ruling(horizontal, at, a, b, 0.5)


def line(at: float, *cuts: float, gap: float = 0.0) -> list[Ruling]:
    """A horizontal line in pieces that end at `cuts`, `gap` points apart."""
    return [ruling(True, at, a, b - gap) for a, b in pairwise(cuts)]


pieces = st.lists(st.floats(3.0, 60.0), min_size=1, max_size=40)


@given(pieces, st.floats(0, JOIN_GAP), st.booleans())
def test_touching_pieces_are_one_line(lengths, gap, horizontal):
    at, made = 50.0, []
    for length in lengths:
        made.append(ruling(horizontal, 100.0, at, at + length))
        at += length + gap
    found = join(made, horizontal, TOLERANCE)
    assert len(found) == (1 if made[-1].b - made[0].a > LONE_DOT else 0)
    if found:
        assert (found[0].a, found[0].b) == (50.0, made[-1].b)
        assert abs(found[0].at - 100) < 1e-9


@given(st.integers(3, 200), st.floats(0.4, 3.0), st.floats(0.3, DASH_GAP - 0.2))
def test_dots_in_a_row_are_one_line(count, length, gap):
    dots = [ruling(True, 30, 10 + i * (length + gap), 10 + i * (length + gap) + length) for i in range(count)]
    found = join(dots, True, TOLERANCE)
    assert len(found) == (1 if dots[-1].b - dots[0].a > LONE_DOT else 0)
    assert all((s.a, s.b) == (dots[0].a, dots[-1].b) for s in found)


@given(st.floats(JOIN_GAP + 0.1, 50))
def test_a_gap_parts_two_lines(gap):
    found = join([ruling(True, 10, 0, 40), ruling(True, 10, 40 + gap, 90 + gap)], True, TOLERANCE)
    assert [(s.a, s.b) for s in found] == [(0, 40), (40 + gap, 90 + gap)]


@given(st.lists(st.floats(20, 700), min_size=1, max_size=15), st.floats(0, TOLERANCE))
def test_double_lines_are_one_and_rows_stay_apart(places, apart):
    ys = sorted({round(y / 9) * 9 for y in places})  # the lowest rows met are 6 pt high
    made = [ruling(True, y + d, 10, 300) for y in ys for d in (0, apart)]
    assert [round(s.at - apart / 2, 6) for s in join(made, True, TOLERANCE)] == ys


def test_a_stair_of_near_lines_is_not_drawn_together_without_end():
    made = [ruling(True, 10 + 1.9 * i, 0, 100) for i in range(40)]
    found = join(made, True, TOLERANCE)
    assert len(found) >= 40 * 1.9 / (2 * TOLERANCE) / 2


def test_a_lone_dot_is_no_line():
    assert join([ruling(True, 10, 5, 7)], True, TOLERANCE) == []


def test_directions_do_not_mix():
    made = [ruling(True, 10, 0, 50), ruling(False, 10, 0, 50)]
    assert len(join(made, True, TOLERANCE)) == len(join(made, False, TOLERANCE)) == 1


def _frame(x: float, y: float, wide: float = 100, high: float = 60) -> list[Ruling]:
    return [
        ruling(True, y, x, x + wide), ruling(True, y + high, x, x + wide),
        ruling(False, x, y, y + high), ruling(False, x + wide, y, y + high),
    ]  # fmt: skip


def _meshes(made: list[Ruling]):
    return meshes(join(made, True, TOLERANCE), join(made, False, TOLERANCE), TOLERANCE + 1)


@given(st.integers(1, 6), st.integers(1, 3))
def test_tables_apart_are_told_apart(down, across):
    made = [r for i in range(down) for j in range(across) for r in _frame(20 + 150 * j, 30 + 90 * i)]
    tables, loose = _meshes(made)
    assert len(tables) == down * across and loose == []
    assert all(len(m.horizontal) == len(m.vertical) == 2 for m in tables)


def test_boxes_inside_a_frame_belong_to_it():
    tables, _ = _meshes([*_frame(20, 20, 300, 200), *_frame(60, 60), *_frame(200, 120, 50, 40)])
    assert len(tables) == 1 and len(tables[0].horizontal) == 6


def test_lines_that_end_short_of_each_other_still_meet():
    made = [
        ruling(True, 20, 22, 118),
        ruling(True, 80, 22, 118),
        ruling(False, 20, 22, 78),
        ruling(False, 120, 22, 78),
    ]
    assert len(_meshes(made)[0]) == 1


def test_rules_between_rows_alone_are_loose():
    tables, loose = _meshes([ruling(True, y, 20, 300) for y in range(50, 200, 20)])
    assert tables == [] and len(loose) == 8
