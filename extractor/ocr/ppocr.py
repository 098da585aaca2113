"""PP-OCRv6's recognition network, run by onnxruntime directly, its head cut to the characters asked for.

The weights are those that the installed rapidocr wheel carries (Apache-2.0); nothing is downloaded.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from extractor.errors import NianbaoError
from extractor.geometry.pixels_net import open_session
from extractor.ocr.ctc import along, beam, spelt
from extractor.ocr.engine import FIGURES, Alphabet, Recognised

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from extractor.ocr.engine import Gray

HEIGHT = 48
"""Rows of the network's input, pixels."""
_STRIDE = 8
_BATCH = 16
_BATCH_WIDTH = 3200
"""Pixels of width in one batch: what bounds the memory of long lines (260 MB at 10,000, 90 at 3,200)."""
# Crops of one batch are padded to the widest; beyond a quarter more, padding costs more than a call.
_STRETCH = 1.25
_MAX_WIDTH = 2000


class WeightsMissing(NianbaoError):
    """The recogniser's weights are not where the installed package should have them."""

    code = "weights_missing"
    message = "缺少文字识别模型文件。"
    remedy = "请重新安装 rapidocr（pip install --force-reinstall rapidocr）。"


def weights(stem: str) -> Path:
    """The file of the rapidocr wheel whose name has `stem`; the newest where there are several."""
    from importlib.util import find_spec

    spec = find_spec("rapidocr")
    if spec is None or spec.origin is None:
        raise WeightsMissing(stem)
    found = sorted((Path(spec.origin).parent / "models").glob(f"*{stem}*.onnx"))
    if not found:
        raise WeightsMissing(stem)
    return found[-1]


