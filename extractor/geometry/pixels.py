"""A page's pixels made even: colour of stamps taken out, paper white, ink black, a working resolution.

Everything behind this module works on a grey page (height, width) uint8 whose paper is about 255 and
whose full ink is about 0, whatever the scanner's light, paper and toner were.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Gray = NDArray[Any]
    Colour = NDArray[Any]

WORK_DPI = 210
"""Pages of more dots an inch are reduced to this: a digit of 10.5 points is then 22 pixels high."""
A4_LONG = 841.9
"""Long side of A4, points."""
# A red of more than this share above green and blue begins to be lifted out; black toner beside a stamp
# stays under it (JPEG's colour planes are half as fine, so that the stamp's colour runs over).
_RED_FROM, _RED_FULL = 0.12, 0.45
# Less contrast than this between paper and ink (grey levels): an empty page, not a faint one.
_LEAST_CONTRAST = 24
_GROUND_CELL = 8
"""Paper's level is taken from cells of this many pixels."""


@dataclass(frozen=True, slots=True)
class EvenPage:
    """`gray`: paper 255, ink 0; `red`: share of stamp colour lifted out of each pixel, None where the
    picture has no colour; `contrast`: paper less ink before evening, grey levels."""

    gray: Gray
    red: Gray | None
    contrast: float


def even(image: Gray | Colour) -> EvenPage:
    """Stamps lifted out, paper flattened, ink stretched to black."""
    import cv2

    red = None
    if image.ndim == 3:
        gray, red = _lift_red(image)
    else:
        gray = image
    flat = _flatten(gray)
    level, _ = cv2.threshold(flat[::2, ::2], 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    dark, light = _levels(flat, level)
    contrast = light - dark
    if contrast < _LEAST_CONTRAST:
        return EvenPage(flat, red, contrast)
    scale = 255.0 / contrast
    stretched = (
        cv2.convertScaleAbs(flat, alpha=scale, beta=-dark * scale)
        if dark <= 0
        else _stretch(flat, dark, scale)
    )
    return EvenPage(stretched, red, contrast)


def _stretch(flat: Gray, dark: float, scale: float) -> Gray:
    import cv2
    import numpy as np

    table = np.clip((np.arange(256) - dark) * scale, 0, 255).astype(np.uint8)
    out: Gray = cv2.LUT(flat, table)
    return out


def _levels(flat: Gray, level: float) -> tuple[float, float]:
    """(ink, paper): the darker half of what is below the threshold, the middle of what is above."""
    import numpy as np

    counts = np.bincount(flat[::2, ::2].ravel(), minlength=256).astype(np.float64)
    cut = int(level) + 1
    below, above = counts[:cut].cumsum(), counts[cut:].cumsum()
    dark = int(np.searchsorted(below, below[-1] * 0.3)) if below[-1] else 0
    light = cut + int(np.searchsorted(above, above[-1] * 0.5)) if above.size and above[-1] else 255
    return float(dark), float(light)


def _lift_red(image: Colour) -> tuple[Gray, Gray | None]:
    """Red channel with stamp colour lifted to paper; no red plane where the page has no red."""
    import cv2
    import numpy as np

    few = cv2.split(np.ascontiguousarray(image[::4, ::4]))
    if int((cv2.subtract(few[0], cv2.max(few[1], few[2])) > 40).sum()) < 30:
        return cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), None
    red, green, blue = cv2.split(image)
    over = cv2.subtract(red, cv2.max(green, blue))
    table = np.clip((np.arange(256) / 255 - _RED_FROM) / (_RED_FULL - _RED_FROM), 0, 1)
    lift = cv2.LUT(over, (table * 255).astype(np.uint8))
    paper = cv2.subtract(np.full_like(red, 255), red)
    lifted = cv2.add(red, cv2.multiply(paper, lift, scale=1 / 255))
    return lifted, lift


def _flatten(gray: Gray) -> Gray:
    """Each pixel against the paper around it; black edges and holes become paper too."""
    import cv2
    import numpy as np

    height, width = gray.shape
    small = in_squares(gray, _GROUND_CELL)
    ground = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8))
    ground = cv2.blur(cv2.medianBlur(ground, 5), (5, 5))
    wide = cv2.resize(
        cv2.max(ground, np.full_like(ground, 12)), (width, height), interpolation=cv2.INTER_LINEAR
    )
    out: Gray = cv2.divide(gray, wide, scale=250)
    return out


def components(mask: Gray) -> tuple[NDArray[Any], NDArray[Any]]:
    """(labels, boxes) of what hangs together in a mask of noughts and ones, corners counted; number 0 is the ground.

    A box is x, y, width, height, area.  By blocks of four pixels: 2.6 ms a page where OpenCV's own choice takes 7.8.
    """
    import cv2

    _, labels, boxes, _ = cv2.connectedComponentsWithStatsWithAlgorithm(mask, 8, cv2.CV_32S, cv2.CCL_GRANA)
    return labels, boxes


def fit(image: Gray | Colour, width_points: float) -> tuple[Gray | Colour, float]:
    """The picture at most `WORK_DPI`, and its pixels a point afterwards."""
    import cv2

    scale = image.shape[1] / width_points
    if scale * 72 <= WORK_DPI * 1.08:
        return image, scale
    ratio = WORK_DPI / 72 / scale
    size = (max(1, round(image.shape[1] * ratio)), max(1, round(image.shape[0] * ratio)))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA), size[0] / width_points


def reduced(image: Gray, size: tuple[int, int]) -> Gray:
    """The picture at a smaller size (width, height).  Down to half its size two pixels either way are all that one
    pixel covers: 0.8 ms a page instead of 6.6."""
    import cv2

    near = size[0] * 2 >= image.shape[1] and size[1] * 2 >= image.shape[0]
    out: Gray = cv2.resize(image, size, interpolation=cv2.INTER_LINEAR if near else cv2.INTER_AREA)
    return out


def in_squares(image: Gray, side: int) -> Gray:
    """The mean of every square of the picture, whose rest to the right and below, less than a square, is left out:
    whole squares take a fifth of the time of a size of one's own."""
    import cv2

    height, width = max(1, image.shape[0] // side), max(1, image.shape[1] // side)
    out: Gray = cv2.resize(image[: height * side, : width * side], (width, height), interpolation=cv2.INTER_AREA)
    return out


def turned(image: Gray | Colour, degrees: int) -> Gray | Colour:
    """The picture turned clockwise by 0, 90, 180 or 270 degrees."""
    import cv2

    how = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}
    return image if degrees % 360 == 0 else cv2.rotate(image, how[degrees % 360])
