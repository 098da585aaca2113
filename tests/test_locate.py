"""Where fields stand: rows and columns missing, foreign, misspelt, swapped, cut, torn from their labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from extractor.forms.load import load
from extractor.inputs.registry import make_source
from extractor.locate.document import find_tables, locate
from extractor.pipeline import extract
from extractor.settings import Options
from extractor.types import Document as ReadDocument
from extractor.types import Grid as ReadGrid
from extractor.types import TableFit
from samples.maker.document import Document, Text
from samples.maker.grids import Cell, Grid
from samples.maker.routes import plain
from tests.drawing import BOTH, OLD, pdf, read_document, report, rows_between, with_grids, without_rows

FORMS = load()
NO_WORDS = Options(narrative=False)


def placed(document: ReadDocument) -> dict[str, str | None]:
    """Text of the cell that every field was given; ids without a cell are left out."""
    _, fits = locate(document, FORMS)
    return {p.field_id: p.cell.text for f in fits for p in f.placements if p.cell is not None}


def texts(doc: Document) -> dict[str, str]:
    """Text of every field's cell by the maker's own knowledge."""
    return {c.field: c.text for b in doc.blocks if isinstance(b, Grid) for c in b.cells if c.field}


def silent(doc: Document, truth: dict[str, Any]) -> list[str]:
    """Fields of the document's PDF that are wrong and that nobody is asked to look at."""
    got = extract(make_source([("a.pdf", pdf(doc))]), NO_WORDS)
    return _silent({f.id: f for f in got.fields}, truth)


def _silent(got: dict[str, Any], truth: dict[str, Any]) -> list[str]:
    out = []
    for name, want in truth["fields"].items():
        f = got.get(name)
        right = f is not None and f.state == want["state"] and (str(f.value) == str(want["value"]))
        if not right and not (f is not None and f.needs_review):
            out.append(f"{name}: {want['value']} {want['state']}, got {f and f.value} {f and f.state}")
    return out


def labelled_rows(grid: Grid) -> list[int]:
    return sorted({c.row for c in grid.cells if c.role == "value"})


def fit_of(document: ReadDocument, number: int) -> TableFit:
    return next(f for f in locate(document, FORMS)[1] if f.number == number)


