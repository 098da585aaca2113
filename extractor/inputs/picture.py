"""Pictures to a Document: PNG, JPEG, WebP, BMP, TIFF of many pages, several loose files as one document."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from extractor.errors import Damaged, TooLarge
from extractor.ocr.document import PageInput, read_pages
from extractor.settings import Limits, Options
from extractor.types import Document

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

A4_LONG = 841.9
"""Long side of A4, points: what a picture without a resolution is taken for."""
_ORIENTATION = 0x0112
"""Tag of EXIF: how the picture stands; 1 upright."""
_DPI = (72.0, 1200.0)
"""Resolutions that a file may truly state; telephones write 72 for anything."""


def read(parts: Sequence[tuple[str, bytes]], options: Options, limits: Limits) -> Document:
    """`parts`: (file name, bytes) in page order.  Raises Damaged, TooLarge, Unreadable."""
    return read_pages(_pages(parts, limits), options, "image")


def _pages(parts: Sequence[tuple[str, bytes]], limits: Limits) -> Iterator[PageInput]:
    number = 0
    for name, data in parts:
        for image, width, height in frames(name, data, limits):
            number += 1
            if number > limits.max_pages:
                raise TooLarge(f"超过 {limits.max_pages} 页")
            yield PageInput(number, image, width, height)


def frames(name: str, data: bytes, limits: Limits) -> Iterator[tuple[NDArray[np.uint8], float, float]]:
    """(pixels, width, height in points) of every picture in a file, EXIF orientation applied."""
    import numpy as np
    from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError

    # The product's own limit speaks, by its own error; Pillow's would warn or raise one of its own.
    Image.MAX_IMAGE_PIXELS = None
    try:
        book = Image.open(io.BytesIO(data))
        for frame in ImageSequence.Iterator(book):
            if frame.width * frame.height > limits.max_render_pixels:
                raise TooLarge(f"{name}：{frame.width}×{frame.height} 像素")
            # Transposing copies, also where there is nothing to turn.
            upright = ImageOps.exif_transpose(frame) if frame.getexif().get(_ORIENTATION, 1) != 1 else frame
            width, height = size_in_points(upright)
            yield np.asarray(plain(upright)), width, height
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError) as error:
        raise Damaged(f"{name}：{error}") from error


def plain(image: Any) -> Any:
    """Grey or RGB, transparency on white."""
    if image.mode in ("1", "L", "I;16", "I", "F"):
        return image.convert("L")
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        from PIL import Image

        ground = Image.new("RGBA", image.size, (255, 255, 255, 255))
        return Image.alpha_composite(ground, image.convert("RGBA")).convert("RGB")
    return image if image.mode == "RGB" else image.convert("RGB")


def size_in_points(image: Any) -> tuple[float, float]:
    """By the resolution that the file states where it can be a sheet's; else as A4 by the long side.

    A picture much longer than a sheet (a screenshot) is as wide as A4.
    """
    width, height = image.size
    short, long = min(width, height), max(width, height)
    dpi = image.info.get("dpi")
    if dpi and _DPI[0] < float(dpi[0]) <= _DPI[1] and 300 < long / float(dpi[0]) * 72 < 1700:
        return width / float(dpi[0]) * 72, height / float(dpi[1] or dpi[0]) * 72
    scale = A4_LONG / long if long < 2.2 * short else A4_LONG / 1.414 / short
    return width * scale, height * scale
