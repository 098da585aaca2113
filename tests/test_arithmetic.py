"""The form's sums: what holds, what fails, what is suggested; and that nothing printed ever changes."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.forms.load import edition, load
from extractor.forms.model import TableSpec
from extractor.rules.arithmetic import Check, check, findings, suggestions
from extractor.rules.editions import edition_findings, tables_of
from extractor.rules.units import unit_findings
from extractor.types import FieldValue, Number, Placement, State, TableFit
from samples.maker.figures import consistent
from samples.maker.forms import hybrid
from tests.drawing import BOTH, OLD

FORMS = {"2021": edition("2021"), "2019": edition("2019")}


def value(name: str, number: Number | None, state: State = "printed") -> FieldValue:
    return FieldValue(
        name, number, None if number is None else str(number), state, Placement(name, None, None)
    )


def figures(editions: tuple[tuple[str, str], ...], seed: int) -> dict[str, FieldValue]:
    """Figures that add up."""
    made = consistent(hybrid(editions), "mid", Random(seed), False)
    return {name: value(name, number) for name, number in made.items()}


def tables(editions: tuple[tuple[str, str], ...]) -> list[TableSpec]:
    return [FORMS[e].table(int(n)) for n, e in editions]


@pytest.mark.parametrize(("editions", "count"), [(BOTH, 42), (OLD, 40)])
def test_figures_that_add_up_hold_everywhere(editions, count):
    for seed in range(5):
        values = figures(editions, seed)
        found = check(tables(editions), values)
        assert len(found) == count and all(c.holds for c in found)
        assert findings(found) == () and suggestions(found, values) == {}


@settings(max_examples=80)
@given(st.integers(0, 9), st.data())
def test_one_changed_figure_breaks_its_sums_and_no_others(seed, data):
    values = figures(BOTH, seed)
    specs = tables(BOTH)
    summed = sorted({i for t in specs for identity in t.identities for i in identity.fields})
    name = data.draw(st.sampled_from(summed))
    right = int(values[name].value or 0)
    wrong = data.draw(st.integers(0, 10**6).filter(lambda n: n != right))
    values[name] = value(name, wrong)
    before = dict(values)
    found = check(specs, values)
    failing = {c.identity for c in found if c.holds is False}
    assert failing == {i for t in specs for i in t.identities if name in i.fields}
    told = findings(found)
    assert len(told) == len(failing) and all(name in f.fields and f.printed != f.computed for f in told)
    assert values == before, "the printed figures stay"
    hint = suggestions(found, values)
    # Fields that stand in exactly the same sums can't be told apart, unless one would have to be negative.
    twins = [i for i in summed if {c.identity for c in found if i in c.fields} == failing]
    possible = [i for i in twins if all(_needed(i, c, values) >= 0 for c in found if c.identity in failing)]
    assert hint == ({name: right} if possible == [name] else {})


def _needed(name: str, failing: Check, values: Mapping[str, FieldValue]) -> Number:
    """What a field would have to be for the sum to hold."""
    sign = 1 if name in failing.identity.equals else -1
    return int(values[name].value or 0) + sign * (failing.parts - failing.equals)


@settings(max_examples=60)
@given(
    st.integers(0, 9), st.lists(st.tuples(st.integers(0, 10**4), st.integers(0, 500)), min_size=1, max_size=4)
)
def test_a_suggestion_settles_every_failing_sum_it_touches_and_breaks_none(seed, changes):
    values = figures(BOTH, seed)
    names = sorted(values)
    for at, number in changes:
        values[names[at % len(names)]] = value(names[at % len(names)], number)
    specs = tables(BOTH)
    found = check(specs, values)
    before = dict(values)
    for name, number in suggestions(found, values).items():
        assert number >= 0 and number != values[name].value
        mended = check(specs, {**values, name: value(name, number)})
        assert all(c.holds for c in mended if name in c.fields)
    assert values == before


def _sums(values: Mapping[str, FieldValue]):
    return check([FORMS["2021"].table(4)], values)[0]


PARTS = ["upheld", "corrected", "other", "pending"]


def _four(
    states: list[tuple[Number | None, State]], total: tuple[Number | None, State]
) -> dict[str, FieldValue]:
    """The first sum of table 4 with these parts and this total."""
    out = {}
    for part, (number, state) in zip(PARTS, states):
        out[f"remedies.reconsideration.{part}"] = value(f"remedies.reconsideration.{part}", number, state)
    out["remedies.reconsideration.total"] = value("remedies.reconsideration.total", *total)
    return out


BLANK: tuple[None, State] = (None, "blank")
MARK: tuple[None, State] = (None, "mark")


@given(
    st.lists(
        st.one_of(st.just(BLANK), st.just(MARK), st.tuples(st.integers(0, 99), st.just("printed"))),
        min_size=4,
        max_size=4,
    )
)
def test_blanks_and_marks_count_as_nought(parts):
    total = sum(n or 0 for n, _ in parts)
    assert _sums(_four(parts, (total, "printed"))).holds
    assert _sums(_four(parts, (total + 1, "printed"))).holds is False


def test_all_blank_holds_and_a_blank_total_of_something_fails():
    assert _sums(_four([BLANK] * 4, BLANK)).holds
    assert _sums(_four([BLANK] * 4, MARK)).holds
    assert _sums(_four([BLANK] * 4, (0, "printed"))).holds
    assert _sums(_four([BLANK] * 3 + [(2, "printed")], BLANK)).holds is False
    assert _sums(_four([BLANK] * 4, (2, "printed"))).holds is False


def test_missing_parts_are_left_out_and_unread_ones_stop_the_judgement():
    assert _sums(_four([(1, "printed"), (None, "missing"), (2, "printed"), BLANK], (3, "printed"))).holds
    assert _sums(_four([(1, "printed"), (None, "illegible"), BLANK, BLANK], (1, "printed"))).holds is None
    assert _sums(_four([(1, "printed")] * 4, (None, "missing"))).holds is None
    assert _sums(_four([(None, "missing")] * 4, (4, "printed"))).holds is None


def test_decimals_are_summed_exactly():
    parts: list[tuple[Number | None, State]] = [
        (Decimal("0.1"), "printed"),
        (Decimal("0.2"), "printed"),
        BLANK,
        BLANK,
    ]
    assert _sums(_four(parts, (Decimal("0.3"), "printed"))).holds
    assert _sums(_four(parts, (Decimal("0.30000001"), "printed"))).holds is False


def test_a_finding_says_both_sides_in_words():
    found = findings([_sums(_four([(1, "printed"), (2, "printed"), BLANK, BLANK], (4, "printed")))])[0]
    assert (found.computed, found.printed, found.severity) == (3, 4, "error")
    assert "3" in found.message and "4" in found.message and len(found.fields) == 5


def test_a_sum_that_lacks_a_part_which_may_be_printed_is_no_finding():
    """A row that was not found is one; a row that the report leaves out is none, and its sum can fail."""
    values = _four([(1, "printed"), (None, "missing"), BLANK, BLANK], (4, "printed"))
    assert [f.rule for f in findings([_sums(values)])] == ["remedies_total"]
    lost = "remedies.reconsideration.corrected"
    values[lost] = values[lost].with_(placement=Placement(lost, None, None, doubts=("rows_unaccounted",)))
    assert _sums(values).holds is False and findings([_sums(values)]) == ()
    values[lost] = values[lost].with_(placement=Placement(lost, None, None, doubts=("row_unruled",)))
    assert len(findings([_sums(values)])) == 1  # nothing is ruled, and no figure is left for it


# ---------------------------------------------------------------- editions and units


def _fits(**editions: str) -> list[TableFit]:
    return [TableFit(int(n[1:]), e, 1.0, None, 0.0, ()) for n, e in editions.items()]


def test_a_table_that_is_not_there_takes_the_edition_of_the_first_that_is():
    got = tables_of(_fits(t3="2019", t4="2021"), load())
    assert {n: e for n, (e, _) in got.items()} == {2: "2019", 3: "2019", 4: "2021"}
    assert edition_findings(got)[0].rule == "mixed_editions"
    assert edition_findings(tables_of(_fits(t2="2021", t3="2021", t4="2021"), load())) == ()


@pytest.mark.parametrize(
    ("raw", "number", "meant"),
    [
        ("251000元", 251000, "25.1"),
        ("3亿元", 3, "30000"),
        ("25.1万元", Decimal("25.1"), None),
        ("25.1", Decimal("25.1"), None),
    ],
)
def test_another_unit_is_reported_and_the_value_stays(raw, number, meant):
    spec = FORMS["2021"].field_by_id["proactive.fees.amount"]
    field = FieldValue(spec.id, number, raw, "printed", Placement(spec.id, None, None))
    found = unit_findings([field], [spec])
    assert [f.computed for f in found] == ([meant] if meant else [])
    assert field.value == number


def test_a_total_column_that_is_not_filled_in_speaks_against_no_reading():
    """Blank totals beside figures fail every sum, which is told, and prove no figure misread."""
    form = edition("2021")
    table = form.table(3)

    def value(i: str, blank: bool) -> FieldValue:
        place = Placement(i, None, None)
        return FieldValue(i, None, "", "blank", place) if blank else FieldValue(i, 2, "2", "printed", place)

    outcomes = {i for c in table.identities if c.rule == "results_total" for i in c.parts}
    values = {f.id: value(f.id, f.id in outcomes and f.column_id == "total") for f in table.fields}
    failing = [c for c in check([table], values) if c.holds is False]
    rows = [c for c in failing if c.identity.rule == "row_total" and c.identity.equals[0] in outcomes]
    column = [c for c in failing if c.identity.rule == "results_total" and c.identity.column == "总计"]
    assert len(rows) == 21 and len(column) == 1 and all(c.unstated for c in (*rows, *column))
    assert not any(c.unstated for c in failing if c not in rows and c not in column)
    only = next(iter(outcomes - {i for i in outcomes if i.endswith(".total")}))
    one = {f.id: value(f.id, f.id == only) for f in table.fields}
    assert not any(c.unstated for c in check([table], one))


@pytest.mark.parametrize(("blank", "habit"), [(5, True), (4, False), (1, False)])
def test_columns_that_an_office_leaves_blank_speak_against_no_reading(blank: int, habit: bool):
    """Only where one column and the total are all that is filled in; one blank column may be one that was not read."""
    table = edition("2021").table(3)
    left = ("enterprise", "research", "public_interest", "legal_service", "other_org")[:blank]
    values = {
        f.id: value(f.id, None, "blank") if f.column_id in left else value(f.id, 9 if f.column_id == "total" else 1)
        for f in table.fields
    }
    failing = [c for c in check([table], values) if c.holds is False and c.identity.rule == "row_total"]
    assert len(failing) == len(table.fields) // 7 and {c.unstated for c in failing} == {habit}
    assert len(findings(failing)) == len(failing)