@pytest.mark.parametrize("editions", [BOTH, OLD], ids=["2021", "2019"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_field_of_a_plain_report_stands_where_it_stands(editions, seed):
    doc, truth = report(editions, seed)
    got = placed(read_document(doc))
    assert got == texts(doc) and len(got) == len(truth["fields"])


@pytest.mark.parametrize(
    "mixed", [(("2", "2019"), ("3", "2021"), ("4", "2021")), (("2", "2021"), ("3", "2019"), ("4", "2021"))]
)
def test_the_edition_is_told_table_by_table(mixed):
    doc, _ = report(mixed, 5)
    fits = locate(read_document(doc), FORMS)[1]
    assert {str(f.number): f.edition for f in fits if f.number != 4} == dict(mixed[:2])
    assert placed(read_document(doc)) == texts(doc)


# ---------------------------------------------------------------- rows


@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.integers(0, 40), st.lists(st.integers(3, 20), min_size=1, max_size=4, unique=True))
def test_missing_rows_leave_the_others_where_they_are(seed, gone):
    doc, _ = report(seed=seed)
    lost: set[str] = set()

    def drop(grid: Grid) -> Sequence[Grid]:
        if grid.table != "3":
            return (grid,)
        rows = [labelled_rows(grid)[g] for g in gone]
        lost.update(c.field for c in grid.cells if c.row in rows and c.field)
        return (without_rows(grid, rows),)

    short = with_grids(doc, drop)
    document, fits = locate(read_document(short), FORMS)
    assert placed(document) == {k: v for k, v in texts(doc).items() if k not in lost}
    missing = {p.field_id for f in fits for p in f.placements if p.cell is None}
    assert missing == lost


def test_rows_missing_between_neighbours_are_surely_missing_and_at_the_end_they_are_not():
    doc, _ = report()
    rows: list[int] = []

    def drop(which: Sequence[int]):
        def change(grid: Grid) -> Sequence[Grid]:
            rows[:] = labelled_rows(grid)
            return (without_rows(grid, [rows[w] for w in which]),) if grid.table == "3" else (grid,)

        return change

    for which, doubts in (([7], ()), ([24], ("table_end_missing",))):
        fit = fit_of(read_document(with_grids(doc, drop(which))), 3)
        gone = [p for p in fit.placements if p.cell is None]
        assert len(gone) == 7 and {p.doubts for p in gone} == {doubts}


def _insert_row(grid: Grid, at: int, label: str, values: Sequence[str]) -> Grid:
    """A foreign row before row `at`; cells that span the place grow."""
    cells = []
    for c in grid.cells:
        if c.row >= at:
            cells.append(replace(c, row=c.row + 1))
        elif c.row + c.rows > at:
            cells.append(replace(c, rows=c.rows + 1))
        else:
            cells.append(c)
    first = min(c.col for c in cells if c.role == "value")
    left = max(
        (c.col + c.cols for c in cells if c.role == "group" and c.row <= at < c.row + c.rows), default=0
    )
    cells.append(Cell(label, at, left, 1, first - left))
    cells += [Cell(v, at, first + i, role="value") for i, v in enumerate(values)]
    return replace(grid, cells=tuple(cells))


@pytest.mark.parametrize("place", [2, 9, 18])
@pytest.mark.parametrize("label", ["其中：通过网络平台提交的", "转办件", ""])
def test_a_foreign_row_takes_no_fields_place(place, label):
    doc, truth = report(seed=4)

    def change(grid: Grid) -> Sequence[Grid]:
        return (
            (_insert_row(grid, labelled_rows(grid)[place], label, list("8888888")),)
            if grid.table == "3"
            else (grid,)
        )

    odd = with_grids(doc, change)
    got = extract(make_source([("a.pdf", pdf(odd))]), NO_WORDS)
    assert not _silent({f.id: f for f in got.fields}, truth)
    assert placed(read_document(odd)) == texts(doc)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6))
def test_misprinted_labels_still_name_their_rows(seed):
    rng = Random(seed)
    doc, _ = report(seed=seed % 7)

    def misprint(text: str) -> str:
        return "".join(
            rng.choice("公开信息政府申请") if rng.random() < 0.12 else ch
            for ch in text
            if rng.random() > 0.05
        )

    def change(grid: Grid) -> Sequence[Grid]:
        cells = [
            replace(c, text=misprint(c.text)) if c.role in ("label", "group") and len(c.text) > 6 else c
            for c in grid.cells
        ]
        return (replace(grid, cells=tuple(cells)),)

    got, want = placed(read_document(with_grids(doc, change))), texts(doc)
    assert {k: want[k] for k in got} == got
    assert len(got) >= 0.9 * len(want)


def test_renumbered_rows_are_told_by_their_words():
    doc, _ = report(seed=6)

    def change(grid: Grid) -> Sequence[Grid]:
        cells = []
        for c in grid.cells:
            text = c.text
            if c.role == "label" and text[:1].isdigit() and "." in text[:3]:
                text = f"{int(text[0]) % 8 + 2}．{text[2:]}"
            cells.append(replace(c, text=text))
        return (replace(grid, cells=tuple(cells)),)

    assert placed(read_document(with_grids(doc, change))) == texts(doc)


