"""Tables of a page picture as Grids: every cell looked at once, labels read, figures remembered.

All readings (rivals) of a page's tables share most of their cells, so cells are looked at by place: the
same rectangle is cropped and recognised once, whichever grid asks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from extractor.ocr.crops import CellInk, look, murky, without_rulings
from extractor.ocr.digits import OTHER
from extractor.ocr.engine import FIGURES, Alphabet, Recognised, Recogniser
from extractor.ocr.labels import INK, QuickReader, Words, line_crops, read_words, split_lines
from extractor.types import Box, Cell, Grid

if TYPE_CHECKING:
    from extractor.geometry.grid import Span
    from extractor.geometry.pixels_grid import PixelFrame
    from extractor.ocr.engine import Gray
    from extractor.ocr.pagepic import PagePicture

Rect = tuple[int, int, int, int]
"""A cell in pixels of the flattened page, between the middles of its rulings."""

_WIDE_TEXT = 11.0
"""A line of ink longer than so many digit heights is words: twenty digits would fit."""
_WRAPPED = 6.5
"""The same for each line of several: nine digits would fit."""
_FIGURE = 0.35
"""Probability from which the first reader's figure is believed to be one: words score under 0.1 there,
and a figure taken for words is still read as a figure when the form places it."""
_RIVALS = 4
_NEAR_SIDE = 3.0
"""Points from the picture's side within which a cell is taken for cut."""
_BANNER = 4
"""Columns of a head that spans others, at least: those of tables 3 and 4 span five and ten; figures stand in one, and
in three at most of a table 2 whose blocks share one frame."""
_STAINED = 4
"""Characters up to which words amid figures are not believed to be words."""
_LEAST_INKED, _READ = 2, 0.55
"""Cells in which something was read that make a table of a frame, and the score that counts as read."""
_CLEAR, _LIFTED = 0.9, 0.97
"""Score of a first reading below which a stamp may have troubled it, and of a second one without the stamp's tones
from which it did: of 36 such of 60 made pictures 31 were right and five wrong either way."""
_WORD = 3
"""Characters unknown to the reader of figures that are a word: of 70 figures that read better without a stamp's tones on
44 hard scans none had more than one before."""
_STAMP = 60
"""Red lifted (of 255) that counts as a stamp over a cell."""


@dataclass(slots=True)
class Seen:
    """What was seen at one place."""

    ink: CellInk
    first: Recognised
    stamp: float
    off_page: bool = False
    words: Words | None = None

    @property
    def troubled(self) -> bool:
        """A figure that something may lie over; words are none, whatever single darker strokes of them look like."""
        if _wordy(self.ink) or self.first.text.count(OTHER) >= _WORD:
            return False
        return self.first.score < _CLEAR or OTHER in self.first.text

    @property
    def wordy(self) -> bool:
        return OTHER in self.first.text or not self.first.text or self.first.score < _FIGURE


