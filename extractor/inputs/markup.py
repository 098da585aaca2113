"""What DOCX and HTML have in common: tables of cells that state their spans, and text around them.

A reader of markup turns its file into entries, lines and raw tables, nested as the file nests them;
`blocks` flattens layout tables and gives every other table as a Grid in which every elementary cell is
covered exactly once.  Spans are placed as the HTML standard's table model places them (WHATWG HTML,
"forming a table"), but for cells that would overlap: there the later cell is cut.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from extractor.errors import TooLarge
from extractor.settings import Limits
from extractor.types import Block, Cell, Grid, Line

ABSENT = "absent_cell"
"""Doubt on a cell that the markup lacks: its row states fewer cells than the table has columns."""
MAX_NESTING = 40
"""Tables within tables; pages laid out by tables were met with up to 6."""
_LONG = 300
"""Characters of one cell that no statutory cell comes near (the longest label with its gloss: 80)."""
_ROOM = 10
"""Times max_markup_nodes that a table may measure before columns in which nothing begins are taken out."""
_FEW = 8
"""Cells with content of a table that arranges a page; the statutory tables have 20 and more."""


@dataclass(slots=True)
class RawLine:
    """One paragraph, or one line of it where the source breaks it."""

    text: str
    heading: bool = False


@dataclass(slots=True)
class RawCell:
    """A cell as the markup states it; `row_span` 0 reaches to the end of its row group.

    `col` is its first column where the source states it; else it goes to the first free one.
    """

    entries: list[Entry] = field(default_factory=list)
    row_span: int = 1
    col_span: int = 1
    col: int | None = None


@dataclass(slots=True)
class RawTable:
    """Row groups of rows of cells, in the order in which they are shown."""

    groups: list[list[list[RawCell]]] = field(default_factory=list)

    def cells(self) -> Iterator[RawCell]:
        """Every cell, row by row."""
        for group in self.groups:
            for row in group:
                yield from row


Entry = RawLine | RawTable


@dataclass(frozen=True, slots=True)
class Placed:
    """A raw cell in its place."""

    row: int
    col: int
    row_span: int
    col_span: int
    cell: RawCell | None
    """None: the markup has no cell there."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Cells in place, before columns and rows in which nothing begins are taken out."""

    placed: list[Placed]
    ends: list[int]
    """Per row, the column behind its last cell."""


# ---------------------------------------------------------------- text


def lines_of(entries: Sequence[Entry]) -> list[str]:
    """The text of entries, line by line; a nested table gives one line a row."""
    out: list[str] = []
    for entry in entries:
        if isinstance(entry, RawLine):
            out.append(entry.text)
        else:
            for row in (row for group in entry.groups for row in group):
                out.append(" ".join(filter(None, (cell_text(cell) for cell in row))))
    return [line for line in out if line.strip()]


def cell_text(cell: RawCell) -> str:
    """The whole text of a cell, lines joined by line feeds."""
    return "\n".join(lines_of(cell.entries)).strip()


# ---------------------------------------------------------------- placing


def lay_out(
    table: RawTable,
    limits: Limits,
    cut_above: frozenset[int] = frozenset(),
    shift: dict[int, int] | None = None,
) -> Layout:
    """Give every cell its row and column.

    Rows in `cut_above` end the row spans that reach into them; `shift` moves a row's cells to the right.
    Raises TooLarge where the table has more elementary cells than `limits.max_markup_nodes`.
    """
    placed: list[Placed] = []
    busy: list[int] = []  # per column, the first row that is free again
    ends: list[int] = []
    top = slots = 0
    for group in table.groups:
        bottom = top + len(group)
        for row, cells in enumerate(group, top):
            if row in cut_above:
                placed = [_end_at(p, row) for p in placed]
                busy = [min(b, row) for b in busy]
            col = (shift or {}).get(row, 0)
            end = 0
            for cell in cells:
                col = _free(busy, row, col) if cell.col is None else cell.col + (shift or {}).get(row, 0)
                wanted = max(1, min(cell.col_span, limits.max_span))
                height = bottom - row if cell.row_span == 0 else max(1, min(cell.row_span, bottom - row))
                if max(len(busy), col + wanted) * (row + 1) > _ROOM * limits.max_markup_nodes:
                    raise TooLarge(f"表格超过 {limits.max_markup_nodes} 格")
                busy.extend([0] * (col + wanted - len(busy)))
                width = next((i for i in range(wanted) if busy[col + i] > row), wanted)
                slots += wanted * height
                if slots > limits.max_markup_nodes:
                    raise TooLarge(f"表格超过 {limits.max_markup_nodes} 格")
                if width:
                    placed.append(Placed(row, col, height, width, cell))
                    busy[col : col + width] = [row + height] * width
                col += wanted
                end = col
            ends.append(max(end, max((c + 1 for c, b in enumerate(busy) if b > row), default=0)))
        top = bottom
    return Layout(placed, ends)


def _end_at(placed: Placed, row: int) -> Placed:
    return replace(placed, row_span=min(placed.row_span, row - placed.row)) if placed.row < row else placed


