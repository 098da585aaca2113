"""Word documents (.docx): paragraphs and tables as Word shows them, without opening anything else in them."""

from __future__ import annotations

from dataclasses import replace
from posixpath import dirname, join, normpath
from typing import TYPE_CHECKING, Any

from extractor.errors import Damaged, Unreadable
from extractor.inputs.archive import Archive, parse_xml
from extractor.inputs.docx_numbering import child, local, read_numbering, read_styles, value
from extractor.inputs.docx_walk import PICTURE
from extractor.inputs.stated import StatedText
from extractor.settings import Limits, Options
from extractor.types import Block, Document, Grid, Line

if TYPE_CHECKING:
    from extractor.inputs.markup import Entry

ENGINE = "docx"
_CORE = {"title": "title", "creator": "author", "subject": "subject", "keywords": "keywords"}
_SCANT = 200
"""Characters below which a document without tables counts as pictures with captions; the shortest
report's text without its tables has some 400."""


def read(data: bytes, options: Options, limits: Limits) -> Document:
    """The document as blocks in reading order, `meta` from its properties, no pages.

    Headers and footers, notes and comments are left out.  A document whose pages are pasted pictures is
    read as those pictures.
    Raises Damaged, Bomb, ForbiddenContent (a DTD), PasswordNeeded, TooLarge, Unreadable (nothing shows).
    """
    from extractor.inputs.docx_walk import Body
    from extractor.inputs.markup import blocks

    archive = Archive(data, limits)
    main = _main_part(archive, limits)
    root = parse_xml(archive, main, limits)
    body = child(root, "body") if root is not None else None
    if body is None:
        raise Damaged("没有正文")
    targets = _targets(archive, main, limits)
    styles = read_styles(parse_xml(archive, targets.get("styles", ""), limits))
    numbering = read_numbering(parse_xml(archive, targets.get("numbering", ""), limits), styles)

    def chunk(ident: str) -> list[Entry]:
        return _chunk(archive, targets.get(ident, ""), limits)

    found = blocks(Body(styles, numbering, limits, chunk).entries(body), ENGINE, limits)
    meta = _meta(archive, limits)
    scant = sum(len(b.text) for b in found if isinstance(b, Line) and PICTURE not in b.text) < _SCANT
    tables = sum(isinstance(b, Grid) and b.n_rows * b.n_cols >= _TABLE for b in found)
    if scant and not any(isinstance(b, Grid) for b in found):
        lines = [b for b in found if not isinstance(b, Line) or PICTURE not in b.text]
        return _pictures(archive, body, targets, lines, meta, options, limits)
    return _with_pictures(archive, targets, found, tables < _TABLES, meta, options, limits)


_TABLE, _TABLES = 14, 3
"""Cells of the smallest statutory table, and how many tables there are: where fewer stand in the text, those that
lack may be pictures."""
_LEAST_SIDE = 150
"""Pixels of a picture's shorter side below which no table can be read in it (a row of figures takes 20)."""


def _with_pictures(
    archive: Archive, targets: dict[str, str], found: list[Block], wanted: bool, meta: dict[str, str],
    options: Options, limits: Limits,
) -> Document:  # fmt: skip
    """The blocks with pictures read in their places where tables are wanted, else without them."""
    from extractor.inputs.readers import PageReaders
    from extractor.inputs.registry import read_pictures

    at = {i: b.text.removeprefix(PICTURE) for i, b in enumerate(found) if isinstance(b, Line) and PICTURE in b.text}
    parts = {i: (targets[ident], archive.read(targets[ident])) for i, ident in at.items() if ident in targets}
    parts = {i: part for i, part in parts.items() if wanted and _is_readable(part[1], limits)}
    pages = read_pictures(list(parts.values()), options, limits) if parts else None
    number = {i: n for n, i in enumerate(parts, 1)}
    out: list[Block] = []
    for i, block in enumerate(found):
        if i not in at:
            out.append(block)
        elif pages is not None and i in number:
            out += [b for b in pages.blocks if b.page == number[i]]
    if pages is None:
        return Document("docx", tuple(out), StatedText(), meta=meta)
    reader = PageReaders(StatedText(), pages.reader)
    return Document("docx", tuple(out), reader, pages.pages, meta, pages.doubts)