@pytest.mark.parametrize("pair", [(4, 5), (8, 9), (15, 16), (0, 1), (6, 13)])
def test_swapped_rows_are_never_silently_wrong(pair):
    """Labels change places with their figures, or without: the label says which row it is."""
    doc, _ = report(seed=8)

    def swap(grid: Grid) -> Sequence[Grid]:
        if grid.table != "3":
            return (grid,)
        a, b = (labelled_rows(grid)[i] for i in pair)
        cells = []
        for c in grid.cells:
            own = c.role in ("value", "label") and c.row in (a, b) and c.rows == 1
            cells.append(replace(c, row=a + b - c.row) if own else c)
        return (replace(grid, cells=tuple(cells)),)

    swapped = with_grids(doc, swap)
    got = extract(make_source([("a.pdf", pdf(swapped))]), NO_WORDS)
    want = {k: v for k, v in texts(doc).items() if k.startswith("applications.")}
    wrong = [f.id for f in got.fields if f.id in want and (f.raw or "") != want[f.id] and not f.needs_review]
    assert not wrong


def test_lost_group_labels_do_not_matter():
    doc, _ = report(seed=9)

    def change(grid: Grid) -> Sequence[Grid]:
        return (
            replace(grid, cells=tuple(replace(c, text="") if c.role == "group" else c for c in grid.cells)),
        )

    assert placed(read_document(with_grids(doc, change))) == texts(doc)


# ---------------------------------------------------------------- cuts


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 5), st.integers(1, 26), st.booleans())
def test_a_table_cut_by_the_page_between_any_two_rows(seed, at, repeated):
    doc, _ = report(seed=seed)

    def cut(grid: Grid) -> Sequence[Grid]:
        if grid.table != "3" or not grid.head_rows < at < grid.n_rows:
            return (grid,)
        lower = rows_between(grid, at, grid.n_rows)
        if repeated:
            head = [c for c in grid.cells if c.row < grid.head_rows]
            cells = (*head, *(replace(c, row=c.row + grid.head_rows) for c in lower.cells))
            lower = replace(lower, cells=cells)
        return rows_between(grid, 0, at), lower

    assert placed(read_document(with_grids(doc, cut))) == texts(doc)


def test_a_row_cut_in_two_is_one_row_again():
    doc, _ = report(seed=3)

    def cut(grid: Grid) -> Sequence[Grid]:
        if grid.table != "3":
            return (grid,)
        at = labelled_rows(grid)[12]
        upper, lower = rows_between(grid, 0, at + 1), rows_between(grid, at, grid.n_rows)
        whole = next(c.text for c in grid.cells if c.row == at and c.role == "label")
        up = [replace(c, text=whole[:7]) if c.text == whole else c for c in upper.cells]
        low = []
        for c in lower.cells:
            text = whole[7:] if c.text == whole else "" if c.row == 0 and c.role == "value" else c.text
            low.append(replace(c, text=text))
        return replace(upper, cells=tuple(up)), replace(lower, cells=tuple(low))

    document = read_document(with_grids(doc, cut))
    assert placed(document) == texts(doc)
    assert sum("row_cut_by_page" in p.doubts for p in fit_of(document, 3).placements) == 7


@pytest.mark.parametrize("number", ["3", "2"])
def test_a_lost_header_is_made_up_for_or_asked_about(number):
    doc, truth = report(seed=2)

    def change(grid: Grid) -> Sequence[Grid]:
        return (
            (without_rows(grid, range(grid.head_rows)),)
            if grid.table == number and grid.head_rows
            else (grid,)
        )

    assert not silent(with_grids(doc, change), truth)


def test_a_lost_column_is_never_filled_by_its_neighbour():
    doc, truth = report(seed=2)

    def change(grid: Grid) -> Sequence[Grid]:
        if grid.table != "3":
            return (grid,)
        gone = min(c.col for c in grid.cells if c.role == "value") + 2
        cells = []
        for c in grid.cells:
            if c.col <= gone < c.col + c.cols and c.cols == 1:
                continue
            shrunk = c.cols - 1 if c.col <= gone < c.col + c.cols else c.cols
            cells.append(replace(c, cols=shrunk, col=c.col - (c.col > gone)))
        widths = tuple(w for i, w in enumerate(grid.widths) if i != gone)
        return (replace(grid, cells=tuple(cells), widths=tuple(w / sum(widths) for w in widths)),)

    assert not _missing_column_silent(with_grids(doc, change), truth)


