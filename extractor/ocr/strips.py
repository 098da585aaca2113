"""Where the lines of running text are on a page picture, and the page made straight by them.

Rules make a page with tables straight (geometry.pixels_flat).  On a photograph's pages of text alone nothing has: lines
lean and bend, so that a line's box holds parts of its neighbours and a long line seems to stand above the short one
before it.  There the lines of text are what is made straight, by the same least squares.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from extractor.geometry.pixels import components, reduced
from extractor.geometry.pixels_flat import Flat, flatten_lines

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from extractor.geometry.pixels_flat import Trace
    from extractor.ocr.pagepic import PagePicture

    Gray = NDArray[Any]

Strip = tuple[int, int, int, int]
"""A line of text in pixels of the mask."""

INK = 110
"""Darkness of ink."""
LEAST, MOST = 4.5, 40.0
"""Heights of a line, points."""
_RULE = 40
"""Pixels of the mask (a third of an inch, two characters) from which a bar is a rule."""
_GAP = 2.2
"""Gaps between words of one line reach so many heights of a character."""
_RUN = 200.0
"""Longest run of touching characters, points: half a line."""
_CELL, _MARKED, _EMPTY = 24, 0.02, 0.15
"""Pixels of a square (a fifth of an inch), ink in it that counts, and the share of empty rows in the squares of what
touches a page's side below which that is what the page lies on: 0.00 to 0.08 on three photographs, text 0.3 to 0.9."""
_ONE = (0.5, 1.5)
"""Length of 一 at least, and how far it reaches before what follows it at most, heights of a character."""
_LONG = 10
"""Heights of a character from which a line says how the page lies."""
_LINES = 3
"""Long lines that a page is made straight by, at least."""
_LEANS = 0.3
"""Heights of a character by which the ends of a page's long lines differ, from which they are made straight: a crop has
0.14 of room above and below."""


@dataclass(frozen=True, slots=True)
class _Bars:
    """Lines of text as one bar each: `labels` of the page's pixels, `boxes` x, y, width, height, area; `em`: height of
    a character; `dark`: ink."""

    dark: NDArray[np.uint8]
    labels: NDArray[Any]
    boxes: NDArray[Any]
    em: float


@dataclass(frozen=True, slots=True)
class _Twice(Flat):
    """A page made straight by its text after it was by its rules."""

    first: Flat | None = None

    def back(self, x: float, y: float) -> tuple[float, float]:
        x, y = Flat.back(self, x, y)
        return self.first.back(x, y) if self.first is not None else (x, y)


def straightened(page: PagePicture) -> tuple[PagePicture, list[Strip]]:
    """The page with its lines of text straight (itself where they are), and where they are on it, top to bottom."""
    bars = _bars(page)
    traces = _traces(bars)
    if len(traces) < _LINES or _lean(traces) < _LEANS * bars.em:
        return page, _strips(bars, page.mask_scale)
    flat = flatten_lines(traces, page.masks.shape[1:])
    gray = flat.warp(_without_tables(page))
    twice = _Twice(flat.shape, flat.map_x, flat.map_y, flat.residual, flat.skew, flat.bent, page.flat)
    masks = flat.warp_all(tuple(page.masks), (0, 0))
    made = replace(page, gray=gray, red=None, masks=_stack(masks), frames=(), flat=twice)
    return made, _strips(_bars(made), page.mask_scale)


def _stack(masks: list[Gray]) -> Gray:
    import numpy as np

    return np.stack(masks)


def _without_tables(page: PagePicture) -> Gray:
    out: Gray = page.gray.copy()
    for readings in page.frames:
        frame = readings[0]
        x0, y0 = page.pixels(frame.xs[0], frame.ys[0])
        x1, y1 = page.pixels(frame.xs[-1], frame.ys[-1])
        room = round(2 * page.scale)
        out[max(0, round(y0) - room) : round(y1) + room, max(0, round(x0) - room) : round(x1) + room] = 255
    return out


def inked(page: PagePicture) -> tuple[NDArray[np.uint8], float]:
    """The ink of text outside the tables at the mask's size, and a character's height."""
    import cv2
    import numpy as np

    scale = page.mask_scale
    height, width = page.masks.shape[1:]
    # Of the flattened page: the small one flattened is blurred twice, and lines run together.
    gray = reduced(page.gray, (width, height))
    dark = ((255 - gray) > INK).astype(np.uint8)
    # Rules only: the network also takes a lone 一 for a short one.
    for mask, high, wide in ((page.masks[0], 1, _RULE), (page.masks[1], _RULE, 1)):
        kernel = np.ones((high, wide), np.uint8)
        rules = cv2.morphologyEx((mask > 90).astype(np.uint8), cv2.MORPH_OPEN, kernel)
        dark[rules > 0] = 0
    for readings in page.frames:
        frame = readings[0]
        pad = round(2 * scale)
        dark[
            max(0, round(frame.ys[0]) - pad) : round(frame.ys[-1]) + pad,
            max(0, round(frame.xs[0]) - pad) : round(frame.xs[-1]) + pad,
        ] = 0
    _clear_desk(dark)
    labels, stats = components(dark)
    lengths, heights = stats[:, 2] / scale, stats[:, 3] / scale
    # Characters of a photocopy touch: a run of them is as high as a line, a rule is thin, an edge as long as the page.
    large = (heights > MOST) | ((lengths > MOST) & ((heights < LEAST) | (lengths > _RUN))) | (stats[:, 4] < 2)
    large[0] = True
    dark[large[labels]] = 0
    tall = stats[1:, 3]
    tall = tall[(tall > 3.5 * scale) & (tall < MOST * scale)]
    return dark, float(np.median(tall)) * 1.15 if tall.size else 11 * scale


