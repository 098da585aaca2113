"""Sections: headings in their many wordings, contents pages, furniture, order."""

from __future__ import annotations

import pytest

from extractor.forms.load import load
from extractor.forms.model import SectionSpec
from extractor.inputs.stated import StatedText
from extractor.language.lines import CUT, Paragraph, is_furniture, paragraphs
from extractor.language.sections import likeness, read_sections, section_findings
from extractor.types import Block, Cell, Document, Grid, Line, PageView

FORM = load()[-1]
GRID = Grid((Cell(0, 0, 1, 1, "规章"), Cell(0, 1, 1, 1, "3")), 1, 2, "markup")
TITLE = "梧桥县农业农村局2023年政府信息公开工作年度报告"
PLAIN = [
    "总体情况",
    "主动公开政府信息情况",
    "收到和处理政府信息公开申请情况",
    "政府信息公开行政复议、行政诉讼情况",
    "存在的主要问题及改进情况",
    "其他需要报告的事项",
]
NUMBERS = ["一、", "二、", "三、", "四、", "五、", "六、"]
TEXTS = ["全年工作平稳。", "", "", "", "解读形式单一。将丰富形式。", "无。"]


def document(blocks: list[Block], source: str = "docx", pages: tuple[PageView, ...] = ()) -> Document:
    return Document(source, tuple(blocks), StatedText(), pages)  # type: ignore[arg-type]


def report(headings: list[str], order: tuple[int, ...] = (0, 1, 2, 3, 4, 5)) -> list[Block]:
    blocks: list[Block] = [Line(TITLE), Line("根据规定编制本报告，共六部分：总体情况、主动公开情况。")]
    for i in order:
        blocks.append(Line(headings[i]))
        if TEXTS[i]:
            blocks.append(Line(TEXTS[i]))
        if i in (1, 2, 3):
            blocks.append(GRID)
    return blocks


def numbered(marks: list[str], titles: list[str] | None = None) -> list[str]:
    return [m + t for m, t in zip(marks, titles or PLAIN, strict=True)]


def numbers(blocks: list[Block]) -> list[int]:
    return [s.number for s in read_sections(document(blocks), FORM)]


WORDINGS = {
    "statutory": numbered(NUMBERS),
    "spaced": numbered(["一、 ", "二、 ", "三、 ", "四、 ", "五、 ", "六、 "]),
    "arabic": numbered(["1、", "2、", "3、", "4、", "5、", "6、"]),
    "points": numbered(["1. ", "2. ", "3. ", "4. ", "5. ", "6. "]),
    "unnumbered": list(PLAIN),
    "dash for one": numbered(["—、", *NUMBERS[1:]]),
    "no mark": numbered(["一 ", "二 ", "三 ", "四 ", "五 ", "六 "]),
    "parts": numbered([f"第{n}部分 " for n in "一二三四五六"]),
    "torn": [" ".join(h) for h in numbered(NUMBERS)],
    "other words": numbered(
        NUMBERS,
        [
            "概述",
            "行政机关主动公开政府信息的情况",
            "依申请公开政府信息情况",
            "因政府信息公开被申请复议、提起诉讼情况",
            "存在的不足和下一步改进措施",
            "其它需要说明的事项",
        ],
    ),
    "misread": numbered(
        NUMBERS,
        [
            "总体惰况",
            "主动公开政府信患情况",
            "收到和处理政府信息公幵申请情况",
            "政府信息公开行政复议、行攻诉讼情况",
            "存在的主要问题反改进情况",
            "其他需要报吿的事项",
        ],
    ),
}


@pytest.mark.parametrize("name", WORDINGS)
def test_headings(name: str) -> None:
    sections = read_sections(document(report(WORDINGS[name])), FORM)
    assert [s.number for s in sections] == [1, 2, 3, 4, 5, 6]
    assert [s.text for s in sections] == TEXTS
    assert not section_findings(sections, FORM)


