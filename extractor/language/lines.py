"""Printed lines to paragraphs: furniture out, lines joined over line and page breaks.

A source with geometry gives one Line per printed line; office files, web pages and text give one per
paragraph, and those are left as they are.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from extractor.language.normalise import fold, key
from extractor.language.prose import enumerator
from extractor.settings import MODELS
from extractor.types import Document, Grid, Line

_PARAGRAPHS = frozenset({"docx", "html", "text"})
# Share of a page's height, at top and bottom, where running heads and page numbers stand.
_MARGIN = 0.1
LEADER = re.compile(r"(?:(?:[.…·．。⋯_\-—]\s?){3,}|\.{2,}|\s{6,}|\t)\s*[-—]?\d{1,3}[-—]?\s*$")
CUT = "⋯"
"""Stands where a line runs off the page's edge (a spreadsheet's print) and its end is not printed."""
_STOP = "。！？：；.!?:;"
_OTHER_SIZE = {True: 0.15, False: 0.4}
"""Share by which the size of another paragraph's type differs, where the file states it and where it is the
height of a line's ink: that of 件。 alone is 0.39 less than its paragraph's, a title's 0.5 more."""
_NEAR = 6
"""Lines above and below that tell where a picture's line could have ended: its margins lean and bend."""


class Paragraph(NamedTuple):
    """Joined text of one or more printed lines."""

    text: str
    pages: tuple[int, ...]
    size: float = 0.0
    heading: bool = False
    leader: bool = False
    """It ends in dots and a page number: an entry of a table of contents."""
    lines: int = 1


Part = Paragraph | Grid


@lru_cache(maxsize=1)
def _furniture() -> tuple[re.Pattern[str], re.Pattern[str]]:
    data = tomllib.loads((MODELS / "lexicon" / "furniture.toml").read_text(encoding="utf-8"))
    return re.compile("|".join(data["lines"])), re.compile("|".join(data["marks"]), re.IGNORECASE)


def is_furniture(text: str) -> bool:
    """Page numbers, navigation, print buttons: what no reader takes for the report."""
    whole, marks = _furniture()
    flat = fold(text)
    if not flat or whole.search(flat):
        return True
    # Prose that only mentions such a thing ends like a sentence.
    return bool(marks.search(flat)) and not flat.endswith("。")


def _running(document: Document, lines: Sequence[Line]) -> set[str]:
    """Keys of lines that stand at the top or bottom of several pages: running heads and feet."""
    heights = {p.number: p.height for p in document.pages}
    seen: Counter[str] = Counter()
    for line in lines:
        height = heights.get(line.page or 0)
        if height and line.box and (line.box[3] < height * _MARGIN or line.box[1] > height * (1 - _MARGIN)):
            seen[re.sub(r"\d", "", key(line.text))] += 1
    most = max(3, len(heights) // 2)
    return {k for k, n in seen.items() if k and n >= most}


def kept_lines(document: Document) -> list[Line | Grid]:
    """The blocks of a document without page and site furniture."""
    lines = [b for b in document.blocks if isinstance(b, Line)]
    running = _running(document, lines) if document.pages else set()
    out: list[Line | Grid] = []
    for block in document.blocks:
        kept = not isinstance(block, Line) or not is_furniture(block.text)
        if kept and (isinstance(block, Grid) or re.sub(r"\d", "", key(block.text)) not in running):
            out.append(block)
    return out


def _margins(lines: Sequence[Line]) -> dict[int | None, tuple[float, float]]:
    """Left and right edge of the running text of every page, points."""
    out: dict[int | None, tuple[float, float]] = {}
    for page in {line.page for line in lines}:
        boxes = [line.box for line in lines if line.page == page and line.box]
        if boxes:
            out[page] = min(b[0] for b in boxes), max(b[2] for b in boxes)
    wide = max((r for _, r in out.values()), default=0.0)
    # A page with a line or two says little about its margins; the widest page stands in.
    few = {p for p in out if sum(line.page == p for line in lines) < 6}
    return {p: (m[0], max(m[1], wide) if p in few else m[1]) for p, m in out.items()}


class _Edges:
    """Where the running text of a document's pages begins and ends."""

    def __init__(self, document: Document, lines: Sequence[Line]) -> None:
        self._margins = _margins(lines)
        self._pictures = {p.number for p in document.pages if p.origin == "picture"}
        self._lines = {p: [x for x in lines if x.page == p and x.box] for p in self._pictures}

    def stated(self, line: Line) -> bool:
        """Whether the line's size is that of its type, not the height of its ink."""
        return line.page not in self._pictures

    def left(self, line: Line) -> float:
        return self._margins[line.page][0]

    def right(self, line: Line) -> float:
        """The right edge that the line could have reached, points."""
        if self.stated(line):
            return self._margins[line.page][1]
        beside = self._lines[line.page or 0]
        at = beside.index(line)
        return max(x.box[2] for x in beside[max(0, at - _NEAR) : at + _NEAR + 1] if x.box)


def _starts(line: Line, before: Line, edges: _Edges) -> bool:
    """Whether `line` begins a paragraph, `before` being the line above it."""
    mark = enumerator(line.text)
    if mark and not (mark.strip()[0].isdigit() and before.text.rstrip()[-1:] not in _STOP):
        return True
    if line.box is None or before.box is None:
        return before.text.rstrip()[-1:] in _STOP or line.text[:2].isspace()
    size = max(line.size or 0.0, line.box[3] - line.box[1], 1.0)
    if abs(before.size - line.size) > _OTHER_SIZE[edges.stated(line)] * before.size and before.size and line.size:
        return True
    left = edges.left(line)
    if before.box[2] < edges.right(before) - 3 * size:
        return True
    if line.page == before.page and line.box[0] > before.box[0] + size:
        return True
    return line.box[0] > left + 1.2 * size and before.text.rstrip()[-1:] in _STOP


def _glue(first: str, second: str, cut: bool) -> str:
    """Two lines of one paragraph; a space only between Latin words, CUT where the first runs off the page."""
    if cut:
        return first + CUT + second
    latin = first[-1:].isascii() and first[-1:].isalpha() and second[:1].isascii() and second[:1].isalpha()
    return first + (" " if latin else "") + second


def _paragraph(line: Line) -> Paragraph:
    pages = (line.page,) if line.page is not None else ()
    leader = bool(LEADER.search(line.text))
    return Paragraph(line.text.strip(), pages, line.size, line.heading, leader)


def paragraphs(document: Document) -> list[Part]:
    """Paragraphs and grids in reading order, furniture left out."""
    blocks = kept_lines(document)
    joining = document.source not in _PARAGRAPHS
    edges = _Edges(document, [b for b in blocks if isinstance(b, Line)]) if joining else None
    widths = {p.number: p.width for p in document.pages}
    out: list[Part] = []
    before: Line | None = None
    for block in blocks:
        if isinstance(block, Grid):
            out.append(block)
            before = None
            continue
        last = out[-1] if out else None
        if (
            before is None or edges is None or not isinstance(last, Paragraph) or last.leader
            or _starts(block, before, edges)
        ):  # fmt: skip
            out.append(_paragraph(block))
        else:
            pages = tuple(dict.fromkeys((*last.pages, *((block.page,) if block.page is not None else ()))))
            cut = before.box is not None and before.box[2] > widths.get(before.page or 0, 1e9) - 1
            text = _glue(last.text, block.text.strip(), cut)
            out[-1] = last._replace(
                text=text, pages=pages, lines=last.lines + 1, leader=bool(LEADER.search(block.text))
            )
        before = block
    return out
