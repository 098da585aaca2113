"""Grids from line masks: edges, how well each side of each cell is drawn, merged cells, rivals.

Masks come flattened (rules across are rows of pixels, rules down are columns).  No single threshold is
right for crisp and faint rules alike, so several readings of the same mask are made; they cost little, and
the fit to the form chooses among them (`Grid.rivals`).  Units: pixels of the mask (121 an inch).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from extractor.geometry.grid import Span, merge
from extractor.geometry.pixels import components
from extractor.geometry.pixels_ink import inked, solid

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Gray = NDArray[Any]
    Floats = NDArray[np.float64]

_SEEN = 70
"""Mask level (of 255) that takes part in finding regions."""
_BRIDGE = 21
"""Gaps along a rule that still are one rule, pixels (12 points: a character hides so much)."""
_NEAR = 6.5
"""Parallel rules nearer than this are one (3.9 points: a double rule; the lowest rows have 6)."""
_BETWEEN, _HARDLY = 24.0, 0.62
"""Height of a band between two tables (a heading stands there), and what its sides may show; drawn sides
of a true row show over 0.7 where the rules beside them are found at all."""
_LOWEST = 11.0
"""Rows lower than this (6.5 points) hold no text."""
_LEAST_RULE = 16.0
"""Pixels of rule that an edge of rows or columns needs anywhere along it."""
_WHOLE = (0.6, 0.3)
"""Weight of a side's mean support, for rules across and down; the rest is its weakest fifth's.  It is columns
that strokes of digits pretend."""
_LONG_TABLE, _SHARE, _CLEARLY = 8, 0.15, 0.6
"""In a table of more rows, an edge of columns drawn over less of its height is strokes of digits in line,
unless one side is drawn from end to end, which no stroke is (a page break leaves one row of a block)."""
_BEYOND_DOUBT = 0.985
"""Share of clear sides from which no other reading is looked for."""
_COLUMN_GOES_ON = 0.2
"""Headers stand over rules down that end below them: more must be seen for these to go on."""
_STRAY = 2
"""Pixels by which a rule may stray from its edge."""


@dataclass(frozen=True, slots=True)
class PixelFrame:
    """One reading of one table.  `drawn`: share of sides clearly drawn or clearly absent."""

    xs: tuple[float, ...]
    ys: tuple[float, ...]
    spans: tuple[Span, ...]
    drawn: float
    name: str

    @property
    def key(self) -> tuple[int, int, tuple[Span, ...]]:
        return len(self.ys), len(self.xs), self.spans


@dataclass(frozen=True, slots=True)
class Taste:
    """One way to decide what is drawn: `level` parts cells; with `fill`, rules drawn over `share` of the table go on
    over what is seen down to `weak`, and gaps inside them are closed down to `gap`."""

    name: str
    level: float
    weak: float
    gap: float
    fill: bool
    share: float = 0.5


TASTES = (
    Taste("plain", 0.42, 0.09, 0.09, True),
    Taste("strict", 0.62, 0.62, 0.62, False),
    Taste("lenient", 0.27, 0.045, 0.045, True),
    Taste("regular", 0.36, 0.09, -1.0, True),
    Taste("broken", 0.36, 0.09, -1.0, True, 0.15),
)
"""Plain first; `regular` closes every gap between two drawn pieces of a rule, whatever is seen there, `broken` those of
rules of which a bad copy left a few pieces too.

