"""Streaks of a scanner taken out: dust on its glass or a worn roller draws a line from one end of the sheet to the other.

In a table such a line is a rule like others, and would part a column's figures from their heads.  What tells them
apart is the margin: a table's rules end with it, a streak does not.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Gray = NDArray[Any]

_BANDS = 24
"""Parts of the sheet in which a line is looked for (half an inch each: a line of text and its gap)."""
_CONTRAST = 12.0
"""Grey levels by which a streak is darker than what is beside it, mean of a band: the fainter ones leave no mark in
the line network's masks."""
_MOST = 0.75
"""Share of bands in which a streak shows; where text crosses it, its neighbours are as dark."""
_BLANK = 4.0
"""Mean darkness of a margin: noise of hard scans leaves 2, one line of text 10 and more."""
_WIDE, _BESIDE = 4, 5
"""Pixels that a streak may be wide (half a millimetre at 210 dots an inch), and how wide its neighbours are taken."""
_FEW = 6
"""More lines from end to end than this are a pattern of the paper or a cut-out of a table, and stay."""
_LIGHT = 190
"""Grey level from which both sides of a streak are paper; elsewhere it crosses a character, which stays."""


def without_streaks(page: Gray) -> Gray:
    """The evened page (paper 255) without lines that run from end to end, down or across."""
    return _cleared(_cleared(page, False), True)


def _cleared(page: Gray, across: bool) -> Gray:
    import numpy as np

    found = _streaks(page, across)
    if not found or len(found) > _FEW:
        return page
    if across:
        return np.ascontiguousarray(_without(page.T, found).T)
    return _without(page, found)


def _without(page: Gray, found: list[tuple[int, int]]) -> Gray:
    """The page with these columns as what is beside them, where that is paper."""
    import numpy as np

    out = np.ascontiguousarray(page).copy()
    for start, stop in found:
        left, right = page[:, max(0, start - 2)], page[:, min(page.shape[1] - 1, stop + 1)]
        paper = np.minimum(left, right) > _LIGHT
        for x in range(max(0, start - 1), min(page.shape[1], stop + 1)):
            out[paper, x] = np.maximum(left, right)[paper]
    return out


def _streaks(page: Gray, across: bool) -> list[tuple[int, int]]:
    """Columns (from, to) of lines that show from the upper margin to the lower one; `across`: rows, of those that show
    from side to side."""
    import cv2
    import numpy as np

    height, width = page.shape[::-1] if across else page.shape
    if height < 8 * _BANDS or width < 16 * _WIDE:
        return []
    edges = np.linspace(0, height, _BANDS + 1).astype(int).tolist()
    bands = [page[:, a:b] if across else page[a:b] for a, b in pairwise(edges)]
    # 0.5 ms a page; resizing to so few rows and columns takes 9.
    means = [cv2.reduce(b, int(across), cv2.REDUCE_AVG, dtype=cv2.CV_32F).ravel() for b in bands]
    dark = 255 - np.stack(means)
    if any(float(np.median(dark[end])) > _BLANK or float(dark[end].mean()) > 2 * _BLANK for end in (0, -1)):
        return []
    beside = cv2.blur(dark, (_BESIDE, 1))
    away = _WIDE + _BESIDE // 2
    around = np.maximum(np.roll(beside, away, axis=1), np.roll(beside, -away, axis=1))
    shows = dark - around > _CONTRAST
    through = shows[0] & shows[-1] & (shows.mean(axis=0) >= _MOST)
    through[: away + 1] = through[-away - 1 :] = False
    edges = np.flatnonzero(np.diff(np.concatenate([[0], through.astype(np.int8), [0]])))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a <= _WIDE]
