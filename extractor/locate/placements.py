"""From a placed table to one placement for every field, with what speaks against each."""

from __future__ import annotations

from collections.abc import Sequence

from extractor.language.normalise import key
from extractor.locate.columns import ColumnFit
from extractor.locate.likeness import SURE
from extractor.locate.rows import GridRow, Sheet
from extractor.locate.tables import CLEARLY, Fit, Spec, specs_of
from extractor.types import PICTURE_ORIGINS, Cell, Grid, Placement, TableFit

WORD_MADE = ("borderless", "rows_only", "words")
"""Grids made of the rows that were found say nothing about rows that were not."""
POOR = 0.5
"""A table that fits less is read, but every figure of it is doubted: the two met below it on three made
corpora were wrong in part."""
CLEAR = 0.95
"""Likeness of a label that was read whole.  Two labels in one cell, where the ruling between them was not seen, come to
0.93, a long one and 其他 to 0.97: their length tells them too."""
TIED = 0.01
"""Editions whose fits differ by less are told by chance: a single distinct row or header makes 0.03."""


def _ragged(fit: Fit, j: int, specs: Sequence[Spec]) -> bool:
    """A column of the row is missing that other rows of its block have: no column is gone, a cell is."""
    own = fit.columns[j]
    beside = [c for c, s in zip(fit.columns, specs) if c is not None and s.block is specs[j].block]
    return own is not None and any(
        slot is None and any(c.slots[k] is not None for c in beside) for k, slot in enumerate(own.slots)
    )


def _headed(fit: Fit, j: int, spec: Spec, sheets: Sequence[Sheet]) -> bool:
    """A header of the row's grid names a column that the row lacks: it is there, its cell was not found."""
    row, own = fit.rows[j], fit.columns[j]
    lacking = [c for c, s in zip(spec.block.columns, own.slots) if s is None] if own else []
    last = [key(c.path[-1]) for c in spec.block.columns]
    names = {key(c.path[-1]) for c in lacking if last.count(key(c.path[-1])) == 1}
    if row is None or not names:
        return False
    heads = {r.index for r in sheets[row.grid_no].rows if r.header and r.index < row.index}
    return any(c.row in heads and c.text and key(c.text) in names for c in sheets[row.grid_no].grid.cells)


def _absence(fit: Fit, j: int, sheets: Sequence[Sheet]) -> tuple[str, ...]:
    """What speaks against row or column being truly absent from the page; empty where nothing does.

    A row is surely absent where its neighbours of the form stand one right after the other.  A column
    is where the cells of the row are exactly the columns that were named and the file itself states the
    table: on a page it may stand elsewhere (columns of a spreadsheet's print that run on to another page).
    In a picture a ruling that was not seen takes a row or a column with it, and its figures (8 of 24 damaged scans
    had such a row): there a row is surely absent only where the labels of both neighbours are read whole and surely,
    for what lies between two rulings belongs to one of them.
    """
    row, columns, specs = fit.rows[j], fit.columns[j], specs_of(fit.table)
    if row is not None and columns is not None:
        slid = _ragged(fit, j, specs) or _headed(fit, j, specs[j], sheets)
        if slid or sheets[row.grid_no].grid.origin != "markup":
            return ("columns_unaccounted",)
        named = sum(s is not None for s in columns.slots)
        # A header that may as well be that of the missing column (本年新) leaves open which one is gone.
        told = all(m >= TIED for m, s in zip(columns.margins, columns.slots) if s is not None)
        accounted = told and named == len(row.cells) and min(columns.scores) < 1 <= named
        return () if accounted else ("columns_unaccounted",)
    before = next((fit.rows[i] for i in range(j - 1, -1, -1) if fit.rows[i] is not None), None)
    after = next((r for r in fit.rows[j + 1 :] if r is not None), None)
    if before is None or after is None:
        return ("table_end_missing",)
    grids = [sheets[r.grid_no].grid for r in (before, after)]
    origins = {g.origin for g in grids}
    if origins == {"borderless"} and before.grid_no == after.grid_no and grids[0].closed:
        return ("row_unruled",)  # its label may be there unread; figures of it are not
    if origins & {*WORD_MADE, *PICTURE_ORIGINS} and not (origins == {"pixels"} and _abut(fit, before, after)):
        return ("rows_unaccounted",)
    if _over_pages(sheets[before.grid_no].grid, sheets[after.grid_no].grid):
        return ("rows_unaccounted",)
    rest = [r for r in sheets[before.grid_no].rows if r.index > before.index]
    if before.grid_no == after.grid_no:
        rest = [r for r in rest if r.index < after.index]
    else:
        for g in range(before.grid_no + 1, after.grid_no + 1):
            rest += [r for r in sheets[g].rows if g < after.grid_no or r.index < after.index]
    return ("rows_unaccounted",) if any(r.figures and not r.header for r in rest) else ()


def _abut(fit: Fit, before: GridRow, after: GridRow) -> bool:
    """Two rows of one grid, one right under the other, whose labels are read without a doubt."""
    if before.grid_no != after.grid_no or after.index != before.index + 1:
        return False
    placed = zip(fit.rows, fit.row_scores, specs_of(fit.table), strict=True)
    return all(_whole_label(r, s, spec) for r, s, spec in placed if r is before or r is after)


def _whole_label(row: GridRow, score: float, spec: Spec) -> bool:
    """The label is the row's and nothing more: not that of the row under it as well."""
    longest = max(len(key(name)) for name in (spec.row.path[-1], *spec.row.aliases)) if spec.row.path else 0
    return score >= CLEAR and bool(row.label) and len(key(row.label[-1])) <= longest + 1


def _over_pages(before: Grid, after: Grid) -> bool:
    """A row between the two would stand at the page break, where one alone may be no table to the eye."""
    return before.page is not None and before.page != after.page


