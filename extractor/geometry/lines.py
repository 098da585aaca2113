"""Characters to words, words to lines, lines to text, by position alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from extractor.geometry.marks import Char
from extractor.types import Word

WORD_GAP = 0.6
"""Gap, in font sizes, that ends a word: justified Chinese text opens up to 0.4, columns part over 0.8."""
FIGURE_GAP = 0.2
"""Gap, in font sizes, that parts a figure from its neighbour: digits of one number touch by their
advance boxes, a typed space is 0.25 or wider."""
SAME_PLACE = 0.3
"""Two equal characters whose boxes are nearer than this, in font sizes, are one printed twice."""

PADDING = 11.0
"""Room that Word leaves beside the text of a cell, both sides together, points (2 × 0.19 cm)."""
_FIGURES = frozenset("0123456789/-—")
_NUMERIC = frozenset("0123456789０１２３４５６７８９,.，．")


def rows_of(chars: Iterable[Char]) -> list[list[Char]]:
    """Characters grouped to text lines by vertical overlap, each line from left to right."""
    out: list[list[Char]] = []
    mids: list[float] = []
    for char in sorted(chars, key=lambda c: (c.cy, c.x0)):
        height = max(char.size, char.bottom - char.top, 1.0)
        if out and abs(char.cy - mids[-1]) <= 0.45 * max(height, out[-1][-1].size):
            out[-1].append(char)
            mids[-1] += (char.cy - mids[-1]) / len(out[-1])
        else:
            out.append([char])
            mids.append(char.cy)
    for line in out:
        line.sort(key=lambda c: c.x0)
    return out


def drop_doubles(line: list[Char]) -> list[Char]:
    """Fake bold prints a character twice a hair apart: one of the two goes."""
    out: list[Char] = []
    for char in line:
        close = SAME_PLACE * max(char.size, 1.0)
        twin = any(
            o.text == char.text and abs(o.x0 - char.x0) < close and abs(o.cy - char.cy) < close
            for o in out[-3:]
        )
        if not twin:
            out.append(char)
    return out


def words(chars: Iterable[Char]) -> list[Word]:
    """Words of a page in reading order (line by line)."""
    out: list[Word] = []
    for line in rows_of(chars):
        start = 0
        line = drop_doubles(line)
        for i in range(1, len(line) + 1):
            if i == len(line) or _parted(line[i - 1], line[i]):
                out.append(_word(line[start:i]))
                start = i
    return out


def _parted(before: Char, char: Char) -> bool:
    gap = (char.x0 - before.x1) / max(char.size, 4.0)
    return gap > WORD_GAP or (gap > FIGURE_GAP and (before.text in _FIGURES or char.text in _FIGURES))


def _word(chars: Sequence[Char]) -> Word:
    box = (
        min(c.x0 for c in chars), min(c.top for c in chars),
        max(c.x1 for c in chars), max(c.bottom for c in chars),
    )  # fmt: skip
    return Word("".join(c.text for c in chars), box, max(c.size for c in chars))


def cell_text(chars: Iterable[Char], width: float = 0.0) -> str:
    """Text of one cell: its lines joined by newlines, words of a line by one space.

    A number too long for its cell is broken where the line is full; with `width` (of the cell, points)
    known such a break is no break.
    """
    out = ""
    full = False
    for line in rows_of(chars):
        line = drop_doubles(line)
        text = line[0].text
        for before, char in zip(line, line[1:]):
            if _parted(before, char):
                text += " "
            text += char.text
        figures = all(ch in _NUMERIC for ch in text)
        out += text if not out or (full and figures) else "\n" + text
        taken = line[-1].x1 - line[0].x0
        full = figures and width - taken < 2.2 * max(c.x1 - c.x0 for c in line) + PADDING
    return out
