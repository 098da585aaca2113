"""What prose says of the figures: restated, contradicted, or about something else."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from extractor.forms.load import edition
from extractor.language.statements import read_statements
from extractor.types import Head, Number, Section
from tests.made_report import DENIED, LITIGATION, ORGANISATIONS, UNAVAILABLE, A, M, P, figures, ids, told

# Sentence with its number in braces, and the fields that the number restates.
RESTATED: list[tuple[str, tuple[str, ...]]] = [
    ("全年共收到政府信息公开申请{46}件。", (A + "received.total",)),
    ("2023年，县水利局收到信息公开申请{46}宗，全部在法定期限内答复。", (A + "received.total",)),
    ("本年度新收到群众提出的政府信息公开申请{46}件。", (A + "received.total",)),
    ("年内接收公民、法人和其他组织递交的政府信息公开申请共计{46}件。", (A + "received.total",)),
    ("依申请公开工作稳步推进，我局新收申请{46}件。", (A + "received.total",)),
    ("受理的政府信息公开申请总数为{46}件，同比增加9件。", (A + "received.total",)),
    ("受理政府信息公开申请{50}件，其中上年结转4件。", (A + "received.total", A + "carried_in.total")),
    ("收到政府信息公开申请46件，其中自然人提出{38}件。", (A + "received.natural_person",)),
    ("新收申请46件，其中公民{38}件，企业5件。", (A + "received.natural_person",)),
    ("收到政府信息公开申请46件，法人或其他组织{8}件。", ORGANISATIONS),
    ("另有上一年度结转的申请{4}件。", (A + "carried_in.total",)),
    ("加上2022年结转{4}件，一并办理。", (A + "carried_in.total",)),
    ("全年办结政府信息公开申请{47}件。", (A + "processed_total.total",)),
    ("已按期答复申请人{47}件。", (A + "processed_total.total",)),
    ("剩余{3}件结转下一年度办理。", (A + "carried_out.total",)),
    ("截至年底，结转2024年继续办理的申请{3}件。", (A + "carried_out.total",)),
    ("在已答复的申请中，予以公开{21}件。", (A + "granted.total",)),
    ("有{6}件申请作了部分公开处理。", (A + "partial.total",)),
    ("予以公开和部分公开共{27}件。", (A + "granted.total", A + "partial.total")),
    ("办理结果为：不予公开{6}件。", DENIED),
    ("因不掌握相关政府信息等原因无法提供的{9}件。", UNAVAILABLE),
    ("本机关不掌握相关政府信息的{7}件。", (A + "unavailable.not_held.total",)),
    ("答复结果中，重复申请{2}件。", (A + "not_processed.repeated.total",)),
    ("因政府信息公开引发行政复议{5}件。", (M + "reconsideration.total",)),
    ("因政府信息公开引发行政复议5件，其中维持{2}件。", (M + "reconsideration.upheld",)),
    ("因政府信息公开被提起行政诉讼{3}件。", LITIGATION),
    ("政府信息公开类行政诉讼中，未经复议直接向法院起诉{2}件。", (M + "litigation_direct.total",)),
    ("经行政复议后又提起诉讼的信息公开案件{1}件。", (M + "litigation_after_reconsideration.total",)),
    ("政府信息公开行政复议、行政诉讼案件共{8}件。", (M + "reconsideration.total", *LITIGATION)),
    ("制定行政规范性文件{14}件。", (P + "normative_documents.issued",)),
    ("清理后废止行政规范性文件{9}件。", (P + "normative_documents.repealed",)),
    ("对{9}件行政规范性文件予以废止。", (P + "normative_documents.repealed",)),
    ("截至2023年12月底，现行有效行政规范性文件{133}件。", (P + "normative_documents.in_force",)),
    ("集中公开{12}部现行有效规章。", (P + "rules.in_force",)),
    ("全年作出行政许可决定{25310}件。", (P + "licensing.decisions",)),
    ("依法作出行政处罚决定{842}件。", (P + "penalties.decisions",)),
    ("实施行政强制措施{77}起。", (P + "coercion.decisions",)),
    ("行政许可处理决定数量{25310}件，行政处罚处理决定数量842件。", (P + "licensing.decisions",)),
    ("全年收取行政事业性收费{318.46}万元。", (P + "fees.amount",)),
    ("共登记办理政府信息公开申请事项{46}件。", (A + "received.total",)),
    ("申请人通过信函、网络等渠道提交政府信息公开申请{46}件。", (A + "received.total",)),
    ("共有{46}件政府信息公开申请。", (A + "received.total",)),
    ("依申请公开方面，收到申请{46}件，办结率100%。", (A + "received.total",)),
    ("承接上年度结转申请{4}件。", (A + "carried_in.total",)),
    ("{3}件因未到答复期限结转至下一年度。", (A + "carried_out.total",)),
    ("另{3}件将于下年度继续办理。", (A + "carried_out.total",)),
    ("作出予以公开决定{21}件，占44.7%。", (A + "granted.total",)),
    ("予以公开（含部分公开）的{27}件。", (A + "granted.total", A + "partial.total")),
    ("全部或部分公开两类合计{27}件。", (A + "granted.total", A + "partial.total")),
    ("因没有现成信息需要另行制作而无法提供的{2}件。", (A + "unavailable.requires_creation.total",)),
    ("发生信息公开类行政诉讼{3}起。", LITIGATION),
    ("被申请行政复议{5}件。", (M + "reconsideration.total",)),
    ("新出台行政规范性文件{14}件，全部公开。", (P + "normative_documents.issued",)),
    ("经清理，继续有效行政规范性文件{133}件，修改2件。", (P + "normative_documents.in_force",)),
]


@pytest.mark.parametrize(("sentence", "fields"), RESTATED, ids=[s for s, _ in RESTATED])
def test_agreeing(sentence: str, fields: tuple[str, ...]) -> None:
    number = re.search(r"\{([\d.]+)\}", sentence)
    assert number is not None
    statements, findings = told(sentence.replace("{", "").replace("}", ""))
    found = {ids(s): s for s in statements}
    assert fields in found, [ids(s) for s in statements]
    assert found[fields].quantity == Decimal(number[1])
    assert all(s.agrees for s in statements)
    assert not findings


@pytest.mark.parametrize(("sentence", "fields"), RESTATED, ids=[s for s, _ in RESTATED])
def test_contradicting(sentence: str, fields: tuple[str, ...]) -> None:
    """The same sentences with another number: told as contradictions, with the printed figure."""
    wrong = re.sub(r"\{([\d.]+)\}", lambda m: str(Decimal(m[1]) + 613), sentence)
    statements, findings = told(wrong)
    said = [s for s in statements if not s.agrees]
    assert [ids(s) for s in said] == [fields]
    assert [f.fields for f in findings] == [fields]
    assert findings[0].rule.startswith("narrative_") and findings[0].severity == "warning"
    assert findings[0].printed == said[0].printed and findings[0].computed == said[0].quantity


NOT_FIELDS = [
    "全年通过门户网站发布信息46条。",
    "收到网民来信613件，办结609件。",
    "办理12345热线工单5613件。",
    "较上年减少613件。",
    "比2022年新收申请增加613件。",
    "2022年收到政府信息公开申请613件。",
    "2021年，我局受理信息公开申请613件，办结609件。",
    "上半年收到政府信息公开申请613件。",
    "条例修订以来累计收到政府信息公开申请613件。",
    "全县各级行政机关共收到政府信息公开申请613件，办结609件。",
    "县司法局全年办理行政复议613件。",
    "指导各乡镇办理政府信息公开申请613件。",
    "制发公文613件，其中主动公开500件，依申请公开13件，不予公开100件。",
    "公开行政处罚信息613条。",
    "集中公示行政许可613件。",
    "梳理行政许可613项、行政处罚714项。",
    "受理企业办理施工许可申请613件。",
    "受理行政许可申请613件。",
    "政府信息公开申请办理培训6次。",
    "接听政府信息公开申请咨询电话613次。",
    "宣布失效行政规范性文件613件。",
    "参与起草规章613件。",
    "报送行政规范性文件备案613件。",
    "通过网络收到政府信息公开申请613件。",
    "涉及征地拆迁的政府信息公开申请613件。",
    "办结率为100%，答复申请平均用时6个工作日。",
    "第613号政府信息公开申请已答复。",
    "未发生超期答复情形。",
    "未发生因信息公开被追责的情况。",
    "没有未办结的信访件。",
    "按照〔2023〕613号文件要求办理政府信息公开申请。",
    "近三年共收到政府信息公开申请613件。",
    "1至6月收到政府信息公开申请20件。",
    "2023年上半年，新收申请20件。",
    "计划制定行政规范性文件613件。",
    "作为复议机关，办理政府信息公开行政复议案件613件。",
    "减免行政事业性收费613万元。",
    "不予行政许可613件。",
    "撤销行政许可613件。",
    "涉企行政处罚613件。",
    "收到企业提出的政府信息公开申请613件。",
    "延长答复期限的申请613件。",
    "对613件申请延长了答复期限。",
    "因对答复不服引发行政复议5件，其中对依申请公开答复不服的613件。",
    "妥善处理群众诉求，办结613件。",
    "有效办理各类事项613件。",
    "教育系统收到政府信息公开申请613件。",
    "全县教育系统新收申请613件。",
    "县政府共收到政府信息公开申请613件。",
    "县政府办公室收到政府信息公开申请613件。",
    "提请县政府制定规章613件。",
    "转发上级规范性文件613件。",
    "收到政府信息公开申请46件，其中涉及土地征收的613件。",
    "补正613件。",
    "出具补正告知书613份。",
    "撤回申请613件。",
    "申请人主动撤回613件。",
    "征求第三方意见613件次。",
    "信息不存在613件。",
    "作出信息不存在答复613件。",
    "告知向其他机关申请613件。",
    "非本机关职责613件。",
    "已主动公开613件，告知获取方式。",
    "行政应诉案件613件，其中政府信息公开类2件。",
    "行政复议纠错率613。",
    "审查各单位依申请公开答复书613份。",
    "公开行政许可和行政处罚613件。",
    "双公示归集行政许可信息613条、行政处罚信息714条。",
    "开展行政处罚案卷评查613件。",
    "立案613件。",
    "移送行政处罚案件613件。",
    "行政处罚听证613件。",
    "新增主动公开规范性文件解读613件。",
    "公开规范性文件613件。",
    "政策性文件613件。",
    "制发各类文件613件，不予公开的613件。",
    "转办信访件613件，答复613件。",
    "回复网民留言613条，办结613条。",
    "收到建议613件，答复613件。",
    "依申请公开咨询613件。",
    "通过邮箱收到的申请613件。",
    "网上受理613件。",
    "收到线上申请613件。",
    "每年受理申请613件左右。",
    "平均每月收到申请613件。",
    "截至2022年底，现行有效行政规范性文件613件。",
    "十四五以来制定行政规范性文件613件。",
    "清理行政规范性文件613件。",
    "修订行政规范性文件613件。",
    "拟废止行政规范性文件613件。",
    "失效行政规范性文件613件。",
    "废止或失效行政规范性文件613件。",
    "结转613件。",
    "收到的申请中，613件内容重复。",
    "累计公开政府信息613件。",
    "答复率100%，提前办结613件。",
    "县法院审结行政诉讼613件。",
    "行政处罚决定公开613件。",
    "全文公开文件613件。",
    "部分公开文件613件。",
    "予以公开公文613件。",
]  # fmt: skip


@pytest.mark.parametrize("sentence", NOT_FIELDS)
def test_look_alikes(sentence: str) -> None:
    """Counts of other things, other years, other organs are no statements that contradict."""
    for heading in ("（二）依申请公开。", "（一）主动公开。"):
        statements, findings = told(sentence, heading=heading)
        assert not [s for s in statements if not s.agrees], statements
        assert not findings


def none_said() -> list[tuple[str, tuple[str, ...]]]:
    return [
        ("本年度未收到政府信息公开申请。", (A + "received.total",)),
        ("2023年，我局没有收到公民、法人和其他组织提出的政府信息公开申请。", (A + "received.total",)),
        ("全年无政府信息公开申请。", (A + "received.total",)),
        ("无上年结转申请。", (A + "carried_in.total",)),
        ("没有结转下年度继续办理的申请。", (A + "carried_out.total",)),
        ("全年未发生政府信息公开行政复议、行政诉讼案件。", (M + "reconsideration.total",)),
        ("未因政府信息公开被提起行政诉讼。", (M + "litigation_direct.total",)),
        ("本年度没有制定行政规范性文件。", (P + "normative_documents.issued",)),
        ("未作出行政强制决定。", (P + "coercion.decisions",)),
    ]


@pytest.mark.parametrize(("sentence", "fields"), none_said(), ids=[s for s, _ in none_said()])
def test_none(sentence: str, fields: tuple[str, ...]) -> None:
    nothing: dict[str, Number | None] = dict.fromkeys(figures(), 0)
    statements, findings = told(sentence, nothing)
    assert fields in [ids(s) for s in statements]
    assert all(s.agrees and s.quantity == 0 for s in statements) and not findings
    statements, findings = told(sentence)
    assert fields in [ids(s) for s in statements if not s.agrees]
    assert {f.rule for f in findings} == {"none_contradicted"}


def test_enumeration_in_brackets() -> None:
    statements, _ = told("被申请政府信息公开行政复议5件（维持2件，纠正1件，其他结果0件，尚未审结2件）。")
    want = {M + f"reconsideration.{c}" for c in ("total", "upheld", "corrected", "other", "pending")}
    assert {s.field for s in statements} == want and all(s.agrees for s in statements)


def test_all_of_one_kind() -> None:
    values = figures(remedies__reconsideration__upheld=5, remedies__reconsideration__corrected=0,
                     remedies__reconsideration__pending=0)  # fmt: skip
    statements, findings = told("因政府信息公开引起的行政复议5件，均结果维持。", values)
    assert (M + "reconsideration.upheld", 5, True) in [(s.field, s.quantity, s.agrees) for s in statements]
    _, findings = told("因政府信息公开引起的行政复议5件，均结果维持。")
    assert [f.fields for f in findings] == [(M + "reconsideration.upheld",)]


def test_one_by_one() -> None:
    statements, _ = told("收到政府信息公开申请46件，自然人、企业、科研机构申请分别为38件、5件和1件。")
    got = {s.field: s.quantity for s in statements}
    assert got[A + "received.natural_person"] == 38
    assert got[A + "received.enterprise"] == 5
    assert got[A + "received.research"] == 1


def test_flow_of_a_year() -> None:
    statements, findings = told("新收申请46件，加上上年结转的4件，共50件；已办结47件，其余3件结转下年度。")
    got = {ids(s): s.quantity for s in statements}
    assert got[(A + "received.total",)] == 46 and got[(A + "carried_in.total",)] == 4
    assert got[(A + "received.total", A + "carried_in.total")] == 50
    assert got[(A + "processed_total.total",)] == 47 and got[(A + "carried_out.total",)] == 3
    assert not findings


def test_accepted_may_include_what_was_carried_in() -> None:
    statements, findings = told("全年受理政府信息公开申请50件。")
    assert [ids(s) for s in statements] == [(A + "received.total", A + "carried_in.total")]
    assert statements[0].agrees and not findings
    statements, _ = told("全年受理政府信息公开申请49件。")
    assert [(s.field, s.agrees) for s in statements] == [(A + "received.total", False)]


def test_handled_without_what_was_carried_in_is_no_contradiction() -> None:
    """47 handled in all, 43 of the new ones: the table's figure is another, not a wrong one."""
    statements, findings = told("新收申请46件，已办结43件。")
    assert all(s.agrees for s in statements) and not findings


