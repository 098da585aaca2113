"""Who reports on which year: titles in every form, no title, clues that disagree."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.forms.load import load
from extractor.inputs.stated import StatedText
from extractor.language.head import read_head
from extractor.language.organs import other_organs, own_pattern
from extractor.language.sections import read_sections
from extractor.language.title import find_period, parse_title
from extractor.types import Document, Finding, Head, Line

FORM = load()[-1]
ORGAN = "梧桥县农业农村局"
TITLE = f"{ORGAN}2023年政府信息公开工作年度报告"
PREAMBLE = "本报告所列数据的统计期限自2023年1月1日起，至2023年12月31日止。"


def head(
    *lines: str | Line,
    body: tuple[str, ...] = ("各项工作平稳。",),
    end: tuple[str, ...] = (),
    meta: dict[str, str] | None = None,
    filename: str = "",
) -> tuple[Head, tuple[Finding, ...]]:
    blocks = [x if isinstance(x, Line) else Line(x) for x in lines]
    blocks += [Line(x) for x in ("一、总体情况", *body, "六、其他需要报告的事项", "无。", *end)]
    document = Document("docx", tuple(blocks), StatedText(), (), meta or {})
    return read_head(document, read_sections(document, FORM), FORM, filename)


TITLES = [
    "{o}2023年政府信息公开工作年度报告",
    "{o}2023年度政府信息公开工作年度报告",
    "2023年{o}政府信息公开工作年度报告",
    "{o}2023年政府信息公开年度报告",
    "{o}2023年政府信息公开工作报告",
    "{o}政府信息公开工作2023年度报告",
    "{o}关于2023年度政府信息公开工作的年度报告",
    "2023年度{o}政府信息公开年度报告",
    "{o}2023年度政务信息公开工作年度报告",
    "{o}2023年政府信息公开工作年报",
    "{o}二〇二三年政府信息公开工作年度报告",
    "{o}2023年政府信息公开年度工作报告",
    "{o}2023年政府信息公开工作年度报告（本级机关）",
    "《{o}2023年政府信息公开工作年度报告》",
    "{o}2O23年政府信息公开工作年度报告",
]
ORGANS = [
    "梧桥县农业农村局",
    "枫泾州人民政府",
    "枫泾州人民政府办公室",
    "梧桥县柿园镇人民政府",
    "梧桥县北关街道办事处",
    "国家税务总局梧桥县税务局",
    "枫泾州发展和改革委员会",
    "枫泾高新技术产业开发区管理委员会",
    "柿园镇",
]


@pytest.mark.parametrize("organ", ORGANS)
@pytest.mark.parametrize("form", TITLES)
def test_titles(form: str, organ: str) -> None:
    found, findings = head(form.format(o=organ), PREAMBLE)
    assert (found.organ, found.year) == (organ, 2023)
    assert found.period == ("2023-01-01", "2023-12-31")
    assert not findings


@pytest.mark.parametrize(
    "lines",
    [
        (ORGAN, "2023年政府信息公开工作年度报告"),
        (f"{ORGAN}2023年政府信息公开工作", "年度报告"),
        (f"{ORGAN}", "2023年政府信息公开工作", "年度报告"),
        ("梧桥县", "农业农村局2023年政府信息公开工作年度报告"),
        (f"{ORGAN}关于2023年度政府信息公开工作的年", "度报告"),
        (f"{ORGAN}2023年", "政府信息公开工作年度报告"),
    ],
)
def test_broken_titles(lines: tuple[str, ...]) -> None:
    found, _ = head(*lines, PREAMBLE)
    assert (found.organ, found.year) == (ORGAN, 2023)
    assert found.title == "".join(lines)


@pytest.mark.parametrize(
    "text",
    [
        "现公布梧桥县农业农村局2023年政府信息公开工作年度报告。",
        "中华人民共和国政府信息公开条例",
        "2023年统计年鉴",
        "关于做好2023年政府信息公开工作年度报告编制发布工作的通知",
        "一、总体情况",
        "政府信息公开年度报告",
        "",
    ],
)
def test_no_titles(text: str) -> None:
    assert parse_title(text) is None


@given(st.text(max_size=90))
def test_any_line_can_be_asked(text: str) -> None:
    title = parse_title(text)
    assert title is None or title.organ or title.year


def test_without_a_title_the_author_tells() -> None:
    found, _ = head(f"根据《条例》有关规定，由{ORGAN}编制本报告。" + PREAMBLE)
    assert (found.organ, found.year) == (ORGAN, 2023)
    assert found.organ_confidence < 0.99


def test_without_a_title_the_signature_tells() -> None:
    found, _ = head(PREAMBLE, end=(ORGAN, "2024年1月15日"))
    assert (found.organ, found.year) == (ORGAN, 2023)


def test_contact_office_is_not_the_organ() -> None:
    found, findings = head(TITLE, PREAMBLE + f"如有疑问，请与{ORGAN}办公室联系。")
    assert found.organ == ORGAN and not findings


def test_publisher_is_not_the_organ() -> None:
    found, findings = head(
        "梧桥县人民政府门户网站",
        "发布时间：2024-01-10　来源：梧桥县数据局　字号：[大 中 小]",
        TITLE,
        PREAMBLE,
    )
    assert found.organ == ORGAN and not findings


def test_office_and_government_are_two_reporters() -> None:
    title = "枫泾州人民政府办公室2023年政府信息公开工作年度报告"
    found, _ = head(title, PREAMBLE, body=("枫泾州人民政府高度重视政府信息公开。",))
    assert found.organ == "枫泾州人民政府办公室"
    found, _ = head(
        "枫泾州人民政府2023年政府信息公开工作年度报告", PREAMBLE + "请与枫泾州人民政府办公室联系。"
    )
    assert found.organ == "枫泾州人民政府"


def test_menu_left_of_the_title() -> None:
    title = Line("互动交流 " + TITLE)
    found, _ = head(title, f"{ORGAN}根据《中华人民共和国政府信息公开条例》编制本报告。" + PREAMBLE)
    assert found.organ == ORGAN


def test_a_short_name_is_no_conflict() -> None:
    found, findings = head(
        TITLE, PREAMBLE, body=("县农业农村局认真落实各项要求。",), end=("县农业农村局", "2024年1月5日")
    )
    assert found.organ == ORGAN and not findings


def test_organ_conflict() -> None:
    found, findings = head(TITLE, PREAMBLE, end=("梧桥县水利局", "2024年1月5日"))
    assert found.organ == ORGAN
    assert [(f.rule, f.printed) for f in findings] == [("organ_conflict", "梧桥县水利局")]
    assert found.organ_confidence < head(TITLE, PREAMBLE)[0].organ_confidence


def test_stale_period() -> None:
    found, findings = head(TITLE, PREAMBLE.replace("2023", "2022"))
    assert found.year == 2023
    assert "period_conflict" in {f.rule for f in findings}
    assert found.year_confidence < head(TITLE, PREAMBLE)[0].year_confidence


def test_stale_text() -> None:
    stale = "2022年，我局认真落实要求。2022年更新信息30条。截至2022年底，办结全部事项。"
    found, findings = head(TITLE, PREAMBLE, body=(stale,))
    assert found.year == 2023
    assert [f.rule for f in findings] == ["year_conflict"]


def test_another_year_once_is_no_conflict() -> None:
    _, findings = head(TITLE, PREAMBLE, body=("收到申请3件，较2022年减少1件。",))
    assert not findings


def test_metadata_then_filename() -> None:
    found, _ = head("各项工作报告如下。", meta={"html_title": f"{TITLE}_梧桥县人民政府门户网站"})
    assert (found.organ, found.year, found.title) == (ORGAN, 2023, TITLE)
    found, _ = head("各项工作报告如下。", filename=f"{TITLE}.pdf")
    assert (found.organ, found.year) == (ORGAN, 2023) and found.organ_confidence < 0.8


def test_nothing_is_known() -> None:
    found, findings = head("各项工作报告如下。")
    assert (found.organ, found.year, found.organ_confidence, found.year_confidence) == (None, None, 0.0, 0.0)
    assert not findings


@pytest.mark.parametrize(
    "text",
    [
        "统计期限为2023年1月1日至12月31日。",
        "统计时间：2023年1月1日－2023年12月31日",
        "数据的统计期限从2023年1月1日开始，到12月31日截止。",
        "统计周期自2023年1月1日起至2023年12月31止",
        "起止时间为1月1日至12月31日",
        "统计期限为 2023 年 1 月 1 日—12 月 31 日",
        "统计期限20231月1日至202312月31日",
        "统计期限为202311日至20231231日",
        "统计时限2023年1月1日至202320年12月31日",
    ],
)
def test_periods(text: str) -> None:
    assert find_period(text, 2023) == ("2023-01-01", "2023-12-31")


@pytest.mark.parametrize(
    "text", ["2023年5月1日至5月3日放假。", "统计期限为2023年13月1日至72月81日。", "全年平稳。"]
)
def test_no_periods(text: str) -> None:
    assert find_period(text, 2023) is None


def test_own_name_in_prose() -> None:
    own = own_pattern(ORGAN)
    assert own is not None
    assert own.sub("本机关", "县农业农村局办理，梧桥县农业农村局答复") == "本机关办理，本机关答复"
    assert other_organs("县司法局办理行政复议", ORGAN)
    assert not other_organs("向县司法局申请行政复议", ORGAN)
    assert other_organs("县政府收到申请", ORGAN) and not other_organs("县政府收到申请", "梧桥县人民政府")


def test_a_list_of_other_organs_reports_tells_no_year() -> None:
    """The site's list stands above a text without a title."""
    found, _ = head(
        "枫泾州水利局2021年政府信息公开工作年度报告", "枫泾州水利局2022年政府信息公开工作年度报告",
        f"根据规定，由{ORGAN}编制2023年度政府信息公开工作年度报告。{PREAMBLE}", body=("各项工作平稳。",),
    )  # fmt: skip
    assert (found.organ, found.year) == (ORGAN, 2023)


