"""Tables that no ruled grid holds: rows by their labels, columns by their headers, figures by position.

Works on the words of the pages, with or without rules between rows.  What it builds are grids like any
other (origin `borderless`), so that placing, reading and judging are the same; their fields carry the
doubt `borderless` and pass only where position and count both say the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from extractor.forms.model import BlockSpec, Form, TableSpec
from extractor.language.figure import is_figure_like
from extractor.language.normalise import key
from extractor.locate.chains import Chain, Match, chains, join_spaced, match_columns, match_rows, split_glued
from extractor.locate.free import FreePage, free_words, inside, rules_of
from extractor.locate.rows import sheet
from extractor.locate.tables import Fit, fit_table, specs_of
from extractor.locate.unlabelled import unlabelled
from extractor.locate.unruled import (
    Column,
    blanks_doubted,
    cx_of,
    edges_of,
    roomy,
    row_cells,
    shares,
    unread_cells,
)
from extractor.types import Block, Box, Cell, Document, Grid, GridOrigin, Line, TableFit, Word

ENOUGH_ROWS = 0.5
"""Share of a block's labels that must be found before its figures are believed to be a table."""
ENOUGH_COLUMNS = 0.6
SEVERAL = 4
"""Heads from which their usual distance can be told."""
CROWDED = 0.4
"""Share of the usual distance under which two heads cannot be two columns': of 228 headers of 50 made PDFs without
rules 48 had two heads at 0.15 or nearer, one of them misread; in all others the nearest stood at 0.94 or further."""
HEADER_LINES = (12, 40)
"""Lines above the first row among which a header is looked for: the form's has up to eight; a corner note set
narrow makes it as high as half a page."""


def supply(document: Document, forms: Sequence[Form], fits: Sequence[TableFit], apart: bool = False) -> Document:
    """The document with grids made of words for the tables that `fits` lacks or has less than half of.

    `apart`: of the words of pictures read apart, where there are such.
    """
    good = {f.number for f in fits if f.found_rows * 2 > f.expected_rows}
    pages = [p for p in document.pages if p.words]
    if not pages or all(t.number in good for f in forms for t in f.tables):
        return document
    if apart:
        pages = [replace(p, words=p.pieces()) if p.pieces else p for p in pages]
        if not any(p.pieces for p in pages):
            return document
    heads = [c.label for f in forms for t in f.tables for b in t.blocks for c in b.columns]
    labels = [*heads, *(r.label for f in forms for t in f.tables for b in t.blocks for r in b.rows if r.path)]
    free = {
        p.number: FreePage(
            p.number,
            split_glued(join_spaced(free_words(p, document.blocks), labels), heads),
            rules_of(p),
            p.origin == "picture",
        )
        for p in pages
    }
    found = [c for p in free.values() for c in chains(p.number, p.words)]
    grids: list[Grid] = []
    told = {f.edition for f in fits if f.number in good}
    for number in sorted({t.number for f in forms for t in f.tables} - good):
        tables = [(f.edition, t) for f in forms for t in f.tables if t.number == number]
        made = [_Made(e, t, _table(t, found, free)) for e, t in tables]
        rated = [m.rated(free) for m in made if m.grids]
        best = _likeliest([m for m in rated if m.told > 0], told)
        if best is not None:
            grids += [replace(g, closed=not best.lone) for g in best.grids]
            told.add(best.edition)
    return replace(document, blocks=_with(document.blocks, grids)) if grids else document


@dataclass(slots=True)
class _Made:
    """What one edition makes of the words of a table."""

    edition: str
    table: TableSpec
    grids: list[Grid]
    fit: Fit | None = None
    told: float = 0.0
    """Rows that are there, less those that it lacks and the rows of figures that it has no place for."""
    lone: float = 0.0

    def rated(self, free: dict[int, FreePage]) -> _Made:
        self.fit = fit_table(self.table, self.edition, [sheet(g, i) for i, g in enumerate(self.grids)])
        self.lone = _rows_without_place(self.grids, free)
        self.told = sum(1 if r is not None else -1 for r in self.fit.rows) - self.lone
        return self

    @property
    def groups(self) -> set[str]:
        """Labels that only group rows."""
        return {key(p) for b in self.table.blocks for r in b.rows for p in r.path[:-1]}

    def lacking(self, other: _Made) -> list[str]:
        """Labels of rows that stand here and that the other edition has no row for."""
        assert self.fit is not None
        theirs = {r.path for b in other.table.blocks for r in b.rows}
        specs = zip(specs_of(self.table), self.fit.rows)
        return [key(s.row.path[-1]) for s, r in specs if r is not None and s.row.path and s.row.path not in theirs]


