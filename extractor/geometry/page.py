"""One page's characters and rulings to blocks: ruled grids and the lines of text around them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from extractor.geometry.grid import Frame, frame
from extractor.geometry.lines import cell_text, drop_doubles, rows_of
from extractor.geometry.marks import Char, Ruling
from extractor.geometry.rulings import Segment, join, meshes
from extractor.geometry.side import without_side_column
from extractor.types import Box, Cell, Grid, Line

LEAST_CELLS = 2
"""A frame of one cell is a box around text, not a table; page breaks leave tables of one row."""


BLANK_ROW = 3
"""Cells of a frame that holds one text, from which it is a row left blank that a page break set alone."""


@dataclass(slots=True)
class PageBlocks:
    grids: list[Grid]
    lines: list[Line]
    loose: list[Segment]
    """Horizontal rulings that belong to no ruled grid (tables with rules between rows only)."""


def tolerance_of(chars: Sequence[Char]) -> float:
    """How near two parallel rulings may lie and still be one, points.

    0.35 of the text's size lies between a double ruling's gap (up to 3 pt at 10 to 12 pt text) and the
    lowest row (1.2 sizes); shrunk spreadsheet prints have 4 pt text and 6 pt rows.
    """
    sizes = sorted(c.size for c in chars if c.size > 0)
    if not sizes:
        return 2.0
    median = (sizes[(len(sizes) - 1) // 2] + sizes[len(sizes) // 2]) / 2
    return max(1.0, min(3.6, 0.35 * median))


def page_blocks(
    number: int, chars: Sequence[Char], rulings: Sequence[Ruling], size: tuple[float, float]
) -> PageBlocks:
    """Ruled grids of a page with their texts, and the lines outside them, both top to bottom."""
    tolerance = tolerance_of(chars)
    horizontal = join(rulings, True, tolerance)
    vertical = join(rulings, False, tolerance)
    tables, loose = meshes(horizontal, vertical, tolerance + 1.0)
    frames = [f for f in (frame(m, tolerance) for m in tables) if f and len(f.spans) >= LEAST_CELLS]
    frames.sort(key=lambda f: (f.ys[0], f.xs[0]))
    rest = list(chars)
    grids: list[Grid] = []
    for item in frames:
        grid, rest = _fill(item, rest, number, size)
        texts = sum(1 for c in grid.cells if c.text)
        if texts >= 2 or (texts and len(grid.cells) >= BLANK_ROW):
            grids.append(grid)
    return PageBlocks(grids, text_lines(number, rest), loose)


def _fill(item: Frame, chars: list[Char], number: int, size: tuple[float, float]) -> tuple[Grid, list[Char]]:
    """Characters whose centre lies in a cell become its text; the others are returned."""
    xs, ys = item.xs, item.ys
    owner: dict[tuple[int, int], int] = {}
    for k, s in enumerate(item.spans):
        for r in range(s.r0, s.r1):
            for c in range(s.c0, s.c1):
                owner[r, c] = k
    inside: list[list[Char]] = [[] for _ in item.spans]
    outside: list[Char] = []
    left, right, above, below = xs[0], xs[-1], ys[0], ys[-1]
    n_cols, n_rows = len(xs) - 1, len(ys) - 1
    for char in chars:
        cx, cy = (char.x0 + char.x1) / 2, (char.top + char.bottom) / 2
        if left <= cx <= right and above <= cy <= below:
            r, c = min(bisect_right(ys, cy), n_rows) - 1, min(bisect_right(xs, cx), n_cols) - 1
            inside[owner[r, c]].append(char)
        else:
            outside.append(char)
    cells = tuple(
        Cell(
            s.r0, s.c0, s.r1 - s.r0, s.c1 - s.c0,
            cell_text(inside[k], xs[s.c1] - xs[s.c0]) if inside[k] else "", number,
            (xs[s.c0], ys[s.r0], xs[s.c1], ys[s.r1]),
            doubts=_doubts(inside[k], (xs[s.c0], ys[s.r0], xs[s.c1], ys[s.r1]), size),
        )
        for k, s in enumerate(item.spans)
    )  # fmt: skip
    box: Box = (xs[0], ys[0], xs[-1], ys[-1])
    grid = Grid(cells, len(ys) - 1, len(xs) - 1, "ruled", number, box, item.drawn, xs)
    return grid, outside


def _doubts(chars: Sequence[Char], box: Box, size: tuple[float, float]) -> tuple[str, ...]:
    """`over_edge`: characters cross the cell's side, so that a number may belong elsewhere or go on.

    `off_page`: the cell reaches to the page's edge or over it, where nobody can see a figure.
    """
    out: list[str] = []
    left, right = box[0], box[2]
    for c in chars:
        if c.x0 < left - 0.5 * c.size or c.x1 > right + 0.5 * c.size:
            out.append("over_edge")
            break
    if box[0] < 0.5 or box[1] < 0.5 or box[2] > size[0] - 0.5 or box[3] > size[1] - 0.5:
        out.append("off_page")
    return tuple(out)


def text_lines(number: int, chars: Sequence[Char]) -> list[Line]:
    """Lines of running text, top to bottom; words of a line are joined as they are read."""
    out: list[Line] = []
    for row in without_side_column([drop_doubles(row) for row in rows_of(chars)]):
        text = row[0].text
        for before, char in pairwise(row):
            if char.x0 - before.x1 > 0.25 * max(char.size, 4.0):
                text += " "
            text += char.text
        box = (row[0].x0, min(c.top for c in row), max(c.x1 for c in row), max(c.bottom for c in row))
        out.append(Line(text, number, box, max(c.size for c in row)))
    return out
