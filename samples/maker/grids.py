"""Tables of the form as grids of cells with spans, built from the paths of their labels."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from .forms import Field, Table
from .printing import Printed

Label = Callable[[str], str]
Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell. `role`: title, head, note, group, label or value; `text` may hold line breaks."""

    text: str
    row: int
    col: int
    rows: int = 1
    cols: int = 1
    role: str = "label"
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Grid:
    """One table. `widths`: each column's share of the width; `table`: the form's number of it or ''."""

    table: str
    cells: tuple[Cell, ...]
    widths: tuple[float, ...]
    head_rows: int = 0

    @property
    def n_rows(self) -> int:
        """How many rows there are."""
        return max((c.row + c.rows for c in self.cells), default=0)

    @property
    def n_cols(self) -> int:
        """How many columns there are."""
        return len(self.widths)

    def by_row(self) -> list[list[Cell]]:
        """The cells by the row they begin in, left to right."""
        out: list[list[Cell]] = [[] for _ in range(self.n_rows)]
        for c in sorted(self.cells, key=lambda c: (c.row, c.col)):
            out[c.row].append(c)
        return out


def moved(cells: Sequence[Cell], rows: int) -> list[Cell]:
    """The cells, `rows` further down."""
    return [replace(c, row=c.row + rows) for c in cells]


def unique(paths: Sequence[Path]) -> list[Path]:
    """The paths in order of first appearance."""
    return list(dict.fromkeys(paths))


def _tree(paths: Sequence[Path], depth: int, down: bool, role: str, label: Label) -> list[Cell]:
    """Cells of a tree of labels: headings grow `down` (levels are rows), row labels to the right."""
    cells = []
    for level in range(depth):
        at = 0
        while at < len(paths):
            if len(paths[at]) <= level:
                at += 1
                continue
            end = at + 1
            leaf = len(paths[at]) == level + 1
            while not leaf and end < len(paths) and paths[end][: level + 1] == paths[at][: level + 1]:
                end += 1
            long = depth - level if leaf else 1
            text, what = label(paths[at][level]), role if leaf or down else "group"
            if down:
                cells.append(Cell(text, level, at, long, end - at, what))
            else:
                cells.append(Cell(text, at, level, end - at, long, what))
            at = end
    return cells


def matrix(table: Table, printed: dict[str, Printed], label: Label, split_head: bool = False) -> Grid:
    """A table of rows by columns, with a note in the corner and one heading over all columns."""
    fields = [f for f in table.fields if printed[f.id].state != "missing"]
    rows, columns = unique([f.row for f in fields]), unique([f.column for f in fields])
    deep, high = max(map(len, rows)), max(map(len, columns))
    note, over = table.corner, table.over
    over_rows = 1 if over else 0
    head = [
        replace(c, row=c.row + over_rows, col=c.col + deep) for c in _tree(columns, high, True, "head", label)
    ]
    if split_head:
        head = _split_leaves(head)
        high += 1
    top = over_rows + high
    cells = [Cell(note, 0, 0, top, deep, "note")]
    if over:
        cells.append(Cell(over, 0, deep, 1, len(columns), "head"))
    cells += head
    cells += moved(_tree(rows, deep, False, "label", label), top)
    place = {f.id: (rows.index(f.row), columns.index(f.column)) for f in fields}
    for f in fields:
        r, c = place[f.id]
        cells.append(Cell(printed[f.id].raw or "", top + r, deep + c, role="value", field=f.id))
    widths = [0.06, 0.09, 0.25][-deep:] if deep <= 3 else [0.4 / deep] * deep
    return Grid(
        table.number, tuple(cells), (*widths, *[(1 - sum(widths)) / len(columns)] * len(columns)), top
    )


def _split_leaves(head: list[Cell]) -> list[Cell]:
    """Leaf headings of four characters and more in two cells, one over the other; the rest one row taller."""
    bottom = max(c.row + c.rows for c in head)
    out = []
    for c in head:
        if c.row + c.rows < bottom:
            out.append(c)
        elif len(c.text) >= 4 and c.rows == 1:
            cut = max(2, len(c.text) - 2)
            out += [replace(c, text=c.text[:cut]), replace(c, text=c.text[cut:], row=c.row + 1)]
        else:
            out.append(replace(c, rows=c.rows + 1))
    return out


def one_row(table: Table, printed: dict[str, Printed], label: Label) -> Grid:
    """A table of one row of figures under a tree of headings."""
    fields = [f for f in table.fields if printed[f.id].state != "missing"]
    paths = [f.row + f.column for f in fields]
    high = max(map(len, paths))
    cells = _tree(paths, high, True, "head", label)
    cells += [
        Cell(printed[f.id].raw or "", high, at, role="value", field=f.id) for at, f in enumerate(fields)
    ]
    return Grid(table.number, tuple(cells), (1 / len(fields),) * len(fields), high)


@dataclass(frozen=True, slots=True)
class Extra:
    """A row that the form does not have, after the row `after` of its block."""

    after: Path
    text: str
    values: tuple[str, ...]


