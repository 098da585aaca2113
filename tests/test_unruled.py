"""Whole reports without rules, or with columns that a split merged cell left behind: what is found, and what is asked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from extractor.forms.load import load
from extractor.inputs.registry import make_source
from extractor.locate.document import find_tables
from extractor.pipeline import extract
from extractor.settings import Options
from samples.maker.document import Document
from samples.maker.grids import Cell, Grid
from tests.drawing import OLD, pdf, read_document, report, with_grids, without_rows


def silent(doc: Document, truth: dict[str, Any]) -> list[str]:
    """Fields of the document's PDF, drawn without a line, that are wrong and that nobody is asked to look at."""
    got = extract(make_source([("a.pdf", pdf(doc, stroke=None))]), Options(narrative=False))
    found = {f.id: f for f in got.fields}
    assert set(found) == set(truth["fields"])
    return [
        name for name, want in truth["fields"].items()
        if not found[name].needs_review
        and (found[name].state != want["state"] or str(found[name].value) != str(want["value"]))
    ]  # fmt: skip


@pytest.mark.parametrize("gone", ["other.no_correction", "other.other"])
def test_a_row_whose_label_is_lost_does_not_turn_the_edition(gone: str):
    """Where nothing is ruled the other edition's one row of 其他处理 has the group's label to stand at."""
    doc, truth = report(seed=5)

    def unlabelled(grid: Grid) -> tuple[Grid, ...]:
        rows = {c.row for c in grid.cells if (c.field or "").startswith(f"applications.{gone}.")}
        cells = tuple(
            replace(c, text="（见附件）") if c.row in rows and c.role != "value" and c.rows == 1 else c
            for c in grid.cells
        )
        return (replace(grid, cells=cells),)

    assert silent(with_grids(doc, unlabelled), truth) == []


def apart(grid: Grid) -> Grid:
    """The table with a blank column after every column, as merged cells leave them that were taken apart."""
    cells = [replace(c, col=2 * c.col, cols=1) for c in grid.cells]
    held = {(c.row + r, c.col) for c in cells for r in range(c.rows)}
    places = [(r, c) for r in range(grid.n_rows) for c in range(2 * grid.n_cols)]
    blank = [Cell("", r, c, role="value") for r, c in places if (r, c) not in held]
    return replace(grid, cells=(*cells, *blank), widths=tuple(w / 2 for w in grid.widths for _ in (0, 1)))


def test_blank_columns_between_the_columns_do_not_make_a_table_a_weak_one():
    doc, _ = report(OLD, seed=3, year=2020)
    doc = with_grids(doc, lambda g: (apart(g),) if g.table == "2" else (g,))
    fit = next(f for f in find_tables(read_document(doc), load()) if f.number == 2)
    assert fit.edition == "2019" and not any("weak_table" in p.doubts for p in fit.placements)


def test_where_nothing_is_ruled_a_row_without_a_figure_left_over_is_asked_about_and_sums_are_told():
    """The report leaves 保护第三方合法权益 out; the same page with the row's figures and without its label is another thing."""
    doc, _ = report(seed=8)

    def changed(grid: Grid, whole: bool) -> tuple[Grid, ...]:
        rows = sorted({c.row for c in grid.cells if (c.field or "").startswith("applications.denied.third_party.")})
        if not rows:
            return (grid,)
        if whole:
            return (without_rows(grid, rows),)
        cells = (replace(c, text="") if c.row in rows and c.role != "value" and c.rows == 1 else c for c in grid.cells)
        return (replace(grid, cells=tuple(cells)),)

    for whole, code in ((True, "row_unruled"), (False, "rows_unaccounted")):
        made = pdf(with_grids(doc, lambda g, whole=whole: changed(g, whole)), stroke=None)
        got = extract(make_source([("a.pdf", made)]), Options(narrative=False))
        gone = [f for f in got.fields if f.id.startswith("applications.denied.third_party.")]
        assert all(f.needs_review and (f.state != "missing" or code in f.reasons) for f in gone)
        assert whole is False or all(f.state == "missing" for f in gone)
