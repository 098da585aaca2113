"""PDF drawn directly, as report generators draw: rulings of every make, text runs of every kind."""

from __future__ import annotations

import functools
import io
from dataclasses import dataclass
from pathlib import Path
from random import Random

from reportlab.lib.pagesizes import A4, landscape
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from ..convert import MissingProgram
from ..document import Document, Text
from ..grids import Cell, Grid

#: TrueType fonts (reportlab reads no CFF outlines): file, index in the collection.
FONT_FILES = (
    ("wqy/wqy-zenhei.ttc", 0),
    ("arphic/uming.ttc", 0),
    ("arphic/ukai.ttc", 0),
    ("wqy/wqy-microhei.ttc", 0),
)
FONT_DIR = Path("/usr/share/fonts/truetype")
MARGIN, LINE = 50.0, 1.55
CELL = 9.0  # points: size of the text in cells
PAD = 3.0  # points: between ruling and text


@functools.cache
def _fonts() -> tuple[str, ...]:
    names = []
    for path, index in FONT_FILES:
        if (FONT_DIR / path).exists():
            name = f"{Path(path).stem}{index}"
            pdfmetrics.registerFont(TTFont(name, str(FONT_DIR / path), subfontIndex=index))
            names.append(name)
    if not names:
        raise MissingProgram("no Chinese TrueType font is installed: see samples/maker/README.md")
    return tuple(names)


def render(doc: Document, rng: Random) -> bytes:
    """The report as the bytes of a PDF."""
    out = io.BytesIO()
    size = landscape(A4) if doc.has("landscape") else A4
    pen = _Pen(Canvas(out, pagesize=size, invariant=1), size, rng.choice(_fonts()), doc, rng)
    pen.furniture()
    for block in doc.blocks:
        if isinstance(block, Grid):
            pen.grid(block)
        else:
            pen.text(block)
    pen.canvas.save()
    return out.getvalue()


def wrap(text: str, font: str, size: float, width: float) -> list[str]:
    """Lines of at most `width` points; digits of one number stay together."""
    lines: list[str] = []
    for part in text.split("\n"):
        line, token = "", ""
        for ch in [*part, "\0"]:
            if ch.isdigit() or ch == ".":
                token += ch
                continue
            for piece in (token, ch if ch != "\0" else ""):
                if line and pdfmetrics.stringWidth(line + piece, font, size) > width:
                    lines.append(line)
                    line = piece
                else:
                    line += piece
            token = ""
        lines.append(line)
    return lines