Sides that nobody drew show 0.00 to 0.05, sides of drawn rules hidden by characters that touch them 0.08 to
0.4 (dense tables at 130 dots an inch, faint and photographed)."""


def tables(masks: Gray, page: Gray | None = None) -> list[list[PixelFrame]]:
    """Every table of a page, top to bottom, each as its readings that differ, plainest first.

    `page`: the flattened grey page at the masks' size; with it, edges that are strokes of digits in line are
    told from rules by their ink, which ends before it meets the next rule.
    """
    out: list[list[PixelFrame]] = []
    for x0, y0, x1, y1 in [part for region in _regions(masks) for part in _parted(masks, region)]:
        across = masks[0, y0:y1, x0:x1].astype("float32") / 255
        down = masks[1, y0:y1, x0:x1].astype("float32") / 255
        readings: dict[tuple[int, int, tuple[Span, ...]], PixelFrame] = {}
        clear = False
        for taste in TASTES:
            if clear and (taste.gap >= 0 or taste.share < TASTES[0].share):
                continue  # no side is in doubt: another level parts the same cells
            frame = _frame(across, down, taste, page[y0:y1, x0:x1] if page is not None else None)
            if frame is not None:
                moved = PixelFrame(
                    tuple(x + x0 for x in frame.xs), tuple(y + y0 for y in frame.ys),
                    frame.spans, frame.drawn, frame.name,
                )  # fmt: skip
                readings.setdefault(moved.key, moved)
                clear = clear or frame.drawn >= _BEYOND_DOUBT
        if readings:
            out.append(list(readings.values()))
    return out


def _regions(masks: Gray) -> list[tuple[int, int, int, int]]:
    """Boxes of connected rules, top to bottom."""
    import cv2
    import numpy as np

    across = cv2.morphologyEx(
        (masks[0] > _SEEN).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((1, _BRIDGE), np.uint8)
    )
    down = cv2.morphologyEx(
        (masks[1] > _SEEN).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((_BRIDGE, 1), np.uint8)
    )
    both = cv2.dilate(cv2.bitwise_or(across, down), np.ones((5, 5), np.uint8))
    labels, stats = components(both)
    boxes = []
    for k in range(1, len(stats)):
        x, y, w, h = (int(v) for v in stats[k][:4])
        own = labels[y : y + h, x : x + w] == k
        if w < 70 or h < 14 or _outline(own, masks.shape[2], masks.shape[1]):
            continue
        if (own & (down[y : y + h, x : x + w] > 0)).any() and (
            own & (across[y : y + h, x : x + w] > 0)
        ).any():
            boxes.append((x, y, x + w, y + h))
    merged = True
    while merged:
        merged = False
        for i, a in enumerate(boxes):
            for b in boxes[i + 1 :]:
                if _overlap(a, b):
                    boxes.remove(b)
                    boxes[i] = (min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3]))
                    merged = True
                    break
            if merged:
                break
    return sorted(boxes, key=lambda b: (b[1], b[0]))


def _parted(masks: Gray, box: tuple[int, int, int, int]) -> list[tuple[int, int, int, int]]:
    """A region parted where two tables only seem to be one: a band that no rule crosses, its sides hardly.

    Rules of the sheet's other side that shine through join tables so.
    """
    x0, y0, x1, y1 = box
    across = masks[0, y0:y1, x0:x1].astype("float32") / 255
    down = masks[1, y0:y1, x0:x1].astype("float32") / 255
    xs, ys = _edges(down, 1, TASTES[0].level), _edges(across, 0, TASTES[0].level)
    if len(xs) < 3 or len(ys) < 5:
        return [box]
    walls = _walls(down, xs, ys, 1)
    cuts = [
        r
        for r in range(1, len(ys) - 2)
        if ys[r + 1] - ys[r] > _BETWEEN
        and float(walls[1:-1, r].max(initial=0.0)) < 0.3
        and float(max(walls[0, r], walls[-1, r])) < _HARDLY
    ]
    edges = [y0, *(y for r in cuts for y in (y0 + round(ys[r]) + 5, y0 + round(ys[r + 1]) - 5)), y1]
    return [(x0, a, x1, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a >= 14]


def _outline(own: NDArray[np.bool_], width: int, height: int) -> bool:
    """The sheet's own edge in a photograph: as large as half the page, and nothing inside."""
    tall, wide = own.shape
    if tall < 0.45 * height or wide < 0.3 * width:
        return False
    dy, dx = max(4, tall // 20), max(4, wide // 20)
    return bool(own[dy:-dy, dx:-dx].sum() < 0.04 * own.sum())


def _overlap(a: tuple[int, int, int, int], b: tuple[int, int, int, int]) -> bool:
    """Boxes share more than a rule's own thickness of height while standing over one another."""
    wide = min(a[2], b[2]) - max(a[0], b[0])
    tall = min(a[3], b[3]) - max(a[1], b[1])
    return wide > 0 and tall > 6


def _frame(across: Floats, down: Floats, taste: Taste, page: Gray | None) -> PixelFrame | None:
    """One reading of one region; coordinates within the region."""
    xs = _edges(down, 1, taste.level)
    ys = _edges(across, 0, taste.level)
    if len(xs) < 2 or len(ys) < 2:
        return None
    xs, ys = _ends(xs, across, 1), _ends(ys, down, 0)
    for _ in range(3):
        below, right = _walls(across, ys, xs, 0), _walls(down, xs, ys, 1)
        keep_y = _needed(below, ys, xs, right, taste)
        keep_x = _needed(right, xs, ys, below, taste)
        if page is not None:
            keep_x = [k and s for k, s in zip(keep_x, solid(page, xs, ys, right > taste.level), strict=True)]
        if all(keep_y) and all(keep_x):
            break
        ys = [y for y, k in zip(ys, keep_y, strict=True) if k]
        xs = [x for x, k in zip(xs, keep_x, strict=True) if k]
        if len(xs) < 2 or len(ys) < 2:
            return None
    else:  # edges went in the last round too: the walls are those of the edges that are left
        below, right = _walls(across, ys, xs, 0), _walls(down, xs, ys, 1)
    drawn_below = _decide(below, taste, 0.0)
    drawn_right = _decide(right, taste, _COLUMN_GOES_ON)
    if page is not None:
        drawn_below |= inked(page, ys, xs, drawn_below)
        drawn_right |= inked(page.T, xs, ys, drawn_right)
    spans = merge(len(ys) - 1, len(xs) - 1, drawn_right.tolist(), drawn_below.tolist())
    if len(spans) < 2:
        return None
    return PixelFrame(tuple(xs), tuple(ys), tuple(spans), _clear(below, right), taste.name)


def _edges(mask: Floats, axis: int, level: float) -> list[float]:
    """Positions of rules of one direction: peaks of the mask summed along the rule.

    `axis` 0: rules across (positions are y); 1: rules down (positions are x).
    """
    import numpy as np

    strong = np.where(mask > 0.5 * level, mask, 0.0)
    profile = strong.sum(axis=1 - axis)
    smooth = np.convolve(profile, np.ones(5), mode="same")
    out: list[float] = []
    order = np.argsort(-smooth)
    taken = np.zeros(len(smooth), bool)
    reach = int(_NEAR)
    for i in order.tolist():
        if smooth[i] < _LEAST_RULE:
            break
        if taken[i]:
            continue
        low, high = max(0, i - 3), min(len(smooth), i + 4)
        weights = profile[low:high]
        out.append(float((np.arange(low, high) * weights).sum() / max(1e-6, weights.sum())))
        taken[max(0, i - reach) : i + reach + 1] = True
    return sorted(out)


def _ends(edges: list[float], crossing: Floats, axis: int) -> list[float]:
    """Sides that nobody drew, supplied where the crossing rules end."""
    import numpy as np

    along = np.flatnonzero((crossing > 0.4).sum(axis=1 - axis) >= 2)
    if not along.size:
        return edges
    low, high = float(along[0]), float(along[-1])
    out = list(edges)
    if low < out[0] - 2.2 * _NEAR:
        out.insert(0, low)
    if high > out[-1] + 2.2 * _NEAR:
        out.append(high)
    return out


def _walls(mask: Floats, at: list[float], along: list[float], axis: int) -> Floats:
    """support[i, j]: how far edge i is drawn between positions j and j + 1, strays allowed.

    The mean of the mask along it and that of its weakest fifth: a stroke of a character may lie on an edge,
    but it ends before the next edge does.
    """
    import numpy as np

    work = mask if axis == 0 else mask.T
    edges = np.asarray(along)
    inset = np.minimum(1.5, np.diff(edges) * 0.15)
    starts = np.clip(np.rint(edges[:-1] + inset).astype(int), 0, work.shape[1] - 1)
    stops = np.clip(np.rint(edges[1:] - inset).astype(int), starts + 1, work.shape[1])
    # Fifths of every side; of short ones (less than 8 pixels) the whole.
    cuts = starts[:, None] + np.floor((stops - starts)[:, None] * np.arange(6) / 5).astype(int)
    lengths = np.maximum(1, np.diff(cuts, axis=1))
    short = stops - starts < 8
    total = np.zeros((len(at), work.shape[1] + 1))
    for i, position in enumerate(at):
        low, high = max(0, round(position) - _STRAY), round(position) + _STRAY + 1
        if low < min(high, work.shape[0]):
            total[i, 1:] = np.cumsum(work[low:high].max(axis=0))
    mean = (total[:, stops] - total[:, starts]) / (stops - starts)
    weakest = (np.diff(total[:, cuts], axis=2) / lengths).min(axis=2)
    out: Floats = _WHOLE[axis] * mean + (1 - _WHOLE[axis]) * np.where(short, mean, weakest)
    return out


def _needed(walls: Floats, at: list[float], along: list[float], crossing: Floats, taste: Taste) -> list[bool]:
    """Edges with enough drawn along them; the outermost may be undrawn where crossing rules reach them."""
    out: list[bool] = []
    share = _SHARE if walls.shape[1] > _LONG_TABLE else 0.03
    last = len(at) - 1
    for i in range(len(at)):
        drawn = [along[j + 1] - along[j] for j in range(walls.shape[1]) if walls[i, j] > taste.level]
        least = _LEAST_RULE if float(walls[i].max(initial=0.0)) > _CLEARLY else share * (along[-1] - along[0])
        enough = sum(drawn) >= max(_LEAST_RULE, least)
        if not enough and i in (0, last):
            band = crossing[:, 0 if i == 0 else -1]
            size = at[1] - at[0] if i == 0 else at[-1] - at[-2]
            enough = size >= _LOWEST and int((band > taste.level).sum()) >= 2
        out.append(enough)
    return out


def _decide(walls: Floats, taste: Taste, least: float) -> NDArray[np.bool_]:
    """Which sides are drawn; gaps between two drawn pieces of one rule are closed as the taste says.

    `least`: what must be seen at least where a rule goes on.
    """
    drawn = walls > taste.level
    drawn[0, :] = drawn[-1, :] = True
    if not taste.fill:
        return drawn
    for i in range(1, walls.shape[0] - 1):
        if float(drawn[i].mean()) < taste.share:
            continue
        for a, b in _gaps(drawn[i]):
            if a > 0 and b < walls.shape[1] and float(walls[i, a:b].min()) > taste.gap:
                drawn[i, a:b] = True
        _grow(drawn[i], walls[i] > max(least, taste.weak))
    return drawn


def _grow(drawn: NDArray[np.bool_], weak: NDArray[np.bool_]) -> None:
    """A rule goes on from what is clearly drawn over what is weakly seen; characters that touch it hide it."""
    size = len(drawn)
    for order in (range(1, size), range(size - 2, -1, -1)):
        step = -1 if order.step > 0 else 1
        for j in order:
            if weak[j] and drawn[j + step]:
                drawn[j] = True


def _gaps(row: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    start = None
    for j, on in enumerate([*row.tolist(), True]):
        if not on and start is None:
            start = j
        elif on and start is not None:
            yield start, j
            start = None


def _clear(below: Floats, right: Floats) -> float:
    """Share of sides that are either clearly drawn or clearly not."""
    import numpy as np

    sides = np.concatenate([below.ravel(), right.ravel()])
    return float(((sides > 0.8) | (sides < 0.1)).mean())