def only_in(fit: Fit, other: Fit) -> int:
    """Printed rows that the labels surely name in one fit and that the other has no place for."""
    placed = [(r.grid_no, r.index) for r, s in zip(fit.rows, fit.row_scores) if r is not None and s >= SURE]
    return sum(at not in other.used for at in placed)


def heads_only_in(fit: Fit, other: Fit) -> int:
    """Printed heads that surely name a column in one fit and none in the other: what a table whose rows a bad copy
    ate still tells of its edition."""
    mine, theirs = _heads_scored(fit), _heads_scored(other)
    return sum(s >= SURE and theirs.get(at, 0.0) < s - CLEARLY for at, s in mine.items())


def _heads_scored(fit: Fit) -> dict[tuple[int, int, str], float]:
    """The best likeness of every printed head (grid, column, text) to the column that was put under it."""
    out: dict[tuple[int, int, str], float] = {}
    for row, columns in zip(fit.rows, fit.columns):
        if row is None or columns is None:
            continue
        for slot, score, head in zip(columns.slots, columns.scores, columns.heads):
            if slot is not None and slot < len(row.cells) and head:
                at = row.grid_no, row.cells[slot].col, head
                out[at] = max(score, out.get(at, 0.0))
    return out


NEXT_BLOCK = 0.1
"""Heads of two columns that differ by their group alone are 0.03 to 0.08 apart."""


def _slid(columns: ColumnFit, k: int, grid: Grid) -> bool:
    """In a picture that lost columns, a figure whose head says the same in another group may be the other's."""
    return grid.origin in PICTURE_ORIGINS and None in columns.slots and columns.margins[k] < NEXT_BLOCK


SLIVER = 12.0
"""Points that a picture's cell for a figure is wide at least: of 41,000 of made scans the narrowest right one had 21;
between a stamp's stroke and a ruling a blank one of 6 passed for a column."""


def _sliver(cell: Cell, grid: Grid) -> bool:
    return grid.origin == "pixels" and cell.box is not None and cell.box[2] - cell.box[0] < SLIVER


def _unsure(fit: Fit, rival: Fit | None) -> tuple[str, ...]:
    """Doubts about the table as a whole: hardly found, or explained as well by another edition."""
    out: list[str] = []
    if fit.score < POOR:
        out.append("weak_table")
    if rival is not None and fit.score - rival.score < TIED:
        out.append("edition_unsure")
    return tuple(out)


def _astray(fit: Fit, j: int, sheets: Sequence[Sheet]) -> bool:
    """A row without a page in which a column is missing though cells are left: all of them may have slid."""
    row, columns = fit.rows[j], fit.columns[j]
    if row is None or columns is None or sheets[row.grid_no].grid.origin not in ("markup", "dump"):
        return False
    return any(s is None for s in columns.slots) and bool(_absence(fit, j, sheets))


def _fields_of(fit: Fit) -> dict[str, GridRow | None]:
    """The row in which a fit sees each of its fields."""
    rows = zip(specs_of(fit.table), fit.rows, strict=True)
    return {fit.table.field_id(s.row.id, c.id): row for s, row in rows for c in s.block.columns}


def _structure(fit: Fit, specs: Sequence[Spec]) -> dict[int, float]:
    """For every block, by its id: the share of its rows that are there, less the rows of figures that are no row of the
    table.  What a block of table 2 lacks says nothing of the others: each has labels and a header of its own."""
    found = sum(1 for r in fit.rows if r is not None)
    own = found / (found + fit.extra) if found else 0.0
    out: dict[int, float] = {}
    for block in {id(s.block): s.block for s in specs}.values():
        rows = [r for r, s in zip(fit.rows, specs) if s.block is block]
        out[id(block)] = own * sum(r is not None for r in rows) / len(rows)
    return out


def placements(fit: Fit, sheets: Sequence[Sheet], rival: Fit | None) -> TableFit:
    """The fit as records: one placement for every field of the table, in the form's order."""
    specs = specs_of(fit.table)
    structure = _structure(fit, specs)
    unsure = _unsure(fit, rival)
    shared = _fields_of(rival) if "edition_unsure" in unsure and rival is not None else {}
    astray = [_astray(fit, j, sheets) for j in range(len(specs))]
    out: list[Placement] = []
    for j, spec in enumerate(specs):
        row, columns = fit.rows[j], fit.columns[j]
        for k, column in enumerate(spec.block.columns):
            slot = columns.slots[k] if columns is not None else None
            field_id = fit.table.field_id(spec.row.id, column.id)
            if row is None or columns is None or slot is None or slot >= len(row.cells):
                out.append(Placement(field_id, None, None, doubts=_absence(fit, j, sheets)))
                continue
            doubts = unsure
            if field_id in shared and shared[field_id] is row:
                doubts = tuple(d for d in unsure if d != "edition_unsure")  # it is that field in either edition
            if row.merged:
                doubts = (*doubts, "row_cut_by_page")
            grid = sheets[row.grid_no].grid
            if astray[j] or _slid(columns, k, grid) or _sliver(row.cells[slot], grid):
                doubts = (*doubts, "columns_unaccounted")
            out.append(
                Placement(
                    field_id, row.cells[slot], grid, fit.row_scores[j],
                    fit.row_margins[j], columns.scores[k], columns.margins[k],
                    fit.by_order[j] or columns.by_order, structure[id(spec.block)], "/".join(row.label), columns.heads[k],
                    doubts,
                )
            )  # fmt: skip
    return TableFit(
        fit.table.number, fit.edition, fit.score, rival.edition if rival else None,
        rival.score if rival else 0.0, tuple(out), len(specs), sum(r is not None for r in fit.rows), fit.extra,
    )  # fmt: skip
