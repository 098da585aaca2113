"""The words of label cells: lines found in the cell, set side by side where they are short, recognised.

Labels are read over the characters of the statutory labels first; where that reads badly (a label of
somebody's own, a misspelling with another character), over all characters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from extractor.ocr.engine import FULL, Alphabet, Recognised, Recogniser
from extractor.ocr.lexicon import Label, Lexicon
from extractor.ocr.words import WordNet

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Gray = NDArray[Any]

INK = 100
"""Darkness (0 to 255) of ink in an evened page."""
_LEAST_LINE = 4.0
"""Points; a lower band is part of a character, or dirt."""
_SURE = 0.72
"""Mean probability of a line's characters from which the statutory reading stands.  Lines outside the
form's wording score 0.4 to 0.8 over the statutory characters (training/README.md)."""
QUICK = 0.93
"""Mean probability of a line's characters from which the quick reader's text stands (models/weights)."""
_SURE_LINE = 0.97
"""The same for a line of a sentence: one character of twenty that is a coin's toss costs 0.025, and no wording of the
form says which it is."""
_PAD = 0.2
"""White above and below a line's ink, shares of its height."""
_SQUEEZE = 0.6
"""Width that is kept for the first reading.  On 350 lines of three scans the labels read this way were as
like the form's as at full width (98.7, 94.5, 93.5 of 100), at half the time; at 0.42 they were not."""
_SHORT = 3.0
"""Lines narrower than so many heights are set side by side and read as one."""


@dataclass(frozen=True, slots=True)
class Words:
    """One cell's text and the weakest line's score."""

    text: str
    score: float


def split_lines(part: Gray, scale: float, em: float = 0.0) -> list[tuple[int, int, int, int]]:
    """Boxes (x0, y0, x1, y1) of a cell's lines of text, top to bottom.  `em`: a character's height, pixels;
    0: taken from the lines themselves."""
    import numpy as np

    dark = (255 - part) > INK
    counts = dark.sum(axis=1)
    bands = _runs(counts > max(0, int(0.002 * part.shape[1])))
    if not bands:
        return []
    heights = sorted(b - a for a, b in bands)
    unit = em or max(float(heights[int(len(heights) * 0.7)]), 1.6 * _LEAST_LINE * scale)
    merged: list[list[int]] = []
    for a, b in bands:
        if (
            merged
            and b - merged[-1][0] <= 1.18 * unit
            and (min(b - a, merged[-1][1] - merged[-1][0]) < 0.6 * unit)
        ):
            merged[-1][1] = b
        else:
            merged.append([a, b])
    out: list[tuple[int, int, int, int]] = []
    for a, b in merged:
        low = (b - a < _LEAST_LINE * scale and len(merged) > 1) or b - a < 0.35 * unit
        if low and not _dash_like(dark[a:b], scale):
            continue
        columns = np.flatnonzero(dark[a:b].any(axis=0))
        if columns.size:
            out.append((int(columns[0]), a, int(columns[-1]) + 1, b))
    return out


def _dash_like(dark: NDArray[np.bool_], scale: float) -> bool:
    """A lone 一 is as low as dirt, but long."""
    import numpy as np

    inked: Any = dark.any(axis=0)
    columns = np.flatnonzero(inked)
    return bool(columns.size > 4 * scale and inked[columns[0] : columns[-1]].mean() > 0.9)


