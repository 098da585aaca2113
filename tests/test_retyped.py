"""Tables as offices retype them: group labels on rows of their own, spans lost, headers left equal, columns gone."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from extractor.forms.load import edition
from extractor.forms.model import TableSpec
from extractor.inputs.registry import make_source
from extractor.pipeline import extract
from extractor.settings import Options
from extractor.types import Report

HEADS = ("商业企业", "科研机构", "社会公益组织", "法律服务机构", "其他")
Row = list[str]


def table_three(form: str = "2021") -> TableSpec:
    return edition(form).table(3)


def figures(table: TableSpec) -> dict[str, list[str]]:
    """Seven figures a row, no two rows alike; the sums do not hold, so that none can help."""
    rows = [r for b in table.blocks for r in b.rows]
    return {r.id: [str(100 * i + k) for k in range(1, 8)] for i, r in enumerate(rows, 1)}


def labelled(table: TableSpec, group_rows: bool) -> list[Row]:
    """The rows with one label column; the groups' labels on rows of their own, or gone."""
    values, out, last = figures(table), [], ("",)
    for row in (r for b in table.blocks for r in b.rows):
        for depth, group in enumerate(row.path[:-1]):
            if group_rows and (len(last) <= depth or last[depth] != group):
                out.append([group, *[""] * 7])
        out.append([row.path[-1], *values[row.id]])
        last = row.path
    return out


def dump(rows: Sequence[Row]) -> str:
    return "".join("".join(f"\t{cell}\n" for cell in row) + "\n" for row in rows)


def tabbed(rows: Sequence[Row]) -> str:
    return "".join("\t".join(row) + "\n" for row in rows) + "\n"


def read(text: str) -> Report:
    return extract(make_source([("a.txt", text.encode())]), Options(narrative=False))


def wrong(report: Report, table: TableSpec) -> dict[str, bool]:
    """Fields of table three that are not as printed, and whether a person is asked to look."""
    got = {f.id: f for f in report.fields}
    out = {}
    for row, cells in figures(table).items():
        for column, text in zip(table.blocks[0].columns, cells, strict=True):
            name = table.field_id(row, column.id)
            if name not in got or str(got[name].value) != text:
                out[name] = name in got and got[name].needs_review
    return out


FLAT = [["项目", "自然人", *HEADS, "总计"]]
LOST = [["项目", "申请人情况"], ["自然人", "法人或其他组织", "总计"], list(HEADS)]


@pytest.mark.parametrize("form", ["2021", "2019"])
@pytest.mark.parametrize("write", [dump, tabbed])
def test_group_labels_on_rows_of_their_own(form: str, write) -> None:
    """（六）其他处理 is a group of one edition and a row of the other: what stands under it tells."""
    table = table_three(form)
    report = read("三、收到和处理政府信息公开申请情况\n" + write(FLAT + labelled(table, True)))
    assert report.tables["3"] == form
    assert not wrong(report, table)


@pytest.mark.parametrize("write", [dump, tabbed])
def test_headers_whose_spans_are_lost(write) -> None:
    table = table_three()
    report = read("三、收到和处理政府信息公开申请情况\n" + write(LOST + labelled(table, False)))
    assert not wrong(report, table)
    assert not [f.id for f in report.fields if f.id.startswith("applications.") and "weak_header" in f.reasons]


def test_a_row_in_which_a_column_is_missing_is_asked_about_whole() -> None:
    """A header of five over seven figures: which five is a guess, and every figure may have slid."""
    table = table_three()
    rows = [["项目", *HEADS], *labelled(table, False)]
    found = wrong(read("三、收到和处理政府信息公开申请情况\n" + tabbed(rows)), table)
    assert all(found.values()), [name for name, asked in found.items() if not asked]


def html(rows: Sequence[Row]) -> bytes:
    banner = '<td colspan="4">{}</td>'
    cells = [banner.format(r[0]) if not any(r[1:]) else "".join(f"<td>{c}</td>" for c in r) for r in rows]
    body = "".join(f"<tr>{c}</tr>" for c in cells)
    return f"<h2>二、主动公开政府信息情况</h2><table>{body}</table>".encode()


