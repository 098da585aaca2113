"""Whether this machine can draw Chinese whose font the PDF only names: reports of office programs often embed none."""

from __future__ import annotations

from extractor.sandbox.bounds import Bounds
from extractor.sandbox.fork import forked

WORD = "年报"
DARK = 128
"""Grey below which a pixel counts as ink."""
_PAGE = f"BT /F 40 Tf 10 10 Td <{WORD.encode('utf-16-be').hex()}> Tj ET"
_OBJECTS = (
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Kids [ 3 0 R ] /Count 1 >>",
    "<< /Type /Page /Parent 2 0 R /MediaBox [ 0 0 120 60 ] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>",
    f"<< /Length {len(_PAGE)} >>\nstream\n{_PAGE}\nendstream",
    "<< /Type /Font /Subtype /Type0 /BaseFont /SimSun /Encoding /UniGB-UCS2-H /DescendantFonts [ 6 0 R ] >>",
    "<< /Type /Font /Subtype /CIDFontType2 /BaseFont /SimSun /FontDescriptor 7 0 R"
    " /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 2 >> >>",
    "<< /Type /FontDescriptor /FontName /SimSun /Flags 4 /FontBBox [ 0 -141 1000 859 ] /ItalicAngle 0"
    " /Ascent 859 /Descent -141 /CapHeight 683 /StemV 80 >>",
)


def named_only() -> bytes:
    """A PDF of one page that says 年报 in SimSun and holds no font."""
    out, places = "%PDF-1.4\n", []
    for number, body in enumerate(_OBJECTS, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n"
    rows = "".join(f"{place:010d} 00000 n \n" for place in places)
    size = len(places) + 1
    table = f"xref\n0 {size}\n0000000000 65535 f \n{rows}trailer\n<< /Size {size} /Root 1 0 R >>\n"
    return f"{out}{table}startxref\n{len(out)}\n%%EOF\n".encode("ascii")


def _ink(_out: int) -> bytes:
    import pypdfium2

    page = pypdfium2.PdfDocument(named_only())[0]
    picture = page.render(scale=2, grayscale=True).to_numpy()
    return str(int((picture < DARK).sum())).encode("ascii")


def chinese_is_drawn() -> bool | None:
    """Whether anything of the word is drawn, in the sandbox as documents are; None where that fails."""
    ended = forked(_ink, 0, Bounds(wall=10))
    return None if ended.body is None else int(ended.body) > 0
