"""The first reader of labels: a small network over the characters of the forms (training/label_net.py).

PP-OCRv6 takes 14 ms a line on a machine where this takes one; it reads again what this one is unsure of.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from extractor.geometry.pixels_net import weights_session
from extractor.ocr.ctc import path, spelt
from extractor.ocr.engine import Alphabet, Recognised

if TYPE_CHECKING:
    import numpy as np
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

    wide = min(_WIDEST, max(8, round(crop.shape[1] * HEIGHT / crop.shape[0] * _SQUEEZE)))
    small = cv2.resize(crop, (wide, HEIGHT), interpolation=cv2.INTER_AREA)
    short = -wide % STRIDE
    return cv2.copyMakeBorder(small, 0, 0, 0, short, cv2.BORDER_CONSTANT, value=255) if short else small


OTHER = "〓"
"""Stands for any character outside the forms: the line is for the reader that knows them all."""


class Traced(NamedTuple):
    """One line as the network saw it."""

    text: str
    score: float
    """The mean character's."""
    path: tuple[tuple[int, int, float], ...]
    """(class, step, share) of every character."""
    shares: NDArray[np.float32]
    """(steps, classes), rows summing to 1, class 0 the blank."""


class WordNet:
    """models/weights/words.onnx."""

    name = "wordnet"

    @property
    def symbols(self) -> str:
        """The characters of the classes from 1."""
        return _symbols()

    def read(self, crops: Sequence[Gray], alphabet: Alphabet) -> list[Recognised]:
        """Reads over the network's own characters, whatever the alphabet; score: the mean character's."""
        return [Recognised(t.text, t.score) for t in self.trace(crops)]

    def trace(self, crops: Sequence[Gray]) -> list[Traced]:
        """Every line with the shares behind it; score 0 where a character is beyond the network's own."""
        import numpy as np

        symbols = self.symbols
        small = [scaled(c) for c in crops]
        order = sorted(range(len(small)), key=lambda i: small[i].shape[1])
        out: dict[int, Traced] = {}
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
                out[index] = _traced(shares[row, : small[index].shape[1] // STRIDE], symbols)
            start = stop
        return [out[i] for i in range(len(crops))]


def _traced(shares: NDArray[np.float32], symbols: str) -> Traced:
    found = path(shares)
    text, score = spelt(found, symbols)
    return Traced(text, 0.0 if OTHER in text else score, tuple(found), shares)


@lru_cache(maxsize=1)
def _symbols() -> str:
    symbols: str = weights_session("words.onnx").get_modelmeta().custom_metadata_map["symbols"]
    return symbols


@lru_cache(maxsize=1)
def word_net() -> WordNet:
    """The process's one network."""
    return WordNet()
