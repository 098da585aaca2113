"""Places one statutory table in a document: an order-preserving alignment of all its rows at once.

Every row of figures of every grid is held against every row of the form's table; one dynamic programme
places the whole table, skipping foreign rows and missing ones.  Editions compete: the table takes the
one that explains most of what is printed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from extractor.forms.model import BlockSpec, RowSpec, TableSpec
from extractor.language.normalise import key
from extractor.locate.columns import ColumnFit, by_position, complete, fit_columns
from extractor.locate.likeness import SURE, alike, path_likeness, wordwise
from extractor.locate.rows import GridRow, Sheet
from extractor.types import PICTURE_ORIGINS

ROW_LEAST = 0.55
"""A label less like the statutory one than this does not name its row: of one table's innermost labels 99
pairs in 100 are less than 0.48 alike (bench/labels.py); whole paths share their groups and come to 0.77."""
SKIP_ROW = 0.12
"""Cost of leaving out a printed row of figures: foreign rows (其他主动公开文件) are met, but rare."""
SKIP_SPEC = 0.10
"""Cost of a row of the form that is not printed."""
CLEARLY = 0.2
"""A label that is SURE for one row and so much less like another names the one, wherever it stands: no two
rows of one table are more than 0.77 alike, groups included (bench/labels.py)."""
NO_HEADER = 0.7
"""Weight of a row whose grid has no header above it (the rest of a table after a page break)."""
EMPTY_ROW = 0.9
"""Weight of an unlabelled row without a single figure: it may be the table's, left blank."""


@dataclass(slots=True)
class Spec:
    block: BlockSpec
    row: RowSpec


@dataclass(slots=True)
class Fit:
    """The placed table: for every row of the form the printed row, with scores."""

    table: TableSpec
    edition: str
    rows: list[GridRow | None]
    row_scores: list[float]
    row_margins: list[float]
    by_order: list[bool]
    columns: list[ColumnFit | None]
    extra: int = 0
    score: float = 0.0
    used: set[tuple[int, int]] = field(default_factory=set)


def specs_of(table: TableSpec) -> list[Spec]:
    return [Spec(b, r) for b in table.blocks for r in b.rows]


def fit_table(table: TableSpec, edition: str, sheets: Sequence[Sheet]) -> Fit:
    """The best placement of `table` among all rows of figures, whatever it is worth."""
    specs = specs_of(table)
    rows = [r for s in sheets for r in s.rows if not r.header and r.cells]
    heads = [_header_fits(specs, r) for r in rows]
    gains = [_gains(r, specs, head) for r, head in zip(rows, heads)]
    chosen = _align(gains, [r.figures for r in rows], len(specs))
    fit = Fit(table, edition, [None] * len(specs), [0.0] * len(specs), [0.0] * len(specs),
              [False] * len(specs), [None] * len(specs))  # fmt: skip
    for j, i in enumerate(chosen):
        if i is not None:
            _take(fit, specs, rows, j, i)
    _fill_by_label(fit, specs, rows, gains)
    pictures = {i for i, s in enumerate(sheets) if s.grid.origin in PICTURE_ORIGINS}
    _fill_by_order(fit, specs, rows, chosen, pictures)
    _place_columns(fit, specs, pictures)
    _rate(fit, specs, rows, pictures)
    return fit


def _header_fits(specs: Sequence[Spec], row: GridRow) -> list[float | None]:
    """For every row of the form: how well the header above the printed row is its block's; None without."""
    if not row.paths:
        return [None] * len(specs)
    scores: dict[int, float] = {}
    out: list[float | None] = []
    for s in specs:
        if id(s.block) not in scores:
            scores[id(s.block)] = fit_columns(s.block, row.paths).score
        out.append(scores[id(s.block)])
    return out


def _label_score(row: GridRow, spec: RowSpec) -> float:
    score = path_likeness(row.label, spec.path, spec.aliases)
    if row.unclear and row.label and score < SURE:
        score = max(score, wordwise(row.label[-1], spec.label))
    return score


def _gains(row: GridRow, specs: Sequence[Spec], heads: Sequence[float | None]) -> list[float]:
    """What placing this printed row on every row of the form is worth; nothing where it names another."""
    scores = [_label_score(row, s.row) if s.row.path else 0.0 for s in specs]
    best = max(scores)
    least = best - CLEARLY if best >= SURE else 0.0
    return [
        0.0 if s.row.path and score < least else _gain(row, s, head, score)
        for s, head, score in zip(specs, heads, scores)
    ]


