"""Tables with merged cells drawn in characters for a terminal; a Chinese character takes two columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from extractor.inputs.text_tables import width

RESET = "\x1b[0m"
_CLOSING = frozenset("，。、；：！？）〕】》」』”’％%…")
"""Signs that do not begin a line (GB/T 15834-2011, 5.1)."""
# Which of up, down, left, right a line leaves a crossing by, and the sign for it.
_UP, _DOWN, _LEFT, _RIGHT = 1, 2, 4, 8
_SIGNS = " ╵╷│╴┘┐┤╶└┌├─┴┬┼"


@dataclass(frozen=True, slots=True)
class Box:
    """One cell; `style` is an ANSI sequence or empty."""

    row: int
    col: int
    row_span: int
    col_span: int
    text: str
    align: Literal["left", "right", "center"] = "left"
    style: str = ""


def wrap(text: str, columns: int) -> list[str]:
    """The text in lines of at most so many display columns; a digit is never parted from its neighbour."""
    out: list[str] = []
    for part in text.split("\n"):
        line = ""
        for piece in _pieces(part, columns):
            if line and width(line) + width(piece) > columns:
                out.append(line)
                line = ""
            line += piece if line or piece != " " else ""
        out.append(line)
    return out


def _pieces(text: str, columns: int) -> list[str]:
    """Runs that stay on one line: words of Latin letters and digits; a character with the sign closing it."""
    out: list[str] = []
    for char in text:
        if char in _CLOSING and out and width(out[-1]) + width(char) <= columns:
            out[-1] += char
            continue
        joined = bool(out) and char.isascii() and char != " " and out[-1][-1].isascii() and out[-1] != " "
        if joined and width(out[-1]) < columns:
            out[-1] += char
        else:
            out.append(char)
    return out


def draw(boxes: Sequence[Box], widths: Sequence[int], ruled: set[int]) -> list[str]:
    """Lines of a table whose columns have these inner widths.

    A horizontal line is drawn above every row in `ruled` and below the last; between other rows none.
    """
    return _Canvas(boxes, widths, ruled).lines()


class _Canvas:
    def __init__(self, boxes: Sequence[Box], widths: Sequence[int], ruled: set[int]) -> None:
        self._boxes = boxes
        self._n_rows = max(b.row + b.row_span for b in boxes)
        self._ruled = {*ruled, 0, self._n_rows}
        self._x = [0]
        for columns in widths:
            self._x.append(self._x[-1] + columns + 1)
        self._texts = {
            id(b): wrap(b.text, max(1, self._x[b.col + b.col_span] - self._x[b.col] - 1)) for b in boxes
        }
        self._y = self._rows()
        size = self._x[-1] + 1
        self._chars = [[" "] * size for _ in range(self._y[-1] + 1)]
        self._styles = [[""] * size for _ in range(self._y[-1] + 1)]
        self._bits = [[0] * size for _ in range(self._y[-1] + 1)]

    def _rows(self) -> list[int]:
        """Where each row begins, its line above included, and at the end where the last line stands."""
        heights = [1] * self._n_rows
        for box in sorted(self._boxes, key=lambda b: b.row_span):
            lines = sum(1 for r in range(box.row + 1, box.row + box.row_span) if r in self._ruled)
            room = sum(heights[box.row : box.row + box.row_span]) + lines
            heights[box.row + box.row_span - 1] += max(0, len(self._texts[id(box)]) - room)
        out = [0]
        for row, height in enumerate(heights):
            out.append(out[-1] + height + (row in self._ruled))
        return out

    def lines(self) -> list[str]:
        for box in self._boxes:
            self._frame(box)
        for y, row in enumerate(self._bits):
            for x, bits in enumerate(row):
                if bits:
                    self._chars[y][x] = _SIGNS[bits]
        for box in self._boxes:
            self._write(box)
        return ["".join(self._styled(y)).rstrip() for y in range(len(self._chars))]

    def _frame(self, box: Box) -> None:
        left, right = self._x[box.col], self._x[box.col + box.col_span]
        top, bottom = self._y[box.row], self._y[box.row + box.row_span]
        for row, y in ((box.row, top), (box.row + box.row_span, bottom)):
            if row in self._ruled:
                self._line(y, left, y, right)
        below = bottom if box.row + box.row_span in self._ruled else bottom - 1
        for x in (left, right):
            self._line(top, x, below, x)
            if box.row not in self._ruled and top:
                self._bits[top - 1][x] |= _DOWN
                self._bits[top][x] |= _UP

    def _line(self, y0: int, x0: int, y1: int, x1: int) -> None:
        if y0 == y1 and x0 == x1:
            self._bits[y0][x0] |= _UP | _DOWN
        for x in range(x0, x1):
            self._bits[y0][x] |= _RIGHT
            self._bits[y0][x + 1] |= _LEFT
        for y in range(y0, y1):
            self._bits[y][x0] |= _DOWN
            self._bits[y + 1][x0] |= _UP

    def _write(self, box: Box) -> None:
        left, room = self._x[box.col] + 1, self._x[box.col + box.col_span] - self._x[box.col] - 1
        top = self._y[box.row] + (box.row in self._ruled)
        bottom = self._y[box.row + box.row_span]
        text = self._texts[id(box)]
        if box.align == "center":
            top += max(0, (bottom - top - len(text)) // 2)
        for y, line in enumerate(text, top):
            spare = max(0, room - width(line))
            x = left + {"left": 0, "right": spare, "center": spare // 2}[box.align]
            for char in line:
                columns = width(char)
                self._chars[y][x] = char
                self._chars[y][x + 1 : x + columns] = [""] * (columns - 1)
                self._styles[y][x : x + columns] = [box.style] * columns
                x += columns

    def _styled(self, y: int) -> list[str]:
        out: list[str] = []
        now = ""
        for char, style in zip(self._chars[y], self._styles[y]):
            if style != now:
                out.append((RESET if now else "") + style)
                now = style
            out.append(char)
        return [*out, RESET] if now else out
