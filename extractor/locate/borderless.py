"""Tables that no ruled grid holds: rows by their labels, columns by their headers, figures by position.

Works on the words of the pages, with or without rules between rows.  What it builds are grids like any
other (origin `borderless`), so that placing, reading and judging are the same; their fields carry the
doubt `borderless` and pass only where position and count both say the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from extractor.forms.model import BlockSpec, Form, TableSpec
from extractor.geometry.lines import PADDING
from extractor.language.figure import is_figure_like
from extractor.locate.chains import Chain, Match, chains, match_columns, match_rows, split_glued
from extractor.locate.free import FreePage, free_words, inside, rules_of
from extractor.locate.rows import sheet
from extractor.locate.tables import fit_table
from extractor.types import Block, Box, Cell, Document, Grid, GridOrigin, Line, TableFit, Word

ENOUGH_ROWS = 0.5
"""Share of a block's labels that must be found before its figures are believed to be a table."""
ENOUGH_COLUMNS = 0.6
HEADER_LINES = (12, 40)
"""Lines above the first row among which a header is looked for: the form's has up to eight; a corner note set
narrow makes it as high as half a page."""

LEVEL = 0.6
"""Of its type's size, how far the middle of a figure may lie off its row's label and still be in its line: half a
line, and what superscripts and other fonts' base lines add."""
FAR = 12
"""Lines under a header within which a figure makes an empty row doubtful: the row may be further down than its
table's make lets expect."""
LONE = 120.0
"""Half the width of a block's only column, points: it takes what the label leaves of a 450 pt table."""


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
    free = {
        p.number: FreePage(
            p.number,
            split_glued(free_words(p, document.blocks), heads),
            rules_of(p),
            p.origin == "picture",
        )
        for p in pages
    }
    found = [c for p in free.values() for c in chains(p.number, p.words)]
    grids: list[Grid] = []
    for number in sorted({t.number for f in forms for t in f.tables} - good):
        best: tuple[tuple[int, float], list[Grid]] = ((0, 0.0), [])
        for form in forms:
            table = next((t for t in form.tables if t.number == number), None)
            made = _table(table, found, free) if table else []
            if table and made:
                fit = fit_table(table, form.edition, [sheet(g, i) for i, g in enumerate(made)])
                # Rows that are there speak for an edition, rows that it lacks against it.
                told = sum(1 if r is not None else -1 for r in fit.rows)
                best = max(best, ((told, fit.score), made), key=lambda b: b[0])
        grids += best[1]
    return replace(document, blocks=_with(document.blocks, grids)) if grids else document


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
    columns: list[_Column] = []
    pages = sorted({m.chain.page for m in rows}) if rows else sorted(free)
    for page in pages:
        here = [m for m in rows if m.chain.page == page]
        top = min((m.chain.box[1] for m in here), default=float("inf"))
        heads = _columns(block, [c for c in found if c.page == page and c.box[3] <= top + 2], top)
        columns = heads or columns
        if not columns:
            columns = _columns_by_figures(block, here, free[page].words)
        if not columns:
            continue
        if here:
            out.append(_grid(here, columns, free[page], bool(heads)))
        elif heads:
            return _unlabelled(page, columns, free)
    return out


def _columns(block: BlockSpec, above: Sequence[Chain], top: float) -> list[_Column]:
    """Columns by header words; the ones nearest above the rows where a header is repeated."""
    for lines in HEADER_LINES:
        matches = match_columns(block.columns, _nearest_band(above, top, lines))
        if sum(m is not None for m in matches) >= max(1.0, ENOUGH_COLUMNS * len(block.columns)):
            break
    else:
        return []
    xs = [m.chain.cx if m else None for m in matches]
    return [
        _Column(x, m.chain if m else None) for x, m in zip(_interpolated(xs), matches) if x is not None
    ]


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


def _grid(rows: Sequence[Match], columns: Sequence[_Column], page: FreePage, header: bool) -> Grid:
    cells: list[Cell] = []
    edges = _edges(columns)
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
    shares, lost = _shares(bands, rows, page.words, edges)
    for i, m in enumerate(rows):
        cells.append(Cell(r, 0, 1, 1, m.chain.text, page.number, m.chain.box))
        doubts = ("figures_unaccounted",) if i in lost else ()
        if page.picture:
            cells += _unread_cells(r, page.number, edges, bands[i])
        else:
            cells += _row_cells(r, page.number, shares[i], columns, edges, bands[i], doubts)
        r += 1
    box = (left, min(c.box[1] for c in cells if c.box), edges[-1], max(c.box[3] for c in cells if c.box))
    made: GridOrigin = "words" if page.picture else "borderless"
    return Grid(tuple(cells), r, len(columns) + 1, made, page.number, box, 0.8, (left, *edges))


