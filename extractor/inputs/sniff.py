"""What kind of file these bytes are: told by their content, never by the name's ending.

The magic numbers are those of the formats' own specifications; the PDF header may stand anywhere in the
first 1,024 bytes (ISO 32000-1, annex H.3.4.1: what readers accept in practice).
"""

from __future__ import annotations

import io
import re

from extractor.errors import Bomb, Damaged, EmptyFile, PasswordNeeded, UnknownKind
from extractor.inputs.encoding import wide_encoding
from extractor.settings import Limits

HEADER_WINDOW = 1024
"""Bytes at the head in which a PDF's header may stand."""
TEXT_WINDOW = 65_536
"""Bytes looked at to tell HTML from text; a government page's head with its styles fits."""

_SAVE_AS = "请用 Word、WPS 等办公软件打开，另存为 DOCX 或 PDF 后再上传。"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PICTURES = (
    b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+",
    b"GIF87a", b"GIF89a", b"\x00\x00\x00\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51",
)  # fmt: skip
_ARCHIVES = (b"\x1f\x8b", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"BZh", b"\xfd7zXZ\x00")
_TAG = re.compile(
    r"</?(?:table|tr|td|th|div|p|span|meta|title|h[1-6]|br|font|center|ul|li|a|img)\b[^<]{0,2000}>", re.I
)
_PAGE = re.compile(
    r"<(?:!doctype\s+html|html|head|body)\b"
    r"|\A[\s\xef\xbb\xbf]*<(?:!--|(?:style|script|link|meta|title|table|div|p|h[1-6]|center|span)[\s>])", re.I
)  # fmt: skip
_MHTML = re.compile(r"\A(?:[\w-]+:[^\n]*\n(?:[ \t][^\n]*\n)*)*?(?:mime-version|content-type):", re.I)


def sniff(data: bytes, limits: Limits | None = None) -> str:
    """The kind's name: "pdf", "picture", "docx", "html" or "text".

    Raises EmptyFile, UnknownKind (with a remedy that fits the kind that was recognised), Damaged,
    PasswordNeeded (an encrypted office file) or Bomb (an archive with too many members).
    """
    if not data.strip(b"\x00 \t\r\n"):
        raise EmptyFile("" if not data else f"{len(data)} 字节，只有空白", message=_empty_message(data))
    head = data[:HEADER_WINDOW]
    if head.startswith(_PICTURES) or _is_webp(head) or _is_bmp(data):
        return "picture"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return _zip_kind(data, limits or Limits())
    if head.startswith(_OLE):
        raise _ole_error(data)
    if _is_pdf(data, head):
        return "pdf"
    _refuse_known(head)
    return _markup_or_text(data)


def _empty_message(data: bytes) -> str:
    return EmptyFile.message if not data else "文件里没有内容。"


def _is_pdf(data: bytes, head: bytes) -> bool:
    at = head.find(b"%PDF-")
    # Behind junk the header alone is no proof: a page of text may speak of it. Objects are.
    return at == 0 or (at > 0 and re.search(rb"\d\s+obj\b", data[at:]) is not None)


def _is_webp(head: bytes) -> bool:
    return head[:4] == b"RIFF" and head[8:12] == b"WEBP"


def _is_bmp(data: bytes) -> bool:
    # "BM" may begin a text; then bytes 6 to 9 (reserved, always zero) tell.
    return data[:2] == b"BM" and data[6:10] == b"\x00\x00\x00\x00" and len(data) > 26


