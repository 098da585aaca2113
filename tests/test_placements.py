"""What speaks against a field's place: an edition that is told by chance, a block that lacks a row."""

from __future__ import annotations

from dataclasses import replace

import pytest

from extractor.forms.load import load
from extractor.locate.document import find_tables
from samples.maker.grids import Grid
from tests.drawing import read_document, report, with_grids, without_rows


def rows_of(grid: Grid, *names: str) -> list[int]:
    return sorted({c.row for c in grid.cells if (c.field or "").startswith(names)})


def test_fields_that_stand_alike_in_either_edition_do_not_mind_which_it_is():
    """A scan that lost the end of table 3, where alone the editions differ."""
    doc, _ = report(seed=2)

    def cut(grid: Grid) -> tuple[Grid, ...]:
        gone = rows_of(grid, "applications.other", "applications.processed_total", "applications.carried_out")
        return (without_rows(grid, gone) if gone else grid,)

    fit = next(f for f in find_tables(read_document(with_grids(doc, cut)), load()) if f.number == 3)
    there = [p for p in fit.placements if p.cell is not None]
    assert len(there) == 7 * 20 and not any("edition_unsure" in p.doubts for p in there)


def test_a_block_that_lacks_a_row_says_nothing_of_the_others():
    doc, _ = report(seed=3)

    def cut(grid: Grid) -> tuple[Grid, ...]:
        gone = rows_of(grid, "proactive.coercion")
        return (without_rows(grid, gone) if gone else grid,)

    document = read_document(with_grids(doc, cut))
    document = replace(document, blocks=tuple(replace(b, origin="pixels") if hasattr(b, "cells") else b for b in document.blocks))
    fit = next(f for f in find_tables(document, load()) if f.number == 2)
    share = {p.field_id: p.structure for p in fit.placements if p.cell is not None}
    assert "proactive.coercion.decisions" not in share
    assert share["proactive.penalties.decisions"] == 0.5
    assert {v for i, v in share.items() if not i.startswith("proactive.penalties")} == {1.0}


@pytest.mark.parametrize(
    ("above", "sure"),
    [("2.重复申请", True), ("2.重复申请3.要求提供公开出版物", False), ("2.重复电请", False)],
    ids=["read whole", "of two rows", "misread"],
)
def test_a_row_of_a_picture_is_absent_only_between_labels_that_were_read_whole(above: str, sure: bool):
    doc, _ = report(seed=6)

    def cut(grid: Grid) -> tuple[Grid, ...]:
        gone = rows_of(grid, "applications.not_processed.publication")
        if not gone:
            return (grid,)
        cells = tuple(replace(c, text=above) if c.text.endswith("重复申请") else c for c in grid.cells)
        return (without_rows(replace(grid, cells=cells), gone),)

    document = read_document(with_grids(doc, cut))
    document = replace(document, blocks=tuple(replace(b, origin="pixels") if hasattr(b, "cells") else b for b in document.blocks))
    fit = next(f for f in find_tables(document, load()) if f.number == 3)
    gone = [p for p in fit.placements if p.cell is None]
    assert len(gone) == 7 and all((not p.doubts) is sure for p in gone)
