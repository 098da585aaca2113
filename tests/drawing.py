"""Reports for the tests of the core, drawn on the spot: tables as PDF, HTML and grids, without any program.

The text is the maker's (samples.maker); only the drawing is done here, with a font that every PDF reader
brings, so that these tests run on a bare machine.
"""

from __future__ import annotations

import html
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from extractor.types import Cell as ReadCell
from extractor.types import Document as ReadDocument
from extractor.types import Grid as ReadGrid
from extractor.types import Line, Reading
from samples.maker.compose import Spec, compose
from samples.maker.document import Document, Text
from samples.maker.grids import Cell, Grid

HAN, PLAIN = "STSong-Light", "Helvetica"
A4 = (595.0, 842.0)
MARGIN, SIZE, PAD = 40.0, 8.0, 3.0
BOTH = (("2", "2021"), ("3", "2021"), ("4", "2021"))
OLD = (("2", "2019"), ("3", "2019"), ("4", "2019"))


def report(
    editions: tuple[tuple[str, str], ...] = BOTH,
    seed: int = 1,
    traits: frozenset[str] = frozenset(),
    year: int = 2023,
) -> tuple[Document, dict[str, Any]]:
    """An invented report and its truth."""
    return compose(Spec(f"t{seed}", "digital", "direct", editions, year, traits), Random(seed))


Stroke = Callable[[Canvas, float, float, float, float], None]


def plain_stroke(c: Canvas, x0: float, y0: float, x1: float, y1: float) -> None:
    """One straight line."""
    c.line(x0, y0, x1, y1)


@dataclass
class Pen:
    """Draws a document's blocks down the pages.  `turn`: degrees that the content lies on its side."""

    size: tuple[float, float] = A4
    stroke: Stroke | None = plain_stroke
    before: Callable[[Canvas, tuple[float, float]], None] | None = None
    """Draws on every new page before anything else."""
    doubled: bool = False
    """Every run is printed twice, a hair apart (fake bold)."""
    out: io.BytesIO = field(default_factory=io.BytesIO)

    def draw(self, doc: Document, **options: Any) -> bytes:
        """The whole document as the bytes of a PDF; `options` go to reportlab's canvas."""
        pdfmetrics.registerFont(UnicodeCIDFont(HAN))
        self.c = Canvas(self.out, pagesize=self.size, invariant=1, **options)
        self._page()
        for block in doc.blocks:
            if isinstance(block, Grid):
                self._grid(block)
            else:
                self._text(block)
        self.c.save()
        return self.out.getvalue()

    def _page(self) -> None:
        self.y = self.size[1] - MARGIN
        if self.before:
            self.before(self.c, self.size)

    def _next(self) -> None:
        self.c.showPage()
        self._page()

    def _text(self, block: Text) -> None:
        for line in _wrapped(block.text, 11, self.size[0] - 2 * MARGIN):
            if self.y < MARGIN + 24:
                self._next()
            self.y -= 17
            self._run(MARGIN, self.y, line, 11)

    def _run(self, x: float, y: float, text: str, size: float) -> None:
        for part, font in _runs(text):
            self.c.setFont(font, size)
            self.c.drawString(x, y, part)
            if self.doubled:
                self.c.drawString(x + 0.3, y, part)
            x += pdfmetrics.stringWidth(part, font, size)

    def _grid(self, grid: Grid) -> None:
        xs = [MARGIN]
        for w in grid.widths:
            xs.append(xs[-1] + w * (self.size[0] - 2 * MARGIN))
        heights = _heights(grid, xs)
        self.y -= 8
        start = 0
        while start < grid.n_rows:
            end, used = start, 0.0
            while end < grid.n_rows and used + heights[end] <= self.y - MARGIN:
                used += heights[end]
                end += 1
            if end <= max(start, grid.head_rows if not start else 0) < grid.n_rows:
                self._next()
                continue
            self._part(grid, start, end, xs, heights)
            start = end
            if start < grid.n_rows:
                self._next()
        self.y -= 12

    def _part(self, grid: Grid, first: int, last: int, xs: Sequence[float], heights: Sequence[float]) -> None:
        ys = [self.y]
        for h in heights[first:last]:
            ys.append(ys[-1] - h)
        for c in grid.cells:
            a, b = max(c.row, first), min(c.row + c.rows, last)
            if a >= b:
                continue
            x0, x1, y1, y0 = xs[c.col], xs[c.col + c.cols], ys[a - first], ys[b - first]
            if self.stroke:
                self.c.setLineWidth(0.5)
                for line in ((x0, y0, x1, y0), (x0, y1, x1, y1), (x0, y0, x0, y1), (x1, y0, x1, y1)):
                    self.stroke(self.c, *line)
            if c.row >= first:
                self._words(c, x0, x1, y0, y1)
        self.y = ys[-1]

    def _words(self, c: Cell, x0: float, x1: float, y0: float, y1: float) -> None:
        lines = _wrapped(c.text, SIZE, x1 - x0 - 2 * PAD)
        y = (y0 + y1) / 2 + (len(lines) - 1) * SIZE * 0.6 - SIZE / 3
        for line in lines:
            wide = sum(pdfmetrics.stringWidth(t, f, SIZE) for t, f in _runs(line))
            self._run(x0 + PAD if c.role == "label" else (x0 + x1 - wide) / 2, y, line, SIZE)
            y -= SIZE * 1.2


