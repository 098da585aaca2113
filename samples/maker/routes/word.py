"""DOCX: an office's word processor, with true merged cells; also the source of PDFs by LibreOffice."""

from __future__ import annotations

import io
import re
from random import Random
from xml.sax.saxutils import escape

import docx
from docx.document import Document as Docx
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Pt
from docx.text.paragraph import Paragraph

from ..document import Document, Text
from ..grids import Cell, Grid

FONTS = ("Noto Serif CJK SC", "AR PL UMing CN", "AR PL UKai CN", "Noto Sans CJK SC")
BORDERS = {
    "word_dotted": ("dotted", 4, "000000"),
    "word_double": ("double", 4, "000000"),
    "word_none": ("none", 0, "auto"),
    "word_rows": ("rows", 4, "000000"),
    "word_grey": ("single", 4, "BFBFBF"),
}
TWIPS = 20
#: The list that numbers headings (an id that the template does not use), and the number that it replaces.
LIST = 77
HEADING = re.compile(r"^[一二三四五六七八九]、\s*")


def render(doc: Document, rng: Random) -> bytes:
    """The report as the bytes of a .docx file."""
    made = docx.Document()
    font = rng.choice(FONTS)
    _normal(made, font, rng)
    if doc.has("contents_page"):
        _contents(made, doc)
    wide = doc.has("landscape")
    turned = False
    for block in doc.blocks:
        if wide and turned != (isinstance(block, Grid) and block.table == "3"):
            turned = not turned
            _turn(made, turned)
            made.add_paragraph()  # LibreOffice may lose the turn of a section that begins with a table
        if isinstance(block, Grid):
            made.element.body.insert(len(made.element.body) - 1, parse_xml(_table(doc, block, made, rng)))
            made.add_paragraph().paragraph_format.line_spacing = Pt(12)
        else:
            _paragraph(made.add_paragraph(), block, doc, rng)
            if block.role == "heading" and doc.has("auto_numbering"):
                _number(made)
    if doc.has("textbox"):
        made.add_paragraph()._p.append(
            parse_xml(_textbox(f"传阅件第{rng.randint(2, 90)}号 共印{rng.randint(30, 90)}份"))
        )
    _margins(made, doc)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def _normal(made: Docx, font: str, rng: Random) -> None:
    style = made.styles["Normal"]
    style.font.name = font
    style.font.size = Pt(rng.choice((12, 14, 16)))
    style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)
    section = made.sections[0]
    section.page_width, section.page_height = Pt(595.3), Pt(841.9)
    section.left_margin = section.right_margin = Pt(rng.choice((56, 72, 80)))


def _contents(made: Docx, doc: Document) -> None:
    made.add_paragraph("目  录").alignment = WD_ALIGN_PARAGRAPH.CENTER
    for at, block in enumerate(b for b in doc.blocks if isinstance(b, Text) and b.role == "heading"):
        made.add_paragraph(f"{block.text}{'.' * 30}{1 + at // 2}")
    made.add_paragraph().add_run().add_break(WD_BREAK.PAGE)


def _turn(made: Docx, wide: bool) -> None:
    section = made.add_section(WD_SECTION.NEW_PAGE)
    section.orientation = WD_ORIENT.LANDSCAPE if wide else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = (Pt(841.9), Pt(595.3)) if wide else (Pt(595.3), Pt(841.9))


def _textbox(text: str) -> str:
    """A run with a text box whose words are not of the report."""
    return (
        f'<w:r {nsdecls("w")} xmlns:v="urn:schemas-microsoft-com:vml"><w:pict>'
        '<v:shape style="width:120pt;height:30pt">'
        f"<v:textbox><w:txbxContent><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:txbxContent></v:textbox></v:shape></w:pict></w:r>"
    )


