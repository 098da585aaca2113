"""Do the digits of a text layer look like what the layer says they are?

A font can state any character for any shape, so a born-digital page may show 3 and say 8.  A few digits of
a page are rendered (a few ms) and held against small prototypes of each digit, in plain Python: the
digital path loads no array library for it.  The answer is a suspicion, not a verdict: where shapes and
claims differ, trial.hear reads cells with the real recognisers.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from extractor.settings import MODELS

if TYPE_CHECKING:
    from extractor.geometry.marks import Char

COLUMNS, ROWS = 6, 9
_SCALE = 2.4
"""Pixels a point: a digit of 9 points has 15 rows."""
_A_DIGIT = 3
"""Samples of each digit, from different places of the page."""
_FAINTEST = 25
"""Contrast (grey levels) below which nothing is printed; footers in light grey have 60."""

Shape = tuple[int, ...]
"""Darkness of COLUMNS by ROWS fields of a glyph's ink box, 0 to 15, then its width to height in sixteenths."""


def shape(gray: bytes | memoryview, stride: int, box: tuple[int, int, int, int]) -> Shape | None:
    """The shape of the ink in a box of a grey picture (0 black); None where there is too little of it."""
    x0, y0, x1, y1 = box
    if x1 <= x0:
        return None
    rows = [bytes(gray[y * stride + x0 : y * stride + x1]) for y in range(y0, y1)]
    darkest, lightest = min(map(min, rows), default=0), max(map(max, rows), default=0)
    if lightest - darkest < _FAINTEST:
        return None
    middle = (darkest + lightest) / 2
    inked = [i for i, row in enumerate(rows) if min(row) < middle]
    if inked[-1] - inked[0] < 5:
        return None
    rows = rows[inked[0] : inked[-1] + 1]
    columns = [min(c) < middle for c in zip(*rows, strict=True)]
    left = columns.index(True)
    right = len(columns) - columns[::-1].index(True)
    high, wide = len(rows), right - left
    out: list[int] = []
    for r in range(ROWS):
        a, b = r * high // ROWS, max(r * high // ROWS + 1, (r + 1) * high // ROWS)
        for c in range(COLUMNS):
            p, q = left + c * wide // COLUMNS, left + max(c * wide // COLUMNS + 1, (c + 1) * wide // COLUMNS)
            total = sum(sum(row[p:q]) for row in rows[a:b])
            mean = total / ((b - a) * (q - p))
            out.append(round(15 * (lightest - mean) / (lightest - darkest)))
    return (*out, min(40, wide * 16 // high))


@lru_cache(maxsize=1)
def _prototypes() -> dict[str, tuple[Shape, ...]]:
    kept = json.loads((MODELS / "weights" / "glyphs.json").read_text())
    return {digit: tuple(tuple(s) for s in shapes) for digit, shapes in kept["prototypes"].items()}


def likeliest(found: Shape, prototypes: dict[str, tuple[Shape, ...]]) -> tuple[str, float]:
    """(the digit it looks most like, the next digit's distance over its own)."""
    distances = sorted(
        (min(_distance(found, p) for p in shapes), digit) for digit, shapes in prototypes.items()
    )
    return distances[0][1], distances[1][0] / max(1.0, distances[0][0])


def _distance(a: Shape, b: Shape) -> float:
    return sum((x - y) * (x - y) for x, y in zip(a, b, strict=True)) + 2.0 * (a[-1] - b[-1]) ** 2


_CLEAR = 1.25
"""Ratio of distances from which a shape is clearly another digit: no clear mistakes on held-out fonts
(training/glyphs.py prints the error)."""


def suspicious(page: Any, chars: Sequence[Char], turned: int) -> bool:
    """A pypdfium2 page shows digits other than its text says.

    `chars`: in upright points, the page turned clockwise by `turned` degrees.
    """
    picked = list(_samples(chars))
    if not picked:
        return False
    more = (turned - page.get_rotation()) % 360
    bitmap = page.render(scale=_SCALE, rotation=more, grayscale=True, may_draw_forms=False)
    try:
        data = memoryview(bitmap.buffer)
        return _differ(data, bitmap.stride, bitmap.width, bitmap.height, picked)
    finally:
        bitmap.close()


def _differ(data: memoryview, stride: int, wide: int, high: int, picked: Iterable[Char]) -> bool:
    """Of any one digit, most samples clearly look like another."""
    prototypes = _prototypes()
    votes: dict[str, list[bool]] = {}
    for char in picked:
        box = (
            max(0, int(char.x0 * _SCALE)), max(0, int(char.top * _SCALE) - 1),
            min(wide, int(char.x1 * _SCALE) + 1), min(high, int(char.bottom * _SCALE) + 2),
        )  # fmt: skip
        found = shape(data, stride, box)
        if found is None:
            votes.setdefault(char.text, []).append(True)
            continue
        digit, ratio = likeliest(found, prototypes)
        votes.setdefault(char.text, []).append(digit != char.text and ratio > _CLEAR)
    return any(sum(v) * 2 > len(v) for v in votes.values())


def _samples(chars: Sequence[Char]) -> Iterable[Char]:
    """A few of each digit, spread over the page; only such as stand large enough."""
    places: dict[str, list[Char]] = {}
    for char in chars:
        if len(char.text) == 1 and char.text in "0123456789" and char.bottom - char.top >= 4:
            places.setdefault(char.text, []).append(char)
    for found in places.values():
        step = max(1, len(found) // _A_DIGIT)
        yield from found[step // 2 :: step][:_A_DIGIT]
