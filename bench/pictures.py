"""What reading pictures costs, beside whole-page recognition of the same pages: python -m bench.pictures [DIR]

One run, one thread each, CPU time of a warm process, the documents' pictures being the same for all:

- nianbao without and with the narrative, whole documents;
- rapidocr's detection and recognition of every page, found text counted for it wherever it stands;
- img2table with its rapidocr reader, its tables placed by nianbao's own alignment (where it is installed:
  `pip install img2table` in an environment of its own, and this module run by that Python).

Then: the pages with tables alone, by nianbao and by rapidocr; growth with the number of pages, and the highest resident
set of the command.  Exit status 1 where a
bar is missed.  DIR holds documents with truth; default: the samples that are pictures.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from time import process_time
from typing import Any

from bench.score import measure
from bench.speed import ROOT, peak
from extractor.emit.json import to_dict
from extractor.forms.load import load
from extractor.inputs.registry import load_source, make_source
from extractor.inputs.stated import StatedText
from extractor.locate.document import locate
from extractor.pipeline import extract
from extractor.settings import Options
from extractor.types import Cell, Document, Grid, Placement

KINDS = ("scan_clean", "scan_hard", "photo")
TABLES = Options(narrative=False)
#: Bars of the project: how many times as fast, at least; shares and megabytes, at most.
AT_LEAST = {"rapidocr / tables": 10.0, "rapidocr / whole": 3.0, "img2table / tables": 4.0}
AT_MOST = {"table page / rapidocr page": 1 / 12, "8 pages / 4 × 2 pages": 1.15, "peak MB": 900.0}


@dataclass
class Tally:
    """One reader over all documents: CPU seconds, figures right, figures asked."""

    seconds: float = 0.0
    right: int = 0
    asked: int = 0
    pages: int = 0

    def add(self, seconds: float, right: int, asked: int, pages: int) -> None:
        self.seconds += seconds
        self.right += right
        self.asked += asked
        self.pages += pages

    @property
    def share(self) -> float:
        return self.right / max(1, self.asked)


@dataclass
class Case:
    """One document with truth; `pages` are its pictures as PNG files."""

    name: str
    truth: dict[str, Any]
    files: tuple[str, ...]
    pages: list[bytes] = field(default_factory=list)


def cases(folder: Path) -> list[Case]:
    """The documents of `folder` that are pictures."""
    out = []
    for path in sorted(folder.glob("*/truth.json")):
        truth = json.loads(path.read_text(encoding="utf-8"))
        if truth["kind"] in KINDS:
            files = tuple(str(path.parent / name) for name in truth["files"])
            out.append(Case(path.parent.name, truth, files, _pages(files)))
    return out


def _pages(files: Sequence[str]) -> list[bytes]:
    """Every page as PNG: photographs as they are, scans at 200 dpi, what whole-page readers like best."""
    import pypdfium2
    from PIL import Image, ImageOps

    pictures: list[Any] = []
    for file in files:
        if file.endswith(".pdf"):
            pictures += [p.render(scale=200 / 72).to_pil() for p in pypdfium2.PdfDocument(file)]
        else:
            pictures.append(ImageOps.exif_transpose(Image.open(file)))
    out = []
    for picture in pictures:
        buffer = io.BytesIO()
        picture.convert("RGB").save(buffer, "PNG")
        out.append(buffer.getvalue())
    return out


def timed(call: Callable[[], Any]) -> tuple[float, Any]:
    """CPU seconds of one call, and what it gave."""
    begun = process_time()
    made = call()
    return process_time() - begun, made


# ---------------------------------------------------------------- the readers


def ours(case: Case, options: Options, tally: Tally) -> set[int]:
    """Read by nianbao; returns the pages with tables, from 1."""
    seconds, report = timed(lambda: extract(load_source(case.files, None), options))
    counts = measure({**case.truth, "id": case.name}, to_dict(report)).counts
    pages = {f.page for f in report.fields if f.page}
    tally.add(seconds, counts.get("exact", 0), counts.get("fields", 0), len(case.pages))
    return pages


def table_pages(case: Case, pages: set[int], tally: Tally) -> None:
    """Only the document's pages with tables, as they are in its own files, read by nianbao as one document."""
    source = make_source(_only(case.files, pages))
    tally.add(timed(lambda: extract(source, TABLES))[0], 0, 0, len(pages))


def _only(files: Sequence[str], pages: set[int]) -> list[tuple[str, bytes]]:
    import pypdfium2

    if not files[0].endswith(".pdf"):
        return [(Path(files[n - 1]).name, Path(files[n - 1]).read_bytes()) for n in sorted(pages)]
    part, buffer = pypdfium2.PdfDocument.new(), io.BytesIO()
    part.import_pages(pypdfium2.PdfDocument(files[0]), [n - 1 for n in sorted(pages)])
    part.save(buffer)
    return [("pages.pdf", buffer.getvalue())]


def _rapid() -> Any:
    one = {
        "EngineConfig.onnxruntime.intra_op_num_threads": 1,
        "EngineConfig.onnxruntime.inter_op_num_threads": 1,
    }
    return import_module("rapidocr").RapidOCR(
        params={**one, "Global.text_score": 0.0, "Global.log_level": "error"}
    )


