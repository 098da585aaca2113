"""What one PDF page states: characters and drawn lines, by pdfium, in upright points.

Only this module talks to pdfium's text and path calls.  Nothing is interpreted here beyond geometry,
visibility and orientation; geometry/ makes lines and grids of it.
"""

from __future__ import annotations

import ctypes
import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pypdfium2.raw as pdfium

from extractor.geometry.marks import Char, Ruling
from extractor.geometry.turn import Upright
from extractor.inputs.pdfium_looks import FAINT_ALPHA, SEEN, UNSEEN, WHITE, WHITE_INK, Look, Looks, calls
from extractor.settings import Limits

_Box = tuple[float, float, float, float]

_SLANT = 0.1
"""Quarter turns (9 degrees) off the page's text that make a character part of a watermark; digital
text of one page is parallel to within rounding."""
_THIN = 3.0
"""A filled rectangle thinner than this, in points, is a drawn line: the thickest ruling met is 2.25 pt."""
_FLAT = 0.01
"""Share of the type's size below which a character's box holds no ink: the thinnest drawn, 一 and -, have a
twentieth; pdfium gives a thousandth where neither the file nor the machine has the font."""
_SHORTEST = 0.3
"""Strokes shorter than this in both directions, in points, are dots of no use alone."""


@dataclass(slots=True)
class RawPage:
    """One page before any interpretation; sizes in points."""

    number: int
    width: float
    height: float
    chars: list[Char] = field(default_factory=list)
    rulings: list[Ruling] = field(default_factory=list)
    images: list[tuple[float, float, float, float]] = field(default_factory=list)
    hidden: int = 0
    """Characters left out because nobody sees them (mode 3, white on white, outside the page)."""
    shapes: int = 0
    """Filled shapes that are no rulings; text drawn as outlines leaves hundreds."""
    turned: int = 0
    rotation: int = 0
    """Degrees of the page's own /Rotate."""
    cut: bool = False
    """More objects or characters than the limits allow: what came after is not here."""


def page_box(page: Any) -> tuple[float, float, float, float]:
    """The visible box in user space: crop box within media box, A4 where both are nonsense."""
    media = page.get_mediabox()
    crop = page.get_cropbox()
    x0, y0 = max(media[0], crop[0]), max(media[1], crop[1])
    x1, y1 = min(media[2], crop[2]), min(media[3], crop[3])
    if x1 - x0 < 1 or y1 - y0 < 1:
        x0, y0, x1, y1 = media
    if not (1 <= x1 - x0 <= 20_000 and 1 <= y1 - y0 <= 20_000):
        return 0.0, 0.0, 595.0, 842.0
    return x0, y0, x1, y1


def read_page(page: Any, number: int, limits: Limits) -> RawPage:
    """Characters, rulings and image boxes of one pypdfium2 page."""
    textpage = page.get_textpage()
    try:
        glyphs, cut = _glyphs(textpage.raw, limits)
        # Text tells what upright is, whatever /Rotate says; a page without text stands as it is shown.
        turns = _reading_turns(glyphs)
        if turns is None:
            turns = page.get_rotation() // 90
        upright = Upright(page_box(page), turns)
        raw = RawPage(number, *upright.size, turned=turns % 4 * 90, rotation=page.get_rotation(), cut=cut)
    finally:
        textpage.close()
    fills = _objects(page.raw, raw, upright, limits)
    slanted = {a for a in {g[5].angle for g in glyphs} if _slanted(a, turns)}
    if slanted:
        glyphs = [g for g in glyphs if g[5].angle not in slanted]
    _place_glyphs(raw, glyphs, upright, fills)
    return raw


# ---------------------------------------------------------------- characters

_Glyph = tuple[str, float, float, float, float, Look]
"""Character, its box in user space (left, bottom, right, top), how it looks."""
_NO_INK = frozenset((0xA0, 0xAD, 0x3000, 0xFFFE, 0xFFFF))
_QUOTES = frozenset(map(ord, "“”‘’"))
_IDEOGRAPHS, _IDEOGRAPHS_END = 0x4E00, 0xA000


