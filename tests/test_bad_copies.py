"""Tables of bad copies: labels and heads that nobody can read, sheets photographed askew, columns without a ruling."""

from __future__ import annotations

import io
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pypdfium2
import pytest

from extractor.forms.load import load
from extractor.forms.model import TableSpec
from extractor.inputs.registry import make_source
from extractor.language.normalise import key
from extractor.locate.document import find_tables, hardly_found
from extractor.locate.run_on import join_run_on
from extractor.ocr.crops import without_rulings
from extractor.ocr.document import _undecided
from extractor.ocr.labels import INK, split_lines
from extractor.ocr.lexicon import wordings
from extractor.pipeline import extract
from extractor.settings import Options
from extractor.types import Cell, Document, Grid, Line, PageView
from tests.drawing import pdf, report

FORMS = load()
NEW, OLD = FORMS[0], FORMS[-1]


def picture(*grids: Grid, title: str = "") -> Document:
    """A scan of these grids."""
    lines = (Line(title, 1, (100.0, 40.0, 500.0, 58.0), 18.0),) if title else ()
    page = PageView(1, 595.0, 842.0, origin="picture")
    return Document("pdf_scan", (*lines, *grids), None, (page,))  # type: ignore[arg-type]


def gridded(rows: list[list[str | None]]) -> Grid:
    cells = tuple(
        Cell(r, c, 1, 1, text, 1, (40.0 * c, 100.0 + 20 * r, 40.0 * c + 40, 120.0 + 20 * r))
        for r, row in enumerate(rows) for c, text in enumerate(row)
    )  # fmt: skip
    return Grid(cells, len(rows), len(rows[0]), "pixels", 1, (0.0, 100.0, 600.0, 900.0))


def applications(table: TableSpec, labels: dict[int, str]) -> Grid:
    """Table 3 with its labels; `labels`: what was read of some rows in their place."""
    block = table.blocks[0]
    rows: list[list[str | None]] = [["", *(c.path[-1] for c in block.columns)]]
    for i, row in enumerate(block.rows):
        rows.append([labels.get(i, row.path[-1]), *([None] * len(block.columns))])
    return gridded(rows)


def test_the_last_row_of_fifteen_columns_is_table_4_whatever_became_of_its_head():
    blots: list[list[str | None]] = [["の", "", "1", "", ""] * 3, ["ei", "", None, "上", ""] * 3, [None] * 15]
    (fit,) = find_tables(picture(gridded(blots)), FORMS)
    assert fit.number == 4
    assert [p.cell.col for p in fit.placements if p.cell] == list(range(15))
    assert all(p.by_order for p in fit.placements)


def test_fourteen_columns_are_no_table_4():
    assert not find_tables(picture(gridded([["の"] * 14, ["ei"] * 14, [None] * 14])), FORMS)


def test_a_table_that_no_edition_owns_alone_is_of_the_edition_of_the_year():
    blots: list[list[str | None]] = [["の"] * 15, [None] * 15]
    for year, edition in (("2020", "2019"), ("2023", "2021")):
        document = picture(gridded(blots), title=f"砚池县商务局{year}年政府信息公开工作年度报告")
        assert [f.edition for f in find_tables(document, FORMS)] == [edition]


def test_heads_tell_the_edition_where_rows_are_lost():
    """Two rows of eight make the shorter form of six the likelier one; no column of it has such heads."""
    table = OLD.table(2)
    heads = [c.path[-1] for c in table.blocks[0].columns]
    rows: list[list[str | None]] = [["信息内容", *heads], ["规章", None, None, None], ["规范性文件", None, None, None]]
    (fit,) = find_tables(picture(gridded(rows)), FORMS, 0.2)
    assert fit.edition == OLD.edition


def test_blotted_labels_between_legible_ones_are_placed_by_order():
    table = NEW.table(3)
    names = [r.id for r in table.blocks[0].rows]
    (fit,) = find_tables(picture(applications(table, {7: "44340246", 8: "一寅三六"})), FORMS)
    got = {p.field_id: p for p in fit.placements}
    for i in (7, 8):
        mine = [got[table.field_id(names[i], c.id)] for c in table.blocks[0].columns]
        assert all(p.cell is not None and p.cell.row == i + 1 and p.by_order for p in mine)


