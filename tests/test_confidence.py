"""From evidence to a verdict: gates, thresholds, and that what speaks against a figure never helps it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.confidence import decide as module
from extractor.confidence.curve import load_curve
from extractor.confidence.decide import GATED, GATES, SETTLED_BY_SUMS, decide, gates
from extractor.confidence.evidence import FEATURES, KINDS, SIGNS, Evidence, evidence
from extractor.confidence.reasons import REASONS, describe
from extractor.forms.model import Identity
from extractor.rules.arithmetic import Check
from extractor.types import Cell, FieldValue, Grid, Placement, Reading, State
from training.confidence import logistic

NAME = "applications.received.total"
IDENTITY = Identity("row_total", ("a", "b"), (NAME,), "", "", "")
HOLDS = Check(IDENTITY, True, 5, 5, ("a", "b", NAME))
FAILS = Check(IDENTITY, False, 5, 6, ("a", "b", NAME))
EMPTY = Check(IDENTITY, True, 0, 0, ("a", "b", NAME))
CURVE = load_curve()


def field(origin: str = "ruled", state: State = "printed", text: str = "5", **place: object) -> FieldValue:
    cell = Cell(1, 1, 1, 1, text, 1, (0, 0, 9, 9))
    grid = Grid((cell,), 2, 2, origin, 1, (0, 0, 9, 9))  # type: ignore[arg-type]
    asked: dict[str, object] = {
        "row_score": 1.0, "row_margin": 0.5, "col_score": 1.0, "col_margin": 0.5, "structure": 1.0,
        "label": "总计", "head": "总计", **place,
    }  # fmt: skip
    placed = Placement(NAME, cell, grid, **asked)  # type: ignore[arg-type]
    reading = Reading(text, "pdfium", 1.0)
    value = int(text) if text.isdigit() else None
    return FieldValue(NAME, value, text, state, placed, (reading,))


def judged(one: FieldValue, *checks: Check, told: bool = False) -> FieldValue:
    return decide([one], checks, {NAME} if told else ())[0]


def test_a_plain_figure_of_a_ruled_table_passes():
    got = judged(field(), HOLDS)
    assert not got.needs_review and got.confidence > 0.99 and got.reasons == ()


@pytest.mark.parametrize("code", sorted(GATES))
def test_every_gate_stops_a_figure_and_says_why(code):
    got = judged(replace(field(), reasons=(code,)))
    assert got.needs_review and code in got.reasons and got.confidence <= GATED


@pytest.mark.parametrize("code", sorted(SETTLED_BY_SUMS))
def test_what_a_sum_settles_passes_with_one_that_says_something(code):
    doubted = replace(field(), reasons=(code,))
    assert judged(doubted, EMPTY).needs_review
    assert code not in GATES or code in judged(doubted, HOLDS).reasons


def test_a_place_by_order_alone_needs_a_sum():
    assert judged(field(by_order=True)).needs_review
    assert "placed_by_order" in judged(field(by_order=True)).reasons


@given(st.sampled_from(["illegible", "printed", "mark", "blank"]), st.sampled_from(sorted(GATES)))
def test_gates_hold_for_every_state(state, code):
    assert judged(replace(field(state=state), reasons=(code,)), HOLDS).needs_review or code in SETTLED_BY_SUMS


@pytest.mark.parametrize(("margin", "code"), [("row_margin", "weak_label"), ("col_margin", "weak_header")])
def test_a_label_that_reads_more_like_another_row_stops_the_figure(margin, code):
    got = judged(field(**{margin: -0.05}), HOLDS)
    assert got.needs_review and code in got.reasons


def test_missing_fields():
    sure = FieldValue(NAME, None, None, "missing", Placement(NAME, None, None))
    got = judged(sure)
    assert not got.needs_review and "missing_row" in got.reasons
    doubted = FieldValue(
        NAME, None, None, "missing", Placement(NAME, None, None, doubts=("rows_unaccounted",))
    )
    got = judged(doubted)
    assert got.needs_review and set(got.reasons) == {"missing_row", "rows_unaccounted"}


def test_a_verdict_always_has_a_reason():
    for kind in KINDS:
        got = judged(field(kind, structure=0.1, row_score=0.56, col_score=0.5))
        assert got.reasons or not got.needs_review


# ---------------------------------------------------------------- the curve

AGAINST = sorted(name for name, sign in SIGNS.items() if sign < 0)
"""Features of which more is worse."""
FOR = sorted(name for name, sign in SIGNS.items() if sign > 0)


@pytest.mark.parametrize("kind", KINDS)
def test_no_weight_has_the_wrong_sign(kind):
    weights = dict(zip(FEATURES, CURVE.weights[kind], strict=True))
    assert {n: w for n, w in weights.items() if w * SIGNS.get(n, 0) < 0} == {}


def test_the_curve_knows_every_kind_and_feature():
    assert set(CURVE.bias) == set(KINDS) == set(CURVE.threshold) == set(CURVE.weights)
    assert set(AGAINST) | set(FOR) < set(FEATURES)
    for kind in KINDS:
        assert len(CURVE.weights[kind]) == len(FEATURES)
        assert 0.5 < CURVE.threshold[kind] <= 1
        knots = CURVE.knots.get(kind, ())
        assert list(knots) == sorted(knots) and [y for _, y in knots] == sorted(y for _, y in knots)


def test_a_fit_weighs_at_nothing_what_would_turn_a_sign():
    rng = np.random.default_rng(7)
    x = np.column_stack([np.ones(4000), rng.random(4000), rng.random(4000)])
    right = (rng.random(4000) < 1 / (1 + np.exp(-(1 + 2 * x[:, 1] + 2 * x[:, 2])))).astype(float)
    start = np.array([1.0, 0.5, -0.5])
    free = logistic(x, right, start, np.array([0.0, 0.0, 0.0]))
    held = logistic(x, right, start, np.array([0.0, 1.0, -1.0]))
    assert free[2] > -0.5 and held[2] > -0.5  # the data pull it up, the penalty holds it back
    eager = logistic(np.repeat(x, 30, axis=0), np.repeat(right, 30), start, np.array([0.0, 1.0, -1.0]))
    assert eager[1] > 0.5 and eager[2] == 0.0


values = st.tuples(*(st.floats(0, 6) for _ in FEATURES))


@settings(max_examples=300)
@given(st.sampled_from(KINDS), values, st.sampled_from(AGAINST), st.floats(0.01, 5))
def test_more_against_never_makes_a_figure_likelier(kind, given_values, name, more):
    at = FEATURES.index(name)
    worse = tuple(v + more if i == at else v for i, v in enumerate(given_values))
    assert CURVE.probability(Evidence(kind, worse)) <= CURVE.probability(Evidence(kind, given_values)) + 1e-12


@settings(max_examples=300)
@given(st.sampled_from(KINDS), values, st.sampled_from(FOR), st.floats(0.01, 5))
def test_more_for_it_never_makes_a_figure_less_likely(kind, given_values, name, more):
    at = FEATURES.index(name)
    better = tuple(v + more if i == at else v for i, v in enumerate(given_values))
    assert (
        CURVE.probability(Evidence(kind, better)) >= CURVE.probability(Evidence(kind, given_values)) - 1e-12
    )


@given(st.sampled_from(KINDS), values)
def test_a_probability_is_one(kind, given_values):
    assert 0 <= CURVE.probability(Evidence(kind, given_values)) <= 1


@settings(max_examples=100)
@given(
    st.sampled_from(("ruled", "markup", "dump", "borderless", "rows_only")), st.floats(0, 1), st.floats(0, 1),
    st.floats(0, 1), st.booleans(),
)  # fmt: skip
def test_a_failing_sum_never_helps(kind, row, col, structure, told):
    one = field(kind, row_score=row, col_score=col, structure=structure)
    assert judged(one, FAILS, told=told).confidence <= judged(one, told=told).confidence
    assert judged(one, FAILS).confidence <= judged(one, HOLDS).confidence
    assert "identity_fails" in judged(one, FAILS).reasons


@pytest.mark.parametrize(("origin", "state", "text", "asked"), [
    ("borderless", "printed", "5", True), ("rows_only", "mark", "—", True), ("borderless", "blank", "", False),
    ("ruled", "printed", "5", False), ("markup", "printed", "5", False),
])  # fmt: skip
def test_figures_in_columns_by_position_alone_are_asked_about_where_their_sums_fail(origin, state, text, asked):
    assert ("identity_fails" in module.gates(field(origin, state, text), [FAILS])) is asked
    assert "identity_fails" not in module.gates(field(origin, state, text), [FAILS, HOLDS._replace(printed=True)])


@settings(max_examples=100)
@given(st.sampled_from(KINDS), st.floats(0, 1), st.floats(0, 0.9), st.floats(0, 0.1))
def test_a_worse_label_never_helps(kind, col, row, less):
    better, worse = (field(kind, row_score=s, col_score=col) for s in (row + less, row))
    assert judged(worse, HOLDS).confidence <= judged(better, HOLDS).confidence


def test_evidence_counts_what_it_says():
    item = evidence(field(row_score=0.75), [HOLDS, EMPTY, FAILS], True)
    got = dict(zip(FEATURES, item.values))
    assert (item.kind, got["label"], got["holds"], got["fails"], got["told"]) == ("ruled", 0.25, 1, 1, 1)
    differing = replace(
        field(), readings=(Reading("5", "a", 1.0), Reading("6", "b", 1.0)), reasons=("readings_differ",)
    )
    got = dict(zip(FEATURES, evidence(differing, [], False).values))
    assert (got["differs"], got["second"]) == (1, 0)


def test_every_code_has_words():
    assert set(GATES) <= set(REASONS)
    assert all(describe(code) != code for code in REASONS)
    assert describe("unheard_of") == "unheard_of"
    assert module.ABSENT > module.UNPLACED


@pytest.mark.parametrize(("score", "asked"), [(0.9999, False), (0.99, True), (0.85, True)])
def test_a_blank_of_a_picture_is_one_where_the_first_reader_is_nearly_certain(score: float, asked: bool):
    """A copier leaves dots of dashes; the second reader sees nothing in them however sure it is."""
    blank = replace(field("pixels", "blank", ""), readings=(Reading("", "digitnet", score), Reading("", "ppocr6", 0.999)))
    assert ("low_score" in gates(blank, [HOLDS])) is asked
