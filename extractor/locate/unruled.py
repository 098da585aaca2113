"""Figures of unruled rows to cells: which row and which column a figure stands in, and which it may not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from extractor.geometry.lines import PADDING, WORD_GAP
from extractor.language.figure import is_figure_like, is_figure_piece
from extractor.locate.chains import Chain, Match
from extractor.types import Box, Cell, Word

LEVEL = 0.6
"""Of its type's size, how far the middle of a figure may lie off its row's label and still be in its line: half a
line, and what superscripts and other fonts' base lines add."""
ROOM = 0.5
"""Of a line: figures in the middle of a label of two lines reach 0.45 below the first; the next row's stand from
0.6 on."""
LONE = 120.0
"""Half the width of a block's only column, points: it takes what the label leaves of a 450 pt table."""


@dataclass(frozen=True, slots=True)
class Column:
    x: float
    head: Chain | None


def cx_of(word: Word) -> float:
    return (word.box[0] + word.box[2]) / 2


def unread_cells(r: int, page: int, edges: Sequence[float], band: Box) -> list[Cell]:
    """Cells of a picture, to be read where the columns cross the row."""
    return [
        Cell(r, c + 1, 1, 1, None, page, (x0, band[1] - 2, x1, band[3] + 2), engine="pixels")
        for c, (x0, x1) in enumerate(pairwise(edges))
    ]


def roomy(bands: Sequence[Box]) -> list[Box]:
    """Heights of a picture's rows with room for figures that stand beside a line of the label that was not read.

    At most `ROOM` of a line, and half way to the next row: what stands further off may be another row's.
    """
    line = min(b[3] - b[1] for b in bands)
    out: list[Box] = []
    for k, band in enumerate(bands):
        above = max((b[3] for b in bands[:k] if b[3] <= band[1]), default=float("-inf"))
        below = min((b[1] for b in bands[k + 1 :] if b[1] >= band[3]), default=float("inf"))
        top = max(band[1] - ROOM * line, min(band[1], (above + band[1]) / 2))
        end = min(band[3] + ROOM * line, max(band[3], (below + band[3]) / 2))
        out.append((band[0], top, band[2], end))
    return out


def blanks_doubted(cells: Sequence[Cell]) -> list[Cell]:
    """Rows without a figure are doubtful where the table prints a sign for nothing more often than it prints
    nothing: theirs may stand at another row's height."""
    values = [c for c in cells if c.col and c.box is not None]
    rows = {c.row for c in values if c.text and is_figure_like(c.text)}
    noughts = sum(
        1 for c in values if c.text and not any(ch in "123456789" for ch in c.text) and c.row in rows
    )
    blanks = sum(1 for c in values if not c.text and c.row)
    if noughts <= blanks:
        return list(cells)
    empty = {c.row for c in values if not c.text} - rows
    return [
        replace(c, doubts=(*c.doubts, "blank_unruled")) if c.col and c.row in empty and not c.text else c
        for c in cells
    ]  # fmt: skip


def shares(
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
        figure = is_figure_piece(word.text)
        if not (figure or any(map(str.isdigit, word.text))) or not top - reach <= cy <= end + reach:
            continue
        away = [max(b[1] - cy, cy - b[3], 0.0) for b in bands]
        near = min(range(len(bands)), key=lambda i: (away[i], abs((bands[i][1] + bands[i][3]) / 2 - cy)))
        beside = word.box[0] >= rows[near].chain.box[2] - 2
        level = away[near] <= reach
        if (lone and beside) or edges[0] <= cx_of(word) <= right:
            if level and beside and figure:
                out[near].append(word)
            elif not figure:
                # Digits among other words, where figures stand: perhaps a figure and more.
                lost |= {near} if level and beside else set()
            else:
                order = sorted(range(len(bands)), key=lambda i: away[i])
                lost |= set(order[:2])
        elif level and beside and figure:
            lost.add(near)
    return out, lost


def edges_of(columns: Sequence[Column]) -> list[float]:
    """Half way between neighbouring columns; outer ones as wide as their neighbours."""
    xs = [c.x for c in columns]
    if len(xs) == 1:
        return [xs[0] - LONE, xs[0] + LONE]
    mids = [(a + b) / 2 for a, b in pairwise(xs)]
    return [2 * xs[0] - mids[0], *mids, 2 * xs[-1] - mids[-1]]


def row_cells(
    r: int,
    page: int,
    figures: Sequence[Word],
    columns: Sequence[Column],
    edges: Sequence[float],
    band: Box,
    noted: tuple[str, ...] = (),
) -> list[Cell]:
    """Figures to columns: by position; by count where as many stand there as the form has columns."""
    figures = _mended(in_lines(figures))
    slots: list[list[Word]] = [[] for _ in columns]
    for word in figures:
        nearest = min(range(len(columns)), key=lambda k: abs(columns[k].x - cx_of(word)))
        slots[nearest].append(word)
    level = max((w.box[1] for w in figures), default=0.0) - min((w.box[1] for w in figures), default=0.0)
    crowded = any(len(s) > 1 for s in slots)
    if crowded and len(figures) == len(columns) and level < 0.5 * max(figures[0].size, 4.0):
        slots, crowded = [[w] for w in figures], False
    if len(figures) > len(columns):
        # A merged cell that a spreadsheet print repeats says one thing several times in one line; one under
        # another they are two rows' figures.
        slots = [s[:1] if len({w.text for w in s}) == 1 and _level(s) else s for s in slots]
    slots = [_unwrapped(s, edges[c + 1] - edges[c]) for c, s in enumerate(slots)]
    out: list[Cell] = []
    for c, slot in enumerate(slots):
        doubts = list(noted)
        if len(slot) > 1:
            doubts.append("shared_cell")
        if not slot and crowded:
            doubts.append("figures_unaccounted")  # it may be the one too many of its neighbour
        if slot and any(w.box[2] - w.box[0] > edges[c + 1] - edges[c] for w in slot):
            doubts.append("over_edge")
        box = _around(slot) if slot else (edges[c], band[1], edges[c + 1], band[3])
        text = " ".join(w.text for w in slot)
        out.append(Cell(r, c + 1, 1, 1, text, page, box, doubts=tuple(doubts)))
    return out


def _mended(figures: Sequence[Word]) -> list[Word]:
    """A number with a space in it is one figure, which its reader doubts: two columns stand further apart."""
    out: list[Word] = []
    for word in figures:
        last = out[-1] if out else None
        gap = (word.box[0] - last.box[2]) / max(last.size, 4.0) if last else 0.0
        if last is not None and _level([last, word]) and 0 < gap < WORD_GAP:
            box = (
                last.box[0], min(last.box[1], word.box[1]), word.box[2], max(last.box[3], word.box[3]),
            )  # fmt: skip
            out[-1] = last._replace(text=f"{last.text} {word.text}", box=box)
        else:
            out.append(word)
    return out


def in_lines(words: Sequence[Word]) -> list[Word]:
    """Words line by line from the top, each line from the left; base lines within one line differ a little."""
    out: list[Word] = []
    line: list[Word] = []
    for word in sorted(words, key=lambda w: w.box[1] + w.box[3]):
        if line and not _level([line[0], word]):
            out += sorted(line, key=lambda w: w.box[0])
            line = []
        line.append(word)
    return out + sorted(line, key=lambda w: w.box[0])


def _level(words: Sequence[Word]) -> bool:
    """All in one line."""
    cys = [(w.box[1] + w.box[3]) / 2 for w in words]
    return max(cys, default=0.0) - min(cys, default=0.0) <= LEVEL * max([w.size for w in words], default=4.0)


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