def _missing_column_silent(doc: Document, truth: dict[str, Any]) -> list[str]:
    got = extract(make_source([("a.pdf", pdf(doc))]), NO_WORDS)
    wrong = _silent({f.id: f for f in got.fields}, truth)
    # The column that is not printed is missing, and surely so.
    return [w for w in wrong if "got None missing" not in w]


# ---------------------------------------------------------------- without grids


@pytest.mark.parametrize("editions", [BOTH, OLD], ids=["2021", "2019"])
@pytest.mark.parametrize("stroke", [None, "rows"], ids=["no lines", "lines between rows"])
def test_tables_without_their_lines_are_read_or_asked_about(editions, stroke):
    doc, truth = report(editions, 3)
    rows_only = (lambda c, x0, y0, x1, y1: c.line(x0, y0, x1, y1) if y0 == y1 else None) if stroke else None
    got = extract(make_source([("a.pdf", pdf(doc, stroke=rows_only))]), NO_WORDS)
    assert not _silent({f.id: f for f in got.fields}, truth)
    exact = sum(f.raw == texts(doc).get(f.id) or (f.raw or "") == texts(doc).get(f.id) for f in got.fields)
    assert exact >= 0.6 * len(truth["fields"])


def test_a_text_dump_of_one_cell_a_line():
    doc, truth = report(seed=3)
    got = extract(make_source([("a.txt", plain.render(doc).encode())]), NO_WORDS)
    assert got.error is None
    assert not _silent({f.id: f for f in got.fields}, truth)


def test_columns_that_run_on_to_another_page():
    """A spreadsheet printed without fitting: the right columns of the long table on a page of their own."""
    doc, _ = report(seed=3)

    def cut(grid: Grid) -> Sequence[Grid]:
        if grid.table != "3":
            return (grid,)
        at = max(c.col for c in grid.cells if c.role == "value") - 2
        left, right = [], []
        for c in grid.cells:
            if c.col < at:
                left.append(replace(c, cols=min(c.cols, at - c.col)))
            if c.col + c.cols > at:
                text = c.text if c.col >= at else ""
                right.append(
                    replace(c, text=text, col=max(0, c.col - at), cols=c.col + c.cols - max(at, c.col))
                )
        widths = grid.widths
        return (
            replace(grid, cells=tuple(left), widths=widths[:at]),
            replace(grid, cells=tuple(right), widths=widths[at:]),
        )

    document = _on_pages(read_document(with_grids(doc, cut)))
    got = placed(document)
    assert {k: v for k, v in got.items() if k.startswith("applications.")} == {
        k: v for k, v in texts(doc).items() if k.startswith("applications.")
    }


def _on_pages(document: ReadDocument) -> ReadDocument:
    """Every grid on a page of its own, at the same height."""
    blocks, page = [], 1
    for b in document.blocks:
        if not isinstance(b, ReadGrid):
            blocks.append(replace(b, page=page))
            continue
        page += 1
        top = (b.box or (0.0, 0.0, 0.0, 0.0))[1]
        cells = tuple(
            replace(c, page=page, box=(c.box[0], c.box[1] - top + 50, c.box[2], c.box[3] - top + 50))
            if c.box
            else c
            for c in b.cells
        )
        box = b.box and (b.box[0], 50.0, b.box[2], b.box[3] - top + 50)
        blocks.append(replace(b, page=page, cells=cells, box=box))
    return replace(document, blocks=tuple(blocks))


def test_a_document_of_foreign_tables_has_none_of_ours():
    cells = tuple(
        Cell(t, i // 3, i % 3)
        for i, t in enumerate(["科目", "预算", "决算", "工资", "12", "13", "差旅", "4", "5"])
    )
    doc = Document([Text("预算表"), Grid("", cells, (0.3, 0.3, 0.4))], "", "", "", 2023, frozenset())
    assert find_tables(read_document(doc), FORMS) == ()