def _unread_cells(r: int, page: int, edges: Sequence[float], band: Box) -> list[Cell]:
    """Cells of a picture, to be read where the columns cross the row."""
    return [
        Cell(r, c + 1, 1, 1, None, page, (x0, band[1] - 2, x1, band[3] + 2), engine="pixels")
        for c, (x0, x1) in enumerate(pairwise(edges))
    ]


def _band(label: Box, rules: Sequence[Box], edges: Sequence[float]) -> Box:
    """The row's height: between the rules over and under its label where there are any, else the label's."""
    mid = (label[1] + label[3]) / 2
    ys = [b[1] for b in rules if b[0] <= edges[0] + 5 and b[2] >= edges[-1] - 5]
    above = max((y for y in ys if y <= mid), default=None)
    below = min((y for y in ys if y >= mid), default=None)
    if above is None or below is None or below - above > 4 * (label[3] - label[1]) + 20:
        return label
    return label[0], above, label[2], below


def _shares(
    bands: Sequence[Box], rows: Sequence[Match], words: Sequence[Word], edges: Sequence[float]
) -> tuple[list[list[Word]], set[int]]:
    """Figures of every row; and the rows beside figures that belong to none."""
    out: list[list[Word]] = [[] for _ in bands]
    lost: set[int] = set()
    top, end = min(b[1] for b in bands), max(b[3] for b in bands)
    # Right-aligned figures stand beyond the middle of the last column, up to a column's width away; a block's
    # only column takes whatever stands beside the labels: its head may be wide and its figures far from it.
    right = edges[-1] + (edges[-1] - edges[-2])
    lone = len(edges) == 2
    for word in words:
        cy = (word.box[1] + word.box[3]) / 2
        reach = LEVEL * max(word.size, 4.0)
        if not is_figure_like(word.text) or not top - reach <= cy <= end + reach:
            continue
        away = [max(b[1] - cy, cy - b[3], 0.0) for b in bands]
        near = min(range(len(bands)), key=lambda i: (away[i], abs((bands[i][1] + bands[i][3]) / 2 - cy)))
        beside = word.box[0] >= rows[near].chain.box[2] - 2
        level = away[near] <= reach
        if (lone and beside) or edges[0] <= _cx(word) <= right:
            if level and beside:
                out[near].append(word)
            else:
                order = sorted(range(len(bands)), key=lambda i: away[i])
                lost |= set(order[:2])
        elif level and beside:
            lost.add(near)
    return out, lost


def _edges(columns: Sequence[_Column]) -> list[float]:
    """Half way between neighbouring columns; outer ones as wide as their neighbours."""
    xs = [c.x for c in columns]
    if len(xs) == 1:
        return [xs[0] - LONE, xs[0] + LONE]
    mids = [(a + b) / 2 for a, b in pairwise(xs)]
    return [2 * xs[0] - mids[0], *mids, 2 * xs[-1] - mids[-1]]


def _row_cells(
    r: int,
    page: int,
    figures: Sequence[Word],
    columns: Sequence[_Column],
    edges: Sequence[float],
    band: Box,
    noted: tuple[str, ...] = (),
) -> list[Cell]:
    """Figures to columns: by position; by count where as many stand there as the form has columns."""
    figures = sorted(figures, key=lambda w: (round(w.box[1] / max(w.size, 4.0)), w.box[0]))
    slots: list[list[Word]] = [[] for _ in columns]
    for word in figures:
        nearest = min(range(len(columns)), key=lambda k: abs(columns[k].x - _cx(word)))
        slots[nearest].append(word)
    # A merged cell that a spreadsheet print repeats says one thing several times.
    slots = [s[:1] if len({w.text for w in s}) == 1 else s for s in slots]
    slots = [_unwrapped(s, edges[c + 1] - edges[c]) for c, s in enumerate(slots)]
    level = max((w.box[1] for w in figures), default=0.0) - min((w.box[1] for w in figures), default=0.0)
    crowded = any(len(s) > 1 for s in slots)
    if crowded and len(figures) == len(columns) and level < 0.5 * max(figures[0].size, 4.0):
        slots = [[w] for w in figures]
    out: list[Cell] = []
    for c, slot in enumerate(slots):
        doubts = list(noted)
        if len(slot) > 1:
            doubts.append("shared_cell")
        if slot and any(w.box[2] - w.box[0] > edges[c + 1] - edges[c] for w in slot):
            doubts.append("over_edge")
        box = _around(slot) if slot else (edges[c], band[1], edges[c + 1], band[3])
        text = " ".join(w.text for w in slot)
        out.append(Cell(r, c + 1, 1, 1, text, page, box, doubts=tuple(doubts)))
    return out


