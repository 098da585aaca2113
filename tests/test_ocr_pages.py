"""Whole pages as pictures, by the real engines: scanned, turned, photographed, against the truth."""

from __future__ import annotations

import io
import json
from pathlib import Path
from random import Random

import numpy as np
import pypdfium2
import pytest
from PIL import Image

from extractor.inputs.registry import make_source
from extractor.ocr import trial
from extractor.ocr.crops import CellInk, Line
from extractor.ocr.engine import Recognised
from extractor.ocr.table import Seen
from extractor.pipeline import extract
from extractor.settings import Options, limits
from extractor.types import Report
from samples.maker.degrade import Damage, degrade

pytestmark = pytest.mark.ocr

SAMPLE = Path(__file__).parents[1] / "samples" / "word-2022"
QUICK = Options(narrative=False)


def pictures(damage: Damage, turns: tuple[int, ...] = (), dpi: int = 180) -> list[tuple[str, bytes]]:
    """The sample's pages as PNG files, damaged; `turns`: quarter turns of each page."""
    book = pypdfium2.PdfDocument(next(SAMPLE.glob("*.pdf")))
    out = []
    for i, page in enumerate(book):
        clean = np.ascontiguousarray(page.render(scale=dpi / 72, rev_byteorder=True).to_numpy()[..., :3])
        image, _ = degrade(clean, dpi / 72, damage, Random(7))
        image = np.rot90(image, -turns[i % len(turns)]) if turns else image
        buffer = io.BytesIO()
        Image.fromarray(np.ascontiguousarray(image)).save(buffer, "PNG", dpi=(dpi, dpi))
        out.append((f"{i + 1}.png", buffer.getvalue()))
    return out


def wrong(report: Report) -> tuple[list[str], list[str]]:
    """(ids that differ from the truth, those of them that nobody would look at)."""
    truth = json.loads((SAMPLE / "truth.json").read_text())["fields"]
    assert report.error is None and len(report.fields) == len(truth)
    bad = [
        f.id
        for f in report.fields
        if f.state != truth[f.id]["state"]
        or (f.value is not None and float(f.value) != float(truth[f.id]["value"]))
    ]
    unseen = {f.id for f in report.fields if not f.needs_review}
    return bad, [i for i in bad if i in unseen]


@pytest.mark.slow
@pytest.mark.parametrize(
    "damage",
    [
        Damage(skew=1.2, blur=0.2, noise=4, jpeg=70, ink=40),
        Damage(skew=-2.5, blur=0.3, noise=8, paper=215, ink=90, jpeg=50, speckle=2e-4),
        Damage(skew=0.6, bilevel=0.68, noise=3),
        Damage(skew=-1.0, blur=0.25, seals=1, jpeg=75),
        Damage(perspective=0.03, curl=0.008, desk=True, shade=0.3, blur=0.25, noise=3, jpeg=80),
    ],
    ids=["scan", "faint", "one bit", "stamp", "photograph"],
)
def test_damaged_pages_are_read_without_a_silent_error(damage: Damage) -> None:
    report = extract(make_source(pictures(damage)), QUICK)
    bad, silent = wrong(report)
    assert silent == []
    assert len(bad) <= 4, bad


@pytest.mark.slow
@pytest.mark.parametrize("turns", [(1,), (2,), (3,), (0, 1)])
def test_pages_that_lie_are_stood_up(turns: tuple[int, ...]) -> None:
    report = extract(make_source(pictures(Damage(blur=0.15, noise=2), turns)), QUICK)
    bad, _ = wrong(report)
    assert bad == []
    for page in report.fields:
        if page.bbox and page.page:
            width, height = report.page_sizes[page.page - 1]
            assert 0 <= page.bbox[0] < page.bbox[2] <= width and 0 <= page.bbox[1] < page.bbox[3] <= height