def _zip_kind(data: bytes, limits: Limits) -> str:
    import zipfile

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, EOFError, ValueError, NotImplementedError, OSError) as error:
        raise Damaged(str(error)) from error
    if len(names) > limits.max_archive_members:
        raise Bomb(f"{len(names)} 个成员")
    lower = {name.lower().lstrip("/").replace("\\", "/") for name in names}
    if "word/document.xml" in lower:
        return "docx"
    if "[content_types].xml" in lower and any(n.startswith("word/document") for n in lower):
        return "docx"
    if any(n.startswith("xl/") for n in lower):
        raise UnknownKind(
            message="这是 Excel 工作簿，不是报告全文。", remedy="请上传报告全文；或将表格“打印为 PDF”后再试。"
        )
    if any(n.startswith("ppt/") for n in lower):
        raise UnknownKind(message="这是演示文稿。", remedy="请“导出为 PDF”后再上传。")
    if "ofd.xml" in lower:
        raise UnknownKind(message="这是 OFD 版式文件。", remedy="请用 OFD 阅读器“导出为 PDF”后再上传。")
    if "content.xml" in lower and "mimetype" in lower:
        raise UnknownKind(message="这是 ODF 文档（.odt/.ods）。", remedy=_SAVE_AS)
    raise UnknownKind(message="这是压缩包，不是一份文档。", remedy="请解压后逐个上传其中的文件。")


def _ole_error(data: bytes) -> Exception:
    """The error for an OLE compound file: stream names stand in its directory in UTF-16."""

    def has(name: str) -> bool:
        return name.encode("utf-16-le") in data

    if has("EncryptedPackage") or has("EncryptionInfo"):
        return PasswordNeeded(
            message="该 Office 文件设有打开密码，无法读取。",
            remedy="请在 Word 或 WPS 中打开，去除打开密码后另存为 DOCX 再上传。",
        )
    if has("WordDocument"):
        return UnknownKind(message="这是旧版 Word 文档（.doc/.wps）。", remedy=_SAVE_AS)
    if has("Workbook") or has("Book"):
        return UnknownKind(message="这是旧版 Excel 工作簿（.xls/.et）。", remedy="请“打印为 PDF”后再上传。")
    if has("PowerPoint Document"):
        return UnknownKind(message="这是旧版演示文稿（.ppt/.dps）。", remedy="请“导出为 PDF”后再上传。")
    return UnknownKind(message="这是旧版办公软件的文件。", remedy=_SAVE_AS)


def _refuse_known(head: bytes) -> None:
    if head.lstrip().startswith(b"{\\rtf"):
        raise UnknownKind(message="这是 RTF 文档。", remedy=_SAVE_AS)
    if head.startswith(_ARCHIVES):
        raise UnknownKind(message="这是压缩包，不是一份文档。", remedy="请解压后逐个上传其中的文件。")
    if head[4:8] == b"ftyp":
        raise UnknownKind(
            message="这是 HEIC/AVIF 照片或视频。",
            remedy="请转存为 JPEG 后再上传（iPhone：设置 → 相机 → 格式 → 兼容性最佳）。",
        )
    if head.startswith((b"%!PS", b"AT&T")):
        raise UnknownKind(message="这是 PostScript 或 DjVu 文件。", remedy="请转换为 PDF 后再上传。")


def _markup_or_text(data: bytes) -> str:
    text = _glance(data)
    if _PAGE.search(text):
        return "html"
    if "<?mso-application" in text or "<w:wordDocument" in text or "<pkg:package" in text:
        raise UnknownKind(message="这是 Word XML 文档。", remedy=_SAVE_AS)
    if _MHTML.match(text) and re.search(r"content-type:\s*(?:multipart/|text/html)", text, re.I):
        return "html"
    tags = sum(1 for _ in zip(_TAG.finditer(text), range(3)))
    return "html" if tags >= 3 else "text"


def _glance(data: bytes) -> str:
    """The head as characters good enough to see tags in.  Raises UnknownKind for binary data."""
    head = data[:TEXT_WINDOW]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head.decode("utf-16", errors="replace")
    wide = wide_encoding(head)
    if wide:
        return head.decode(wide, errors="replace")
    controls = sum(head.count(bytes([c])) for c in (*range(0, 9), *range(14, 27), 28, 29, 30, 31, 127))
    # Text has none of these; Word dumps may hold a stray one (a cell end, a page break). 1 in 200.
    if controls * 200 > len(head):
        raise UnknownKind("内容是二进制数据")
    return head.decode("latin-1")