def _runs(on: NDArray[np.bool_]) -> list[tuple[int, int]]:
    import numpy as np

    edges = np.flatnonzero(np.diff(np.concatenate([[0], on.astype(np.int8), [0]])))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def line_crops(part: Gray, boxes: Sequence[tuple[int, int, int, int]]) -> list[Gray]:
    """Pictures of the lines; neighbours of one or two characters are set side by side."""
    import numpy as np

    out: list[Gray] = []
    row: list[Gray] = []

    def flush() -> None:
        if row:
            tall = max(r.shape[0] for r in row)
            fitted = [
                np.pad(
                    r, (((tall - r.shape[0]) // 2, (tall - r.shape[0] + 1) // 2), (0, 0)), constant_values=255
                )
                for r in row
            ]
            out.append(np.concatenate(fitted, axis=1))
            row.clear()

    for x0, y0, x1, y1 in boxes:
        tall = y1 - y0
        low = max(1, round(_PAD * tall))
        crop_x = max(1, round(0.12 * tall))
        crop = _cut(part, x0 - crop_x, y0 - low, x1 + crop_x, y1 + low)
        if x1 - x0 < _SHORT * tall and len(boxes) > 1:
            row.append(crop)
        else:
            flush()
            out.append(crop)
    flush()
    return out


def _cut(part: Gray, x0: int, y0: int, x1: int, y1: int) -> Gray:
    import numpy as np

    out = np.full((max(4, y1 - y0), max(4, x1 - x0)), 255, np.uint8)
    top, left = max(0, y0), max(0, x0)
    piece = part[top : min(y1, part.shape[0]), left : min(x1, part.shape[1])]
    out[top - y0 : top - y0 + piece.shape[0], left - x0 : left - x0 + piece.shape[1]] = piece
    return out


def squeezed(crop: Gray) -> Gray:
    """The line at `_SQUEEZE` of its width; short ones, which cost nothing, as they are."""
    import cv2

    if crop.shape[1] < 3 * crop.shape[0]:
        return crop
    size = (max(8, round(crop.shape[1] * _SQUEEZE)), crop.shape[0])
    out: Gray = cv2.resize(crop, size, interpolation=cv2.INTER_AREA)
    return out


@dataclass(frozen=True, slots=True)
class QuickReader:
    """A network over the forms' characters, and the forms' wordings in its characters."""

    net: WordNet
    lexicon: Lexicon


def read_first(crops: Sequence[Gray], quick: QuickReader | None) -> dict[int, Recognised]:
    """What the quick reader is sure of, by the crop's number; characters beyond the forms make it unsure."""
    if quick is None or not crops:
        return {}
    read = quick.net.trace(crops)
    return {i: Recognised(t.text, t.score) for i, t in enumerate(read) if t.text and t.score >= _SURE_LINE}


def read_words(
    crops: Sequence[Sequence[Gray]],
    engine: Recogniser,
    alphabet: Alphabet,
    sure: float = _SURE,
    quick: QuickReader | None = None,
) -> list[Words]:
    """The text of each cell, given as the pictures of its lines: by `quick` where that is sure of a line or can read
    a wording of the form, by `engine` over the alphabet, and over all characters where that is not sure either."""
    labels, known = _read_quickly(crops, quick)
    flat = {(i, k): c for i, cell in enumerate(crops) if i not in labels for k, c in enumerate(cell)}
    rest = [at for at in flat if at not in known]
    slow = engine.read([squeezed(flat[at]) for at in rest], alphabet) if rest else []
    best = {**known, **dict(zip(rest, slow, strict=True))}
    weak = [at for at in flat if best[at].score < sure]
    again = engine.read([flat[at] for at in weak], FULL) if weak else []
    best.update({at: r for at, r in zip(weak, again, strict=True) if r.score > best[at].score})
    out: list[Words] = []
    for i, cell in enumerate(crops):
        part = [best[i, k] for k in range(len(cell))] if i not in labels else [labels[i]]
        out.append(Words("".join(r.text for r in part), min((r.score for r in part), default=0.0)))
    return out


def _read_quickly(
    crops: Sequence[Sequence[Gray]], quick: QuickReader | None
) -> tuple[dict[int, Label], dict[tuple[int, int], Recognised]]:
    """(Cells by their number whose wording is the form's or like it, lines by cell and number of which `quick` is sure)."""
    if quick is None:
        return {}, {}
    places = [(i, k) for i, cell in enumerate(crops) for k in range(len(cell))]
    traced = dict(zip(places, quick.net.trace([crops[i][k] for i, k in places]), strict=True))
    labels: dict[int, Label] = {}
    for i, cell in enumerate(crops):
        lines = [traced[i, k] for k in range(len(cell))]
        if not lines or all(line.score >= QUICK for line in lines):
            continue
        label = quick.lexicon.label(lines) or quick.lexicon.near(lines)
        if label is not None:
            labels[i] = label
    known = {at: Recognised(t.text, t.score) for at, t in traced.items() if t.text and t.score >= QUICK}
    return labels, known