def test_rounding() -> None:
    assert told("作出行政许可决定2.5万件。")[0][0].approximate
    assert told("作出行政许可决定2.5万余件。")[0][0].agrees
    assert told("作出行政处罚决定八百余件。")[0][0].agrees
    assert [s.agrees for s in told("作出行政许可决定3.8万余件。")[0]] == [False]
    # Cut off instead of rounded: nothing is said either way.
    assert told("作出行政许可决定2.54万件。")[0] == []


def test_written_numbers() -> None:
    assert told("实施行政强制七十七件。")[0][0].agrees
    assert told("作出行政许可决定２５，３１０件。")[0][0].agrees
    assert told("收到政府信息公开申请 4 6 件。")[0][0].agrees


def test_blank_counts_as_none() -> None:
    blank = dict.fromkeys((f.id for f in edition("2021").fields if f.table == 3), "blank")
    empty: dict[str, Number | None] = {i: None if i in blank else v for i, v in figures().items()}
    statements, findings = told("本年度未收到政府信息公开申请。", empty, blank)
    assert statements[0].agrees and not findings
    _, findings = told("收到政府信息公开申请46件。", empty, blank)
    assert len(findings) == 1


def test_an_empty_total_beside_figures_is_not_compared() -> None:
    values = figures() | {A + "received.total": None}
    statements, findings = told("收到政府信息公开申请46件。", values, {A + "received.total": "blank"})
    assert statements == [] and not findings


