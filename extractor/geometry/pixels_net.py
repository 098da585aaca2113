"""Networks that run over pixels: one session per file, one thread, loaded when first needed."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from extractor.settings import MODELS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Gray = NDArray[np.uint8]

WEIGHTS = MODELS / "weights"
NET_DPI = 121.0
"""Resolution at which the line network sees a page (A4: 1,000 by 1,414 pixels)."""
_SIDE = 1414
_LONGEST = 4800
"""A page as long as a whole report is read at full width, but not beyond this many rows at a time."""


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
    if height > _LONGEST:
        half = height // 2 // 8 * 8
        upper, lower = line_masks(page[: half + 64]), line_masks(page[half - 64 :])
        return np.concatenate([upper[:, :half], lower[:, 64:]], axis=1)
    high, wide = -(-height // 8) * 8, -(-width // 8) * 8
    padded = np.pad(page, ((0, high - height), (0, wide - width)), mode="edge")
    batch = padded[None, None].astype(np.float32) / 255
    shares = weights_session("lines.onnx").run(None, {"page": batch})[0][0]
    out: Gray = (shares[:, :height, :width] * 255).astype(np.uint8)
    return out
