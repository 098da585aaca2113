"""A table of one row without a label (table 4) where no lines are drawn: the first figures under its header."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from extractor.language.figure import is_figure_piece
from extractor.locate.free import FreePage
from extractor.locate.unruled import Column, cx_of, edges_of, row_cells, unread_cells
from extractor.types import Box, Cell, Grid, GridOrigin, Word

FAR = 12
"""Lines under a header within which a figure makes an empty row doubtful: the row may be further down than its
table's make lets expect."""


LONE = 0.2
"""Share of the columns that a single figure must be: one of fifteen may be the number of its page."""


def unlabelled(page: int, columns: Sequence[Column], free: dict[int, FreePage]) -> list[Grid]:
    """A block of one row without a label (table 4): the first figures under its header.

    Where the header ends its page, the row may begin the next one.
    """
    heads = [c.head for c in columns if c.head]
    bottom = max(h.box[3] for h in heads)
    left = min(c.x for c in columns) - 20
    edges = edges_of(columns)
    words = [w for w in free[page].words if w.box[1] >= bottom - 2]
    height = max(*(h.box[3] - h.box[1] for h in heads), *(w.size for w in words[:1]))
    below = [w for w in words if w.box[1] - bottom < 4 * height]
    line, stop = _first_figures(below, left)
    place = page
    if stop == float("inf") and page + 1 in free:
        further, end = _first_figures(free[page + 1].words, left)
        if len(further) > len(line):  # below the header stands the page's number at most
            line, stop, place = further, end, page + 1
    low = min((w.box[1] for w in line), default=bottom)
    label: Box = (left, low, left, max((w.box[3] for w in line), default=min(bottom + 12, stop)))
    cells = [Cell(0, c, 1, 1, col.head.text if col.head else "", page, col.head.box if col.head else None)
             for c, col in enumerate(columns)]  # fmt: skip
    if free[place].picture:
        data = unread_cells(1, place, edges, label)
    else:
        near = [w for w in words if w.box[1] - bottom < FAR * height and is_figure_piece(w.text)]
        lone = len(line) == 1 < LONE * len(columns)
        lost = ("figures_unaccounted",) if (near and not line) or lone else ()
        data = row_cells(1, place, line, columns, edges, label, lost)
    cells += [replace(c, col=c.col - 1) for c in data]
    top = min(h.box[1] for h in heads)
    box = (edges[0], top, edges[-1], label[3] if place == page else bottom)
    made: GridOrigin = "words" if free[place].picture else "borderless"
    return [Grid(tuple(cells), 2, len(columns), made, page, box, 0.8, tuple(edges))]


def _first_figures(words: Sequence[Word], left: float) -> tuple[list[Word], float]:
    """The first row of figures before any other word, and where the first other word stands."""
    stop = min((w.box[1] for w in words if not is_figure_piece(w.text)), default=float("inf"))
    figures = sorted(
        (w for w in words if is_figure_piece(w.text) and cx_of(w) > left and w.box[1] < stop),
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