@pytest.mark.parametrize("state", ["missing", "illegible"])
def test_what_was_not_read_is_not_compared(state: str) -> None:
    values = figures() | {A + "received.total": None}
    statements, findings = told("收到政府信息公开申请46件。", values, {A + "received.total": state})
    assert statements == [] and not findings


def test_text_against_itself_is_left_alone() -> None:
    """One of two sentences agrees: the other speaks of something else, or the text errs, not the table."""
    statements, findings = told("收到政府信息公开申请46件。我局收到政府信息公开申请613件。")
    assert [s.agrees for s in statements] == [True] and not findings


def test_processing_fee_beyond_all_fees() -> None:
    section = Section(6, "六、其他需要报告的事项", "2023年收取政府信息公开信息处理费120元。", (5,))
    values = figures(proactive__fees__amount=0)
    states = dict.fromkeys(values, "printed")
    head = Head(organ="柳汀县水利局", year=2023)
    _, findings = read_statements([section], edition("2021").tables, values, blanks=states, head=head)
    assert [f.rule for f in findings] == ["narrative_fee"]
    values = figures()
    _, findings = read_statements([section], edition("2021").tables, values, blanks=states, head=head)
    assert not findings


def test_fees_in_other_units() -> None:
    assert told("全年收取行政事业性收费3184600元。")[0][0].agrees
    assert told("行政事业性收费0.031846亿元。")[0][0].agrees
    in_yuan = figures(proactive__fees__amount=Decimal(3184600))
    assert told("全年收取行政事业性收费318.46万元。", in_yuan)[0][0].agrees


