"""Web pages and what word processors save as such (.html, .htm, .mht): the lines and tables they show."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from extractor.errors import Damaged, TooLarge, Unreadable
from extractor.inputs.encoding import Decoded, decode
from extractor.inputs.stated import StatedText
from extractor.settings import Limits, Options
from extractor.types import Block, Document, Line

if TYPE_CHECKING:
    from extractor.inputs.markup import Entry

ENGINE = "html"
_PAGE_TYPES = ("text/html", "application/xhtml+xml")
_HEAD = 8192
"""Bytes in which a page's charset is looked for; browsers look at 1,024, old pages put scripts before it."""
_CHARSET = re.compile(rb"""<meta[^>]{0,300}?charset\s*=\s*["']?\s*([\w.:-]{2,40})""", re.I)
_XML_CHARSET = re.compile(rb"""^\s*<\?xml[^>]{0,100}?encoding\s*=\s*["']([\w.:-]{2,40})""", re.I)
_XML_HEAD = re.compile(r"^\s*<\?xml[^>]*\?>", re.I)
_ENTITY = re.compile(r"<!ENTITY\b", re.I)
_SOURCE_LINE = re.compile(r"(?:来源|信息来源|发布机构|发布单位|文章来源)\s*[:：]\s*\S")
_META_NAMES = {
    "articletitle": "title", "title": "title", "og:title": "title", "author": "author",
    "contentsource": "source", "source": "source", "pubdate": "date", "publishdate": "date",
    "sitename": "site", "keywords": "keywords", "description": "description",
}  # fmt: skip


def read(data: bytes, options: Options, limits: Limits) -> Document:
    """The page as blocks in reading order, `meta` from its head, no pages.

    `meta`: html_title, title, author, source, date, site, keywords, description (of <meta>), h1, and
    source_line, the line that names where the text comes from.
    Raises Damaged, TooLarge (nodes, depth, table size), Unreadable (nothing shows).
    """
    from extractor.inputs.markup import blocks

    decoded = _decoded(data)
    root = _parse(decoded.text, limits)
    found = blocks(_walk(root), ENGINE, limits)
    if not found:
        raise Unreadable()
    return Document("html", tuple(found), StatedText(), meta=_meta(root, found), doubts=decoded.doubts)


def entries_of(data: bytes, limits: Limits) -> list[Entry]:
    """The lines and tables of a page that another document embeds.  Raises as `read` does."""
    return _walk(_parse(_decoded(data).text, limits))


def _walk(root: Any) -> list[Entry]:
    from extractor.inputs.html_style import rules_of
    from extractor.inputs.html_walk import Walker

    return Walker(rules_of(style.text or "" for style in root.iter("style"))).walk(root)


def _decoded(data: bytes) -> Decoded:
    page, label = _unwrap(data)
    return decode(page, label or _declared(page))


def _declared(data: bytes) -> str | None:
    match = _XML_CHARSET.search(data[:200]) or _CHARSET.search(data[:_HEAD])
    return match[1].decode("ascii") if match else None


def _parse(text: str, limits: Limits) -> Any:
    from lxml import etree, html

    text = _XML_HEAD.sub("", text.replace("\x00", ""))
    if not text.strip():
        raise Unreadable()
    parser = html.HTMLParser(
        encoding="utf-8",
        recover=True,
        no_network=True,
        remove_comments=True,
        remove_pis=True,
        huge_tree=False,
    )
    try:
        root = html.document_fromstring(text.encode("utf-8", errors="replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError) as error:
        raise Damaged(str(error)) from error
    # libxml2 leaves out, and only logs, what nests deeper than its limit: figures would be lost in silence.
    for entry in parser.error_log:
        if entry.type == etree.ErrorTypes.ERR_RESOURCE_LIMIT:
            raise TooLarge("网页嵌套过深")
    for count, _ in enumerate(root.iter()):
        if count > limits.max_markup_nodes:
            raise TooLarge(f"网页超过 {limits.max_markup_nodes} 个节点")
    return root


def _meta(root: Any, found: list[Block]) -> dict[str, str]:
    meta: dict[str, str] = {}
    for element in root.iter("meta"):
        name = (element.get("name") or element.get("property") or "").strip().lower()
        content = " ".join((element.get("content") or "").split())
        if name in _META_NAMES and content:
            meta.setdefault(_META_NAMES[name], content)
    for tag, name in (("title", "html_title"), ("h1", "h1")):
        element = next(root.iter(tag), None)
        text = " ".join("".join(element.itertext()).split()) if element is not None else ""
        if text:
            meta[name] = text
    for block in found:
        if isinstance(block, Line) and len(block.text) < 200 and _SOURCE_LINE.search(block.text):
            meta["source_line"] = block.text
            break
    return meta


# ---------------------------------------------------------------- saved web archives


def _unwrap(data: bytes) -> tuple[bytes, str | None]:
    """The page of an MHTML archive with its charset; any other bytes as they are."""
    head = data[:4096].lstrip()
    if head.startswith(b"<") or not re.match(rb"[\w-]+:", head) or b"content-type:" not in head.lower():
        return data, None
    import email

    message = email.message_from_bytes(data.lstrip())
    pages = [part for part in message.walk() if part.get_content_type() in _PAGE_TYPES]
    if not pages:
        return data, None
    payloads = [(_payload(part), part) for part in pages]
    # Frames and advertisements are pages too: the report is the longest.
    body, part = max(payloads, key=lambda item: len(item[0]))
    return body, part.get_content_charset()


def _payload(part: Any) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""
