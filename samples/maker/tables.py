"""The tables of one document: the form's grids, changed as its traits ask."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from . import data, grids, labels
from .document import Block, Document, Text
from .forms import Table
from .grids import Grid
from .printing import Printed


def tables(doc: Document, table: Table, printed: dict[str, Printed], rng: Random) -> list[Block]:
    """The grids of one table, as the traits have them."""
    label = labels.relabel(table, doc.traits, rng)
    if table.shape == "blocks":
        made = grids.blocks(table, printed, label, _extra(doc, table, printed, rng))
        made = [grids.joined(made)] if doc.has("one_grid") else made
    elif table.shape == "matrix":
        made = [grids.matrix(table, printed, label, doc.has("split_header"))]
    else:
        made = [grids.one_row(table, printed, label)]
    if doc.has("group_rows"):
        made = [grids.grouped(g) for g in made]
    if doc.has("vertical_chars"):
        made = [_upright(g) for g in made]
    if doc.has("unmerged") or doc.has("repeated_labels"):
        made = [grids.flattened(g, doc.has("repeated_labels")) for g in made]
    return _matrix_only(doc, table, made[0], rng) if table.shape == "matrix" else list(made)


def _matrix_only(doc: Document, table: Table, grid: Grid, rng: Random) -> list[Block]:
    """What only happens to the long table: notes beside it, headings inside it, cuts through it."""
    out: list[Block] = []
    if doc.has("note_outside"):
        out.append(Text(table.corner, "caption"))
        grid = grids.without_note(grid)
    at = rng.randint(grid.head_rows + 4, grid.n_rows - 4)
    if doc.has("head_inside"):
        grid = grids.with_head_inside(grid, at)
    if doc.has("title_row_in_table"):
        grid = grids.with_title_row(grid, f"{doc.year}年度统计表")
    return [*out, *(grids.cut(grid, at) if doc.has("cut_table") else [grid])]


def _extra(doc: Document, table: Table, printed: dict[str, Printed], rng: Random) -> grids.Extra | None:
    """A row that the form does not have, at the end of the first block."""
    rows = grids.unique([f.row for f in table.fields if printed[f.id].state != "missing"])
    if not doc.has("extra_row"):
        return None
    n = str(rng.choice((0, 3, 9, 24)))
    first = [r for r in rows if r[0] == rows[0][0]]
    return grids.Extra(first[-1], rng.choice(data.load("labels")["extra_rows"]), (n, n, n))


def _upright(grid: Grid) -> Grid:
    """Group labels with one character a line."""
    cells = tuple(
        replace(c, text="\n".join(c.text)) if c.role == "group" and c.rows >= min(len(c.text) // 2, 4) else c
        for c in grid.cells
    )
    return replace(grid, cells=cells)


def foreign(rng: Random) -> Grid:
    head = rng.choice(data.load("labels")["foreign"]["head"])
    rows = rng.randint(1, 3)
    cells = [grids.Cell(h, 0, c, role="head") for c, h in enumerate(head)]
    cells += [
        grids.Cell(str(rng.randint(0, 300)), 1 + r, c, role="value")
        for r in range(rows)
        for c in range(len(head))
    ]
    return Grid("", tuple(cells), (1 / len(head),) * len(head))
