"""Grids drawn in every way that offices draw them come back with exactly their cells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.geometry.grid import Frame, frame
from extractor.geometry.marks import Char, Ruling
from extractor.geometry.page import page_blocks
from extractor.geometry.rulings import join, meshes

Rect = tuple[int, int, int, int]
Segment = tuple[bool, float, float, float]
"""(horizontal, at, a, b)"""
PAGE = (800.0, 1100.0)


@st.composite
def tilings(draw) -> tuple[list[float], list[float], list[Rect]]:
    """Column edges, row edges, and merged cells (r0, c0, r1, c1) that cover every elementary cell once."""
    n_rows, n_cols = draw(st.integers(1, 12)), draw(st.integers(1, 9))
    if n_rows * n_cols == 1:
        n_cols = 2
    xs, ys = [40.0], [50.0]
    for w in draw(st.lists(st.integers(14, 90), min_size=n_cols, max_size=n_cols)):
        xs.append(xs[-1] + w)
    for h in draw(st.lists(st.integers(10, 40), min_size=n_rows, max_size=n_rows)):
        ys.append(ys[-1] + h)
    rng = draw(st.randoms(use_true_random=False))
    return xs, ys, _tile(n_rows, n_cols, rng)


def _tile(n_rows: int, n_cols: int, rng: Random) -> list[Rect]:
    free = {(r, c) for r in range(n_rows) for c in range(n_cols)}
    out: list[Rect] = []
    while free:
        r, c = min(free)
        r1 = r + rng.choice((1, 1, 1, 2, 3))
        c1 = c + rng.choice((1, 1, 1, 2, 4))
        while not all((i, k) in free for i in range(r, r1) for k in range(c, c1)):
            r1, c1 = (r1 - 1, c1) if r1 - r > 1 else (r1, c1 - 1)
        free -= {(i, k) for i in range(r, r1) for k in range(c, c1)}
        out.append((r, c, r1, c1))
    return out


def _seen(xs: Sequence[float], ys: Sequence[float], cells: Sequence[Rect]) -> set[tuple[float, ...]]:
    """The cells by their places: edges that no cell ends at are not drawn and cannot come back."""
    return {(xs[c0], ys[r0], xs[c1], ys[r1]) for r0, c0, r1, c1 in cells}


def _sides(xs: Sequence[float], ys: Sequence[float], cells: Sequence[Rect]) -> list[Segment]:
    out: list[Segment] = []
    for r0, c0, r1, c1 in cells:
        out += [(True, ys[r0], xs[c0], xs[c1]), (True, ys[r1], xs[c0], xs[c1])]
        out += [(False, xs[c0], ys[r0], ys[r1]), (False, xs[c1], ys[r0], ys[r1])]
    return out


def _strokes(sides: list[Segment]) -> list[Ruling]:
    """As Word draws: every cell its four sides."""
    return [Ruling(h, at, a, b, 0.5) for h, at, a, b in sides]


def _long(sides: list[Segment]) -> list[Ruling]:
    """As spreadsheets draw: neighbouring sides as one line."""
    out: list[Ruling] = []
    for h, at, a, b in sorted(set(sides)):
        last = out[-1] if out else None
        if last and (last.horizontal, last.at) == (h, at) and a <= last.b:
            last.b = max(last.b, b)
        else:
            out.append(Ruling(h, at, a, b, 0.5))
    return out


def _short(sides: list[Segment]) -> list[Ruling]:
    """As browsers draw: short pieces one after the other."""
    out = []
    for h, at, a, b in set(sides):
        n = max(1, int((b - a) / 7))
        out += [Ruling(h, at, a + (b - a) * i / n, a + (b - a) * (i + 1) / n, 0.75) for i in range(n)]
    return out


def _dotted(sides: list[Segment]) -> list[Ruling]:
    """Dots 1 pt wide, 2 pt apart; a dot tells no direction and counts both ways."""
    out = []
    for h, at, a, b in set(sides):
        n = max(2, round((b - a) / 3))
        for i in range(n + 1):
            mid = a + (b - a) * i / n
            x, y = (mid, at) if h else (at, mid)
            out += [Ruling(True, y, x - 0.5, x + 0.5, 1), Ruling(False, x, y - 0.5, y + 0.5, 1)]
    return out


def _doubled(sides: list[Segment]) -> list[Ruling]:
    """Every side as two lines 1.5 pt apart."""
    return [Ruling(h, at + d, a, b, 0.5) for h, at, a, b in sides for d in (-0.75, 0.75)]


def _open(sides: list[Segment]) -> list[Ruling]:
    """Corners that do not quite meet."""
    return [Ruling(h, at, a + 0.9, b - 0.9, 0.5) for h, at, a, b in sides]


def _wavering(sides: list[Segment]) -> list[Ruling]:
    """Cells drawn one by one, each a little off."""
    rng = Random(len(sides))
    return [
        Ruling(h, at + rng.uniform(-0.4, 0.4), a + rng.uniform(-0.4, 0.4), b + rng.uniform(-0.4, 0.4), 0.5)
        for h, at, a, b in sides
    ]  # fmt: skip


WAYS = [_strokes, _long, _short, _dotted, _doubled, _open, _wavering]


def _frames(rulings: list[Ruling], tolerance: float) -> list[Frame]:
    tables, _ = meshes(join(rulings, True, tolerance), join(rulings, False, tolerance), tolerance + 1)
    return [f for f in (frame(m, tolerance) for m in tables) if f]


@pytest.mark.parametrize("way", WAYS, ids=lambda w: w.__name__.strip("_"))
@settings(max_examples=60)
@given(tilings())
def test_every_drawing_gives_the_exact_cells(way: Callable[[list[Segment]], list[Ruling]], tiling):
    xs, ys, cells = tiling
    found = _frames(way(_sides(xs, ys, cells)), 2.0)
    assert len(found) == 1
    got = found[0]
    places = {(got.xs[s.c0], got.ys[s.r0], got.xs[s.c1], got.ys[s.r1]) for s in got.spans}
    assert _near(places, _seen(xs, ys, cells), 1.5 if way is _dotted else 1.0)


def _near(got: set[tuple[float, ...]], want: set[tuple[float, ...]], most: float = 1.0) -> bool:
    """The same cells, each side within `most` points: dots 3 pt apart tell a side to half of that."""
    return len(got) == len(want) and all(
        all(abs(a - b) <= most for a, b in zip(g, w))
        for g, w in zip(sorted(got, key=_order), sorted(want, key=_order))
    )


def _order(box: tuple[float, ...]) -> tuple[int, ...]:
    return round(box[1] / 5), round(box[0] / 5), round(box[3] / 5), round(box[2] / 5)


@settings(max_examples=60)
@given(tilings(), st.randoms(use_true_random=False))
def test_every_elementary_cell_is_covered_once(tiling, rng):
    """Even where sides are missing: spans never overlap and leave nothing out."""
    xs, ys, cells = tiling
    sides = [s for s in _sides(xs, ys, cells) if rng.random() < 0.8]
    for got in _frames(_strokes(sides), 2.0):
        covered = [(r, c) for s in got.spans for r in range(s.r0, s.r1) for c in range(s.c0, s.c1)]
        n = (len(got.ys) - 1) * (len(got.xs) - 1)
        assert len(covered) == len(set(covered)) == n
        assert 0 <= got.drawn <= 1
        assert list(got.xs) == sorted(got.xs) and list(got.ys) == sorted(got.ys)


def test_a_frame_without_its_outer_sides_gets_them():
    """Web tables without an outer frame: only the lines between cells are drawn."""
    inner = [Ruling(True, y, 20, 320, 0.5) for y in (40, 60)] + [
        Ruling(False, x, 20, 80, 0.5) for x in (120, 220)
    ]
    got = _frames(inner, 2.0)[0]
    assert (got.xs, got.ys) == ((20, 120, 220, 320), (20, 40, 60, 80))
    assert len(got.spans) == 9


def test_a_clean_grid_is_of_full_quality_and_a_torn_one_is_not():
    xs, ys = [0.0, 50, 100, 150], [0.0, 20, 40, 60]
    cells = [(r, c, r + 1, c + 1) for r in range(3) for c in range(3)]
    sides = _sides(xs, ys, cells)
    assert _frames(_strokes(sides), 2.0)[0].drawn == 1.0
    torn = [
        Ruling(h, at, a, a + 0.6 * (b - a) if i % 3 == 0 else b, 0.5)
        for i, (h, at, a, b) in enumerate(set(sides))
    ]
    assert all(f.drawn < 1.0 for f in _frames(torn, 2.0))


# ---------------------------------------------------------------- with text


def _typed(text: str, x: float, y: float, size: float = 9.0) -> list[Char]:
    return [Char(ch, x + i * 5, y - size / 2, x + i * 5 + 5, y + size / 2, size) for i, ch in enumerate(text)]


@settings(max_examples=40)
@given(tilings())
def test_every_character_lands_in_its_cell_and_none_is_lost(tiling):
    xs, ys, cells = tiling
    chars: list[Char] = []
    want: dict[tuple[float, ...], str] = {}
    for n, (r0, c0, r1, c1) in enumerate(cells):
        box = (xs[c0], ys[r0], xs[c1], ys[r1])
        want[box] = str(n % 10)
        chars += _typed(want[box], (box[0] + box[2]) / 2 - 2.5, (box[1] + box[3]) / 2)
    outside = _typed("7", 20, 30)
    found = page_blocks(1, [*chars, *outside], _strokes(_sides(xs, ys, cells)), PAGE)
    if len(_seen(xs, ys, cells)) < 2:
        return
    assert len(found.grids) == 1
    got = {c.box: c.text for c in found.grids[0].cells}
    assert {tuple(map(round, b)): t for b, t in got.items() if b} == {
        tuple(map(round, b)): t for b, t in want.items()
    }
    assert [line.text for line in found.lines] == ["7"]


def test_characters_over_the_edge_and_cells_off_the_page_are_doubted():
    xs, ys = [700.0, 750.0, 800.0], [50.0, 70.0]
    sides = _strokes(_sides(xs, ys, [(0, 0, 1, 1), (0, 1, 1, 2)]))
    grid = page_blocks(1, [*_typed("12", 702, 60), *_typed("4", 780, 60)], sides, PAGE).grids[0]
    assert [c.doubts for c in grid.cells] == [(), ("off_page",)]
    # A figure 30 pt wide as one glyph run whose middle lies in the first cell.
    wide = Char("8", 730, 55, 765, 65, 9.0)
    grid = page_blocks(1, [wide, *_typed("4", 780, 60)], sides, PAGE).grids[0]
    assert grid.cells[0].text == "8" and "over_edge" in grid.cells[0].doubts


def test_a_number_broken_where_its_cell_is_full_is_one_number_and_others_are_not():
    xs, ys = [40.0, 72.0, 200.0], [50.0, 90.0]
    sides = _strokes(_sides(xs, ys, [(0, 0, 1, 1), (0, 1, 1, 2)]))
    full = [*_typed("1234", 43, 60), *_typed("56", 43, 72)]
    loose = [*_typed("12", 80, 60), *_typed("34", 80, 72)]
    grid = page_blocks(1, [*full, *loose], sides, PAGE).grids[0]
    assert [c.text for c in grid.cells] == ["123456", "12\n34"]
