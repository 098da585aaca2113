"""What is cut out of a cell: drawn cells whose ink is known."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.ocr.crops import lean, look, murky

SCALE = 200 / 72
RECT = (20.0, 20.0, 130.0, 70.0)


def cell(text: str = "", thick: int = 2) -> np.ndarray:
    """A cell of 40 by 18 points with rulings, and a text of 7.5 points in its middle."""
    page = np.full((90, 150), 255, np.uint8)
    cv2.rectangle(page, (20, 20), (130, 70), 0, thick)
    if text:
        (wide, high), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 0.85, 2)
        cv2.putText(
            page, text, (75 - wide // 2, 45 + high // 2), cv2.FONT_HERSHEY_SIMPLEX, 0.85, 0, 2, cv2.LINE_AA
        )
    return page


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 9999), st.floats(-2.2, 2.2), st.floats(-2.2, 2.2))
def test_all_ink_is_in_the_wide_crop(number: int, dx: float, dy: float) -> None:
    """However the rectangle errs within a ruling's width, no digit is lost and no ruling is ink."""
    page = cell(str(number))
    seen = look(page, (RECT[0] + dx, RECT[1] + dy, RECT[2] + dx, RECT[3] + dy), SCALE)
    inside = int((page[24:67, 24:127] < 128).sum())
    assert len(seen.lines) == 1
    assert int((seen.lines[0].wide < 128).sum()) == pytest.approx(inside, rel=0.06, abs=4)
    assert int((seen.lines[0].tight < 128).sum()) == pytest.approx(inside, rel=0.06, abs=4)


@pytest.mark.parametrize("off", [-3, 0, 3])
def test_a_blank_cell_has_no_ink(off: int) -> None:
    seen = look(cell(), (RECT[0] + off, RECT[1], RECT[2] + off, RECT[3]), SCALE)
    assert seen.ink == 0.0


def test_specks_are_no_ink() -> None:
    page = cell()
    for x, y in ((50, 40), (80, 55), (100, 33)):
        cv2.circle(page, (x, y), 2, 0, -1)
    seen = look(page, RECT, SCALE)
    assert seen.ink == 0.0 and seen.specks > 0.0


def test_a_faint_digit_is_ink() -> None:
    page = cell("8").astype(np.float32)
    inner = page[26:66, 26:126]
    page[26:66, 26:126] = 255 - (255 - inner) * 0.4
    assert look(page.astype(np.uint8), RECT, SCALE).ink > 0.5


def test_a_stain_through_the_cell_is_taken_out_by_tone() -> None:
    page = cell("5")
    plain = look(page, RECT, SCALE)
    ring = np.full_like(page, 255)
    cv2.line(ring, (35, 10), (52, 90), 120, 7)
    stained = np.minimum(page, ring)
    seen = look(stained, RECT, SCALE)
    assert seen.stained and not plain.stained
    assert seen.ink == pytest.approx(plain.ink, rel=0.3)


def test_a_broken_digit_is_one_line_and_two_lines_are_two() -> None:
    broken = cell("8")
    broken[44:46, 26:126] = 255
    assert len(look(broken, RECT, SCALE).lines) == 1
    two = np.full((120, 150), 255, np.uint8)
    cv2.rectangle(two, (20, 20), (130, 100), 0, 2)
    for y in (50, 85):
        cv2.putText(two, "12", (55, y), cv2.FONT_HERSHEY_SIMPLEX, 0.85, 0, 2, cv2.LINE_AA)
    assert len(look(two, (20, 20, 130, 100), SCALE).lines) == 2


def test_a_slash_leans_and_a_one_does_not() -> None:
    slash, one = np.full((30, 30), 255, np.uint8), np.full((30, 30), 255, np.uint8)
    cv2.line(slash, (19, 4), (11, 26), 0, 2)
    cv2.line(one, (15, 4), (15, 26), 0, 2)
    assert lean(slash) > 0.29 and abs(lean(one)) < 0.05


@pytest.mark.parametrize("line", [1, 5, 9])
def test_a_dash_in_any_line_of_a_tall_cell_is_ink(line: int) -> None:
    """Cells that a label of many lines makes tall print their dash in the first line, in the middle or in the last."""
    page = np.full((320, 150), 255, np.uint8)
    cv2.rectangle(page, (20, 20), (130, 300), 0, 2)
    y = 20 + 28 * line - 10
    page[y : y + 3, 70:80] = 0
    seen = look(page, (20.0, 20.0, 130.0, 300.0), SCALE)
    assert seen.dash and (seen.lines[0].wide < 128).any()


def test_a_rulings_rest_at_the_side_of_a_tall_cell_is_no_dash() -> None:
    page = np.full((320, 150), 255, np.uint8)
    cv2.rectangle(page, (20, 20), (130, 300), 0, 2)
    page[26:29, 70:80] = 0
    assert look(page, (20.0, 20.0, 130.0, 300.0), SCALE).ink == 0.0


@pytest.mark.parametrize(("x", "beside"), [(86, True), (112, False)])
def test_what_was_taken_out_beside_a_figure_may_have_covered_more_of_it(x: int, beside: bool) -> None:
    """The arm of a stamp from the top of the cell to its bottom, touching the figure's side or a digit away from it."""
    page = cell("72")
    cv2.rectangle(page, (x, 20), (x + 12, 70), 0, -1)
    seen = look(page, RECT, SCALE)
    assert seen.stained and seen.ink > 0 and seen.covered is beside


@pytest.mark.parametrize("tone", [110, 140])
def test_a_grey_stamp_over_a_figure_is_taken_out_by_its_tone(tone: int) -> None:
    """Strokes of a grey seal that cross a figure and end within the cell: the figure's black ink is what is left."""
    page = cell("80")
    inked = page < 60
    cv2.line(page, (45, 60), (105, 30), tone, 6)
    page[inked] = 0
    assert murky(page, RECT, SCALE)
    seen, alone = look(page, RECT, SCALE, lift=True), look(cell("80"), RECT, SCALE, lift=True)
    assert seen.stained and not seen.covered
    assert int((seen.lines[0].wide < 128).sum()) == pytest.approx(int((alone.lines[0].wide < 128).sum()), rel=0.1)


def test_a_plain_figure_has_no_tones_of_a_stamp() -> None:
    assert not murky(cell("2068"), RECT, SCALE)
    assert not murky(cell(), RECT, SCALE)


@pytest.mark.parametrize(("side", "cut"), [(130, False), (98, True)])
def test_a_cell_that_ends_in_a_character_says_so(side: int, cut: bool) -> None:
    """Where the ruling was not where the grid has it, the last digit stands half outside the cell."""
    page = cell("2030")
    cv2.line(page, (130, 18), (130, 72), 255, 5)
    assert look(page, (RECT[0], RECT[1], side, RECT[3]), SCALE).covered is cut
