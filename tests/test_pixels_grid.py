"""Grids from line masks that are drawn here: what is drawn is known."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from extractor.geometry.pixels_flat import flatten
from extractor.geometry.pixels_grid import tables

XS, YS = (40, 140, 200, 260, 320, 380), (60, 90, 115, 140, 165, 190, 215, 240, 265, 290)


def masks(height: int = 420, width: int = 520) -> np.ndarray:
    return np.zeros((2, height, width), np.uint8)


def rule(page: np.ndarray, x0: float, y0: float, x1: float, y1: float, level: int = 255) -> None:
    across = abs(x1 - x0) >= abs(y1 - y0)
    layer = page[0 if across else 1]
    layer[round(y0) - 1 : round(y1) + 2, round(x0) - 1 : round(x1) + 2] = level


def ruled(level: int = 255) -> np.ndarray:
    page = masks()
    for y in YS:
        rule(page, XS[0], y, XS[-1], y, level)
    for x in XS:
        rule(page, x, YS[0], x, YS[-1], level)
    return page


def test_a_plain_table_is_one_grid_without_rivals() -> None:
    (readings,) = tables(ruled())
    assert [(len(f.ys) - 1, len(f.xs) - 1) for f in readings] == [(9, 5)]
    assert np.allclose(readings[0].xs, XS, atol=1) and np.allclose(readings[0].ys, YS, atol=1)
    assert readings[0].drawn == 1.0


def test_merged_cells_keep_their_span() -> None:
    page = ruled()
    page[1][YS[0] + 4 : YS[1] - 3, XS[1] - 3 : XS[1] + 4] = 0
    (readings,) = tables(page)
    assert any(s.r0 == 0 and s.c0 == 0 and s.c1 == 2 and s.r1 == 1 for s in readings[0].spans)
    assert len(readings[0].spans) == 9 * 5 - 1


def test_a_gap_in_a_rule_is_closed_by_a_rival() -> None:
    page = ruled()
    page[0][YS[4] - 3 : YS[4] + 4, XS[2] + 5 : XS[3] - 5] = 0
    (readings,) = tables(page)
    assert any(len(f.spans) == 45 for f in readings)
    assert any(len(f.spans) < 45 for f in readings), "what is drawn stays a reading too"


def test_ones_in_line_are_no_column() -> None:
    page = ruled()
    for a, b in pairwise(YS[2:6]):
        rule(page, 230, a + 7, 230, b - 7)
    (readings,) = tables(page)
    assert len(readings[0].xs) == len(XS)


def test_a_side_that_nobody_drew_is_supplied() -> None:
    page = ruled()
    page[0][YS[-1] - 3 :] = 0
    (readings,) = tables(page)
    assert len(readings[0].ys) == len(YS)
    assert readings[0].ys[-1] == pytest.approx(YS[-1], abs=2)


def test_faint_rules_are_found_by_the_lenient_reading() -> None:
    (readings,) = tables(ruled(100))
    assert any((len(f.ys) - 1, len(f.xs) - 1, len(f.spans)) == (9, 5, 45) for f in readings)


def test_the_sheet_s_edge_is_no_table() -> None:
    page = masks(900, 700)
    for y in (5, 890):
        rule(page, 5, y, 690, y)
    for x in (5, 690):
        rule(page, x, 5, x, 890)
    assert tables(page) == []


def test_tables_joined_by_what_shines_through_are_parted() -> None:
    page = masks(700, 520)
    low = 360
    for shift in (0, low):
        for y in YS:
            rule(page, XS[0], y + shift, XS[-1], y + shift)
        for x in XS:
            rule(page, x, YS[0] + shift, x, YS[-1] + shift)
    for x in (XS[0], XS[-1]):
        for y in range(YS[-1], YS[0] + low, 30):
            rule(page, x, y, x, y + 11)
    assert [len(readings[0].ys) - 1 for readings in tables(page)] == [9, 9]


@pytest.mark.parametrize("degrees", [-4.0, -0.7, 0.0, 1.5, 5.0])
def test_skew_is_undone(degrees: float) -> None:
    import cv2

    page = ruled()
    turn = cv2.getRotationMatrix2D((260, 210), -degrees, 1.0)
    skewed = np.stack([cv2.warpAffine(m, turn, (520, 420)) for m in page])
    flat = flatten(skewed)
    assert flat.skew == pytest.approx(degrees, abs=0.12)
    (readings,) = tables(np.stack([flat.warp(m, 0) for m in skewed]))
    assert (len(readings[0].ys) - 1, len(readings[0].xs) - 1, len(readings[0].spans)) == (9, 5, 45)
    x, y = flat.back(readings[0].xs[0], readings[0].ys[0])
    corner = turn @ (XS[0], YS[0], 1)
    assert (x, y) == pytest.approx(tuple(corner), abs=2.5)


def test_curl_is_undone() -> None:
    import cv2

    page = ruled()
    ys, xs = np.mgrid[0:420, 0:520].astype(np.float32)
    bow = 9 * np.cos(xs / 520 * np.pi * 1.3)
    curled = np.stack([cv2.remap(m, xs, ys + bow, cv2.INTER_LINEAR) for m in page])
    flat = flatten(curled)
    assert flat.bent and flat.residual < 1.0
    (readings,) = tables(np.stack([flat.warp(m, 0) for m in curled]))
    assert (len(readings[0].ys) - 1, len(readings[0].xs) - 1) == (9, 5)


def test_a_page_without_rules_stays_as_it_is() -> None:
    flat = flatten(masks())
    assert flat.identity and flat.back(12.0, 34.0) == (12.0, 34.0)


def test_strokes_that_end_before_the_rules_are_told_by_their_ink() -> None:
    """In low rows a digit's mask reaches from rule to rule; the page's own ink does not."""
    low = tuple(range(60, 60 + 13 * 12, 13))
    page = masks()
    paper = np.full((420, 520), 255, np.uint8)
    for y in low:
        rule(page, XS[0], y, XS[-1], y)
        paper[y - 1 : y + 2, XS[0] : XS[-1]] = 20
    for x in XS:
        rule(page, x, low[0], x, low[-1])
        paper[low[0] : low[-1], x - 1 : x + 2] = 20
    for a, b in pairwise(low[2:6]):
        rule(page, 230, a + 2, 230, b - 2)
        paper[a + 3 : b - 2, 229:232] = 20
    assert len(tables(page)[0][0].xs) == len(XS) + 1
    assert len(tables(page, paper)[0][0].xs) == len(XS)


def test_a_rule_that_a_bracket_s_stroke_prolongs_stays_a_rule() -> None:
    """A short true rule keeps its place though strokes of words above and below lie in line with it."""
    page = masks()
    paper = np.full((420, 520), 255, np.uint8)
    for y in YS:
        rule(page, XS[0], y, XS[-1], y)
        paper[y - 1 : y + 2, XS[0] : XS[-1]] = 20
    for x in (XS[0], XS[-1]):
        rule(page, x, YS[0], x, YS[-1])
        paper[YS[0] : YS[-1], x - 1 : x + 2] = 20
    for x in (150, 260):
        rule(page, x, YS[1], x, YS[4])
        paper[YS[1] : YS[4], x - 1 : x + 2] = 20
    for a in (YS[0], YS[4]):
        rule(page, 260, a + 3, 260, a + 21)
        paper[a + 7 : a + 14, 259:262] = 60
    (readings,) = tables(page, paper)
    assert len(readings[0].xs) == 4


def test_blank_margins_are_not_looked_at_and_faint_rules_are_no_margin() -> None:
    from extractor.geometry.pixels_net import _used

    page = np.full((400, 300), 255, np.uint8)
    assert _used(page) == (0, 0, 0, 0)
    page[120:300, 80] = page[120:300, 220] = 215  # a sixth of ink's darkness
    x0, y0, x1, y1 = _used(page)
    assert (x0, y0) == (80 - 32, 120 - 32)
    assert 220 < x1 <= 260
    assert 300 < y1 <= 340


def test_rules_of_which_a_bad_copy_left_pieces_are_whole_in_a_rival() -> None:
    """Two of nine rows are parted, a third here and there hardly: the grid has 45 cells all the same."""
    page = ruled()
    for x in XS[1:-1]:
        page[1][YS[1] - 3 : YS[-2] + 4, x - 3 : x + 4] = 0
    for i in range(4, 7):
        rule(page, XS[1], YS[i], XS[1], YS[i + 1], 60)
    (readings,) = tables(page)
    assert any(len(f.spans) == 45 and f.name == "broken" for f in readings)
    assert any(len(f.spans) < 45 for f in readings)
