"""Hostile files that are no PDFs: archives, markup, pictures, names.  Importing this fills MAKERS."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

from tests.hostile_files import hostile

# ---------------------------------------------------------------- archives


def packed(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return out.getvalue()


SCHEMAS = b"http://schemas.openxmlformats.org"
TYPES = (
    b'<?xml version="1.0"?><Types xmlns="%s/package/2006/content-types"><Override '
    b'PartName="/word/document.xml" '
    b'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
) % SCHEMAS
RELS = (
    b'<?xml version="1.0"?><Relationships xmlns="%s/package/2006/relationships"><Relationship Id="r1" '
    b'Type="%s/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>'
) % (SCHEMAS, SCHEMAS)
W = b'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def docx(body: bytes, head: bytes = b"", *more: tuple[str, bytes]) -> bytes:
    document = b'<?xml version="1.0"?>%s<w:document %s><w:body>%s</w:body></w:document>' % (head, W, body)
    return packed(
        ("[Content_Types].xml", TYPES), ("_rels/.rels", RELS), ("word/document.xml", document), *more
    )


@hostile("bomb.docx")
def _docx_bomb() -> bytes:
    return docx(b"<w:p><w:r><w:t>" + b"8" * 600_000_000 + b"</w:t></w:r></w:p>")


@hostile("many-members.docx")
def _docx_many() -> bytes:
    return docx(b"", b"", *((f"word/x{n}.xml", b"<a/>") for n in range(20_000)))


@hostile("entities.docx")
def _laughs() -> bytes:
    lines = b"".join(b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10 if n else b"ha") for n in range(12))
    return docx(b"<w:p><w:r><w:t>&a11;</w:t></w:r></w:p>", b"<!DOCTYPE d [%s]>" % lines)


@hostile("external-entity.docx")
def _xxe() -> bytes:
    return docx(
        b"<w:p><w:r><w:t>&x;</w:t></w:r></w:p>", b'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    )


@hostile("deep.docx")
def _docx_deep() -> bytes:
    cell = b"<w:tbl><w:tr><w:tc>"
    return docx(cell * 20_000 + b"<w:p/>" + b"</w:tc></w:tr></w:tbl>" * 20_000)


@hostile("spans.docx")
def _docx_spans() -> bytes:
    cell = b'<w:tc><w:tcPr><w:gridSpan w:val="2147483647"/></w:tcPr><w:p/></w:tc>'
    return docx(b"<w:tbl>" + (b"<w:tr>" + cell * 10 + b"</w:tr>") * 100 + b"</w:tbl>")


@hostile("million-paragraphs.docx")
def _docx_paragraphs() -> bytes:
    return docx(b"<w:p><w:r><w:t>1</w:t></w:r></w:p>" * 1_000_000)


@hostile("overlapping-members.zip")
def _overlap() -> bytes:
    """One compressed body that every entry of the directory points at."""
    body = zlib.compress(b"\0" * 10_000_000, 9)[2:-4]
    local = (
        struct.pack("<4sHHHHHIIIHH", b"PK\3\4", 20, 0, 8, 0, 0, 0, len(body), 10_000_000, 1, 0) + b"a" + body
    )
    sizes = (len(body), 10_000_000, 4)
    entries = b"".join(
        struct.pack("<4sHHHHHHIIIHHHHHII", b"PK\1\2", 20, 20, 0, 8, 0, 0, 0, *sizes, *[0] * 6)
        + b"%04d" % n for n in range(4_000)
    )  # fmt: skip
    return (
        local
        + entries
        + struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 4_000, 4_000, len(entries), len(local), 0)
    )


@hostile("traversal.zip")
def _traversal() -> bytes:
    return packed(("../../../tmp/evil.txt", b"x"), ("/etc/evil.txt", b"x"), ("C:\\evil.txt", b"x"))


@hostile("nested.zip")
def _nested() -> bytes:
    data = b"\0" * 5_000_000
    for n in range(8):
        data = packed((f"{n}.zip", data))
    return data


@hostile("lying-sizes.zip")
def _lying() -> bytes:
    data = bytearray(packed(("a.txt", b"8" * 100_000)))
    at = data.rfind(b"PK\1\2")
    data[at + 24 : at + 28] = struct.pack("<I", 5)
    return bytes(data)


@hostile("directory-of-garbage.zip")
def _garbage() -> bytes:
    return b"PK\3\4" + b"\xff" * 5_000 + b"PK\5\6" + b"\xff" * 18


# ---------------------------------------------------------------- markup and text


def page(body: bytes) -> bytes:
    return b"<html><head><meta charset='utf-8'></head><body>%s</body></html>" % body


@hostile("deep.html")
def _html_deep() -> bytes:
    return page(b"<div>" * 200_000 + b"x" + b"</div>" * 200_000)


@hostile("deep-tables.html")
def _html_tables() -> bytes:
    return page(b"<table><tr><td>" * 20_000 + b"x")


@hostile("spans.html")
def _html_spans() -> bytes:
    cell = b"<td rowspan=65534 colspan=1000>1</td>"
    return page(b"<table>" + (b"<tr>" + cell * 50 + b"</tr>") * 200 + b"</table>")


@hostile("million-cells.html")
def _html_cells() -> bytes:
    return page(b"<table>" + (b"<tr>" + b"<td>1" * 1_000) * 1_000 + b"</table>")


@hostile("million-attributes.html")
def _html_attributes() -> bytes:
    return page(b"<p " + b"".join(b"a%d=1 " % n for n in range(300_000)) + b">x</p>")


@hostile("entities.html")
def _html_entities() -> bytes:
    return b"<!DOCTYPE html [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>" + page(
        b"<p>&x;" + b"&#x110000;&#0;" * 1000
    )


@hostile("one-long-line.txt")
def _txt_line() -> bytes:
    return "政府信息公开工作年度报告".encode() * 300_000


@hostile("million-lines.txt")
def _txt_lines() -> bytes:
    return b"\t1\n" * 1_500_000


@hostile("digits.txt")
def _txt_digits() -> bytes:
    return "受理".encode() + b"9" * 3_000_000 + "件。".encode()


@hostile("numerals.txt")
def _txt_numerals() -> bytes:
    return ("受理" + "亿万" * 300_000 + "件。\n" + "（一）" * 200_000).encode()


@hostile("wrong-encoding.txt")
def _txt_encoding() -> bytes:
    return bytes(range(128, 256)) * 20_000


# ---------------------------------------------------------------- pictures


def png(width: int, height: int, body: bytes) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@hostile("bomb.png")
def _png_bomb() -> bytes:
    return png(60_000, 60_000, zlib.compress(b"\0" * 450_000_000, 9))


@hostile("lying.png")
def _png_lies() -> bytes:
    return png(2**31 - 1, 2**31 - 1, zlib.compress(b"\0"))


@hostile("text-bomb.png")
def _png_text() -> bytes:
    data = b"k\0\0" + zlib.compress(b"a" * 300_000_000, 9)
    extra = struct.pack(">I", len(data)) + b"zTXt" + data + struct.pack(">I", zlib.crc32(b"zTXt" + data))
    whole = png(8, 8, zlib.compress(b"\0\0" * 8))
    return whole[:33] + extra + whole[33:]


@hostile("loop.tif")
def _tiff_loop() -> bytes:
    """The directory's successor is itself."""
    return (
        b"II*\0\x08\0\0\0" + struct.pack("<H", 1) + struct.pack("<HHII", 256, 4, 1, 10) + struct.pack("<I", 8)
    )


