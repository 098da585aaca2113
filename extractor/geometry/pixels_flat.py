"""Flattening: skew, perspective and curl undone at once, from the rulings themselves.

Every ruling of a flat page is a constant: rules across have one y, rules down one x.  So a smooth field
is added to y (and one to x) such that each traced rule becomes as constant as it can: linear least
squares over the fields' coefficients and the rules' unknown constants.  A scan needs degree 1 (skew); where
that leaves more than a fraction of a pixel, the page bends and gets degree 3 or 5.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from extractor.geometry.pixels import components

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Gray = NDArray[Any]
    Floats = NDArray[np.float64]

_RULE = 100
"""Mask level (of 255) that counts as a rule while tracing."""
_STEP = 6
"""Distance of the points traced along a rule, pixels of the mask."""
_SHORT = 36
"""Shorter traces say little about direction, pixels (a third of an inch)."""
_FLAT_ENOUGH = 0.55
"""Residual (90th percentile, pixels of the mask) that a plain skew may leave; a ruling is 1 to 2 wide."""
_BLOCK = 768
"""Rows of a page that are bent straight at a time."""
_GRID = 24
"""Step of the coarse map that is enlarged to the page's pixels."""

Trace = tuple["Floats", "Floats"]
"""x and y of points along one rule."""


@dataclass(frozen=True, slots=True)
class Field:
    """A polynomial in page shares: `terms` are exponents of (x, y), `weights` their coefficients."""

    terms: tuple[tuple[int, int], ...]
    weights: tuple[float, ...]

    def at(self, x: Floats, y: Floats) -> Floats:
        import numpy as np

        out = np.zeros_like(x)
        for (i, j), w in zip(self.terms, self.weights, strict=True):
            out += w * x**i * y**j
        return out


@dataclass(frozen=True, slots=True)
class Flat:
    """Where flattened points lie on the page.  All coordinates are pixels of the mask.

    `residual`: pixels by which rules still stray (90th percentile); `bent`: more than a skew was undone.
    """

    shape: tuple[int, int]
    map_x: NDArray[np.float32]
    map_y: NDArray[np.float32]
    residual: float
    skew: float
    """Degrees, clockwise."""
    bent: bool

    @property
    def identity(self) -> bool:
        return not self.bent and abs(self.skew) < 0.02

    def warp(self, image: Gray, border: int = 255) -> Gray:
        """An image of the page (any resolution, the page's proportions) flattened."""
        return self.warp_all((image,), (border,))[0]

    def warp_all(self, images: Sequence[Gray], borders: Sequence[int]) -> list[Gray]:
        """Images of one size flattened, each with its own shade beyond the page: bent pages' maps are made once."""
        import cv2
        import numpy as np

        if self.identity:
            return list(images)
        height, width = images[0].shape[:2]
        rows, cols = self.map_x.shape
        sx, sy = width / self.shape[1], height / self.shape[0]
        if not self.bent:
            return [self._turned(i, sx, sy, border) for i, border in zip(images, borders, strict=True)]
        out = [np.empty_like(i) for i in images]
        for top in range(0, height, _BLOCK):
            # The coarse map enlarged block by block: a page's full maps would be ten times the page.
            low = min(height, top + _BLOCK)
            into = np.array(
                [
                    [cols / width, 0, 0.5 * cols / width - 0.5],
                    [0, rows / height, (top + 0.5) * rows / height - 0.5],
                ]
            )
            how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
            maps = [
                (
                    cv2.warpAffine(m, into, (width, low - top), flags=how, borderMode=cv2.BORDER_REPLICATE)
                    + 0.5
                )
                * np.float32(s)
                - np.float32(0.5)
                for m, s in ((self.map_x, sx), (self.map_y, sy))
            ]
            for made, image, border in zip(out, images, borders, strict=True):
                made[top:low] = cv2.remap(image, maps[0], maps[1], cv2.INTER_LINEAR, borderValue=border)
        return out

    def _turned(self, image: Gray, sx: float, sy: float, border: int) -> Gray:
        """A plain skew is affine: three points of the map say all."""
        import cv2
        import numpy as np

        rows, cols = self.map_x.shape
        flat, page = [], []
        for r, c in ((0, 0), (0, cols - 1), (rows - 1, 0)):
            flat.append([(c + 0.5) * image.shape[1] / cols - 0.5, (r + 0.5) * image.shape[0] / rows - 0.5])
            page.append([(self.map_x[r, c] + 0.5) * sx - 0.5, (self.map_y[r, c] + 0.5) * sy - 0.5])
        matrix = cv2.getAffineTransform(np.array(flat, np.float32), np.array(page, np.float32))
        out: Gray = cv2.warpAffine(
            image,
            matrix,
            image.shape[1::-1],
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=border,
        )
        return out

    def back(self, x: float, y: float) -> tuple[float, float]:
        """A flattened point on the page as it came."""
        if self.identity:
            return x, y
        rows, cols = self.map_x.shape
        gx = min(max((x + 0.5) * cols / self.shape[1] - 0.5, 0.0), cols - 1.001)
        gy = min(max((y + 0.5) * rows / self.shape[0] - 0.5, 0.0), rows - 1.001)
        c, r = int(gx), int(gy)
        fx, fy = gx - c, gy - r

        def between(m: Any) -> float:
            top = float(m[r, c]) * (1 - fx) + float(m[r, c + 1]) * fx
            low = float(m[r + 1, c]) * (1 - fx) + float(m[r + 1, c + 1]) * fx
            return float(top * (1 - fy) + low * fy)

        return between(self.map_x), between(self.map_y)


