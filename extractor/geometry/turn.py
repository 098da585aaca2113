"""User space of a PDF page to upright points: crop box, /Rotate and sideways text undone together."""

from __future__ import annotations

from extractor.types import Box


class Upright:
    """`box` is the visible box in user space, `quarter_turns` how far it is turned clockwise."""

    def __init__(self, box: Box, quarter_turns: int) -> None:
        self.x0, self.y0, x1, y1 = box
        self.w, self.h = x1 - self.x0, y1 - self.y0
        self.turns = quarter_turns % 4
        self.size = (self.w, self.h) if self.turns % 2 == 0 else (self.h, self.w)

    def point(self, x: float, y: float) -> tuple[float, float]:
        x, y = x - self.x0, y - self.y0
        if self.turns == 0:
            return x, self.h - y
        if self.turns == 1:
            return y, x
        if self.turns == 2:
            return self.w - x, y
        return self.h - y, self.w - x

    def box(self, x0: float, y0: float, x1: float, y1: float) -> Box:
        if self.turns == 0:
            left, up = self.x0, self.y0 + self.h
            return (
                (x0 - left, up - y1, x1 - left, up - y0) if x0 <= x1 and y0 <= y1
                else (min(x0, x1) - left, up - max(y0, y1), max(x0, x1) - left, up - min(y0, y1))
            )  # fmt: skip
        ax, ay = self.point(x0, y0)
        bx, by = self.point(x1, y1)
        return min(ax, bx), min(ay, by), max(ax, bx), max(ay, by)
