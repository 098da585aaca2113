"""Networks that run over pixels: one session per file, one thread, loaded when first needed."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from extractor.settings import MODELS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Gray = NDArray[Any]

WEIGHTS = MODELS / "weights"
NET_DPI = 121.0
"""Resolution at which the line network sees a page (A4: 1,000 by 1,414 pixels)."""
_SIDE = 1414
_ROWS, _OVERLAP = 1440, 64
"""A page as long as a whole report goes through in pieces of this many rows: memory, not time (a sheet's
activations take 90 MB)."""


_CELL = 8
"""Squares of the page that are one pixel of the network's innermost layers."""
_MARK = 4
"""Mean darkness (of 255) of a square that is not blank: a rule one pixel wide at an eighth of ink's darkness has as
much."""
_FREE = 4
"""Blank squares (a fifth of an inch in all) left around what is marked: the network looks that far for context."""


def open_session(model: bytes | str) -> Any:
    """An onnxruntime session of one thread: documents, not matrices, are what runs in parallel."""
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Without the arena every tensor is mapped afresh: 240 ms a page instead of 145 (lines.onnx).
    options.enable_cpu_mem_arena = True
    return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])


@lru_cache(maxsize=8)
def weights_session(name: str) -> Any:
    """The session of models/weights/NAME, shared by the process."""
    return open_session(str(WEIGHTS / name))


def net_size(width: int, height: int) -> tuple[int, int]:
    """The size at which a page goes through the line network.

    A sheet has its long side at 1,414; a screenshot longer than two sheets has a sheet's width.
    """
    short, long = min(width, height), max(width, height)
    ratio = _SIDE / long if long < 2.2 * short else _SIDE / 1.414 / short
    return max(8, round(width * ratio)), max(8, round(height * ratio))


def line_masks(page: Gray) -> Gray:
    """(2, height, width) uint8 of a grey page at the network's size: rules across, rules down."""
    import numpy as np

    height, width = page.shape
    if height > _ROWS * 1.1:
        parts = []
        for start in range(0, height, _ROWS):
            low, high = max(0, start - _OVERLAP), min(height, start + _ROWS + _OVERLAP)
            seen = line_masks(np.ascontiguousarray(page[low:high]))
            parts.append(seen[:, start - low : min(height, start + _ROWS) - low])
        return np.concatenate(parts, axis=1)
    x0, y0, x1, y1 = _used(page)
    out = np.zeros((2, height, width), np.uint8)
    if x1 > x0:
        part = page[y0:y1, x0:x1]
        padded = np.pad(part, ((0, -part.shape[0] % _CELL), (0, -part.shape[1] % _CELL)), mode="edge")
        shares = weights_session("lines.onnx").run(None, {"page": padded[None, None]})[0][0]
        out[:, y0:y1, x0:x1] = shares[:, : y1 - y0, : x1 - x0]
    return out


def _used(page: Gray) -> tuple[int, int, int, int]:
    """The part of a page inside its blank margins, on the network's own raster of squares."""
    import cv2
    import numpy as np

    height, width = page.shape
    rows, columns = -(-height // _CELL), -(-width // _CELL)
    padded = np.pad(page, ((0, rows * _CELL - height), (0, columns * _CELL - width)), mode="edge")
    marked = cv2.resize(padded, (columns, rows), interpolation=cv2.INTER_AREA) < 255 - _MARK
    down, across = np.flatnonzero(marked.any(axis=1)), np.flatnonzero(marked.any(axis=0))
    if not down.size:
        return 0, 0, 0, 0
    return (
        max(0, int(across[0]) - _FREE) * _CELL, max(0, int(down[0]) - _FREE) * _CELL,
        min(width, (int(across[-1]) + 1 + _FREE) * _CELL), min(height, (int(down[-1]) + 1 + _FREE) * _CELL),
    )  # fmt: skip
