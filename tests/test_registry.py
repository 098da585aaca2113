"""Files in: kinds told by content, several files as one document, remedies for what is not read."""

from __future__ import annotations

import hashlib
import io
import sys
import types
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.errors import (
    Bomb,
    Damaged,
    DocumentError,
    EmptyFile,
    PasswordNeeded,
    TooLarge,
    UnknownKind,
)
from extractor.inputs import registry
from extractor.inputs.registry import MissingFile, load_source, make_source, open_document
from extractor.inputs.sniff import sniff
from extractor.inputs.stated import StatedText
from extractor.settings import Limits, Options
from extractor.types import Cell, Document, Grid, Line, PageView, Reading

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600


def archive(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name in names:
            made.writestr(name, "x")
    return out.getvalue()


def ole(stream: str) -> bytes:
    return OLE + stream.encode("utf-16-le") + b"\x00" * 100


PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (PDF, "pdf"),
        (b"\r\n" + PDF, "pdf"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + PDF, "pdf"),
        (b"j" * 1000 + PDF, "pdf"),
        (b"\x89PNG\r\n\x1a\n....", "picture"),
        (b"\xff\xd8\xff\xe0..", "picture"),
        (b"II*\x00....", "picture"),
        (b"MM\x00*....", "picture"),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 ", "picture"),
        (b"GIF89a....", "picture"),
        (b"BM\x36\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28" + b"\x00" * 40, "picture"),
        (b"\x00\x00\x00\x0cjP  \r\n\x87\n....", "picture"),
        (b"\xff\x4f\xff\x51....", "picture"),
        (archive("[Content_Types].xml", "word/document.xml"), "docx"),
        (archive("[Content_Types].xml", "word\\document2.xml"), "docx"),
        (b"<!DOCTYPE html><p>x", "html"),
        (b"<style>" + b"p{color:red} " * 9000 + b"</style><p>x", "html"),
        (b"\xef\xbb\xbf \n<HTML><body>", "html"),
        ("<html><p>年报".encode("utf-16"), "html"),
        (b"<?xml version='1.0'?><html xmlns='x'>", "html"),
        (b"<table><tr><td>1</td></tr></table>", "html"),
        ("<div><p>年</p>报".encode("gbk"), "html"),
        (b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=x\r\n\r\n--x\r\n", "html"),
        ("2021年报告，a<b，c>d。".encode(), "text"),
        ("年报\n\t甲\n".encode("gb18030"), "text"),
        ("关于 %PDF-1.4 的说明".encode(), "text"),
        ("BM 年度报告 abcdefghijklmnopqrstuvwxyz".encode(), "text"),
        ("云溪县年报2021".encode("utf-16-le"), "text"),
        (("字" * 300 + "\x07").encode(), "text"),
    ],
)
def test_kinds_by_content(data, kind):
    assert sniff(data) == kind


@pytest.mark.parametrize(
    ("data", "error", "hint"),
    [
        (b"", EmptyFile, "重新"),
        (b" \r\n\x00\x00", EmptyFile, "重新"),
        (ole("WordDocument"), UnknownKind, "另存为 DOCX"),
        (ole("Workbook"), UnknownKind, "打印为 PDF"),
        (ole("PowerPoint Document"), UnknownKind, "导出为 PDF"),
        (ole("Other"), UnknownKind, "另存为"),
        (ole("EncryptedPackage"), PasswordNeeded, "去除打开密码"),
        (b"{\\rtf1\\ansi", UnknownKind, "另存为 DOCX"),
        (archive("xl/workbook.xml"), UnknownKind, "打印为 PDF"),
        (archive("ppt/presentation.xml"), UnknownKind, "PDF"),
        (archive("OFD.xml"), UnknownKind, "OFD 阅读器"),
        (archive("mimetype", "content.xml"), UnknownKind, "另存为"),
        (archive("a.pdf", "b.pdf"), UnknownKind, "解压"),
        (b"PK\x03\x04 torn", Damaged, "重新"),
        (b"Rar!\x1a\x07\x00", UnknownKind, "解压"),
        (b"7z\xbc\xaf\x27\x1c", UnknownKind, "解压"),
        (b"\x00\x00\x00\x18ftypheic", UnknownKind, "JPEG"),
        (b"%!PS-Adobe", UnknownKind, "PDF"),
        (
            b"<?xml version='1.0'?><?mso-application progid='Word.Document'?><w:wordDocument>",
            UnknownKind,
            "另存为",
        ),
        (bytes(range(256)) * 4, UnknownKind, "PDF"),
    ],
)
def test_what_is_not_read_says_what_to_do(data, error, hint):
    with pytest.raises(error) as caught:
        sniff(data)
    assert hint in caught.value.remedy and caught.value.message


def test_too_many_members():
    with pytest.raises(Bomb):
        sniff(archive(*map(str, range(20))), Limits(max_archive_members=10))


@given(st.binary(max_size=300) | st.sampled_from([b"PK\x03\x04", OLE, PDF]).flatmap(
    lambda head: st.binary(max_size=100).map(lambda tail: head + tail)))  # fmt: skip
def test_any_bytes_have_a_kind_or_a_typed_error(data):
    try:
        assert sniff(data) in registry.KINDS
    except DocumentError as error:
        assert error.remedy


def test_sources(tmp_path):
    one, two = tmp_path / "第 一\n页.txt", tmp_path / "b'\".txt"
    one.write_bytes(b"one")
    two.write_bytes(b"two")
    alone = load_source([one])
    assert (alone.filename, alone.sha256) == ("第 一\n页.txt", hashlib.sha256(b"one").hexdigest())
    both = load_source([str(one), two], name="合订")
    lines = "".join(hashlib.sha256(b).hexdigest() + "\n" for b in (b"one", b"two"))
    assert both.filename == "合订" and both.sha256 == hashlib.sha256(lines.encode()).hexdigest()
    assert both.parts == (("第 一\n页.txt", b"one"), ("b'\".txt", b"two"))
    assert load_source([one, two]).filename == "第 一\n页.txt"
    assert load_source([two, one]).sha256 != both.sha256