@dataclass(slots=True)
class PageCells:
    """All cells of one page, by place."""

    page: PagePicture
    figures: Recogniser
    seen: dict[Rect, Seen] = field(default_factory=dict)
    digit: float = 7.5
    """Usual height of a digit on the page, points."""

    def look_at(self, rects: Sequence[Rect]) -> None:
        """Crops and first readings of the places not seen yet."""
        new = [r for r in dict.fromkeys(rects) if r not in self.seen]
        for rect, (ink, first) in self._read(new, False).items():
            self.seen[rect] = Seen(ink, first, self._stamp(rect), self._off_page(rect))
        unsure = [r for r in new if self.seen[r].troubled]
        stamped = [r for r in unsure if murky(self.page.gray, r, self.page.scale)]
        for rect, (ink, first) in self._read(stamped, True).items():
            if first.text and OTHER not in first.text and first.score >= _LIFTED:
                self.seen[rect].ink, self.seen[rect].first = ink, first

    def _read(self, rects: Sequence[Rect], lift: bool) -> dict[Rect, tuple[CellInk, Recognised]]:
        """The ink and the first reading of places; with `lift` of their darkest tones alone."""
        inks = [look(self.page.gray, r, self.page.scale, self.digit, lift) for r in rects]
        crops = [(i, k) for i, ink in enumerate(inks) for k in range(len(ink.lines)) if not _wordy(ink)]
        read = self.figures.read([inks[i].lines[k].wide for i, k in crops], FIGURES)
        lines: dict[int, list[Recognised]] = {}
        for (i, _), result in zip(crops, read, strict=True):
            lines.setdefault(i, []).append(result)
        words = Recognised(OTHER, 1.0, ((OTHER, 1.0),))
        return {r: (inks[i], joined(lines[i]) if i in lines else words) for i, r in enumerate(rects)}

    def composed(self, rect: Rect) -> bool:
        """Words of a place that is made of places already read are theirs, in reading order."""
        own = self.seen[rect]
        if own.words is not None:
            return True
        parts = [
            r for r, s in self.seen.items() if r != rect and (s.words or s.ink.ink == 0) and _covers(rect, r)
        ]
        if not parts or sum(_area(r) for r in parts) < 0.9 * _area(rect):
            return False
        if sum(_area(r) for r in parts) > 1.1 * _area(rect):
            return False
        found = [w for r in sorted(parts, key=lambda r: (r[1], r[0])) if (w := self.seen[r].words)]
        own.words = Words("".join(w.text for w in found), min((w.score for w in found), default=0.0))
        return True

    def _off_page(self, rect: Rect) -> bool:
        """The cell reaches the picture's side: what it prints may go on beyond."""
        height, width = self.page.gray.shape
        near = _NEAR_SIDE * self.page.scale
        return rect[0] < near or rect[1] < near or rect[2] > width - near or rect[3] > height - near

    def _stamp(self, rect: Rect) -> float:
        if self.page.red is None:
            return 0.0
        part = self.page.red[rect[1] : rect[3], rect[0] : rect[2]]
        return int((part > _STAMP).sum()) / part.size if part.size else 0.0

    def read_labels(
        self, rects: Sequence[Rect], engine: Recogniser, alphabet: Alphabet, quick: QuickReader | None
    ) -> None:
        """Words of the places that hold words and were not read yet."""
        new = [r for r in dict.fromkeys(rects) if self.seen[r].words is None]
        crops: list[list[Gray]] = []
        for rect in new:
            inset = round(1.2 * self.page.scale)
            part = self.page.gray[rect[1] + inset : rect[3] - inset, rect[0] + inset : rect[2] - inset]
            if not part.size:
                crops.append([])
                continue
            part = without_rulings(part, self.page.scale, INK)  # the inner one of two makes one line of them all
            crops.append(line_crops(part, split_lines(part, self.page.scale)))
        for rect, words in zip(new, read_words(crops, engine, alphabet, quick=quick), strict=True):
            self.seen[rect].words = words


def _legible(seen: Seen) -> bool:
    """Something was read here: frames drawn by a stamp or dirt hold nothing that can be."""
    if seen.words is not None:
        return bool(seen.words.text) and seen.words.score > _READ
    return bool(seen.first.text) and seen.first.score > _READ


def _covers(outer: Rect, inner: Rect) -> bool:
    slack = 3
    return (
        outer[0] - slack <= inner[0]
        and outer[1] - slack <= inner[1]
        and inner[2] <= outer[2] + slack
        and inner[3] <= outer[3] + slack
    )


def _area(rect: Rect) -> int:
    return max(0, rect[2] - rect[0]) * max(0, rect[3] - rect[1])


def _wordy(ink: CellInk) -> bool:
    """Too long or too many lines for a figure: a wrapped one has two or three short lines."""
    most = _WIDE_TEXT if len(ink.lines) == 1 else _WRAPPED
    return len(ink.lines) > 3 or any(
        line.tight.shape[1] > most * line.tight.shape[0] / 1.44 for line in ink.lines
    )


def joined(lines: Sequence[Recognised]) -> Recognised:
    """A figure wrapped over lines, as one."""
    if len(lines) == 1:
        return lines[0]
    text = "".join(r.text for r in lines)
    score = 1.0
    for r in lines:
        score *= r.score
    return Recognised(text, score, ((text, score),))


def rect_of(page: PagePicture, frame: PixelFrame, span: Span) -> Rect:
    """A cell of a frame in pixels of the flattened page."""
    x0, y0 = page.pixels(frame.xs[span.c0], frame.ys[span.r0])
    x1, y1 = page.pixels(frame.xs[span.c1], frame.ys[span.r1])
    return round(x0), round(y0), round(x1), round(y1)


