"""Makes the digit prototypes of extractor/ocr/glyphs.py: models/weights/glyphs.json.

    python -m training.glyphs

Every installed font's digits at four sizes, clustered to eight prototypes a digit; the error printed is
that of font families left out (training.cells.HELD).
"""

from __future__ import annotations

import json

import numpy as np
from PIL import Image, ImageDraw

from extractor.ocr.glyphs import Shape, likeliest, shape, weighed
from extractor.settings import MODELS
from training.cells import font, fonts

SIZES = (17, 21, 25, 32)
PROTOTYPES = 8


def shapes(which: str) -> dict[str, list[Shape]]:
    out: dict[str, list[Shape]] = {d: [] for d in "0123456789"}
    for file, face in fonts(which):
        for size in SIZES:
            for digit in out:
                image = Image.new("L", (size * 2, size * 2), 255)
                ImageDraw.Draw(image).text((size // 2, size // 3), digit, font=font(file, face, size), fill=0)
                found = shape(image.tobytes(), size * 2, (0, 0, size * 2, size * 2))
                if found:
                    out[digit].append(found)
    return out


def cluster(points: list[Shape], count: int, rng: np.random.Generator) -> list[list[int]]:
    data = np.array(points, float)
    centres = data[rng.choice(len(data), count, replace=False)]
    for _ in range(40):
        nearest = ((data[:, None] - centres[None]) ** 2).sum(2).argmin(1)
        centres = np.array(
            [data[nearest == k].mean(0) if (nearest == k).any() else centres[k] for k in range(count)]
        )
    found: list[list[int]] = centres.round().astype(int).tolist()
    return found


def main() -> None:
    rng = np.random.default_rng(1)
    kept = {d: cluster(s, PROTOTYPES, rng) for d, s in shapes("kept").items()}
    prototypes = {d: tuple(weighed(tuple(p)) for p in s) for d, s in kept.items()}
    wrong = clear = total = 0
    for digit, found in shapes("held").items():
        for one in found:
            guess, ratio = likeliest(weighed(one), prototypes)
            total += 1
            wrong += guess != digit
            clear += guess != digit and ratio > 1.25
    error = {"held_out_glyphs": total, "wrong": wrong, "clearly_wrong": clear}
    print(error)
    path = MODELS / "weights" / "glyphs.json"
    path.write_text(json.dumps({"script": "training/glyphs.py", "error": error, "prototypes": kept}) + "\n")


if __name__ == "__main__":
    main()
