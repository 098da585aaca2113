"""Text dumps of tables (one cell a line): rows of unequal length, aligned at their right ends.

A dump knows no spans.  Figures are the last cells of every row, so rows are pushed right and the first
cell, a label, fills what is left.  A short header row says nothing about columns: it spans them all.
"""

from __future__ import annotations

from dataclasses import replace

from extractor.language.figure import is_figure_like
from extractor.types import Cell, Grid

FULL = 0.6
"""A header row with a smaller share of the widest row's cells is a group header whose spans are lost."""


def tables_in(grid: Grid) -> list[Grid]:
    """The tables that a dump runs together: a header after rows of figures begins another."""
    rows: dict[int, list[Cell]] = {}
    for cell in grid.cells:
        rows.setdefault(cell.row, []).append(cell)
    parts: list[list[list[Cell]]] = []
    figures = True
    for _, cells in sorted(rows.items()):
        header = _is_header(cells)
        if (header and figures) or not parts:
            parts.append([])
        figures = not header
        parts[-1].append(cells)
    return [_part(grid, part) for part in parts]


def _is_header(cells: list[Cell]) -> bool:
    """Words only, in most cells; a labelled row whose figures are blank has them in the first few."""
    if any(c.text and is_figure_like(c.text) for c in cells) or not any(c.text for c in cells):
        return False
    return len(cells) == 1 or 2 * sum(1 for c in cells[1:] if c.text) >= len(cells) - 1


def _part(grid: Grid, rows: list[list[Cell]]) -> Grid:
    cells = tuple(replace(c, row=r) for r, row in enumerate(rows) for c in row)
    return replace(grid, cells=cells, n_rows=len(rows), n_cols=max(len(r) for r in rows))


def aligned(grid: Grid) -> Grid:
    """The same cells with columns counted from the right; headers counted from the left as a rival."""
    return replace(_aligned(grid, False), rivals=(_aligned(grid, True),))


def _aligned(grid: Grid, headers_left: bool) -> Grid:
    rows: dict[int, list[Cell]] = {}
    for cell in grid.cells:
        rows.setdefault(cell.row, []).append(cell)
    width = max(len(r) for r in rows.values())
    out: list[Cell] = []
    for r, cells in sorted(rows.items()):
        header = sum(bool(c.text) and not is_figure_like(c.text) for c in cells[1:]) > 0 and not any(
            c.text and is_figure_like(c.text) for c in cells
        )
        if header and len(cells) < FULL * width:
            if headers_left:
                out += [replace(c, col=i, col_span=1) for i, c in enumerate(cells)]
            else:
                text = "\n".join(c.text or "" for c in cells)
                out.append(replace(cells[0], col=0, col_span=width, text=text))
            continue
        shift = width - len(cells)
        for i, cell in enumerate(cells):
            col, span = (0, shift + 1) if i == 0 else (i + shift, 1)
            out.append(replace(cell, row=r, col=col, col_span=span))
    return replace(grid, cells=tuple(out), n_cols=width)
