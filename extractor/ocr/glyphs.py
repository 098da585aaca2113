"""Do the digits of a text layer look like what the layer says they are?

A font can state any character for any shape, so a born-digital page may show 3 and say 8.  A few digits of
a page are rendered (0.1 ms each) and held against small prototypes of each digit, in plain Python: the
digital path loads no array library for it.  The answer is a suspicion, not a verdict: where shapes and
claims differ, trial.hear reads the places of the doubted digits with the real recognisers.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
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

_DIGITS = frozenset("0123456789")

Digit = tuple[int, str]
"""A font (Char.font) and a digit of it."""
Heard = set[Digit]
Shape = tuple[int, ...]
"""Darkness of COLUMNS by ROWS fields of a glyph's ink box, 0 to 15, then width to height in sixteenths."""


def shape(gray: bytes | memoryview, stride: int, box: tuple[int, int, int, int]) -> Shape | None:
    """The shape of the ink in a box of a grey picture (0 black); None where there is too little of it."""
    x0, y0, x1, y1 = box
    if x1 <= x0:
        return None
    rows = [bytes(gray[y * stride + x0 : y * stride + x1]) for y in range(y0, y1)]
    lows = [min(row) for row in rows]
    darkest, lightest = min(lows, default=0), max(map(max, rows), default=0)
    if lightest - darkest < _FAINTEST:
        return None
    middle = (darkest + lightest) / 2
    inked = [i for i, low in enumerate(lows) if low < middle]
    if inked[-1] - inked[0] < 5:
        return None
    rows = rows[inked[0] : inked[-1] + 1]
    columns = [min(c) < middle for c in zip(*rows, strict=True)]
    left = columns.index(True)
    right = len(columns) - columns[::-1].index(True)
    high, wide = len(rows), right - left
    bands = [
        (left + c * wide // COLUMNS, left + max(c * wide // COLUMNS + 1, (c + 1) * wide // COLUMNS))
        for c in range(COLUMNS)
    ]
    out: list[int] = []
    for r in range(ROWS):
        a, b = r * high // ROWS, max(r * high // ROWS + 1, (r + 1) * high // ROWS)
        sums = list(map(sum, zip(*rows[a:b], strict=True)))
        for p, q in bands:
            mean = sum(sums[p:q]) / ((b - a) * (q - p))
            out.append(round(15 * (lightest - mean) / (lightest - darkest)))
    return (*out, min(40, wide * 16 // high))


@lru_cache(maxsize=1)
def _prototypes() -> dict[str, tuple[Weighed, ...]]:
    kept = json.loads((MODELS / "weights" / "glyphs.json").read_text())
    return {digit: tuple(weighed(tuple(s)) for s in shapes) for digit, shapes in kept["prototypes"].items()}


Weighed = tuple[float, ...]
"""A shape as points to measure between: the proportion, one number for the whole shape, weighs threefold."""


def weighed(found: Shape) -> Weighed:
    return (*found[:-1], found[-1] * math.sqrt(3.0))


def likeliest(found: Weighed, prototypes: dict[str, tuple[Weighed, ...]]) -> tuple[str, float]:
    """(the digit it looks most like, the next digit's squared distance over its own)."""
    distances = sorted((min(math.dist(found, p) for p in shapes), d) for d, shapes in prototypes.items())
    return distances[0][1], (distances[1][0] / max(1.0, distances[0][0])) ** 2


@lru_cache(maxsize=1)
def _safe() -> dict[str, tuple[tuple[Weighed, float], ...]]:
    """For every digit its prototypes, each with the distance up to which no other digit is nearer.

    By the triangle inequality: half way to the nearest prototype of another digit.
    """
    every = _prototypes()
    out: dict[str, tuple[tuple[Weighed, float], ...]] = {}
    for digit, shapes in every.items():
        others = [p for other, found in every.items() if other != digit for p in found]
        out[digit] = tuple((p, min(math.dist(p, q) for q in others) / 2) for p in shapes)
    return out


def _another(shape: Shape, claimed: str) -> bool:
    """Whether a shape clearly is another digit than the one claimed."""
    found = weighed(shape)
    if any(math.dist(found, p) < reach for p, reach in _safe()[claimed]):
        return False
    digit, ratio = likeliest(found, _prototypes())
    return digit != claimed and ratio > _CLEAR


_CLEAR = 1.25
"""Ratio of distances from which a shape is clearly another digit: no clear mistakes on held-out fonts
(training/glyphs.py prints the error)."""


def doubted(page: Any, chars: Sequence[Char], turned: int, heard: Heard | None = None) -> frozenset[Digit]:
    """The digits of fonts that a pypdfium2 page shows as others than its text says.

    `chars`: in upright points, the page turned clockwise by `turned` degrees.  `heard`: digits of fonts
    that told the truth on earlier pages of the document; they are not asked again, and what this page's
    fonts prove is added.
    """
    known: Heard = set() if heard is None else heard
    sheet: _Sheet | None = None
    out: set[Digit] = set()
    for digit, found in _samples(chars).items():
        if digit in known:
            continue
        sheet = sheet or _Sheet(page, turned)
        if _most_differ(sheet, found):
            out.add(digit)
        else:
            known.add(digit)
    return frozenset(out)


def _most_differ(sheet: _Sheet, chars: Sequence[Char]) -> bool:
    """More than half of a digit's samples clearly are another, or nothing.  Looks no further than needed."""
    against = agreeing = 0
    for char in chars:
        found = sheet.shape(char)
        if found is None or _another(found, char.text):
            against += 1
        else:
            agreeing += 1
        if against * 2 > len(chars) or agreeing * 2 >= len(chars):
            break
    return against * 2 > len(chars)


class _Sheet:
    """An upright page of which only what is asked for is rendered: a digit costs 0.1 ms, a page 5 ms."""

    def __init__(self, page: Any, turned: int) -> None:
        self._page = page
        self._more = (turned - page.get_rotation()) % 360
        wide, high = math.ceil(page.get_width() * _SCALE), math.ceil(page.get_height() * _SCALE)
        self._size = (high, wide) if self._more in (90, 270) else (wide, high)

    def shape(self, char: Char) -> Shape | None:
        """The shape printed where the character stands; None where nothing is."""
        wide, high = self._size
        x0, y0 = max(0, int(char.x0 * _SCALE)), max(0, int(char.top * _SCALE) - 1)
        x1, y1 = min(wide, int(char.x1 * _SCALE) + 1), min(high, int(char.bottom * _SCALE) + 2)
        if x1 <= x0 or y1 <= y0:
            return None
        # render() rounds up what it cuts off: half a pixel less than whole ones makes them whole.
        cut = tuple(max(0.0, (k - 0.5) / _SCALE) for k in (x0, high - y1, wide - x1, y0))
        bitmap = self._page.render(
            scale=_SCALE, rotation=self._more, crop=cut, grayscale=True, may_draw_forms=False
        )
        try:
            return shape(memoryview(bitmap.buffer), bitmap.stride, (0, 0, bitmap.width, bitmap.height))
        finally:
            bitmap.close()


def _samples(chars: Sequence[Char]) -> dict[Digit, list[Char]]:
    """A few of each font's digits, spread over the page; only such as stand large enough.

    Font by font: where one font of two lies, most samples of a digit may be the honest one's.
    """
    places: dict[Digit, list[Char]] = {}
    for char in chars:
        if char.text in _DIGITS and char.bottom - char.top >= 4:
            places.setdefault((char.font, char.text), []).append(char)
    out: dict[Digit, list[Char]] = {}
    for digit, found in places.items():
        step = max(1, len(found) // _A_DIGIT)
        out[digit] = found[step // 2 :: step][:_A_DIGIT]
    return out
