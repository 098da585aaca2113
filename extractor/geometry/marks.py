"""The smallest things on a page: characters and drawn lines.  Units: points, y downwards."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Char:
    """One visible character with its box; `size` is the font size, `font` tells a document's fonts apart."""

    text: str
    x0: float
    top: float
    x1: float
    bottom: float
    size: float
    font: int = 0

    @property
    def cx(self) -> float:
        return (self.x0 + self.x1) / 2

    @property
    def cy(self) -> float:
        return (self.top + self.bottom) / 2


@dataclass(slots=True)
class Ruling:
    """A drawn straight line.  `at` is y of a horizontal one, x of a vertical one; `a` < `b` its ends."""

    horizontal: bool
    at: float
    a: float
    b: float
    thick: float