def _likeliest(made: Sequence[_Made], told: set[str]) -> _Made | None:
    """The edition that most speaks for; among figures without a place a label that only groups rows in the
    edition of the other tables is no row of another edition."""
    best = max(made, key=lambda m: (m.told, m.fit.score if m.fit else 0.0), default=None)
    if best is None or best.edition in told or not best.lone:
        return best
    for m in made:
        if m.edition in told and set(best.lacking(m)) <= m.groups:
            return m
    return best


def _table(table: TableSpec, found: Sequence[Chain], free: dict[int, FreePage]) -> list[Grid]:
    labelled = [(b, r) for b in table.blocks for r in b.rows if r.path]
    matches = match_rows([r for _, r in labelled], found) if labelled else []
    out: list[Grid] = []
    for block in table.blocks:
        own = [m for (b, _), m in zip(labelled, matches) if b is block]
        placed = [m for m in own if m is not None]
        if own and len(placed) < max(1.0, ENOUGH_ROWS * len(own)):
            continue
        out += _block(block, placed, found, free)
    return out


def _block(
    block: BlockSpec, rows: Sequence[Match], found: Sequence[Chain], free: dict[int, FreePage]
) -> list[Grid]:
    out: list[Grid] = []
    columns: list[Column] = []
    pages = sorted({m.chain.page for m in rows}) if rows else sorted(free)
    for page in pages:
        here = [m for m in rows if m.chain.page == page]
        top = min((m.chain.box[1] for m in here), default=float("inf"))
        heads = _columns(block, [c for c in found if c.page == page and c.box[3] <= top + 2], top)
        columns = heads or columns
        if len(columns) < len(block.columns):
            columns = _completed(columns, _columns_by_figures(block, here, free[page].words))
        if not columns:
            continue
        if here:
            out.append(_grid(here, columns, free[page], bool(heads)))
        elif heads:
            return unlabelled(page, columns, free)
    return out


def _rows_without_place(grids: Sequence[Grid], free: dict[int, FreePage]) -> float:
    """How many rows the figures would fill that stand among the grids' columns at the height of no row, and how
    many rows have more figures than columns.

    Above the first row of a grid without a header the table goes on from the page before.
    """
    out = 0.0
    for g in grids:
        if g.box is None or g.page is None:
            continue
        # A header further up may have been taken for a block's own: the rows between are another block's.
        bands = [(c.box[1], c.box[3]) for other in grids if other.page == g.page for c in other.cells if c.box]
        headed = any(c.row == 0 and c.col and c.text and not is_figure_like(c.text) for c in g.cells)
        area = g.box if headed else (g.box[0], 0.0, g.box[2], g.box[3])
        lone = sum(
            not any(top <= (w.box[1] + w.box[3]) / 2 <= end for top, end in bands) for w in free[g.page].words
            if is_figure_like(w.text) and g.col_edges[1] <= cx_of(w) <= g.box[2] and inside(w.box, area)
        )  # fmt: skip
        out += lone / max(1, g.n_cols - 1) + len({c.row for c in g.cells if "shared_cell" in c.doubts})
    return out


def _columns(block: BlockSpec, above: Sequence[Chain], top: float) -> list[Column]:
    """Columns by header words; the ones nearest above the rows where a header is repeated."""
    for lines in HEADER_LINES:
        matches = match_columns(block.columns, _nearest_band(above, top, lines))
        if sum(m is not None for m in matches) >= max(1.0, ENOUGH_COLUMNS * len(block.columns)):
            break
    else:
        return []
    matches = _uncrowded(matches)
    xs = [m.chain.cx if m else None for m in matches]
    return [Column(x, m.chain if m else None) for x, m in zip(_interpolated(xs), matches) if x is not None]


def _uncrowded(matches: Sequence[Match | None]) -> list[Match | None]:
    """Of two heads that stand far nearer than the others do, the one that reads less like its column is none."""
    out = list(matches)
    xs = [m.chain.cx for m in out if m]
    usual = median(b - a for a, b in pairwise(xs)) if len(xs) >= SEVERAL else 0.0
    for i in range(len(out) - 1):
        a, b = out[i], out[i + 1]
        if a and b and b.chain.cx - a.chain.cx < CROWDED * usual:
            out[i if a.score < b.score else i + 1] = None
    return out


def _nearest_band(above: Sequence[Chain], top: float, lines: int) -> list[Chain]:
    """Chains of the last lines above the first row."""
    if top == float("inf"):
        return list(above)
    return [c for c in above if top - c.box[1] < lines * max(6.0, min(c.box[3] - c.box[1], 14.0))]


