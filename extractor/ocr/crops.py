"""Where a cell's ink is, and the pictures of it that the recognisers get.

A cell's rectangle comes from its rulings, so it is right to a pixel or two.  What must not happen: that a
leading digit is cut off, that a ruling's rest is read as 1, that speckle makes a number of a blank.
So the first reading gets the whole inner width of the cell around the line of ink, the second a crop
drawn tightly around the ink, and what was seen on the way is told as evidence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from extractor.geometry.pixels import components
from extractor.geometry.pixels_ink import middle

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Gray = NDArray[Any]

Rect = tuple[float, float, float, float]

# Lengths in points; figures of these forms are set in 7.5 to 16 points, digits are 0.62 to 0.75 of it.
_DIGIT = 7.5
"""Height of a digit where nothing tells."""
_LEAST, _MOST = 4.2, 13.0
"""Heights a digit's component may have."""
_INSET = 0.9
"""From a ruling's middle to what surely is inside; rulings are 0.5 to 1.5 points thick."""
_EDGE = 2.6
"""How far from a ruling's middle its remains may lie."""
_OFF_SIDE = 4.5
"""From the side of a tall cell to the middle of a dash in its first or last line: half a line of the smallest type,
7.5 points, and what a cell keeps free at its sides; rulings' rests lie within `_EDGE`."""
_BAND = 1.6
"""Height of the picture in heights of a digit."""
_WIDEST = 9.0
"""Inner widths beyond so many digit heights are trimmed to the ink with `_ROOM` on both sides."""
_ROOM = 2.5
_ONE_LINE = 1.7
"""Two lines of digits are at least 1.9 heights of a digit tall (line pitch 1.2 em, digits 0.7 em)."""
# Darkness (0 to 255) of ink, plain first; the page is evened, full ink is 255.  Thin strokes of a
# blurred page reach 80, noise of a hard one 50.
_LEVELS = (110, 75, 50)
_INK = _LEVELS[0]
_GHOST, _SOLID, _CLUTTER = (28, 0.5), 150, 0.04
"""Darkness of what shines through (from, share of the ink's own), ink that it can be told from, and the
share of the cell beside the characters that it must cover; noise of hard scans covers under 0.03."""
_PLAIN, _CORE, _BROAD = 200, 1.0, 1.1
"""Darkness of printed ink beside a stamp's tones; square points of each there must be; width of a stroke of a
stamp, points: a character's edge is blurred over 0.7 at 150 dpi."""
_STAIN = 160
"""Darkness up to which a stain's tones are taken out; toner beside it has over 200."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of ink in a cell: `wide` for the first reader, `tight` for the second."""

    wide: Gray
    tight: Gray
    height: float
    """Of its ink, points."""


@dataclass(frozen=True, slots=True)
class CellInk:
    """What was seen in one cell.

    `lines`: top to bottom, one where blank (the middle of the cell).  `ink`: area of character-like ink,
    share of a digit's own area (0: none; a 1 has about 0.35).  `specks`: the same of everything else.
    `margin`: points between the ink and the nearest side of the cell; negative where it was cut.
    """

    lines: tuple[Line, ...]
    ink: float
    specks: float
    margin: float
    stained: bool = False
    """Something that is no figure runs through the cell; what was lighter than ink was taken out."""
    dash: bool = False
    """All that stands in the cell is one flat stroke about its middle, as dark as ink."""
    covered: bool = False
    """What was taken out of the cell stood so near its characters that it may have covered more of them."""
    gap: float = 0.0
    """Widest gap between neighbouring characters of a line, heights of a digit; those of one number stand
    0.1 to 0.4 apart, full-width ones up to 0.9."""


