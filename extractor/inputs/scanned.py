"""Pages of a PDF as pictures: rendered at the resolution their own images have, never more.

Rendering the page (and not taking its images out) composes strips, tiles and masks as a viewer shows them,
applies /Rotate and CropBox, and decodes every filter that pdfium knows (DCT, JPX, JBIG2, CCITT).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from extractor.errors import Damaged
from extractor.ocr.document import Engines, PageInput, ReadPage, read_pictures
from extractor.settings import Limits, Options

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_PLAIN_DPI = 200.0
"""For pages whose text is drawn and not an image: what the recognisers read best."""
_LEAST_DPI, _MOST_DPI = 110.0, 210.0
"""Below, a digit has too few pixels whatever is done; above, nothing is gained (pixels.WORK_DPI)."""


def page_inputs(pdf: Any, indices: Sequence[int], limits: Limits) -> Iterator[PageInput]:
    """The pages at `indices` (from 0) of a pypdfium2 document as pictures, one at a time.  Raises Damaged."""
    import pypdfium2

    for index in indices:
        try:
            page = pdf[index]
        except pypdfium2.PdfiumError as error:
            raise Damaged(f"第 {index + 1} 页：{error}") from error
        try:
            width, height = page.get_size()
            dpi, coloured = _resolution(page, limits)
            yield PageInput(index + 1, render(page, dpi, coloured, limits), width, height)
        finally:
            page.close()


def read_scanned_pages(
    pdf: Any, indices: Sequence[int], options: Options, limits: Limits, engines: Engines | None = None
) -> list[ReadPage]:
    """Pages of a PDF read as pictures; `ReadPage.blocks` go where the page's blocks go."""
    return read_pictures(page_inputs(pdf, indices, limits), options, engines)


def render(page: Any, dpi: float, coloured: bool, limits: Limits) -> NDArray[np.uint8]:
    """Grey or RGB pixels of a page as it is shown, within the limit of pixels."""
    import numpy as np

    width, height = page.get_size()
    scale = min(dpi / 72, (limits.max_render_pixels / max(1.0, width * height)) ** 0.5)
    bitmap = page.render(scale=scale, grayscale=not coloured, rev_byteorder=coloured, may_draw_forms=False)
    try:
        pixels = np.array(bitmap.to_numpy())
    finally:
        bitmap.close()
    return (
        pixels[:, :, 0]
        if pixels.ndim == 3 and pixels.shape[2] == 1
        else pixels[..., :3]
        if coloured
        else pixels
    )


def _resolution(page: Any, limits: Limits) -> tuple[float, bool]:
    """(dots an inch, has colour) by the images that make up the page."""
    import ctypes

    import pypdfium2.raw as raw

    if raw.FPDFPage_CountObjects(page.raw) > limits.max_objects_per_page:
        return _PLAIN_DPI, True  # no scan: to look at each object would take longer than to draw them
    best, coloured, images = 0.0, False, 0
    for thing in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=4):
        data = raw.FPDF_IMAGEOBJ_METADATA()
        if not raw.FPDFImageObj_GetImageMetadata(thing.raw, page.raw, ctypes.byref(data)):
            continue
        left, low, right, high = thing.get_bounds()
        if (right - left) * (high - low) < 2000:
            continue  # a logo says nothing of the scan's resolution
        images += 1
        best = max(best, data.horizontal_dpi, data.vertical_dpi)
        coloured = coloured or not (data.bits_per_pixel <= 8 and data.colorspace in _GRAYS)
    if not images:
        return _PLAIN_DPI, True
    return min(max(best, _LEAST_DPI), _MOST_DPI), coloured


_GRAYS = (1, 4)
"""FPDF_COLORSPACE_DEVICEGRAY and FPDF_COLORSPACE_CALGRAY of fpdf_edit.h."""