def test_heads_of_which_one_was_read_amiss_leave_as_many_cells_as_columns_to_their_order():
    table = NEW.table(3)
    block = table.blocks[0]
    rows: list[list[str | None]] = [["", "自", "人", "二。", "1会1益", "企业机构", "11主", "#"]]
    rows += [[row.path[-1], *([None] * len(block.columns))] for row in block.rows]
    (fit,) = find_tables(picture(gridded(rows)), FORMS)
    got = {p.field_id: p for p in fit.placements}
    for k, column in enumerate(block.columns):
        p = got[table.field_id("received", column.id)]
        assert p.cell is not None and p.cell.col == k + 1 and p.by_order


def test_a_sliver_between_a_stroke_and_a_ruling_is_no_cell_for_a_figure():
    table = NEW.table(2)
    heads = [c.path[-1] for c in table.blocks[0].columns]
    grid = gridded([["信息内容", *heads], ["规章", None, None, None], ["行政规范性文件", None, None, None]])
    thin = [replace(c, box=(114.0, c.box[1], 120.0, c.box[3])) if (c.row, c.col) == (1, 2) and c.box else c for c in grid.cells]
    (fit,) = find_tables(picture(replace(grid, cells=tuple(thin))), FORMS, 0.2)
    doubted = {p.field_id for p in fit.placements if p.cell and "columns_unaccounted" in p.doubts}
    assert doubted == {"proactive.rules.repealed"}


def test_what_hardly_fits_is_read_in_a_report_and_doubted():
    table = NEW.table(3)
    few = dict.fromkeys(range(6, len(table.blocks[0].rows)), "的の")
    grid = applications(table, few)
    document = picture(grid, gridded([["の"] * 15, [None] * 15]))
    fits = tuple(f for f in find_tables(document, FORMS) if f.number == 4)
    both = hardly_found(document, fits, FORMS)
    assert [f.number for f in both] == [3, 4]
    hardly = both[0]
    assert hardly.score < 0.5 and all("weak_table" in p.doubts for p in hardly.placements if p.cell)


def test_table_4_tells_no_edition_to_what_hardly_fits():
    """Both editions print it word for word; the row of （六）其他处理 with figures is the old one's alone."""
    table = OLD.table(3)
    other = next(i for i, r in enumerate(table.blocks[0].rows) if r.path[-1].startswith("（六）"))
    lost = {i: "的の" for i in range(6, len(table.blocks[0].rows)) if i != other}
    document = picture(applications(table, lost), gridded([["の"] * 15, [None] * 15]))
    fits = tuple(f for f in find_tables(document, [NEW], 0.2) if f.number == 4)
    assert [f.edition for f in fits] == [NEW.edition]
    assert [(f.number, f.edition) for f in hardly_found(document, fits, FORMS)] == [(3, OLD.edition), (4, OLD.edition)]


def part(number: int, labels: bool, ys: list[float]) -> Grid:
    """One page's part of a spreadsheet with these row edges as its photograph lies flat."""
    cells: list[Cell] = []
    for r in range(len(ys) - 1):
        texts = [f"{r}.属于国家秘密的信息" if r else "（勾稽关系）"] if labels else []
        texts += [["自然人", "企业", "总计"][c] if r == 0 else str(r + c) for c in range(3)]
        cells += [Cell(r, c, 1, 1, t, number, (40.0 * c, ys[r], 40.0 * c + 40, ys[r + 1])) for c, t in enumerate(texts)]
    edges = tuple(ys)
    return Grid(tuple(cells), len(ys) - 1, 4 if labels else 3, "pixels", number, (0, ys[0], 160, ys[-1]), row_edges=edges)


HEIGHTS = [30, 17, 17, 31, 17, 31, 17, 17, 17, 31, 31, 17, 17, 17]