def test_a_layer_of_permuted_digits_is_not_believed() -> None:
    """The page is heard against its own words, once as they are and once with every digit another."""
    from extractor.geometry.page import page_blocks
    from extractor.inputs.pdf import open_pdf
    from extractor.inputs.pdfium_page import read_page

    book = open_pdf(next(SAMPLE.glob("*.pdf")).read_bytes(), QUICK)
    claims: list[trial.Claim] = []
    for index in range(len(book)):
        page = book[index]
        raw = read_page(page, index + 1, limits())

        cells = [
            c
            for g in page_blocks(index + 1, raw.chars, raw.rulings, (raw.width, raw.height)).grids
            for c in g.cells
        ]
        claims = [
            trial.Claim(c.text, c.box, c.text.isdigit())
            for c in cells
            if c.text and c.box and c.col_span == 1
        ]
        if sum(c.figure for c in claims) > 30:
            break
    honest = trial.hear(page, claims, raw.turned, limits())
    assert honest.believe and honest.heard > 10
    other = str.maketrans("0123456789", "8765432109")
    lying = [trial.Claim(c.text.translate(other), c.cell, c.figure) for c in claims]
    assert not trial.hear(page, lying, raw.turned, limits()).believe


def test_two_digits_exchanged_stand_in_few_cells_and_are_heard_there() -> None:
    """One wrong cell of many is no reason to doubt a page, unless it is the place that looked wrong."""
    from extractor.geometry.page import page_blocks
    from extractor.inputs.pdf import open_pdf
    from extractor.inputs.pdfium_page import read_page

    book = open_pdf(next(SAMPLE.glob("*.pdf")).read_bytes(), QUICK)
    for index in range(len(book)):
        page = book[index]
        raw = read_page(page, index + 1, limits())
        found = page_blocks(index + 1, raw.chars, raw.rulings, (raw.width, raw.height))
        cells = [c for g in found.grids for c in g.cells if c.text and c.text.isdigit() and c.box]
        if len(cells) > 30:
            break
    at = next(i for i, c in enumerate(cells) if c.text != "0")
    for doubted in (False, True):
        claims = [trial.Claim(c.text or "", c.box, True) for c in cells if c.box]
        claims[at] = claims[at]._replace(text=f"{int(claims[at].text) + 1}", doubted=doubted)
        assert trial.hear(page, claims, raw.turned, limits()).believe is not doubted
    honest = claims[at]._replace(text=cells[at].text or "")
    assert trial.hear(page, [*claims[:at], honest, *claims[at + 1 :]], raw.turned, limits()).believe


def test_characters_exchanged_among_themselves_are_unlike_the_forms() -> None:
    from types import SimpleNamespace

    from extractor.forms.load import load
    from extractor.forms.words import statutory_pairs
    from extractor.inputs.layer import _unlike_words

    forms = load()
    assert {"信息", "公开", "申请"} <= statutory_pairs(forms)
    text = "".join(p.lstrip("一二三四五六七八、（）1234567890.") for r in forms[0].tables[1].blocks[0].rows for p in r.path[-1:])
    letters = sorted(set(text))
    other = str.maketrans("".join(letters), "".join(letters[14:] + letters[:14]))
    for said, doubted in ((text, False), (text.translate(other), True), (text.translate(other)[:40], False)):
        page = SimpleNamespace(chars=[SimpleNamespace(text=c) for c in said])
        assert _unlike_words(page, forms) is doubted  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "score", "wide", "troubled"),
    [("8", 0.6, 40, True), ("8〓", 0.99, 40, True), ("8", 0.95, 40, False), ("1〓〓〓", 0.7, 90, False), ("8", 0.6, 400, False)],
    ids=["unsure", "a stamp's piece", "clear", "a word", "a line of words"],
)
def test_only_what_may_be_a_figure_is_looked_at_without_a_stamp_s_tones(
    text: str, score: float, wide: int, troubled: bool
) -> None:
    crop = np.full((20, wide), 255, np.uint8)
    ink = CellInk((Line(crop, crop, 7.5),), 1.0, 0.0, 2.0)
    assert Seen(ink, Recognised(text, score), 0.0).troubled is troubled
