"""Running text of a page picture: lines found by their ink, read over all characters.

On a flattened page, lines of text are rows of ink: no detection network is needed (a third of a general
reader's time).  Tables, stamps and edges are left out.  With `brief`, only what the head of the report needs
is read: the first lines of the first page (title, preface) and the last short ones of the last (organ, date).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from extractor.geometry.pixels import components
from extractor.language.title import find_period, find_titles
from extractor.ocr.engine import FULL, Recogniser
from extractor.ocr.labels import QuickReader, read_first, squeezed
from extractor.ocr.strips import INK, LEAST, Strip, straightened
from extractor.types import Line

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from extractor.ocr.pagepic import PagePicture

    Gray = NDArray[Any]

_BODY = 1.1
"""Size of type over the height of its higher characters: a Chinese character fills nine tenths of its square."""
_SHORT = 0.62
"""Share of the page's width up to which a line counts as short."""
_FIRST, _LONG = 9, 4
"""Rows of text of the first page that are read in brief at most, and the long ones among them: a title of up to three
lines, a date, and the preface, which names organ and period in its first four."""
_LAST = 4
"""Short lines at the end of the last page: organ and date, each perhaps over two lines."""
_PITCH = 1.2
"""Gap between two lines of a paragraph, heights of a line, at most: lines of reports are set 1.5 to 2 heights apart."""
_INDENT = 3.5
"""Heights of a line by which a paragraph's first line is indented at most: two characters, a line's ink being lower."""
SCORE = 0.55
"""Lines read worse than this are no text (stamps, pictures, dirt)."""


def read_lines(
    page: PagePicture,
    engine: Recogniser,
    first: bool,
    last: bool,
    brief: bool,
    quick: QuickReader | None = None,
) -> list[Line]:
    """Lines of running text with their boxes.  `first`: the document's first page with text; `last`: its last.

    Short lines are headings more often than not: `quick` reads them where it is sure.
    """
    if brief and not (first or last):
        return []
    page, found = straightened(_above_tables(page) if brief and not last else page)
    width = page.masks.shape[2]
    if not brief:
        return _read(page, found, engine, False, quick)
    head = _head(found, width) if first else []
    tail = [s for s in _tail(found, width) if s not in head] if last else []
    return _read_head(page, head, engine, quick) + _read(page, tail, engine, True, quick)


def _above_tables(page: PagePicture) -> PagePicture:
    """The page down to its first table: titles and prefaces stand there."""
    height = min((round(readings[0].ys[0]) for readings in page.frames), default=0)
    if height < 1:
        return page
    low = round(height * page.gray.shape[0] / page.masks.shape[1])
    return replace(page, gray=page.gray[:low], red=None, masks=page.masks[:, :height], frames=())


def _read_head(
    page: PagePicture, head: Sequence[Strip], engine: Recogniser, quick: QuickReader | None
) -> list[Line]:
    """Of the report's head what tells organ, year and period.  What may be a title is read at once, the preface line by
    line: first where the quick reader, which knows few of its characters, sees most digits, as a period has."""
    width = page.masks.shape[2]
    stop = next((i for i, s in enumerate(head, 1) if not _short(s, width)), len(head))
    while stop < len(head) and _short(head[stop], width):  # a title's second line
        stop += 1
    read = {-1: _read(page, head[:stop], engine, True, quick)}
    rest = list(range(stop, len(head)))
    if quick is not None and len(rest) > 1 and not _settled(read[-1]):
        seen = quick.net.trace([strip_crop(page, head[i]) for i in rest])
        digits = {i: sum(c.isdigit() for c in t.text) for i, t in zip(rest, seen, strict=True)}
        rest.sort(key=lambda i: -digits[i])
    for i in rest:
        if _settled([line for k in sorted(read) for line in read[k]]):
            break
        read[i] = _read(page, [head[i]], engine, True, quick)
    return [line for k in sorted(read) for line in read[k]]


def _read(
    page: PagePicture, found: Sequence[Strip], engine: Recogniser, brief: bool, quick: QuickReader | None
) -> list[Line]:
    """The lines of text at these places; what cannot be read is no text."""
    crops = [strip_crop(page, s) for s in found]
    short = [i for i, s in enumerate(found) if _short(s, page.masks.shape[2])]
    known = {short[k]: r for k, r in read_first([crops[i] for i in short], quick).items() if len(r.text) > 3}
    rest = [i for i in range(len(crops)) if i not in known]
    # In brief the preface only backs the title: at six tenths of its width it costs half (2 % of characters differ).
    wanted = [squeezed(crops[i]) if brief and i not in short else crops[i] for i in rest]
    known.update(zip(rest, engine.read(wanted, FULL), strict=True))
    out: list[Line] = []
    for i, strip in enumerate(found):
        if known[i].score < SCORE or not known[i].text.strip():
            continue
        box = page.box(*(float(v) for v in strip))
        out.append(
            Line(
                known[i].text,
                page.number,
                box,
                round(min(0.92 * (box[3] - box[1]), _size(crops[i], page)), 1),
            )
        )
    return out


def _size(crop: Gray, page: PagePicture) -> float:
    """Size of a line's type by its characters, points: on a page that lies askew a long line is higher than they are."""
    import numpy as np

    _, stats = components((crop < 255 - INK).astype(np.uint8))
    tall = stats[1:, 3] / page.scale
    tall = tall[tall > LEAST]
    return float(np.percentile(tall, 80)) * _BODY if tall.size else float("inf")


def _short(strip: Strip, width: int) -> bool:
    return strip[2] - strip[0] < _SHORT * width


def _head(found: Sequence[Strip], width: int) -> list[Strip]:
    """What a brief reading of the document's first page may read."""
    long = [s for s in found if not _short(s, width)]
    end = long[_LONG][1] if len(long) > _LONG else float("inf")
    rows, reach = 0, float("-inf")
    out: list[Strip] = []
    for strip in found:
        if strip[1] + strip[3] > 2 * reach:  # pieces of a site's menu stand in one row
            rows, reach = rows + 1, strip[3]
        if rows > _FIRST or strip[1] >= end:
            break
        out.append(strip)
    return out


def _tail(found: Sequence[Strip], width: int) -> list[Strip]:
    """The same of its last page: short lines that end no paragraph."""
    last = [i for i, s in enumerate(found) if _short(s, width)][-_LAST:]
    return [found[i] for i in last if not (i and _goes_on(found[i - 1], found[i], width))]


def _goes_on(upper: Strip, lower: Strip, width: int) -> bool:
    """A short line close under a long one, at its margin or where that is indented: the end of its paragraph, no
    signature."""
    tall = lower[3] - lower[1]
    close = lower[1] - upper[3] < _PITCH * tall
    return not _short(upper, width) and close and -_INDENT * tall < lower[0] - upper[0] < tall


def _settled(lines: Sequence[Line]) -> bool:
    """A title has told organ and year, and the preface its period: what follows tells the head nothing more."""
    titles = find_titles(lines)
    return bool(
        titles
        and titles[0].organ
        and titles[0].year
        and find_period("".join(line.text for line in lines), None)
    )


def strip_crop(page: PagePicture, strip: Strip) -> Gray:
    """The picture of a line with white around it."""
    low = 0.14 * (strip[3] - strip[1])
    x0, y0 = page.pixels(strip[0] - low, strip[1] - low)
    x1, y1 = page.pixels(strip[2] + low, strip[3] + low)
    part: Gray = page.gray[max(0, int(y0)) : int(y1) + 1, max(0, int(x0)) : int(x1) + 1]
    return part
