"""One year's report against the last: the forms' rules over two years, pairs, and the command."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor import cli
from extractor.emit.json import to_dict
from extractor.forms.load import edition
from extractor.inputs.registry import load_source
from extractor.pipeline import extract
from extractor.rules.years import OPEN, compare, pairs

FORM = edition("2021")
ROOT = Path(__file__).resolve().parents[1]


class Figure(NamedTuple):
    value: int | Decimal | None
    state: str = "printed"
    needs_review: bool = False


def report(**rows: int) -> dict[str, Figure]:
    """All fields 0, but those of the rows named, which carry their number in every column."""
    return {f.id: Figure(rows.get(f.row_id, 0)) for f in FORM.fields}


def test_what_was_carried_out_is_carried_in():
    last, this = report(carried_out=7), report(carried_in=7)
    told = compare(FORM.tables, this, last)
    assert not told.findings and told.held == 7 + 2  # seven columns of table 3, two kinds of documents
    this["applications.carried_in.total"] = Figure(8)
    (found,) = compare(FORM.tables, this, last).findings
    assert found.rule == "years_carried_over" and found.severity == "error"
    assert found.fields == ("applications.carried_in.total",) and (found.printed, found.computed) == (8, 7)


def test_documents_in_force_are_last_years_plus_issued_less_repealed():
    last, this = report(), report()
    kind = "proactive.normative_documents."
    last[kind + "in_force"] = Figure(20)
    this |= {kind + "issued": Figure(5), kind + "repealed": Figure(2), kind + "in_force": Figure(23)}
    assert not compare(FORM.tables, this, last).findings
    this[kind + "in_force"] = Figure(25)
    (found,) = compare(FORM.tables, this, last).findings
    assert found.rule == "years_stock" and found.severity == "warning" and found.computed == 23
    assert "行政规范性文件" in found.message and OPEN not in found.message


@pytest.mark.parametrize("state", ["missing", "illegible"])
def test_what_is_not_there_is_not_compared(state):
    last, this = report(), report(carried_in=3)
    for i in [i for i in last if ".carried_out." in i]:
        last[i] = Figure(None, state)
    assert not [f for f in compare(FORM.tables, this, last).findings if f.rule == "years_carried_over"]


def test_blank_counts_as_nought_unless_nothing_is_printed():
    last, this = report(), report()
    last["applications.carried_out.total"] = Figure(None, "blank")
    held = compare(FORM.tables, this, last).held
    this["applications.carried_in.total"] = Figure(None, "blank")
    assert compare(FORM.tables, this, last).held == held - 1


def test_a_figure_that_waits_for_a_person_is_told():
    last, this = report(carried_out=1), report()
    last["applications.carried_out.total"] = Figure(1, needs_review=True)
    told = {f.fields[0]: f.message for f in compare(FORM.tables, this, last).findings}
    assert told["applications.carried_in.total"].endswith(OPEN)
    assert not told["applications.carried_in.natural_person"].endswith(OPEN)


@given(st.lists(st.tuples(st.sampled_from("甲乙"), st.integers(2019, 2023))))
def test_pairs_are_of_one_organ_and_consecutive_years(items):
    for this, last in pairs(items, lambda i: i[0], lambda i: i[1]):
        assert this[0] == last[0] and this[1] == last[1] + 1
    made = {(this[0], this[1]) for this, _ in pairs(items, lambda i: i[0], lambda i: i[1])}
    assert made == {i for i in items if (i[0], i[1] - 1) in items}


def test_organs_of_other_widths_and_spaces_are_one():
    items = [("某市（区）民政局", 2022), ("某市 (区)民政局", 2023)]
    assert len(pairs(items, lambda i: i[0], lambda i: i[1])) == 1


def test_the_command(tmp_path, capfdbinary):
    source = ROOT / "samples" / "word-2022" / "report.pdf"
    this = extract(load_source((str(source),), None))
    head = this.head
    last = replace(this, head=replace(head, year=head.year - 1))
    (tmp_path / "a.json").write_text(json.dumps(to_dict(this)), encoding="utf-8")
    (tmp_path / "b.jsonl").write_text(f"{json.dumps(to_dict(last))}\n" * 2, encoding="utf-8")
    assert cli.main(["years", str(tmp_path), "--format", "json"]) == 0
    (told,) = json.loads(capfdbinary.readouterr().out)
    assert (told["organ"], told["year"]) == (head.organ, head.year)
    values = {f.id: f.value or 0 for f in this.fields}
    wrong = [i for i in values if ".carried_in." in i and values[i] != values[i.replace("_in.", "_out.")]]
    assert [f["fields"] for f in told["findings"] if f["rule"] == "years_carried_over"] == [
        [i] for i in wrong
    ]
    assert cli.main(["years", str(tmp_path)]) == 0
    assert f"{head.year - 1} → {head.year}" in capfdbinary.readouterr().out.decode()


def test_what_is_no_result_is_told_and_stops_nothing(tmp_path, capfdbinary):
    (tmp_path / "a.json").write_text("[1", encoding="utf-8")
    (tmp_path / "b.json").write_text('{"x": 1}', encoding="utf-8")
    assert cli.main(["years", str(tmp_path)]) == 1
    err = capfdbinary.readouterr().err.decode()
    assert "a.json" in err and "b.json" in err and "[usage]" in err
    assert cli.main(["years", str(tmp_path / "none")]) == 2