@dataclass(slots=True)
class _Pen:
    canvas: Canvas
    size: tuple[float, float]
    font: str
    doc: Document
    rng: Random
    y: float = 0.0

    def furniture(self) -> None:
        """What stands on a new page before anything else."""
        self.y = self.size[1] - MARGIN
        if self.doc.has("watermark"):
            self.canvas.saveState()
            self.canvas.setFillGray(0.9)
            self.canvas.setFont(self.font, 54)
            self.canvas.translate(140, 260)
            self.canvas.rotate(40)
            self.canvas.drawString(0, 0, f"{self.doc.place}政务公开")
            self.canvas.restoreState()
        if self.doc.has("hidden_text"):
            self.canvas.setFillGray(1)
            self.canvas.setFont(self.font, 9)
            self.canvas.drawString(MARGIN, self.size[1] - 24, "行政许可 88 行政处罚 99 总计 7 7 7 7 7 7 7")
            self.canvas.setFillGray(0)
            hidden = self.canvas.beginText(MARGIN, 26)
            hidden.setFont(self.font, 9)
            hidden.setTextRenderMode(3)
            hidden.textLine("内部校对稿 一、本年新收政府信息公开申请数量 5 5 5")
            hidden.setTextRenderMode(0)
            self.canvas.drawText(hidden)

    def next_page(self) -> None:
        """The next page."""
        self.canvas.showPage()
        self.furniture()

    def text(self, block: Text) -> None:
        """A paragraph, a heading or the title."""
        big = 17.0 if block.role == "title" else 12.0
        width = self.size[0] - 2 * MARGIN
        indent = "" if block.role in ("title", "sign") else "　　"
        for line in wrap(indent + block.text, self.font, big, width):
            if self.y < MARGIN + 2 * big:
                self.next_page()
            self.y -= big * LINE
            x = MARGIN
            if block.role == "title":
                x = (self.size[0] - pdfmetrics.stringWidth(line, self.font, big)) / 2
            elif block.role == "sign":
                x = self.size[0] - MARGIN - pdfmetrics.stringWidth(line, self.font, big)
            self._run(x, self.y, line, big, bold=block.role in ("title", "heading"))

    def _run(self, x: float, y: float, text: str, size: float, bold: bool = False) -> None:
        self.canvas.setFont(self.font, size)
        if self.doc.has("single_glyphs"):
            for ch in text:
                self.canvas.drawString(x, y, ch)
                x += pdfmetrics.stringWidth(ch, self.font, size)
            return
        self.canvas.drawString(x, y, text)
        if bold and self.doc.has("doubled_chars"):
            self.canvas.drawString(x + 0.3, y, text)

    def grid(self, grid: Grid) -> None:
        """A table, broken between rows where the page ends; `sideways` ones get a page of their own."""
        side = self.doc.has("sideways") and grid.table == "3"
        wide = (self.size[1] if side else self.size[0]) - 2 * MARGIN
        xs = [0.0]
        for w in grid.widths:
            xs.append(xs[-1] + w * wide)
        heights = self._heights(grid, xs)
        if side:
            self.canvas.showPage()
            self._sideways(grid, xs, heights)
            self.canvas.showPage()
            self.furniture()
            return
        self.y -= 6
        start = 0
        whole = self.size[1] - 2 * MARGIN
        heights = [min(h, whole) for h in heights]
        while start < len(heights):
            room = self.y - MARGIN
            head = grid.head_rows if start and self.doc.has("repeat_header") else 0
            if sum(heights[:head]) + heights[start] > whole:
                head = 0  # heading and row fit no page together
            used, end = sum(heights[:head]), start
            while end < len(heights) and used + heights[end] <= room:
                used += heights[end]
                end += 1
            fresh = room >= whole
            if not fresh and (end == start or (start == 0 and end < len(heights) and end <= grid.head_rows)):
                self.next_page()
                continue
            if head:
                self._part(grid, 0, head, xs, heights, MARGIN, self.y)
                self.y -= sum(heights[:head])
            self._part(grid, start, end, xs, heights, MARGIN, self.y)
            self.y -= sum(heights[start:end])
            start = end
            if start < len(heights):
                self.next_page()
        self.y -= 10

    def _sideways(self, grid: Grid, xs: list[float], heights: list[float]) -> None:
        """The table turned by a quarter, on a page that stays upright; shrunk where it is too tall."""
        scale = min(1.0, (self.size[0] - 2 * MARGIN) / sum(heights))
        self.canvas.saveState()
        self.canvas.translate(MARGIN, MARGIN)
        self.canvas.rotate(90)
        self.canvas.scale(1, scale)
        self._part(grid, 0, len(heights), xs, heights, 0, 0)
        self.canvas.restoreState()

    def _heights(self, grid: Grid, xs: list[float]) -> list[float]:
        rows = [CELL * LINE + PAD] * grid.n_rows
        for c in sorted(grid.cells, key=lambda c: c.rows):
            need = (
                len(wrap(c.text, self.font, CELL, xs[c.col + c.cols] - xs[c.col] - 2 * PAD)) * CELL * 1.25
                + 2 * PAD
            )
            short = need - sum(rows[c.row : c.row + c.rows])
            if short > 0:
                for r in range(c.row, c.row + c.rows):
                    rows[r] += short / c.rows
        return rows

    def _part(
        self,
        grid: Grid,
        first: int,
        last: int,
        xs: list[float],
        heights: list[float],
        left: float,
        top: float,
    ) -> None:
        """Rows `first` to `last` with their rulings; a merged cell cut by the page shows its text on both."""
        ys = [top]
        for h in heights[first:last]:
            ys.append(ys[-1] - h)
        glued = self.doc.has("glued_cells")
        for at in range(first, last):
            values = [c for c in grid.cells if c.row == at and c.role == "value"]
            if glued and values:
                x, y = left + xs[values[0].col] + PAD, (ys[at - first] + ys[at - first + 1]) / 2 - CELL / 3
                self._run(x, y, self._glue(values, xs), CELL, bold=True)
        order = (
            sorted(grid.cells, key=lambda c: (-c.col, c.row)) if self.doc.has("column_order") else grid.cells
        )
        for c in order:
            a, b = max(c.row, first), min(c.row + c.rows, last)
            if a >= b or c.row + c.rows <= first or c.row >= last:
                continue
            box = (left + xs[c.col], ys[b - first], left + xs[c.col + c.cols], ys[a - first])
            self._ruling(box)
            if not (glued and c.role == "value"):
                self._cell(c, box)

    def _glue(self, values: list[Cell], xs: list[float]) -> str:
        """The values of a row as one run, padded with spaces to their columns."""
        space = pdfmetrics.stringWidth(" ", self.font, CELL)
        out = ""
        for c in values:
            here = pdfmetrics.stringWidth(out, self.font, CELL)
            want = xs[c.col] - xs[values[0].col]
            out += " " * max(1 if out else 0, round((want - here) / space)) + c.text
        return out

    def _cell(self, c: Cell, box: tuple[float, float, float, float]) -> None:
        lines = wrap(c.text, self.font, CELL, box[2] - box[0] - 2 * PAD)
        y = (box[1] + box[3]) / 2 + (len(lines) - 1) * CELL * 0.6 - CELL / 3
        for line in lines:
            wide = pdfmetrics.stringWidth(line, self.font, CELL)
            x = (box[0] + box[2] - wide) / 2
            if c.role == "value" and self.doc.has("right_aligned"):
                x = box[2] - PAD - wide
            if c.role == "label" and len(c.text) > 6:
                x = box[0] + PAD
            self._run(x, y, line, CELL, bold=True)
            y -= CELL * 1.2

    def _ruling(self, box: tuple[float, float, float, float]) -> None:
        x0, y0, x1, y1 = box
        c = self.canvas
        c.setLineWidth(0.6)
        if self.doc.has("no_rulings"):
            return
        if self.doc.has("rect_rulings"):
            c.rect(x0, y0, x1 - x0, y1 - y0)
        elif self.doc.has("filled_rulings"):
            for bar in (
                (x0, y0, x1 - x0, 0.6),
                (x0, y1, x1 - x0, 0.6),
                (x0, y0, 0.6, y1 - y0),
                (x1, y0, 0.6, y1 - y0),
            ):
                c.rect(*bar, stroke=0, fill=1)
        elif self.doc.has("row_rulings"):
            c.lines([(x0, y0, x1, y0), (x0, y1, x1, y1)])
        elif self.doc.has("open_rulings"):
            g = 1.5
            c.lines(
                [
                    (x0 + g, y0, x1 - g, y0),
                    (x0 + g, y1, x1 - g, y1),
                    (x0, y0 + g, x0, y1 - g),
                    (x1, y0 + g, x1, y1 - g),
                ]
            )
        else:
            c.lines([(x0, y0, x1, y0), (x0, y1, x1, y1), (x0, y0, x0, y1), (x1, y0, x1, y1)])
            if self.doc.has("doubled_rulings"):
                c.lines([(x0, y0 + 1.6, x1, y0 + 1.6), (x0 + 1.6, y0, x0 + 1.6, y1)])
