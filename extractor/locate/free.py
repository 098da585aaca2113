"""What a page holds beside its ruled grids: words that a table without rulings may be made of, and rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from extractor.geometry.marks import Ruling
from extractor.geometry.rulings import join
from extractor.types import Block, Box, Grid, PageView, Word


@dataclass(frozen=True, slots=True)
class FreePage:
    """Words outside every grid, and the horizontal rules, of one page."""

    number: int
    words: Sequence[Word]
    rules: Sequence[Box]
    picture: bool = False
    """Figures are read from the cells' pixels: words of a picture lack lone digits."""


def rules_of(page: PageView) -> list[Box]:
    """Horizontal rules of a page, the pieces that Word draws a cell at a time joined."""
    pieces = [
        Ruling(True, (b[1] + b[3]) / 2, b[0], b[2], 0.5) for b in page.rulings if b[3] - b[1] < b[2] - b[0]
    ]
    return [(s.a, s.at, s.b, s.at) for s in join(pieces, True, 1.5)]


def free_words(page: PageView, blocks: Sequence[Block]) -> list[Word]:
    boxes = [b.box for b in blocks if isinstance(b, Grid) and b.page == page.number and b.box]
    return [w for w in page.words if not any(inside(w.box, b) for b in boxes)]


def inside(box: Box, outer: Box) -> bool:
    cx, cy = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return outer[0] <= cx <= outer[2] and outer[1] <= cy <= outer[3]