def sheet(scale: float, lean: float, extra: int = 0) -> list[float]:
    ys = [100.0]
    for h in [*HEIGHTS, *([17] * extra)]:
        ys.append(ys[-1] + h)
    top, end = ys[0], ys[-1]
    half = (end - top) / 2
    return [scale * (y + lean * half * (y - top) * (end - y) / half**2) for y in ys]


@pytest.mark.parametrize(
    ("other", "joined"),
    [
        (sheet(1.0, 0.0), True), (sheet(0.9, 0.0), True), (sheet(1.05, 0.05), True), (sheet(0.9, -0.04), True),
        (sheet(0.7, 0.0), False), (list(np.linspace(100.0, 400.0, len(HEIGHTS) + 1)), False), (sheet(1.0, 0.0, extra=4), False),
    ],
    ids=["as it is", "farther off", "leaning", "both", "another size", "other heights", "other rows"],
)  # fmt: skip
def test_parts_of_a_sheet_photographed_one_by_one_are_joined(other: list[float], joined: bool):
    document = picture(part(1, True, sheet(1.0, 0.0)), part(2, False, other))
    blocks = join_run_on(document).blocks
    assert (len(blocks) == 1) is joined
    if joined:
        assert all(c.text == str(c.row + c.col - 4) for c in blocks[0].cells if c.page == 2 and c.row)  # type: ignore[union-attr]


def test_the_soft_edge_of_an_inner_ruling_does_not_join_the_lines():
    """Darkness 105 down the whole side: ink to those that look for lines, none to those that look for digits."""
    cell = np.full((120, 300), 255, np.uint8)
    cell[:, 0] = 150
    for y in (30, 70):
        cell[y : y + 26, 40:200:3] = 0
    scale = 2.9
    assert len(split_lines(without_rulings(cell, scale, INK), scale)) == 2


@pytest.mark.ocr
def test_a_picture_of_tables_without_a_line_is_read_and_nothing_is_silently_wrong():
    doc, truth = report(seed=5)
    files = []
    for i, page in enumerate(pypdfium2.PdfDocument(pdf(doc, stroke=None))):
        image = page.render(scale=200 / 72).to_pil().convert("L")
        buffer = io.BytesIO()
        image.save(buffer, "PNG", dpi=(200, 200))
        files.append((f"{i + 1}.png", buffer.getvalue()))
    got = {f.id: f for f in extract(make_source(files), Options(narrative=False)).fields}
    wrong = [
        n for n, want in truth["fields"].items()
        if n not in got or got[n].state != want["state"] or str(got[n].value) != str(want["value"])
    ]  # fmt: skip
    assert not [n for n in wrong if n not in got or not got[n].needs_review]
    assert len(wrong) < 0.05 * len(truth["fields"])


@pytest.mark.parametrize(
    ("shape", "text", "lead", "turns"),
    [
        ((8, 30), "182", 9.0, [0, 90, 270]), ((30, 8), "182", 9.0, [0]), ((30, 8), "182", 1.0, [0, 270]),
        ((8, 30), NEW.table(3).blocks[0].rows[0].path[-1] + NEW.table(2).blocks[0].rows[0].path[-1], 9.0, [0, 90, 270]),
    ],
    ids=["columns of no table", "a plain grid", "text that leaves it open", "words of no cell"],
)  # fmt: skip
def test_a_grid_of_more_columns_than_any_table_is_read_on_its_sides(
    shape: tuple[int, int], text: str, lead: float, turns: list[int]
) -> None:
    grid = Grid((Cell(0, 0, 1, 1, text),), *shape, "pixels", 1)
    ready = SimpleNamespace(lying=np.array([-5.0, -5.0 - lead, -20.0, -20.0]))
    how = SimpleNamespace(words=frozenset(key(w) for w in wordings(FORMS)))
    assert _undecided(ready, SimpleNamespace(blocks=(grid,)), how) == turns  # type: ignore[arg-type]
    assert not _undecided(ready, SimpleNamespace(blocks=()), how)  # type: ignore[arg-type]