def flatten(masks: Gray) -> Flat:
    """The map that makes the rules of `masks` straight and upright; identity where there are none."""
    height, width = masks.shape[1:]
    across = [_scale(t, width, height) for t in _traces(masks[0], True)]
    down = [_scale(t, width, height) for t in _traces(masks[1], False)]
    fields, residual, bent = _fit(across, down, width)
    return _flat_of(fields, (height, width), (across, down), residual, bent)


def flatten_lines(across: Sequence[Trace], shape: tuple[int, int]) -> Flat:
    """The map that makes lines straight whose points are given in pixels.  `shape`: height and width of the page."""
    height, width = shape
    scaled = [_scale(t, width, height) for t in across]
    fields, residual, bent = _fit(scaled, [], width)
    return _flat_of(fields, shape, (scaled, []), residual, bent)


def _fit(across: list[Trace], down: list[Trace], width: int) -> tuple[tuple[Field, Field], float, bool]:
    """(field of y, field of x), residual, whether it bends: the lowest degree that makes rules straight."""
    fields = (_solve(across, 1, True), _solve(down, 1, False))
    if not fields[1].terms and fields[0].terms:
        fields = (fields[0], Field(((0, 1),), (-fields[0].weights[0],)))
    best = max(_residual(across, fields[0], True), _residual(down, fields[1], False)) * width
    bent = False
    for degree in (3, 5):
        if best <= _FLAT_ENOUGH or len(across) < 4:
            break
        tried = (_solve(across, degree, True), _solve(down, degree, False))
        left = max(_residual(across, tried[0], True), _residual(down, tried[1], False)) * width
        if left < 0.75 * best:
            fields, best, bent = tried, left, True
    return fields, best, bent


