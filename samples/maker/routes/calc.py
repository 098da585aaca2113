"""XLSX: the office's tables in a spreadsheet, printed by LibreOffice Calc."""

from __future__ import annotations

import io
import math
from random import Random
from typing import Any

import xlsxwriter

from ..document import Document, Text
from ..grids import Cell, Grid

#: Characters that fit a line of the text sheet: its one wide column, of double-width characters.
LINE = 38


def render(doc: Document, rng: Random) -> bytes:
    """The report as the bytes of an .xlsx file: text on one sheet, every table on its own or below."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    run_on = doc.has("columns_run_on")
    pen = _Pen(book, doc, rng)
    for at, block in enumerate(doc.blocks):
        following = doc.blocks[at + 1] if at + 1 < len(doc.blocks) else None
        if isinstance(block, Grid):
            if pen.kind != "table" or pen.columns not in (0, block.n_cols):
                pen.sheet("table", f"表{at}", doc.has("landscape"), run_on and _tall(block))
            pen.grid(block, run_on and _tall(block), rng)
        elif isinstance(following, Grid) and block.role == "heading":
            pen.sheet("table", f"表{at}", doc.has("landscape"), run_on and _tall(following))
            pen.text(block)
        else:
            if pen.kind != "text" and not isinstance(following, Grid):
                pen.sheet("text", f"文{at}", False, False)
            pen.text(block)
    book.close()
    return out.getvalue()


def _tall(grid: Grid) -> bool:
    """Whether the table may run on to pages on its right: no figure's cell is merged, so none is cut."""
    return grid.n_rows > grid.n_cols and grid.head_rows > 0


class _Pen:
    """Writes blocks one below the other; sheets of text have one wide column, sheets of tables twelve."""

    def __init__(self, book: Any, doc: Document, rng: Random) -> None:
        self.book, self.rng = book, rng
        self.kind = ""
        self.row = self.columns = 0
        self.page: Any = None
        font = {
            "font_name": rng.choice(("Noto Sans CJK SC", "AR PL UMing CN", "WenQuanYi Zen Hei")),
            "font_size": 10,
            "valign": "vcenter",
        }
        border = {"border": 0 if doc.has("no_grid_print") else rng.choice((1, 1, 2, 4))}
        self.cell = book.add_format({**font, **border, "align": "center", "text_wrap": True})
        self.label = book.add_format({**font, **border, "align": "left", "text_wrap": True})
        side = "right" if doc.has("right_aligned") else "center"
        self.right = book.add_format({**font, **border, "align": side, "text_wrap": True})
        self.para = book.add_format({**font, "text_wrap": True, "valign": "top"})
        self.head = book.add_format({**font, "bold": True, "font_size": 12})

    def sheet(self, kind: str, name: str, wide: bool, run_on: bool) -> None:
        """A new sheet; unless the columns are to run on, it is fitted to one page's width."""
        self.kind, self.row, self.columns = kind, 0, 0
        self.page = self.book.add_worksheet(name)
        self.page.set_paper(9)
        if wide:
            self.page.set_landscape()
        if not run_on:
            self.page.fit_to_pages(1, 0)
        if kind == "text":
            self.page.set_column(0, 0, 62)
        self.page.set_footer("&C&P")

    def text(self, block: Text) -> None:
        """A paragraph in one cell."""
        if self.kind == "text":
            self.page.set_row(self.row, 16 * (1 + len(block.text) // LINE))
            self.page.write_string(
                self.row, 0, block.text, self.head if block.role in ("title", "heading") else self.para
            )
        else:
            self.page.write_string(self.row, 0, block.text, self.head)
        self.row += 1

    def grid(self, grid: Grid, run_on: bool, rng: Random) -> None:
        """A table; numbers as the document prints them, as text."""
        self.columns = grid.n_cols
        if run_on:
            first = min(c.col for c in grid.cells if c.role == "value")
            cut = rng.randint(first + 1, grid.n_cols - 2)
            self.page.set_v_pagebreaks([first, cut] if rng.random() < 0.15 else [cut])
        for col, w in enumerate(grid.widths):
            self.page.set_column(col, col, max(w * (120 if run_on else 92), 3.2))
        for c in grid.cells:
            style = (
                self.right
                if c.role == "value"
                else self.label
                if c.role == "label" and len(c.text) > 6
                else self.cell
            )
            if c.rows == c.cols == 1:
                self.page.write_string(self.row + c.row, c.col, c.text, style)
            else:
                self.page.merge_range(
                    self.row + c.row, c.col, self.row + c.row + c.rows - 1, c.col + c.cols - 1, c.text, style
                )
        for r, cells in enumerate(grid.by_row()):
            self.page.set_row(
                self.row + r, 4 + 14 * max((self._lines(c, grid, run_on) for c in cells), default=1)
            )
        self.row += grid.n_rows + 1

    @staticmethod
    def _lines(c: Cell, grid: Grid, run_on: bool) -> int:
        """Lines that a cell's text takes; a cell merged over rows asks for none of its own."""
        if c.rows > 1:
            return 1
        room = sum(grid.widths[c.col : c.col + c.cols]) * (120 if run_on else 92)
        return sum(max(1, math.ceil(2.2 * len(part) / room)) for part in c.text.split("\n"))
