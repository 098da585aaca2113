"""Scans and photographs out of clean page pictures, with the map that carries the truth along.

A page is an RGB array (height, width, 3) uint8.  `degrade` returns a damaged page and a `Warp`: whatever
is known of the clean page's pixels (line masks, cell corners) is carried onto the damaged one by it.
Every damage is a number of `Damage`; `damage` draws them for one of the levels
clean, hard, photo.  Strengths follow what office scanners, copiers and telephones do, not what a
reader happens to stand.
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass, replace
from random import Random

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

RGB = NDArray[np.uint8]
PAPER = (255, 255, 255)


@dataclass(frozen=True)
class Damage:
    """One page's damages; zeros do nothing.  Lengths are shares of the page's width."""

    skew: float = 0.0
    """Degrees, clockwise."""
    turn: int = 0
    """Quarter turns of the pixels, 0 to 3."""
    blur: float = 0.0
    """Sigma, points."""
    noise: float = 0.0
    """Sigma, grey levels."""
    grain: float = 0.0
    """Sigma of the slow part of the noise, grey levels."""
    ink: float = 0.0
    """Grey level of full ink: 0 black, 150 faint."""
    paper: float = 255.0
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0)
    shade: float = 0.0
    """Depth of a slow shadow, 0 to 0.6."""
    speckle: float = 0.0
    """Specks a square point."""
    thicken: float = 0.0
    """Points that ink grows (negative: shrinks)."""
    copies: int = 0
    """Generations of photocopy."""
    bilevel: float = 0.0
    """Threshold, share of paper's level; 0: stays grey."""
    fax: bool = False
    jpeg: int = 0
    bleed: float = 0.0
    """Strength of the page behind shining through."""
    edges: float = 0.0
    """Width of black edges."""
    holes: bool = False
    seals: int = 0
    stains: int = 0
    perspective: float = 0.0
    curl: float = 0.0
    desk: bool = False
    """A photograph: the page lies on something else."""
    gray: bool = False


