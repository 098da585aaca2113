"""Spreadsheet prints whose columns run on to other pages: the parts side by side again.

A part without labels, whose rows are as many and as high as those of an earlier part, holds the
columns that found no room there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product

from extractor.locate.rows import sheet
from extractor.types import PICTURE_ORIGINS, Block, Cell, Document, Grid

SAME_HEIGHT = 1.5
"""Row heights of two parts of one row differ by less than this, points: both come from one sheet."""
PICTURED = 4.0
"""The same in pictures, where two flattened pages differ by up to 3.3 points; the lowest rows are 16 high."""
NEARER = 0.15
"""How much nearer one photograph of a document is taken than another: the parts of made ones differed by up to 0.11."""
LEANING = 0.06
"""How far a row in the middle stands from where even heights would have it, of half the table's height: in made
photographs by up to 0.05."""
HEAD = 6
"""Row edges of the head and above it: the form's head has up to three rows, a frame around it adds one."""
SAME_SHEET = 2.0
"""The same once the two are brought to one scale: edges of made photographs then lie within 1.5 points."""
TALL = 10
"""Parts with fewer row edges than this have to have equally many: short tables often look alike."""


def join_run_on(document: Document) -> Document:
    """The document with run-on parts appended to the parts they continue; itself where there is none."""
    grids = [b for b in document.blocks if isinstance(b, Grid)]
    whole: dict[int, Grid] = {}
    gone: set[int] = set()
    for i, part in enumerate(grids):
        if sheet(part, i).label_cols or part.n_rows < 2:
            continue
        for k, first in enumerate(grids[:i]):
            if k in gone or first.page == part.page:
                continue
            rows = _row_map(whole.get(k, first), part)
            if rows is None:
                continue
            whole[k] = _beside(whole.get(k, first), part, rows)
            gone.add(i)
            break
    if not gone:
        return document
    numbered = {id(g): i for i, g in enumerate(grids)}
    blocks: list[Block] = []
    for block in document.blocks:
        i = numbered.get(id(block), -1)
        if i in gone:
            continue
        blocks.append(whole.get(i, block))
    return replace(document, blocks=tuple(blocks))


def _edges(grid: Grid) -> list[float]:
    """y of the row edges on the grid's page, n_rows + 1 of them; of a picture on the page laid flat."""
    if len(grid.row_edges) == grid.n_rows + 1:
        return list(grid.row_edges)
    tops: dict[int, float] = {}
    for c in grid.cells:
        if c.box and c.page == grid.page:
            tops[c.row] = min(tops.get(c.row, c.box[1]), c.box[1])
            end = c.row + c.row_span
            known = tops.get(end, c.box[3])
            tops[end] = max(known, c.box[3]) if end == grid.n_rows else known
    return [tops.get(r, tops.get(r - 1, 0.0)) for r in range(grid.n_rows + 1)]


def _row_map(a: Grid, b: Grid) -> list[int] | None:
    """For every row edge of `b` the edge of `a` level with it; None where the two are no one table.

    Pages may start at different heights: the last edges are level.  A header row may be missing or
    cut on either part, so one edge in five may find no partner and takes its upper neighbour's.
    """
    ys, xs = _edges(a), _edges(b)
    if len(xs) != len(ys) and max(len(xs), len(ys)) < TALL:
        return None
    pictured = bool({a.origin, b.origin} & set(PICTURE_ORIGINS))
    found = [_level(ys, [x + ys[-1] - xs[-1] for x in xs], PICTURED if pictured else SAME_HEIGHT)]
    if pictured:
        found += [_level(ys, moved, SAME_SHEET) for moved in _scaled(ys, xs)]
    met, out = max(found, key=lambda f: f[0])
    return out if met * 5 >= 4 * max(len(xs), len(ys)) else None


def _scaled(ys: Sequence[float], xs: Sequence[float]) -> list[list[float]]:
    """`xs` where two photographs of one sheet would have it: the last edges level, some edge at the top level with
    another, and one in the middle too: a sheet that leans away from the camera has its rows the lower the further up."""
    out: list[list[float]] = []
    for y, x in product(ys[:HEAD], xs[:HEAD]):
        scale = (ys[-1] - y) / (xs[-1] - x) if xs[-1] > x else 0.0
        if abs(scale - 1) > NEARER:
            continue
        plain = [ys[-1] + (v - xs[-1]) * scale for v in xs]
        out.append(plain)
        middle, half = plain[len(plain) // 2], (ys[-1] - y) / 2
        for bend in (m - middle for m in ys if 0 < abs(m - middle) <= LEANING * half):
            out.append([v + bend * (v - y) * (ys[-1] - v) / half**2 for v in plain])
    return out


def _level(ys: Sequence[float], xs: Sequence[float], level: float) -> tuple[int, list[int]]:
    """(How many edges of `ys` have one of `xs` level with them, the edge for each of `xs`)."""
    out: list[int] = []
    met: set[int] = set()
    for x in xs:
        i = min(range(len(ys)), key=lambda k: abs(ys[k] - x))
        if abs(ys[i] - x) <= level:
            met.add(i)
        else:
            i = out[-1] if out else 0
        out.append(i)
    return len(met), out


def _beside(left: Grid, right: Grid, rows: Sequence[int]) -> Grid:
    moved: list[Cell] = []
    for c in right.cells:
        top, end = rows[c.row], rows[c.row + c.row_span]
        if end > top:
            moved.append(replace(c, row=top, row_span=end - top, col=c.col + left.n_cols))
    cells = sorted([*left.cells, *moved], key=lambda c: (c.row, c.col))
    quality = min(left.quality, right.quality)
    return replace(left, cells=tuple(cells), n_cols=left.n_cols + right.n_cols, quality=quality, col_edges=())
