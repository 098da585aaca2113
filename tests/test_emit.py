"""Outputs: JSON that comes back whole, CSV and XLSX without formulas, the form laid out from its data."""

from __future__ import annotations

import csv as csvlib
import io
import json as jsonlib
import re
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.emit import csv, json, table, words, xlsx
from extractor.emit.boxes import Box, draw, wrap
from extractor.emit.layout import lay_out
from extractor.errors import TooLarge
from extractor.forms.load import load
from extractor.inputs.text_tables import width
from extractor.types import (
    Cell,
    Failure,
    FieldValue,
    Finding,
    Head,
    Placement,
    Reading,
    Report,
    Section,
    Statement,
)

FORMS = load()
FORM = next(f for f in FORMS if f.edition == "2021")
ROW = "applications.received"
SUM = (f"{ROW}.natural_person", f"{ROW}.total")


def field(field_id: str, value=0, **changes) -> FieldValue:
    cell = Cell(1, 2, 1, 1, str(value), page=3, box=(10.0, 20.0, 30.5, 40.25))
    place = Placement(field_id, cell, None, 0.98, 0.4, 0.9, 0.5, label="行", head="列")
    made = FieldValue(
        field_id, value, str(value), "printed", place, (Reading(str(value), "pdfium", 1.0),), 0.999, False, ()
    )
    return made.with_(**changes)


def report(**changes) -> Report:
    special = {
        f"{ROW}.natural_person": {"value": 41, "needs_review": True, "confidence": 0.62,
                                  "reasons": ("low_confidence", "suggested"), "suggestion": 42,
                                  "candidates": (("41", 0.6), ("42", 0.3))},
        "proactive.fees.amount": {"value": Decimal("12.50"), "raw": "12.50"},
        "proactive.rules.issued": {"value": None, "state": "blank", "raw": ""},
        "proactive.rules.repealed": {"value": None, "state": "mark", "raw": "—"},
        "proactive.rules.in_force": {"value": None, "state": "illegible", "raw": "日", "needs_review": True},
        "proactive.licensing.decisions": {"value": None, "state": "missing", "raw": None},
    }  # fmt: skip
    values = {
        "filename": "云溪县 报告.pdf", "sha256": "ab" * 32, "source": "pdf_text", "pages": 3, "form": "2021",
        "tables": {"2": "2021", "3": "2021", "4": "2021"},
        "head": Head("云溪县水务局", 2023, "云溪县水务局2023年报告", ("2023-01-01", "2023-12-31"), 0.9, 0.8),
        "fields": tuple(field(s.id, **special.get(s.id, {})) for s in FORM.fields),
        "findings": (
            Finding("row_total", "error", SUM, "一行之和为 42，总计印为 41", 41, 42, 3),
            Finding("unit_differs", "warning", ("proactive.fees.amount",), "单位", "125000", Decimal("12.5")),
        ),
        "sections": (Section(1, "一、总体情况", "全文", (1, 2), (
            Statement("受理42件", 42, "件", None, False, SUM, 41, 1),
            Statement("约3.5万", Decimal("3.5"), "万", SUM[0], True, approximate=True),
        )),),
        "page_sizes": ((595.32, 841.92),), "notes": ("encoding_doubtful",),
    }  # fmt: skip
    return Report(**{**values, **changes})


FAILED = Report("坏.pdf", "", None, 0, error=Failure("damaged", "文件已损坏。", "请重新导出。"))


# ---------------------------------------------------------------- JSON


def test_the_contract_s_keys_in_their_order():
    data = json.to_dict(report())
    assert list(data) == ["schema_version", "document", "report", "error", "fields", "findings", "sections"]
    assert list(data["document"])[:4] == ["sha256", "filename", "pages", "source"]
    assert list(data["report"])[:5] == ["form", "organ", "year", "title", "period"]
    keys = "id value raw state confidence needs_review reasons suggestion page bbox"
    assert list(data["fields"][0])[:10] == keys.split()
    assert list(data["findings"][0])[:6] == ["rule", "severity", "fields", "printed", "computed", "message"]
    assert list(data["sections"][0]) == ["number", "title", "text", "pages", "statements"]
    assert list(data["sections"][0]["statements"][0])[:5] == ["text", "quantity", "unit", "field", "agrees"]
    assert data["report"]["period"] == {"start": "2023-01-01", "end": "2023-12-31"} and data["error"] is None
    assert [f["id"] for f in data["fields"]] == [f.id for f in FORM.fields]