def grids(
    page: PagePicture,
    cells: PageCells,
    engine: Recogniser,
    alphabet: Alphabet,
    quick: QuickReader | None = None,
) -> tuple[list[Grid], dict[Box, Rect]]:
    """The page's tables with their rivals, label cells read; and the place of every cell's box."""
    frames = [f for readings in page.frames for f in readings]
    places = {id(f): [rect_of(page, f, s) for s in f.spans] for f in frames}
    cells.look_at([r for f in frames for r in places[id(f)]])
    heights = sorted(
        s.ink.lines[0].height
        for s in cells.seen.values()
        if not s.wordy and s.first.score > 0.9 and s.ink.ink > 0.3
    )
    if heights:
        cells.digit = heights[len(heights) // 2]
    for turn in range(_RIVALS + 1):
        # The plain readings first: what rivals only cut otherwise need not be read again.
        asked = [
            r
            for readings in page.frames
            for f in readings[turn : turn + 1]
            for r in places[id(f)]
            if cells.seen[r].wordy and cells.seen[r].ink.ink > 0
        ]
        cells.read_labels([r for r in asked if not cells.composed(r)], engine, alphabet, quick)
    where: dict[Box, Rect] = {}
    out: list[Grid] = []
    for readings in page.frames:
        inked = [f for f in readings if sum(_legible(cells.seen[r]) for r in places[id(f)]) >= _LEAST_INKED]
        if inked:
            out.append(_with_rivals([_grid(page, f, places[id(f)], cells, where) for f in inked]))
    return out, where


def _with_rivals(made: list[Grid]) -> Grid:
    return replace(made[0], rivals=tuple(made[1:]))


def _grid(
    page: PagePicture, frame: PixelFrame, rects: Sequence[Rect], cells: PageCells, where: dict[Box, Rect]
) -> Grid:
    out: list[Cell] = []
    for span, rect in zip(frame.spans, rects, strict=True):
        seen = cells.seen[rect]
        box = page.box(frame.xs[span.c0], frame.ys[span.r0], frame.xs[span.c1], frame.ys[span.r1])
        where[box] = rect
        text, score, engine = _stated(seen)
        out.append(
            Cell(
                span.r0, span.c0, span.r1 - span.r0, span.c1 - span.c0, text, page.number, box, engine, score,
                doubts=(),
            )
        )  # fmt: skip
    out = _misread_figures(out)
    m = page.mask_scale
    whole = page.box(frame.xs[0], frame.ys[0], frame.xs[-1], frame.ys[-1])
    edges = tuple(round(x / m, 2) for x in frame.xs)
    return Grid(
        tuple(out),
        len(frame.ys) - 1,
        len(frame.xs) - 1,
        "pixels",
        page.number,
        whole,
        round(frame.drawn, 3),
        edges,
        row_edges=tuple(round(y / m, 2) for y in frame.ys),
    )


def _misread_figures(cells: list[Cell]) -> list[Cell]:
    """Short words amid figures are a figure under a stain: left to the reader, not taken for a label.

    Amid figures: most cells of its column and most cells beside it in its row hold figures.
    """
    columns: dict[int, list[Cell]] = {}
    rows: dict[int, list[Cell]] = {}
    for c in cells:
        columns.setdefault(c.col, []).append(c)
        rows.setdefault(c.row, []).append(c)

    def amid(cell: Cell) -> bool:
        if not cell.text or len(cell.text) > _STAINED or cell.col == 0:
            return False
        column = [c for c in columns[cell.col] if c is not cell and c.text != ""]
        row = [c for c in rows[cell.row] if c is not cell and c.text != "" and c.col > 0]
        return all(len(part) >= 2 and sum(map(_figure, part)) * 2 > len(part) for part in (column, row))

    def banner(cell: Cell) -> bool:
        """Over several columns in a row of nothing but such cells: an unread head (行政诉讼), never a figure."""
        under = range(cell.col + 1, cell.col + cell.col_span)
        wide = all(c.col_span >= _BANNER for c in rows[cell.row])
        return cell.text is None and wide and any(c.row > cell.row and c.col in under for c in cells)

    cells = [replace(c, text=None, score=0.0, engine="digitnet") if amid(c) else c for c in cells]
    return [replace(c, text="") if banner(c) else c for c in cells]


def _figure(cell: Cell) -> bool:
    """A figure, or the one or two characters that a stain makes of it: heads of columns have no digit and no letter."""
    text = cell.text
    return text is None or (len(text) <= 2 and any(ch.isascii() and ch.isalnum() for ch in text))


def _stated(seen: Seen) -> tuple[str | None, float, str]:
    """(text, score, engine) of a cell in its grid: words are read, figures are left to the reader."""
    if seen.words is not None and seen.words.text:
        return seen.words.text, round(seen.words.score, 3), "ppocr6"
    if seen.ink.ink == 0 and not seen.first.text:
        return "", round(seen.first.score, 3), "digitnet"
    return None, 0.0, "digitnet"
