"""The first reader of figures: a small network of our own, made for cells (training/digits.py).

It gets the whole inner width of a cell around its line of ink, so there is no crop that could lose a
digit, and it has been shown blank cells, specks, stamps and the rests of rulings as what they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from extractor.geometry.pixels_net import weights_session
from extractor.ocr.ctc import beams
from extractor.ocr.engine import Alphabet, Recognised

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from extractor.ocr.engine import Gray

HEIGHT = 32
OTHER = "〓"
"""Stands for any character that no figure has: the cell is a label's, or nothing this network knows."""
STRIDE = 4
_WIDEST = 640
_BATCH = 64


def scaled(crop: Gray) -> Gray:
    """The crop at the network's height, its width a multiple of the stride, white where it was widened."""
    import cv2

    wide = min(_WIDEST, max(8, round(crop.shape[1] * HEIGHT / crop.shape[0])))
    how = cv2.INTER_AREA if crop.shape[0] > HEIGHT else cv2.INTER_LINEAR
    small = cv2.resize(crop, (wide, HEIGHT), interpolation=how)
    short = -wide % STRIDE
    return cv2.copyMakeBorder(small, 0, 0, 0, short, cv2.BORDER_CONSTANT, value=255) if short else small


@lru_cache(maxsize=1)
def _symbols() -> str:
    """What the weights were trained to write: class 0 is the blank, these are 1 and up; all dashes "-"."""
    symbols: str = weights_session("digits.onnx").get_modelmeta().custom_metadata_map["symbols"]
    return symbols


class DigitNet:
    """models/weights/digits.onnx."""

    name = "digitnet"

    def read(self, crops: Sequence[Gray], alphabet: Alphabet) -> list[Recognised]:
        """Reads over those of the alphabet's characters that the network knows, and `OTHER`."""
        import numpy as np

        if not crops:
            return []
        allowed = alphabet.characters
        known = _symbols()
        kept = [0, *(i + 1 for i, s in enumerate(known) if allowed is None or s in allowed or s == OTHER)]
        symbols = [known[i - 1] for i in kept[1:]]
        small = [scaled(c) for c in crops]
        order = sorted(range(len(small)), key=lambda i: small[i].shape[1])
        out: list[Recognised] = [Recognised("", 0.0)] * len(crops)
        for start in range(0, len(order), _BATCH):
            chosen = order[start : start + _BATCH]
            batch = np.full((len(chosen), 1, HEIGHT, small[chosen[-1]].shape[1]), 255, np.uint8)
            for row, index in enumerate(chosen):
                batch[row, 0, :, : small[index].shape[1]] = small[index]
            shares = self._shares(batch.astype(np.float32) / np.float32(255), kept)
            used = [small[i].shape[1] // STRIDE for i in chosen]
            for index, texts in zip(chosen, beams(shares, used, symbols), strict=True):
                out[index] = Recognised(texts[0][0], texts[0][1], texts[:6])
        return out

    def _shares(self, batch: NDArray[np.float32], kept: Sequence[int]) -> NDArray[np.float32]:
        """(n, steps, len(kept)), rows summing to 1."""
        import numpy as np

        logits = weights_session("digits.onnx").run(None, {"crops": batch})[0][:, :, list(kept)]
        raised = np.exp(logits - logits.max(axis=2, keepdims=True))
        shares: NDArray[np.float32] = raised / raised.sum(axis=2, keepdims=True)
        return shares


@lru_cache(maxsize=1)
def digit_net() -> DigitNet:
    """The process's one network."""
    return DigitNet()