def _number(made: Docx) -> None:
    """The last paragraph's number 一、二、… comes from a list, and is no longer typed."""
    p = made.paragraphs[-1]
    text = "".join(r.text for r in p.runs)
    if not HEADING.match(text):
        return
    for run in p.runs[1:]:
        run.text = ""
    p.runs[0].text = HEADING.sub("", text)
    lists = made.part.numbering_part.element
    if not lists.xpath(f'w:num[@w:numId="{LIST}"]'):
        level = (
            '<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="chineseCounting"/>'
            '<w:suff w:val="nothing"/>'
            '<w:lvlText w:val="%1、"/><w:lvlJc w:val="left"/></w:lvl>'
        )
        abstract = f'<w:abstractNum {nsdecls("w")} w:abstractNumId="{LIST}">{level}</w:abstractNum>'
        lists.insert(0, parse_xml(abstract))
        use = f'<w:num {nsdecls("w")} w:numId="{LIST}"><w:abstractNumId w:val="{LIST}"/></w:num>'
        lists.append(parse_xml(use))
    mark = f'<w:numPr {nsdecls("w")}><w:ilvl w:val="0"/><w:numId w:val="{LIST}"/></w:numPr>'
    p._p.get_or_add_pPr().append(parse_xml(mark))


def _revision(old: str, new: str) -> str:
    """Runs in which `old` is marked as deleted and `new` as inserted."""
    mark = 'w:author="办公室" w:date="2024-01-08T09:00:00Z"'
    return (
        f'<w:del w:id="901" {mark}><w:r><w:delText>{escape(old)}</w:delText></w:r></w:del>'
        f'<w:ins w:id="902" {mark}><w:r><w:rPr><w:sz w:val="18"/></w:rPr>'
        f"<w:t>{escape(new)}</w:t></w:r></w:ins>"
    )


def _paragraph(p: Paragraph, block: Text, doc: Document, rng: Random) -> None:
    pieces = [block.text]
    if doc.has("tracked_runs"):
        cuts = (
            sorted(rng.sample(range(1, len(block.text)), min(4, len(block.text) - 1)))
            if len(block.text) > 1
            else []
        )
        pieces = [block.text[a:b] for a, b in zip([0, *cuts], [*cuts, len(block.text)], strict=True)]
    for piece in pieces:
        run = p.add_run(piece)
        run.bold = block.role in ("title", "heading", "caption")
        if block.role == "title":
            run.font.size = Pt(20)
    form = p.paragraph_format
    if block.role == "title":
        form.alignment = WD_ALIGN_PARAGRAPH.CENTER
    elif block.role == "sign":
        form.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    else:
        form.first_line_indent = Pt(28)


def _margins(made: Docx, doc: Document) -> None:
    """Running head and page numbers."""
    section = made.sections[0]
    if doc.has("running_head"):
        section.header.paragraphs[0].text = f"{doc.organ}政府信息公开年报"
    p = section.footer.paragraphs[0]
    p.alignment = WD_ALIGN_PARAGRAPH.CENTER
    dash = "- " if doc.has("footer_hyphen") else ""
    p.add_run(dash)
    for kind, text in (("begin", ""), ("", "PAGE"), ("end", "")):
        run = p.add_run()
        mark = (
            f'<w:fldChar {nsdecls("w")} w:fldCharType="{kind}"/>'
            if kind
            else f"<w:instrText {nsdecls('w')}>{text}</w:instrText>"
        )
        run._r.append(parse_xml(mark))
    p.add_run(dash[::-1])


