"""The fitted curve: evidence to probability.  Weights and knots are data (models/calibration).

A logistic model over the features, one bias for each kind of grid, then an isotonic map for each kind
(piecewise linear between knots).  training/confidence.py fits it and writes the error it measured.
"""

from __future__ import annotations

import json
import math
from bisect import bisect_right
from functools import lru_cache
from operator import mul
from pathlib import Path
from typing import NamedTuple

from extractor.confidence.evidence import FEATURES, Evidence
from extractor.settings import MODELS

CURVE = MODELS / "calibration" / "confidence.json"


class Curve(NamedTuple):
    weights: dict[str, tuple[float, ...]]
    bias: dict[str, float]
    knots: dict[str, tuple[tuple[float, float], ...]]
    threshold: dict[str, float]
    """Probability, for each kind, under which a person has to look."""

    def probability(self, item: Evidence) -> float:
        """Chance, 0 to 1, that value and state are both right."""
        weights = self.weights[item.kind]
        z = self.bias[item.kind] + sum(map(mul, weights, item.values))
        p = 1 / (1 + math.exp(-max(-40.0, min(40.0, z))))
        return interpolate(self.knots.get(item.kind, ()), p)


def interpolate(knots: tuple[tuple[float, float], ...], p: float) -> float:
    """The map through the knots, level beyond its ends; `p` itself where there are fewer than two."""
    if len(knots) < 2:
        return p
    xs = [k[0] for k in knots]
    i = bisect_right(xs, p)
    if i == 0:
        return knots[0][1]
    if i == len(knots):
        return knots[-1][1]
    (x0, y0), (x1, y1) = knots[i - 1], knots[i]
    return y0 + (y1 - y0) * (p - x0) / (x1 - x0) if x1 > x0 else y1


@lru_cache(maxsize=4)
def load_curve(path: Path = CURVE) -> Curve:
    """The curve of models/calibration (or another file of its form)."""
    data = json.loads(path.read_text(encoding="utf-8"))
    if tuple(data["features"]) != FEATURES:
        raise ValueError(f"{path.name}: made for other features; run training/confidence.py")
    return Curve(
        {k: tuple(v) for k, v in data["weights"].items()},
        dict(data["bias"]),
        {k: tuple((x, y) for x, y in v) for k, v in data["knots"].items()},
        dict(data["threshold"]),
    )
