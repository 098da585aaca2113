"""All statutory tables of a document: every edition's table competes for the printed rows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from itertools import pairwise

from extractor.forms.model import Form, RowSpec, TableSpec
from extractor.language.figure import is_figure_like
from extractor.language.normalise import key
from extractor.language.title import find_titles
from extractor.locate.likeness import SURE, WORDWISE, path_likeness
from extractor.locate.placements import heads_only_in, only_in, placements
from extractor.locate.rows import (
    GridRow,
    Groups,
    Sheet,
    distinct,
    heads_of,
    is_group_row,
    merge_cut_row,
    owner,
    sheet,
)
from extractor.locate.tables import Fit, fit_table, specs_of
from extractor.types import Cell, Document, Grid, Line, TableFit

FOUND = 0.35
"""A table whose fit scores less is not in the document: the form's other tables score 0, a table with every
second row gone 0.67 and more (bench/labels.py); half way, for damaged labels take from both."""
HARDLY = 0.2
"""The same in a report that is known to be one: its bad copies' tables score 0.24 and more, all others 0."""
MOST_ROW_PAGES = 4
"""Pages that the rows of one table take where its columns run on to further pages: three were met, of labels
that every cell repeats."""
NEAR = 0.05
"""Two editions' fits nearer than this may differ by a row that is not printed: one of 23 is 0.04."""


def find_tables(document: Document, forms: Sequence[Form], least: float = FOUND) -> tuple[TableFit, ...]:
    """The tables found, one fit for each table number, by number; empty where there is none."""
    grids = [part for b in document.blocks if isinstance(b, Grid) for part in _apart(b)]
    if not grids:
        return ()
    sheets = _sheets(grids, forms)
    lines = [key(b.text) for b in document.blocks if isinstance(b, Line)]
    out: list[TableFit] = []
    numbers = sorted({t.number for f in forms for t in f.tables})
    for number in numbers:
        # Editions may share a table word for word: it is then of the edition of the first table before it.
        told = {t.edition for t in out}
        first_told = out[0].edition if out else ""
        fits = [fit_table(f.table(number), f.edition, sheets) for f in forms if _has(f, number)]
        fits = sorted(fits, key=lambda fit: (-fit.score, fit.edition not in told, fit.edition != first_told))
        if not told and len(fits) > 1 and least <= fits[0].score == fits[1].score:
            year = _of_year(document, forms)
            fits = sorted(fits, key=lambda fit: (-fit.score, fit.edition != year))
        fits = sorted(fits, key=lambda fit: not _stands(fit, fits[0], told))
        if fits and fits[0].score >= least:
            first = fits[0]
            rival = next((f for f in fits[1:] if _differs(f, first)), None)
            if rival is not None and _told(rival, first) > _told(first, rival):
                # Rows and heads that are there tell the edition, whatever became of their figures.
                first, rival = rival, first
            out.append(_told_elsewhere(placements(first, sheets, rival), first.table, lines))
    return tuple(out)


def _told(fit: Fit, other: Fit) -> tuple[int, int]:
    return only_in(fit, other), heads_only_in(fit, other)


def _of_year(document: Document, forms: Sequence[Form]) -> str:
    """The edition that was in force for the year of the report's title; empty where none tells it."""
    title = next(iter(find_titles([b for b in document.blocks if isinstance(b, Line)])), None)
    known = [f for f in forms if title is not None and title.year and f.first_year <= title.year]
    return max(known, key=lambda f: f.first_year).edition if known else ""


def _told_elsewhere(fit: TableFit, table: TableSpec, lines: Sequence[str]) -> TableFit:
    """Rows that seem absent are asked about where a line outside the tables is their label."""
    gone = {p.field_id for p in fit.placements if p.cell is None and not p.doubts}
    lost: set[str] = set()
    for s in specs_of(table) if gone else ():
        ids = {table.field_id(s.row.id, c.id) for c in s.block.columns}
        labels = [key(s.row.label), "".join(map(key, s.row.path))] if s.row.path else []
        if ids & gone and any(_names(line, label) for line in lines for label in labels):
            lost |= ids
    if not lost:
        return fit
    told = (replace(p, doubts=("rows_unaccounted",)) if p.field_id in lost & gone else p for p in fit.placements)
    return replace(fit, placements=tuple(told))


def _names(line: str, label: str) -> bool:
    """The line is the label, with a figure behind it or none."""
    return line.startswith(label) and is_figure_like(line[len(label) :])


def _apart(grid: Grid) -> list[Grid]:
    """A dump may run several tables together; every other grid is one."""
    if grid.origin != "dump":
        return [grid]
    from extractor.locate.dump import tables_in

    return tables_in(grid)