def _glyphs(textpage: Any, limits: Limits) -> tuple[list[_Glyph], bool]:
    count = pdfium.FPDFText_CountChars(textpage)
    cut = count > limits.max_chars_per_page
    box = (ctypes.c_double * 4)()
    left, right, bottom, top = (ctypes.addressof(box) + 8 * i for i in range(4))
    loose = pdfium.FS_RECTF()
    loose_at = ctypes.addressof(loose)
    get_code, get_box, get_loose, *_ = calls()
    looks = Looks(textpage)
    text = looks.handle
    out: list[_Glyph] = []
    high = 0
    for i in range(min(count, limits.max_chars_per_page)):
        code = get_code(text, i)
        if 0xD800 <= code < 0xDC00:
            high = code
            continue
        if 0xDC00 <= code < 0xE000 and high:
            code, high = 0x10000 + ((high - 0xD800) << 10) + (code - 0xDC00), 0
        if code <= 32 or code in _NO_INK or 0xD800 <= code < 0xE000:
            continue
        if not get_box(text, i, left, right, bottom, top):
            continue
        x0, x1, y0, y1 = box
        look = looks.of(i)
        inkless = min(x1 - x0, y1 - y0) < _FLAT * look.size
        if (inkless or not _IDEOGRAPHS <= code < _IDEOGRAPHS_END) and get_loose(text, i, loose_at):
            # Along the line the advance box, so that a "1" or a comma leaves no gap; across it the ink.
            # Ideographs fill theirs.  A font that is neither in the file nor on the machine has no ink, and a
            # quote's ink, high above its line, would join it to the line before.
            if inkless or code in _QUOTES:
                x0, x1, y0, y1 = loose.left, loose.right, loose.bottom, loose.top
            elif round(look.angle / (math.pi / 2)) % 2 == 0:
                x0, x1 = min(x0, loose.left), max(x1, loose.right)
            else:
                y0, y1 = min(y0, loose.bottom), max(y1, loose.top)
        out.append((chr(code), x0, y0, x1, y1, look))
    return out, cut


def _reading_turns(glyphs: list[_Glyph]) -> int | None:
    """Clockwise quarter turns of user space that make most characters stand upright; None without text.

    FPDFText_GetCharAngle gives radians, clockwise where positive (checked on pages of all four turns).
    """
    votes: Counter[int] = Counter()
    for angle, count in Counter(g[5].angle for g in glyphs if g[5].ink != UNSEEN).items():
        votes[round(-angle / (math.pi / 2)) % 4] += count
    if not votes:
        return None
    return int(votes.most_common(1)[0][0])


def _slanted(angle: float, turns: int) -> bool:
    """Written across the page's text: a watermark, never a figure of a table."""
    off = (-angle / (math.pi / 2) - turns + 0.5) % 1 - 0.5
    return abs(off) > _SLANT


def _place_glyphs(raw: RawPage, glyphs: list[_Glyph], upright: Upright, fills: list[_Box]) -> None:
    """White ink counts only on a coloured ground (table heads); elsewhere nobody sees it."""
    width, height = raw.width, raw.height
    place, keep = upright.box, raw.chars.append
    for text, x0, y0, x1, y1, (ink, size, _, font) in glyphs:
        bx0, by0, bx1, by1 = place(x0, y0, x1, y1)
        if ink == WHITE_INK:
            cx, cy = (bx0 + bx1) / 2, (by0 + by1) / 2
            if any(f[0] <= cx <= f[2] and f[1] <= cy <= f[3] for f in fills):
                ink = SEEN
        if ink != SEEN or bx1 < 0 or by1 < 0 or bx0 > width or by0 > height:
            raw.hidden += 1
            continue
        keep(Char(text, bx0, by0, bx1, by1, size, font))


# ---------------------------------------------------------------- drawn lines and images