@hostile("huge.tif")
def _tiff_huge() -> bytes:
    tags = [(256, 4, 1, 2**31 - 1), (257, 4, 1, 2**31 - 1), (258, 3, 1, 1), (259, 3, 1, 1), (262, 3, 1, 1),
            (273, 4, 1, 8), (278, 4, 1, 2**31 - 1), (279, 4, 1, 10)]  # fmt: skip
    return (
        b"II*\0\x08\0\0\0"
        + struct.pack("<H", len(tags))
        + b"".join(struct.pack("<HHII", *t) for t in tags)
        + b"\0" * 4
    )


@hostile("broken.jpg")
def _jpeg() -> bytes:
    return b"\xff\xd8\xff\xe0" + b"\0\x10JFIF\0" + b"\xff" * 100_000


@hostile("huge.gif")
def _gif() -> bytes:
    return b"GIF89a\xff\xff\xff\xff\x80\0\0" + b"\0" * 6 + b",\0\0\0\0\xff\xff\xff\xff\0\x02\x00;"


@hostile("huge.bmp")
def _bmp() -> bytes:
    return (
        b"BM"
        + struct.pack("<IHHI", 100, 0, 0, 54)
        + struct.pack("<IiiHHIIiiII", 40, 2**30, 2**30, 1, 24, 0, 0, 0, 0, 0, 0)
    )


# ---------------------------------------------------------------- wrong kinds


@hostile("empty.pdf")
def _empty() -> bytes:
    return b""


@hostile("zeros.pdf")
def _zeros() -> bytes:
    return b"\0" * 1_000_000


@hostile("program.pdf")
def _elf() -> bytes:
    return b"\x7fELF\x02\x01\x01" + b"\0" * 10_000


@hostile("old-office.doc")
def _ole() -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\xff" * 100_000


@hostile("picture-named.pdf")
def _picture_named() -> bytes:
    return png(100, 100, zlib.compress(b"\0" * 14 * 100))
