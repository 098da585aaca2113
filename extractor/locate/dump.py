"""Text dumps of tables (one cell a line): rows of unequal length, aligned at their right ends.

A dump knows no spans.  Figures are the last cells of every row, so rows are pushed right and the first
cell, a label, fills what is left.  A short header row says nothing about columns: it spans them all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
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
    lines = [cells for _, cells in sorted(rows.items())]
    # What stands over a whole header (申请人情况) fills few of its cells.
    first = next((i for i, cells in enumerate(lines) if _is_header(cells)), 0)
    first = 0 if any(_has_figures(cells) for cells in lines[:first]) else first
    for i, cells in enumerate(lines):
        over = i < first and bool(cells[1:]) and any(c.text for c in cells[1:])
        header = over or _is_header(cells)
        if (header and figures) or not parts:
            parts.append([])
        figures = not header
        parts[-1].append(cells)
    return [_part(grid, part) for part in parts]


def _has_figures(cells: Sequence[Cell]) -> bool:
    return any(c.text and is_figure_like(c.text) for c in cells)


def _is_header(cells: list[Cell]) -> bool:
    """Words only, in most cells; a labelled row whose figures are blank has them in the first few."""
    if _has_figures(cells) or not any(c.text for c in cells):
        return False
    return len(cells) == 1 or 2 * sum(1 for c in cells[1:] if c.text) >= len(cells) - 1


def _part(grid: Grid, rows: list[list[Cell]]) -> Grid:
    cells = tuple(replace(c, row=r) for r, row in enumerate(rows) for c in row)
    return replace(grid, cells=cells, n_rows=len(rows), n_cols=max(len(r) for r in rows))


def aligned(grid: Grid) -> Grid:
    """The same cells with columns counted from the right; headers counted from the left as a rival.

    A grid without a ragged row has its columns, as text has that keeps them apart by spaces or pipes.
    """
    covered = Counter(c.row for c in grid.cells for _ in range(c.col_span))
    if len(covered) > 1 and set(covered.values()) == {grid.n_cols}:
        return grid
    return replace(_aligned(grid, False), rivals=(_aligned(grid, True), *_expanded(grid)))


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


# ---------------------------------------------------------------- headers whose spans are lost

MOST = 12
"""Ways of telling which headers span others that are tried: of seven cells two neighbours can in six ways."""


def _expanded(grid: Grid) -> list[Grid]:
    """The grid with its headers spread over the columns of figures, in every way that comes out even.

    自然人 | 法人或其他组织 | 总计 over five kinds of organisations are seven columns if the second spans the
    five: k neighbours of the upper row share the m cells of the lower one where the rest makes up the figures.
    """
    rows: dict[int, list[Cell]] = {}
    for cell in grid.cells:
        rows.setdefault(cell.row, []).append(cell)
    lines = [cells for _, cells in sorted(rows.items())]
    head = next((i for i, cells in enumerate(lines) if not _is_header(cells)), len(lines))
    counts = Counter(_figures(cells) for cells in lines[head:])
    width = max(len(cells) for cells in lines)
    n = counts.most_common(1)[0][0] if counts else 0
    if head < 2 or n < LEAST_FIGURES:
        return []
    out: list[Grid] = []
    for at in range(head - 1):
        upper, lower = lines[at], lines[at + 1]
        for first, spans in _shares(len(upper), len(lower), n):
            heads = _spread(lines[at:head], first, spans, width - n)
            body = [c for cells in lines[head:] for c in _pushed(cells, width)]
            out.append(replace(grid, cells=(*heads, *body), n_cols=width, rivals=()))
    return out[:MOST]


LEAST_FIGURES = 3
"""Columns of figures below which a header has nothing to span."""


def _figures(cells: Sequence[Cell]) -> int:
    """Cells at a row's end that may hold figures."""
    n = 0
    for cell in reversed(cells):
        if cell.text and not is_figure_like(cell.text):
            break
        n += 1
    return n


def _shares(upper: int, lower: int, n: int) -> Iterator[tuple[int, list[int]]]:
    """Which neighbours of the upper header span the lower one's cells, evenly: the first, and their spans.

    The upper row's first cell may be a label column's; it is then left out."""
    for skipped in (0, 1):
        k = (upper - skipped) + lower - n
        if k >= 1 and lower % k == 0 and lower // k > 1:
            for first in range(skipped, upper - k + 1):
                yield first, [0] * skipped + [
                    lower // k if first <= i < first + k else 1 for i in range(skipped, upper)
                ]


def _spread(lines: Sequence[Sequence[Cell]], first: int, spans: Sequence[int], left: int) -> list[Cell]:
    """The two headers with columns; further ones stand under the lower, cell by cell from its first."""
    out: list[Cell] = []
    below = col = left
    for i, (cell, span) in enumerate(zip(lines[0], spans, strict=True)):
        if span:
            out.append(replace(cell, col=col, col_span=span, row_span=1))
        below = col if i == first else below
        col += span
    for cells in lines[1:]:
        out += [replace(c, col=below + i, col_span=1) for i, c in enumerate(cells)]
    return [c for c in out if c.col < left + sum(spans)]


def _pushed(cells: Sequence[Cell], width: int) -> list[Cell]:
    """A row against the right edge; its first cell, a label, fills what is left."""
    shift = width - len(cells)
    return [
        replace(c, col=0 if i == 0 else i + shift, col_span=shift + 1 if i == 0 else 1)
        for i, c in enumerate(cells)
    ]