def _objects(page: Any, raw: RawPage, upright: Upright, limits: Limits) -> list[_Box]:
    """Fills `raw` with rulings and images; returns the boxes of coloured grounds."""
    budget = limits.max_objects_per_page
    identity = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
    stack: list[tuple[Any, tuple[float, ...], int]] = []
    count = pdfium.FPDFPage_CountObjects(page)
    raw.cut = raw.cut or count > budget
    for i in range(min(count, budget)):
        stack.append((pdfium.FPDFPage_GetObject(page, i), identity, 0))
    reader = _Paths(raw, upright)
    while stack:
        if budget <= 0:
            raw.cut = True
            break
        budget -= 1
        obj, matrix, depth = stack.pop()
        kind = pdfium.FPDFPageObj_GetType(obj)
        if kind == pdfium.FPDF_PAGEOBJ_PATH:
            reader.path(obj, matrix)
        elif kind == pdfium.FPDF_PAGEOBJ_IMAGE:
            reader.image(obj, matrix)
        elif kind == pdfium.FPDF_PAGEOBJ_FORM and depth < 8:
            inner = _multiply(_matrix(obj), matrix)
            count = pdfium.FPDFFormObj_CountObjects(obj)
            raw.cut = raw.cut or count > budget
            for i in range(min(count, budget)):
                stack.append((pdfium.FPDFFormObj_GetObject(obj, i), inner, depth + 1))
    return reader.fills


def _matrix(obj: Any) -> tuple[float, ...]:
    m = pdfium.FS_MATRIX()
    if not pdfium.FPDFPageObj_GetMatrix(obj, m):
        return 1.0, 0.0, 0.0, 1.0, 0.0, 0.0
    return m.a, m.b, m.c, m.d, m.e, m.f


def _multiply(m: tuple[float, ...], n: tuple[float, ...]) -> tuple[float, ...]:
    a, b, c, d, e, f = m
    p, q, r, s, t, u = n
    return a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u