def test_numbers_keep_their_digits():
    by_id = {f["id"]: f for f in json.to_dict(report())["fields"]}
    assert by_id["proactive.fees.amount"]["value"] == "12.50"
    assert by_id[SUM[0]]["value"] == 41 and by_id[SUM[0]]["suggestion"] == 42
    assert json.number(Decimal("1E+3")) == "1000" and json.number(None) is None


def test_a_failure_says_what_is_wrong_and_what_to_do():
    data = json.to_dict(FAILED)
    assert data["report"]["form"] is None and data["fields"] == [] and data["document"]["source"] is None
    assert data["error"] == {"code": "damaged", "message": "文件已损坏。", "remedy": "请重新导出。"}
    assert json.from_dict(data) == FAILED


def test_both_ways_of_writing_hold_the_same():
    made = report(filename='引"号\n\udc80.pdf')
    line, many = json.dumps_line(made), json.dumps(made)
    assert line.count("\n") == 1 and many.count("\n") > 200
    assert jsonlib.loads(line) == jsonlib.loads(many) == json.to_dict(made)
    assert jsonlib.loads(json.dumps(FAILED)) == json.to_dict(FAILED)


def test_a_report_comes_back():
    made = report()
    back = json.from_dict(jsonlib.loads(json.dumps(made)))
    assert back.head == made.head and back.sections == made.sections and back.findings[0] == made.findings[0]
    assert (back.tables, back.page_sizes, back.notes) == (made.tables, made.page_sizes, made.notes)
    for was, now in zip(made.fields, back.fields, strict=True):
        assert (was.value, was.raw, was.state, was.reasons, was.suggestion, was.candidates, was.readings) == (
            now.value, now.raw, now.state, now.reasons, now.suggestion, now.candidates, now.readings,
        )  # fmt: skip
        assert (was.page, was.bbox, was.placement.row_score) == (now.page, now.bbox, now.placement.row_score)


text = st.text(max_size=12)
figure = st.none() | st.integers(-99, 10**9) | st.decimals(-9, 10**6, places=2)
share = st.floats(0, 1)
fields = st.builds(
    lambda i, v, raw, state, p, review, why, sug, page, cands: field(
        i, v, raw=raw, state=state, confidence=p, needs_review=review, reasons=tuple(why), suggestion=sug,
        placement=Placement(i, page and Cell(0, 0, 1, 1, raw, page=page, box=(0.0, 1.5, 2.25, 3.0)), None, p),
        candidates=tuple(cands),
    ),
    text, figure, st.none() | text, st.sampled_from(list(words.STATES)), share, st.booleans(),
    st.lists(text, max_size=2), figure, st.none() | st.integers(1, 9),
    st.lists(st.tuples(text, share), max_size=2),
)  # fmt: skip


@given(st.lists(fields, max_size=3), st.none() | st.tuples(text, text), st.none() | text)
def test_whatever_is_written_is_read_back_to_the_same(made, period, organ):
    data = json.to_dict(report(fields=tuple(made), head=Head(organ, None, organ, period)))
    again = json.to_dict(json.from_dict(jsonlib.loads(jsonlib.dumps(data))))
    assert again == data


# ---------------------------------------------------------------- CSV


def table_of(data: str) -> list[dict[str, str]]:
    return list(csvlib.DictReader(io.StringIO(data, newline="")))


def test_a_row_a_field():
    rows = table_of(csv.header() + csv.dumps(report(), FORMS))
    assert len(rows) == 200 and [r["id"] for r in rows] == [f.id for f in FORM.fields]
    first = next(r for r in rows if r["id"] == SUM[0])
    assert (first["organ"], first["year"], first["table"]) == ("云溪县水务局", "2023", "3")
    assert first["row_label"] == "一、本年新收政府信息公开申请数量" and first["column_label"] == "自然人"
    assert (first["value"], first["state"], first["needs_review"]) == ("41", "printed", "true")
    assert (first["reasons"], first["suggestion"], first["page"]) == ("low_confidence suggested", "42", "3")
    by_id = {r["id"]: r for r in rows}
    assert by_id["proactive.fees.amount"]["value"] == "12.50"
    assert by_id["proactive.rules.repealed"]["raw"] == "—" and by_id["proactive.rules.issued"]["value"] == ""


