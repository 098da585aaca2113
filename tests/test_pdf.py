"""PDFs as producers and scanners leave them: turned, cropped, locked, with text that nobody sees."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from bench.score import measure
from extractor.emit.json import to_dict
from extractor.errors import Damaged, PasswordNeeded, WrongPassword
from extractor.geometry.lines import cell_text
from extractor.geometry.page import page_blocks
from extractor.inputs import pdf as reader
from extractor.inputs.pdfium_page import read_page
from extractor.inputs.registry import make_source
from extractor.language.normalise import fold
from extractor.pipeline import extract
from extractor.settings import Limits, Options
from extractor.types import Grid, Line
from tests.drawing import OLD, PLAIN, pdf, report

ROOT = Path(__file__).resolve().parents[1]
NO_WORDS = Options(narrative=False)
DOC, TRUTH = report(seed=2)


def wrong(data: bytes, truth: dict[str, Any] = TRUTH, options: Options = NO_WORDS) -> list[str]:
    """Fields that are not exactly right, and what stopped the document altogether."""
    got = extract(make_source([("a.pdf", data)]), options)
    if got.error is not None:
        return [got.error.code]
    assert got.source == "pdf_text"
    return measure({**truth, "id": "a"}, to_dict(got)).wrong_ids


def changed(data: bytes, change: Callable[[pikepdf.Pdf], None], **save: Any) -> bytes:
    with pikepdf.open(io.BytesIO(data)) as book:
        change(book)
        out = io.BytesIO()
        book.save(out, **save)
        return out.getvalue()


def test_the_plain_report_reads_exactly():
    assert wrong(pdf(DOC)) == []


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_rotate_alone_shows_a_page_on_its_side_and_changes_no_figure(turn):
    def rotate(book: pikepdf.Pdf) -> None:
        for page in book.pages:
            page.Rotate = turn

    data = changed(pdf(DOC), rotate)
    assert wrong(data) == []
    views = reader.read(data, Options(), Limits()).pages
    assert all(v.width < v.height for v in views), "upright is what the text says"


@pytest.mark.parametrize("turn", [90, 180, 270])
@pytest.mark.parametrize("hint", [False, True], ids=["sideways", "sideways with /Rotate"])
def test_content_drawn_on_its_side(turn, hint):
    matrix = {90: "0 1 -1 0 842 0", 180: "-1 0 0 -1 595 842", 270: "0 -1 1 0 0 595"}[turn]

    def lay_down(book: pikepdf.Pdf) -> None:
        for page in book.pages:
            page.contents_add(book.make_stream(f"q {matrix} cm".encode()), prepend=True)
            page.contents_add(book.make_stream(b"Q"))
            if turn != 180:
                page.MediaBox = pikepdf.Array([0, 0, 842, 595])
            if hint:
                page.Rotate = turn

    assert wrong(changed(pdf(DOC), lay_down)) == []


@pytest.mark.parametrize("corner", [(0, 0), (30, 50), (-20, -80)])
def test_crop_box_and_a_page_whose_corner_is_not_nought(corner):
    x, y = corner

    def crop(book: pikepdf.Pdf) -> None:
        for page in book.pages:
            page.contents_add(book.make_stream(f"q 1 0 0 1 {x} {y} cm".encode()), prepend=True)
            page.contents_add(book.make_stream(b"Q"))
            page.MediaBox = pikepdf.Array([x - 60, y - 60, x + 700, y + 900])
            page.CropBox = pikepdf.Array([x, y, x + 595, y + 842])

    data = changed(pdf(DOC), crop)
    assert wrong(data) == []
    view = reader.read(data, Options(), Limits()).pages[0]
    assert (round(view.width), round(view.height)) == (595, 842)


def test_what_the_crop_box_cuts_off_is_not_read():
    def crop(book: pikepdf.Pdf) -> None:
        for page in book.pages:
            page.CropBox = pikepdf.Array([0, 0, 595, 10])

    got = extract(make_source([("a.pdf", changed(pdf(DOC), crop))]), NO_WORDS)
    assert got.error is not None and got.fields == ()


# ---------------------------------------------------------------- locks


def test_an_owner_password_locks_nothing_that_reading_needs():
    assert wrong(pdf(DOC, out=io.BytesIO())) == []
    locked = changed(
        pdf(DOC),
        lambda book: None,
        encryption=pikepdf.Encryption(owner="o", user="", allow=pikepdf.Permissions(extract=False)),
    )
    assert wrong(locked) == []


@pytest.mark.parametrize("strength", [4, 6])
def test_a_user_password_is_asked_for_and_checked(strength):
    locked = changed(
        pdf(DOC),
        lambda book: None,
        encryption=pikepdf.Encryption(owner="o", user="密码-7" if strength == 6 else "s7", R=strength),
    )
    key = "密码-7" if strength == 6 else "s7"
    with pytest.raises(PasswordNeeded):
        reader.read(locked, Options(), Limits())
    with pytest.raises(WrongPassword):
        reader.read(locked, Options(password="no"), Limits())
    assert wrong(locked, options=Options(password=key, narrative=False)) == []
    assert extract(make_source([("a.pdf", locked)]), Options(password="no")).error.code == "wrong_password"  # type: ignore[union-attr]


def test_an_old_forty_bit_lock():
    data = io.BytesIO()
    Canvas(data, encrypt=StandardEncryption("s", strength=40)).save()
    with pytest.raises(PasswordNeeded):
        reader.read(data.getvalue(), Options(), Limits())


# ---------------------------------------------------------------- what nobody sees


def _with(draw: Callable[[Canvas, tuple[float, float]], None]) -> bytes:
    return pdf(DOC, before=draw)


def _white(c: Canvas, size: tuple[float, float]) -> None:
    c.setFillGray(1)
    c.setFont(PLAIN, 8)
    for y in range(60, 800, 14):
        c.drawString(300, y, "88888")
    c.setFillGray(0)


def _unseen(c: Canvas, size: tuple[float, float]) -> None:
    run = c.beginText(60, 700)
    run.setFont(PLAIN, 8)
    run.setTextRenderMode(3)
    for _ in range(30):
        run.textLine("777 777 777 777")
    run.setTextRenderMode(0)
    c.drawText(run)


def _off_page(c: Canvas, size: tuple[float, float]) -> None:
    c.setFont(PLAIN, 8)
    for y in range(60, 800, 20):
        c.drawString(-300, y, "666")
        c.drawString(size[0] + 40, y, "555")


def _watermark(c: Canvas, size: tuple[float, float]) -> None:
    c.saveState()
    c.setFillGray(0.85)
    c.setFont(PLAIN, 60)
    c.translate(120, 200)
    c.rotate(40)
    c.drawString(0, 0, "2 0 2 3 - 1 2 3 4 5")
    c.restoreState()


def _clear(c: Canvas, size: tuple[float, float]) -> None:
    c.saveState()
    c.setFillAlpha(0)
    c.setFont(PLAIN, 8)
    for y in range(60, 800, 14):
        c.drawString(320, y, "44")
    c.restoreState()


@pytest.mark.parametrize(
    "draw", [_white, _unseen, _off_page, _watermark, _clear], ids=lambda d: d.__name__.strip("_")
)
def test_what_nobody_sees_is_not_read(draw):
    assert wrong(_with(draw)) == []


def test_fake_bold_and_white_heads_on_colour():
    assert wrong(pdf(DOC, doubled=True)) == []

    def coloured(c: Canvas, size: tuple[float, float]) -> None:
        c.setFillColorRGB(0.1, 0.2, 0.6)
        c.rect(60, 780, 300, 40, stroke=0, fill=1)
        c.setFillGray(1)
        c.setFont(PLAIN, 12)
        c.drawString(70, 795, "A1")
        c.setFillGray(0)

    lines = [b.text for b in reader.read(_with(coloured), Options(), Limits()).blocks if isinstance(b, Line)]
    assert "A1" in lines


@pytest.mark.parametrize(
    "stroke",
    [
        lambda c, x0, y0, x1, y1: c.rect(x0 - 0.3, y0 - 0.3, x1 - x0 + 0.6, y1 - y0 + 0.6, stroke=0, fill=1),
        lambda c, x0, y0, x1, y1: (c.setStrokeGray(0.8), c.line(x0, y0, x1, y1)),
        lambda c, x0, y0, x1, y1: (c.setDash(1, 2), c.line(x0, y0, x1, y1)),
        lambda c, x0, y0, x1, y1: (c.line(x0, y0, x1, y1), c.line(x0 + 1.5, y0 + 1.5, x1 + 1.5, y1 + 1.5)),
    ],
    ids=["filled", "faint", "dotted", "doubled"],
)
def test_rulings_of_every_make(stroke):
    old, truth = report(OLD, seed=3)
    assert wrong(pdf(old, stroke=stroke), truth) == []


def test_a_file_that_is_none():
    with pytest.raises(Damaged):
        reader.read(b"%PDF-1.7\nnothing", Options(), Limits())


# ---------------------------------------------------------------- pdfplumber as oracle

SAMPLES = sorted(ROOT.glob("samples/*/report.pdf"))


@pytest.mark.parametrize("path", SAMPLES, ids=lambda p: p.parent.name)
def test_cell_texts_are_those_that_pdfplumber_reads(path):
    """The fast reader against a parser that shares no code with it, cell by cell."""
    logging.getLogger("pdfminer").setLevel(logging.ERROR)
    document = reader.read(path.read_bytes(), Options(), Limits())
    cells = [c for b in document.blocks if isinstance(b, Grid) for c in b.cells]
    again = document.reader.again(cells)
    differing = [
        (c.page, c.text, r.text)
        for c, r in zip(cells, again)
        if r is None or _plain(c.text) != _plain(r.text)
    ]
    assert differing == []
    truth = json.loads((path.parent / "truth.json").read_text(encoding="utf-8"))
    assert len(cells) >= (200 if truth["form"] else 0)


def _plain(text: str | None) -> str:
    """Labels without spaces and with one spelling of each character (⼆ and 二); figures as they stand."""
    assert text is not None
    return fold(text) if any(ch >= "\u2e80" for ch in text) else text


def test_the_grid_of_one_page_by_hand():
    out = io.BytesIO()
    c = Canvas(out, pagesize=(300, 200))
    c.setFont(PLAIN, 9)
    for i, text in enumerate(("1", "22", "", "-")):
        x, y = 50 + 60 * (i % 2), 100 - 20 * (i // 2)
        c.rect(x, y, 60, 20)
        c.drawString(x + 25, y + 6, text)
    c.save()
    book = reader.open_pdf(out.getvalue(), Options())
    raw = read_page(book[0], 1, Limits())
    found = page_blocks(1, raw.chars, raw.rulings, (raw.width, raw.height))
    assert [(g.n_rows, g.n_cols) for g in found.grids] == [(2, 2)]
    assert [c.text for c in found.grids[0].cells] == ["1", "22", "", "-"]
    assert found.grids[0].cells[0].box == pytest.approx((50, 80, 110, 100), abs=0.6)
    assert cell_text(raw.chars[:1]) == "1"
