"""Grids to rows: which columns hold labels, which rows hold figures, which are headers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from extractor.language.figure import is_figure_like
from extractor.language.normalise import key
from extractor.locate.likeness import SURE, alike
from extractor.types import Cell, Grid

STAINED = 0.25
"""Share of words among the filled cells of a row of figures: a seal reached over 2 of 15; a header has words in all,
or, on a bad copy, in half of them."""
FIGURES_BEFORE = 2
"""Filled cells of figures that may stand left of a label: a row's number, and its group's."""


@dataclass(slots=True)
class GridRow:
    """One row of one grid.  `label` are the texts of its label cells, outermost group first."""

    grid_no: int
    index: int
    label: tuple[str, ...]
    cells: tuple[Cell, ...]
    """Cells right of the label columns, left to right."""
    header: bool
    heads: tuple[tuple[Cell, ...], ...] = ()
    """For every cell: the header cells above it within its grid, outermost first."""
    paths: tuple[tuple[str, ...], ...] = ()
    """Texts of `heads`; empty tuples where no header stands above.  Set by `with_heads`."""
    merged: bool = False
    """Two halves of one row that a page break cut."""
    unclear: bool = False
    """Its label is close to no row of any form: its words are compared too."""
    lowest: bool = False
    """The last row of a picture's grid, each of its cells under one column: a head that nobody can read stands over it."""

    @property
    def figures(self) -> bool:
        return any(c.text is None or c.text.strip() for c in self.cells)

    def with_heads(self, heads: Sequence[tuple[Cell, ...]]) -> None:
        self.heads = tuple(heads)
        self.paths = tuple(tuple(h.text or "" for h in above) for above in heads) if any(heads) else ()


@dataclass(slots=True)
class Sheet:
    """A grid with its rows and the number of its label columns."""

    grid: Grid
    label_cols: int
    rows: list[GridRow] = field(default_factory=list)


def owner(grid: Grid) -> list[list[Cell | None]]:
    """For every elementary cell the cell that covers it."""
    out: list[list[Cell | None]] = [[None] * grid.n_cols for _ in range(grid.n_rows)]
    for cell in grid.cells:
        for r in range(cell.row, min(cell.row + cell.row_span, grid.n_rows)):
            for c in range(cell.col, min(cell.col + cell.col_span, grid.n_cols)):
                out[r][c] = cell
    return out


def distinct(cells: Sequence[Cell | None]) -> list[Cell]:
    """The cells in order, each once."""
    out: list[Cell] = []
    for cell in cells:
        if cell is not None and (not out or out[-1] is not cell):
            out.append(cell)
    return out


Groups = Mapping[str, frozenset[str]]
"""By the key of a label that groups rows, the keys of the labels that may follow it."""


def is_group_row(lines: Sequence[Sequence[Cell]], r: int, groups: Groups) -> bool:
    """A row of its own for a group's label (（三）不予公开 over 1.属于国家秘密): no row of figures, no header.

    What follows tells: the label that groups rows in one edition is a row of another.
    """
    full = [c for c in lines[r] if c.text is None or c.text.strip()]
    if len(full) != 1 or not full[0].text or full[0].row_span > 1 or r + 1 >= len(lines):
        return False
    inner = groups.get(key(full[0].text))
    first = next((c.text for c in lines[r + 1] if c.text and c.text.strip()), None)
    return bool(inner and first) and any(alike(key(first or ""), k) >= SURE for k in inner or ())


def sheet(grid: Grid, grid_no: int, label_cols: int | None = None, groups: Groups | None = None) -> Sheet:
    """Rows of a grid, told apart into header rows and rows of figures; rows of `groups` are passed over."""
    cover = owner(grid)
    lines = [distinct(row) for row in cover]
    if label_cols is None:
        label_cols = _label_columns(lines, grid.n_cols)
    out = Sheet(grid, label_cols)
    above: list[list[Cell]] = []
    fresh = True
    for r, cells in enumerate(lines):
        if groups and is_group_row(lines, r, groups):
            continue
        edge = _edge(cells, label_cols, above, grid.origin == "pixels")
        right = tuple(c for c in cells if c.col >= edge)
        left = tuple(c for c in cells if c.col < edge)
        header = _is_header(right)
        if header and above and not fresh and _over_figures(lines, r, label_cols, grid.n_cols):
            continue
        if header:
            if not fresh:
                above = []
            above.append(cells)
            fresh = True
        else:
            fresh = False
        label = tuple(c.text for c in left if c.text)
        row = GridRow(grid_no, r, label, right, header)
        if not header:
            row.with_heads(tuple(heads_of(c, above) for c in right))
            row.lowest = grid.origin == "pixels" and 0 < r == grid.n_rows - 1 and len(right) == grid.n_cols
        out.rows.append(row)
    return out