def test_a_failed_document_is_a_row_too():
    (row,) = table_of(csv.header() + csv.dumps(FAILED, FORMS))
    assert row["error"] == "damaged" and "请重新导出" in row["message"] and row["id"] == ""


@pytest.mark.parametrize(
    "evil", ["=1+1", "+3", "-2+cmd|x", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "-", "'=1", "''@"]
)
def test_no_text_is_a_formula(evil):
    assert csv.guard(evil) == "'" + evil and csv.unguard(csv.guard(evil)) == evil


@pytest.mark.parametrize("tame", ["-3", "-12.50", "0", "3", "云溪县", "'quoted'", "1-2", "", "a=b"])
def test_plain_numbers_and_words_stay_as_they_are(tame):
    assert csv.guard(tame) == tame and csv.unguard(tame) == tame


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"], include_characters="\t\r\n'=+-@,\"")))
def test_csv_round_trip(value):
    guarded = csv.guard(value)
    assert csv.unguard(guarded) == value
    assert not re.match(r"[=+@\t\r\n]", guarded) and (
        guarded[:1] != "-" or re.fullmatch(r"-\d+(\.\d+)?", guarded)
    )
    made = report(fields=(field(SUM[0], raw=value),), head=Head(organ=value))
    (row,) = table_of(csv.header() + csv.dumps(made, FORMS))
    assert csv.unguard(row["raw"]) == value and csv.unguard(row["organ"]) == value


# ---------------------------------------------------------------- XLSX


def book_of(*reports: Report) -> openpyxl.Workbook:
    out = io.BytesIO()
    xlsx.write(reports, FORMS, out)
    return openpyxl.load_workbook(io.BytesIO(out.getvalue()))


def test_the_sheets_of_a_workbook():
    book = book_of(report(), FAILED)
    assert book.sheetnames == ["报告", "数据", "字段", "问题"]
    tops = list(book["报告"].iter_rows(values_only=True))
    assert tops[1][:4] == ("云溪县 报告.pdf", "云溪县水务局", 2023, "云溪县水务局2023年报告")
    assert tops[2][0] == "坏.pdf" and tops[2][11] == "文件已损坏。"
    assert book["字段"].max_row == 201 and book["问题"].max_row == 3


def test_the_tables_stand_in_a_workbook_as_the_form_prints_them():
    sheet = book_of(report())["数据"]
    at = {c.value: c for row in sheet.iter_rows() for c in row if c.value is not None}
    merged = {str(r) for r in sheet.merged_cells.ranges}
    head = at["法人或其他组织"]
    assert f"{head.coordinate}:{chr(ord(head.column_letter) + 4)}{head.row}" in merged
    doubtful = at[41]
    assert doubtful.comment and "42" in doubtful.comment.text and "62%" in doubtful.comment.text
    assert doubtful.fill.fgColor.rgb != at["自然人"].fill.fgColor.rgb
    assert at[12.5].number_format == "0.00" and at["—"].comment is None


def test_nothing_in_a_workbook_is_a_formula_or_a_link():
    evil = '=HYPERLINK("http://x")'
    made = report(
        filename=evil, head=Head(evil, None, "http://example.test", None),
        fields=(field(SUM[0], None, raw=evil, state="mark"), field(SUM[1], 12345678901234567890)),
        findings=(Finding(evil, "error", (evil,), evil, evil, evil),),
    )  # fmt: skip
    book = book_of(made)
    for sheet in book:
        for row in sheet.iter_rows():
            assert all(c.data_type != "f" and c.hyperlink is None for c in row)
    assert "12345678901234567890" in {c.value for row in book["字段"].iter_rows() for c in row}


def test_a_sheet_that_is_full_is_an_error_not_a_loss(monkeypatch):
    monkeypatch.setattr(xlsx, "_ROW_LIMIT", 100)
    with pytest.raises(TooLarge):
        book_of(report())


# ---------------------------------------------------------------- layout and terminal


