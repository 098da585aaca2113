"""Which way up pages stand: decided by their text, page by page, with the document's own habit behind it.

A small network (training/turn.py) looks at pieces of text and says by which quarter turn they lie.  A page
with much text is sure of itself; one with little takes what the document's other pages of its format do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from extractor.geometry.pixels import in_squares
from extractor.geometry.pixels_net import weights_session

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Gray = NDArray[Any]
    Floats = NDArray[np.float64]

_SIDE = 96
"""Pixels of a piece at the line network's scale (0.8 inch: four to six characters across)."""
_PIECES = 20
# Pieces of one page are not independent (one font, one blur): their sum counts for a third.
_WEIGHT = 0.33
_HABIT = 0.25
"""Weight of another page's evidence."""


def evidence(page: Gray) -> Floats:
    """Log-likelihoods that the page was turned clockwise by 0, 90, 180, 270 degrees; zeros where no text."""
    import numpy as np

    pieces = _pieces(page)
    if not pieces:
        return np.zeros(4)
    batch = np.stack(pieces)[:, None].astype(np.float32) / 255
    logits = weights_session("turn.onnx").run(None, {"patches": batch})[0].astype(np.float64)
    shares = logits - np.log(np.exp(logits - logits.max(1, keepdims=True)).sum(1, keepdims=True))
    shares -= logits.max(1, keepdims=True)
    # No single piece may outvote the page: a stamp or a picture can look sure of anything.
    out: Floats = np.maximum(shares, -5.0).sum(axis=0) * _WEIGHT
    return out


def _pieces(page: Gray) -> list[Gray]:
    """Squares with as much ink as running text has, those with most first."""
    import cv2
    import numpy as np

    height, width = page.shape
    if height < _SIDE or width < _SIDE:
        return []
    ink = cv2.threshold(page, 150, 255, cv2.THRESH_BINARY_INV)[1]
    share = in_squares(ink, _SIDE // 2) / 255
    quarters = np.stack([share[:-1, :-1], share[:-1, 1:], share[1:, :-1], share[1:, 1:]])
    mean = quarters.mean(axis=0)
    # All four quarters inked: text, not the corner of a rule.
    worth = quarters.min(axis=0) + 0.1 * mean
    fit = np.argwhere((mean > 0.02) & (mean < 0.4)).tolist()
    ranked = sorted(((float(worth[r, c]), r, c) for r, c in fit), reverse=True)
    taken: list[tuple[int, int]] = []
    for _, r, c in ranked:
        if all(abs(r - a) > 1 or abs(c - b) > 1 for a, b in taken):
            taken.append((r, c))
        if len(taken) == _PIECES:
            break
    places = [(r * (_SIDE // 2), c * (_SIDE // 2)) for r, c in taken]
    return [page[y : y + _SIDE, x : x + _SIDE] for y, x in places]


def decide(pages: Sequence[Floats], shapes: Sequence[tuple[int, int]]) -> list[int]:
    """Degrees by which each page must be turned clockwise to stand upright.

    `shapes`: (width, height) of each page.  Other pages of the same format lend a quarter of their weight.
    """
    import numpy as np

    out: list[int] = []
    wide = [w > h for w, h in shapes]
    for i, own in enumerate(pages):
        others = [p for j, p in enumerate(pages) if j != i and wide[j] == wide[i]]
        habit = np.clip(sum(others, np.zeros(4)) * _HABIT, -12.0, 12.0) if others else np.zeros(4)
        # Upright is what most pages are: as much as one clear piece says.
        prior = np.array([1.5, 0.0, 0.0, 0.0])
        lying = int((own + habit + prior).argmax())
        out.append((4 - lying) % 4 * 90)
    return out


def alone(own: Floats) -> int:
    """Degrees by which the page itself asks to be turned, whatever the document's other pages do."""
    return (4 - int(own.argmax())) % 4 * 90
