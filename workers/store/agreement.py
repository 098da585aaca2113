"""Two measures: the interval of a rate (Wilson 1927) and agreement beyond chance (Cohen 1960)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Sequence

Z = 1.959963984540054
"""Standard normal quantile of a two-sided 95 % interval."""


def wilson(hits: int, n: int, z: float = Z) -> tuple[float, float]:
    """Lower and upper end of the interval of hits / n; (0, 1) where nothing was looked at."""
    if n <= 0:
        return 0.0, 1.0
    p = hits / n
    middle = p + z * z / (2 * n)
    spread = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def kappa(pairs: Sequence[tuple[Hashable, Hashable]]) -> float | None:
    """Cohen's kappa of two people's labels; None where there are no pairs or chance alone explains all."""
    n = len(pairs)
    if not n:
        return None
    observed = sum(a == b for a, b in pairs) / n
    first, second = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    chance = sum(first[label] * second[label] for label in first) / (n * n)
    return None if chance >= 1 else (observed - chance) / (1 - chance)