@pytest.mark.parametrize("form", FORMS, ids=lambda f: f.edition)
def test_every_table_is_laid_out_without_gap_or_overlap(form):
    for spec in form.tables:
        laid = lay_out(spec)
        seen = [
            (r, c)
            for cell in laid.cells
            for r in range(cell.row, cell.row + cell.row_span)
            for c in range(cell.col, cell.col + cell.col_span)
        ]
        assert sorted(seen) == [(r, c) for r in range(laid.n_rows) for c in range(laid.n_cols)]
        assert [c.field_id for c in laid.cells if c.field_id] == [f.id for f in spec.fields]


def test_headings_and_groups_merge_as_printed():
    laid = lay_out(FORM.table(3))
    at = {c.text: c for c in laid.cells if c.text}
    assert (laid.n_rows, laid.n_cols, laid.label_cols) == (28, 10, 3)
    assert (
        at["法人或其他组织"].col_span == 5 and at["自然人"].row_span == 2 and at["申请人情况"].col_span == 7
    )
    assert at["三、本年度办理结果"].row_span == 22 and at["（三）不予公开"].row_span == 8
    assert at["（一）予以公开"].col_span == 2 and at["四、结转下年度继续办理"].col_span == 3


@pytest.mark.parametrize("columns", [80, 100, 132])
def test_a_terminal_s_width_is_kept_and_every_figure_shown(columns):
    shown = table.render(report(), FORMS, columns)
    assert max(map(width, shown.split("\n"))) <= columns
    assert "云溪县水务局2023年报告" in shown and "41!" in shown and "※?" in shown and "\x1b" not in shown
    assert "缺" in shown and "—" in shown and "12.50" in shown
    assert shown.count("┌") >= 3 and "一行之和为 42，总计印为 41" in shown.replace("\n    ", "")
    assert "2 个需要人工核对" in shown and "综合把握不足" in shown and "建议 42" in shown
    assert "✗ 42 件" in shown and "✓ 约 3.5 万" in shown


def test_colour_only_where_it_is_asked_for():
    shown = table.render(report(), FORMS, 100, color=True)
    assert "\x1b[1;31m41!" in shown and re.sub(r"\x1b\[[\d;]*m", "", shown) == table.render(
        report(), FORMS, 100
    )


def test_a_narrow_terminal_gets_a_list():
    shown = table.render(report(), FORMS, 50)
    assert max(map(width, shown.split("\n"))) <= 50
    assert "一、本年新收政府信息公开申请数量 · 自然人：41!" in shown.replace("\n  ", "")


def test_a_failure_and_a_clean_report_in_words():
    shown = table.render(FAILED, FORMS, 80)
    assert "✗ 文件已损坏。" in shown and "→ 请重新导出。" in shown
    clean = report(fields=tuple(field(s.id) for s in FORM.fields), findings=(), sections=())
    assert "没有需要人工核对" in table.render(clean, FORMS, 80)


def test_a_document_cannot_steer_the_terminal():
    made = report(filename="\x1b[2J.pdf", head=Head("\x1b]0;x\x07", 2023, "\x9b31m"))
    assert not set("\x1b\x07\x9b") & set(table.render(made, FORMS, 80))


def test_names_of_fields_are_told_apart():
    names = words.names_of(report(), FORMS)
    assert len(set(names.values())) == len(names) == 200


def test_boxes():
    boxes = [
        Box(0, 0, 2, 1, "组", "center"), Box(0, 1, 1, 2, "宽头", "center"),
        Box(1, 1, 1, 1, "12", "right"), Box(1, 2, 1, 1, "甲乙丙"),
    ]  # fmt: skip
    assert draw(boxes, [4, 4, 4], {1}) == [
        "┌────┬─────────┐",
        "│    │  宽头   │",
        "│ 组 ├────┬────┤",
        "│    │  12│甲乙│",
        "│    │    │丙  │",
        "└────┴────┴────┘",
    ]


@given(st.text(st.sampled_from("甲乙，。12 a\n（）"), max_size=40), st.integers(2, 20))
def test_wrapping_loses_nothing_and_keeps_to_the_width(value, columns):
    lines = wrap(value, columns)
    assert "".join(lines).replace(" ", "") == value.replace("\n", "").replace(" ", "")
    assert all(width(line) <= columns for line in lines)
