"""A column of links beside the report, as web pages have it: left out before lines are made of rows.

Its entries stand level with lines of the text, and one row of both would be no line of the report.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from extractor.geometry.marks import Char

APART = 1.5
"""Gap between two columns, in font sizes: words of one line stand up to 1 apart (a space after a heading's number)."""
LONGEST = 8
"""Characters of an entry: 政务公开, 信息公开年报; lines of text are longer where they do not end a paragraph."""
ENTRIES = 3
"""Fewer entries one under another are a stamp's or a form's words, not a column of links."""
ALIGNED = 2.0
"""How far apart the left sides of a column's entries may lie, points: side bearings of their first characters."""

Row = list[Char]


def without_side_column(rows: Sequence[Row]) -> list[Row]:
    """Rows (characters from left to right) without the entries of a column that stands left of all else."""
    split = [_pieces(row) for row in rows]
    if not any(len(pieces) > 1 for pieces in split):
        return list(rows)
    left = min((p[0].x0 for pieces in split if len(pieces) > 1 for p in pieces[:1]), default=0.0)
    entries = {
        id(p) for pieces in split for p in pieces[:1] if abs(p[0].x0 - left) <= ALIGNED and _is_entry(p)
    }
    if len(entries) < ENTRIES:
        return list(rows)
    column = [p for pieces in split for p in pieces if id(p) in entries]
    top, bottom = min(p[0].top for p in column), max(p[0].bottom for p in column)
    right = max(p[-1].x1 for p in column)
    beside = [p for pieces in split for p in pieces if id(p) not in entries and top <= p[0].cy <= bottom]
    if not beside or any(p[0].x0 < right + 1 for p in beside):
        return list(rows)
    kept = [[c for p in pieces if id(p) not in entries for c in p] for pieces in split]
    return [row for row in kept if row]


def _pieces(row: Row) -> list[Row]:
    out: list[Row] = [row[:1]]
    for before, char in pairwise(row):
        if char.x0 - before.x1 > APART * max(char.size, before.size, 4.0):
            out.append([])
        out[-1].append(char)
    return out


def _is_entry(piece: Row) -> bool:
    """A few ideographs and nothing else: no figure, no stop, no heading's number."""
    return len(piece) <= LONGEST and all("\u4e00" <= c.text <= "\u9fff" for c in piece)
