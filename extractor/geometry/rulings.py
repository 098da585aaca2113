"""Drawn lines made whole: pieces of one line joined, doubled lines made one, tables told apart.

Rulings come as Word draws them (one stroke a cell edge), as browsers do (hundreds of short
rectangles), dotted (a dot a piece) or doubled.  All end as few straight segments.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from extractor.geometry.marks import Ruling

DOT = 8.0
"""A piece shorter than this, in points, may be one dash of a dashed line."""
DASH_GAP = 6.5
"""Widest gap between two dashes, points (browsers' 3 px dotted and Word's dash-dot measured)."""
LONE_DOT = 3.0
"""A joined line no longer than this, points, is a dot of a line in the other direction."""
JOIN_GAP = 2.0
"""Widest gap between two solid pieces of one line, points."""


@dataclass(slots=True)
class Segment:
    """A joined line: `at` is y (horizontal) or x (vertical), from `a` to `b`, points."""

    at: float
    a: float
    b: float
    thick: float


@dataclass(slots=True)
class Mesh:
    """The lines of one table (one connected component of crossing lines)."""

    horizontal: list[Segment]
    vertical: list[Segment]


def join(rulings: Sequence[Ruling], horizontal: bool, tolerance: float) -> list[Segment]:
    """Collinear pieces joined; parallel lines closer than `tolerance` points become one."""
    pieces = sorted((r for r in rulings if r.horizontal == horizontal), key=lambda r: r.at)
    out: list[Segment] = []
    start = 0
    while start < len(pieces):
        end = start + 1
        while (
            end < len(pieces)
            and pieces[end].at - pieces[end - 1].at <= tolerance
            and pieces[end].at - pieces[start].at <= 2 * tolerance
        ):
            end += 1
        out += _join_band(pieces[start:end])
        start = end
    return out


def _join_band(band: list[Ruling]) -> list[Segment]:
    band = sorted(band, key=lambda r: r.a)
    out: list[Segment] = []
    parts: list[Ruling] = []
    reach = 0.0
    for piece in band:
        if parts:
            dashes = piece.b - piece.a < DOT and parts[-1].b - parts[-1].a < DOT
            if piece.a - reach > (DASH_GAP if dashes else JOIN_GAP):
                out.append(_segment(parts))
                parts = []
        reach = max(reach, piece.b) if parts else piece.b
        parts.append(piece)
    if parts:
        out.append(_segment(parts))
    return [s for s in out if s.b - s.a > LONE_DOT]


def _segment(parts: list[Ruling]) -> Segment:
    weight = sum(p.b - p.a for p in parts) or 1.0
    at = sum(p.at * (p.b - p.a) for p in parts) / weight if weight > 0 else parts[0].at
    if len(parts) == 1:
        at = parts[0].at
    return Segment(at, parts[0].a, max(p.b for p in parts), max(p.thick for p in parts))


def meshes(
    horizontal: list[Segment], vertical: list[Segment], slack: float
) -> tuple[list[Mesh], list[Segment]]:
    """Lines that cross or meet, grouped; and the horizontal ones that meet no vertical one.

    `slack` (points) is how far apart two lines may end and still meet.
    """
    parent = list(range(len(horizontal) + len(vertical)))

    def find(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    base = len(horizontal)
    order = sorted(range(len(vertical)), key=lambda j: vertical[j].at)
    for i, h in enumerate(horizontal):
        for j in order:
            v = vertical[j]
            if v.at < h.a - slack:
                continue
            if v.at > h.b + slack:
                break
            if v.a - slack <= h.at <= v.b + slack:
                parent[find(i)] = find(base + j)
    groups: dict[int, Mesh] = {}
    for i, h in enumerate(horizontal):
        groups.setdefault(find(i), Mesh([], [])).horizontal.append(h)
    for j, v in enumerate(vertical):
        groups.setdefault(find(base + j), Mesh([], [])).vertical.append(v)
    tables = [m for m in groups.values() if m.horizontal and m.vertical]
    loose = [h for m in groups.values() if not m.vertical for h in m.horizontal]
    return _merge_nested(tables, slack), loose


def _merge_nested(tables: list[Mesh], slack: float) -> list[Mesh]:
    """A part of a table drawn apart (a column of single boxes) lies within the other's frame."""
    frames = [(_frame(m), m) for m in tables]
    frames.sort(key=lambda f: -(f[0][2] - f[0][0]) * (f[0][3] - f[0][1]))
    out: list[tuple[tuple[float, float, float, float], Mesh]] = []
    for frame, mesh in frames:
        for outer, host in out:
            inside = (
                frame[0] >= outer[0] - slack and frame[1] >= outer[1] - slack
                and frame[2] <= outer[2] + slack and frame[3] <= outer[3] + slack
            )  # fmt: skip
            if inside:
                host.horizontal += mesh.horizontal
                host.vertical += mesh.vertical
                break
        else:
            out.append((frame, mesh))
    return [m for _, m in out]


def _frame(mesh: Mesh) -> tuple[float, float, float, float]:
    xs = [v.at for v in mesh.vertical] + [e for h in mesh.horizontal for e in (h.a, h.b)]
    ys = [h.at for h in mesh.horizontal] + [e for v in mesh.vertical for e in (v.a, v.b)]
    return min(xs), min(ys), max(xs), max(ys)
