"""PDF to a Document: believed text layers by pdfium's characters and lines, other pages as pictures.

Every page is asked on its own whether its text may be believed (ocr.trial): scans, hidden or scrambled
layers are set aside and the page is read as a picture; a table pasted as a picture is read beside the text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from extractor.errors import Damaged, PasswordNeeded, TooLarge, WrongPassword
from extractor.forms.load import load
from extractor.geometry.lines import LazyWords
from extractor.geometry.page import PageBlocks, page_blocks
from extractor.inputs.layer import Judgement, judge, judge_again
from extractor.inputs.pdfium_page import RawPage, read_page
from extractor.inputs.plumber import PdfText
from extractor.inputs.readers import PageReaders
from extractor.settings import Limits, Options
from extractor.types import Block, CellReader, Document, Grid, Line, PageView, SourceKind

if TYPE_CHECKING:
    from extractor.forms.model import Form
    from extractor.ocr.document import ReadPage
    from extractor.ocr.glyphs import Heard


@dataclass(slots=True)
class _Page:
    """One page on its way: what it states, what was made of it, whether it is believed."""

    raw: RawPage
    found: PageBlocks
    judgement: Judgement
    picture: ReadPage | None = field(default=None)

    @property
    def as_picture(self) -> bool:
        return self.judgement.distrusted

    @property
    def needs_picture(self) -> bool:
        return self.judgement.distrusted or bool(self.judgement.pasted)


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
        heard: Heard = set()
        forms = load(options.forms_dir)
        pages = [_page(pdf, i, limits, forms, heard) for i in range(len(pdf))]
        _hear_again(pdf, pages, limits)
        _read_pictures(pdf, pages, options, limits)
        meta = {k.lower(): v for k, v in pdf.get_metadata_dict(skip_empty=True).items()}
    finally:
        pdf.close()
    text = PdfText(data, options.password, tuple(p.raw.turned // 90 for p in pages))
    return Document(
        _source(pages),
        tuple(b for p in pages for b in _blocks(p)),
        _reader(pages, text),
        tuple(_view(p) for p in pages),
        meta,
        tuple(dict.fromkeys(p.judgement.note for p in pages if p.judgement.note)),
    )


def _page(pdf: Any, index: int, limits: Limits, forms: tuple[Form, ...], heard: Heard) -> _Page:
    import pypdfium2

    try:
        page = pdf[index]
    except pypdfium2.PdfiumError as error:
        raise Damaged(f"第 {index + 1} 页：{error}") from error
    try:
        raw = read_page(page, index + 1, limits)
        found = page_blocks(raw.number, raw.chars, raw.rulings, (raw.width, raw.height))
        return _Page(raw, found, judge(page, raw, found, limits, forms, heard))
    finally:
        page.close()


def _hear_again(pdf: Any, pages: Sequence[_Page], limits: Limits) -> None:
    """Where a font lied on one page, the pages that passed and have it too are heard."""
    lying = frozenset(f for p in pages for f in p.judgement.lying)
    for at, one in enumerate(pages) if lying else ():
        if not one.judgement.distrusted:
            page = pdf[at]
            try:
                again = judge_again(page, one.raw, one.found, limits, lying)
            finally:
                page.close()
            if again.distrusted:
                one.judgement = again


def _read_pictures(pdf: Any, pages: Sequence[_Page], options: Options, limits: Limits) -> None:
    """The pages that are not believed, read as pictures together: which way up is told over all of them."""
    wanted = [p for p in pages if p.needs_picture]
    if not wanted:
        return
    from extractor.inputs.scanned import read_scanned_pages

    read = read_scanned_pages(pdf, [p.raw.number - 1 for p in wanted], options, limits)
    for page, picture in zip(wanted, read, strict=True):
        page.picture = picture


def _blocks(page: _Page) -> list[Block]:
    if page.picture is None:
        return in_order(page.found)
    if page.as_picture:
        return list(page.picture.blocks)
    pasted = [b for b in page.picture.blocks if _in_any(b, page.judgement.pasted)]
    return sorted([*in_order(page.found), *pasted], key=_place)


def _in_any(block: Block, boxes: Sequence[tuple[float, float, float, float]]) -> bool:
    if block.box is None or not isinstance(block, Grid | Line):
        return False
    cx, cy = (block.box[0] + block.box[2]) / 2, (block.box[1] + block.box[3]) / 2
    return any(b[0] <= cx <= b[2] and b[1] <= cy <= b[3] for b in boxes)


def _reader(pages: Sequence[_Page], text: PdfText) -> CellReader:
    read = [p.picture for p in pages if p.picture is not None]
    if not read:
        return text
    from extractor.ocr.document import reader_of

    return PageReaders(text, reader_of(read))


def _source(pages: Sequence[_Page]) -> SourceKind:
    """How the figures were read: by text, by picture, or by both."""
    told = [p for p in pages if p.raw.chars or p.needs_picture]
    if told and all(p.as_picture for p in told):
        return "pdf_scan"
    return "pdf_mixed" if any(p.needs_picture for p in told) else "pdf_text"


def _view(page: _Page) -> PageView:
    if page.as_picture and page.picture is not None:
        seen = page.picture.view  # turned from how the page is shown; /Rotate comes on top
        return replace(seen, turned=(seen.turned + page.raw.rotation) % 360)
    raw = page.raw
    rulings = tuple(
        (r.a, r.at, r.b, r.at) if r.horizontal else (r.at, r.a, r.at, r.b) for r in raw.rulings
    )
    return PageView(raw.number, raw.width, raw.height, LazyWords(raw.chars), rulings, turned=raw.turned)


def in_order(found: PageBlocks) -> list[Block]:
    """Grids and lines of one page from top to bottom."""
    items: Sequence[Block] = [*found.lines, *found.grids]
    return sorted(items, key=_place)


def _place(block: Block) -> tuple[float, float]:
    return (block.box[1], block.box[0]) if block.box else (0.0, 0.0)