def test_one_wording_left_out() -> None:
    """The other wordings of a section still know it: the thresholds of sections.py."""
    scores = []
    for section in FORM.sections:
        words = (section.title, *section.aliases)
        for word in words:
            rest = [w for w in words if w != word]
            scores.append(likeness(word, SectionSpec(section.number, rest[0], tuple(rest[1:]))))
    known = sum(score >= 72 for score in scores)
    assert known >= 0.9 * len(scores)
    assert sorted(scores)[len(scores) // 2] >= 90


@pytest.mark.parametrize("leader", ["……………2", "......... 3", ". . . . . . . 1", "\t4", "", " "])
def test_contents_page(leader: str) -> None:
    contents: list[Block] = [Line("目 录"), *[Line(h + leader) for h in numbered(NUMBERS)]]
    blocks = [Line(TITLE), *contents, *report(numbered(NUMBERS))[1:]]
    sections = read_sections(document(blocks), FORM)
    assert [s.number for s in sections] == [1, 2, 3, 4, 5, 6]
    assert [s.text for s in sections] == TEXTS


def test_sub_headings_are_text() -> None:
    blocks = report(numbered(NUMBERS))
    inside: list[Block] = [
        Line("（一）主动公开情况"),
        Line("更新栏目。"),
        Line("（二）依申请公开情况"),
        Line("平稳。"),
    ]
    blocks[4:4] = inside
    sections = read_sections(document(blocks), FORM)
    assert [s.number for s in sections] == [1, 2, 3, 4, 5, 6]
    assert "（二）依申请公开情况" in sections[0].text


def test_arabic_sub_headings_under_han_headings() -> None:
    blocks = report(numbered(NUMBERS))
    blocks[4:4] = [
        Line("1.主动公开政府信息情况"),
        Line("更新栏目。"),
        Line("2.依申请公开情况"),
        Line("平稳。"),
    ]
    sections = read_sections(document(blocks), FORM)
    assert [s.title for s in sections][:2] == ["一、总体情况", "二、主动公开政府信息情况"]


def test_heading_and_text_in_one_paragraph() -> None:
    blocks = report(numbered(NUMBERS))
    blocks[-2:] = [Line("六、其他需要报告的事项：本年度无其他事项。")]
    sections = read_sections(document(blocks), FORM)
    assert sections[-1].number == 6 and sections[-1].text == "本年度无其他事项。"


def test_missing_and_extra() -> None:
    blocks = report(numbered(NUMBERS))
    blocks = [b for b in blocks if not (isinstance(b, Line) and b.text.startswith("三、"))]
    blocks += [Line("七、次年工作思路"), Line("继续努力。")]
    sections = read_sections(document(blocks), FORM)
    assert [s.number for s in sections] == [1, 2, 4, 5, 6]
    assert [f.rule for f in section_findings(sections, FORM)] == ["section_missing"]


def test_out_of_order() -> None:
    sections = read_sections(document(report(numbered(NUMBERS), (0, 1, 2, 3, 5, 4))), FORM)
    assert [s.number for s in sections] == [1, 2, 3, 4, 6, 5]
    assert [f.rule for f in section_findings(sections, FORM)] == ["section_order"]


def test_tables_in_another_order() -> None:
    sections = read_sections(document(report(numbered(NUMBERS), (0, 3, 2, 1, 4, 5))), FORM)
    assert [s.number for s in sections] == [1, 4, 3, 2, 5, 6]


def test_a_section_that_says_nothing() -> None:
    blocks = report(numbered(NUMBERS))
    blocks = [b for b in blocks if not (isinstance(b, Line) and b.text == TEXTS[4])]
    sections = read_sections(document(blocks), FORM)
    assert [f.rule for f in section_findings(sections, FORM)] == ["section_empty"]


def test_sign_off_and_site_footer_are_no_text() -> None:
    blocks = report(numbered(NUMBERS))
    blocks += [
        Line("梧桥县农业农村局"),
        Line("2024年1月12日"),
        Line("【打印本页】【关闭窗口】"),
        Line("主办：梧桥县人民政府"),
    ]
    sections = read_sections(document(blocks), FORM)
    assert sections[-1].text == "无。"


def test_no_headings() -> None:
    assert numbers([Line(TITLE), Line("本年度工作情况如下。"), GRID]) == []
    assert len(section_findings((), FORM)) == 6


@pytest.mark.parametrize(
    "text",
    [
        "- 3 -",
        "—12—",
        "第 3 页 共 8 页",
        "5/9",
        "【打印本页】 【关闭窗口】",
        "当前位置：首页 > 年报",
        "3",
        "ICP备00000000号",
    ],
)
def test_furniture(text: str) -> None:
    assert is_furniture(text)


@pytest.mark.parametrize(
    "text", ["无。", "全年收到申请3件。", "一、总体情况", "在首页设置扫一扫入口，方便群众。"]
)
def test_no_furniture(text: str) -> None:
    assert not is_furniture(text)


# ---------------------------------------------------------------- printed lines


def line(text: str, page: int, top: float, left: float = 80.0, right: float = 512.0) -> Line:
    return Line(text, page, (left, top, right, top + 14), 14.0)


def test_lines_become_paragraphs_over_the_page_break() -> None:
    pages = tuple(PageView(n, 595, 842) for n in (1, 2, 3))
    blocks: list[Block] = []
    for n in (1, 2, 3):
        blocks.append(line("内部资料", n, 30, 250, 340))
        if n == 1:
            blocks += [
                line("一、总体情况", 1, 100, 108, 190),
                line("本年度各项工作按计划推进，栏目更新及时，", 1, 130, 108),
                line("群众反映良好，全年收到政府信息公开申请12", 1, 150),
            ]
        if n == 2:
            blocks += [
                line("件，均已答复。", 2, 100, 80, 170),
                line("（二）其他工作正常开展。", 2, 130, 108, 300),
            ]
        blocks.append(line(f"- {n} -", n, 800, 280, 310))
    parts = [p.text for p in paragraphs(document(blocks, "pdf_text", pages)) if isinstance(p, Paragraph)]
    assert parts == [
        "一、总体情况",
        "本年度各项工作按计划推进，栏目更新及时，群众反映良好，全年收到政府信息公开申请12件，均已答复。",
        "（二）其他工作正常开展。",
    ]


def test_section_pages() -> None:
    pages = tuple(PageView(n, 595, 842) for n in (1, 2))
    blocks: list[Block] = [
        line("一、总体情况", 1, 100, 108, 190),
        line("工作平稳，", 1, 130, 108, 512),
        line("群众满意。", 2, 100, 80, 160),
        line("二、主动公开政府信息情况", 2, 130, 108, 300),
    ]
    sections = read_sections(document(blocks, "pdf_text", pages), FORM)
    assert [(s.number, s.pages) for s in sections] == [(1, (1, 2)), (2, (2,))]


def test_a_line_cut_off_by_the_edge_is_marked() -> None:
    pages = (PageView(1, 595, 842),)
    blocks: list[Block] = [
        line("全年受理行政复议案件共计五件，其中维", 1, 100, 80, 598),
        line("一件。", 1, 120, 80, 130),
    ]
    parts = [p.text for p in paragraphs(document(blocks, "pdf_text", pages)) if isinstance(p, Paragraph)]
    assert parts == [f"全年受理行政复议案件共计五件，其中维{CUT}一件。"]


@pytest.mark.parametrize("origin", ["picture", "text"])
def test_lines_of_a_picture_lean_and_are_as_high_as_their_ink(origin) -> None:
    """A short last line of two small characters, and margins that drift from line to line, part no paragraph."""
    pages = (PageView(1, 595, 842, origin=origin),)
    shift, blocks = 0.0, []
    for n in range(12):
        blocks.append(Line("一" * 36, 1, (70 - shift, 60 + 20 * n, 540 - shift, 73 + 20 * n), 12.6))
        shift += 4
    blocks.append(Line("三件。", 1, (70 - shift, 300, 100 - shift, 308), 7.7))
    parts = [p for p in paragraphs(document(list(blocks), "pdf_scan", pages)) if isinstance(p, Paragraph)]
    assert (len(parts) == 1) == (origin == "picture")


def test_contents_that_run_on_to_the_text() -> None:
    """No title between the contents and the text's own first heading."""
    listed: list[Block] = [Line(f"{h}{'.' * 20}{i}") for i, h in enumerate(WORDINGS["statutory"], 1)]
    found = read_sections(document(listed + report(WORDINGS["statutory"])[2:]), FORM)
    assert [s.number for s in found] == [1, 2, 3, 4, 5, 6]
    assert found[0].text == TEXTS[0]


def test_the_first_heading_is_lost() -> None:
    body = "（一）主动公开。" + "全年主动公开信息若干条，重点领域信息及时更新，群众关切得到回应。" * 3
    blocks = report(WORDINGS["statutory"])
    found = read_sections(document([*blocks[:2], Line(body), *blocks[4:]]), FORM)
    assert [s.number for s in found] == [1, 2, 3, 4, 5, 6]
    assert (found[0].title, found[0].text) == ("", body)
    assert "section_missing" in {f.rule for f in section_findings(found, FORM)}
