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
_CLEAR_NOUGHT = 0.999
"""The same for a nought: sums do not tell it from a dash or a blank, so how likely these are is asked."""


def greedy(steps: NDArray[np.float32], symbols: Sequence[str]) -> tuple[str, float]:
    """Best path and the mean probability of its characters (0 where there is none).

    `steps`: (steps, 1 + len(symbols)), rows summing to 1, class 0 the blank.
    """
    return spelt(path(steps), symbols)


def spelt(found: Sequence[tuple[int, int, float]], symbols: Sequence[str]) -> tuple[str, float]:
    """A path's text and the mean share of its characters."""
    score = sum(p for _, _, p in found) / len(found) if found else 0.0
    return "".join(symbols[c - 1] for c, _, _ in found), score


def path(steps: NDArray[np.float32]) -> list[tuple[int, int, float]]:
    """(class, step, share) of the best path's characters, each where its share is greatest."""
    best = steps.argmax(axis=1)
    return along(best.tolist(), steps[range(len(best)), best].tolist())


def along(best: Sequence[int], shares: Sequence[float]) -> list[tuple[int, int, float]]:
    """As `path`, of each step's likeliest class and its share."""
    out: list[tuple[int, int, float]] = []
    last = 0
    for step, index in enumerate(best):
        if index:
            share = shares[step]
            if index != last:
                out.append((index, step, share))
            elif share > out[-1][2]:
                out[-1] = (index, step, share)
        last = index
    return out


def beam(steps: NDArray[np.float32], symbols: Sequence[str], width: int = 8) -> tuple[tuple[str, float], ...]:
    """The likeliest texts with their probabilities, best first; as `greedy` for the arguments."""
    return beams(steps[None], [len(steps)], symbols, width)[0]


def beams(
    batch: NDArray[np.float32], used: Sequence[int], symbols: Sequence[str], width: int = 8
) -> list[tuple[tuple[str, float], ...]]:
    """As `beam` for every crop of a batch (crops, steps, classes), of which only the steps `used` are its own."""
    best, tops = batch.argmax(axis=2), batch.max(axis=2)
    for row, stop in enumerate(used):
        tops[row, stop:] = 1
    out: list[tuple[tuple[str, float], ...]] = []
    for row, sure in enumerate(tops.prod(axis=1).tolist()):
        if sure > _CLEAR:
            text = spelt(along(best[row, : used[row]].tolist(), tops[row].tolist()), symbols)[0]
            if text != "0" or sure > _CLEAR_NOUGHT:
                out.append(((text, sure),))
                continue
        out.append(_searched(batch[row, : used[row]], symbols, width))
    return out


def _searched(steps: NDArray[np.float32], symbols: Sequence[str], width: int) -> tuple[tuple[str, float], ...]:
    texts: dict[tuple[int, ...], tuple[float, float]] = {(): (1.0, 0.0)}
    for shares in _followed(steps):
        if shares.keys() == {0}:
            # Most steps: nothing but the blank.  All texts keep their order; no new one comes.
            texts = {p: ((a + b) * shares[0], 0.0) for p, (a, b) in texts.items() if (a + b) * shares[0] > 0.0}
            continue
        grown: dict[tuple[int, ...], list[float]] = {}
        for prefix, (on_blank, on_symbol) in texts.items():
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
        texts = {prefix: (mass[0], mass[1]) for prefix, mass in ranked if mass[0] + mass[1] > 0.0}
    out = [("".join(symbols[i - 1] for i in prefix), a + b) for prefix, (a, b) in texts.items()]
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
