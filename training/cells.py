"""Training cells: sheets of drawn table cells, damaged, and cut by the product's own cropping.

    python -m training.cells --out CACHE.npz --sheets 260 --seed 1 --fonts kept
    python -m training.cells --out HELD.npz --sheets 30 --seed 2 --fonts held

A sheet holds cells of random size with their rulings; every cell's rectangle is known to a pixel or two,
as it would be from a found grid.  CACHE.npz: `crops` (all rows of 32 pixels side by side), `widths`,
`texts`, `sizes` of ink.  Fonts are parted by family: `held` families are never trained on.
"""

from __future__ import annotations

import argparse
import subprocess
from functools import lru_cache
from pathlib import Path
from random import Random

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from extractor.geometry.pixels import even
from extractor.ocr.crops import look
from extractor.ocr.digits import HEIGHT, scaled
from samples.maker.degrade import Damage, damage, degrade

HELD = ("LiberationSerif", "NotoSansCJK-DemiLight", "gkai00mp", "FreeSans", "DejaVuSerif", "wqy-microhei")
_LATIN_ONLY = ("Liberation", "DejaVu", "Free")
_LEFT_OUT = ("Math", "opens", "Oblique", "Thin", "ExtraLight")


def fonts(which: str) -> list[tuple[str, int]]:
    """(file, face) of installed fonts with digits; `which`: kept or held families."""
    listed = subprocess.run(
        ["fc-list", ":charset=30", "--format", "%{file}|%{index}\n"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    out: set[tuple[str, int]] = set()
    for line in listed.splitlines():
        file, face = line.split("|")
        name = Path(file).name
        if any(part in name for part in _LEFT_OUT) or int(face) >= 1 << 16:
            continue
        if any(name.startswith(h) for h in HELD) == (which == "held"):
            out.add((file, int(face)))
    # Pan-CJK collections carry the same digits five times over.
    return sorted(f for f in out if not ("CJK" in f[0] and f[1] > 2))


def _words() -> str:
    """Characters of the forms' labels, without those that a figure's cell may hold."""
    from extractor.forms.load import load
    from extractor.ocr.engine import FIGURES, statutory

    return "".join(
        sorted(
            c
            for c in statutory(load()).characters or ()
            if "\u4e00" <= c <= "\u9fff" and c not in (FIGURES.characters or ())
        )
    )


WORDS = _words()


@lru_cache(maxsize=600)
def font(file: str, face: int, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(file, size, index=face)


def text_of(rng: Random, latin: bool) -> str:
    """What a cell may print, figures far ahead of everything else."""
    if rng.random() < 0.07 and not latin:
        return "".join(rng.choice(WORDS) for _ in range(rng.choice((1, 2, 2, 3, 4, 4, 6, 8))))
    if rng.random() < 0.1 and not latin:
        return _signed(rng)
    kind = rng.random()
    if kind < 0.15:
        return ""
    if kind < 0.29:
        return "0"
    if kind < 0.46:
        return rng.choice("123456789")
    if kind < 0.82:
        digits = rng.choice((2, 2, 2, 3, 3, 4, 5, 6, 8))
        return str(rng.randrange(10 ** (digits - 1), 10**digits))
    if kind < 0.87:
        return f"{rng.randrange(1000, 10 ** rng.choice((5, 7))):,}"
    if kind < 0.945:
        return f"{rng.uniform(0, 10 ** rng.choice((1, 3, 5))):.{rng.choice((1, 2, 2, 4))}f}"
    if kind < 0.98 or latin:
        return rng.choice(
            (
                "/",
                "-",
                "-",
                "-" if latin else "—",
                "+1",
                "-2",
                f"+{rng.randrange(99)}",
                f"-{rng.randrange(99)}",
            )
        )
    return rng.choice(
        ("无", "无", "—", f"{rng.randrange(500)}件", f"增{rng.randrange(30)}", f"减{rng.randrange(30)}")
    )


def _signed(rng: Random) -> str:
    """What is rarer: full-width digits, changes in words, units in the cell."""
    number = str(rng.randrange(10 ** rng.choice((1, 1, 2, 3, 5))))
    wide = number.translate({ord("0") + i: 0xFF10 + i for i in range(10)})
    return rng.choice(
        (wide, wide, wide, f"增{number}", f"减{number}", f"{number}件", f"{number}元", f"{number}万元")
    )


Placed = tuple[tuple[float, float, float, float], str]


def sheet(chosen: list[tuple[str, int]], scale: float, rng: Random) -> tuple[NDArray[np.uint8], list[Placed]]:
    """An RGB sheet of rows of cells at `scale` pixels a point, with each cell's rectangle and text."""
    width, height = int(560 * scale), int(760 * scale)
    image = Image.new("RGB", (width, height), (255, 255, 255))
    draw = ImageDraw.Draw(image)
    out: list[Placed] = []
    y = 12 * scale
    file, face = rng.choice(chosen)
    points = rng.choice((7.5, 9, 10, 10.5, 10.5, 12, 12, 14, 15))
    thick = rng.choice((0.5, 0.5, 0.75, 1.0, 1.5)) * scale
    grey = rng.choice((0, 0, 0, 60, 120))
    where = rng.choice(("middle", "middle", "middle", "left", "right"))
    while y < height - 50 * scale:
        if rng.random() < 0.25:
            file, face = rng.choice(chosen)
            points = rng.choice((7.5, 9, 10, 10.5, 10.5, 12, 12, 14, 15))
            where = rng.choice(("middle", "middle", "middle", "left", "right"))
        face_of = font(file, face, max(6, round(points * scale)))
        latin = any(part in file for part in _LATIN_ONLY)
        tall = points * rng.uniform(1.25, 3.5) * scale
        x = rng.uniform(4, 30) * scale
        wide = rng.choice((26, 32, 38, 44, 60, 120, 160)) * scale
        while x + wide < width:
            text = text_of(rng, latin)
            if text and text[0] in WORDS:
                text = text[: max(1, int((wide - 4 * scale) / face_of.getlength("国")))]
            while text and face_of.getlength(text) > wide - 7.5 * scale and len(text) > 2:
                text = text[:-1].rstrip(",.")
            if face_of.getlength(text) > wide - 4 * scale:
                text = text[: rng.randint(1, 2)].rstrip(",.")
            _draw(draw, (x, y, x + wide, y + tall), text, face_of, where, scale, rng)
            draw.rectangle((x, y, x + wide, y + tall), outline=(grey,) * 3, width=max(1, round(thick)))
            off = [rng.gauss(0, 0.35) * scale for _ in range(4)]
            out.append(((x + off[0], y + off[1], x + wide + off[2], y + tall + off[3]), text))
            x += wide
        y += tall
    return np.asarray(image), out


def _draw(
    draw: ImageDraw.ImageDraw,
    box: tuple[float, float, float, float],
    text: str,
    face: ImageFont.FreeTypeFont,
    where: str,
    scale: float,
    rng: Random,
) -> None:
    x0, y0, x1, y1 = box
    length = face.getlength(text)
    pad = rng.uniform(2.0, 5.5) * scale
    pad = min(pad, max(1.3 * scale, (x1 - x0 - length) / 2))
    x = {"left": x0 + pad, "right": x1 - pad - length, "middle": (x0 + x1 - length) / 2}[where]
    middle = (y0 + y1) / 2 + rng.uniform(-0.12, 0.12) * (y1 - y0)
    draw.text((x, middle), text, font=face, fill=(0, 0, 0), anchor="lm")


def flat(given: Damage) -> Damage:
    """The damage without what rectifying the page has undone already."""
    from dataclasses import replace

    return replace(given, skew=0.0, perspective=0.0, curl=0.0, turn=0, desk=False, edges=0.0, holes=False)


def cut(rng: Random, chosen: list[tuple[str, int]]) -> list[tuple[NDArray[np.uint8], str, float]]:
    """All cells of one damaged sheet: (crop of 32 rows, text, ink)."""
    scale = rng.choice((150, 150, 200, 200, 200, 300)) / 72
    clean, cells = sheet(chosen, scale, rng)
    given = flat(damage(rng.choice(("clean", "hard", "hard", "photo")), rng))
    image, _ = degrade(clean, scale, given, rng)
    if scale > 3:
        image = np.asarray(cv2.resize(image, None, fx=0.7, fy=0.7, interpolation=cv2.INTER_AREA), np.uint8)
        scale *= 0.7
        cells = [((a * 0.7, b * 0.7, c * 0.7, d * 0.7), t) for (a, b, c, d), t in cells]
    angle = rng.gauss(0, 0.15)
    turn = cv2.getRotationMatrix2D((image.shape[1] / 2, image.shape[0] / 2), angle, 1.0)
    turned = cv2.warpAffine(
        image, turn, image.shape[1::-1], flags=cv2.INTER_LINEAR, borderValue=(255, 255, 255)
    )
    image = np.asarray(turned, np.uint8)
    gray = even(image).gray
    out = []
    for rect, text in cells:
        x, y = turn @ ((rect[0] + rect[2]) / 2, (rect[1] + rect[3]) / 2, 1)
        half = (rect[2] - rect[0]) / 2, (rect[3] - rect[1]) / 2
        seen = look(gray, (x - half[0], y - half[1], x + half[0], y + half[1]), scale, rng.uniform(6.5, 9.5))
        if len(seen.lines) != 1:
            continue
        out.append((scaled(seen.lines[0].wide), text, seen.ink))
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--sheets", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fonts", choices=("kept", "held"), default="kept")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    rng = Random(args.seed)
    chosen = fonts(args.fonts)
    rows = [row for _ in range(args.sheets) for row in cut(rng, chosen)]
    np.savez(
        args.out,
        crops=np.concatenate([r[0] for r in rows], axis=1),
        widths=np.array([r[0].shape[1] for r in rows]),
        texts=np.array([r[1] for r in rows]),
        ink=np.array([r[2] for r in rows]),
    )
    blank = [r[2] for r in rows if not r[1]]
    inked = sorted(r[2] for r in rows if r[1])
    print(
        len(rows),
        "cells;",
        len(chosen),
        "fonts; blank with ink",
        sum(i > 0.1 for i in blank),
        "of",
        len(blank),
    )
    print(
        "lost ink",
        sum(i == 0 for i in inked),
        "of",
        len(inked),
        "; ink shares",
        inked[:: max(1, len(inked) // 10)],
    )
    assert rows[0][0].shape[0] == HEIGHT


if __name__ == "__main__":
    main()