def test_an_office_that_decides_reconsiderations() -> None:
    """Cases before a justice bureau are not those of its own disclosures."""
    statements, findings = told(
        "全年办理行政复议案件613件，审结600件。", heading="（五）依法行政。", organ="柳汀县司法局"
    )
    assert not statements and not findings


def test_edition_without_the_figure() -> None:
    form = edition("2019")
    values: dict[str, Number | None] = {f.id: 7 for f in form.fields}
    section = Section(1, "一、总体情况", "现行有效行政规范性文件9件。规范性文件对外公开总数8件。", (1,))
    head = Head(organ="柳汀县水利局", year=2020)
    states = dict.fromkeys(values, "printed")
    sections, _ = read_statements([section], form.tables, values, blanks=states, head=head)
    assert [(s.field, s.agrees) for s in sections[0].statements] == [
        ("proactive.normative_documents.disclosed_total", False)
    ]


def test_a_line_that_runs_off_the_page_contradicts_nothing() -> None:
    statements, findings = told("被申请政府信息公开行政复议5件（维持⋯0件，尚未审结613件）。")
    assert all(s.agrees for s in statements) and not findings


def test_evidence_is_the_sentence_as_printed() -> None:
    statements, _ = told("工作有序。2023年， 收到政府信息公开申请 46 件。其他事项照旧。")
    assert statements[0].text == "2023年， 收到政府信息公开申请 46 件。"
    assert statements[0].page == 1 and statements[0].printed == 46
