"""From a recogniser's steps to texts: connectionist temporal classification, best first.

`beam` sums over alignments (prefix beam search after Graves 2012, Hannun 2014), so that its probabilities
are those of texts, not of paths; `greedy` takes the best path where only the text matters.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# A symbol below this share of a step is not followed: sixteen steps of it sum to under 0.2 %.
_FLOOR = 1e-4

_CLEAR = 0.985
"""Where the best path alone has this much, no other text has more than the rest of it."""


def greedy(steps: NDArray[np.float32], symbols: Sequence[str]) -> tuple[str, float]:
    """Best path and the mean probability of its characters (0 where there is none).

    `steps`: (steps, 1 + len(symbols)), rows summing to 1, class 0 the blank.
    """
    best = steps.argmax(axis=1)
    text: list[str] = []
    probabilities: list[float] = []
    last = 0
    for step, index in enumerate(best.tolist()):
        if index and index != last:
            text.append(symbols[index - 1])
            probabilities.append(float(steps[step, index]))
        elif index and probabilities:
            probabilities[-1] = max(probabilities[-1], float(steps[step, index]))
        last = index
    score = sum(probabilities) / len(probabilities) if probabilities else 0.0
    return "".join(text), score


def beam(steps: NDArray[np.float32], symbols: Sequence[str], width: int = 8) -> tuple[tuple[str, float], ...]:
    """The likeliest texts with their probabilities, best first; as `greedy` for the arguments."""
    tops = steps.max(axis=1)
    sure = float(tops.prod())
    if sure > _CLEAR:
        return ((greedy(steps, symbols)[0], sure),)
    beams: dict[tuple[int, ...], tuple[float, float]] = {(): (1.0, 0.0)}
    for shares in _followed(steps):
        if shares.keys() == {0}:
            # Most steps: nothing but the blank.  All texts keep their order; no new one comes.
            beams = {p: ((a + b) * shares[0], 0.0) for p, (a, b) in beams.items() if (a + b) * shares[0] > 0.0}
            continue
        grown: dict[tuple[int, ...], list[float]] = {}
        for prefix, (on_blank, on_symbol) in beams.items():
            total = on_blank + on_symbol
            last = prefix[-1] if prefix else -1
            stay = grown.setdefault(prefix, [0.0, 0.0])
            for index, share in shares.items():
                if index == 0:
                    stay[0] += total * share
                elif index == last:
                    stay[1] += on_symbol * share
                    grown.setdefault((*prefix, index), [0.0, 0.0])[1] += on_blank * share
                else:
                    grown.setdefault((*prefix, index), [0.0, 0.0])[1] += total * share
        ranked = sorted(grown.items(), key=lambda item: -(item[1][0] + item[1][1]))[:width]
        beams = {prefix: (mass[0], mass[1]) for prefix, mass in ranked if mass[0] + mass[1] > 0.0}
    out = [("".join(symbols[i - 1] for i in prefix), a + b) for prefix, (a, b) in beams.items()]
    return tuple(sorted(((t, min(1.0, p)) for t, p in out), key=lambda item: -item[1]))


def _followed(steps: NDArray[np.float32]) -> list[dict[int, float]]:
    """The symbols of each step that are followed, with their shares."""
    out: list[dict[int, float]] = [{} for _ in range(len(steps))]
    at, which = (steps > _FLOOR).nonzero()
    for step, index, share in zip(at.tolist(), which.tolist(), steps[at, which].tolist(), strict=True):
        out[step][index] = share
    return out


def entropy(candidates: Sequence[tuple[str, float]]) -> float:
    """Nats of doubt among the candidates; 0 where one text takes all."""
    total = sum(p for _, p in candidates)
    if total <= 0:
        return 0.0
    return -sum(p / total * math.log(p / total) for _, p in candidates if p > 0)
