"""The statutory form as data: the shipped editions, what breaks a form file, and a form nobody has seen."""

from __future__ import annotations

import csv
import io
import shutil
from pathlib import Path

import pytest

from extractor.errors import FormError
from extractor.forms.load import FORMS_DIR, check, edition, load, parse
from extractor.inputs.registry import make_source
from extractor.pipeline import extract
from extractor.settings import Options
from samples.maker.document import Document, Text
from samples.maker.grids import Cell, Grid
from tests.drawing import page_of, pdf

FILES = sorted(FORMS_DIR.glob("*.toml"))


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_shipped_editions_follow_the_schema(path):
    check(path)


@pytest.mark.parametrize(("name", "fields", "identities"), [("2021", 200, 42), ("2019", 198, 40)])
def test_fields_and_identities(name, fields, identities):
    form = edition(name)
    assert len(form.fields) == len({f.id for f in form.fields}) == fields
    assert sum(len(t.identities) for t in form.tables) == identities
    assert len(form.sections) == 6


@pytest.mark.parametrize("name", ["2021", "2019"])
def test_identities_speak_of_fields_of_their_table_and_say_it_in_words(name):
    for table in edition(name).tables:
        ids = {f.id for f in table.fields}
        for i in table.identities:
            assert set(i.fields) <= ids
            assert not set(i.parts) & set(i.equals)
            words = i.message.format(row=i.row, column=i.column, computed=1, printed=2)
            assert "1" in words and "2" in words and "{" not in words


def test_every_figure_of_the_long_table_stands_in_a_sum():
    table = edition("2021").table(3)
    summed = {i for identity in table.identities for i in identity.fields}
    assert {f.id for f in table.fields} == summed


def test_newest_edition_first_and_unknown_ones_refused():
    assert [f.first_year for f in load()] == sorted((f.first_year for f in load()), reverse=True)
    with pytest.raises(FormError):
        edition("1949")


# ---------------------------------------------------------------- broken files

