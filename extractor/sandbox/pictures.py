"""Pictures of pages for people: the page upright, or a cell with its surroundings, as PNG.

Boxes are points on the upright page.  A picture module of the readers that straightens its pages offers
`page_image(source, number, options)`; boxes then lie on that picture.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from extractor.errors import DocumentError
from extractor.inputs.sniff import sniff
from extractor.settings import Options, limits
from extractor.types import Box, Source

if TYPE_CHECKING:
    from PIL.Image import Image

PAGE_DPI = 144
"""A page is 1,190 by 1,684 pixels then: figures stay readable when zoomed to twice the size."""
CROP_DPI = 216
FRAME = (11, 107, 203)
"""Blue: no ink of a report and no mark of ours has it."""
CROP_MARGIN = (60.0, 18.0)
"""Points around a cell, sideways and up and down: about one neighbour on each side."""


class NoPicture(DocumentError):
    """The document has no such page, or no pages at all (DOCX, HTML, TXT)."""

    code = "no_picture"
    message = "该文档没有这一页的图像。"
    remedy = "DOCX、网页和文本没有页面图像；请直接查看原文件。"


def _scale(width: float, height: float, dpi: float, most: int) -> float:
    """Pixels a point, kept under the pixel limit."""
    scale = dpi / 72
    area = max(width * height, 1.0)
    return min(scale, float((most / area) ** 0.5))


def _turned_page(source: Source, number: int, turned: int | None, options: Options) -> tuple[Any, int]:
    """A PDF's page, and the degrees that it has to be turned beyond its own /Rotate to stand upright.

    Raises NoPicture where there is no such page or it is broken.
    """
    import pypdfium2

    from extractor.inputs.pdf import open_pdf

    pdf = open_pdf(source.parts[0][1], options)
    if not 1 <= number <= len(pdf):
        raise NoPicture(f"第 {number} 页")
    try:
        page = pdf[number - 1]
    except pypdfium2.PdfiumError as error:
        raise NoPicture(f"第 {number} 页：{error}") from error
    extra = 0 if turned is None else (turned - page.get_rotation()) % 360
    return page, extra


def _pdf_page(source: Source, number: int, dpi: float, turned: int | None, options: Options) -> Image:
    page, extra = _turned_page(source, number, turned, options)
    width, height = page.get_size()
    scale = _scale(width, height, dpi, limits().max_render_pixels // 4)
    picture: Image = page.render(scale=scale, rotation=extra, draw_annots=True).to_pil().convert("RGB")
    return picture


def _loose_picture(source: Source, number: int, turned: int | None) -> Image:
    from PIL import Image, ImageOps

    most = limits().max_render_pixels
    for _name, data in source.parts:
        with Image.open(io.BytesIO(data)) as opened:
            frames = getattr(opened, "n_frames", 1)
            if number > frames:
                number -= frames
                continue
            opened.seek(number - 1)
            if opened.width * opened.height > most:
                raise NoPicture("像素超出上限")
            picture = ImageOps.exif_transpose(opened).convert("RGB")
            return picture.rotate(-turned, expand=True) if turned else picture
    raise NoPicture(f"第 {number} 页")


def page_picture(source: Source, params: Mapping[str, Any], options: Options, dpi: float) -> Image:
    """The upright page `params["page"]`; `params["turned"]` is its clockwise turn in degrees where known."""
    number, turned = int(params["page"]), params.get("turned")
    kind = sniff(source.parts[0][1])
    if number < 1 or kind not in ("pdf", "picture"):
        raise NoPicture(f"第 {number} 页")
    straight = _straightened(source, number, options) if params.get("straighten") else None
    if straight is not None:
        return straight
    if kind == "pdf":
        return _pdf_page(source, number, dpi, turned, options)
    return _loose_picture(source, number, turned)


def _straightened(source: Source, number: int, options: Options) -> Image | None:
    """The page as the picture reader straightened it; None where that reader does not offer it."""
    import importlib

    try:
        module = importlib.import_module("extractor.inputs.picture")
    except ModuleNotFoundError:
        return None
    offered = getattr(module, "page_image", None)
    return None if offered is None else offered(source, number, options)


def _png(picture: Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=3)
    return out.getvalue()


def page_png(source: Source, params: Mapping[str, Any], options: Options) -> bytes:
    """PNG of a page; raises NoPicture."""
    return _png(page_picture(source, params, options, float(params.get("dpi") or PAGE_DPI)))


def _pdf_part(source: Source, params: Mapping[str, Any], options: Options, dpi: float) -> Image | None:
    """Only the part of a PDF page that is wanted, which costs a tenth of the page; None where boxes and page
    do not lie on each other by a plain scale."""
    page, extra = _turned_page(source, int(params["page"]), params.get("turned"), options)
    size = page.get_size()
    width, height = size if extra % 180 == 0 else (size[1], size[0])
    stated = float(params.get("width") or width), float(params.get("height") or height)
    if abs(stated[0] - width) > 1 or abs(stated[1] - height) > 1:
        return None
    around = _around(params["bbox"], width, height)
    left, top, right, bottom = around
    scale = _scale(right - left, bottom - top, dpi, limits().max_render_pixels // 4)
    cut = (left, height - bottom, width - right, top)
    part: Image = page.render(scale=scale, rotation=extra, crop=cut, draw_annots=True).to_pil().convert("RGB")
    return _framed(part, params, around)


def _around(bbox: Any, width: float, height: float) -> Box:
    """The box with its margin, within the page.  Raises NoPicture where nothing of it is on the page."""
    box = [float(v) for v in bbox]
    mx, my = CROP_MARGIN
    found = max(0.0, box[0] - mx), max(0.0, box[1] - my), min(width, box[2] + mx), min(height, box[3] + my)
    if found[2] - found[0] < 1 or found[3] - found[1] < 1:
        raise NoPicture("框在页面之外")
    return found


def _framed(part: Image, params: Mapping[str, Any], around: Box) -> Image:
    """The picture of `around` with a line around the cell itself, where `params["frame"]` asks for it."""
    if not params.get("frame"):
        return part
    from PIL import ImageDraw

    sx, sy = part.width / (around[2] - around[0]), part.height / (around[3] - around[1])
    x0, top, x1, bottom = (float(v) for v in params["bbox"])
    left, upper = (x0 - around[0]) * sx - 3, (top - around[1]) * sy - 3
    box = (left, upper, left + (x1 - x0) * sx + 6, upper + (bottom - top) * sy + 6)
    ImageDraw.Draw(part).rectangle(box, outline=FRAME, width=3)
    return part


def crop_png(source: Source, params: Mapping[str, Any], options: Options) -> bytes:
    """PNG of `params["bbox"]` (points) on a page of `params["width"]` by `params["height"]` points."""
    if sniff(source.parts[0][1]) == "pdf":
        part = _pdf_part(source, params, options, CROP_DPI)
        if part is not None:
            return _png(part)
    picture = page_picture(source, params, options, CROP_DPI)
    width = float(params.get("width") or 0) or picture.width * 72 / CROP_DPI
    height = float(params.get("height") or 0) or picture.height * 72 / CROP_DPI
    sx, sy = picture.width / width, picture.height / height
    x0, y0, x1, y1 = _around(params["bbox"], width, height)
    part = picture.crop((int(x0 * sx), int(y0 * sy), int(x1 * sx) + 1, int(y1 * sy) + 1))
    return _png(_framed(part, params, (x0, y0, x1, y1)))