def _runs(text: str) -> list[tuple[str, str]]:
    """Parts of a text with the font of each: figures in a Latin font, as word processors set them."""
    out: list[tuple[str, str]] = []
    for ch in text:
        font = PLAIN if ch.isascii() else HAN
        if out and out[-1][1] == font:
            out[-1] = (out[-1][0] + ch, font)
        else:
            out.append((ch, font))
    return out


def _wrapped(text: str, size: float, width: float) -> list[str]:
    lines: list[str] = []
    for part in text.split("\n"):
        line, wide = "", 0.0
        for ch in part:
            w = size if not ch.isascii() else size * 0.556
            if line and wide + w > width and not (ch.isascii() and line[-1].isascii()):
                lines.append(line)
                line, wide = "", 0.0
            line, wide = line + ch, wide + w
        lines.append(line)
    return lines


def _heights(grid: Grid, xs: Sequence[float]) -> list[float]:
    rows = [SIZE * 1.7] * grid.n_rows
    for c in sorted(grid.cells, key=lambda c: c.rows):
        need = len(_wrapped(c.text, SIZE, xs[c.col + c.cols] - xs[c.col] - 2 * PAD)) * SIZE * 1.2 + 2 * PAD
        short = need - sum(rows[c.row : c.row + c.rows])
        for r in range(c.row, c.row + c.rows) if short > 0 else ():
            rows[r] += short / c.rows
    return rows


def pdf(doc: Document, **how: Any) -> bytes:
    """The document as a PDF; `how` are the Pen's fields."""
    return Pen(**how).draw(doc)


def page_of(doc: Document) -> bytes:
    """The document as a web page."""
    parts = []
    for block in doc.blocks:
        if isinstance(block, Text):
            parts.append(f"<p>{html.escape(block.text)}</p>")
            continue
        rows = "".join(
            "<tr>" + "".join(
                f'<td rowspan="{c.rows}" colspan="{c.cols}">{html.escape(c.text)}</td>' for c in row
            ) + "</tr>"
            for row in block.by_row()
        )  # fmt: skip
        parts.append(f"<table border=1>{rows}</table>")
    body = "\n".join(parts)
    return f"<!doctype html><html><head><meta charset=utf-8></head><body>{body}</body></html>".encode()


# ---------------------------------------------------------------- what readers hand on, made by hand


class Stated:
    """A cell reader that gives the text back."""

    def figures(self, cells: Sequence[ReadCell]) -> list[Reading]:
        return [Reading(c.text or "", "stated", 1.0, doubts=c.doubts) for c in cells]

    def again(self, cells: Sequence[ReadCell]) -> list[Reading | None]:
        return [None] * len(cells)


def grid_of(grid: Grid, page: int | None = None, top: float = 0.0) -> ReadGrid:
    """A maker's grid as a reader would find it, 40 by 12 points a cell."""
    edges = tuple(50.0 + 40 * i for i in range(grid.n_cols + 1))
    cells = tuple(
        ReadCell(
            c.row, c.col, c.rows, c.cols, c.text, page,
            (edges[c.col], top + 12 * c.row, edges[c.col + c.cols], top + 12 * (c.row + c.rows)),
        )
        for c in sorted(grid.cells, key=lambda c: (c.row, c.col))
    )  # fmt: skip
    box = (edges[0], top, edges[-1], top + 12 * grid.n_rows)
    return ReadGrid(cells, grid.n_rows, grid.n_cols, "ruled", page, box, 1.0, edges)


def read_document(doc: Document) -> ReadDocument:
    """The document as a reader would hand it on, all on one page."""
    blocks: list[Line | ReadGrid] = []
    top = 40.0
    for block in doc.blocks:
        if isinstance(block, Text):
            blocks.append(Line(block.text, 1, (50, top, 500, top + 12)))
            top += 14
        else:
            blocks.append(grid_of(block, 1, top))
            top += 12 * block.n_rows + 10
    return ReadDocument("pdf_text", tuple(blocks), Stated())


def with_grids(doc: Document, change: Callable[[Grid], Sequence[Grid]]) -> Document:
    """The document with every table replaced by what `change` makes of it."""
    blocks = [g for b in doc.blocks for g in (change(b) if isinstance(b, Grid) else (b,))]
    return replace(doc, blocks=blocks)


def without_rows(grid: Grid, gone: Sequence[int]) -> Grid:
    """The grid without some rows; cells that span them shrink."""
    cells = []
    for c in grid.cells:
        span = [r for r in range(c.row, c.row + c.rows) if r not in gone]
        if span:
            cells.append(replace(c, row=c.row - sum(g < c.row for g in gone), rows=len(span)))
    return replace(grid, cells=tuple(cells))


def rows_between(grid: Grid, first: int, last: int) -> Grid:
    """Rows `first` to `last`, as a page break leaves them: cells that span the cut are in both parts."""
    cells = []
    for c in grid.cells:
        a, b = max(c.row, first), min(c.row + c.rows, last)
        if a < b:
            text = c.text if c.row >= first else ""
            cells.append(replace(c, row=a - first, rows=b - a, text=text))
    return replace(grid, cells=tuple(cells))
