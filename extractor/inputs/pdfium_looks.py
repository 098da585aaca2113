"""How the characters of a page look: seen or unseen, size, angle, font.  Asked once a text object.

pdfium is called by plain addresses: the typed pointers of its Python binding would double what the calls
cost, and two of them are made for every character.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import pypdfium2.raw as pdfium

_INVISIBLE_MODE = 3
"""Text rendering mode 3 of ISO 32000-1, table 106: neither fill nor stroke (OCR layers)."""
_OUTLINED_MODE = 1
WHITE = 250
"""A colour whose channels all reach this is paper, to the eye and to a printer."""
FAINT_ALPHA = 5
"""Alpha, of 255, up to which ink leaves no trace on a rendered page."""
SEEN, WHITE_INK, UNSEEN = 0, 1, 2


class Look(NamedTuple):
    """Of a text object: SEEN, WHITE_INK or UNSEEN; font size in points; angle in radians; font."""

    ink: int
    size: float
    angle: float
    font: int
    """Tells the fonts of one document apart; 0 where pdfium names none."""


class Looks:
    """The looks of one page's characters.  A text object has one font, one size, one matrix, one colour."""

    def __init__(self, textpage: Any) -> None:
        self.handle: int = _address(textpage)
        self._object = calls().text_object
        self._known: dict[int, Look] = {}
        self._fonts: dict[int, int] = {}
        self._matrix = pdfium.FS_MATRIX()
        self._matrix_at = ctypes.addressof(self._matrix)
        self._rgba = (ctypes.c_uint * 4)()
        self._rgba_at = [ctypes.addressof(self._rgba) + 4 * i for i in range(4)]

    def of(self, index: int) -> Look:
        address = self._object(self.handle, index) or 0
        known = self._known.get(address)
        if known is None:
            known = self._known[address] = self._ask(index, address)
        return known

    def _ask(self, index: int, address: int) -> Look:
        call = calls()
        m, scale = self._matrix, 1.0
        if call.matrix(self.handle, index, self._matrix_at):  # one unit of the font size, in points
            scale = math.hypot(m.c, m.d) or 1.0
        size = call.font_size(self.handle, index) * scale
        angle = call.angle(self.handle, index)
        if not address:
            return Look(SEEN, size, angle, 0)
        return Look(self._ink(address), size, angle, self._font(address))

    def _ink(self, address: int) -> int:
        call = calls()
        mode = call.render_mode(address)
        if mode == _INVISIBLE_MODE:
            return UNSEEN
        colour = call.stroke_colour if mode == _OUTLINED_MODE else call.fill_colour
        if not colour(address, *self._rgba_at):
            return SEEN
        r, g, b, a = self._rgba
        if a <= FAINT_ALPHA:
            return UNSEEN
        return WHITE_INK if min(r, g, b) >= WHITE else SEEN

    def _font(self, address: int) -> int:
        at = calls().font(address) or 0
        known = self._fonts.get(at)
        if known is None:
            known = self._fonts[at] = _font_key(at) if at else 0
        return known


def _font_key(at: int) -> int:
    """A font of the document, also on its next page: where it lies, its name, the length of its program.

    The address alone would not do: a font of a closed page leaves it to another.
    """
    handle = ctypes.cast(at, pdfium.FPDF_FONT)
    name = ctypes.create_string_buffer(256)
    pdfium.FPDFFont_GetBaseFontName(handle, name, 256)
    length = ctypes.c_ulong()
    pdfium.FPDFFont_GetFontData(handle, None, 0, ctypes.byref(length))
    return hash((at, name.value, length.value)) or 1


class Calls(NamedTuple):
    """Functions of FPDFText_*, FPDFTextObj_* and FPDFPageObj_* that take plain addresses."""

    code: Callable[..., int]
    box: Callable[..., int]
    loose: Callable[..., int]
    text_object: Callable[..., int | None]
    matrix: Callable[..., int]
    font_size: Callable[..., float]
    angle: Callable[..., float]
    render_mode: Callable[..., int]
    stroke_colour: Callable[..., int]
    fill_colour: Callable[..., int]
    font: Callable[..., int | None]


@lru_cache(maxsize=1)
def calls() -> Calls:
    at, number = ctypes.c_void_p, ctypes.c_int
    four = (at, at, at, at)

    def plain(function: Any, result: Any, *takes: Any) -> Any:
        return ctypes.CFUNCTYPE(result, *takes)(_address(function))

    return Calls(
        plain(pdfium.FPDFText_GetUnicode, ctypes.c_uint, at, number),
        plain(pdfium.FPDFText_GetCharBox, number, at, number, *four),
        plain(pdfium.FPDFText_GetLooseCharBox, number, at, number, at),
        plain(pdfium.FPDFText_GetTextObject, at, at, number),
        plain(pdfium.FPDFText_GetMatrix, number, at, number, at),
        plain(pdfium.FPDFText_GetFontSize, ctypes.c_double, at, number),
        plain(pdfium.FPDFText_GetCharAngle, ctypes.c_float, at, number),
        plain(pdfium.FPDFTextObj_GetTextRenderMode, number, at),
        plain(pdfium.FPDFPageObj_GetStrokeColor, number, at, *four),
        plain(pdfium.FPDFPageObj_GetFillColor, number, at, *four),
        plain(pdfium.FPDFTextObj_GetFont, at, at),
    )


def _address(handle: Any) -> int:
    found = ctypes.cast(handle, ctypes.c_void_p).value
    assert found
    return found