def _is_readable(data: bytes, limits: Limits) -> bool:
    """A picture of one frame that is large enough to hold a table."""
    from extractor.errors import DocumentError
    from extractor.inputs.picture import frames
    from extractor.inputs.sniff import sniff

    try:
        if not data or sniff(data, limits) != "picture":
            return False
        sides = [min(pixels.shape[:2]) for pixels, _, _ in frames("", data, limits)]
    except DocumentError:
        return False  # a drawing in a format of its own (EMF, WMF), or damaged: the text is there all the same
    return len(sides) == 1 and sides[0] >= _LEAST_SIDE


def _parts(archive: Archive, name: str, limits: Limits) -> list[Any]:
    root = parse_xml(archive, name, limits)
    return [] if root is None else list(root)


def _main_part(archive: Archive, limits: Limits) -> str:
    for part in _parts(archive, "_rels/.rels", limits):
        if (value(part, "Type") or "").endswith("/officeDocument"):
            return normpath((value(part, "Target") or "").lstrip("/"))
    return "word/document.xml"


def _targets(archive: Archive, main: str, limits: Limits) -> dict[str, str]:
    """Members of the archive by relationship id, and by the last word of the relationship's type."""
    folder, _, name = main.rpartition("/")
    out: dict[str, str] = {}
    for part in _parts(archive, f"{folder}/_rels/{name}.rels", limits):
        target = value(part, "Target") or ""
        if value(part, "TargetMode") == "External":
            continue
        path = target.lstrip("/") if target.startswith("/") else normpath(join(dirname(main), target))
        out[value(part, "Id") or ""] = path
        out.setdefault((value(part, "Type") or "").rpartition("/")[2], path)
    out.setdefault("styles", f"{folder}/styles.xml")
    out.setdefault("numbering", f"{folder}/numbering.xml")
    return out


def _meta(archive: Archive, limits: Limits) -> dict[str, str]:
    meta: dict[str, str] = {}
    for element in _parts(archive, "docProps/core.xml", limits):
        text = " ".join((element.text or "").split())
        if local(element) in _CORE and text:
            meta[_CORE[local(element)]] = text
    company = parse_xml(archive, "docProps/app.xml", limits)
    text = (getattr(child(company, "Company"), "text", None) or "").strip() if company is not None else ""
    return {**meta, "company": text} if text else meta


def _chunk(archive: Archive, member: str, limits: Limits) -> list[Entry]:
    """An embedded web page (w:altChunk) as entries; nothing where it is missing or of another kind."""
    from extractor.inputs.html import entries_of
    from extractor.inputs.sniff import sniff

    data = archive.read(member)
    if not data.strip() or sniff(data, limits) != "html":
        return []
    return entries_of(data, limits)


def _pictures(
    archive: Archive, body: Any, targets: dict[str, str], found: list[Block], meta: dict[str, str],
    options: Options, limits: Limits,
) -> Document:  # fmt: skip
    """The pasted pictures as pages.  Raises Unreadable where there are none and no text either."""
    from extractor.errors import DocumentError
    from extractor.inputs.registry import read_pictures
    from extractor.inputs.sniff import sniff

    parts: list[tuple[str, bytes]] = []
    for element in body.iter():
        ident = {"blip": value(element, "embed"), "imagedata": value(element, "id")}.get(local(element))
        member = targets.get(ident or "", "")
        data = archive.read(member) if member else b""
        try:
            if data and sniff(data, limits) == "picture":
                parts.append((member, data))
        except DocumentError:
            continue  # a drawing in a format of its own (EMF, WMF): no scan
    if parts:
        pages = read_pictures(parts, options, limits)
        return replace(pages, blocks=(*found, *pages.blocks), meta={**meta, **pages.meta})
    if not found:
        raise Unreadable()
    return Document("docx", tuple(found), StatedText(), meta=meta)
