"""Tables that no ruled grid holds: rows by their labels, columns by their headers, figures by position.

Works on the words of the pages, with or without rules between rows.  What it builds are grids like any
other (origin `borderless`), so that placing, reading and judging are the same; their fields carry the
doubt `borderless` and pass only where position and count both say the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from extractor.forms.model import BlockSpec, Form, TableSpec
from extractor.language.figure import is_figure_like
from extractor.locate.chains import Chain, Match, chains, match_columns, match_rows, split_glued
from extractor.types import Block, Box, Cell, Document, Grid, Line, PageView, TableFit, Word

ENOUGH_ROWS = 0.5
"""Share of a block's labels that must be found before its figures are believed to be a table."""
ENOUGH_COLUMNS = 0.6


@dataclass(frozen=True, slots=True)
class _Column:
    x: float
    head: Chain | None


def supply(document: Document, forms: Sequence[Form], fits: Sequence[TableFit]) -> Document:
    """The document with grids made of words for the tables that `fits` lacks or has less than half of."""
    good = {f.number for f in fits if f.found_rows * 2 > f.expected_rows}
    pages = [p for p in document.pages if p.words]
    if not pages or all(t.number in good for f in forms for t in f.tables):
        return document
    heads = [c.label for f in forms for t in f.tables for b in t.blocks for c in b.columns]
    free = {p.number: split_glued(_free_words(p, document.blocks), heads) for p in pages}
    found = [c for p in pages for c in chains(p.number, free[p.number])]
    grids: list[Grid] = []
    for number in sorted({t.number for f in forms for t in f.tables} - good):
        best: list[Grid] = []
        for form in forms:
            table = next((t for t in form.tables if t.number == number), None)
            made = _table(table, found, free) if table else []
            if sum(g.n_rows * g.n_cols for g in made) > sum(g.n_rows * g.n_cols for g in best):
                best = made
        grids += best
    return replace(document, blocks=_with(document.blocks, grids)) if grids else document


def _free_words(page: PageView, blocks: Sequence[Block]) -> list[Word]:
    boxes = [b.box for b in blocks if isinstance(b, Grid) and b.page == page.number and b.box]
    return [w for w in page.words if not any(_inside(w.box, b) for b in boxes)]


def _inside(box: Box, outer: Box) -> bool:
    cx, cy = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return outer[0] <= cx <= outer[2] and outer[1] <= cy <= outer[3]


def _table(table: TableSpec, found: Sequence[Chain], free: dict[int, list[Word]]) -> list[Grid]:
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
    block: BlockSpec, rows: Sequence[Match], found: Sequence[Chain], free: dict[int, list[Word]]
) -> list[Grid]:
    out: list[Grid] = []
    columns: list[_Column] = []
    pages = sorted({m.chain.page for m in rows}) if rows else sorted(free)
    for page in pages:
        here = [m for m in rows if m.chain.page == page]
        top = min((m.chain.box[1] for m in here), default=float("inf"))
        heads = _columns(block, [c for c in found if c.page == page and c.box[3] <= top + 2], top)
        columns = heads or columns
        if not columns:
            columns = _columns_by_figures(block, here, free[page])
        if not columns:
            continue
        if here:
            out.append(_grid(page, here, columns, free[page], bool(heads)))
        elif heads:
            return _unlabelled(page, columns, free)
    return out


def _columns(block: BlockSpec, above: Sequence[Chain], top: float) -> list[_Column]:
    """Columns by header words; the ones nearest above the rows where a header is repeated."""
    matches = match_columns(block.columns, _nearest_band(above, top))
    got = [m for m in matches if m is not None]
    if len(got) < max(1.0, ENOUGH_COLUMNS * len(block.columns)):
        return []
    xs = [m.chain.cx if m else None for m in matches]
    return [
        _Column(x, m.chain if m else None) for x, m in zip(_interpolated(xs), matches) if x is not None
    ]


def _nearest_band(above: Sequence[Chain], top: float) -> list[Chain]:
    """Chains of the last 12 lines above the first row: a header of the form has up to eight."""
    if top == float("inf"):
        return list(above)
    return [c for c in above if top - c.box[1] < 12 * max(6.0, min(c.box[3] - c.box[1], 14.0))]


def _interpolated(xs: Sequence[float | None]) -> list[float | None]:
    """A missing column between two known ones stands half way; at an end it stays unknown."""
    out = list(xs)
    for i in range(1, len(out) - 1):
        before, after = out[i - 1], xs[i + 1]
        if out[i] is None and before is not None and after is not None:
            out[i] = (before + after) / 2
    return out


def _columns_by_figures(block: BlockSpec, rows: Sequence[Match], words: Sequence[Word]) -> list[_Column]:
    """Columns where the figures of the rows stand one under another, if there are as many as the form has."""
    xs: list[float] = []
    for m in rows:
        xs += [_cx(w) for w in _figures_at(m.chain, words)]
    groups: list[list[float]] = []
    for x in sorted(xs):
        if groups and x - groups[-1][-1] < 12:
            groups[-1].append(x)
        else:
            groups.append([x])
    if len(groups) != len(block.columns):
        return []
    return [_Column(sum(g) / len(g), None) for g in groups]


def _cx(word: Word) -> float:
    return (word.box[0] + word.box[2]) / 2


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