GOOD = (FORMS_DIR / "2021.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('edition = "2021"', "edition = "),
        ('edition = "2021"\n', ""),
        ("first_year = 2021", 'first_year = "soon"'),
        ("first_year = 2021", "first_year = 2021\ninvented = 1"),
        ('{ id = "rules", path = ["规章"] },', '{ id = "rules" },'),
        ('{ id = "rules", path = ["规章"] },', '{ id = "规章", path = ["规章"] },'),
        ('{ id = "rules", path = ["规章"] },', '{ id = "normative_documents", path = ["规章"] },'),
        ('across = "columns"', 'across = "diagonally"'),
        ('equals = ["total"]', 'equals = ["grand_total"]'),
        ('type = "decimal"', 'type = "float"'),
        ("[[tables.blocks]]", "[[tables.bricks]]"),
    ],
)
def test_a_broken_form_file_says_so(tmp_path: Path, old: str, new: str):
    assert old in GOOD
    path = tmp_path / "2021.toml"
    path.write_text(GOOD.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(FormError) as caught:
        check(path)
    assert "2021.toml" in caught.value.detail
    assert caught.value.failure().code == "bad_form"


def test_a_file_that_is_no_toml_at_all():
    with pytest.raises(FormError):
        parse("〔2021〕30号", "notice.toml")


def test_an_empty_folder_holds_no_forms(tmp_path: Path):
    with pytest.raises(FormError):
        load(tmp_path)


# ---------------------------------------------------------------- a form that nobody has seen

THIRD = """
edition = "2031"
notice = "试验函〔2031〕1号"
title = "水文测站工作年度报告"
first_year = 2031

[[sections]]
number = 1
title = "总体情况"

[[sections]]
number = 2
title = "测站运行情况"

[[tables]]
number = 1
section = 2
title = "测站运行情况"
id = "stations"
unit = "座"

[[tables.blocks]]
corner = "测站类别"
columns = [
  { id = "rivers", path = ["断面位置", "干流河道"] },
  { id = "lakes", path = ["断面位置", "湖泊水库"] },
  { id = "total", path = ["合计"] },
]
rows = [
  { id = "manual", path = ["人工观测站"] },
  { id = "automatic.radar", path = ["自动观测站", "雷达水位计"] },
  { id = "automatic.pressure", path = ["自动观测站", "压力式水位计"] },
  { id = "all", path = ["测站总数"] },
]

[[tables.rules]]
name = "row_total"
across = "columns"
parts = ["rivers", "lakes"]
equals = ["total"]
message = "“{row}”一行之和为 {computed}，合计印为 {printed}"

[[tables.rules]]
name = "all_stations"
across = "rows"
parts = ["manual", "automatic.radar", "automatic.pressure"]
equals = ["all"]
message = "“{column}”一列之和为 {computed}，总数印为 {printed}"

[[tables]]
number = 2
section = 2
title = "经费情况"
id = "money"
unit = "万元"

[[tables.blocks]]
corner = "经费科目"
columns = [{ id = "amount", path = ["本年支出金额"], type = "decimal" }]
rows = [
  { id = "repair", path = ["设备检修费"] },
  { id = "salary", path = ["委托看护劳务费"] },
]
"""
STATIONS = (("12", "3", "15"), ("7", "0", "7"), ("", "4", "4"), ("19", "7", "27"))
MONEY = ("30.50", "/")


def _third_report() -> Document:
    stations = [
        Cell("测站类别", 0, 0, 2, 2, "head"),
        Cell("断面位置", 0, 2, 1, 2, "head"),
        Cell("合计", 0, 4, 2, 1, "head"),
    ]
    stations += [Cell("干流河道", 1, 2, role="head"), Cell("湖泊水库", 1, 3, role="head")]
    stations += [
        Cell("人工观测站", 2, 0, 1, 2), Cell("自动观测站", 3, 0, 2, 1, "group"), Cell("雷达水位计", 3, 1),
        Cell("压力式水位计", 4, 1), Cell("测站总数", 5, 0, 1, 2),
    ]  # fmt: skip
    stations += [
        Cell(t, 2 + r, 2 + c, role="value") for r, row in enumerate(STATIONS) for c, t in enumerate(row)
    ]
    money = [Cell("经费科目", 0, 0, role="head"), Cell("本年支出金额", 0, 1, role="head")]
    money += [Cell("设备检修费", 1, 0), Cell("委托看护劳务费", 2, 0)]
    money += [Cell(t, 1 + r, 1, role="value") for r, t in enumerate(MONEY)]
    return Document(
        [
            Text("岚溪流域水文中心2031年水文测站工作年度报告", "title"),
            Text("一、总体情况", "heading"),
            Text("本年度测站运行平稳。"),
            Text("二、测站运行情况", "heading"),
            Grid("1", tuple(stations), (0.2, 0.2, 0.2, 0.2, 0.2), 2),
            Grid("2", tuple(money), (0.6, 0.4), 1),
        ],
        "", "岚溪流域水文中心", "岚溪", 2031, frozenset(),
    )  # fmt: skip


def _docx(doc: Document) -> bytes:
    import docx

    book = docx.Document()
    for block in doc.blocks:
        if isinstance(block, Text):
            book.add_paragraph(block.text)
            continue
        table = book.add_table(block.n_rows, block.n_cols)
        table.style = "Table Grid"
        for c in block.cells:
            cell = table.cell(c.row, c.col)
            if c.rows * c.cols > 1:
                cell = cell.merge(table.cell(c.row + c.rows - 1, c.col + c.cols - 1))
            cell.text = c.text
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.fixture
def forms_dir(tmp_path: Path) -> Path:
    (tmp_path / "2031.toml").write_text(THIRD, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(("name", "make"), [("a.pdf", pdf), ("a.docx", _docx), ("a.html", page_of)])
@pytest.mark.parametrize("company", [False, True], ids=["alone", "beside the shipped forms"])
def test_a_third_form_needs_no_line_of_python(forms_dir: Path, name: str, make, company: bool):
    check(forms_dir / "2031.toml")
    if company:
        for path in FILES:
            shutil.copy(path, forms_dir)
    report = extract(make_source([(name, make(_third_report()))]), Options(forms_dir=forms_dir))
    assert report.error is None
    assert (report.form, report.tables) == ("2031", {"1": "2031", "2": "2031"})
    raw = {f.id: f.raw for f in report.fields}
    assert raw["stations.manual.total"] == "15"
    got = {f.id: (f.value, f.state) for f in report.fields}
    columns = ("rivers", "lakes", "total")
    for row, texts in zip(("manual", "automatic.radar", "automatic.pressure", "all"), STATIONS):
        for column, text in zip(columns, texts):
            want = (int(text), "printed") if text else (None, "blank")
            assert got[f"stations.{row}.{column}"] == want
    assert str(got["money.repair.amount"][0]) == "30.50"
    assert got["money.salary.amount"] == (None, "mark")
    failing = {f.rule: (f.computed, f.printed) for f in report.findings if f.severity == "error"}
    assert failing["row_total"] == (26, 27) and failing["all_stations"] == (26, 27)
    wrong = next(f for f in report.fields if f.id == "stations.all.total")
    assert (wrong.value, wrong.suggestion) == (27, 26)


def test_a_document_of_another_form_is_no_report_of_it(forms_dir: Path):
    report = extract(make_source([("a.pdf", pdf(_third_report()))]))
    assert report.error is not None and report.error.code == "not_a_report"


@pytest.mark.parametrize("name", ["2021", "2019"])
def test_every_field_says_where_it_stands(name):
    """The columns of the field list that users match their own tables with: nothing empty, no two alike."""
    out = io.StringIO()
    writer = csv.writer(out)
    for f in edition(name).fields:
        assert f.row and f.column and f.unit
        writer.writerow((f.table, f.row, f.column))
    lines = out.getvalue().splitlines()
    assert len(lines) == len(set(lines))
