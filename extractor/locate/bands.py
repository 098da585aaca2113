"""Tables that stand so near one another that their frames were taken for one: parted at the empty band between.

The gap between two frames looks like a row without columns and without text.  Table 3 has label columns and
table 4 has none: read as one grid, the first columns of table 4 would be taken for labels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from extractor.types import Block, Cell, Document, Grid


def part_at_bands(document: Document) -> Document:
    """The document with every grid parted at its empty bands; itself where there is none."""
    blocks: list[Block] = []
    for block in document.blocks:
        blocks += _parts(block) if isinstance(block, Grid) else [block]
    return document if len(blocks) == len(document.blocks) else replace(document, blocks=tuple(blocks))


def _parts(grid: Grid) -> Sequence[Block]:
    bands = [c.row for c in grid.cells if _band(c, grid)]
    starts = [0, *(r + 1 for r in bands)]
    ends = [*bands, grid.n_rows]
    parts = [_part(grid, a, b) for a, b in zip(starts, ends, strict=True) if b > a]
    return parts if len(parts) > 1 else [grid]


def _band(cell: Cell, grid: Grid) -> bool:
    """A row by itself, from side to side, with nothing in it; at the top or bottom it parts nothing."""
    inner = 0 < cell.row < grid.n_rows - 1
    return (
        inner
        and cell.row_span == 1
        and cell.col_span == grid.n_cols
        and not (cell.text is None or cell.text.strip())
    )


def _part(grid: Grid, start: int, end: int) -> Grid:
    """Rows `start` up to `end`, with only the columns that begin or end among their cells."""
    own = [c for c in grid.cells if start <= c.row < end]
    kept = sorted({c.col for c in own})
    index = {col: k for k, col in enumerate(kept)}
    cells = [
        replace(
            c,
            row=c.row - start, col=index[c.col], row_span=min(c.row_span, end - c.row),
            col_span=sum(c.col <= k < c.col + c.col_span for k in kept),
        )
        for c in own
    ]  # fmt: skip
    boxes = [c.box for c in own if c.box]
    box = (
        min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes),
    ) if boxes else None  # fmt: skip
    edges = tuple(grid.col_edges[k] for k in (*kept, grid.n_cols)) if grid.col_edges else ()
    return replace(
        grid, cells=tuple(cells), n_rows=end - start, n_cols=len(kept), box=box, col_edges=edges, rivals=(), row_edges=()
    )