OLD = [
    ["第二十条第（一）项", "", "", ""], ["信息内容", "本年新", "本年新", "对外公开总数量"],
    ["规章", "1", "2", "3"], ["规范性文件", "4", "5", "6"],
    ["第二十条第（五）项", "", "", ""], ["信息内容", "上一年项目数量", "本年增/减", "处理决定数量"],
    ["行政许可", "7", "+1", "8"], ["其他对外管理服务事项", "9", "0", "10"],
    ["第二十条第（六）项", "", "", ""], ["信息内容", "上一年项目数量", "本年增/减", "处理决定数量"],
    ["行政处罚", "11", "0", "12"], ["行政强制", "13", "0", "14"],
    ["第二十条第（八）项", "", "", ""], ["信息内容", "上一年项目数量", "本年增/减", ""],
    ["行政事业性收费", "15", "0", ""],
    ["第二十条第（九）项", "", "", ""], ["信息内容", "采购项目数量", "采购总金额", ""],
    ["政府集中采购", "16", "170000", ""],
]  # fmt: skip


def test_headers_that_a_converter_left_equal_are_told_by_their_order() -> None:
    report = extract(make_source([("a.html", html(OLD))]), Options(narrative=False))
    got = {f.id: f for f in report.fields}
    for name, value in (("rules.made", 1), ("rules.disclosed", 2), ("normative_documents.made", 4),
                        ("normative_documents.disclosed", 5)):  # fmt: skip
        field = got[f"proactive.{name}"]
        assert (field.value, field.needs_review) == (value, False), (name, field.reasons)


def test_equal_headers_over_fewer_columns_are_asked_about() -> None:
    """With a column gone the order no longer tells which of the two is left."""
    rows = [[c for k, c in enumerate(row) if k != 2] if i < 4 else row for i, row in enumerate(OLD)]
    report = extract(make_source([("a.html", html(rows))]), Options(narrative=False))
    got = {f.id: f for f in report.fields}
    for name in ("rules.made", "rules.disclosed"):
        field = got[f"proactive.{name}"]
        assert field.needs_review or (field.value == 1 and name == "rules.made"), (name, field)


def test_a_row_whose_label_stands_outside_the_tables_is_asked_about() -> None:
    """A blank cell lost with its column of spaces leaves the label alone on its line."""
    heads = ["信息内容", "本年制发件数", "本年废止件数", "现行有效件数"]
    first = [heads, ["规章", "1", "2", "3"], ["行政规范性文件", "4", "5", "6"]]
    text = "二、主动公开政府信息情况\n第二十条第（一）项\n" + tabbed(first) + "第二十条第（五）项\n"
    text += tabbed([["信息内容", "本年处理决定数量"], ["行政许可", "86"]]) + "第二十条第（六）项\n"
    text += tabbed([["信息内容", "本年处理决定数量"], ["行政处罚", "687"]]) + "行政强制\n第二十条第（八）项\n"
    text += tabbed([["信息内容", "本年收费金额"], ["行政事业性收费", "5.46"]])
    report = read(text + "三、收到和处理政府信息公开申请情况\n" + tabbed(FLAT + labelled(table_three(), False)))
    lost = next(f for f in report.fields if f.id == "proactive.coercion.decisions")
    assert lost.state == "missing" and "rows_unaccounted" in lost.reasons and lost.needs_review


EMPTY = [[row[0], *[""] * 7] for row in labelled(table_three(), False)]


@pytest.mark.parametrize("title", ["关于印发年度报告格式的通知", "梧桥县水利局2023年政府信息公开工作年度报告"])
def test_the_form_itself_is_no_report(title: str) -> None:
    """Tables without a single figure: a report only where a title says whose."""
    body = "".join("<tr>" + "".join(f"<td>{c}</td>" for c in row) + "</tr>" for row in [*FLAT, *EMPTY])
    page = f"<h1>{title}</h1><h2>三、收到和处理政府信息公开申请情况</h2><table>{body}</table>"
    report = extract(make_source([("a.html", page.encode())]), Options(narrative=False))
    assert (report.error is None) == ("水利局" in title)
    assert report.error is None or report.error.code == "not_a_report"
