"""Word documents: merged cells, list labels, what Word hides, what a hostile archive holds."""

from __future__ import annotations

import io
import re
import zipfile

import docx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.errors import (
    Bomb,
    Damaged,
    DocumentError,
    ForbiddenContent,
    PasswordNeeded,
    TooLarge,
    Unreadable,
)
from extractor.inputs.docx import read
from extractor.inputs.docx_numbering import chinese, numeral
from extractor.settings import Limits, Options
from extractor.types import Block, Document, Grid, Line

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'


def package(body: str, namespace: str = W, **members: str | bytes) -> bytes:
    """A .docx with this body; further members by path with "/" written "__" and "." written "_"."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(
            "word/document.xml",
            f'{_HEAD}<w:document xmlns:w="{namespace}" xmlns:mc="urn:mc" xmlns:wps="urn:wps" xmlns:v="urn:v" '
            f'xmlns:r="urn:r" xmlns:a="urn:a"><w:body>{body}</w:body></w:document>',
        )
        for name, data in members.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), data)
    return out.getvalue()


def p(text: str, properties: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"


def tc(text: str, properties: str = "") -> str:
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{p(text)}</w:tc>"


def tbl(*rows: str) -> str:
    return "<w:tbl>" + "".join(f"<w:tr>{row}</w:tr>" for row in rows) + "</w:tbl>"


def numbered(num: int, level: int) -> str:
    return f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{num}"/></w:numPr>'


def document(body: str, namespace: str = W, **members: str) -> Document:
    return read(package(body, namespace, **members), Options(), Limits())


def blocks(body: str, **members: str) -> tuple[Block, ...]:
    return document(body, **members).blocks


def texts(body: str, **members: str) -> list[str]:
    return [b.text for b in blocks(body, **members) if isinstance(b, Line)]


def cells(found: Block) -> dict[str, tuple[int, int, int, int]]:
    assert isinstance(found, Grid)
    return {c.text: (c.row, c.col, c.row_span, c.col_span) for c in found.cells if c.text}


RESTART, GO_ON = '<w:vMerge w:val="restart"/>', "<w:vMerge/>"


def span(n: int) -> str:
    return f'<w:gridSpan w:val="{n}"/>'


def test_a_document_made_by_a_library_of_its_own():
    made = docx.Document()
    made.core_properties.title, made.core_properties.author = "清屏市年报", "某科"
    made.add_heading("一、总体情况", level=1)
    made.add_paragraph("全年收到申请12件。").add_run("\n第二行")
    table = made.add_table(4, 4)
    for r in range(4):
        for c in range(4):
            table.cell(r, c).text = f"{r}{c}"
    table.cell(0, 1).merge(table.cell(0, 3)).text = "组"
    table.cell(1, 0).merge(table.cell(3, 0)).text = "办\n结"
    made.sections[0].header.paragraphs[0].text = "页眉"
    made.add_paragraph("尾")
    out = io.BytesIO()
    made.save(out)
    found = read(out.getvalue(), Options(), Limits())
    first, second, third, grid, last = found.blocks
    assert isinstance(first, Line) and (first.text, first.heading, first.page) == ("一、总体情况", True, None)
    assert [b.text for b in (second, third, last) if isinstance(b, Line)] == [
        "全年收到申请12件。",
        "第二行",
        "尾",
    ]
    at = cells(grid)
    assert at["组"] == (0, 1, 1, 3) and at["办\n结"] == (1, 0, 3, 1) and at["33"] == (3, 3, 1, 1)
    assert isinstance(grid, Grid) and (grid.n_rows, grid.n_cols, grid.origin) == (4, 4, "markup")
    assert found.meta["title"] == "清屏市年报" and found.meta["author"] == "某科"
    assert found.source == "docx" and found.pages == ()


def test_merges_end_where_a_row_does_not_go_on_with_them():
    (grid,) = blocks(
        tbl(
            tc("甲", RESTART) + tc("1"),
            tc("藏", GO_ON) + tc("2"),
            tc("乙") + tc("3"),
            tc("丙", GO_ON) + tc("4"),
            tc("丁", RESTART + span(2)),
            tc("戊", GO_ON) + tc("5"),
        )
    )
    at = cells(grid)
    assert at["甲"] == (0, 0, 2, 1) and "藏" not in at  # Word does not show what a continued cell holds
    assert at["丙"] == (3, 0, 1, 1) and at["戊"] == (5, 0, 1, 1) and at["丁"] == (4, 0, 1, 2)


def test_grid_before_horizontal_merge_hidden_and_deleted_rows():
    rows = (
        tc("一") + tc("二") + tc("三"),
        '<w:trPr><w:gridBefore w:val="1"/></w:trPr>' + tc("五") + tc("六"),
        tc("七", '<w:hMerge w:val="restart"/>') + tc("", "<w:hMerge/>") + tc("八"),
        "<w:trPr><w:hidden/></w:trPr>" + tc("9") + tc("9") + tc("9"),
        "<w:trPr><w:del/></w:trPr>" + tc("9") + tc("9") + tc("9"),
    )
    (grid,) = blocks(tbl(*rows))
    at = cells(grid)
    assert at["五"] == (1, 1, 1, 1) and at["七"] == (2, 0, 1, 2) and at["八"] == (2, 2, 1, 1)
    assert isinstance(grid, Grid) and grid.n_rows == 3


def test_content_controls_and_tracked_changes():
    body = (
        f"<w:sdt><w:sdtPr/><w:sdtContent>{p('控')}</w:sdtContent></w:sdt>"
        "<w:p><w:ins><w:r><w:t>增</w:t></w:r></w:ins><w:del><w:r><w:delText>删</w:delText></w:r></w:del>"
        "<w:moveFrom><w:r><w:t>移</w:t></w:r></w:moveFrom><w:hyperlink><w:r><w:t>链</w:t></w:r></w:hyperlink></w:p>"
        f"<w:tbl><w:sdt><w:sdtContent><w:tr>{tc('1')}<w:sdt><w:sdtContent>{tc('2')}</w:sdtContent></w:sdt></w:tr>"
        f"</w:sdtContent></w:sdt><w:tr>{tc('3')}{tc('4')}</w:tr></w:tbl>"
    )
    found = blocks(body)
    assert [b.text for b in found if isinstance(b, Line)] == ["控", "增链"]
    assert list(cells(found[2])) == ["1", "2", "3", "4"]


def test_hidden_text_field_codes_and_special_characters():
    def run(inner: str, properties: str = "") -> str:
        return f"<w:r><w:rPr>{properties}</w:rPr>{inner}</w:r>"

    body = "<w:p>" + "".join((
        run("<w:t>1</w:t>"), run("<w:t>9</w:t>", "<w:vanish/>"), run("<w:t>2</w:t>", '<w:vanish w:val="0"/>'),
        run("<w:t>9</w:t>", '<w:rStyle w:val="Ghost"/>'), run("<w:instrText>PAGE</w:instrText>"),
        run("<w:t>3</w:t><w:softHyphen/><w:noBreakHyphen/><w:tab/><w:t>4\u200b\u00ad</w:t>"),
        run('<w:sym w:font="Wingdings" w:char="F0FE"/><w:sym w:char="2460"/><w:br/><w:t>五</w:t>'),
    )) + "</w:p>"  # fmt: skip
    styles = f'<w:styles xmlns:w="{W}"><w:style w:styleId="Base"><w:rPr><w:vanish/></w:rPr></w:style>'
    styles += '<w:style w:styleId="Ghost"><w:basedOn w:val="Base"/></w:style></w:styles>'
    assert texts(body, word__styles_xml=styles) == ["123- 4①", "五"]


def test_a_text_box_is_read_once_and_stands_after_its_paragraph():
    inner = f"<w:txbxContent>{p('框')}{tbl(tc('1') + tc('2'), tc('3') + tc('4'))}</w:txbxContent>"
    body = (
        "<w:p><w:r><w:t>段</w:t></w:r><w:r><mc:AlternateContent>"
        f"<mc:Choice Requires='wps'><w:drawing><wps:txbx>{inner}</wps:txbx></w:drawing></mc:Choice>"
        f"<mc:Fallback><w:pict><v:textbox>{inner}</v:textbox></w:pict></mc:Fallback>"
        f"</mc:AlternateContent></w:r></w:p>{p('后')}"
    )
    assert [b.text if isinstance(b, Line) else "grid" for b in blocks(body)] == ["段", "框", "grid", "后"]


def test_layout_tables_are_flattened():
    inner = tbl(tc("项") + tc("数"), tc("规章") + tc("0"))
    body = f"<w:tbl><w:tr><w:tc>{p('一、情况')}{inner}{p('二、其他')}</w:tc></w:tr></w:tbl>"
    assert [b.text if isinstance(b, Line) else "grid" for b in blocks(body)] == [
        "一、情况",
        "grid",
        "二、其他",
    ]


# ---------------------------------------------------------------- list labels


def numbering(*levels: tuple[str, str], extra: str = "", more: str = "") -> str:
    lvls = "".join(
        f'<w:lvl w:ilvl="{i}"><w:start w:val="1"/><w:numFmt w:val="{form}"/>'
        f'<w:lvlText w:val="{text}"/></w:lvl>'
        for i, (form, text) in enumerate(levels)
    )
    return (
        f'<w:numbering xmlns:w="{W}"><w:abstractNum w:abstractNumId="7">{lvls}{extra}</w:abstractNum>'
        f'<w:num w:numId="1"><w:abstractNumId w:val="7"/></w:num>{more}</w:numbering>'
    )


def test_list_labels_are_part_of_the_text_and_restart_under_a_new_parent():
    lists = numbering(("chineseCounting", "%1、"), ("japaneseCounting", "（%2）"), ("decimal", "%3."))
    body = "".join(
        p(t, numbered(1, n))
        for t, n in (
            ("总体", 0),
            ("主动", 1),
            ("依申请", 1),
            ("其一", 2),
            ("平台", 1),
            ("表", 0),
            ("又", 1),
            ("末", 2),
        )
    )
    assert texts(body, word__numbering_xml=lists) == [
        "一、总体", "（一）主动", "（二）依申请", "1.其一", "（三）平台", "二、表", "（一）又", "1.末",
    ]  # fmt: skip


def test_labels_of_rows_of_a_table_are_counted_through_its_cells():
    lists = numbering(("decimal", "%1."), ("bullet", "●"))
    body = tbl(*(tc(text).replace("<w:pPr>", f"<w:pPr>{numbered(1, n)}") + tc("0") for text, n in
                 (("属于秘密", 0), ("点", 1), ("禁止公开", 0))))  # fmt: skip
    (grid,) = blocks(body, word__numbering_xml=lists)
    assert [t for t in cells(grid) if t != "0"] == ["1.属于秘密", "点", "2.禁止公开"]


def test_lists_by_style_overrides_and_lists_switched_off():
    lists = numbering(
        ("decimal", "%1."),
        more='<w:num w:numId="2"><w:abstractNumId w:val="7"/>'
        '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="5"/></w:lvlOverride></w:num>',
    )
    styles = (
        f'<w:styles xmlns:w="{W}"><w:style w:styleId="L">'
        '<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>'
        '<w:style w:styleId="M"><w:basedOn w:val="L"/></w:style></w:styles>'
    )
    styled = '<w:pStyle w:val="M"/>'
    off = styled + '<w:numPr><w:numId w:val="0"/></w:numPr>'
    body = (
        p("甲", styled) + p("乙", off) + p("丙", styled) + p("丁", numbered(2, 0)) + p("戊", numbered(2, 0))
    )
    assert texts(body, word__numbering_xml=lists, word__styles_xml=styles) == [
        "1.甲",
        "乙",
        "2.丙",
        "5.丁",
        "6.戊",
    ]


def test_legal_numbering_shows_upper_levels_as_digits():
    lists = numbering(
        ("chineseCounting", "%1"),
        extra='<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:isLgl/>'
        '<w:lvlText w:val="%1.%2"/></w:lvl>',
    )
    assert texts(p("甲", numbered(1, 0)) + p("乙", numbered(1, 1)), word__numbering_xml=lists) == [
        "一甲",
        "1.1乙",
    ]


@pytest.mark.parametrize(
    ("form", "n", "shown"),
    [
        ("chineseCounting", 10, "十"), ("chineseCounting", 11, "十一"), ("chineseCounting", 20, "二十"),
        ("chineseCountingThousand", 103, "一百零三"), ("chineseCountingThousand", 1010, "一千零一十"),
        ("chineseLegalSimplified", 12, "壹拾贰"), ("decimalEnclosedCircle", 3, "③"),
        ("ideographDigital", 20, "二〇"),
        ("ideographTraditional", 2, "乙"), ("upperLetter", 27, "AA"), ("lowerRoman", 14, "xiv"),
        ("decimalFullWidth", 12, "１２"), ("decimalZero", 7, "07"), ("decimalEnclosedParen", 1, "⑴"),
        ("odd", 4, "4"),
    ],
)  # fmt: skip
def test_numerals(form, n, shown):
    assert numeral(n, form) == shown


@given(st.integers(0, 9999))
def test_chinese_numerals_read_back(n):
    digits, units = "零一二三四五六七八九", {"十": 10, "百": 100, "千": 1000}
    total = 0
    for digit, unit in re.findall("([一二三四五六七八九]?)([十百千]?)", chinese(n)):
        if digit or unit:
            total += (digits.index(digit) if digit else 1) * units.get(unit, 1)
    assert total == n


# ---------------------------------------------------------------- variants and attacks


def test_strict_documents_and_other_part_names():
    assert [b.text for b in document(p("严"), STRICT).blocks if isinstance(b, Line)] == ["严"]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        main = '<Relationship Type="x/officeDocument" Target="/word/document2.xml"/>'
        archive.writestr("_rels/.rels", f"<Relationships>{main}</Relationships>")
        archive.writestr(
            "word\\document2.xml", f'<w:document xmlns:w="{W}"><w:body>{p("名")}</w:body></w:document>'
        )
    found = read(out.getvalue(), Options(), Limits())
    assert [b.text for b in found.blocks if isinstance(b, Line)] == ["名"]


def test_an_embedded_web_page_is_read_in_its_place():
    rels = '<Relationships><Relationship Id="r1" Type="x/aFChunk" Target="chunk.html"/></Relationships>'
    page = "<html><p>页</p><table><tr><td>甲<td>1<tr><td>乙<td>2</table></html>"
    out = io.BytesIO(package(p("前") + '<w:altChunk r:id="r1"/>' + p("后")))
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("word/chunk.html", page)
        archive.writestr("word/_rels/document.xml.rels", rels)
    found = read(out.getvalue(), Options(), Limits())
    assert [b.text if isinstance(b, Line) else b.n_rows for b in found.blocks] == ["前", "页", 2, "后"]


@pytest.mark.parametrize(
    "dtd",
    [
        '<!DOCTYPE w [<!ENTITY x SYSTEM "file:///etc/hostname">]>',
        '<!DOCTYPE w [<!ENTITY a "aaaaaaaaaa"><!ENTITY x "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        '<!DOCTYPE w SYSTEM "http://127.0.0.1:9/x.dtd">',
    ],
)
def test_a_dtd_is_refused(dtd):
    out = io.BytesIO()
    entity = "&x;" if "ENTITY" in dtd else ""
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(
            "word/document.xml",
            f'{dtd}<w:document xmlns:w="{W}"><w:body>{p(entity)}</w:body></w:document>',
        )
    with pytest.raises(ForbiddenContent):
        read(out.getvalue(), Options(), Limits())


def test_bombs_are_stopped_while_they_inflate():
    with pytest.raises(Bomb):
        read(package(p("a" * 4_000_000)), Options(), Limits())
    with pytest.raises(Bomb):
        read(
            package(p("甲"), word__media__x_xml="0" * 2_000_000),
            Options(),
            Limits(max_inflated_bytes=1_000_000),
        )
    many = {f"m{i}": "" for i in range(60)}
    with pytest.raises(Bomb):
        read(package(p("甲"), **many), Options(), Limits(max_archive_members=50))


def test_a_member_that_lies_about_its_size_is_stopped():
    data = bytearray(package(p("甲" * 1000)))
    size = len(zipfile.ZipFile(io.BytesIO(data)).read("word/document.xml"))
    lied = bytes(data).replace(size.to_bytes(4, "little"), (10).to_bytes(4, "little"))
    with pytest.raises(DocumentError):
        read(lied, Options(), Limits())


def test_size_and_depth_are_bounded():
    with pytest.raises(TooLarge):
        read(package(p("甲") * 200), Options(), Limits(max_markup_nodes=500))
    with pytest.raises(TooLarge):
        document("<w:sdt>" * 400 + "</w:sdt>" * 400)
    with pytest.raises(TooLarge):
        document("<w:tbl><w:tr><w:tc>" * 60 + p("底") + "</w:tc></w:tr></w:tbl>" * 60)
    assert len(blocks(tbl(tc("甲", span(10**8)) + tc("1"), tc("乙") + tc("2")))) == 1


def test_damage():
    with pytest.raises(Damaged):
        read(package(p("甲"))[:-300], Options(), Limits())
    with pytest.raises(Damaged):
        document("<w:p>")
    with pytest.raises(Damaged):
        read(b"PK\x03\x04 no archive", Options(), Limits())
    with pytest.raises(Unreadable):
        document("<w:p/>")


def test_an_archive_with_a_password():
    data = bytearray(package(p("甲")))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = -1
        while (start := data.find(mark, start + 1)) >= 0:
            data[start + at] |= 1
    with pytest.raises(PasswordNeeded):
        read(bytes(data), Options(), Limits())