def _table(doc: Document, grid: Grid, made: Docx, rng: Random) -> str:
    section = made.sections[-1]
    assert section.page_width and section.left_margin and section.right_margin
    wide = (section.page_width.pt - section.left_margin.pt - section.right_margin.pt) * TWIPS
    wide *= 1.1 if doc.has("wide_table") else 0.95 if doc.has("nested_tables") else 1
    widths = [round(w * wide) for w in grid.widths]
    above: dict[tuple[int, int], Cell] = {}
    rows = []
    for at, row in enumerate(grid.by_row()):
        begin = {c.col: c for c in row}
        cells, col = [], 0
        while col < grid.n_cols:
            c = begin.get(col) or above.get((at, col)) or Cell("", at, col)
            for r in range(1, c.rows if col in begin else 1):
                above[at + r, col] = c
            merge = "" if c.rows == 1 else '<w:vMerge w:val="restart"/>' if col in begin else "<w:vMerge/>"
            style = (
                merge,
                sum(widths[col : col + c.cols]),
                doc.has("word_vertical"),
                doc.has("right_aligned"),
            )
            old = (
                str(rng.randint(0, 99))
                if c.role == "value" and doc.has("tracked_changes") and rng.random() < 0.1
                else None
            )
            cells.append(_cell(c if col in begin else None, c.cols, *style, old))
            col += c.cols
        flags = ("" if doc.has("rows_break") else "<w:cantSplit/>") + (
            "<w:tblHeader/>" if at < grid.head_rows and doc.has("repeat_header") else ""
        )
        rows.append(f"<w:tr><w:trPr>{flags}</w:trPr>{''.join(cells)}</w:tr>")
    columns = "".join(f'<w:gridCol w:w="{w}"/>' for w in widths)
    table = (
        f'<w:tbl {nsdecls("w")}><w:tblPr><w:tblW w:w="{round(wide)}" w:type="dxa"/>'
        f'<w:jc w:val="center"/>{_borders(doc)}'
        f'<w:tblLayout w:type="fixed"/></w:tblPr><w:tblGrid>{columns}</w:tblGrid>{"".join(rows)}</w:tbl>'
    )
    return _nested(table, round(wide) + 220) if doc.has("nested_tables") else table


def _nested(table: str, width: int) -> str:
    """A table inside the one cell of another, which has no borders."""
    return (
        f'<w:tbl {nsdecls("w")}><w:tblPr><w:tblW w:w="{width}" w:type="dxa"/><w:jc w:val="center"/></w:tblPr>'
        f'<w:tblGrid><w:gridCol w:w="{width}"/></w:tblGrid><w:tr><w:tc><w:tcPr>'
        f'<w:tcW w:w="{width}" w:type="dxa"/></w:tcPr>{table}'
        f"<w:p/></w:tc></w:tr></w:tbl>"
    )


def _borders(doc: Document) -> str:
    kind, size, colour = next((BORDERS[b] for b in BORDERS if doc.has(b)), ("single", 4, "000000"))
    sides = ("top", "left", "bottom", "right", "insideH", "insideV")
    on = ("top", "bottom", "insideH") if kind == "rows" else sides
    style = "single" if kind == "rows" else kind
    return (
        "<w:tblBorders>"
        + "".join(
            f'<w:{s} w:val="{style if s in on else "none"}" w:sz="{size}" w:space="0" w:color="{colour}"/>'
            for s in sides
        )
        + "</w:tblBorders>"
    )


def _cell(
    c: Cell | None, cols: int, merge: str, width: int, vertical: bool, right: bool, old: str | None
) -> str:
    """One w:tc; None is the part of a merged cell below its first row. `old`: deleted text."""
    span = f'<w:gridSpan w:val="{cols}"/>' if cols > 1 else ""
    text = c.text if c else ""
    lines = (
        "<w:br/>".join(f'<w:t xml:space="preserve">{escape(t)}</w:t>' for t in text.split("\n"))
        if text
        else ""
    )
    side = "center"
    if c and c.role == "label" and len(text) > 6:
        side = "left"
    elif c and c.role == "value" and right:
        side = "right"
    turn = '<w:textDirection w:val="tbRl"/>' if vertical and c and c.role == "group" and c.rows > 4 else ""
    run = f'<w:r><w:rPr><w:sz w:val="18"/></w:rPr>{lines}</w:r>' if text else ""
    if old is not None and text and old != text:
        run = _revision(old, text)
    return (
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{span}{merge}{turn}'
        f'<w:vAlign w:val="center"/></w:tcPr>'
        f'<w:p><w:pPr><w:spacing w:before="0" w:after="0"/><w:jc w:val="{side}"/></w:pPr>{run}</w:p></w:tc>'
    )