@dataclass(frozen=True)
class Warp:
    """The damaged page's pixel (x, y) shows the clean page's (map_x, map_y)."""

    map_x: NDArray[np.float32]
    map_y: NDArray[np.float32]
    turn: int = 0

    def carry(self, layer: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """A layer of the clean page as it lies on the damaged one; outside of the page: 0."""
        moved = cv2.remap(layer, self.map_x, self.map_y, cv2.INTER_LINEAR, borderValue=0)
        return np.ascontiguousarray(np.rot90(moved, -self.turn))


def damage(level: str, rng: Random) -> Damage:
    """Damages of one document's pages (each page varies them a little with `vary`)."""
    coin = rng.random
    if level == "clean":
        flat = Damage(
            skew=rng.uniform(-0.7, 0.7), blur=rng.uniform(0.1, 0.3), noise=rng.uniform(1, 4),
            paper=rng.uniform(240, 255), ink=rng.uniform(0, 50), jpeg=rng.choice((0, 75, 85, 92)),
            gray=coin() < 0.4, bilevel=rng.uniform(0.6, 0.75) if coin() < 0.3 else 0.0,
        )  # fmt: skip
        return replace(flat, seals=int(coin() < 0.2))
    if level == "hard":
        return _hard(rng)
    return Damage(
        skew=rng.uniform(-3, 3), blur=rng.uniform(0.2, 0.5), noise=rng.uniform(2, 8), grain=rng.uniform(0, 4),
        ink=rng.uniform(20, 80), paper=rng.uniform(190, 250), shade=rng.uniform(0.05, 0.5),
        tint=(1.0, rng.uniform(0.93, 1.0), rng.uniform(0.82, 1.0)), jpeg=rng.randint(55, 88),
        perspective=rng.uniform(0.01, 0.07), curl=rng.uniform(0, 0.02) if coin() < 0.7 else 0.0, desk=True,
        bleed=rng.uniform(0.02, 0.08) if coin() < 0.2 else 0.0, stains=int(coin() < 0.1),
    )  # fmt: skip


def _hard(rng: Random) -> Damage:
    coin = rng.random
    base = Damage(
        skew=rng.uniform(-3, 3), blur=rng.uniform(0.15, 0.5), noise=rng.uniform(2, 12),
        grain=rng.uniform(0, 5), ink=rng.uniform(0, 110), paper=rng.uniform(190, 255),
        jpeg=rng.randint(35, 85),
        speckle=rng.choice((0, 0, 2e-4, 1e-3)), shade=rng.choice((0.0, 0.0, rng.uniform(0.1, 0.35))),
        tint=rng.choice(((1, 1, 1), (1, 0.97, 0.9), (1, 1, 0.96))), gray=coin() < 0.4,
    )  # fmt: skip
    kind = rng.choice(("plain", "copy", "bilevel", "fax", "bleed", "seal", "stain", "low", "copy"))
    if kind in ("copy", "fax"):
        base = replace(
            base, copies=rng.randint(1, 3), holes=coin() < 0.4,
            edges=rng.choice((0.0, rng.uniform(0.01, 0.05))),
            speckle=rng.uniform(2e-4, 3e-3), ink=rng.uniform(0, 60), shade=0.0, jpeg=rng.choice((0, 60, 80)),
            bilevel=rng.uniform(0.5, 0.72) if coin() < 0.6 or kind == "fax" else 0.0,
            fax=kind == "fax", gray=True,
        )  # fmt: skip
    elif kind == "bilevel":
        base = replace(base, bilevel=rng.uniform(0.55, 0.8), ink=rng.uniform(0, 60), shade=0.0, jpeg=0)
    elif kind == "bleed":
        base = replace(base, bleed=rng.uniform(0.05, 0.25))
    elif kind == "seal":
        base = replace(base, seals=rng.randint(1, 2), gray=coin() < 0.25)
    elif kind == "stain":
        base = replace(base, stains=rng.randint(1, 3))
    elif kind == "low":
        base = replace(base, ink=rng.uniform(100, 150), paper=rng.uniform(200, 230))
    return base


def vary(given: Damage, rng: Random) -> Damage:
    """The same scanner, the next page."""
    return replace(
        given,
        skew=given.skew * rng.uniform(0.4, 1.2) + rng.uniform(-0.2, 0.2),
        noise=given.noise * rng.uniform(0.9, 1.1),
        perspective=given.perspective * rng.uniform(0.5, 1.3),
        curl=given.curl * rng.uniform(0.3, 1.3) * rng.choice((-1, 1)),
        seals=given.seals if rng.random() < 0.6 else 0,
        stains=given.stains if rng.random() < 0.6 else 0,
    )


def degrade(
    page: RGB, scale: float, given: Damage, rng: Random, behind: RGB | None = None
) -> tuple[RGB, Warp]:
    """The damaged page and its warp.  `scale`: pixels a point; `behind`: the sheet's other side."""
    noise = np.random.default_rng(rng.getrandbits(32))
    work = page.astype(np.float32)
    if behind is not None and given.bleed:
        back = cv2.resize(behind, page.shape[1::-1])[:, ::-1].astype(np.float32)
        work -= given.bleed * (255 - cv2.GaussianBlur(back, (0, 0), 0.7 * scale))
    work = given.ink + work * ((255 - given.ink) / 255)
    for _ in range(given.seals):
        _seal(work, scale, rng)
    for _ in range(given.stains):
        _stain(work, scale, rng)
    if given.holes:
        _holes(work, scale, rng)
    work *= np.array(given.tint, np.float32) * (given.paper / 255)
    warp = _warp(work.shape[1], work.shape[0], given, rng)
    desk = _desk(warp.map_x.shape, rng) if given.desk else None
    fill = tuple(float(v) * given.paper / 255 * 255 for v in given.tint)
    moved = cv2.remap(work, warp.map_x, warp.map_y, cv2.INTER_LINEAR, borderValue=fill)
    if desk is not None:
        inside = cv2.remap(np.full(work.shape[:2], 1, np.float32), warp.map_x, warp.map_y, cv2.INTER_LINEAR)
        moved = moved * inside[..., None] + desk * (1 - inside[..., None])
    moved = _light(np.asarray(moved, np.float32), given, rng)
    for _ in range(given.copies):
        moved = _copy(moved, scale, noise, rng)
    moved = _lens(moved, scale, given, noise)
    if given.edges:
        _edges(moved, given.edges, rng)
    out = np.clip(moved, 0, 255).astype(np.uint8)
    if given.gray:
        out = np.repeat(cv2.cvtColor(out, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)
    if given.bilevel:
        out = _bilevel(out, given, scale)
    if given.jpeg and not given.bilevel:
        out = _jpeg(out, given.jpeg)
    out = np.ascontiguousarray(np.rot90(out, -given.turn))
    return out, replace(warp, turn=given.turn)


def _warp(width: int, height: int, given: Damage, rng: Random) -> Warp:
    """Skew, perspective and curl as one inverse map; a photograph gets a margin of desk."""
    margin = rng.uniform(0.02, 0.1) * width if given.desk else 0.0
    out_w, out_h = int(width + 2 * margin), int(height + 2 * margin)
    angle = math.radians(given.skew)
    ys, xs = np.mgrid[0:out_h, 0:out_w].astype(np.float32)
    xs -= out_w / 2
    ys -= out_h / 2
    px = xs * math.cos(angle) + ys * math.sin(angle)
    py = -xs * math.sin(angle) + ys * math.cos(angle)
    if given.perspective:
        tip = rng.uniform(0, 2 * math.pi)
        depth = 1 + given.perspective * 2 * (math.cos(tip) * px / width + math.sin(tip) * py / height)
        px, py = px / depth, py / depth
    if given.curl:
        bow = given.curl * width
        if rng.random() < 0.7:
            py = py + bow * (
                np.cos(px / width * math.pi * rng.uniform(0.8, 1.5) + rng.uniform(-0.8, 0.8)) - 0.7
            )
        else:
            px = px + bow * (
                np.cos(py / height * math.pi * rng.uniform(0.8, 1.5) + rng.uniform(-0.8, 0.8)) - 0.7
            )
    return Warp((px + width / 2).astype(np.float32), (py + height / 2).astype(np.float32))


def _seal(work: NDArray[np.float32], scale: float, rng: Random) -> None:
    """A round red stamp with a star and a ring of strokes, printed over whatever is there."""
    height, width = work.shape[:2]
    radius = int(rng.uniform(50, 62) * scale)
    cx, cy = int(rng.uniform(0.2, 0.9) * width), int(rng.uniform(0.15, 0.9) * height)
    layer = np.zeros((height, width), np.float32)
    cv2.circle(layer, (cx, cy), radius, 1.0, max(1, int(2.2 * scale)), cv2.LINE_AA)
    star = [
        (cx + r * math.sin(k * math.pi / 5), cy - r * math.cos(k * math.pi / 5))
        for k, r in enumerate([radius * 0.3, radius * 0.12] * 5)
    ]
    cv2.fillPoly(layer, [np.array(star, np.int32)], 1.0, cv2.LINE_AA)
    for k in range(12):
        turn = math.radians(-130 + 260 * k / 11)
        gx, gy = cx + 0.76 * radius * math.sin(turn), cy - 0.76 * radius * math.cos(turn)
        for _ in range(5):
            ends = [
                (int(gx + rng.uniform(-5, 5) * scale), int(gy + rng.uniform(-6, 6) * scale)) for _ in "ab"
            ]
            cv2.line(layer, ends[0], ends[1], 1.0, max(1, int(1.1 * scale)), cv2.LINE_AA)
    worn = cv2.GaussianBlur(
        np.random.default_rng(rng.getrandbits(32)).random(layer.shape, np.float32), (0, 0), scale
    )
    layer *= np.clip(0.75 + (worn - 0.5) * 3, 0.3, 1)[...] * rng.uniform(0.6, 1.0)
    colour = np.array([rng.uniform(190, 230), rng.uniform(20, 70), rng.uniform(20, 70)], np.float32)
    work *= 1 - layer[..., None] * (1 - colour / 255)


def _stain(work: NDArray[np.float32], scale: float, rng: Random) -> None:
    """A ring of coffee or a grey smear."""
    height, width = work.shape[:2]
    layer = np.zeros((height, width), np.float32)
    centre = (int(rng.uniform(0.1, 0.9) * width), int(rng.uniform(0.1, 0.9) * height))
    axes = (int(rng.uniform(25, 70) * scale), int(rng.uniform(25, 70) * scale))
    cv2.ellipse(layer, centre, axes, rng.uniform(0, 180), 0, 360, 0.6, -1)
    cv2.ellipse(layer, centre, axes, rng.uniform(0, 180), 0, 360, 1.0, max(1, int(1.5 * scale)))
    layer = cv2.GaussianBlur(layer, (0, 0), 1.5 * scale) * rng.uniform(0.1, 0.4)
    colour = np.array([150, 115, 70] if rng.random() < 0.6 else [90, 90, 90], np.float32)
    work *= 1 - layer[..., None] * (1 - colour / 255)


def _holes(work: NDArray[np.float32], scale: float, rng: Random) -> None:
    height, _width = work.shape[:2]
    x = int(rng.uniform(18, 30) * scale)
    for share in rng.choice(((0.36, 0.64), (0.2, 0.5, 0.8))):
        cv2.circle(work, (x, int(share * height)), int(8 * scale), (15, 15, 15), -1, cv2.LINE_AA)


def _edges(work: NDArray[np.float32], width: float, rng: Random) -> None:
    """What the lid did not cover."""
    size = int(width * work.shape[1])
    for side in rng.sample(("left", "right", "top", "bottom"), rng.randint(1, 3)):
        deep = max(1, int(size * rng.uniform(0.3, 1.0)))
        part = {
            "left": work[:, :deep], "right": work[:, -deep:], "top": work[:deep], "bottom": work[-deep:],
        }[side]  # fmt: skip
        part[...] = rng.uniform(5, 40)


def _desk(shape: tuple[int, ...], rng: Random) -> NDArray[np.float32]:
    rough = np.random.default_rng(rng.getrandbits(32)).random(
        (shape[0] // 24 + 2, shape[1] // 6 + 2, 1), np.float32
    )
    grain = cv2.resize(rough, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)[..., None]
    colour = np.array([rng.uniform(40, 190), rng.uniform(40, 160), rng.uniform(30, 140)], np.float32)
    return colour * (0.85 + 0.3 * grain)


def _light(work: NDArray[np.float32], given: Damage, rng: Random) -> NDArray[np.float32]:
    if not given.shade:
        return work
    height, width = work.shape[:2]
    ys, xs = np.mgrid[0:height:8, 0:width:8].astype(np.float32)
    turn = rng.uniform(0, 2 * math.pi)
    ramp = (xs / width - 0.5) * math.cos(turn) + (ys / height - 0.5) * math.sin(turn)
    field = 1 - given.shade * np.clip(ramp + 0.5, 0, 1)
    if rng.random() < 0.4:  # the shadow of a hand or a telephone
        edge = (xs / width - rng.uniform(0.2, 0.8)) * math.cos(turn + 1) + (ys / height - 0.5) * math.sin(
            turn + 1
        )
        field *= 1 - given.shade * 0.7 / (1 + np.exp(-edge * rng.uniform(15, 60)))
    return np.asarray(work * cv2.resize(field, (width, height))[..., None], np.float32)


def _copy(
    work: NDArray[np.float32], scale: float, noise: np.random.Generator, rng: Random
) -> NDArray[np.float32]:
    """One generation of photocopy: ink spreads or wears, contrast rises."""
    soft = cv2.GaussianBlur(work, (0, 0), rng.uniform(0.2, 0.45) * scale)
    soft += noise.normal(0, 6, soft.shape[:2]).astype(np.float32)[..., None]
    level = rng.uniform(120, 190)
    return np.asarray(255 / (1 + np.exp(-(soft - level) / rng.uniform(14, 30))), np.float32)


def _lens(
    work: NDArray[np.float32], scale: float, given: Damage, noise: np.random.Generator
) -> NDArray[np.float32]:
    height, width = work.shape[:2]
    if given.speckle:
        specks = noise.poisson(given.speckle * width * height / scale**2)
        xs, ys = noise.integers(0, width, specks), noise.integers(0, height, specks)
        sizes = noise.exponential(0.4 * scale, specks)
        for x, y, size in zip(xs.tolist(), ys.tolist(), sizes.tolist(), strict=True):
            cv2.circle(work, (x, y), int(size), (30, 30, 30), -1)
    if given.blur:
        work = np.asarray(cv2.GaussianBlur(work, (0, 0), given.blur * scale), np.float32)
    if given.grain:
        slow = noise.normal(0, 1, (height // 4 + 1, width // 4 + 1)).astype(np.float32)
        work = work + given.grain * cv2.resize(slow, (width, height))[..., None]
    if given.noise:
        work = work + noise.normal(0, given.noise, (height, width, 1)).astype(np.float32)
    return work


def _bilevel(page: RGB, given: Damage, scale: float) -> RGB:
    gray = cv2.cvtColor(page, cv2.COLOR_RGB2GRAY)
    ground = float(np.percentile(gray[::8, ::8], 80))  # of the paper: dark paper comes out as white as any
    if given.fax:  # fine mode: 204 by 196 lines an inch
        low = cv2.resize(
            gray, (gray.shape[1], max(1, int(gray.shape[0] / scale / 72 * 196))), interpolation=cv2.INTER_AREA
        )
        low = np.where(low > given.bilevel * ground, 255, 0).astype(np.uint8)
        gray = cv2.resize(low, gray.shape[::-1], interpolation=cv2.INTER_NEAREST)
        ground = 255.0
    out = np.where(gray > given.bilevel * ground, 255, 0).astype(np.uint8)
    return np.repeat(out[..., None], 3, axis=2)


def _jpeg(page: RGB, quality: int) -> RGB:
    buffer = io.BytesIO()
    Image.fromarray(page).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(io.BytesIO(buffer.getvalue())).convert("RGB"))
