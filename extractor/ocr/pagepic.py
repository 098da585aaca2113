"""One page picture made ready: even, upright, flat, with its rules and readings of its tables.

Two steps, because which way up a page stands is decided for the document: `prepare` every page, let
turn.decide say, then `lay_out` each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from extractor.geometry.pixels import even, fit, turned
from extractor.geometry.pixels_flat import Flat, flatten
from extractor.geometry.pixels_grid import PixelFrame, tables
from extractor.geometry.pixels_net import line_masks, net_size
from extractor.geometry.pixels_streaks import without_streaks
from extractor.ocr.turn import evidence

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from extractor.types import Box

    Gray = NDArray[Any]
    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A page as it came: evened, not yet turned.  `width`, `height`: points."""

    gray: Gray
    red: Gray | None
    small: Gray
    width: float
    height: float
    contrast: float
    lying: Floats


@dataclass(frozen=True, slots=True)
class PagePicture:
    """A page upright and flat.  Pixels of `gray` and `red` are flattened; `scale` is theirs a point.

    `frames`: each table's readings in pixels of the mask; `masks`: flattened.  `turned`: degrees clockwise.
    """

    number: int
    width: float
    height: float
    gray: Gray
    red: Gray | None
    masks: Gray
    scale: float
    flat: Flat
    frames: tuple[tuple[PixelFrame, ...], ...]
    turned: int
    contrast: float

    @property
    def mask_scale(self) -> float:
        """Pixels of the mask a point."""
        return float(self.masks.shape[2] / self.width)

    def pixels(self, x: float, y: float) -> tuple[float, float]:
        """A point of the mask in pixels of `gray`."""
        rx, ry = self.gray.shape[1] / self.masks.shape[2], self.gray.shape[0] / self.masks.shape[1]
        return (x + 0.5) * rx - 0.5, (y + 0.5) * ry - 0.5

    def rect(self, box: Box) -> tuple[int, int, int, int]:
        """A box of the upright page (points, before flattening) in pixels of `gray`: the inverse of `box`.

        `flat.back` bends little over a few points, so stepping by what is missing settles in a few rounds.
        """
        m = self.mask_scale
        out: list[float] = []
        for px, py in ((box[0] * m, box[1] * m), (box[2] * m, box[3] * m)):
            x, y = px, py
            for _ in range(4):
                bx, by = self.flat.back(x, y)
                x, y = x + px - bx, y + py - by
            out += self.pixels(x, y)
        return round(out[0]), round(out[1]), round(out[2]), round(out[3])

    def box(self, x0: float, y0: float, x1: float, y1: float) -> Box:
        """A rectangle of the mask as the upright page's box, points, before flattening."""
        corners = [self.flat.back(x, y) for x, y in ((x0, y0), (x1, y0), (x1, y1), (x0, y1))]
        m = self.mask_scale
        (ax, ay), (bx, by), (cx, cy), (dx, dy) = corners
        left, right, top, low = (ax + dx) / 2, (bx + cx) / 2, (ay + by) / 2, (cy + dy) / 2
        return (
            round(max(0.0, left / m), 2), round(max(0.0, top / m), 2),
            round(min(self.width, right / m), 2), round(min(self.height, low / m), 2),
        )  # fmt: skip


def prepare(image: NDArray[np.uint8], width: float, height: float) -> Prepared:
    """`image`: grey or RGB of the whole page; `width`, `height`: its size in points."""
    import cv2

    work, _ = fit(image, width)
    page = even(work)
    gray = without_streaks(page.gray)
    size = net_size(work.shape[1], work.shape[0])
    how = cv2.INTER_AREA if size[0] < work.shape[1] else cv2.INTER_LINEAR
    small = cv2.resize(gray, size, interpolation=how)
    return Prepared(gray, page.red, small, width, height, page.contrast, evidence(small))


def lay_out(page: Prepared, number: int, turn: int) -> PagePicture:
    """The page turned clockwise by `turn` degrees, its rules found and made straight."""
    import numpy as np

    gray, small = turned(page.gray, turn), turned(page.small, turn)
    red = turned(page.red, turn) if page.red is not None else None
    width, height = (page.height, page.width) if turn % 180 else (page.width, page.height)
    masks = line_masks(np.ascontiguousarray(small))
    flat = flatten(masks)
    *rules, level = flat.warp_all((*masks, small), (0, 0, 255))
    straight = np.stack(rules)
    frames = tuple(tuple(f) for f in tables(straight, level))
    upright, *stamps = flat.warp_all((gray, red) if red is not None else (gray,), (255, 0)[: 1 + (red is not None)])
    return PagePicture(
        number, width, height, upright, stamps[0] if stamps else None, straight,
        gray.shape[1] / width, flat, frames, turn, page.contrast,
    )  # fmt: skip
