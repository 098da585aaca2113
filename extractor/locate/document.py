"""All statutory tables of a document: every edition's table competes for the printed rows."""

from __future__ import annotations

from collections.abc import Sequence

from extractor.forms.model import Form, RowSpec, TableSpec
from extractor.locate.likeness import SURE, WORDWISE, path_likeness
from extractor.locate.rows import GridRow, Sheet, merge_cut_row, sheet
from extractor.locate.tables import Fit, fit_table, placements, specs_of
from extractor.types import Document, Grid, TableFit

FOUND = 0.35
"""A table whose fit scores less is not in the document; foreign tables stay under 0.2 and tables of
which half is missing still reach 0.5 (bench/labels.py)."""


def find_tables(document: Document, forms: Sequence[Form]) -> tuple[TableFit, ...]:
    """The tables found, one fit for each table number, by number; empty where there is none."""
    grids = [b for b in document.blocks if isinstance(b, Grid)]
    if not grids:
        return ()
    sheets = _sheets(grids, forms)
    out: list[TableFit] = []
    numbers = sorted({t.number for f in forms for t in f.tables})
    for number in numbers:
        # Editions may share a table word for word: it is then of the edition of the tables before it.
        told = {t.edition for t in out}
        fits = sorted(
            (fit_table(f.table(number), f.edition, sheets) for f in forms if _has(f, number)),
            key=lambda fit: (-fit.score, fit.edition not in told),
        )
        if fits and fits[0].score >= FOUND:
            rival = next((f for f in fits[1:] if _differs(f, fits[0])), None)
            out.append(placements(fits[0], sheets, rival))
    return tuple(out)


def _has(form: Form, number: int) -> bool:
    return any(t.number == number for t in form.tables)


def _differs(a: Fit, b: Fit) -> bool:
    return [f.id for f in a.table.fields] != [f.id for f in b.table.fields]


def _sheets(grids: Sequence[Grid], forms: Sequence[Form]) -> list[Sheet]:
    sheets = [sheet(_best_rival(g, forms), i) for i, g in enumerate(grids)]
    labels = tuple({r.path: r for f in forms for t in f.tables for r in _rows(t)}.values())
    _mend_cut_rows(sheets, labels)
    for s in sheets:
        for row in s.rows:
            if row.label and not row.header:
                row.unclear = WORDWISE <= _named(row, labels) < SURE
    return sheets


def _rows(table: TableSpec) -> list[RowSpec]:
    return [s.row for s in specs_of(table) if s.row.path]


def _named(row: GridRow, labels: Sequence[RowSpec]) -> float:
    """Likeness of the row's label to the nearest row of any form."""
    return max((path_likeness(row.label, r.path, r.aliases) for r in labels), default=0.0)


def _best_rival(grid: Grid, forms: Sequence[Form]) -> Grid:
    """The hypothesis about a region under which most of some statutory table is found."""
    if not grid.rivals:
        return grid
    scored: list[tuple[float, int, Grid]] = []
    for i, option in enumerate((grid, *grid.rivals)):
        alone = [sheet(option, 0)]
        got = 0.0
        for form in forms:
            for table in form.tables:
                fit = fit_table(table, form.edition, alone)
                got = max(got, fit.score)
        scored.append((got, -i, option))
    return max(scored, key=lambda s: (s[0], s[1]))[2]


def _mend_cut_rows(sheets: Sequence[Sheet], labels: Sequence[RowSpec]) -> None:
    """The last row of one part and the first of the next are one row where that names a row better."""
    for upper, lower in zip(sheets, sheets[1:]):
        above = next((r for r in reversed(upper.rows) if not r.header), None)
        below = next((r for r in lower.rows if not r.header), None)
        if above is None or below is None or not above.label or above is not upper.rows[-1]:
            continue
        whole = merge_cut_row(above, below)
        if whole is None:
            continue
        apart = max(_named(above, labels), _named(below, labels))
        if not below.label or _named(whole, labels) > apart + 0.02:
            upper.rows[upper.rows.index(above)] = whole
            lower.rows.remove(below)