def _gain(row: GridRow, spec: Spec, header: float | None, score: float) -> float:
    """What placing this printed row on that row of the form is worth, 0 to 1."""
    weight = NO_HEADER if header is None else 0.4 + 0.6 * header
    if not spec.row.path:
        # An unlabelled row (table 4) is told by its columns alone.
        if row.label and any(len(t) > 4 for t in row.label):
            return 0.0
        if header is None or header < ROW_LEAST:
            return ROW_LEAST if _shaped(row, spec.block) else 0.0
        return header if row.figures else EMPTY_ROW * header
    return weight * score if score >= ROW_LEAST else 0.0


def _align(gains: list[list[float]], figures: list[bool], width: int) -> list[int | None]:
    """For every row of the form the printed row (index), order kept, total gain the greatest."""
    n = len(gains)
    best = [[0.0] * (width + 1) for _ in range(n + 1)]
    step = [[0] * (width + 1) for _ in range(n + 1)]
    for j in range(1, width + 1):
        best[0][j], step[0][j] = best[0][j - 1] - SKIP_SPEC, 2
    # Rows before and after the table cost nothing: only rows skipped within it do.
    for i in range(1, n + 1):
        row, above = best[i], best[i - 1]
        step[i][0] = 1
        for j in range(1, width + 1):
            cost = SKIP_ROW if figures[i - 1] and 0 < j < width else 0.0
            row[j], step[i][j] = above[j] - cost, 1
            if row[j - 1] - SKIP_SPEC > row[j]:
                row[j], step[i][j] = row[j - 1] - SKIP_SPEC, 2
            gain = gains[i - 1][j - 1]
            if gain and above[j - 1] + gain > row[j]:
                row[j], step[i][j] = above[j - 1] + gain, 3
    out: list[int | None] = [None] * width
    i, j = n, width
    while i or j:
        move = step[i][j]
        if move == 3:
            out[j - 1] = i - 1
            i, j = i - 1, j - 1
        elif move == 2:
            j -= 1
        else:
            i -= 1
    return out


def _take(fit: Fit, specs: list[Spec], rows: list[GridRow], j: int, i: int) -> None:
    row = rows[i]
    fit.rows[j] = row
    fit.used.add((row.grid_no, row.index))
    if not specs[j].row.path:
        fit.row_scores[j] = fit.row_margins[j] = 1.0
        return
    fit.row_scores[j] = _label_score(row, specs[j].row)
    others = [_label_score(row, s.row) for k, s in enumerate(specs) if k != j and s.row.path]
    fit.row_margins[j] = fit.row_scores[j] - max(others, default=0.0)


def _fill_by_label(
    fit: Fit, specs: list[Spec], rows: list[GridRow], gains: Sequence[Sequence[float]]
) -> None:
    """Rows that stand out of the form's order: their labels alone say which they are, and surely.

    Only rows among those of the table that were placed, or next to them: another table may say the same.
    """
    free = [
        i for i, r in enumerate(rows)
        if (r.grid_no, r.index) not in fit.used
        and {(r.grid_no, r.index - 1), (r.grid_no, r.index + 1)} & fit.used
    ]  # fmt: skip
    for j, spec in enumerate(specs):
        if fit.rows[j] is not None or not spec.row.path:
            continue
        named = [i for i in free if gains[i][j] and _label_score(rows[i], spec.row) >= SURE]
        if len(named) == 1:
            _take(fit, specs, rows, j, named[0])


def _fill_by_order(
    fit: Fit, specs: list[Spec], rows: list[GridRow], chosen: list[int | None], pictures: set[int]
) -> None:
    """Unlabelled rows between two placed ones, as many as the form has there, are those rows; in a picture so are rows
    whose labels say nothing that is the form's (what they say is no evidence: a column's sum has to hold)."""
    j = 0
    while j < len(specs):
        if fit.rows[j] is not None:
            j += 1
            continue
        end = j
        while end < len(specs) and fit.rows[end] is None:
            end += 1
        before = chosen[j - 1] if j else None
        after = chosen[end] if end < len(specs) else None
        if before is not None and after is not None:
            numbers = range(before + 1, after)
            between = [k for k in numbers if (rows[k].grid_no, rows[k].index) not in fit.used]
            nameless = [
                k for k in between
                if not _own_label(rows[k], rows[before]) or (rows[k].grid_no in pictures and _blotted(rows[k], specs))
            ]  # fmt: skip
            if len(nameless) == end - j == len(between):
                for spec_no, k in zip(range(j, end), nameless):
                    fit.rows[spec_no] = rows[k]
                    fit.used.add((rows[k].grid_no, rows[k].index))
                    fit.row_scores[spec_no] = ROW_LEAST
                    fit.by_order[spec_no] = True
        j = end