@pytest.mark.parametrize("organ", ["梧桥县城市管理综合行政执法局", "中共梧桥县委机构编制委员会办公室"])
def test_names_that_hold_a_verb_of_the_preamble(organ: str) -> None:
    found, _ = head(f"根据规定，由{organ}编制2023年度政府信息公开工作年度报告。{PREAMBLE}")
    assert found.organ == organ


DOUBLE = "枫泾州民族宗教事务委员会（宗教事务局）"


@pytest.mark.parametrize(
    ("lines", "end", "meta", "organ"),
    [
        ((DOUBLE, "2023年政府信息公开工作年度报告", PREAMBLE), (), {}, DOUBLE),
        ((f"本报告由{DOUBLE}按照要求编制。{PREAMBLE}",), (), {}, DOUBLE),
        ((PREAMBLE,), (DOUBLE, "2024年1月20日"), {}, DOUBLE),
        ((f"【{TITLE}】", PREAMBLE), (), {}, ORGAN),
        ((PREAMBLE,), (), {"html_title": f"2023年政府信息公开工作年度报告 - {ORGAN}"}, ORGAN),
        ((PREAMBLE,), ("梧桥县档案馆", "2024年1月20日"), {}, "梧桥县档案馆"),
    ],
    ids=["double in title", "double in preamble", "double signed", "brackets", "site's title", "archive"],
)
def test_names_in_unusual_dress(lines, end, meta, organ) -> None:
    found, _ = head(*lines, end=end, meta=meta)
    assert (found.organ, found.year) == (organ, 2023)


def test_a_menu_beside_a_title_with_gaps_in_it() -> None:
    """Of the ends of a line that all look like the title, the longest that the text knows."""
    organ = "淞堤区白鹭滩镇人民政府"
    lines = ["办事服务 淞堤区 白 鹭滩镇人民政府2023年政府信息公开工作年度报告", f"根据规定，{organ}编制了本报告。{PREAMBLE}"]
    found, _ = head(*lines)
    assert (found.organ, found.year) == (organ, 2023)
