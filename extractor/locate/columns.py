"""Which cell of a row is which column of the form: by header paths, in order; by position without."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from extractor.forms.model import BlockSpec
from extractor.language.normalise import key
from extractor.locate.likeness import path_likeness

LEAST = 0.5
"""A header less like every column's than this names none of them: two heads of one table are 0.25 alike at the
median; those that are more than 0.5 alike (本年制发件数, 本年废止件数) their order parts (bench/labels.py)."""
_BY_POSITION = 0.75
"""Score of a column placed by its position among the right number of cells, its header unreadable."""

_BY_ORDER = 0.25
"""Margin of a column that its order alone tells from the next."""
_TOLD_BY_ORDER = 0.85
"""Likeness of a header that its neighbour repeats: a half label where the order of whole columns names the rest."""


class ColumnFit(NamedTuple):
    """For every column of the block the index of the cell, or None; scores alike."""

    slots: tuple[int | None, ...]
    scores: tuple[float, ...]
    margins: tuple[float, ...]
    by_order: bool
    heads: tuple[str, ...] = ()

    @property
    def score(self) -> float:
        return sum(self.scores) / len(self.scores) if self.scores else 0.0


@lru_cache(maxsize=2048)
def fit_columns(block: BlockSpec, paths: tuple[tuple[str, ...], ...]) -> ColumnFit:
    """Columns by the texts of the header cells above every cell of a row, outermost first."""
    over = key(block.over)
    cleaned = tuple(tuple(t for t in p if key(t) != over or not over) for p in paths)
    likeness = [
        [max(path_likeness(p, c.path, c.aliases), _split_likeness(p, c.path)) for c in block.columns]
        for p in cleaned
    ]
    slots = _align(likeness, len(block.columns))
    scores, margins, names = [], [], []
    for j, i in enumerate(slots):
        alike = i is not None and _repeated(paths, slots, i)
        scores.append(max(likeness[i][j], _TOLD_BY_ORDER * alike) if i is not None else 0.0)
        others = [likeness[i][k] for k in range(len(block.columns)) if k != j] if i is not None else []
        margin = scores[-1] - max(others, default=0.0)
        margins.append(max(margin, _BY_ORDER) if alike else margin)
        names.append("/".join(t for t in paths[i] if t) if i is not None else "")
    return ColumnFit(tuple(slots), tuple(scores), tuple(margins), False, tuple(names))


def _repeated(paths: Sequence[tuple[str, ...]], slots: Sequence[int | None], i: int) -> bool:
    """Neighbours say the same (本年新 | 本年新, as converters leave them) where no cell and no column is left
    over: then order alone tells the columns, and it does."""
    if list(slots) != list(range(len(paths))):
        return False
    return any(0 <= k < len(paths) and paths[k] == paths[i] for k in (i - 1, i + 1))


def _split_likeness(pieces: tuple[str, ...], path: tuple[str, ...]) -> float:
    """A header that runs over two rows (商业 over 企业): its last pieces read as one word."""
    return max(
        (path_likeness(("".join(pieces[-k:]),), path[-1:]) for k in range(2, min(4, len(pieces) + 1))),
        default=0.0,
    )


def _align(likeness: list[list[float]], columns: int) -> list[int | None]:
    """Best order-preserving assignment of cells to columns, total likeness above LEAST."""
    cells = len(likeness)
    best = [[0.0] * (columns + 1) for _ in range(cells + 1)]
    step = [[0] * (columns + 1) for _ in range(cells + 1)]
    for i in range(cells + 1):
        for j in range(columns + 1):
            if i and best[i - 1][j] > best[i][j] - 1e-12:
                best[i][j], step[i][j] = best[i - 1][j], 1
            if j and (not i or best[i][j - 1] > best[i][j]):
                best[i][j], step[i][j] = best[i][j - 1], 2
            if i and j and likeness[i - 1][j - 1] >= LEAST:
                value = best[i - 1][j - 1] + likeness[i - 1][j - 1] - LEAST + 0.01
                if value > best[i][j]:
                    best[i][j], step[i][j] = value, 3
    out: list[int | None] = [None] * columns
    i, j = cells, columns
    while i and j:
        if step[i][j] == 3:
            out[j - 1] = i - 1
            i, j = i - 1, j - 1
        elif step[i][j] == 1:
            i -= 1
        else:
            j -= 1
    return out


def by_position(block: BlockSpec, cells: int) -> ColumnFit:
    """One cell a column, in order: all that is left where no header can be read."""
    n = len(block.columns)
    if cells != n:
        return ColumnFit((None,) * n, (0.0,) * n, (0.0,) * n, True, ("",) * n)
    return ColumnFit(tuple(range(n)), (_BY_POSITION,) * n, (_BY_ORDER,) * n, True, ("",) * n)


def complete(fit: ColumnFit, cells: int) -> ColumnFit:
    """Columns without a header of their own, placed between placed neighbours when the counts agree."""
    n = len(fit.slots)
    if all(s is not None for s in fit.slots) or cells != n:
        return fit
    if any(s is not None and s != j for j, s in enumerate(fit.slots)):
        return fit
    if sum(s is not None for s in fit.slots) * 2 < n:
        return fit
    scores = tuple(v if s is not None else _BY_POSITION for v, s in zip(fit.scores, fit.slots))
    return ColumnFit(tuple(range(n)), scores, fit.margins, False, fit.heads)