def look(page: Gray, rect: Rect, scale: float, digit: float = _DIGIT, lift: bool = False) -> CellInk:
    """`rect`: the cell on `page`, between the middles of its rulings, pixels; `scale`: pixels a point;
    `digit`: usual height of a digit on this page, points; `lift`: only the darkest tones, where such are left."""
    import cv2
    import numpy as np

    inset = _INSET * scale
    x0, y0 = max(0, round(rect[0] + inset)), max(0, round(rect[1] + inset))
    x1, y1 = min(page.shape[1], round(rect[2] - inset)), min(page.shape[0], round(rect[3] - inset))
    if x1 - x0 < 3 or y1 - y0 < 3:
        empty = np.full((8, 8), 255, np.uint8)
        return CellInk((Line(empty, empty, digit),), 0.0, 0.0, 0.0)
    part = without_rulings(page[y0:y1, x0:x1], scale)
    soft = cv2.GaussianBlur(part, (0, 0), max(0.6, 0.22 * scale))
    dark = 255 - soft
    marks: list[Component] = []
    specks: list[Component] = []
    for level in _LEVELS:
        marks, specks = _sort(_components(dark, level, scale), scale, digit, part.shape)
        if marks:
            break
    stains = [c for c in (*marks, *specks) if _foreign(c, part.shape, scale)]
    stained, covered = bool(stains) or (lift and bool(marks)), False
    if stained:
        part, marks, specks, cleared = _unstained(part, marks, specks, scale, digit)
        covered = cleared and any(_beside(s, m, digit * scale) for s in stains for m in marks)
    elif marks and level == _INK:
        part, stained = _unghosted(part, dark, marks, scale)
    area = (0.6 * digit * digit * scale * scale) * 0.35
    total = sum(c[4] for c in marks) / area
    waste = sum(c[4] for c in specks) / area
    if not marks:
        line = _picture(part, (part.shape[1] // 2, part.shape[0] // 2) * 2, digit * scale, scale)
        return CellInk((line,), 0.0, waste, 0.0, stained)
    covered = covered or any(_cut_off(c, marks, part.shape, digit * scale, scale) for c in specks)
    bands = _bands(marks, digit * scale)
    lines = tuple(_picture(part, band, digit * scale, scale) for band in bands)
    left, right = min(b[0] for b in bands), max(b[2] for b in bands)
    margin = (min(left, part.shape[1] - right) + inset) / scale
    lone = level == _INK and len(marks) == 1 and not specks and not stained
    dash = lone and _dash(marks[0], part.shape[0], scale)
    return CellInk(lines, total, waste, margin, stained, dash, covered, _gap(marks, bands, digit * scale))


def lean(crop: Gray) -> float:
    """How far a lone stroke leans to the right, width over height: a 1 under 0.1, a slash about 0.3."""
    import numpy as np

    ys, xs = np.nonzero(crop < 255 - _INK)
    if ys.size < 8 or int(ys.max()) == int(ys.min()):
        return 0.0
    return float(-np.cov(xs, ys)[0, 1] / np.var(ys))


def without_rulings(part: Gray, scale: float, ink: int = _INK) -> Gray:
    """Rows and columns near the edges that are as dark as `ink` nearly throughout are a ruling's rest: blanked."""
    import cv2

    out = part
    deep = max(1, round((_EDGE - _INSET) * scale))
    copied = False
    _, mask = cv2.threshold(part, 255 - ink - 1, 1, cv2.THRESH_BINARY_INV)
    for axis in (0, 1):
        dark = cv2.reduce(mask, 1 - axis, cv2.REDUCE_SUM, dtype=cv2.CV_32S).ravel() / part.shape[1 - axis]
        size = part.shape[axis]
        # A digit fills at most three quarters of a column of its cell, and never at the very edge.
        full = dark > 0.7
        if not full.any():
            continue
        found = [i for i in (*range(min(deep, size)), *range(max(0, size - deep), size)) if full[i]]
        if found and not copied:
            out, copied = part.copy(), True
        for i in found:
            lo, hi = max(0, i - 1), min(size, i + 2)
            if axis == 0:
                out[lo:hi] = 255
            else:
                out[:, lo:hi] = 255
    return out


Component = tuple[int, int, int, int, int]
"""x0, y0, x1, y1, area, pixels."""


def _components(dark: Gray, level: int, scale: float) -> list[Component]:
    import cv2

    if cv2.minMaxLoc(dark)[1] <= level:
        return []
    _, mask = cv2.threshold(dark, level, 1, cv2.THRESH_BINARY)
    _, stats = components(mask)
    least = max(2, int(0.5 * scale * scale))
    return [(x, y, x + w, y + h, a) for x, y, w, h, a in stats[1:].tolist() if a >= least]


def _sort(
    found: list[Component], scale: float, digit: float, shape: tuple[int, ...]
) -> tuple[list[Component], list[Component]]:
    """(character-like, the rest).  Parts of a character count when they lie beside a whole one."""
    whole: list[Component] = []
    rest: list[Component] = []
    height, width = shape[0], shape[1]
    for c in found:
        tall, wide = (c[3] - c[1]) / scale, (c[2] - c[0]) / scale
        rim = c[0] <= 0 or c[2] >= width or c[1] <= 0 or c[3] >= height
        thin = min(tall, wide) < 1.6
        # A ruling's rest is thin; bold digits that touch are as long, but not thin.
        long = thin and (
            tall > max(0.8 * height / scale, _MOST) or wide > max(0.8 * width / scale, 3 * digit)
        )
        if long or (rim and thin):
            rest.append(c)
        elif tall >= max(_LEAST * 0.8, 0.5 * digit) or _dash(c, height, scale):
            whole.append(c)  # a digit, a slash, a dash
        else:
            rest.append(c)
    if not whole:
        return whole, rest
    top, bottom = min(c[1] for c in whole), max(c[3] for c in whole)
    near = [
        c
        for c in rest
        if c[4] >= 0.9 * scale * scale
        and top - 1 <= (c[1] + c[3]) / 2 <= bottom + 1.2 * scale
        and any(c[0] - w[2] < 0.9 * digit * scale and w[0] - c[2] < 0.9 * digit * scale for w in whole)
        and not (c[0] <= 0 or c[2] >= width)
    ]
    return whole + near, [c for c in rest if c not in near]


def _unghosted(part: Gray, dark: Gray, marks: list[Component], scale: float) -> tuple[Gray, bool]:
    """What shines through from the sheet's other side, lighter than half of the ink, made paper.

    Only where there is such clutter beside the characters: blur around a character itself is not touched.
    """
    import cv2
    import numpy as np

    peak = max(int(dark[y0:y1, x0:x1].max()) for x0, y0, x1, y1, _ in marks)
    if peak < _SOLID:
        return part, False
    room = max(1, round(1.2 * scale))
    smooth = cv2.blur(dark, (room, room))  # noise of a scanner evens out, ghosts of characters do not
    beside = (smooth > middle(smooth) + _GHOST[0]) & (smooth < _GHOST[1] * peak)
    for x0, y0, x1, y1, _ in marks:
        beside[max(0, y0 - room) : y1 + room, max(0, x0 - room) : x1 + room] = False
    if np.count_nonzero(beside) / beside.size < _CLUTTER:
        return part, False
    if any(_dash(c, part.shape[0], scale) for c in _components(dark, _LEVELS[-1], scale)):
        return part, False  # a faint minus is no ghost
    floor = _GHOST[1] * peak
    table = np.clip(255 - (255 - np.arange(256) - floor) * (peak / (peak - floor)), 0, 255).astype(np.uint8)
    cleaned: Gray = cv2.LUT(part, table)
    return cleaned, True


def _dash(c: Component, height: int, scale: float) -> bool:
    """Lies flat about the middle of the cell or well off its sides; specks are round, rulings' rests lie there."""
    tall, wide = (c[3] - c[1]) / scale, (c[2] - c[0]) / scale
    middle = (c[1] + c[3]) / 2
    inside = 0.25 < middle / height < 0.8 or min(middle, height - middle) > _OFF_SIDE * scale
    return wide >= 1.4 and wide >= 1.6 * tall and tall < 2.4 and c[4] > 0.5 * wide * tall and inside


def _gap(marks: list[Component], bands: list[tuple[int, int, int, int]], digit: float) -> float:
    widest = 0.0
    for band in bands:
        row = sorted(c for c in marks if band[1] <= (c[1] + c[3]) / 2 <= band[3])
        reach = row[0][2] if row else 0
        for c in row[1:]:
            widest = max(widest, (c[0] - reach) / digit)
            reach = max(reach, c[2])
    return round(widest, 2)


def _foreign(c: Component, shape: tuple[int, ...], scale: float) -> bool:
    """Runs from one side of the cell to another, thicker than a ruling's rest: a stain, a stamp, a pen."""
    sides = (c[0] <= 0) + (c[1] <= 0) + (c[2] >= shape[1]) + (c[3] >= shape[0])
    thick = min(c[2] - c[0], c[3] - c[1]) > 1.6 * scale
    return sides >= 2 and thick


def murky(page: Gray, rect: Rect, scale: float) -> bool:
    """Beside ink that is plainly darker the cell has tones of a stamp, broader than the blur at a character's edge.

    Faint figures have them too: whether they are a stamp's tells whether what is left without them reads better.
    """
    import cv2
    import numpy as np

    inset = _INSET * scale
    dark = 255 - page[round(rect[1] + inset) : round(rect[3] - inset), round(rect[0] + inset) : round(rect[2] - inset)]
    if np.count_nonzero(dark > _PLAIN) < _CORE * scale * scale:
        return False
    tones = ((dark > _LEVELS[-1]) & (dark <= _STAIN)).astype(np.uint8)
    size = max(3, round(_BROAD * scale))
    solid = cv2.morphologyEx(tones, cv2.MORPH_OPEN, np.ones((size, size), np.uint8))
    return bool(np.count_nonzero(solid) > _CORE * scale * scale)


def _cut_off(c: Component, marks: list[Component], shape: tuple[int, ...], digit: float, scale: float) -> bool:
    """Ink at the cell's left or right side, beside its characters, that is no ruling's: the cell ends in a character."""
    at_side = (c[0] <= 0 or c[2] >= shape[1]) and c[3] - c[1] < shape[0]
    return at_side and c[4] >= 0.9 * scale * scale and any(_beside(c, m, 0.9 * digit) for m in marks)


def _beside(stain: Component, mark: Component, digit: float) -> bool:
    """Level with a character and less than a character away from it."""
    level = stain[1] < mark[3] and mark[1] < stain[3]
    return level and stain[0] - mark[2] < digit and mark[0] - stain[2] < digit


def _unstained(
    part: Gray, marks: list[Component], specks: list[Component], scale: float, digit: float
) -> tuple[Gray, list[Component], list[Component], bool]:
    """The cell with only its darkest tones, where characters are left by that; else with what runs through
    it taken out (last: whether that was done); else as it was."""
    import cv2
    import numpy as np

    table = np.clip((np.arange(256) - 0.0) * 255 / (255 - _STAIN), 0, 255).astype(np.uint8)
    dark: Gray = cv2.LUT(part, table)
    found, rest = _sort(_components(255 - dark, _INK, scale), scale, digit, part.shape)
    if found and not any(_foreign(c, part.shape, scale) for c in found):
        return dark, found, rest, False
    kept = [c for c in marks if not _foreign(c, part.shape, scale)]
    if not kept or len(kept) == len(marks):
        return part, marks, specks, False
    cleared = np.full_like(part, 255)
    for x0, y0, x1, y1, _ in kept:
        cleared[y0:y1, x0:x1] = part[y0:y1, x0:x1]
    return cleared, kept, specks, True


def _bands(marks: list[Component], digit: float) -> list[tuple[int, int, int, int]]:
    """Lines of ink, top to bottom, as boxes.  The pieces of one broken digit are one line."""
    bands: list[list[int]] = []
    for c in sorted(marks, key=lambda c: (c[1] + c[3]) / 2):
        middle = (c[1] + c[3]) / 2
        for band in bands:
            together = max(band[3], c[3]) - min(band[1], c[1])
            if band[1] - 0.15 * digit <= middle <= band[3] + 0.15 * digit or together <= _ONE_LINE * digit:
                band[:] = [min(band[0], c[0]), min(band[1], c[1]), max(band[2], c[2]), max(band[3], c[3])]
                break
        else:
            bands.append(list(c[:4]))
    return [(b[0], b[1], b[2], b[3]) for b in sorted(bands, key=lambda b: b[1])]


def _picture(part: Gray, band: tuple[int, int, int, int], digit: float, scale: float) -> Line:
    """Both crops of one band; digits stand in the middle of the picture, 1/1.6 of its height."""
    tall = band[3] - band[1]
    size = min(max(tall, 0.85 * digit, _LEAST * scale), _MOST * scale)
    if tall < 0.6 * digit:
        size = digit
    middle = (band[1] + band[3]) / 2
    y0, y1 = round(middle - _BAND / 2 * size), round(middle + _BAND / 2 * size)
    width = part.shape[1]
    if width > _WIDEST * size:
        x0, x1 = round(band[0] - _ROOM * size), round(band[2] + _ROOM * size)
    else:
        x0, x1 = 0, width
    room = 0.35 * size
    low = round(0.22 * size)
    return Line(
        _cut(part, x0, y0, x1, y1),
        _cut(part, round(band[0] - room), band[1] - low, round(band[2] + room), band[3] + low)
        if tall >= 0.6 * digit
        else _cut(part, round(band[0] - room), y0, round(band[2] + room), y1),
        size / scale,
    )


def _cut(part: Gray, x0: int, y0: int, x1: int, y1: int) -> Gray:
    """A rectangle of the cell, white where it reaches over the cell's sides."""
    import numpy as np

    out = np.full((max(4, y1 - y0), max(4, x1 - x0)), 255, np.uint8)
    top, left = max(0, y0), max(0, x0)
    piece = part[top : min(y1, part.shape[0]), left : min(x1, part.shape[1])]
    if piece.size:
        out[top - y0 : top - y0 + piece.shape[0], left - x0 : left - x0 + piece.shape[1]] = piece
    return out