def run_together(dark: NDArray[np.uint8], em: float, gap: float) -> NDArray[np.uint8]:
    """Ink as bars: characters of a line up to `gap` heights of a character apart are one, as are their strokes."""
    import cv2
    import numpy as np

    bars = cv2.morphologyEx(dark, cv2.MORPH_CLOSE, np.ones((1, max(3, int(gap * em)) | 1), np.uint8))
    out = cv2.morphologyEx(bars, cv2.MORPH_CLOSE, np.ones((max(1, int(0.22 * em)) | 1, 1), np.uint8))
    return np.asarray(out, np.uint8)


def _bars(page: PagePicture) -> _Bars:
    """Lines of text outside the tables, a bar each."""
    import cv2
    import numpy as np

    dark, em = inked(page)
    thick = np.ones((3, max(3, int(0.5 * em))), np.uint8)
    labels, boxes = components(cv2.morphologyEx(run_together(dark, em, _GAP), cv2.MORPH_OPEN, thick))
    return _Bars(dark, labels, boxes, em)


def _clear_desk(dark: NDArray[np.uint8]) -> None:
    """What a photographed page lies on, taken out of its ink: it touches the picture's sides and has no empty rows as
    there are between lines of text."""
    import numpy as np

    height, width = dark.shape
    padded = np.pad(dark, ((0, -height % _CELL), (0, -width % _CELL)), mode="edge")
    rows, columns = padded.shape[0] // _CELL, padded.shape[1] // _CELL
    counts = padded.reshape(rows, _CELL, columns, _CELL).sum(axis=3, dtype=np.uint8)
    empty = (counts == 0).mean(axis=1)
    labels, boxes = components((counts.mean(axis=1) > _MARKED * _CELL).astype(np.uint8))
    for k, (x, y, wide, high, _) in enumerate(boxes.tolist()):
        if not k or not (x == 0 or y == 0 or x + wide == columns or y + high == rows):
            continue
        own = labels == k
        if float(np.median(empty[own])) < _EMPTY:
            dark[own.repeat(_CELL, axis=0).repeat(_CELL, axis=1)[:height, :width]] = 0


def _traces(bars: _Bars) -> list[Trace]:
    """The middles of long lines' ink, along them."""
    import numpy as np

    step = max(8, round(2 * bars.em))
    out: list[Trace] = []
    for k, (x, y, wide, high, _) in enumerate(bars.boxes.tolist()):
        if not k or wide < _LONG * bars.em:
            continue
        pieces = wide // step
        here = slice(y, y + high), slice(x, x + pieces * step)
        ink = ((bars.labels[here] == k) & (bars.dark[here] > 0)).reshape(high, pieces, step).sum(axis=2)
        whole = ink.sum(axis=0)
        seen = whole > 0
        if seen.sum() > 2:
            middle = (ink * np.arange(high)[:, None]).sum(axis=0)[seen] / whole[seen]
            out.append((x + (np.flatnonzero(seen) + 0.5) * step, y + middle))
    return out


def _lean(traces: list[Trace]) -> float:
    """By how much the ends of a page's lines differ in height where they lean most, pixels: perspective bends a part."""
    import numpy as np

    return float(np.percentile([abs(np.polyfit(x, y, 1)[0]) * (x[-1] - x[0]) for x, y in traces], 75))


def _strips(bars: _Bars, scale: float) -> list[Strip]:
    """The lines' boxes, top to bottom."""
    out = [
        (x, y, x + w, y + h)
        for x, y, w, h, _ in bars.boxes[1:].tolist()
        if LEAST * scale <= h <= MOST * scale and w >= 0.8 * bars.em
    ]
    return sorted((_from_its_one(s, bars) for s in _joined_rows(out)), key=lambda s: (s[1], s[0]))


def _from_its_one(strip: Strip, bars: _Bars) -> Strip:
    """A line begun by 一, which is too flat for a bar, begins there."""
    import numpy as np

    x0, y0, x1, y1 = strip
    start = max(0, x0 - round(_ONE[1] * bars.em))
    inked = np.flatnonzero(bars.dark[y0:y1, start:x0].any(axis=0))
    return (start + int(inked[0]), y0, x1, y1) if inked.size >= _ONE[0] * bars.em else strip


def _joined_rows(found: list[Strip]) -> list[Strip]:
    """Pieces of one row that stand close together are one line."""
    out: list[Strip] = []
    for strip in sorted(found, key=lambda s: s[0]):
        for i, other in enumerate(out):
            shared = min(strip[3], other[3]) - max(strip[1], other[1])
            least = min(strip[3] - strip[1], other[3] - other[1])
            if shared > 0.6 * least and strip[0] - other[2] < 3 * max(
                strip[3] - strip[1], other[3] - other[1]
            ):
                out[i] = (other[0], min(other[1], strip[1]), max(other[2], strip[2]), max(other[3], strip[3]))
                break
        else:
            out.append(strip)
    return out
