"""Training pages: PDFs rendered, with the rulings their own paths draw as masks.

    python -m samples.maker corpus --out DIR --n 40 --kind digital
    python -m training.pages --pdfs DIR --out CACHE --pages 700 --seed 1

writes CACHE/NNNN.npz with `image` (height, width) uint8 and `masks` (2, height, width) uint8 (rules that
run across, rules that run down) at the scale of the line network, each page damaged at random.
"""

from __future__ import annotations

import argparse
import ctypes
import itertools
from pathlib import Path
from random import Random

import cv2
import numpy as np
import pypdfium2 as pdfium
import pypdfium2.raw as raw
from numpy.typing import NDArray

from samples.maker.degrade import Damage, damage, degrade, vary

NET_SIDE = 1414
"""Long side of an A4 page at the line network's scale, pixels (121 dpi)."""
A4 = 841.9
_THIN = 3.2
"""A filled bar thicker than this (points) is a ground, not a rule."""

Segment = tuple[float, float, float, float]


def paths(page: pdfium.PdfPage) -> list[tuple[Segment, float]]:
    """(box in points from the page's top left, darkness 0 to 1) of every thin bar and stroke."""
    out: list[tuple[Segment, float]] = []
    height = page.get_height()
    for thing in page.get_objects(filter=[raw.FPDF_PAGEOBJ_PATH], max_depth=5):
        red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
        fill, stroke = ctypes.c_int(), ctypes.c_int()
        raw.FPDFPath_GetDrawMode(thing.raw, fill, stroke)
        if stroke.value:
            raw.FPDFPageObj_GetStrokeColor(thing.raw, red, green, blue, alpha)
        else:
            raw.FPDFPageObj_GetFillColor(thing.raw, red, green, blue, alpha)
        dark = (1 - (red.value + green.value + blue.value) / 765) * alpha.value / 255
        if dark < 0.04 or not (fill.value or stroke.value):
            continue
        for x0, y0, x1, y1 in _boxes(thing, bool(stroke.value)):
            out.append(((x0, height - y1, x1, height - y0), dark))
    return out


def _boxes(thing: pdfium.PdfObject, stroked: bool) -> list[Segment]:
    matrix = thing.get_matrix()
    container = thing.container
    while container is not None:
        matrix = matrix.multiply(container.get_matrix())
        container = container.container
    points: list[tuple[float, float]] = []
    starts: list[bool] = []
    for index in range(raw.FPDFPath_CountSegments(thing.raw)):
        segment = raw.FPDFPath_GetPathSegment(thing.raw, index)
        x, y = ctypes.c_float(), ctypes.c_float()
        raw.FPDFPathSegment_GetPoint(segment, x, y)
        if raw.FPDFPathSegment_GetType(segment) == raw.FPDF_SEGMENT_BEZIERTO:
            return []
        points.append(matrix.on_point(x.value, y.value))
        starts.append(raw.FPDFPathSegment_GetType(segment) == raw.FPDF_SEGMENT_MOVETO)
    out: list[Segment] = []
    if stroked:
        first = points[0] if points else (0.0, 0.0)
        for i in range(1, len(points)):
            if starts[i]:
                first = points[i]
                continue
            out.append(_box(points[i - 1], points[i]))
            if i + 1 == len(points) or starts[i + 1]:
                out.append(_box(points[i], first))
    else:
        edges = [i for i, s in enumerate(starts) if s] + [len(points)]
        for a, b in itertools.pairwise(edges):
            xs, ys = [p[0] for p in points[a:b]], [p[1] for p in points[a:b]]
            out.append((min(xs), min(ys), max(xs), max(ys)))
    return [b for b in out if min(b[2] - b[0], b[3] - b[1]) <= _THIN]


def _box(a: tuple[float, float], b: tuple[float, float]) -> Segment:
    return min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]), max(a[1], b[1])