def _stands(fit: Fit, best: Fit, told: set[str]) -> bool:
    """The edition of the tables before stands where no printed row is another edition's alone.

    A row that is missing makes the shorter edition look the likelier; only a row that is there tells.
    """
    if fit.edition not in told or fit.score < best.score - NEAR:
        return False
    mine = {s.row.path for s in specs_of(fit.table)}
    named = zip(specs_of(best.table), best.rows, best.row_scores)
    return all(r is None or s.row.path in mine or score < SURE for s, r, score in named)


def locate(document: Document, forms: Sequence[Form]) -> tuple[Document, tuple[TableFit, ...]]:
    """Tables in grids first; where one is missing or torn, other makings of the grids are tried.

    Each is taken only if more of the statutory tables is found with it.
    """
    fits = find_tables(document, forms)
    if _whole(fits, forms):
        return document, fits
    from extractor.locate.bands import part_at_bands
    from extractor.locate.borderless import supply
    from extractor.locate.run_on import join_run_on
    from extractor.locate.wide import supply_wide

    def wide(step: int) -> Callable[[Document], Document]:
        return lambda d: supply_wide(d, forms, fits, step)

    def plain(given: Document) -> Document:
        return supply(given, forms, fits)

    def apart(given: Document) -> Document:
        return supply(given, forms, fits, apart=True)

    # Of makings that exclude one another the best is taken: whether and over how many pages a print runs is not told.
    pages = [plain, *(wide(n) for n in range(1, MOST_ROW_PAGES + 1))]
    for family in ((part_at_bands,), (join_run_on,), pages, (plain,), (apart,)):
        if _whole(fits, forms):
            break
        made = [d for d in (make(document) for make in family) if d is not document]
        found = [(d, find_tables(d, forms)) for d in made]
        other, again = max(found, key=lambda f: _total(f[1]), default=(document, fits))
        if _total(again) > _total(fits):
            document, fits = other, again
    return document, fits


def hardly_found(document: Document, fits: Sequence[TableFit], forms: Sequence[Form]) -> tuple[TableFit, ...]:
    """`fits` and, of a report that is known to be one, tables of its pictures whose labels are hardly legible.

    Figures of such a table are read and every one is doubted (`weak_table`).
    """
    if not any(p.origin == "picture" for p in document.pages) or len(fits) == len({t.number for f in forms for t in f.tables}):
        return tuple(fits)
    # A table that is the same in every edition tells none.
    told = {f.edition for f in fits if not _shared(f.number, forms)}
    known = [f for f in forms if f.edition in told] or list(forms)
    kept = [f for f in fits if told or not _shared(f.number, forms)]
    have = {f.number for f in kept}
    more = [f for f in find_tables(document, known, HARDLY) if f.number not in have]
    return tuple(sorted([*kept, *more], key=lambda f: f.number))


def _shared(number: int, forms: Sequence[Form]) -> bool:
    """The table's fields are the same in every edition that has it."""
    return len({tuple(s.id for s in f.table(number).fields) for f in forms if _has(f, number)}) == 1


def _whole(fits: Sequence[TableFit], forms: Sequence[Form]) -> bool:
    """Every table is there with all its rows and columns."""
    numbers = {t.number for f in forms for t in f.tables}
    return {f.number for f in fits} == numbers and all(p.cell is not None for f in fits for p in f.placements)


def _total(fits: Sequence[TableFit]) -> float:
    return sum(f.score * sum(p.cell is not None for p in f.placements) for f in fits)


def _has(form: Form, number: int) -> bool:
    return any(t.number == number for t in form.tables)


def _differs(a: Fit, b: Fit) -> bool:
    return [f.id for f in a.table.fields] != [f.id for f in b.table.fields]


def _sheets(grids: Sequence[Grid], forms: Sequence[Form]) -> list[Sheet]:
    groups = _groups(forms)
    bare = {len(b.columns) for f in forms for t in f.tables for b in t.blocks if not any(r.path for r in b.rows)}
    best = [_best_rival(g, forms, groups, bare) for g in grids]
    sheets = [sheet(g, i, _no_labels(g, bare), groups) for i, g in enumerate(best)]
    sheets = _share_label_columns(sheets, groups)
    _carry_headers(sheets, groups)
    labels = tuple({r.path: r for f in forms for t in f.tables for r in _rows(t)}.values())
    _mend_cut_rows(sheets, labels)
    for s in sheets:
        for row in s.rows:
            if row.label and not row.header:
                row.unclear = WORDWISE <= _named(row, labels) < SURE
    return sheets