def _unwrapped(slot: Sequence[Word], width: float) -> list[Word]:
    """A number broken over lines because its column is narrow is one number again."""
    out: list[Word] = []
    for word in slot:
        last = out[-1] if out else None
        digit = (last.box[2] - last.box[0]) / max(1, len(last.text.split("\n")[-1])) if last else 0.0
        full = last is not None and width - (last.box[2] - last.box[0]) < 2.2 * digit + PADDING
        if last is not None and full and word.box[1] > last.box[3] - 0.3 * last.size:
            box = (
                min(last.box[0], word.box[0]), last.box[1], max(last.box[2], word.box[2]), word.box[3],
            )  # fmt: skip
            out[-1] = last._replace(text=last.text + word.text, box=box)
        else:
            out.append(word)
    return out


def _around(words: Sequence[Word]) -> Box:
    """The words' box with room for a line's full height: the ink of a dash is a point high."""
    cy = (words[0].box[1] + words[0].box[3]) / 2
    half = max(0.6 * words[0].size, (words[0].box[3] - words[0].box[1]) / 2 + 1)
    return min(w.box[0] for w in words) - 1, cy - half, max(w.box[2] for w in words) + 1, cy + half


def _unlabelled(page: int, columns: Sequence[_Column], free: dict[int, FreePage]) -> list[Grid]:
    """A block of one row without a label (table 4): the first figures under its header.

    Where the header ends its page, the row may begin the next one.
    """
    heads = [c.head for c in columns if c.head]
    bottom = max(h.box[3] for h in heads)
    left = min(c.x for c in columns) - 20
    edges = _edges(columns)
    words = [w for w in free[page].words if w.box[1] >= bottom - 2]
    height = max(*(h.box[3] - h.box[1] for h in heads), *(w.size for w in words[:1]))
    below = [w for w in words if w.box[1] - bottom < 4 * height]
    line, stop = _first_figures(below, left)
    place = page
    if not words and page + 1 in free:
        line, stop = _first_figures(free[page + 1].words, left)
        place = page + 1 if line else page
    low = min((w.box[1] for w in line), default=bottom)
    label: Box = (left, low, left, max((w.box[3] for w in line), default=min(bottom + 12, stop)))
    cells = [Cell(0, c, 1, 1, col.head.text if col.head else "", page, col.head.box if col.head else None)
             for c, col in enumerate(columns)]  # fmt: skip
    if free[place].picture:
        data = _unread_cells(1, place, edges, label)
    else:
        near = [w for w in words if w.box[1] - bottom < FAR * height and is_figure_like(w.text)]
        lost = ("figures_unaccounted",) if near and not line else ()
        data = _row_cells(1, place, line, columns, edges, label, lost)
    cells += [replace(c, col=c.col - 1) for c in data]
    top = min(h.box[1] for h in heads)
    box = (edges[0], top, edges[-1], label[3] if place == page else bottom)
    made: GridOrigin = "words" if free[place].picture else "borderless"
    return [Grid(tuple(cells), 2, len(columns), made, page, box, 0.8, tuple(edges))]


def _first_figures(words: Sequence[Word], left: float) -> tuple[list[Word], float]:
    """The first row of figures before any other word, and where the first other word stands."""
    stop = min((w.box[1] for w in words if not is_figure_like(w.text)), default=float("inf"))
    figures = sorted(
        (w for w in words if is_figure_like(w.text) and _cx(w) > left and w.box[1] < stop),
        key=lambda w: w.box[1],
    )
    row: list[Word] = []
    end = 0.0
    for w in figures:
        # Numbers broken over lines reach lower than the rest; the next row keeps half a line's distance.
        if row and w.box[1] > end + 0.5 * w.size:
            break
        row.append(w)
        end = max(end, w.box[3])
    return sorted(row, key=lambda w: w.box[0]), stop


def _with(blocks: Sequence[Block], grids: Sequence[Grid]) -> tuple[Block, ...]:
    """Blocks with the grids at their places and without the lines whose words the grids now hold."""

    def held(block: Block) -> bool:
        box = block.box if isinstance(block, Line) else None
        return box is not None and any(g.page == block.page and g.box and inside(box, g.box) for g in grids)

    kept = [b for b in blocks if not held(b)]
    return tuple(sorted([*kept, *grids], key=_place))


def _place(block: Block) -> tuple[int, float]:
    return block.page or 0, block.box[1] if block.box else 0.0