def blocks(table: Table, printed: dict[str, Printed], label: Label, extra: Extra | None = None) -> list[Grid]:
    """A table of blocks, each with a banner, its own headings and rows: one grid a block."""
    out = []
    fields = [f for f in table.fields if printed[f.id].state != "missing"]
    for (title,) in unique([f.row[:1] for f in fields]):
        own = [f for f in fields if f.row[0] == title]
        out.append(_block(table, title, own, printed, label, extra))
    return out


def _block(
    table: Table, title: str, own: list[Field], printed: dict[str, Printed], label: Label, extra: Extra | None
) -> Grid:
    rows, columns = unique([f.row for f in own]), unique([f.column for f in own])
    n = len(columns)
    cells = [Cell(label(title), 0, 0, 1, n + 1, "title"), Cell(label(table.corner), 1, 0, role="head")]
    cells += [Cell(label(c[-1]), 1, 1 + at, role="head") for at, c in enumerate(columns)]
    at = 2
    for row in rows:
        cells.append(Cell(label(row[-1]), at, 0))
        for f in own:
            if f.row == row:
                cells.append(
                    Cell(printed[f.id].raw or "", at, 1 + columns.index(f.column), role="value", field=f.id)
                )
        at += 1
        if extra and extra.after == row:
            cells.append(Cell(extra.text, at, 0))
            cells += [Cell(v, at, 1 + k, role="value") for k, v in enumerate(extra.values[:n])]
            at += 1
    return Grid(table.number, tuple(cells), (0.34, *[0.66 / n] * n))


def joined(grids: Sequence[Grid]) -> Grid:
    """Blocks under each other as one grid: value columns are spread over the least common multiple."""
    parts = [g.n_cols - 1 for g in grids]
    wide = math.lcm(*parts)
    cells: list[Cell] = []
    at = 0
    for g, n in zip(grids, parts, strict=True):
        k = wide // n
        for c in g.cells:
            start = 0 if c.col == 0 else 1 + (c.col - 1) * k
            end = 1 if c.col + c.cols == 1 else 1 + (c.col + c.cols - 1) * k
            cells.append(replace(c, row=c.row + at, col=start, cols=end - start))
        at += g.n_rows
    return Grid(grids[0].table, tuple(cells), (0.34, *[0.66 / wide] * wide))


def flattened(grid: Grid, repeat: bool) -> Grid:
    """The grid without merged cells: what was merged stands in the first cell, or (`repeat`) in every one."""
    cells = []
    for c in grid.cells:
        for r in range(c.rows):
            for k in range(c.cols):
                text = c.text if repeat or (r, k) == (0, 0) else ""
                cells.append(replace(c, text=text, row=c.row + r, col=c.col + k, rows=1, cols=1))
    return replace(grid, cells=tuple(cells))


def grouped(grid: Grid) -> Grid:
    """The grid with one column of labels: what groups rows stands on a row of its own over them."""
    deep = min((c.col for c in grid.cells if c.role == "value"), default=0)
    if deep < 2:
        return grid
    top, shift = grid.head_rows, deep - 1
    width = grid.n_cols - shift
    cells = [replace(c, col=max(0, c.col - shift), cols=c.cols if c.col else 1) for c in grid.cells if c.row < top]
    at = top
    for row in grid.by_row()[top:]:
        for c in (c for c in row if c.role == "group"):
            cells.append(Cell(c.text, at, 0, 1, width, "group"))
            at += 1
        for c in (c for c in row if c.role in ("label", "value")):
            col = 0 if c.role == "label" else c.col - shift
            cells.append(replace(c, row=at, col=col, cols=1))
        at += 1
    return replace(grid, cells=tuple(cells), widths=(sum(grid.widths[:deep]), *grid.widths[deep:]))


def with_title_row(grid: Grid, text: str) -> Grid:
    """A row over the whole width before everything else."""
    top = Cell(text, 0, 0, 1, grid.n_cols, "title")
    head = grid.head_rows + 1 if grid.head_rows else 0
    return replace(grid, cells=(top, *moved(grid.cells, 1)), head_rows=head)


def without_note(grid: Grid) -> Grid:
    """The grid with an empty corner."""
    return replace(grid, cells=tuple(replace(c, text="") if c.role == "note" else c for c in grid.cells))


def rows_between(grid: Grid, first: int, last: int) -> list[Cell]:
    """The cells of rows `first` to `last`, renumbered; a cut cell's text stays in its first part."""
    out = []
    for c in grid.cells:
        a, b = max(c.row, first), min(c.row + c.rows, last)
        if a < b:
            out.append(replace(c, row=a - first, rows=b - a, text=c.text if a == c.row else ""))
    return out


def with_head_inside(grid: Grid, at: int) -> Grid:
    """The heading rows once more before row `at`, as rows like any other."""
    head = rows_between(grid, 0, grid.head_rows)
    rest = moved(rows_between(grid, at, grid.n_rows), at + grid.head_rows)
    return replace(grid, cells=(*rows_between(grid, 0, at), *moved(head, at), *rest))


def cut(grid: Grid, at: int) -> list[Grid]:
    """Two grids, the second from row `at` on and without headings."""
    return [
        replace(grid, cells=tuple(rows_between(grid, 0, at))),
        replace(grid, cells=tuple(rows_between(grid, at, grid.n_rows)), head_rows=0),
    ]
