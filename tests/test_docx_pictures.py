"""Word documents whose tables are pictures."""

from __future__ import annotations

import io
import zipfile

from PIL import Image

from extractor.inputs.docx import read
from extractor.inputs.stated import StatedText
from extractor.settings import Limits, Options
from extractor.types import Document, Grid, Line, PageView
from tests.test_docx import blocks, p, package, tbl, tc

DRAWING = '<w:p><w:r><w:drawing><a:blip r:embed="{}"/></w:drawing></w:r></w:p>'
RELS = (
    '<Relationships><Relationship Id="r1" Type="x/image" Target="media/a.png"/>'
    '<Relationship Id="r2" Type="x/image" Target="media/b.png"/></Relationships>'
)


def picture(width: int, height: int) -> bytes:
    out = io.BytesIO()
    Image.new("L", (width, height), 255).save(out, "PNG")
    return out.getvalue()


def with_pictures(body: str) -> bytes:
    """A document with a picture as large as a table (r1) and a small one (r2)."""
    out = io.BytesIO(package(body))
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("word/_rels/document.xml.rels", RELS)
        archive.writestr("word/media/a.png", picture(600, 400))
        archive.writestr("word/media/b.png", picture(60, 40))
    return out.getvalue()


PROSE = p("本机关依法办理各项申请，及时回应群众关切。" * 12)


def test_pictures_are_read_in_their_places_where_tables_lack(monkeypatch):
    def pages(parts, options, limits):
        assert [name for name, _ in parts] == ["word/media/a.png"]
        return Document("image", (Line("图中文字", page=1),), StatedText(), (PageView(1, 600, 400),))

    monkeypatch.setattr("extractor.inputs.registry.read_pictures", pages)
    body = PROSE + DRAWING.format("r2") + p("前") + DRAWING.format("r1") + p("后")
    found = read(with_pictures(body), Options(), Limits())
    assert [b.text for b in found.blocks if isinstance(b, Line)][1:] == ["前", "图中文字", "后"]
    assert found.source == "docx" and len(found.pages) == 1


def test_pictures_beside_all_the_tables_are_not_read(monkeypatch):
    def pages(parts, options, limits):
        raise AssertionError("read for nothing")

    monkeypatch.setattr("extractor.inputs.registry.read_pictures", pages)
    table = tbl(*[tc("甲") + tc("1") for _ in range(8)])
    found = read(with_pictures(PROSE + table * 3 + DRAWING.format("r1") + p("后")), Options(), Limits())
    assert [b.text for b in found.blocks if isinstance(b, Line)][1:] == ["后"]


def test_a_picture_in_a_cell_leaves_no_trace():
    cell = f"<w:tc>{DRAWING.format('r1')}{p('1')}</w:tc>"
    (grid,) = [b for b in blocks(PROSE + tbl(cell + tc("2"), tc("3") + tc("4"))) if isinstance(b, Grid)]
    assert [c.text for c in grid.cells] == ["1", "2", "3", "4"]