def _interpolated(xs: Sequence[float | None]) -> list[float | None]:
    """A missing column between two known ones stands half way; at an end it stays unknown."""
    out = list(xs)
    for i in range(1, len(out) - 1):
        before, after = out[i - 1], xs[i + 1]
        if out[i] is None and before is not None and after is not None:
            out[i] = (before + after) / 2
    return out


def _columns_by_figures(block: BlockSpec, rows: Sequence[Match], words: Sequence[Word]) -> list[Column]:
    """Columns where the figures of the rows stand one under another, if there are as many as the form has."""
    xs: list[float] = []
    for m in rows:
        xs += [cx_of(w) for w in _figures_at(m.chain, words)]
    groups: list[list[float]] = []
    for x in sorted(xs):
        if groups and x - groups[-1][-1] < 12:
            groups[-1].append(x)
        else:
            groups.append([x])
    if len(groups) != len(block.columns):
        return []
    return [Column(sum(g) / len(g), None) for g in groups]


def _completed(heads: Sequence[Column], figures: Sequence[Column]) -> list[Column]:
    """The columns in which figures stand, named by the heads over them; the heads alone where the two differ."""
    if not heads or not figures:
        return list(heads or figures)
    over = [min(range(len(figures)), key=lambda k: abs(figures[k].x - h.x)) for h in heads]
    if over != sorted(set(over)):
        return list(heads)
    named = dict(zip(over, heads))
    return [Column(c.x, named[k].head if k in named else None) for k, c in enumerate(figures)]


def _figures_at(label: Chain, words: Sequence[Word]) -> list[Word]:
    """Figures level with a label and right of it, left to right."""
    return sorted(
        (
            w for w in words
            if is_figure_like(w.text) and w.box[0] >= label.box[2] - 2
            and label.box[1] - 2 <= (w.box[1] + w.box[3]) / 2 <= label.box[3] + 2
        ),
        key=lambda w: w.box[0],
    )  # fmt: skip


def _grid(rows: Sequence[Match], columns: Sequence[Column], page: FreePage, header: bool) -> Grid:
    cells: list[Cell] = []
    edges = edges_of(columns)
    left = min(m.chain.box[0] for m in rows)
    r = 0
    if header:
        cells.append(Cell(0, 0, 1, 1, "", page.number, None))
        for c, column in enumerate(columns):
            head = column.head
            box = head.box if head else None
            cells.append(Cell(0, c + 1, 1, 1, head.text if head else "", page.number, box))
        r = 1
    bands = [_band(m.chain.box, page.rules, edges) for m in rows]
    share, lost = shares(bands, rows, page.words, edges)
    bands = roomy(bands) if page.picture else bands
    for i, m in enumerate(rows):
        cells.append(Cell(r, 0, 1, 1, m.chain.text, page.number, m.chain.box))
        doubts = ("figures_unaccounted",) if i in lost else ()
        if page.picture:
            cells += unread_cells(r, page.number, edges, bands[i])
        else:
            cells += row_cells(r, page.number, share[i], columns, edges, bands[i], doubts)
        r += 1
    if not page.picture:
        cells = blanks_doubted(cells)
    box = (left, min(c.box[1] for c in cells if c.box), edges[-1], max(c.box[3] for c in cells if c.box))
    made: GridOrigin = "words" if page.picture else "borderless"
    return Grid(tuple(cells), r, len(columns) + 1, made, page.number, box, 0.8, (left, *edges))


def _band(label: Box, rules: Sequence[Box], edges: Sequence[float]) -> Box:
    """The row's height: between the rules over and under its label where there are any, else the label's."""
    mid = (label[1] + label[3]) / 2
    ys = [b[1] for b in rules if b[0] <= edges[0] + 5 and b[2] >= edges[-1] - 5]
    above = max((y for y in ys if y <= mid), default=None)
    below = min((y for y in ys if y >= mid), default=None)
    if above is None or below is None or below - above > 4 * (label[3] - label[1]) + 20:
        return label
    return label[0], above, label[2], below


def _with(blocks: Sequence[Block], grids: Sequence[Grid]) -> tuple[Block, ...]:
    """Blocks with the grids at their places and without the lines whose words the grids now hold."""

    def held(block: Block) -> bool:
        box = block.box if isinstance(block, Line) else None
        return box is not None and any(g.page == block.page and g.box and inside(box, g.box) for g in grids)

    kept = [b for b in blocks if not held(b)]
    return tuple(sorted([*kept, *grids], key=_place))


def _place(block: Block) -> tuple[int, float]:
    return block.page or 0, block.box[1] if block.box else 0.0
