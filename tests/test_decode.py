"""The choice between two readings, in a simulation with misread figures and with errors of the report itself.

What must never happen: a figure that the report prints (also a wrong one) is changed although it was
read right.  Readings are simulated as two recognisers make them: right with a high score, wrong with a
lower one, now and then both wrong alike (a cut digit).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from random import Random

import pytest

from extractor.cells.decode import decode, explained, padding_dropped, points_kept
from extractor.confidence.decide import decide
from extractor.forms.load import edition
from extractor.forms.model import Form
from extractor.language.figure import parse
from extractor.rules.arithmetic import check, findings
from extractor.types import Cell, FieldValue, Grid, Placement, Reading
from samples.maker.figures import consistent, plant_errors
from samples.maker.forms import hybrid

REPORTS = 200
MISREAD = 0.01
SOURCE_ERRORS = 3


@dataclass
class Counted:
    changed_right: int = 0
    repaired_source_errors: int = 0
    mended: int = 0
    silent: int = 0
    wrong: int = 0
    fields: int = 0


def _misread(text: str, rng: Random) -> str:
    """A digit lost, gained or taken for another."""
    kind = rng.random()
    if kind < 0.3 and len(text) > 1:
        return text[1:] if rng.random() < 0.5 else text[:-1]
    if kind < 0.5:
        return text + rng.choice("0123456789")
    at = rng.randrange(len(text))
    return text[:at] + rng.choice([d for d in "0123456789" if d != text[at]]) + text[at + 1 :]


def _readings(text: str, rng: Random) -> tuple[tuple[Reading, ...], tuple[str, ...]]:
    roll = rng.random()
    wrong = _misread(text, rng)
    if roll < MISREAD * 0.2:  # both cut the same digit
        pair = (Reading(wrong, "a", 0.9), Reading(wrong, "b", 0.9))
    elif roll < MISREAD:
        pair = (Reading(wrong, "a", rng.uniform(0.4, 0.97)), Reading(text, "b", rng.uniform(0.9, 0.9999)))
    elif roll < 2 * MISREAD:
        pair = (Reading(text, "a", 0.9995), Reading(wrong, "b", rng.uniform(0.3, 0.85)))
    else:
        pair = (Reading(text, "a", 0.9999), Reading(text, "b", 0.9999))
    return pair, (() if pair[0].text == pair[1].text else ("readings_differ",))


def _field(field_id: str, printed: Decimal, rng: Random) -> FieldValue:
    grid = Grid((), 30, 10, "pixels", 1, (0, 0, 1, 1), 1.0)
    place = Placement(field_id, Cell(0, 0, 1, 1, None, 1, (0, 0, 1, 1)), grid, 1.0, 0.3, 1.0, 0.3)
    readings, reasons = _readings(f"{printed:f}", rng)
    value = Decimal(readings[0].text)
    whole = value == value.to_integral_value()
    return FieldValue(field_id, int(value) if whole else value, readings[0].text, "printed", place, readings,
                      reasons=reasons)  # fmt: skip


def simulate(form: Form, seed: int) -> Counted:
    """One report with errors of its own, read with misreadings, decoded and judged."""
    rng = Random(seed)
    made = hybrid(tuple((str(t.number), form.edition) for t in form.tables))
    figures = consistent(made, rng.choice(("small", "mid", "large")), rng)
    true = dict(figures)
    plant_errors(made, figures, rng, SOURCE_ERRORS)
    fields = tuple(_field(s.id, figures[s.id], rng) for s in form.fields)
    before = {f.id: f for f in fields}
    out, checks = decode(fields, form.tables, form.fields, check(form.tables, before))
    assert tuple(checks) == check(form.tables, {f.id: f for f in out})
    judged = decide(out, checks)
    seen = Counted(fields=len(judged))
    for f in judged:
        printed = figures[f.id]
        right = f.value == printed
        seen.wrong += not right
        seen.silent += not right and not f.needs_review
        if before[f.id].value == printed and not right:
            seen.changed_right += 1
            seen.repaired_source_errors += f.value == true[f.id] != printed
        seen.mended += before[f.id].value != printed and right
    return seen


def test_no_printed_figure_is_changed_and_no_misreading_passes() -> None:
    form = edition("2021")
    total = Counted()
    for seed in range(REPORTS):
        one = simulate(form, seed)
        for name in vars(total):
            setattr(total, name, getattr(total, name) + getattr(one, name))
    assert total.fields == REPORTS * len(form.fields)
    assert total.repaired_source_errors == 0
    assert total.changed_right == 0
    assert total.mended > 20, "the simulation has to give the decoder something to do"
    # Both recognisers cutting the same digit of a figure of table 2 is what no sum and no second reading sees.
    assert total.silent <= 0.0005 * total.fields, vars(total)


@pytest.mark.parametrize(
    ("first", "second", "wanted"),
    [("152314", "1523.14", "1523.14"), ("1523.14", "152314", "1523.14"), ("152314", "15231.5", "152314")],
)
def test_an_amount_keeps_the_point_that_one_reader_saw(first: str, second: str, wanted: str):
    form = edition("2021")
    spec = form.field_by_id["proactive.fees.amount"]
    count = form.field_by_id["proactive.licensing.decisions"]

    def read(name: str) -> FieldValue:
        number = Decimal(first) if "." in first else int(first)
        pair = (Reading(first, "a", 0.99), Reading(second, "b", 0.99))
        return FieldValue(name, number, first, "printed", Placement(name, None, None), pair, reasons=("readings_differ",))

    amount, whole = points_kept([read(spec.id), read(count.id)], [spec, count])
    assert amount.raw == wanted and str(amount.value) == wanted and amount.reasons == ("readings_differ",)
    assert whole.raw == first  # a number of cases has none


@pytest.mark.parametrize(
    ("first", "second", "score", "wanted"),
    [
        ("03", "0", 0.9, "0"), ("03", "0", 0.7, "03"), ("03", "04", 0.9, "03"), ("0203", "203", 0.9, "203"),
        ("0.5", "5", 0.9, "0.5"), ("03", "", 0.9, "03"), ("0", "03", 0.9, "0"),
    ],
)  # fmt: skip
def test_a_nought_too_many_is_dropped_where_the_second_reader_sees_none(first, second, score, wanted):
    spec = edition("2021").field_by_id["proactive.licensing.decisions"]
    pair = (Reading(first, "a", 0.9), Reading(second, "b", score))
    read = parse(first)
    for origin, expected in (("pixels", wanted), ("ruled", first)):  # a text that a file states stays as it is stated
        place = Placement(spec.id, None, Grid((), 1, 1, origin, 1))
        field = FieldValue(spec.id, read.value, first, read.state, place, pair, reasons=("readings_differ",))
        (found,) = padding_dropped([field], [spec])
        assert (found.raw, found.value) == (expected, parse(expected).value)
        assert found.reasons == ("readings_differ",)


def test_two_misread_figures_that_share_no_sum_are_both_chosen() -> None:
    """Each settles its own row and column; the sums of the results tie the two to one group."""
    form = edition("2021")
    made = hybrid(tuple((str(t.number), form.edition) for t in form.tables))
    figures = consistent(made, "mid", Random(4))
    wrong = ("applications.partial.natural_person", "applications.other.no_correction.research")

    def field(field_id: str) -> FieldValue:
        grid = Grid((), 30, 10, "pixels", 1, (0, 0, 1, 1), 1.0)
        place = Placement(field_id, Cell(0, 0, 1, 1, None, 1, (0, 0, 1, 1)), grid, 1.0, 0.3, 1.0, 0.3)
        right = f"{figures[field_id]:f}"
        if field_id not in wrong:
            return FieldValue(field_id, parse(right).value, right, "printed", place, (Reading(right, "a", 0.9999),))
        off = f"{right}3"
        pair = (Reading(off, "a", 0.9), Reading(right, "b", 0.99))
        return FieldValue(field_id, int(off), off, "printed", place, pair, reasons=("readings_differ",))

    fields = [field(s.id) for s in form.fields]
    found, checks = decode(fields, form.tables, form.fields, check(form.tables, {f.id: f for f in fields}))
    assert all(c.holds is not False for c in checks)
    assert {f.id for f in found if "chosen_by_sums" in f.reasons} == set(wrong)


@pytest.mark.parametrize(("second", "explains"), [("right", True), ("other", False), ("same", False)])
def test_a_sum_that_another_reading_settles_is_no_finding_about_the_report(second: str, explains: bool) -> None:
    form = edition("2021")
    made = hybrid(tuple((str(t.number), form.edition) for t in form.tables))
    figures = consistent(made, "mid", Random(4))
    wrong = "applications.received.natural_person"
    right = f"{figures[wrong]:f}"
    other = {"right": right, "other": f"{right}9", "same": f"{right}3"}[second]

    def field(field_id: str) -> FieldValue:
        grid = Grid((), 30, 10, "pixels", 1, (0, 0, 1, 1), 1.0)
        place = Placement(field_id, Cell(0, 0, 1, 1, None, 1, (0, 0, 1, 1)), grid, 1.0, 0.3, 1.0, 0.3)
        text = f"{right}3" if field_id == wrong else f"{figures[field_id]:f}"
        pair = (Reading(text, "a", 0.9999), Reading(other if field_id == wrong else text, "b", 0.4))
        reasons = ("readings_differ",) if pair[0].text != pair[1].text else ()
        return FieldValue(field_id, parse(text).value, text, "printed", place, pair, reasons=reasons)

    fields = [field(s.id) for s in form.fields]
    checks = check(form.tables, {f.id: f for f in fields})
    failing = {c.identity for c in checks if c.holds is False}
    assert len(failing) > 1, "the row's sum and the column's balance"
    assert explained(fields, checks) == (failing if explains else set())
    assert len(findings(checks, explained(fields, checks))) == (0 if explains else len(failing))
