"""A part of a page read again, because a person drew a box around it: every reader that there is, side by side.

The box need not be a cell of any grid.  Characters that a file states come first; both recognisers read the
pixels, each on the crops that it is given in an extraction (extractor/ocr/crops.py).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from extractor.inputs.sniff import sniff
from extractor.sandbox.pictures import NoPicture, page_picture
from extractor.settings import Options, limits
from extractor.types import Box, Source

if TYPE_CHECKING:
    from extractor.ocr.engine import Recogniser

READ_DPI = 200.0
"""What the recognisers read best (extractor/inputs/scanned.py)."""
LEAST = 3.0
"""Points of a side below which a box is a slip of the hand: half a digit."""


def region_json(source: Source, params: Mapping[str, Any], options: Options) -> bytes:
    """JSON list of {engine, text, score, candidates} for `params["bbox"]` on `params["page"]`.

    Raises NoPicture where there is no such page or the box is none.
    """
    box: Box = tuple(float(v) for v in params["bbox"])  # type: ignore[assignment]
    if box[2] - box[0] < LEAST or box[3] - box[1] < LEAST:
        raise NoPicture("框太小")
    found = _stated(source, int(params["page"]), box, options)
    found += _recognised(source, params, box, options)
    return json.dumps(found, ensure_ascii=False).encode()


def _stated(source: Source, number: int, box: Box, options: Options) -> list[dict[str, Any]]:
    """The text layer's characters whose middle lies in the box; nothing where it has none there."""
    if sniff(source.parts[0][1]) != "pdf":
        return []
    from extractor.inputs.pdf import open_pdf
    from extractor.inputs.pdfium_page import read_page

    pdf = open_pdf(source.parts[0][1], options)
    try:
        if not 1 <= number <= len(pdf):
            raise NoPicture(f"第 {number} 页")
        raw = read_page(pdf[number - 1], number, limits())
    finally:
        pdf.close()
    inside = [
        c for c in raw.chars if box[0] <= c.cx <= box[2] and box[1] <= (c.top + c.bottom) / 2 <= box[3]
    ]  # fmt: skip
    text = "".join(c.text for c in sorted(inside, key=lambda c: (round(c.bottom / max(c.size, 1.0)), c.x0)))
    return (
        [{"engine": "pdfium", "text": text.strip(), "score": 1.0, "candidates": []}] if text.strip() else []
    )


def _recognised(
    source: Source, params: Mapping[str, Any], box: Box, options: Options
) -> list[dict[str, Any]]:  # fmt: skip
    import numpy as np

    from extractor.geometry.pixels import even
    from extractor.ocr.crops import look
    from extractor.ocr.digits import digit_net
    from extractor.ocr.ppocr import paddle

    picture = page_picture(source, params, options, READ_DPI)
    width = float(params.get("width") or 0) or picture.width * 72 / READ_DPI
    scale = picture.width / width
    page = even(np.asarray(picture)).gray
    rect = (box[0] * scale, box[1] * scale, box[2] * scale, box[3] * scale)
    if rect[0] >= page.shape[1] or rect[1] >= page.shape[0]:
        raise NoPicture("框在页面之外")
    lines = look(page, rect, scale).lines
    first = _read(digit_net(), [line.wide for line in lines])
    return [first, _read(paddle(), [line.tight for line in lines])]


def _read(engine: Recogniser, crops: Sequence[Any]) -> dict[str, Any]:
    from extractor.ocr.digits import OTHER
    from extractor.ocr.engine import FIGURES
    from extractor.ocr.table import joined

    read = joined(engine.read(crops, FIGURES))
    candidates = [[text, round(p, 4)] for text, p in read.candidates[:3] if OTHER not in text]
    text = read.text if OTHER not in read.text else (candidates[0][0] if candidates else "")
    return {"engine": engine.name, "text": text, "score": round(read.score, 4), "candidates": candidates}