def test_files_that_are_missing_or_too_large(tmp_path):
    with pytest.raises(MissingFile) as caught:
        load_source([tmp_path / "无.pdf"])
    assert "无.pdf" in caught.value.failure().message and caught.value.code == "missing_file"
    with pytest.raises(MissingFile):
        load_source([tmp_path])
    big = tmp_path / "big.txt"
    big.write_bytes(b"x" * 100)
    with pytest.raises(TooLarge):
        load_source([big], bounds=Limits(max_bytes=99))
    with pytest.raises(TooLarge):
        open_document(make_source([("big", b"x" * 100)]), Options(), Limits(max_bytes=99))


def test_an_ending_is_no_evidence():
    source = make_source([("报告.pdf", "<html><p>云溪县</p></html>".encode())])
    found = open_document(source, Options())
    assert found.source == "html" and isinstance(found.blocks[0], Line)


# ---------------------------------------------------------------- several files as one document


class Numbered:
    """Reads a cell as the page number and text that reach it."""

    def __init__(self, name: str) -> None:
        self.name = name

    def figures(self, cells):
        return [Reading(f"{self.name}{c.page}{c.text}", self.name, 1.0) for c in cells]

    def again(self, cells):
        return [Reading(f"again {self.name}{c.page}", self.name, 1.0) for c in cells]


def fake(name: str, pages: int, kind: str):
    """A reader module that gives a document of so many pages, each with a line and a grid of one cell."""

    def read(data, options, limits):
        count = pages if isinstance(data, bytes) else len(data)
        blocks = []
        for n in range(1, count + 1):
            cell = Cell(0, 0, 1, 1, "x", page=n, box=(1, 1, 2, 2))
            rival = Grid((cell,), 1, 1, "ruled", page=n)
            blocks += [Line(f"{name}{n}", page=n), Grid((cell,), 1, 1, "ruled", page=n, rivals=(rival,))]
        views = tuple(PageView(n, 100.0 * n, 50.0) for n in range(1, count + 1))
        return Document(kind, tuple(blocks), Numbered(name), views, {"title": name}, (f"{name}-doubt",))

    module = types.ModuleType(f"fake_{name}")
    module.read = read
    return module


@pytest.fixture
def fakes(monkeypatch):
    monkeypatch.setitem(sys.modules, "fake_pdf", fake("pdf", 2, "pdf_scan"))
    monkeypatch.setitem(sys.modules, "fake_picture", fake("picture", 0, "image"))
    monkeypatch.setitem(registry.KINDS, "pdf", "fake_pdf")
    monkeypatch.setitem(registry.KINDS, "picture", "fake_picture")


PNG = b"\x89PNG\r\n\x1a\n...."


def test_neighbouring_pictures_are_read_together(fakes):
    found = open_document(make_source([("1.png", PNG), ("2.png", PNG), ("3.png", PNG)]), Options())
    assert found.source == "image" and [p.number for p in found.pages] == [1, 2, 3]


def test_loose_files_of_any_kind_are_numbered_through(fakes):
    parts = [("a.pdf", PDF), ("1.png", PNG), ("2.png", PNG), ("b.pdf", PDF), ("c.txt", "附注".encode())]
    found = open_document(make_source(parts), Options())
    assert found.source == "pdf_mixed"
    assert [p.number for p in found.pages] == [1, 2, 3, 4, 5, 6]
    assert [p.width for p in found.pages] == [100, 200, 100, 200, 100, 200]
    lines = [(b.text, b.page) for b in found.blocks if isinstance(b, Line)]
    assert lines == [
        ("pdf1", 1),
        ("pdf2", 2),
        ("picture1", 3),
        ("picture2", 4),
        ("pdf1", 5),
        ("pdf2", 6),
        ("附注", None),
    ]
    grids = [b for b in found.blocks if isinstance(b, Grid)]
    assert [(g.page, g.cells[0].page, g.rivals[0].page, g.rivals[0].cells[0].page) for g in grids] == [
        (n, n, n, n) for n in range(1, 7)
    ]
    assert found.meta["title"] == "pdf" and found.doubts == ("pdf-doubt", "picture-doubt")


def test_every_cell_is_read_by_the_reader_of_its_part(fakes):
    found = open_document(make_source([("a.pdf", PDF), ("1.png", PNG), ("b.pdf", PDF)]), Options())
    cells = [b.cells[0] for b in found.blocks if isinstance(b, Grid)]
    cells = [*reversed(cells), Cell(0, 0, 1, 1, "文", engine="text")]
    assert [r.text for r in found.reader.figures(cells)] == [
        "pdf2x",
        "pdf1x",
        "picture1x",
        "pdf2x",
        "pdf1x",
        "文",
    ]
    again = found.reader.again(cells)
    assert [r and r.text for r in again] == [
        "again pdf2", "again pdf1", "again picture1", "again pdf2", "again pdf1", None,
    ]  # fmt: skip


def test_the_part_that_fails_is_named(fakes):
    with pytest.raises(UnknownKind) as caught:
        open_document(make_source([("a.pdf", PDF), ("表.xlsx", archive("xl/workbook.xml"))]), Options())
    assert "表.xlsx" in caught.value.failure().message


def test_a_cell_without_text_never_passes_for_a_blank_that_was_seen():
    (reading,) = StatedText().figures([Cell(0, 0, 1, 1, None)])
    assert (reading.text, reading.score) == ("", 0.0)
