"""The second, independent reading of a born-digital PDF's cells: pdfplumber's characters.

pdfplumber parses the file with pdfminer, which shares no code with pdfium.  It is asked only for cells
that something speaks against, because it costs as much as everything else together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from extractor.geometry.lines import cell_text
from extractor.geometry.marks import Char
from extractor.geometry.turn import Upright
from extractor.types import Box, Cell, Reading

ENGINE = "pdfplumber"
_PAPER = 0.98
"""A grey or RGB ink at or above this (1 is white) is invisible on paper."""


@dataclass(slots=True)
class PdfText:
    """The cell reader of a PDF with a text layer.  `turns` are the quarter turns of every page."""

    data: bytes
    password: str | None
    turns: tuple[int, ...]
    _chars: dict[int, list[Char]] = field(default_factory=dict)

    def figures(self, cells: Sequence[Cell]) -> list[Reading]:
        """The text that pdfium stated."""
        return [
            Reading(c.text or "", c.engine, c.score if c.text is not None else 0.0, doubts=c.doubts)
            for c in cells
        ]

    def again(self, cells: Sequence[Cell]) -> list[Reading | None]:
        """The same cells by pdfplumber; None where its parser fails on the page."""
        wanted = {c.page for c in cells if c.page is not None} - set(self._chars)
        if wanted:
            self._parse(wanted)
        return [self._again(c) for c in cells]

    def _again(self, cell: Cell) -> Reading | None:
        chars = self._chars.get(cell.page or 0)
        if chars is None or cell.box is None:
            return None
        x0, top, x1, bottom = cell.box
        inside = [c for c in chars if x0 <= c.cx <= x1 and top <= c.cy <= bottom]
        return Reading(cell_text(inside, x1 - x0) if inside else "", ENGINE, 1.0)

    def _parse(self, pages: set[int]) -> None:
        import io
        import logging

        import pdfplumber
        from pdfminer.pdfexceptions import PDFException
        from pdfplumber.utils.exceptions import PdfminerException

        logging.getLogger("pdfminer").setLevel(logging.ERROR)
        try:
            pdf = pdfplumber.open(io.BytesIO(self.data), password=self.password or "")
        except (PDFException, PdfminerException):
            return
        with pdf:
            for number in sorted(pages):
                if number > len(pdf.pages):
                    continue
                page = pdf.pages[number - 1]
                try:
                    self._chars[number] = _chars(page, self.turns[number - 1])
                except (PDFException, PdfminerException, ValueError, KeyError, TypeError, RecursionError):
                    # pdfminer raises all of these on damaged pages; no reading is an honest answer.
                    continue


def _chars(page: Any, turns: int) -> list[Char]:
    raw = page.page_obj
    media, crop = raw.mediabox, raw.cropbox or raw.mediabox
    x0, y0 = max(media[0], crop[0]), max(media[1], crop[1])
    upright = Upright((x0, y0, min(media[2], crop[2]), min(media[3], crop[3])), turns)
    rotation = (raw.rotate or 0) % 360
    out: list[Char] = []
    for c in _printed(page):
        text = c.get_text()
        if not text.strip() or _white(c.graphicstate.ncolor):
            continue
        # pdfminer counts from the media box's corner.
        a = _unrotated(c.x0, c.y0, media, rotation)
        b = _unrotated(c.x1, c.y1, media, rotation)
        box: Box = upright.box(a[0], a[1], b[0], b[1])
        out.append(Char(text, *box, float(c.size)))
    return out


def _printed(page: Any) -> list[Any]:
    """pdfminer's characters of a pdfplumber page.

    `page.chars` would also make objects of every ruling, which nobody asks for here: half of the time on
    a page that a browser printed.  Raises PdfminerException, as pdfplumber does.
    """
    from pdfminer.converter import PDFLayoutAnalyzer
    from pdfminer.pdfinterp import PDFPageInterpreter
    from pdfplumber.utils.exceptions import PdfminerException

    class Characters(PDFLayoutAnalyzer):
        chars: tuple[Any, ...] = ()

        def paint_path(self, *_: Any, **__: Any) -> None:
            """Lines are no characters."""

        def render_image(self, *_: Any, **__: Any) -> None:
            """Nor are images."""

        def receive_layout(self, ltpage: Any) -> None:
            self.chars = tuple(_leaves(ltpage))

    device = Characters(page.pdf.rsrcmgr, pageno=page.page_number, laparams=None)
    try:
        PDFPageInterpreter(page.pdf.rsrcmgr, device).process_page(page.page_obj)
    except Exception as error:
        raise PdfminerException(error) from error
    return list(device.chars)


def _leaves(container: Any) -> Iterator[Any]:
    """Characters of a layout container and of the forms in it."""
    for item in container:
        if hasattr(item, "graphicstate"):
            yield item
        elif hasattr(item, "__iter__"):
            yield from _leaves(item)


def _unrotated(x: float, y: float, media: Sequence[float], rotation: int) -> tuple[float, float]:
    """pdfminer's displayed space (origin at the media box's corner) back to user space."""
    x0, y0, x1, y1 = media
    if rotation == 90:
        return x1 - y, x + y0
    if rotation == 180:
        return x1 - x, y1 - y
    if rotation == 270:
        return y + x0, y1 - x
    return x + x0, y + y0


def _white(colour: object) -> bool:
    if isinstance(colour, int | float):
        return colour >= _PAPER
    if isinstance(colour, tuple | list) and len(colour) in (1, 3):
        return all(isinstance(v, int | float) and v >= _PAPER for v in colour)
    return False
