"""Pages made even: what is lifted out, and what only looks as if it had to be."""

from __future__ import annotations

import numpy as np

from extractor.geometry.pixels import components, even
from extractor.geometry.pixels_flat import flatten


def paper(height: int = 403, width: int = 301) -> np.ndarray:
    page = np.full((height, width, 3), 236, np.uint8)
    page[60:340:20, 40:260] = 30
    return page


def test_a_page_without_red_has_no_red_plane() -> None:
    assert even(paper()).red is None


def test_a_stamp_is_lifted_and_told() -> None:
    page = paper()
    page[100:180, 100:180] = (220, 40, 50)
    found = even(page)
    assert found.red is not None
    assert int((found.red > 60).sum()) > 5000
    assert int(found.gray[105:115, 110:170].min()) > 150


def test_paper_is_even_to_the_last_row_and_column() -> None:
    gray = even(paper()).gray
    assert int(gray[-6:].min()) > 240
    assert int(gray[:, -6:].min()) > 240


def test_what_touches_at_a_corner_is_one() -> None:
    mask = np.zeros((8, 8), np.uint8)
    mask[1, 1] = mask[2, 2] = mask[6, 6] = 1
    labels, boxes = components(mask)
    assert sorted(b[4] for b in boxes[1:].tolist()) == [1, 2]
    assert labels[1, 1] == labels[2, 2] != labels[6, 6]


def test_several_images_of_a_bent_page_are_flattened_as_each_alone() -> None:
    masks = np.zeros((2, 420, 520), np.uint8)
    xs = np.arange(20, 500)
    for y in range(40, 400, 40):
        masks[0, (y + 9 * np.sin(xs / 520 * np.pi)).astype(int), xs] = 255
    masks[1, 40:400, 20:500:80] = 255
    flat = flatten(masks)
    assert flat.bent
    both = flat.warp_all((masks[0], masks[1]), (0, 255))
    assert (both[0] == flat.warp(masks[0], 0)).all()
    assert (both[1] == flat.warp(masks[1], 255)).all()
