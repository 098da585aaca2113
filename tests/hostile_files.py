"""Hostile files, made here: bombs, loops, deep nesting, a million lines, lying lengths, archive tricks.

`all_files()` yields (name, bytes), more than fifty, few larger than a MB; nothing is kept in the tree.
Each must end in a typed error or a result within 30 s, whatever reads it.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Iterator

MAKERS: dict[str, Callable[[], bytes]] = {}
Maker = Callable[[], bytes]


def hostile(name: str) -> Callable[[Maker], Maker]:
    """Registers a maker under the file's name."""

    def add(make: Maker) -> Maker:
        MAKERS[name] = make
        return make

    return add


def pdf(*objects: bytes, trailer: bytes = b"", root: int = 1) -> bytes:
    """A PDF of numbered objects with a right cross-reference table."""
    out = io.BytesIO()
    out.write(b"%PDF-1.7\n")
    places: list[int] = []
    for number, body in enumerate(objects, 1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    for place in places:
        out.write(b"%010d 00000 n \n" % place)
    out.write(
        b"trailer<</Size %d/Root %d 0 R%s>>\nstartxref\n%d\n%%%%EOF"
        % (len(objects) + 1, root, trailer, start)
    )
    return out.getvalue()


def stream(data: bytes, extra: bytes = b"", packed: bool = False) -> bytes:
    if packed:
        data, extra = zlib.compress(data, 9), extra + b"/Filter/FlateDecode"
    return b"<</Length %d%s>>stream\n%s\nendstream" % (len(data), extra, data)


def page_pdf(
    content: bytes, *more: bytes, resources: bytes = b"", packed: bool = False, page: bytes = b""
) -> bytes:
    """One page with this content stream; `more` are objects from number 5 on."""
    font = b"/Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>"
    return pdf(
        b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<<%s%s>>%s>>"
        % (font, resources, page),
        stream(content, packed=packed), *more,
    )  # fmt: skip


def form(content: bytes, resources: bytes = b"", packed: bool = False) -> bytes:
    extra = b"/Type/XObject/Subtype/Form/BBox[0 0 600 900]/Resources<<%s>>" % resources
    return stream(content, extra, packed)


# ---------------------------------------------------------------- PDF: bombs and loops


@hostile("flate-bomb.pdf")
def _flate() -> bytes:
    return page_pdf(b"0 0 m " * 80_000_000, packed=True)


@hostile("double-flate-bomb.pdf")
def _double() -> bytes:
    inner = zlib.compress(b"\0" * 900_000_000, 9)
    data = zlib.compress(inner, 9)
    body = b"<</Length %d/Filter[/FlateDecode/FlateDecode]>>stream\n%s\nendstream" % (len(data), data)
    return pdf(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
               b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R>>", body)  # fmt: skip


@hostile("run-length-bomb.pdf")
def _run_length() -> bytes:
    data = b"\x81 " * 3_000_000 + b"\x80"
    body = b"<</Length %d/Filter/RunLengthDecode>>stream\n%s\nendstream" % (len(data), data)
    return pdf(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
               b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R>>", body)  # fmt: skip


@hostile("form-calls-itself.pdf")
def _self() -> bytes:
    return page_pdf(
        b"/X Do", form(b"/X Do /X Do", b"/XObject<</X 5 0 R>>"), resources=b"/XObject<</X 5 0 R>>"
    )


@hostile("forms-doubling.pdf")
def _doubling() -> bytes:
    depth = 40
    forms = [form(b"/X Do /X Do", b"/XObject<</X %d 0 R>>" % (n + 6)) for n in range(depth)]
    return page_pdf(b"/X Do", *forms, form(b"0 0 10 10 re f"), resources=b"/XObject<</X 5 0 R>>")


@hostile("million-glyphs.pdf")
def _glyphs() -> bytes:
    return page_pdf(b"BT /F1 8 Tf 10 10 Td (" + b"8" * 3_000_000 + b") Tj ET", packed=True)


@hostile("million-lines.pdf")
def _lines() -> bytes:
    lines = b"".join(b"%d 10 m %d 800 l S\n" % (n % 590, n % 590) for n in range(1_000_000))
    return page_pdf(lines, packed=True)


@hostile("million-rectangles.pdf")
def _rectangles() -> bytes:
    return page_pdf(b"".join(b"%d %d 5 5 re f\n" % (n % 590, n % 830) for n in range(1_000_000)), packed=True)


@hostile("dense-grid.pdf")
def _grid() -> bytes:
    lines = [b"0 %d m 595 %d l S %d 0 m %d 842 l S\n" % (n, n, n, n) for n in range(0, 842)]
    return page_pdf(b"0.1 w " + b"".join(lines))


@hostile("deep-q.pdf")
def _deep_q() -> bytes:
    return page_pdf(b"q " * 1_000_000, packed=True)


@hostile("deep-arrays.pdf")
def _deep_arrays() -> bytes:
    return page_pdf(b"BT /F1 8 Tf " + b"[" * 500_000 + b"]" * 500_000 + b" TJ ET")


@hostile("deep-dictionaries.pdf")
def _deep_dictionaries() -> bytes:
    return pdf(b"<</Type/Catalog/Pages 2 0 R/A " + b"<</A " * 100_000 + b"1" + b">>" * 100_000 + b">>",
               b"<</Type/Pages/Kids[]/Count 0>>")  # fmt: skip


@hostile("page-tree-loop.pdf")
def _tree_loop() -> bytes:
    return pdf(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[2 0 R 2 0 R]/Count 100000>>")


@hostile("page-tree-wide.pdf")
def _tree_wide() -> bytes:
    kids = b"3 0 R " * 100_000
    return pdf(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[%s]/Count 100000>>" % kids,
               b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>")  # fmt: skip


@hostile("page-count-lies.pdf")
def _count() -> bytes:
    return pdf(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 2147483647>>",
               b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>")  # fmt: skip


@hostile("two-thousand-pages.pdf")
def _pages() -> bytes:
    n = 2_000
    kids = b"".join(b"%d 0 R " % (i + 3) for i in range(n))
    pages = [b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>"] * n
    return pdf(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[%s]/Count %d>>" % (kids, n), *pages)


@hostile("huge-page.pdf")
def _huge_page() -> bytes:
    return page_pdf(b"0 0 10 10 re f", page=b"").replace(b"[0 0 595 842]", b"[0 0 9e9 9e9]")


@hostile("negative-page.pdf")
def _negative() -> bytes:
    return page_pdf(b"BT /F1 8 Tf (x) Tj ET").replace(b"[0 0 595 842]", b"[595 842 0 -1]")


@hostile("nan-page.pdf")
def _nan() -> bytes:
    return page_pdf(b"nan inf m 1e999 -1e999 l S BT /F1 1e300 Tf 1e300 0 0 1e300 0 0 Tm (8) Tj ET")


@hostile("huge-image.pdf")
def _image() -> bytes:
    extra = b"/Type/XObject/Subtype/Image/Width 60000/Height 60000/ColorSpace/DeviceGray/BitsPerComponent 1"
    return page_pdf(
        b"595 0 0 842 0 0 cm /I Do", stream(b"\0" * 1_000_000, extra, True), resources=b"/XObject<</I 5 0 R>>"
    )


@hostile("image-calls-mask-of-itself.pdf")
def _mask() -> bytes:
    extra = (
        b"/Type/XObject/Subtype/Image/Width 8/Height 8/ColorSpace/DeviceGray/BitsPerComponent 8/SMask 5 0 R"
    )
    return page_pdf(b"595 0 0 842 0 0 cm /I Do", stream(b"\0" * 64, extra), resources=b"/XObject<</I 5 0 R>>")


@hostile("cmap-bomb.pdf")
def _cmap() -> bytes:
    cmap = b"1 begincodespacerange <0000> <FFFFFFFF> endcodespacerange\n"
    cmap += b"1 beginbfrange <00000000> <7FFFFFFF> <0030> endbfrange"
    font = (
        b"<</Type/Font/Subtype/Type0/BaseFont/A/Encoding/Identity-H/ToUnicode 6 0 R/DescendantFonts[7 0 R]>>"
    )
    system = b"/CIDSystemInfo<</Registry(A)/Ordering(B)/Supplement 0>>"
    child = b"<</Type/Font/Subtype/CIDFontType2/BaseFont/A%s>>" % system
    return page_pdf(b"BT /F2 9 Tf <00010002> Tj ET", font, stream(cmap), child).replace(
        b"/Font<<", b"/Font<</F2 5 0 R"
    )


@hostile("pattern-loop.pdf")
def _pattern() -> bytes:
    extra = b"/Type/Pattern/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 1 1]/XStep 0.001/YStep 0.001"
    extra += b"/Resources<</Pattern<</P 5 0 R>>>>"
    return page_pdf(b"/Pattern cs /P scn 0 0 595 842 re f", stream(b"/Pattern cs /P scn 0 0 1 1 re f", extra),
                    resources=b"/Pattern<</P 5 0 R>>")  # fmt: skip


@hostile("shading-heavy.pdf")
def _shading() -> bytes:
    function = b"<</FunctionType 4/Domain[0 1e6 0 1e6]/Range[0 1 0 1 0 1]/Length 9>>"
    shading = b"<</ShadingType 1/ColorSpace/DeviceRGB/Domain[0 1e6 0 1e6]/Function%s>>" % function
    return page_pdf(b"/S sh " * 5_000, shading, resources=b"/Shading<</S 5 0 R>>")


@hostile("length-lies.pdf")
def _length() -> bytes:
    return page_pdf(b"BT /F1 8 Tf (8) Tj ET").replace(b"/Length 21", b"/Length 2000000000")


@hostile("xref-loop.pdf")
def _xref_loop() -> bytes:
    return pdf(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[]/Count 0>>", trailer=b"/Prev 9")


@hostile("object-stream-of-itself.pdf")
def _object_stream() -> bytes:
    return pdf(
        b"<</Type/Catalog/Pages 3 0 R>>", stream(b"2 0 <<>>", b"/Type/ObjStm/N 1000000/First 5/Extends 2 0 R")
    )


@hostile("unknown-encryption.pdf")
def _encrypted() -> bytes:
    return pdf(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[]/Count 0>>",
               trailer=b"/Encrypt<</Filter/Standard/V 99/R 99/Length 8/O(x)/U(y)/P -1>>/ID[(a)(b)]",
               )  # fmt: skip


@hostile("truncated.pdf")
def _truncated() -> bytes:
    return page_pdf(b"BT /F1 8 Tf (8) Tj ET")[:200]


@hostile("only-header.pdf")
def _header() -> bytes:
    return b"%PDF-1.7\n%%EOF"


@hostile("javascript-and-launch.pdf")
def _actions() -> bytes:
    actions = b"/OpenAction<</S/Launch/F(/bin/sh)>>/AA<</WC<</S/JavaScript/JS(app.alert\\(1\\))>>>>"
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"
    return pdf(b"<</Type/Catalog/Pages 2 0 R%s>>" % actions, b"<</Type/Pages/Kids[3 0 R]/Count 1>>", page)


@hostile("external-stream.pdf")
def _external() -> bytes:
    return pdf(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
               b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R>>",
               stream(b"", b"/F(/etc/passwd)/FFilter/ASCIIHexDecode"))  # fmt: skip


def all_files() -> Iterator[tuple[str, bytes]]:
    """Every hostile file, made when it is asked for."""
    for name, make in MAKERS.items():
        yield name, make()


from tests import hostile_others as _others  # noqa: E402, F401 - registers the files that are no PDFs
