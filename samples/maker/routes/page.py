"""HTML: as a file of a government website, and as what a browser prints."""

from __future__ import annotations

import html
from random import Random
from string import Template

from .. import data
from ..document import Document, Text
from ..grids import Cell, Grid

BORDERS = {
    "thick_borders": "2px solid #000",
    "double_borders": "3px double #000",
    "dotted_borders": "1px dotted #000",
    "dashed_borders": "1px dashed #333",
    "grey_borders": "1px solid #ccc",
    "faint_borders": "0.5px solid #eee",
    "no_borders": "none",
    "row_rules": "none",
}
FONTS = ("Noto Serif CJK SC", "Noto Sans CJK SC", "AR PL UMing CN", "AR PL UKai CN", "WenQuanYi Zen Hei")


def as_bytes(doc: Document, rng: Random) -> bytes:
    """The report as a file of a website, in the charset that the traits ask for."""
    charset = "gb18030" if doc.has("gb18030") else "utf-8"
    text = render(doc, rng, charset)
    if doc.has("html_entities"):
        text = "".join(f"&#{ord(c)};" if ord(c) > 127 and rng.random() < 0.3 else c for c in text)
    return text.encode(charset)


def render(doc: Document, rng: Random, charset: str = "utf-8") -> str:
    """The report as a page, with the furniture of a government website around it."""
    soup = doc.has("mso_soup")
    body = "\n".join(_block(b, soup, doc.has("html_th")) for b in doc.blocks)
    if doc.has("watermark"):
        body += f'<div class="water">{doc.place}政务公开</div>'
    if doc.has("hidden_elements"):
        body = (
            f'<div style="display:none">{doc.year - 1}年收到政府信息公开申请{rng.randint(900, 999)}件'
            f"<table><tr><td>自然人</td><td>{rng.randint(70, 99)}</td></tr></table></div>{body}"
        )
    links = [f"{doc.place}要闻", "政务公开", "办事服务", "互动交流", "走进" + doc.place[:-1]]
    nav = "".join(f'<li><a href="#">{w}</a></li>' for w in links)
    meta = (
        (
            f"<p class=meta>发布日期：{doc.year + 1}-01-{rng.randint(10, 31)} "
            f"浏览次数：{rng.randint(20, 4000)} 信息来源：{doc.organ} 【字体：大 中 小】</p>"
        )
        if rng.random() < 0.7
        else ""
    )
    main = f'<div class="content" id="zoom">{meta}{body}</div>'
    if doc.has("layout_tables"):
        main = (
            f'<table width="100%" border="0"><tr><td width="150" valign="top"><ul>{nav}</ul></td><td>'
            f'<table width="100%" cellpadding="0"><tr><td>{main}</td></tr></table></td></tr></table>'
        )
    if doc.has("sidebar"):
        main = f'<div class="side"><ul>{nav}</ul></div><div class="beside">{main}</div>'
    meta_charset = "" if doc.has("html_no_charset") else f'<meta charset="{charset}">'
    codes = f"网站标识码：{rng.randint(10**9, 10**10 - 1)} 备案号 {rng.randint(10000, 99999)}"
    foot = f"<div class=foot>主办：{doc.place}人民政府办公室 {codes}</div>"
    tail = rng.choice(("", f"_{doc.place}人民政府", " - 政务公开"))
    return (
        f'<!DOCTYPE html><html lang="zh-CN"><head>{meta_charset}<title>{html.escape(doc.title)}{tail}'
        f"</title><style>{_css(doc, rng)}</style></head><body>"
        f'<div class="top">{doc.place}人民政府门户网站</div><ul class="nav">{nav}</ul>'
        f'<p class="crumb">当前位置：首页 &gt; 政务公开 &gt; 年度报告</p>{main}{foot}</body></html>'
    )


def _css(doc: Document, rng: Random) -> str:
    """The page's style sheet: data/page.css with this document's measures."""
    name = next((b for b in BORDERS if doc.has(b)), "")
    sheet = "A4 landscape" if doc.has("landscape") else "A4"
    measures = {
        "sheet": "800px 5200px" if doc.has("one_long_page") else sheet,
        "margin": rng.choice((12, 16, 20)),
        "font": rng.choice(FONTS),
        "size": rng.choice((14, 15, 16)),
        "leading": rng.choice((1.5, 1.8, 2)),
        "colour": rng.choice(("#1a5a9e", "#b21f24", "#444")),
        "small": rng.choice((11, 12, 13)),
        "border": BORDERS.get(name, "1px solid #000"),
        "pad": rng.choice((2, 4, 6)),
        "head": "table-header-group" if doc.has("repeat_header") else "table-row-group",
        "cut": "auto" if doc.has("rows_break") else "avoid",
        "under": "1px solid #000" if name == "row_rules" else "none",
        "values": "right" if doc.has("right_aligned") else "center",
        "zoom": rng.choice((0.7, 0.8, 1.15, 1.3)) if doc.has("zoomed") else 1,
    }
    return Template((data.DATA / "page.css").read_text(encoding="utf-8")).substitute(measures)


def _block(block: Text | Grid, soup: bool, th: bool) -> str:
    if isinstance(block, Grid):
        return table(block, soup, th)
    text = html.escape(block.text)
    if block.role == "title":
        return f"<h1>{text}</h1>"
    if block.role == "heading":
        return f"<p><b>{text}</b></p>"
    if soup and block.role == "para":
        half = len(text) // 2 if "&" not in text else 0
        text = (
            '<span lang="EN-US"><o:p></o:p></span>'
            '<span style="font-family:仿宋;mso-hansi-font-family:Calibri">'
            f"<span>{text[:half]}</span></span><span>{text[half:]}</span>"
        )
        return f'<p class="MsoNormal" style="text-indent:32pt">{text}</p>'
    return f'<p class="{"sign" if block.role == "sign" else "p"}">{text}</p>'


def table(grid: Grid, soup: bool, th: bool) -> str:
    """One table; heading rows stand in a thead where the grid names them."""
    rows = ["".join(_cell(c, soup, th) for c in row) for row in grid.by_row()]
    cols = "".join(f'<col style="width:{100 * w:.1f}%">' for w in grid.widths)
    head = "".join(f"<tr>{r}</tr>" for r in rows[: grid.head_rows])
    body = "".join(f"<tr>{r}</tr>" for r in rows[grid.head_rows :])
    thead = f"<thead>{head}</thead>" if head else ""
    return f"<table><colgroup>{cols}</colgroup>{thead}<tbody>{body}</tbody></table>"


def _cell(c: Cell, soup: bool, th: bool) -> str:
    spans = (f' rowspan="{c.rows}"' if c.rows > 1 else "") + (f' colspan="{c.cols}"' if c.cols > 1 else "")
    text = html.escape(c.text).replace("\n", "<br>")
    if soup:
        text = f'<p class="MsoNormal" align="center"><span lang="EN-US">{text or "&nbsp;"}</span></p>'
    tag = "th" if th and c.role == "head" else "td"
    side = " class=l" if c.role == "label" and len(c.text) > 6 else " class=v" if c.role == "value" else ""
    return f"<{tag}{spans}{side}>{text}</{tag}>"