def _no_labels(grid: Grid, bare: Collection[int]) -> int | None:
    """No label columns where a picture has as many columns as a block without labels: what was read amiss there
    looks like labels."""
    return 0 if grid.origin == "pixels" and grid.n_cols in bare else None


def _groups(forms: Sequence[Form]) -> Groups:
    """The labels that group rows in any edition, and what stands under each."""
    out: dict[str, set[str]] = {}
    for row in (r for f in forms for t in f.tables for r in _rows(t)):
        for outer, inner in pairwise(row.path):
            out.setdefault(key(outer), set()).add(key(inner))
    return {outer: frozenset(inner) for outer, inner in out.items()}


def _share_label_columns(sheets: list[Sheet], groups: Groups) -> list[Sheet]:
    """Parts of one table have its label columns even where a part's own rows leave some of them blank."""
    out: list[Sheet] = []
    for i, s in enumerate(sheets):
        parts = [o for o in sheets[max(0, i - 2) : i + 3] if _same_columns(o.grid, s.grid)]
        most = max((o.label_cols for o in parts), default=s.label_cols)
        out.append(sheet(s.grid, i, most, groups) if most > s.label_cols and s.label_cols else s)
    return out


def _same_columns(a: Grid, b: Grid) -> bool:
    if a.n_cols != b.n_cols or a.n_cols < 5:
        return False
    return all(abs(x - y) <= 3 for x, y in zip(a.col_edges, b.col_edges))


def _groups_next(upper: Sheet, lower: Sheet, groups: Groups) -> bool:
    """The last row of `upper` is the label of a group whose rows begin `lower`."""
    first = next((r for r in lower.rows if not r.header), None)
    if first is None:
        return False
    pair = (owner(upper.grid)[upper.rows[-1].index], owner(lower.grid)[first.index])
    return is_group_row([distinct(line) for line in pair], 0, groups)


def _carry_headers(sheets: Sequence[Sheet], groups: Groups) -> None:
    """A header at the foot of a page heads the rows that begin the next one; a group's label there is none."""
    for upper, lower in pairwise(sheets):
        if not upper.rows or not upper.rows[-1].header or _groups_next(upper, lower, groups):
            continue
        tail: list[list[Cell]] = []
        cover = owner(upper.grid)
        for row in reversed(upper.rows):
            if not row.header:
                break
            tail.insert(0, distinct(cover[row.index]))
        same = upper.grid.n_cols == lower.grid.n_cols
        begun = False
        for row in lower.rows:
            if row.header and begun:
                break
            if not row.header:
                begun = True
                heads = [heads_of(c, tail) if same else _heads_by_place(c, tail) for c in row.cells]
                # A header cut in two goes on at the top of the next page.
                row.with_heads([(*h, *own) for h, own in zip(heads, row.heads)] if row.heads else heads)


def _heads_by_place(cell: Cell, above: Sequence[Sequence[Cell]]) -> tuple[Cell, ...]:
    """Header cells of another page's part that stand over the cell: half of its width or more."""
    if cell.box is None:
        return ()
    x0, _, x1, _ = cell.box
    return tuple(
        h for row in above for h in row
        if h.text and h.box and min(x1, h.box[2]) - max(x0, h.box[0]) > 0.5 * (x1 - x0)
    )  # fmt: skip


def _rows(table: TableSpec) -> list[RowSpec]:
    return [s.row for s in specs_of(table) if s.row.path]


def _named(row: GridRow, labels: Sequence[RowSpec]) -> float:
    """Likeness of the row's label to the nearest row of any form."""
    return max((path_likeness(row.label, r.path, r.aliases) for r in labels), default=0.0)


def _best_rival(grid: Grid, forms: Sequence[Form], groups: Groups, bare: Collection[int]) -> Grid:
    """The hypothesis about a region under which most of some statutory table is found."""
    if grid.origin == "dump":
        from extractor.locate.dump import aligned

        grid = aligned(grid)
    if not grid.rivals:
        return grid
    scored: list[tuple[float, int, Grid]] = []
    for i, option in enumerate((grid, *grid.rivals)):
        alone = [sheet(option, 0, _no_labels(option, bare), groups)]
        got = 0.0
        for form in forms:
            for table in form.tables:
                fit = fit_table(table, form.edition, alone)
                got = max(got, fit.score)
        scored.append((got, -i, option))
    return max(scored, key=lambda s: (s[0], s[1]))[2]


def _mend_cut_rows(sheets: Sequence[Sheet], labels: Sequence[RowSpec]) -> None:
    """The last row of one part and the first of the next are one row where that names a row better."""
    for upper, lower in pairwise(sheets):
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
