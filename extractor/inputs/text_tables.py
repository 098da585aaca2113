"""Tables of plain text as grids.  Positions are display columns: a Chinese character takes two."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from extractor.types import Cell, Grid

ENGINE = "text"
Row = list[str]


@dataclass(frozen=True, slots=True)
class _Piece:
    """A run of text from display column x0 up to x1."""

    x0: int
    x1: int
    text: str


def width(text: str, wide: str = "WF") -> int:
    """Display columns of a text in a fixed-width font; Chinese fonts give “ and ” (class A) two as well."""
    return sum(
        2 if unicodedata.east_asian_width(c) in wide else 1 for c in text if not unicodedata.combining(c)
    )


def dump_grid(rows: Sequence[Row]) -> Grid:
    """Ragged rows as they stand: a cell's column is its position in the row."""
    full = [row for row in rows if row]
    cells = [
        Cell(r, c, 1, 1, text, engine=ENGINE) for r, row in enumerate(full) for c, text in enumerate(row)
    ]
    return Grid(tuple(cells), len(full), max(map(len, full)), "dump")


# ---------------------------------------------------------------- pipes and boxes


def piped_grid(lines: Sequence[str], pipe: re.Pattern[str], border: re.Pattern[str]) -> Grid | None:
    """A table drawn with pipes: Markdown, or boxes whose cells may span and run over several lines.

    None where the lines hold no row.
    """
    ruled = sum(1 for line in lines if border.match(line))
    body = [line for line in lines if not border.match(line) or _is_empty_row(line, pipe)]
    if len(body) < 2:
        return None
    rows = [_pieces(line, pipe) for line in body]
    if len({len(row) for row in rows}) > 1 and _edges_agree(rows):
        rows = _merged_lines(lines, pipe, border) if ruled > 3 else rows
        return _spanned(rows)
    joined = _merged_lines(lines, pipe, border) if ruled > 3 else rows
    return dump_grid([[piece.text for piece in row] for row in joined])


def _is_empty_row(line: str, pipe: re.Pattern[str]) -> bool:
    """A row of blank cells, or of dashes for none, looks like a border but has pipes and spaces."""
    return len(pipe.findall(line)) > 2 and all(
        not part.strip() or re.fullmatch(r"[-—]", part.strip()) for part in pipe.split(line.strip())
    )


def _pieces(line: str, pipe: re.Pattern[str]) -> list[_Piece]:
    """The cells between pipes, each from its left pipe to its right one."""
    line = line.rstrip()
    marks = [m.start() for m in pipe.finditer(line) if m.start() == 0 or line[m.start() - 1] != "\\"]
    bounds = marks if marks and not line[: marks[0]].strip() else [-1, *marks]
    if marks and line[marks[-1] + 1 :].strip():
        bounds = [*bounds, len(line)]
    out: list[_Piece] = []
    for left, right in pairwise(bounds):
        text = re.sub(r"<br\s*/?>", "\n", line[left + 1 : right], flags=re.I).replace("\\|", "|")
        out.append(
            _Piece(width(line[:left]) if left > 0 else 0, width(line[:right]), text.strip().strip("*"))
        )
    return out


def _edges_agree(rows: Sequence[Sequence[_Piece]]) -> bool:
    """Whether the widest row's edges contain those of every other row: then merged cells can be told."""
    edges = {p.x1 for p in max(rows, key=len)}
    return all(p.x1 in edges for row in rows for p in row)


def _spanned(rows: Sequence[Sequence[_Piece]]) -> Grid:
    edges = sorted({0} | {p.x1 for row in rows for p in row})
    cells = []
    for r, row in enumerate(rows):
        for piece in row:
            col = max(0, bisect_left(edges, piece.x0 + 1) - 1)
            cells.append(
                Cell(r, col, 1, max(1, bisect_left(edges, piece.x1) - col), piece.text, engine=ENGINE)
            )
    return Grid(tuple(cells), len(rows), len(edges) - 1, "dump")


def _merged_lines(lines: Sequence[str], pipe: re.Pattern[str], border: re.Pattern[str]) -> list[list[_Piece]]:
    """Rows between border lines, a cell's lines joined; a row whose lines part differently stays apart."""
    out: list[list[_Piece]] = []
    fresh = True
    for line in lines:
        if border.match(line) and not _is_empty_row(line, pipe):
            fresh = True
            continue
        row = _pieces(line, pipe)
        if fresh or len(out[-1]) != len(row):
            out.append(row)
        else:
            out[-1] = [
                _Piece(a.x0, a.x1, "\n".join(filter(None, (a.text, b.text)))) for a, b in zip(out[-1], row)
            ]
        fresh = False
    return out


# ---------------------------------------------------------------- aligned by spaces