def _over_figures(lines: Sequence[Sequence[Cell]], r: int, label_cols: int, n_cols: int) -> bool:
    """A label across all columns amid rows of figures, perhaps in two pieces (a stroke of it was taken for a rule):
    whatever it groups, it heads no column."""
    words = [c for c in lines[r] if c.text and c.text.strip() and c.row_span == 1]
    wide = sum(c.col_span for c in words) >= n_cols and max(c.col_span for c in words) * 2 > n_cols
    if not wide or len(words) > 2 or r + 1 >= len(lines):
        return False
    below = [c for c in lines[r + 1] if c.col >= label_cols]
    return bool(below) and not _is_header(below)


def _is_header(right: Sequence[Cell]) -> bool:
    """Whether the cells right of the labels hold words; one or two among figures are what a stain left of them."""
    words = sum(not is_figure_like(c.text) for c in right)
    filled = sum(c.text is None or bool(c.text.strip()) for c in right)
    return not right or words > STAINED * filled


def _edge(cells: Sequence[Cell], label_cols: int, above: Sequence[Sequence[Cell]], pictured: bool = False) -> int:
    """Where the labels of one row end: after its last words, at most after the grid's label columns.

    Blank cells between the two are label cells that nobody merged, unless a header stands over them.  In a picture
    figures are not read yet: whatever was read is words, those of a bad copy with digits alone too.
    """
    words = [
        c.col + c.col_span for c in cells
        if c.col < label_cols and (not is_figure_like(c.text) or (pictured and bool(c.text)))
    ]  # fmt: skip
    edge = min(words[-1], label_cols) if words else label_cols
    heads = {h.col for row in above for h in row if h.text and h.col}
    for cell in cells:
        if edge <= cell.col < label_cols:
            if cell.text or cell.text is None or cell.col in heads:
                return cell.col
            edge = cell.col + cell.col_span
    return edge


def _label_columns(lines: Sequence[Sequence[Cell]], n_cols: int) -> int:
    """Columns that hold words in rows that also hold figures: the widest such prefix, by vote."""
    votes: dict[int, int] = {}
    for cells in lines:
        words = _leading_words(cells)
        if not words:
            votes[0] = votes.get(0, 0) + (1 if all(c.row_span == 1 for c in cells) else 0)
            continue
        last = words[-1]
        edge = last.col + last.col_span
        # A cell over several rows holds no figure: it is a frame that a scan shows beside the table.
        rest = [c for c in cells if c.col >= edge and c.row_span == 1]
        filled = any(c.text is None or c.text.strip() for c in rest)
        if rest and (filled or edge <= max(1, n_cols // 3)):
            votes[edge] = votes.get(edge, 0) + 1
    if not votes:
        return 0
    most = max(votes.values())
    return max((edge for edge, n in votes.items() if n >= max(1, most // 4)), default=0)


def _leading_words(cells: Sequence[Cell]) -> list[Cell]:
    """The cells with words of a row; those behind several figures are no labels but stained figures."""
    out: list[Cell] = []
    figures = 0
    for cell in cells:
        if not is_figure_like(cell.text):
            out.append(cell)
        elif cell.text is None or cell.text.strip():
            figures += 1
            if figures > FIGURES_BEFORE:
                break
    return out


def heads_of(cell: Cell, above: Sequence[Sequence[Cell]]) -> tuple[Cell, ...]:
    out: dict[int, Cell] = {}
    left, right = cell.col, cell.col + cell.col_span
    for row in above:
        for head in row:
            if head.text and head.col < right and left < head.col + head.col_span:
                out[id(head)] = head
    return tuple(out.values())


def merge_cut_row(upper: GridRow, lower: GridRow) -> GridRow | None:
    """The two halves of a row that a page break cut, as one; None where both hold a figure somewhere."""
    if len(upper.cells) != len(lower.cells):
        return None
    cells: list[Cell] = []
    for a, b in zip(upper.cells, lower.cells):
        a_full = a.text is None or bool(a.text.strip())
        b_full = b.text is None or bool(b.text.strip())
        if a_full and b_full:
            return None
        cells.append(b if b_full else a)
    label = _join_labels(upper.label, lower.label)
    source = upper if upper.paths else lower
    return replace(
        upper, label=label, cells=tuple(cells), heads=source.heads, paths=source.paths, merged=True
    )


def _join_labels(upper: tuple[str, ...], lower: tuple[str, ...]) -> tuple[str, ...]:
    if not upper or not lower:
        return upper or lower
    return (*upper[:-1], upper[-1] + lower[-1])
