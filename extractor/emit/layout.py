"""A statutory table as the notice prints it: which label, heading and figure stands in which cell.

Made from the form's data alone: header trees become merged headings, label paths merged group labels.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from extractor.forms.model import BlockSpec, TableSpec

Kind = Literal["banner", "head", "label", "figure"]


@dataclass(frozen=True, slots=True)
class LaidCell:
    """One cell of the printed form; `field_id` is set where a figure stands."""

    row: int
    col: int
    row_span: int
    col_span: int
    kind: Kind
    text: str = ""
    field_id: str | None = None


@dataclass(frozen=True, slots=True)
class TableLayout:
    """All cells of a table, row by row; every elementary cell is covered exactly once."""

    n_rows: int
    n_cols: int
    label_cols: int
    cells: tuple[LaidCell, ...]


def lay_out(table: TableSpec) -> TableLayout:
    """The table's blocks under one another, all as wide as the widest."""
    labels = max(len(row.path) for block in table.blocks for row in block.rows)
    width = labels + max(len(block.columns) for block in table.blocks)
    cells: list[LaidCell] = []
    top = 0
    for block in table.blocks:
        made = list(_block(table, block, top, labels, width))
        cells += made
        top = max(c.row + c.row_span for c in made)
    return TableLayout(top, width, labels, tuple(sorted(cells, key=lambda c: (c.row, c.col))))


def _block(table: TableSpec, block: BlockSpec, top: int, labels: int, width: int) -> Iterator[LaidCell]:
    if block.banner:
        yield LaidCell(top, 0, 1, width, "banner", block.banner)
        top += 1
    spans = [1] * len(block.columns)
    spans[-1] += width - labels - len(block.columns)
    starts = [labels + sum(spans[:i]) for i in range(len(spans))]
    over = 1 if block.over else 0
    deep = max(len(c.path) for c in block.columns)
    if labels:
        yield LaidCell(top, 0, over + deep, labels, "head", block.corner)
    if over:
        yield LaidCell(top, labels, 1, width - labels, "head", block.over)
    for level, first, last, text, depth in _tree([c.path for c in block.columns], deep):
        columns = starts[last] + spans[last] - starts[first]
        yield LaidCell(top + over + level, starts[first], depth, columns, "head", text)
    top += over + deep
    for level, first, last, text, depth in _tree([r.path for r in block.rows], labels):
        yield LaidCell(top + first, level, last - first + 1, depth, "label", text)
    for at, row in enumerate(block.rows):
        if labels and not row.path:
            yield LaidCell(top + at, 0, 1, labels, "label")
        for start, span, column in zip(starts, spans, block.columns):
            yield LaidCell(top + at, start, 1, span, "figure", field_id=table.field_id(row.id, column.id))


def _tree(paths: Sequence[tuple[str, ...]], deep: int) -> Iterator[tuple[int, int, int, str, int]]:
    """(level, first, last, text, depth) of every node: groups of neighbours with the same beginning merge,
    a path's own end reaches down to the deepest level."""
    for level in range(deep):
        first = 0
        while first < len(paths):
            path = paths[first]
            last = first
            if len(path) > level + 1:
                same = path[: level + 1]
                while last + 1 < len(paths) and _inner(paths[last + 1], level) == same:
                    last += 1
            if level < len(path):
                yield level, first, last, path[level], 1 if len(path) > level + 1 else deep - level
            first = last + 1


def _inner(path: tuple[str, ...], level: int) -> tuple[str, ...] | None:
    return path[: level + 1] if len(path) > level + 1 else None