class _Paths:
    """Turns path objects into rulings: strokes, and filled rectangles thin enough to be strokes."""

    def __init__(self, raw: RawPage, upright: Upright) -> None:
        self.raw, self.upright = raw, upright
        self.fills: list[_Box] = []
        self._f = tuple(ctypes.c_float() for _ in range(4))
        self._f_refs = tuple(ctypes.byref(v) for v in self._f)
        self._rgba = tuple(ctypes.c_uint() for _ in range(4))
        self._rgba_refs = tuple(ctypes.byref(v) for v in self._rgba)

    def _bounds(self, obj: Any, matrix: tuple[float, ...]) -> _Box | None:
        if not pdfium.FPDFPageObj_GetBounds(obj, *self._f_refs):
            return None
        x0, y0, x1, y1 = (v.value for v in self._f)
        a, b, c, d, e, f = matrix
        p = (a * x0 + c * y0 + e, b * x0 + d * y0 + f)
        q = (a * x1 + c * y1 + e, b * x1 + d * y1 + f)
        return self.upright.box(p[0], p[1], q[0], q[1])

    def image(self, obj: Any, matrix: tuple[float, ...]) -> None:
        box = self._bounds(obj, matrix)
        if box is not None:
            self.raw.images.append(box)

    def _paper(self, getter: Any, obj: Any) -> bool:
        if not getter(obj, *self._rgba_refs):
            return False
        r, g, b, a = (v.value for v in self._rgba)
        return a <= FAINT_ALPHA or min(r, g, b) >= WHITE

    def path(self, obj: Any, matrix: tuple[float, ...]) -> None:
        box = self._bounds(obj, matrix)
        if box is None:
            return
        width, height = box[2] - box[0], box[3] - box[1]
        if max(width, height) < _SHORTEST:
            return
        fill, stroke = ctypes.c_int(), ctypes.c_int()
        if not pdfium.FPDFPath_GetDrawMode(obj, ctypes.byref(fill), ctypes.byref(stroke)):
            return
        if stroke.value and self._paper(pdfium.FPDFPageObj_GetStrokeColor, obj):
            stroke.value = 0
        if min(width, height) <= _THIN:
            if stroke.value or (fill.value and not self._paper(pdfium.FPDFPageObj_GetFillColor, obj)):
                self._thin(box)
            return
        if stroke.value:
            self._segments(obj, _multiply(_matrix(obj), matrix))
        elif fill.value and not self._paper(pdfium.FPDFPageObj_GetFillColor, obj):
            self.fills.append(box)
            self.raw.shapes += 1
            self._filled(obj, _multiply(_matrix(obj), matrix), box)

    def _thin(self, box: _Box) -> None:
        x0, top, x1, bottom = box
        short, long = sorted((x1 - x0, bottom - top))
        if long <= _THIN and short > 0.4 * long:
            # A dot of a dotted line tells no direction: it may be part of a line either way.
            self.raw.rulings.append(Ruling(True, (top + bottom) / 2, x0, x1, bottom - top))
            self.raw.rulings.append(Ruling(False, (x0 + x1) / 2, top, bottom, x1 - x0))
            return
        if x1 - x0 >= bottom - top:
            self.raw.rulings.append(Ruling(True, (top + bottom) / 2, x0, x1, bottom - top))
        else:
            self.raw.rulings.append(Ruling(False, (x0 + x1) / 2, top, bottom, x1 - x0))

    def _points(self, obj: Any, matrix: tuple[float, ...]) -> list[tuple[int, float, float, bool]]:
        x, y = ctypes.c_float(), ctypes.c_float()
        a, b, c, d, e, f = matrix
        out: list[tuple[int, float, float, bool]] = []
        for i in range(min(pdfium.FPDFPath_CountSegments(obj), 4000)):
            segment = pdfium.FPDFPath_GetPathSegment(obj, i)
            if not pdfium.FPDFPathSegment_GetPoint(segment, ctypes.byref(x), ctypes.byref(y)):
                continue
            px, py = self.upright.point(a * x.value + c * y.value + e, b * x.value + d * y.value + f)
            kind = pdfium.FPDFPathSegment_GetType(segment)
            out.append((kind, px, py, bool(pdfium.FPDFPathSegment_GetClose(segment))))
        return out

    def _segments(self, obj: Any, matrix: tuple[float, ...]) -> None:
        start = last = (0.0, 0.0)
        for kind, x, y, close in self._points(obj, matrix):
            if kind == pdfium.FPDF_SEGMENT_MOVETO:
                start = (x, y)
            elif kind == pdfium.FPDF_SEGMENT_LINETO:
                self._line(last, (x, y))
            last = (x, y)
            if close:
                self._line(last, start)
                last = start

    def _line(self, p: tuple[float, float], q: tuple[float, float]) -> None:
        dx, dy = abs(p[0] - q[0]), abs(p[1] - q[1])
        if dx >= dy and dx >= _SHORTEST and dy <= 0.02 * dx + 0.5:
            self.raw.rulings.append(Ruling(True, (p[1] + q[1]) / 2, min(p[0], q[0]), max(p[0], q[0]), 0.5))
        elif dy > dx and dy >= _SHORTEST and dx <= 0.02 * dy + 0.5:
            self.raw.rulings.append(Ruling(False, (p[0] + q[0]) / 2, min(p[1], q[1]), max(p[1], q[1]), 0.5))

    def _filled(self, obj: Any, matrix: tuple[float, ...], box: _Box) -> None:
        """A filled path of several thin subpaths (one path for all rulings of a table)."""
        part: list[tuple[float, float]] = []
        for kind, x, y, _close in [*self._points(obj, matrix), (pdfium.FPDF_SEGMENT_MOVETO, 0.0, 0.0, False)]:
            if kind == pdfium.FPDF_SEGMENT_MOVETO:
                if len(part) >= 2:
                    xs, ys = [p[0] for p in part], [p[1] for p in part]
                    sub = (min(xs), min(ys), max(xs), max(ys))
                    short, long = sorted((sub[2] - sub[0], sub[3] - sub[1]))
                    if sub != box and long >= _SHORTEST and short <= _THIN:
                        self._thin(sub)
                part = []
            part.append((x, y))