def _traces(mask: Gray, across: bool) -> list[Trace]:
    """Points along every rule of one direction."""
    import cv2
    import numpy as np

    work = mask if across else mask.T
    seen = (work > _RULE).astype(np.uint8)
    joined = cv2.morphologyEx(seen, cv2.MORPH_CLOSE, np.ones((1, 9), np.uint8))
    labels, stats = components(joined)
    out: list[Trace] = []
    for k in range(1, len(stats)):
        x, y, w, h, _ = (int(v) for v in stats[k])
        if w < _SHORT or h > 0.35 * w + 8:
            continue
        chosen = slice(x + _STEP // 2, x + w, _STEP)
        part = (labels[y : y + h, chosen] == k) * work[y : y + h, chosen].astype(np.float64)
        whole = part.sum(axis=0)
        middles = (part * np.arange(h)[:, None]).sum(axis=0)
        seen_there = whole > 0
        picked = np.arange(_STEP // 2, w, _STEP)[seen_there]
        if picked.size < _SHORT // _STEP - 1:
            continue
        xs, ys = x + picked.astype(np.float64), y + middles[seen_there] / whole[seen_there]
        out.append((xs, ys) if across else (ys, xs))
    return out


def _scale(trace: Trace, width: int, height: int) -> Trace:
    """Pixels to shares of the page's width around its middle."""
    return (trace[0] - width / 2) / width, (trace[1] - height / 2) / width


def _terms(degree: int, across: bool) -> tuple[tuple[int, int], ...]:
    """Exponents of (x, y); never of the rule's own constant alone, which would only stretch the page."""
    out = [
        (i, j)
        for i in range(1, degree + 1)
        for j in range(0, degree)
        if i + j <= degree and (j <= 2 or degree <= 3)
    ]
    return tuple(out) if across else tuple((j, i) for i, j in out)


def _solve(traces: list[Trace], degree: int, across: bool) -> Field:
    """Least squares with the rules' constants eliminated, twice without what strays."""
    import numpy as np

    terms = _terms(degree, across)
    if not traces:
        return Field((), ())
    rows: list[Floats] = []
    want: list[Floats] = []
    for x, y in traces:
        basis = np.stack([x**i * y**j for i, j in terms], axis=1)
        value = y if across else x
        rows.append(basis - basis.mean(axis=0))
        want.append(-(value - value.mean()))
    a, b = np.concatenate(rows), np.concatenate(want)
    weights: Any = np.ones(len(b))
    found: Any = np.zeros(len(terms))
    # Higher terms are held back a little: beyond the outermost rules nothing speaks for them.
    ridge = np.diag([1e-4 * (0.05 if i + j == 1 else 1.0) * 10 ** (i + j - 2) for i, j in terms])
    for _ in range(3):
        aw = a * weights[:, None]
        found = np.linalg.solve(a.T @ aw + ridge, aw.T @ b)
        strays = np.abs(a @ found - b)
        limit = max(1e-4, 2.5 * float(np.median(strays)))
        weights = np.minimum(1.0, limit / np.maximum(strays, 1e-9)) ** 2
    return Field(terms, tuple(float(v) for v in found))


def _residual(traces: list[Trace], field: Field, across: bool) -> float:
    """90th percentile of how far points lie from their rule's middle, shares of the width."""
    import numpy as np

    if not traces:
        return 0.0
    strays = []
    for x, y in traces:
        flat = (y if across else x) + field.at(x, y)
        strays.append(np.abs(flat - np.median(flat)))
    return float(np.percentile(np.concatenate(strays), 90))


def _flat_of(
    fields: tuple[Field, Field],
    shape: tuple[int, int],
    traces: tuple[list[Trace], list[Trace]],
    residual: float,
    bent: bool,
) -> Flat:
    """The inverse map on a coarse grid, by fixed-point iteration."""
    import math

    import numpy as np

    height, width = shape
    rows, cols = max(2, height // _GRID), max(2, width // _GRID)
    us = ((np.arange(cols) + 0.5) * width / cols - 0.5 - width / 2) / width
    vs = ((np.arange(rows) + 0.5) * height / rows - 0.5 - height / 2) / width
    u, v = np.meshgrid(us, vs)
    points = [t for part in traces for t in part]
    # Polynomials are not to be trusted beyond the rules they were fitted to.
    low = [min((float(t[k].min()) for t in points), default=0.0) - 0.02 for k in (0, 1)]
    high = [max((float(t[k].max()) for t in points), default=0.0) + 0.02 for k in (0, 1)]
    x, y = u.copy(), v.copy()
    for _ in range(12):
        if bent:
            cx, cy = np.clip(x, low[0], high[0]), np.clip(y, low[1], high[1])
        else:
            cx, cy = x, y
        x, y = u - fields[1].at(cx, cy), v - fields[0].at(cx, cy)
    skew = 0.0
    if fields[0].terms and (1, 0) in fields[0].terms:
        skew = -math.degrees(math.atan(fields[0].weights[fields[0].terms.index((1, 0))]))
    return Flat(
        shape, (x * width + width / 2).astype(np.float32), (y * width + height / 2).astype(np.float32),
        residual, skew, bent,
    )  # fmt: skip