def _blotted(row: GridRow, specs: Sequence[Spec]) -> bool:
    """The label is like none of the table's, its groups left aside, as the labels of a bad copy are."""
    own = key(row.label[-1]) if row.label else ""
    names = (key(t) for s in specs if s.row.path for t in (s.row.path[-1], *s.row.aliases))
    return all(alike(own, name) < ROW_LEAST for name in names)


def _own_label(row: GridRow, before: GridRow) -> bool:
    """The row has a label that the row above does not share (a group label is no label of its own)."""
    return bool(row.label) and row.label[-1] not in before.label


def _place_columns(fit: Fit, specs: list[Spec], pictures: set[int]) -> None:
    """Columns of every placed row: its own header, else the block's last header, else position."""
    known: dict[int, tuple[ColumnFit, GridRow]] = {}
    for j, row in enumerate(fit.rows):
        if row is None:
            continue
        block = specs[j].block
        own = fit_columns(block, row.paths) if row.paths else None
        if _shaped(row, block) and (own is None or None in complete(own, len(row.cells)).slots):
            fit.columns[j] = by_position(block, len(row.cells))
            continue
        if own is not None and any(s is not None for s in own.slots):
            own = complete(own, len(row.cells))
            if row.grid_no in pictures and _counted(own, len(row.cells)):
                own = by_position(block, len(row.cells))
            known[id(block)] = (own, row)
            fit.columns[j] = own
    for j, row in enumerate(fit.rows):
        if row is not None and fit.columns[j] is None:
            last = known.get(id(specs[j].block))
            if last is not None and len(last[1].cells) == len(row.cells):
                fit.columns[j] = last[0]
            else:
                fit.columns[j] = by_position(specs[j].block, len(row.cells))


def _counted(own: ColumnFit, cells: int) -> bool:
    """As many cells as columns, and none of the heads that were read on a bad copy surely says otherwise."""
    if cells != len(own.slots) or None not in own.slots:
        return False
    return all(s is None or s == j or v < SURE for j, (s, v) in enumerate(zip(own.slots, own.scores)))


def _shaped(row: GridRow, block: BlockSpec) -> bool:
    """The last row of a grid of just the columns of a block without labels (table 4: no other has fifteen)."""
    return row.lowest and row.figures and len(row.cells) == len(block.columns) and not any(r.path for r in block.rows)


def _heads(row: GridRow, specs: Sequence[Spec]) -> bool:
    """The row's label is a header of the form (第二十条第（一）项 where merged cells were taken apart)."""
    heads = {key(p) for s in specs for c in s.block.columns for p in c.path}
    return bool(row.label) and key(row.label[-1]) in heads


def _rate(fit: Fit, specs: list[Spec], rows: list[GridRow], pictures: set[int]) -> None:
    """Score: twice the likeness of what was placed over what the form asks and the rows print.

    Blank cells without a place are what merged cells leave that were taken apart; in the grids of `pictures` a
    blank column may as well stand beside a ruling that is none, and every cell counts.
    """
    got = asked = 0.0
    for j, spec in enumerate(specs):
        asked += len(spec.block.columns)
        columns = fit.columns[j]
        if fit.rows[j] is not None and columns is not None:
            got += fit.row_scores[j] * sum(columns.scores)
            row = fit.rows[j]
            cells = row.cells if row is not None else ()
            every = row is not None and row.grid_no in pictures
            asked += sum(every or k in columns.slots or bool((c.text or "").strip()) for k, c in enumerate(cells))
    placed = [r for r in fit.rows if r is not None]
    if placed:
        first = min((r.grid_no, r.index) for r in placed)
        last = max((r.grid_no, r.index) for r in placed)
        foreign = [
            r for r in rows
            if (r.figures or r.label) and first <= (r.grid_no, r.index) <= last
            and (r.grid_no, r.index) not in fit.used and not _heads(r, specs)
        ]  # fmt: skip
        # Beside a whole table a row with a label of its own is the office's addition; else it may be a row of ours.
        whole = len(placed) == len(specs)
        fit.extra = sum(not (whole and r.label) for r in foreign)
        asked += sum(len(r.cells) for r in foreign)
    fit.score = 2 * got / asked if asked else 0.0
