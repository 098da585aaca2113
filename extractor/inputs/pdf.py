"""Born-digital PDF: pdfium's characters and lines to a Document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from extractor.errors import Damaged, PasswordNeeded, TooLarge, WrongPassword
from extractor.geometry.lines import LazyWords
from extractor.geometry.page import PageBlocks, page_blocks
from extractor.inputs.pdfium_page import RawPage, read_page
from extractor.inputs.plumber import PdfText
from extractor.settings import Limits, Options
from extractor.types import Block, Document, PageView


def open_pdf(data: bytes, options: Options) -> Any:
    """A pypdfium2 document.  Raises Damaged, PasswordNeeded or WrongPassword."""
    import pypdfium2

    try:
        return pypdfium2.PdfDocument(data, password=options.password)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise (WrongPassword if options.password else PasswordNeeded)() from error
        raise Damaged(str(error)) from error


def read(data: bytes, options: Options, limits: Limits) -> Document:
    """A PDF as a document.  Raises DocumentError subclasses."""
    pdf = open_pdf(data, options)
    try:
        if len(pdf) > limits.max_pages:
            raise TooLarge(f"{len(pdf)} 页，上限 {limits.max_pages} 页")
        raw = [_raw_page(pdf, i, limits) for i in range(len(pdf))]
        meta = {k.lower(): v for k, v in pdf.get_metadata_dict(skip_empty=True).items()}
    finally:
        pdf.close()
    blocks: list[Block] = []
    pages: list[PageView] = []
    for page in raw:
        found = page_blocks(page.number, page.chars, page.rulings, (page.width, page.height))
        blocks += in_order(found)
        pages.append(_view(page))
    reader = PdfText(data, options.password, tuple(p.turned // 90 for p in raw))
    return Document("pdf_text", tuple(blocks), reader, tuple(pages), meta)


def _raw_page(pdf: Any, index: int, limits: Limits) -> RawPage:
    import pypdfium2

    try:
        page = pdf[index]
    except pypdfium2.PdfiumError as error:
        raise Damaged(f"第 {index + 1} 页：{error}") from error
    try:
        return read_page(page, index + 1, limits)
    finally:
        page.close()


def _view(page: RawPage) -> PageView:
    rulings = tuple(
        (r.a, r.at, r.b, r.at) if r.horizontal else (r.at, r.a, r.at, r.b) for r in page.rulings
    )
    return PageView(
        page.number, page.width, page.height, LazyWords(page.chars), rulings, turned=page.turned
    )


def in_order(found: PageBlocks) -> list[Block]:
    """Grids and lines of one page from top to bottom."""
    items: Sequence[Block] = [*found.lines, *found.grids]
    return sorted(items, key=lambda b: (b.box[1], b.box[0]) if b.box else (0.0, 0.0))
