"""Scans and photographs of made documents: the same truth, other files.

    python -m samples.maker.scans --docs DIR --out DIR --level clean|hard|photo --n 20 --seed 1

takes PDFs with truth (a corpus of this maker), renders their pages, damages them and writes one PDF of
images (or one JPEG a page for photographs) beside the truth, its kind scan_clean, scan_hard or photo.
"""

from __future__ import annotations

import argparse
import io
import json
from pathlib import Path
from random import Random

import numpy as np
import pypdfium2 as pdfium
from PIL import Image

from samples.maker.degrade import RGB, Damage, damage, degrade, vary

KINDS = {"clean": "scan_clean", "hard": "scan_hard", "photo": "photo"}
RESOLUTIONS = {"clean": (200, 200, 300), "hard": (150, 200, 200, 300), "photo": (170, 200, 220)}
"""Dots an inch, drawn alike: what office scanners are set to, and what a telephone makes of a page."""
UNRULED = frozenset(
    {"no_borders", "row_rules", "no_rulings", "word_rows", "no_grid_print", "glued_cells", "faint_borders"}
)
"""Traits whose tables have no full set of rulings; left out unless asked for (--unruled)."""


def scan(pdf: bytes, level: str, rng: Random) -> tuple[list[RGB], Damage, int]:
    """Every page damaged as one scanner would: pages, the damage, dots an inch."""
    given = damage(level, rng)
    dpi = rng.choice(RESOLUTIONS[level])
    return pictures(pdf, given, dpi, rng), given, dpi


def pictures(pdf: bytes, given: Damage, dpi: int, rng: Random) -> list[RGB]:
    """Every page at `dpi` dots an inch with the damage given, varied a little from page to page."""
    document = pdfium.PdfDocument(pdf)
    pages: list[RGB] = []
    behind: RGB | None = None
    for page in document:
        clean = np.ascontiguousarray(page.render(scale=dpi / 72, rev_byteorder=True).to_numpy()[..., :3])
        damaged, _ = degrade(clean, dpi / 72, vary(given, rng), rng, behind)
        behind = clean
        pages.append(damaged)
    return pages


def as_pdf(pages: list[RGB], given: Damage, dpi: int) -> bytes:
    """One PDF of images: CCITT G4 for 1-bit pages, JPEG for others."""
    images = [Image.fromarray(p) for p in pages]
    if given.bilevel:
        images = [i.convert("1", dither=Image.Dither.NONE) for i in images]
    elif given.gray:
        images = [i.convert("L") for i in images]
    out = io.BytesIO()
    quality = {} if given.bilevel else {"quality": given.jpeg or 92}
    images[0].save(out, "PDF", resolution=dpi, save_all=True, append_images=images[1:], **quality)
    return out.getvalue()


def as_photos(pages: list[RGB], given: Damage) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    for i, page in enumerate(pages, 1):
        out = io.BytesIO()
        Image.fromarray(page).save(out, "JPEG", quality=given.jpeg or 85)
        files[f"IMG_{i:03d}.jpg"] = out.getvalue()
    return files


def files_of(pages: list[RGB], given: Damage, dpi: int, kind: str) -> dict[str, bytes]:
    """The document's files by name: photographs one a page, else one PDF."""
    return as_photos(pages, given) if kind == "photo" else {"scan.pdf": as_pdf(pages, given, dpi)}


def main() -> None:
    """See the head of this file."""
    p = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    p.add_argument("--docs", type=Path, required=True)
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--level", choices=sorted(KINDS), required=True)
    p.add_argument("--n", type=int, default=20)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--unruled", action="store_true")
    a = p.parse_args()
    rng = Random(f"{a.level}{a.seed}")
    docs: list[tuple[Path, dict[str, object]]] = []
    for path in sorted(a.docs.glob("*/truth.json")):
        truth = json.loads(path.read_text(encoding="utf-8"))
        tags = set(truth["tags"])
        plain = not any("password" in t or t.startswith("rotate") for t in tags)
        ruled = a.unruled or not tags & UNRULED
        if truth["form"] and truth["files"] == ["report.pdf"] and ruled and plain:
            docs.append((path.parent, truth))
    rng.shuffle(docs)
    for at in range(a.n):
        folder, truth = docs[at % len(docs)]
        pages, given, dpi = scan((folder / "report.pdf").read_bytes(), a.level, rng)
        files = files_of(pages, given, dpi, KINDS[a.level])
        name = f"{a.level}-{a.seed}-{at:03d}"
        told = {**truth, "id": name, "kind": KINDS[a.level], "files": list(files)}
        told["tags"] = [*truth["tags"], a.level, f"{dpi}dpi"]  # type: ignore[misc]
        home = a.out / name
        home.mkdir(parents=True, exist_ok=True)
        for file, data in files.items():
            (home / file).write_bytes(data)
        (home / "truth.json").write_text(json.dumps(told, ensure_ascii=False, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
