"""The first reader of labels: a small network over the characters of the forms (training/label_net.py).

PP-OCRv6 takes 14 ms a line on a machine where this takes one; it reads again what this one is unsure of.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from extractor.geometry.pixels_net import weights_session
from extractor.ocr.ctc import greedy
from extractor.ocr.engine import Alphabet, Recognised

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Gray = NDArray[Any]

HEIGHT = 32
STRIDE = 4
_SQUEEZE = 0.8
_WIDEST = 1600
_BATCH_WIDTH = 4000


def scaled(crop: Gray) -> Gray:
    """The line at the network's height and squeeze, its width a multiple of the stride."""
    import cv2
    import numpy as np

    wide = min(_WIDEST, max(8, round(crop.shape[1] * HEIGHT / crop.shape[0] * _SQUEEZE)))
    small = cv2.resize(crop, (wide, HEIGHT), interpolation=cv2.INTER_AREA)
    short = -wide % STRIDE
    return np.pad(small, ((0, 0), (0, short)), constant_values=255) if short else small


OTHER = "〓"
"""Stands for any character outside the forms: the line is for the reader that knows them all."""


class WordNet:
    """models/weights/words.onnx."""

    name = "wordnet"

    def read(self, crops: Sequence[Gray], alphabet: Alphabet) -> list[Recognised]:
        """Reads over the network's own characters, whatever the alphabet; score: the mean character's."""
        import numpy as np

        symbols = _symbols()
        small = [scaled(c) for c in crops]
        order = sorted(range(len(small)), key=lambda i: small[i].shape[1])
        out: list[Recognised] = [Recognised("", 0.0)] * len(crops)
        start = 0
        while start < len(order):
            stop = start + 1
            while stop < len(order) and (stop + 1 - start) * small[order[stop]].shape[1] <= _BATCH_WIDTH:
                stop += 1
            chosen = order[start:stop]
            batch = np.full((len(chosen), 1, HEIGHT, small[chosen[-1]].shape[1]), 255, np.uint8)
            for row, index in enumerate(chosen):
                batch[row, 0, :, : small[index].shape[1]] = small[index]
            pixels = batch.astype(np.float32) / np.float32(255)
            logits = weights_session("words.onnx").run(None, {"crops": pixels})[0]
            raised = np.exp(logits - logits.max(axis=2, keepdims=True))
            shares = raised / raised.sum(axis=2, keepdims=True)
            for row, index in enumerate(chosen):
                text, score = greedy(shares[row, : small[index].shape[1] // STRIDE], symbols)
                out[index] = Recognised(text, 0.0 if OTHER in text else score)
            start = stop
        return out


@lru_cache(maxsize=1)
def _symbols() -> str:
    symbols: str = weights_session("words.onnx").get_modelmeta().custom_metadata_map["symbols"]
    return symbols


@lru_cache(maxsize=1)
def word_net() -> WordNet:
    """The process's one network."""
    return WordNet()