def aligned_grid(lines: Sequence[str], gap: re.Pattern[str], is_figure: Callable[[str], bool]) -> Grid:
    """Lines whose columns are kept apart by spaces.

    Columns of figures are where figures stand over one another; what stands left of them are labels, in
    order; a heading over several columns spans them.  Two pieces of a line in one column, or a figure in
    none, show that nothing is aligned: then a cell's column is its position, and the rows that lack a figure
    say so (LACKS).
    """
    found: list[Grid] = []
    for wide in ("WF", "WFA"):
        rows = [_spaced_pieces(line, gap, wide) for line in lines]
        bands = _bands([p for row in rows for p in row if is_figure(p.text)])
        heads = [p for row in rows if not any(is_figure(p.text) for p in row) for p in row]
        grid = _in_columns(rows, _with_empty(bands, heads), is_figure)
        if grid is not None:
            found.append(grid)
    if found:
        return min(found, key=lambda g: g.n_cols)
    return _by_position([[p.text for p in _spaced_pieces(line, gap)] for line in lines], is_figure)


def _with_empty(bands: Sequence[tuple[int, int]], heads: Sequence[_Piece]) -> list[tuple[int, int]]:
    """The bands, and those of headers right of the first under which no figure stands: empty columns."""
    out = list(bands)
    for piece in sorted(heads, key=lambda p: p.x1 - p.x0):
        if out and piece.x0 > bands[0][0] and not any(piece.x0 < x1 and piece.x1 > x0 for x0, x1 in out):
            out.append((piece.x0, piece.x1))
    return sorted(out)


def _in_columns(
    rows: Sequence[Sequence[_Piece]], bands: Sequence[tuple[int, int]], is_figure: Callable[[str], bool]
) -> Grid | None:
    """The pieces of lines under the bands of figures; None where they do not fit, or a label runs into them."""
    labels = max((sum(1 for p in row if p.x1 <= bands[0][0]) for row in rows), default=0)
    cells: list[Cell] = []
    for r, row in enumerate(rows):
        placed = _in_bands(row, bands, labels)
        figures = any(is_figure(p.text) for p in row)
        if placed is None or (figures and not is_figure(row[0].text) and row[0].x1 > bands[0][0]):
            return None
        cells += [Cell(r, col, 1, span, text, engine=ENGINE) for col, span, text in placed]
        full = {c for col, span, _ in placed for c in range(col, col + span)}
        cells += [Cell(r, c, 1, 1, "", engine=ENGINE) for c in range(labels + len(bands)) if c not in full]
    cells.sort(key=lambda c: (c.row, c.col))
    return Grid(tuple(cells), len(rows), labels + len(bands), "dump")


LACKS = "columns_unaccounted"
"""Doubt on the cells of a row with fewer figures than the others: which one is blank cannot be told."""


def _by_position(rows: Sequence[Row], is_figure: Callable[[str], bool]) -> Grid:
    grid = dump_grid(rows)
    many = [sum(map(is_figure, row)) for row in rows if row]
    usual = max(set(many) - {0}, key=many.count, default=0)
    few = {r for r, n in enumerate(many) if 0 < n < usual}
    cells = tuple(replace(c, doubts=(LACKS,)) if c.row in few else c for c in grid.cells)
    return replace(grid, cells=cells)


def _spaced_pieces(line: str, gap: re.Pattern[str], wide: str = "WF") -> list[_Piece]:
    out: list[_Piece] = []
    at = 0
    for match in [*gap.finditer(line), None]:
        end = match.start() if match else len(line)
        text = line[at:end]
        if text.strip():
            x0 = width(line[:at], wide) + len(text) - len(text.lstrip(" "))
            out.append(_Piece(x0, width(line[:end], wide), text.strip()))
        at = match.end() if match else end
    return out


def _bands(figures: Sequence[_Piece]) -> list[tuple[int, int]]:
    """Display columns covered by figures, those that overlap or all but touch as one: two columns stand
    two spaces apart."""
    out: list[tuple[int, int]] = []
    for piece in sorted(figures, key=lambda p: p.x0):
        if out and piece.x0 <= out[-1][1] + 1:
            out[-1] = (out[-1][0], max(out[-1][1], piece.x1))
        else:
            out.append((piece.x0, piece.x1))
    return out


def _in_bands(
    row: Sequence[_Piece], bands: Sequence[tuple[int, int]], labels: int
) -> list[tuple[int, int, str]] | None:
    """(column, span, text) of a line's pieces; None where two would share a column."""
    out: list[tuple[int, int, str]] = []
    next_label = 0
    for piece in row:
        hits = [i for i, (x0, x1) in enumerate(bands) if piece.x0 < x1 and piece.x1 > x0]
        if hits:
            col, span = labels + hits[0], hits[-1] - hits[0] + 1
        elif piece.x1 <= bands[0][0]:
            col, span, next_label = next_label, 1, next_label + 1
        else:
            return None
        if out and col < out[-1][0] + out[-1][1]:
            return None
        out.append((col, span, piece.text))
    return out
