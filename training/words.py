"""Training lines: words of the forms drawn, damaged, and cut by the product's own line cropping.

    python -m training.words --out CACHE.npz --sheets 150 --seed 1 --fonts kept

Two lines in five are characters at random: the network is to read what is printed, not what a form would
have printed.  CACHE.npz is as that of training.cells.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from random import Random

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from extractor.forms.load import load
from extractor.geometry.pixels import even
from extractor.ocr.engine import statutory
from extractor.ocr.labels import line_crops, split_lines
from extractor.ocr.words import HEIGHT, scaled
from samples.maker.degrade import damage, degrade
from training.cells import _LATIN_ONLY, flat, font, fonts


def phrases() -> list[str]:
    """Labels, headers, titles and their other wordings."""
    out: set[str] = set()
    for form in load():
        out.add(form.title)
        for section in form.sections:
            out.update((section.title, *section.aliases))
        for table in form.tables:
            for block in table.blocks:
                out.update((block.banner, block.corner, block.over))
                for part in block.rows:
                    out.update((*part.path, *part.aliases))
                for column in block.columns:
                    out.update((*column.path, *column.aliases))
    return sorted(p for p in out if p)


COMMON = "".join(
    bytes((row, cell)).decode("gb2312", "ignore") for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF)
)
"""The 3,755 common characters (GB 2312, first level): what a label of somebody's own is written in."""


def text_of(rng: Random, known: list[str], letters: str) -> str:
    if rng.random() < 0.4:
        return "".join(rng.choice(letters) for _ in range(rng.choice((1, 2, 3, 4, 6, 8, 11))))
    text = rng.choice(known)
    if rng.random() < 0.3:
        text = text.replace("（", "(").replace("）", ")")
    if rng.random() < 0.2:
        at = rng.randrange(len(text))
        text = text[:at] + rng.choice(COMMON) * (rng.random() < 0.9) + text[at + 1 :] or text
    if rng.random() < 0.65 and len(text) > 4:  # as labels wrap
        start = rng.randrange(len(text) - 2)
        text = text[start : start + rng.randint(2, 14)]
    return text[:22]


def sheet(
    chosen: list[tuple[str, int]], scale: float, rng: Random, known: list[str], letters: str
) -> tuple[NDArray[np.uint8], list[tuple[tuple[int, int, int, int], str]]]:
    """An RGB sheet of lines, with each one's box (a little larger than its ink) and text."""
    width, height = int(560 * scale), int(760 * scale)
    image = Image.new("RGB", (width, height), (255, 255, 255))
    draw = ImageDraw.Draw(image)
    out: list[tuple[tuple[int, int, int, int], str]] = []
    y = 10 * scale
    while y < height - 30 * scale:
        file, face = rng.choice(chosen)
        points = rng.choice((7.5, 8, 9, 9, 10, 10.5, 10.5, 12, 12, 14, 16))
        drawn = font(file, face, max(6, round(points * scale)))
        tall = points * rng.uniform(1.5, 1.9) * scale
        x = rng.uniform(6, 20) * scale
        while True:
            text = text_of(rng, known, letters)
            long = drawn.getlength(text)
            if x + long > width - 8 * scale:
                break
            draw.text((x, y + tall / 2), text, font=drawn, fill=(0, 0, 0), anchor="lm")
            out.append(((round(x - 2 * scale), round(y), round(x + long + 2 * scale), round(y + tall)), text))
            x += long + rng.uniform(8, 22) * scale
        y += tall
    return np.asarray(image), out


def cut(
    rng: Random, chosen: list[tuple[str, int]], known: list[str], letters: str
) -> list[tuple[NDArray[np.uint8], str]]:
    """All lines of one damaged sheet."""
    scale = rng.choice((150, 200, 200, 210)) / 72
    clean, lines = sheet(chosen, scale, rng, known, letters)
    given = flat(damage(rng.choice(("clean", "hard", "hard", "photo")), rng))
    gray = even(degrade(clean, scale, given, rng)[0]).gray
    out = []
    for (x0, y0, x1, y1), text in lines:
        part = gray[max(0, y0) : y1, max(0, x0) : x1]
        boxes = split_lines(part, scale)
        if len(boxes) == 1 and boxes[0][2] - boxes[0][0] > 0.8 * (x1 - x0 - 6 * scale):
            out.append((scaled(line_crops(part, boxes)[0]), text.replace(" ", "")))
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--sheets", type=int, default=150)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fonts", choices=("kept", "held"), default="kept")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    rng = Random(args.seed)
    chosen = [f for f in fonts(args.fonts) if not any(part in f[0] for part in (*_LATIN_ONLY, "Thin"))]
    letters = "".join(sorted(statutory(load()).characters or ()))
    known = phrases()
    rows = [row for _ in range(args.sheets) for row in cut(rng, chosen, known, letters)]
    np.savez(
        args.out,
        crops=np.concatenate([r[0] for r in rows], axis=1),
        widths=np.array([r[0].shape[1] for r in rows]),
        texts=np.array([r[1] for r in rows]),
        letters=np.array(letters),
    )
    print(len(rows), "lines;", len(chosen), "fonts;", len(letters), "characters;", HEIGHT, "rows")


if __name__ == "__main__":
    main()
