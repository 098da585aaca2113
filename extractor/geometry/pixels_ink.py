"""What the ink itself says of rules, where the network's mask leaves doubt.

A rule's ink runs from one crossing to the next; strokes of characters end before.  What is ink is told by the
table's own long rules, which may be light grey.  Pages are grey (paper 255), flattened, at the masks' size.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Gray = NDArray[Any]

_HALF, _THROUGH, _DARK = 0.55, 0.88, 150
"""Share of a table's height that a rule of columns of figures has; share of a side's ink (darker than 150, or than
half the way from the long rules to paper) that a rule has where the others have 0.95: a digit fills at most 0.83
of the lowest rows (7.5 pt)."""
_SOLID = 0.95
"""Share of ink along a rule that is not dotted, worn or broken."""
_STRAY, _CLOSE = 2, 1
"""Pixels by which a rule may stray from its edge; the same where characters may stand beside it."""
_MOST = 0.5
"""Share of an edge's sides that are drawn, from which its other sides are looked at."""


def solid(page: Gray, xs: list[float], ys: list[float], drawn: NDArray[np.bool_]) -> list[bool]:
    """Edges of columns whose ink runs through, against the table's own long rules.

    Only edges drawn over less than `_HALF` of a table are in question, and only where its long rules are
    solid: dotted and worn ones say nothing.  `drawn`: (edges, rows).
    """
    import numpy as np

    share = drawn.mean(axis=1)
    if not (drawn.any(axis=1) & (share < _HALF)).any():
        return [True] * len(xs)
    ink = np.full(drawn.shape, np.nan)
    lines = [_darkest(page.T, x, _STRAY) for x in xs]
    along = [middle(lines[i]) for i in range(len(xs)) if share[i] >= _HALF]
    level = max(_DARK, (255 + float(np.median(along))) / 2) if along else _DARK
    for i in range(len(xs)):
        ink[i] = np.where(drawn[i], _shares(lines[i] < level, ys), np.nan)
    long = [float(np.nanmean(ink[i])) for i in range(len(xs)) if share[i] >= _HALF]
    if not long or float(np.median(long)) < _SOLID:
        return [True] * len(xs)
    return [
        bool(share[i] >= _HALF or not drawn[i].any() or float(np.nanmax(ink[i])) > _THROUGH)
        for i in range(len(xs))
    ]


def inked(page: Gray, at: list[float], along: list[float], drawn: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Sides not drawn by the mask whose ink runs through all the same: characters that touch a light rule hide it
    from the network.  `at`: rows of `page` (transpose it for rules down); `drawn`: (edges, sides).
    """
    import numpy as np

    out = np.zeros(drawn.shape, bool)
    for i in range(1, len(at) - 1):
        if float(drawn[i].mean()) < _MOST or drawn[i].all():
            continue
        line = _darkest(page, at[i], _CLOSE)
        own = np.concatenate([line[round(along[j]) : round(along[j + 1])] for j in np.flatnonzero(drawn[i])])
        sides = _shares(line < max(_DARK, (255 + middle(own)) / 2), along)
        if sides[drawn[i]].min() < _SOLID:
            continue
        out[i] = ~drawn[i] & (sides >= _SOLID)
    return out


def _darkest(page: Gray, position: float, stray: int) -> NDArray[np.uint8]:
    """The darkest pixel across a row of `page` and its neighbours, along it."""
    low = max(0, round(position) - stray)
    found: NDArray[np.uint8] = page[low : round(position) + stray + 1].min(axis=0, initial=255)
    return found


def _shares(dark: NDArray[np.bool_], at: list[float]) -> NDArray[np.float64]:
    """Share of ink between each two neighbouring crossings, these left out; 1 where nothing lies between."""
    import numpy as np

    edges = np.rint(at).astype(int)
    starts = np.clip(edges[:-1] + 2, 0, dark.size)
    stops = np.clip(np.maximum(edges[:-1] + 3, edges[1:] - 1), 0, dark.size)
    total = np.concatenate([[0], np.cumsum(dark)])
    size = stops - starts
    return np.where(size > 0, (total[stops] - total[starts]) / np.maximum(size, 1), 1.0)


def middle(values: NDArray[Any]) -> float:
    """The median of uint8 pixels, by counting levels: a tenth of numpy's time on a cell's pixels."""
    import numpy as np

    below = np.bincount(values.ravel(), minlength=256).cumsum()
    low, high = np.searchsorted(below, [(values.size - 1) // 2, values.size // 2], side="right")
    return float(low + high) / 2