class PaddleRecogniser:
    """PP-OCR recognition; features once, a head per alphabet."""

    name = "ppocr6"

    @cached_property
    def _parts(self) -> tuple[Any, Any, Any, list[str]]:
        from extractor.ocr.onnxcut import cut

        parts = cut(weights("_rec_").read_bytes())
        # Class 0 is the blank, the last one the space that the list leaves out.
        characters = ["", *parts.metadata["character"].split("\n")]
        characters += [" "] * (parts.bias.shape[0] - len(characters))
        return open_session(parts.model), parts.weights, parts.bias, characters

    @lru_cache(maxsize=8)  # noqa: B019  (one recogniser a process)
    def _head(self, alphabet: Alphabet) -> tuple[NDArray[np.float32], NDArray[np.float32], list[str]]:
        import numpy as np

        _, matrix, bias, characters = self._parts
        if alphabet.characters is None:
            return matrix, bias, characters[1:]
        kept = [i for i, c in enumerate(characters) if i and c in alphabet.characters]
        columns = np.array([0, *kept])
        return np.ascontiguousarray(matrix[:, columns]), bias[columns], [characters[i] for i in kept]

    @lru_cache(maxsize=8)  # noqa: B019
    def _rare(self, alphabet: Alphabet) -> NDArray[np.bool_]:
        """The head's classes, the blank first, that are ideographs beyond GB 2312: names of places have a few, but
        most are the forms of other countries."""
        import numpy as np

        return np.array([False, *(_beyond(c) for c in self._head(alphabet)[2])])

    def read(self, crops: Sequence[Gray], alphabet: Alphabet) -> list[Recognised]:
        matrix, bias, symbols = self._head(alphabet)
        few = len(symbols) <= len(FIGURES.characters or ())
        out: list[Recognised] = [Recognised("", 0.0)] * len(crops)
        for indices, batch, widths in _batches(crops):
            features = self._parts[0].run(None, {"x": batch})[0]
            for row, index in enumerate(indices):
                used = max(1, -(-widths[row] // _STRIDE))
                seen = features[row, : min(used, features.shape[1])]
                if few:
                    candidates = beam(_softmax(seen @ matrix + bias), symbols)
                    out[index] = Recognised(candidates[0][0], candidates[0][1], candidates[:6])
                else:
                    found = _likeliest(seen, matrix, bias, self._rare(alphabet))
                    out[index] = Recognised(*spelt(found, symbols))
        return out


_AT_ONCE = 16
"""Steps whose shares of all characters (75 kB a step) stay in a processor's cache."""


_USUAL = 0.05
"""Share of a rare character's own that a usual one has at least where it is what is printed: of nine rare ones that
blotted photocopies of made reports were read with, seven had their usual form behind them, at 0.06 to 0.9 of theirs."""


def _beyond(character: str) -> bool:
    try:
        character.encode("gb2312")
    except UnicodeEncodeError:
        return "\u3400" <= character <= "\u9fff"
    return False


def _likeliest(
    features: NDArray[np.float32],
    matrix: NDArray[np.float32],
    bias: NDArray[np.float32],
    rare: NDArray[np.bool_],
) -> list[tuple[int, int, float]]:
    """The best path (ctc.path).  Shares are worked out only where it has a character: a third of the steps.

    `rare`: classes that give way to a usual one that is not far behind.
    """
    import numpy as np

    best: list[int] = []
    shares: list[float] = []
    for start in range(0, len(features), _AT_ONCE):
        logits = features[start : start + _AT_ONCE] @ matrix
        logits += bias
        top = logits.argmax(axis=1)
        share = np.zeros(len(top))
        marked = np.flatnonzero(top)
        raised = logits[marked]
        raised -= raised[range(len(marked)), top[marked]][:, None]
        share[marked] = 1 / np.exp(raised, out=raised).sum(axis=1)
        for row, step in enumerate(marked.tolist()):
            if rare[top[step]]:
                raised[row, rare] = 0
                usual = int(raised[row, 1:].argmax()) + 1
                if raised[row, usual] >= _USUAL:
                    top[step], share[step] = usual, share[step] * raised[row, usual]
        best += top.tolist()
        shares += share.tolist()
    return along(best, shares)


def _softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    import numpy as np

    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: NDArray[np.float32] = raised / raised.sum(axis=1, keepdims=True)
    return shares


def _batches(crops: Sequence[Gray]) -> list[tuple[list[int], NDArray[np.float32], list[int]]]:
    """Crops of like width together: (indices, (n, 3, 48, width) float32 in −1…1, widths)."""
    import cv2
    import numpy as np

    wide = [min(_MAX_WIDTH, max(_STRIDE, round(HEIGHT * c.shape[1] / max(1, c.shape[0])))) for c in crops]
    order = sorted(range(len(crops)), key=lambda i: wide[i])
    out: list[tuple[list[int], NDArray[np.float32], list[int]]] = []
    start = 0
    while start < len(order):
        stop = start
        while (
            stop < len(order)
            and stop - start < _BATCH
            and (stop - start + 1) * wide[order[stop]] <= max(_BATCH_WIDTH, wide[order[start]])
            and wide[order[stop]] <= max(wide[order[start]] * _STRETCH, wide[order[start]] + _STRIDE)
        ):
            stop += 1
        chosen = order[start:stop]
        batch = np.zeros((len(chosen), 3, HEIGHT, wide[chosen[-1]]), np.float32)
        for row, index in enumerate(chosen):
            how = cv2.INTER_AREA if crops[index].shape[0] > HEIGHT else cv2.INTER_LINEAR
            scaled = cv2.resize(crops[index], (wide[index], HEIGHT), interpolation=how)
            batch[row, :, :, : wide[index]] = scaled.astype(np.float32) / 127.5 - 1.0
        out.append((chosen, batch, [wide[i] for i in chosen]))
        start = stop
    return out


@lru_cache(maxsize=1)
def paddle() -> PaddleRecogniser:
    """The process's one recogniser; its weights load at the first crop."""
    return PaddleRecogniser()
