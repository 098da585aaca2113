"""Rules told by their own ink, and a scanner's streaks told from rules: drawn pages whose lines are known."""

from __future__ import annotations

import numpy as np
import pytest

from extractor.geometry.pixels_ink import _shares, inked, middle, solid
from extractor.geometry.pixels_streaks import without_streaks

XS, YS = [40.0, 140.0, 200.0, 260.0, 320.0], [60.0, 73.0, 86.0, 99.0, 112.0]


def ruled(level: int = 190) -> np.ndarray:
    page = np.full((200, 400), 255, np.uint8)
    for y in YS:
        page[round(y), round(XS[0]) : round(XS[-1])] = level
    for x in XS:
        page[round(YS[0]) : round(YS[-1]), round(x)] = level
    return page


@pytest.mark.parametrize("level", [20, 120, 190, 215])
def test_a_side_that_the_mask_lost_is_seen_by_its_ink(level: int) -> None:
    page = ruled(level)
    drawn = np.ones((5, 4), bool)
    drawn[2, 0] = False
    assert inked(page, YS, XS, drawn).tolist() == (~drawn).tolist()
    page[round(YS[2]), 42:138] = 255
    page[round(YS[2]) - 1 : round(YS[2]) + 2, 50:130:3] = 0
    assert not inked(page, YS, XS, drawn).any(), "strokes of a line of text are no rule"


def test_what_is_dotted_throughout_says_nothing() -> None:
    page = ruled()
    page[round(YS[2]), 42::2] = 255
    drawn = np.ones((5, 4), bool)
    drawn[2, 0] = False
    page[round(YS[2]), 41:139] = 0
    assert not inked(page, YS, XS, drawn).any()


@pytest.mark.parametrize("level", [20, 190])
def test_dark_strokes_in_line_are_no_rule_beside_light_ones(level: int) -> None:
    page = ruled(level)
    xs = sorted([*XS, 170.0])
    drawn = np.ones((6, 4), bool)
    drawn[2] = False
    for row in (1, 2):
        page[round(YS[row]) + 3 : round(YS[row]) + 11, 170] = 0
        drawn[2, row] = True
    assert solid(page, xs, YS, drawn) == [True, True, False, True, True, True]
    page[round(YS[1]) : round(YS[2]), 170] = level
    assert all(solid(page, xs, YS, drawn))


def sheet() -> np.ndarray:
    page = np.full((1200, 900), 255, np.uint8)
    for y in range(200, 1001, 40):
        page[y : y + 2, 100:800] = 60
    for x in range(100, 801, 100):
        page[200:1001, x : x + 2] = 60
    page[240:250, 420:426] = 0
    return page


@pytest.mark.parametrize("width", [1, 2, 3])
def test_a_streak_from_end_to_end_is_taken_out_and_rules_stay(width: int) -> None:
    page = sheet()
    page[:, 422 : 422 + width] = np.minimum(page[:, 422 : 422 + width], 150)
    out = without_streaks(page)
    assert (out[:190, 422 : 422 + width] > 250).all() and (out[260:270, 422 : 422 + width] > 250).all()
    assert (out[242:248, 422] < 10).all(), "a character that it crosses stays"
    assert (out[:, 100:102] == page[:, 100:102]).all() and (out[600:602] == sheet()[600:602]).all()
    across = without_streaks(np.ascontiguousarray(page.T))
    assert (across == out.T).all()


def test_a_picture_cut_at_its_table_keeps_its_rules() -> None:
    page = sheet()[200:1002, 100:802]
    assert (without_streaks(page) == page).all()


@pytest.mark.parametrize("size", [1, 2, 7, 400, 401])
def test_the_middle_level_is_the_median(size: int) -> None:
    values = np.random.default_rng(size).integers(0, 256, size).astype(np.uint8)
    assert middle(values) == np.median(values)


def test_shares_of_sides_leave_the_crossings_out() -> None:
    """Sides of 10, 2 and 8 pixels, one that ends beyond the page and one that lies beyond it, of which nothing is known."""
    dark = np.zeros(24, bool)
    dark[[0, 1, 4, 5, 9, 10, 12, 13, 14]] = True
    shares = _shares(dark, [0.0, 10.0, 12.4, 20.0, 30.0, 40.0])
    assert shares.tolist() == [2 / 7, 1.0, 1 / 5, 0.0, 1.0]
