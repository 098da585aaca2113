"""Blanks and marks of a picture that stand alone in their column: the others print something else for nothing.

An office writes nothing the same way down a column: a nought, a dash, or blank.  The one blank among dashes, or the
one dash among blanks, may be a faint dash that nobody saw or a rest of a ruling.  Sums are blind to both.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from extractor.types import PICTURE_ORIGINS, FieldValue

ALONE = 0.15
"""Share of a column's cells for nothing below which a way of saying so stands alone.  Offices that mix ways mix
them by halves (a third of the maker's mixed reports have a column with less than a seventh of one way)."""
LEAST = 6
"""Cells for nothing from which a column has a way of saying so."""


def doubt_odd_ones(fields: Sequence[FieldValue]) -> tuple[FieldValue, ...]:
    """Fields of pictures with the reason `odd_blank` where the rest of their column says nothing otherwise."""
    columns: dict[tuple[int, str], list[FieldValue]] = defaultdict(list)
    for f in fields:
        grid = f.placement.grid
        if grid is not None and grid.origin in PICTURE_ORIGINS and _way(f):
            columns[id(grid), f.id.rpartition(".")[2]].append(f)
    odd: set[str] = set()
    for column in columns.values():
        if len(column) < LEAST:
            continue
        for way in ("blank", "mark"):
            mine = [f.id for f in column if _way(f) == way]
            if len(mine) < ALONE * len(column):
                odd.update(mine)
    return tuple(f.with_(reasons=(*f.reasons, "odd_blank")) if f.id in odd else f for f in fields)


def _way(field: FieldValue) -> str:
    """How the field says nothing; "" where it says something."""
    if field.state in ("blank", "mark"):
        return field.state
    return "nought" if field.state == "printed" and field.value == 0 else ""