def rapidocr(case: Case, engine: Any, tally: Tally) -> list[float]:
    """Every page by detection and recognition; a figure counts as right if its text was found anywhere.  Returns the
    pages' CPU seconds."""
    seconds: list[float] = []
    found: Counter[str] = Counter()
    for page in case.pages:
        cost, told = timed(lambda page=page: engine(page))  # type: ignore[misc]
        seconds.append(cost)
        found.update(str(t).strip() for t in (told.txts or ()))
    wanted = Counter(str(f["raw"]).strip() for f in case.truth["fields"].values() if f["raw"])
    right = sum(min(n, found[text]) for text, n in wanted.items())
    tally.add(sum(seconds), right, sum(wanted.values()), len(case.pages))
    return seconds


def img2table(case: Case, reader: Any, tally: Tally) -> None:
    """Every page's tables by img2table, its cells placed as those of a web page would be."""
    image = import_module("img2table.document").Image
    seconds, grids = 0.0, []
    for page in case.pages:
        cost, tables = timed(lambda page=page: image(page).extract_tables(ocr=reader))  # type: ignore[misc]
        seconds += cost
        grids += [_grid(t) for t in tables]
    document = Document("image", tuple(grids), StatedText())
    _, fits = locate(document, load())
    right = 0
    for place in (p for f in fits for p in f.placements if p.cell is not None):
        truth = case.truth["fields"].get(place.field_id)
        right += truth is not None and _said(place) == str(truth["raw"] or "").strip()
    tally.add(seconds, right, len(case.truth["fields"]), len(case.pages))


def _said(place: Placement) -> str:
    return (place.cell.text or "").strip() if place.cell else ""


def _grid(table: Any) -> Grid:
    rows = list(table.content.values())
    cells = [Cell(r, c, 1, 1, cell.value or "") for r, row in enumerate(rows) for c, cell in enumerate(row)]
    return Grid(tuple(cells), len(rows), max(map(len, rows), default=0), "markup")


# ---------------------------------------------------------------- the run


def growth(case: Case) -> float:
    """Cost of eight copies of a table's page over four times that of two."""
    from PIL import Image

    page = Image.open(io.BytesIO(max(case.pages, key=len))).convert("L")

    def cost(n: int) -> float:
        buffer = io.BytesIO()
        page.save(buffer, "PDF", resolution=200, save_all=True, append_images=[page] * (n - 1))
        source = make_source([("pages.pdf", buffer.getvalue())])
        return min(timed(lambda: extract(source, TABLES))[0] for _ in range(2))

    return cost(8) / (4 * cost(2))


def measured(found: Sequence[Case]) -> dict[str, float]:
    """Every ratio that can be measured here, after a line a reader on standard output."""
    tallies = {name: Tally() for name in ("tables", "whole", "rapidocr", "img2table")}
    engine = _rapid()
    reader = import_module("img2table.ocr").RapidOCR(
        params={"EngineConfig.onnxruntime.intra_op_num_threads": 1}
    ) if find_spec("img2table") else None  # fmt: skip
    for options in (TABLES, Options()):  # warm: weights, dictionaries
        ours(found[0], options, Tally())
    engine(found[0].pages[0])
    own, other = Tally(), Tally()  # of the pages with tables alone
    for case in found:
        pages = ours(case, TABLES, tallies["tables"])
        ours(case, Options(), tallies["whole"])
        table_pages(case, pages, own)
        costs = rapidocr(case, engine, tallies["rapidocr"])
        other.add(sum(costs[n - 1] for n in pages), 0, 0, len(pages))
        if reader is not None:
            img2table(case, reader, tallies["img2table"])
        print(f"{case.name:28s} {len(case.pages)} pages", flush=True)
    print(f"\n{'reader':12s} {'CPU s':>8s} {'s/page':>8s} {'figures right':>14s}")
    for name, t in tallies.items():
        if t.pages:
            print(
                f"{name:12s} {t.seconds:8.2f} {t.seconds / t.pages:8.2f} {t.right:6d} ({100 * t.share:.1f} %)"
            )
    tables, rapid = tallies["tables"], tallies["rapidocr"]
    out = {
        "rapidocr / tables": rapid.seconds / tables.seconds,
        "rapidocr / whole": rapid.seconds / tallies["whole"].seconds,
        "table page / rapidocr page": own.seconds / other.seconds,
        "8 pages / 4 × 2 pages": growth(found[0]),
        "peak MB": max(peak([*NIANBAO, "--one", *case.files]) for case in found),
    }
    if reader is not None:
        out["img2table / tables"] = tallies["img2table"].seconds / tables.seconds
    return out


NIANBAO = [sys.executable, "-m", "extractor.cli", "extract"]


def main(argv: list[str] | None = None) -> int:
    """Measure and hold against the bars; returns the exit status."""
    p = argparse.ArgumentParser(prog="python -m bench.pictures", description="Cost of reading pictures.")
    p.add_argument("folder", nargs="?", type=Path, default=ROOT / "samples")
    a = p.parse_args(argv)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    import cv2

    cv2.setNumThreads(1)
    found = cases(a.folder)
    if not found:
        print(f"{a.folder}: no pictures with truth", file=sys.stderr)
        return 2
    missed = 0
    print()
    for name, value in measured(found).items():
        bar = AT_LEAST.get(name)
        held = value >= bar if bar is not None else value <= AT_MOST[name]
        missed += not held
        print(
            f"{'✓' if held else '✗'} {name:28s} {value:8.3f}   {'at least' if bar else 'at most'} {bar or AT_MOST[name]:.3g}"
        )
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
