"""Two tables in one frame: parted at the empty band between them."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from extractor.forms.load import load
from extractor.locate.bands import part_at_bands
from extractor.locate.document import find_tables, locate
from extractor.types import Cell, Document, Grid
from tests.drawing import read_document, report


def stacked(document: Document) -> Document:
    """Tables 3 and 4 of a document as one grid with an empty row between, as near frames are read."""
    grids = [b for b in document.blocks if isinstance(b, Grid)]
    above, below = grids[-2:]
    wide = above.n_cols * below.n_cols
    cells: list[Cell] = []
    for grid, first in ((above, 0), (below, above.n_rows + 1)):
        step = wide // grid.n_cols
        cells += [
            replace(c, row=c.row + first, col=c.col * step, col_span=c.col_span * step, page=above.page)
            for c in grid.cells
        ]
    cells.append(Cell(above.n_rows, 0, 1, wide, "", above.page, None))
    one = replace(
        above, cells=tuple(sorted(cells, key=lambda c: (c.row, c.col))), n_rows=above.n_rows + 1 + below.n_rows, n_cols=wide,
        col_edges=(), box=None,
    )  # fmt: skip
    return replace(document, blocks=tuple(one if b is above else b for b in document.blocks if b is not below))


def test_tables_in_one_frame_are_read_as_two():
    doc, truth = report(seed=4)
    document = stacked(read_document(doc))
    _, fits = locate(document, load())
    got = {p.field_id: p.cell.text for f in fits for p in f.placements if p.cell is not None}
    asked = {i for i, f in truth["fields"].items() if f["state"] == "printed" and i.startswith("remedies")}
    assert asked and all(got.get(i) == truth["fields"][i]["raw"] for i in asked)
    alone = find_tables(document, load())
    assert sum(p.cell is None for f in alone for p in f.placements) > 0  # in one grid columns of table 4 are labels


@given(st.lists(st.integers(1, 4), min_size=2, max_size=5))
def test_nothing_is_lost_and_every_part_is_whole(heights: list[int]):
    cells: list[Cell] = []
    row = 0
    for k, height in enumerate(heights):
        if k:
            cells.append(Cell(row, 0, 1, 6, " ", 1, (0, row, 60, row + 1)))
            row += 1
        for r in range(row, row + height):
            cells += [Cell(r, 2 * c, 1, 2, f"{k},{r},{c}", 1, (20 * c, r, 20 * c + 20, r + 1)) for c in range(3)]
        row += height
    grid = Grid(tuple(cells), row, 6, "pixels", 1, (0, 0, 60, row), col_edges=tuple(10.0 * k for k in range(7)))
    parts = part_at_bands(Document("image", (grid,), None, ())).blocks
    assert len(parts) == len(heights)
    for part, height in zip(parts, heights, strict=True):
        assert isinstance(part, Grid) and (part.n_rows, part.n_cols) == (height, 3)
        assert part.col_edges == (0.0, 20.0, 40.0, 60.0) and all(c.col_span == 1 for c in part.cells)
    texts = [c.text for p in parts if isinstance(p, Grid) for c in p.cells]
    assert texts == [c.text for c in cells if (c.text or "").strip()]