def _grid(
    page: int, rows: Sequence[Match], columns: Sequence[_Column], words: Sequence[Word], header: bool
) -> Grid:
    cells: list[Cell] = []
    edges = _edges(columns)
    left = min(m.chain.box[0] for m in rows)
    r = 0
    if header:
        cells.append(Cell(0, 0, 1, 1, "", page, None))
        for c, column in enumerate(columns):
            head = column.head
            cells.append(Cell(0, c + 1, 1, 1, head.text if head else "", page, head.box if head else None))
        r = 1
    for m in rows:
        cells.append(Cell(r, 0, 1, 1, m.chain.text, page, m.chain.box))
        figures = _figures_at(m.chain, words)
        cells += _row_cells(r, page, figures, columns, edges, m.chain.box)
        r += 1
    box = (left, min(c.box[1] for c in cells if c.box), edges[-1], max(c.box[3] for c in cells if c.box))
    return Grid(tuple(cells), r, len(columns) + 1, "borderless", page, box, 0.8, (left, *edges))


def _edges(columns: Sequence[_Column]) -> list[float]:
    """Half way between neighbouring columns; outer ones as wide as their neighbours."""
    xs = [c.x for c in columns]
    if len(xs) == 1:
        return [xs[0] - 60, xs[0] + 60]
    mids = [(a + b) / 2 for a, b in zip(xs, xs[1:])]
    return [2 * xs[0] - mids[0], *mids, 2 * xs[-1] - mids[-1]]


def _row_cells(
    r: int, page: int, figures: Sequence[Word], columns: Sequence[_Column], edges: Sequence[float], label: Box
) -> list[Cell]:
    """Figures to columns: by position; by count where as many stand there as the form has columns."""
    slots: list[list[Word]] = [[] for _ in columns]
    for word in figures:
        nearest = min(range(len(columns)), key=lambda k: abs(columns[k].x - _cx(word)))
        slots[nearest].append(word)
    crowded = any(len(s) > 1 for s in slots)
    if crowded and len(figures) == len(columns):
        slots = [[w] for w in figures]
    out: list[Cell] = []
    for c, slot in enumerate(slots):
        doubts = ["borderless"] if crowded else []
        if len(slot) > 1:
            doubts.append("shared_cell")
        if slot and any(w.box[2] - w.box[0] > edges[c + 1] - edges[c] for w in slot):
            doubts.append("over_edge")
        box = _around(slot) if slot else (edges[c], label[1], edges[c + 1], label[3])
        text = " ".join(w.text for w in slot)
        out.append(Cell(r, c + 1, 1, 1, text, page, box, doubts=tuple(doubts)))
    return out


def _around(words: Sequence[Word]) -> Box:
    """The words' box with room for a line's full height: the ink of a dash is a point high."""
    cy = (words[0].box[1] + words[0].box[3]) / 2
    half = 0.6 * max(words[0].size, words[0].box[3] - words[0].box[1])
    return min(w.box[0] for w in words) - 1, cy - half, max(w.box[2] for w in words) + 1, cy + half


def _unlabelled(page: int, columns: Sequence[_Column], free: dict[int, list[Word]]) -> list[Grid]:
    """A block of one row without a label (table 4): the first figures under its header.

    Where the header ends its page, the row may begin the next one.
    """
    heads = [c.head for c in columns if c.head]
    bottom = max(h.box[3] for h in heads)
    height = max(h.box[3] - h.box[1] for h in heads)
    left = min(c.x for c in columns) - 20
    edges = _edges(columns)
    words = [w for w in free[page] if w.box[1] >= bottom - 2]
    line, stop = _first_figures([w for w in words if w.box[1] - bottom < 4 * height], left)
    place = page
    if not words and page + 1 in free:
        line, stop = _first_figures(free[page + 1], left)
        place = page + 1 if line else page
    low = line[0].box[1] if line else bottom
    label: Box = (left, low, left, line[0].box[3] if line else min(bottom + 12, stop))
    cells = [Cell(0, c, 1, 1, col.head.text if col.head else "", page, col.head.box if col.head else None)
             for c, col in enumerate(columns)]  # fmt: skip
    cells += [replace(c, col=c.col - 1) for c in _row_cells(1, place, line, columns, edges, label)]
    top = min(h.box[1] for h in heads)
    box = (edges[0], top, edges[-1], label[3] if place == page else bottom)
    return [Grid(tuple(cells), 2, len(columns), "borderless", page, box, 0.8, tuple(edges))]


def _first_figures(words: Sequence[Word], left: float) -> tuple[list[Word], float]:
    """The first line of figures before any other word, and where the first other word stands."""
    stop = min((w.box[1] for w in words if not is_figure_like(w.text)), default=float("inf"))
    figures = sorted(
        (w for w in words if is_figure_like(w.text) and _cx(w) > left and w.box[1] < stop),
        key=lambda w: w.box[1],
    )
    line = [w for w in figures if abs(w.box[1] - figures[0].box[1]) < 6]
    return sorted(line, key=lambda w: w.box[0]), stop


def _with(blocks: Sequence[Block], grids: Sequence[Grid]) -> tuple[Block, ...]:
    """Blocks with the grids at their places and without the lines whose words the grids now hold."""
    kept: list[Block] = [
        b for b in blocks
        if not (isinstance(b, Line) and b.box and any(g.page == b.page and g.box and _inside(b.box, g.box) for g in grids))
    ]  # fmt: skip
    return tuple(sorted([*kept, *grids], key=_place))


def _place(block: Block) -> tuple[int, float]:
    return block.page or 0, block.box[1] if block.box else 0.0