def _free(busy: Sequence[int], row: int, col: int) -> int:
    while col < len(busy) and busy[col] > row:
        col += 1
    return col


def grid(table: RawTable, engine: str, limits: Limits) -> Grid | None:
    """The table as a Grid, None where nothing is in it.

    Where rows state more or fewer cells than the others, as after a row span that is one too long or too
    short, the likely repair is given as a rival: the spans ended, the short rows moved to the right edge.
    """
    layout = lay_out(table, limits)
    if not any(p.cell and p.cell.entries for p in layout.placed):
        return None
    whole = _grid(layout, engine, limits)
    width = Counter(layout.ends).most_common(1)[0][0]
    long = frozenset(row for row, end in enumerate(layout.ends) if end > width)
    short = {row: width - end for row, end in enumerate(layout.ends) if 0 < end < width}
    if not long and not short:
        return whole
    rival = _grid(lay_out(table, limits, long, short), engine, limits)
    return whole if rival == whole else replace(whole, rivals=(rival,))


def _grid(layout: Layout, engine: str, limits: Limits) -> Grid:
    """Number rows and columns anew, without those in which no cell begins, and fill what is absent."""
    rows = _renumber({p.row for p in layout.placed}, max(p.row + p.row_span for p in layout.placed))
    cols = _renumber({p.col for p in layout.placed}, max(p.col + p.col_span for p in layout.placed))
    n_rows, n_cols = rows[-1], cols[-1]
    if n_rows * n_cols > limits.max_markup_nodes:
        raise TooLarge(f"表格超过 {limits.max_markup_nodes} 格")
    free = {(r, c) for r in range(n_rows) for c in range(n_cols)}
    placed: list[Placed] = []
    for p in layout.placed:
        r0, r1, c0, c1 = rows[p.row], rows[p.row + p.row_span], cols[p.col], cols[p.col + p.col_span]
        placed.append(Placed(r0, c0, r1 - r0, c1 - c0, p.cell))
        free.difference_update((r, c) for r in range(r0, r1) for c in range(c0, c1))
    placed += [Placed(r, c, 1, 1, None) for r, c in free]
    placed.sort(key=lambda p: (p.row, p.col))
    return Grid(tuple(_cell(p, engine) for p in placed), n_rows, n_cols, "markup")


def _renumber(starts: set[int], end: int) -> list[int]:
    """For every old boundary 0…end its new number: how many rows or columns begin before it."""
    out: list[int] = []
    count = 0
    for old in range(end + 1):
        out.append(count)
        if old in starts:
            count += 1
    return out


def _cell(placed: Placed, engine: str) -> Cell:
    text = cell_text(placed.cell) if placed.cell else ""
    doubts = () if placed.cell else (ABSENT,)
    return Cell(placed.row, placed.col, placed.row_span, placed.col_span, text, engine=engine, doubts=doubts)


# ---------------------------------------------------------------- layout tables


def blocks(entries: Sequence[Entry], engine: str, limits: Limits, depth: int = 0) -> list[Block]:
    """Entries as blocks in reading order: layout tables flattened, data tables as grids.

    Raises TooLarge where tables nest deeper than MAX_NESTING.
    """
    if depth > MAX_NESTING:
        raise TooLarge(f"表格嵌套超过 {MAX_NESTING} 层")
    out: list[Block] = []
    for entry in entries:
        if isinstance(entry, RawLine):
            if entry.text.strip():
                out.append(Line(entry.text.strip(), heading=entry.heading))
        elif is_layout(entry):
            for cell in entry.cells():
                out += blocks(cell.entries, engine, limits, depth + 1)
        else:
            found = grid(entry, engine, limits)
            out += [found] if found else []
    return out


def is_layout(table: RawTable) -> bool:
    """Whether the table only arranges a page: its cells' content is then content of the page.

    So it is where it frames another table bigger than itself, where one cell holds everything, or where
    a cell holds paragraphs of prose.
    """
    cells = list(table.cells())
    full = [cell for cell in cells if cell.entries]
    if len(full) <= 1 and len(cells) <= 3:
        return True
    nested = sum(_size(e) for cell in full for e in cell.entries if isinstance(e, RawTable) and _is_real(e))
    if nested:
        own = sum(1 for cell in full if not any(isinstance(e, RawTable) for e in cell.entries))
        return own <= nested
    return len(full) <= _FEW and any(_is_prose(cell) for cell in full)


def _size(table: RawTable) -> int:
    return sum(1 + sum(_size(e) for e in cell.entries if isinstance(e, RawTable)) for cell in table.cells())


def _is_real(table: RawTable) -> bool:
    """More than one row and column, or a frame around such a table."""
    rows = [row for group in table.groups for row in group if row]
    if len(rows) > 1 and max(len(row) for row in rows) > 1:
        return True
    return any(isinstance(e, RawTable) and _is_real(e) for cell in table.cells() for e in cell.entries)


def _is_prose(cell: RawCell) -> bool:
    lines = [e.text for e in cell.entries if isinstance(e, RawLine) and e.text.strip()]
    return len(lines) > 1 and sum(map(len, lines)) > _LONG
