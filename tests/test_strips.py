"""Lines of running text on page pictures: found where the page leans, in reading order, without what it lies on."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from extractor.geometry.pixels_flat import flatten
from extractor.ocr.pagepic import PagePicture
from extractor.ocr.strips import straightened

WIDTH, HEIGHT, PITCH, EM = 1000, 1414, 30, 16
LENGTHS = (40, 42, 41, 42, 9, 42, 42, 42, 20, 42, 41, 12)
"""Characters of every line; a short one ends a paragraph."""


def text(lengths: tuple[int, ...] = LENGTHS) -> NDArray[np.uint8]:
    """A page whose characters are squares with a hole."""
    page = np.full((HEIGHT, WIDTH), 255, np.uint8)
    for row, length in enumerate(lengths):
        y = 200 + row * PITCH
        for k in range(length):
            x = 150 + k * (EM + 1)
            page[y : y + EM - 2, x : x + EM - 2] = 0
            page[y + 4 : y + EM - 6, x + 4 : x + EM - 6] = 255
    return page


def leaning(page: NDArray[np.uint8], rise: float) -> NDArray[np.uint8]:
    """Lines to the right end `rise` pixels higher over the page's width."""
    turn = np.array([[1, 0, 0], [-rise / WIDTH, 1, 0]], np.float32)
    return cv2.warpAffine(page, turn, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR, borderValue=255).astype(np.uint8)


def picture(gray: NDArray[np.uint8]) -> PagePicture:
    masks = np.zeros((2, HEIGHT, WIDTH), np.uint8)
    return PagePicture(1, 595, 842, gray, None, masks, WIDTH / 595, flatten(masks), (), 0, 255.0)


@pytest.mark.parametrize("rise", [-60.0, -25.0, 0.0, 25.0, 60.0])
def test_every_line_is_found_once_and_in_order(rise: float) -> None:
    _, found = straightened(picture(leaning(text(), rise)))
    lengths = [round((x1 - x0) / (EM + 1)) for x0, _, x1, _ in found]
    assert lengths == list(LENGTHS)
    assert all(y1 - y0 < 1.5 * EM for _, y0, _, y1 in found)


def test_a_straight_page_stays_as_it_is() -> None:
    given = picture(text())
    assert straightened(given)[0] is given


def test_boxes_are_told_on_the_page_as_it_came() -> None:
    rise = 60.0
    page, found = straightened(picture(leaning(text(), rise)))
    x0, y0, x1, y1 = found[0]
    m = page.mask_scale
    left, right = page.flat.back(x0, y0)[1], page.flat.back(x1, y0)[1]
    assert left - right == pytest.approx(rise * (x1 - x0) / WIDTH, abs=4)
    assert page.box(x0, y0, x1, y1)[1] == pytest.approx((left + right) / 2 / m, abs=1)


def test_what_a_photographed_page_lies_on_is_no_text() -> None:
    rng = np.random.default_rng(1)
    gray = text()
    desk = rng.integers(60, 255, gray.shape).astype(np.uint8)
    gray[:, :70], gray[:, -70:] = desk[:, :70], desk[:, -70:]
    _, found = straightened(picture(gray))
    assert len(found) == len(LENGTHS)


def test_text_at_the_very_side_is_kept() -> None:
    gray = text()
    shifted = np.roll(gray, -150, axis=1)
    _, found = straightened(picture(shifted))
    assert len(found) == len(LENGTHS)


def test_a_line_begun_by_one_begins_there() -> None:
    gray = text((12,))
    gray[200 : 200 + EM, 150 : 150 + EM] = 255
    gray[207:209, 150 : 150 + EM - 2] = 0  # 一
    _, found = straightened(picture(gray))
    assert [round(s[0]) for s in found] == [150]