def line_masks(page: pdfium.PdfPage, scale: float, shape: tuple[int, int]) -> NDArray[np.uint8]:
    """(2, *shape): rules across, rules down, 255 where a rule is; dots are joined into rules."""
    across, down = np.zeros(shape, np.uint8), np.zeros(shape, np.uint8)
    half = max(0.5, 0.55 * scale)
    for (x0, y0, x1, y1), _ in paths(page):
        cx, cy = (x0 + x1) / 2 * scale, (y0 + y1) / 2 * scale
        wide, tall = (x1 - x0) * scale, (y1 - y0) * scale
        if wide >= tall:
            cv2.rectangle(across, _pt(x0 * scale, cy - half), _pt(x1 * scale, cy + half), 255, -1)
        if tall >= wide:
            cv2.rectangle(down, _pt(cx - half, y0 * scale), _pt(cx + half, y1 * scale), 255, -1)
    gap, long = int(4.5 * scale) | 1, int(12 * scale) | 1
    for mask, flat in ((across, True), (down, False)):
        for operation, size in ((cv2.MORPH_CLOSE, gap), (cv2.MORPH_OPEN, long)):
            kernel = np.ones((1, size) if flat else (size, 1), np.uint8)
            mask[...] = cv2.morphologyEx(mask, operation, kernel, borderType=cv2.BORDER_REPLICATE)
    return np.stack([across, down])


def _pt(x: float, y: float) -> tuple[int, int]:
    return round(x), round(y)


def render(page: pdfium.PdfPage, scale: float) -> NDArray[np.uint8]:
    """RGB pixels, `scale` pixels a point."""
    bitmap = page.render(scale=scale, rev_byteorder=True)
    pixels: NDArray[np.uint8] = bitmap.to_numpy()[:, :, :3].copy()
    bitmap.close()
    return pixels


def damaged_page(
    page: pdfium.PdfPage, behind: NDArray[np.uint8] | None, given: Damage, rng: Random
) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]:
    """(grey image, masks, clean RGB) at the network's scale, a little larger or smaller at random."""
    scale = rng.choice((150, 150, 200, 200, 250, 300)) / 72
    long = max(page.get_width(), page.get_height())
    scale = min(scale, 3600 / long)
    clean = render(page, scale)
    masks = line_masks(page, scale, clean.shape[:2])
    image, warp = degrade(clean, scale, given, rng, behind)
    net = NET_SIDE / A4 * min(1.0, A4 / long if long < 1.6 * A4 else 1.0) * rng.uniform(0.85, 1.2) / scale
    size = (round(image.shape[1] * net), round(image.shape[0] * net))
    gray = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) if rng.random() < 0.5 else image[..., 0]
    small = cv2.resize(gray, size, interpolation=cv2.INTER_AREA if net < 1 else cv2.INTER_LINEAR)
    moved = [cv2.resize(warp.carry(m), size, interpolation=cv2.INTER_AREA) for m in masks]
    if given.turn % 2:
        moved.reverse()
    return np.asarray(small, np.uint8), np.stack(moved), clean


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pdfs", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--pages", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    cv2.setNumThreads(1)
    rng = Random(args.seed)
    files = sorted(args.pdfs.glob("*/*.pdf"))
    made = 0
    while made < args.pages:
        book = pdfium.PdfDocument(rng.choice(files))
        given = damage(rng.choice(("clean", "hard", "hard", "hard", "photo")), rng)
        indices = list(range(len(book)))
        rng.shuffle(indices)
        behind = None
        for index in indices[:3]:
            page = book[index]
            ruled = len(paths(page)) > 8
            if (not ruled and rng.random() > 0.12) or max(page.get_size()) > 2000:
                continue
            image, masks, clean = damaged_page(page, behind, vary(given, rng), rng)
            behind = clean
            np.savez_compressed(args.out / f"{made:04d}.npz", image=image, masks=masks)
            made += 1
        book.close()


if __name__ == "__main__":
    main()
