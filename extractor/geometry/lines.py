"""Characters to words, words to lines, lines to text, by position alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from operator import attrgetter
from typing import Any

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
_LEFT = attrgetter("x0")
_FIGURES = frozenset("0123456789/-—")
_SIGN_WORDS = frozenset("增减")
_NUMERIC = frozenset("0123456789０１２３４５６７８９,.，．")


def rows_of(chars: Iterable[Char]) -> list[list[Char]]:
    """Characters grouped to text lines by vertical overlap, each line from left to right.

    A line's middle is that of its large characters: small type in the margin beside it does not move it away
    from its own points and commas.
    """
    out: list[list[Char]] = []
    line: list[Char] = []
    mid = reach = weight = 0.0
    for cy, _, _, char in sorted([((c.top + c.bottom) / 2, c.x0, i, c) for i, c in enumerate(chars)]):
        if line and cy - mid <= 0.45 * max(char.size, reach):
            line.append(char)
            weight += char.size
            mid += (cy - mid) * char.size / weight if weight else 0.0
            reach = char.size
        else:
            line = [char]
            out.append(line)
            mid, weight, reach = cy, char.size, max(char.size, char.bottom - char.top, 1.0)
    for line in out:
        line.sort(key=_LEFT)
    return out


def drop_doubles(line: list[Char]) -> list[Char]:
    """Fake bold prints a character twice a hair apart: one of the two goes."""
    out: list[Char] = []
    for char in line:
        if out and char.x0 - out[-1].x0 < SAME_PLACE * max(char.size, 1.0) and _twin(char, out[-3:]):
            continue
        out.append(char)
    return out


def _twin(char: Char, before: Sequence[Char]) -> bool:
    close = SAME_PLACE * max(char.size, 1.0)
    return any(
        o.text == char.text and abs(o.x0 - char.x0) < close and abs(o.cy - char.cy) < close for o in before
    )


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


class LazyWords(Sequence[Word]):
    """Words of a page, made when somebody asks: most digital pages are read without them."""

    def __init__(self, chars: Sequence[Char]) -> None:
        self._chars: Sequence[Char] | None = chars
        self._words: list[Word] = []

    def _made(self) -> list[Word]:
        if self._chars is not None:
            self._words, self._chars = words(self._chars), None
        return self._words

    def __len__(self) -> int:
        return len(self._made())

    def __getitem__(self, i: Any) -> Any:
        return self._made()[i]


def _parted(before: Char, char: Char) -> bool:
    gap = (char.x0 - before.x1) / max(char.size, 4.0)
    if before.text in _SIGN_WORDS and char.text in _FIGURES:
        return gap > WORD_GAP  # 减 2 is one change: without its word it would be its opposite
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
    found = list(chars)
    if len(found) == 1:
        return found[0].text
    out = ""
    full = False
    for line in rows_of(found):
        line = drop_doubles(line)
        text = line[0].text
        for before, char in pairwise(line):
            if _parted(before, char):
                text += " "
            text += char.text
        figures = _NUMERIC.issuperset(text)
        out += text if not out or (full and figures) else "\n" + text
        taken = line[-1].x1 - line[0].x0
        full = figures and width - taken < 2.2 * max([c.x1 - c.x0 for c in line]) + PADDING
    return out
