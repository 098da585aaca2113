"""A table's lines to a grid of cells: edges, elementary cells, merged cells.

An elementary cell lies between neighbouring column and row edges; cells that no drawn line parts
are one.  Sides that nobody drew (web tables without outer frame, a row cut by a page break) are
supplied from where the crossing lines end.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from extractor.geometry.rulings import Mesh, Segment

PARTED = 0.5
"""Share of an elementary cell's side that must be drawn to part two cells.  Any value of 0.3 to 0.8
gives the same grids on the generator's documents: drawn sides cover over 0.95, others under 0.1."""


class Span(NamedTuple):
    """One cell as edges: rows [r0, r1), columns [c0, c1)."""

    r0: int
    c0: int
    r1: int
    c1: int


class Frame(NamedTuple):
    """Edges and merged cells of one table; `drawn` is the share of needed sides that are drawn."""

    xs: tuple[float, ...]
    ys: tuple[float, ...]
    spans: tuple[Span, ...]
    drawn: float


def cluster(values: Sequence[float], tolerance: float) -> list[float]:
    """Sorted values with those closer than `tolerance` made one (their mean)."""
    out: list[list[float]] = []
    for v in sorted(values):
        if out and v - out[-1][-1] <= tolerance:
            out[-1].append(v)
        else:
            out.append([v])
    return [sum(g) / len(g) for g in out]


def _edges(lines: Sequence[Segment], crossing: Sequence[Segment], tolerance: float) -> list[float]:
    """Edge positions of `lines`, outermost ends of `crossing` supplied where no line stands."""
    edges = cluster([s.at for s in lines], tolerance)
    low = min(s.a for s in crossing)
    high = max(s.b for s in crossing)
    if not edges or low < edges[0] - 2 * tolerance:
        edges.insert(0, low)
    if high > edges[-1] + 2 * tolerance:
        edges.append(high)
    return edges


def frame(mesh: Mesh, tolerance: float) -> Frame | None:
    """The grid of one mesh; None where it is not at least one cell."""
    xs = _edges(mesh.vertical, mesh.horizontal, tolerance)
    ys = _edges(mesh.horizontal, mesh.vertical, tolerance)
    if len(xs) < 2 or len(ys) < 2:
        return None
    right = _walls(mesh.vertical, xs, ys, tolerance)
    below = _walls(mesh.horizontal, ys, xs, tolerance)
    spans = merge(len(ys) - 1, len(xs) - 1, parting(right), parting(below))
    return Frame(tuple(xs), tuple(ys), tuple(spans), _drawn(right, below))


def _walls(
    lines: Sequence[Segment], across: list[float], along: list[float], tolerance: float
) -> list[list[float]]:
    """wall[i][j]: share of [along[j], along[j+1]] that a line at across[i] covers."""
    cover = [[0.0] * (len(along) - 1) for _ in across]
    for line in lines:
        i = min(range(len(across)), key=lambda k: abs(across[k] - line.at))
        if abs(across[i] - line.at) > 2 * tolerance:
            continue
        for j in range(len(along) - 1):
            low, high = max(line.a, along[j]), min(line.b, along[j + 1])
            if high > low:
                cover[i][j] += (high - low) / (along[j + 1] - along[j])
    return cover


def parting(walls: Sequence[Sequence[float]]) -> list[list[bool]]:
    """Which sides part the cells on both sides of them."""
    return [[share >= PARTED for share in wall] for wall in walls]


def merge(
    rows: int, cols: int, right: Sequence[Sequence[bool]], below: Sequence[Sequence[bool]]
) -> list[Span]:
    """Greedy rectangles over elementary cells that nothing parts, row-major.

    `right[i][r]`: edge i of the columns parts row r; `below[i][c]`: edge i of the rows parts column c.
    """
    taken = [[False] * cols for _ in range(rows)]
    out: list[Span] = []
    for r in range(rows):
        for c in range(cols):
            if taken[r][c]:
                continue
            c1 = c + 1
            while c1 < cols and not taken[r][c1] and not right[c1][r]:
                c1 += 1
            r1 = r + 1
            while (
                r1 < rows
                and not any(taken[r1][k] or below[r1][k] for k in range(c, c1))
                and not any(right[k][r1] for k in range(c + 1, c1))
            ):
                r1 += 1
            for i in range(r, r1):
                for k in range(c, c1):
                    taken[i][k] = True
            out.append(Span(r, c, r1, c1))
    return out


def _drawn(right: list[list[float]], below: list[list[float]]) -> float:
    """Share of sides that are either clearly drawn or clearly absent: 1 for a clean grid."""
    sides = [min(1.0, v) for wall in (*right, *below) for v in wall]
    return sum(1 for v in sides if v >= 0.9 or v <= 0.1) / len(sides) if sides else 0.0
