"""The one blank among dashes, the one dash among blanks: doubted where a picture was read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from extractor.cells.odd import doubt_odd_ones
from extractor.cells.second import read_again
from extractor.forms.load import edition
from extractor.forms.model import Identity
from extractor.language.figure import parse
from extractor.rules.arithmetic import Check
from extractor.types import Cell, FieldValue, Grid, Placement, Reading


def column(states: str, origin: str = "pixels") -> tuple[FieldValue, ...]:
    """Fields one under another: b blank, m mark, 0 nought, 7 a figure."""
    grid = Grid((), len(states), 1, origin)  # type: ignore[arg-type]
    out = []
    for n, s in enumerate(states):
        state = {"b": "blank", "m": "mark"}.get(s, "printed")
        value = int(s) if s.isdigit() else None
        place = Placement(f"t.r{n}.c", None, grid)
        out.append(FieldValue(place.field_id, value, s, state, place))  # type: ignore[arg-type]
    return tuple(out)


def odd(fields: tuple[FieldValue, ...]) -> list[int]:
    return [n for n, f in enumerate(doubt_odd_ones(fields, ())) if "odd_blank" in f.reasons]


@pytest.mark.parametrize(
    ("states", "found"),
    [("mmmmmbmmmm", [5]), ("bbbbbmbbbb", [5]), ("000000b0007", [6]), ("0000000", []), ("bbbbbbbbb", []),
     ("mmmbbbmbmb", [3, 4, 5, 7, 9]), ("bbbbbbbbbbbbbb0", []), ("mmmb", []), ("777777b", [])],
)  # fmt: skip
def test_what_stands_alone_in_its_column_is_doubted(states, found):
    assert odd(column(states)) == found


def test_text_that_a_file_states_is_as_it_is():
    assert odd(column("mmmmmbmmmm", "ruled")) == []


@pytest.mark.parametrize(
    ("text", "score", "doubted"), [("2", 0.998, True), ("2", 0.9999, False), ("-2", 0.998, False), ("0", 0.9, False)]
)
def test_a_change_without_a_sign_is_read_with_certainty_or_doubted(text, score, doubted):
    form = edition("2019")
    spec = next(s for s in form.fields if s.signed)
    place = Placement(spec.id, None, Grid((), 1, 1, "pixels"))
    field = FieldValue(spec.id, int(text), text, "printed", place, (Reading(text, "a", score),))
    (out,) = doubt_odd_ones((field,), form.fields)
    assert ("sign_unsure" in out.reasons) == doubted


def table(*columns: str, origin: str = "pixels") -> tuple[FieldValue, ...]:
    """Columns of one table beside one another, states as in `column`."""
    grid = Grid((), len(columns[0]), len(columns), origin)  # type: ignore[arg-type]
    return tuple(
        f.with_(id=f"t.r{n}.c{k}", placement=Placement(f"t.r{n}.c{k}", None, grid))
        for k, states in enumerate(columns) for n, f in enumerate(column(states))
    )  # fmt: skip


@pytest.mark.parametrize(
    ("columns", "found"),
    [(("bbbmbbbb", "bbbbbbbm", "mbbbbbbb", "bbbbbbbb"), 29), (("bbbbbbbb", "bbbbbbbb", "bbbb7bbb", "7bbbbbbb"), 0)],
)
def test_where_a_copier_left_a_few_dashes_every_blank_of_the_table_is_doubted(columns, found):
    doubted = [f for f in doubt_odd_ones(table(*columns), ()) if "odd_blank" in f.reasons and f.state == "blank"]
    assert len(doubted) == found
    assert not any(f.reasons for f in doubt_odd_ones(table(*columns, origin="ruled"), ()))


def test_a_small_table_beside_a_dashed_one_follows_its_habit():
    small = tuple(f.with_(id=f"small{n}") for n, f in enumerate(column("bbb")))
    dashed, plain = table("bbbmbbbb", "bbbbbbbm", "mbbbbbbb"), table("bbbbbbbb", "bbbbbbbb", "bbbbbbb7")
    for other, found in ((dashed, True), (plain, False)):
        doubted = {f.id for f in doubt_odd_ones((*other, *small), ()) if f.reasons}
        assert {"small0", "small1", "small2"} <= doubted if found else not doubted


class SecondReader:
    """pdfplumber's part: what it says of each cell, and which cells it was asked about."""

    def __init__(self, *texts: str) -> None:
        self.texts, self.asked = list(texts), 0

    def figures(self, cells):
        return [Reading(c.text or "", "pdfium", 1.0) for c in cells]

    def again(self, cells):
        self.asked += len(cells)
        return [Reading(t, "pdfplumber", 1.0) for t, _ in zip(self.texts, cells, strict=True)]


def row_of(*texts: str) -> list[FieldValue]:
    cells = tuple(Cell(0, k, 1, 1, t, 1, (20.0 * k, 0, 20.0 * k + 18, 12)) for k, t in enumerate(texts))
    grid = Grid(cells, 1, len(cells), "ruled", 1, (0, 0, 200, 12))
    return [
        FieldValue(f"f{k}", *(parsed.value, c.text or None, parsed.state), Placement(f"f{k}", c, grid, 1.0, 0.5, 1.0, 0.5),
                   (Reading(c.text or "", "pdfium", 1.0),))
        for k, c in enumerate(cells) for parsed in [parse(c.text or "")]
    ]  # fmt: skip


def test_signs_that_one_reader_took_for_hyphens_are_found_by_the_other():
    """Of signs drawn one by one from right to left pdfium's text page kept one in fifteen."""
    reader = SecondReader("-", "")
    found = read_again(row_of("-", "", ""), (), reader)
    assert [(f.raw, f.state, f.reasons) for f in found] == [("-", "mark", ()), ("-", "mark", ()), (None, "blank", ())]


@pytest.mark.parametrize("texts", [("0", "", ""), ("—", "", ""), ("-", "-", "3")])
def test_where_no_sign_can_have_been_lost_no_second_reader_is_asked(texts):
    reader = SecondReader()
    read_again(row_of(*texts), (), reader)
    assert reader.asked == 0


IDENTITY = Identity("row_total", ("f0", "f1"), ("f2",), "", row="r", column="c")


def pixel_row(*texts: str, score: float = 0.98, candidates: tuple[tuple[str, float], ...] = ()) -> list[FieldValue]:
    """The row as a picture's, every figure read with this score."""
    return [
        f.with_(
            readings=(Reading(f.readings[0].text, "digitnet", score, ((f.readings[0].text, score), *candidates)),),
            placement=replace(f.placement, grid=replace(f.placement.grid, origin="pixels")),
        )
        for f in row_of(*texts)
    ]  # fmt: skip


def sums(*holds: bool, printed: int = 3) -> list[Check]:
    return [Check(IDENTITY, h, printed, printed, ("f0", "f1", "f2"), True) for h in holds]


@pytest.mark.parametrize(
    ("score", "holds", "asked"),
    [
        (0.98, (True, True), 0), (0.98, (True,), 3), (0.95, (True, True), 3), (0.9995, (True,), 0),
        (0.98, (True, False), 3), (0.9995, (True, False), 0), (0.9995, (False,), 3), (0.9995, (), 3),
    ],
)  # fmt: skip
def test_a_picture_is_read_again_where_sums_do_not_vouch_for_it(score, holds, asked):
    reader = SecondReader("1", "2", "3")
    read_again(pixel_row("1", "2", "3", score=score), sums(*holds), reader)
    assert reader.asked == asked


def test_sums_of_noughts_vouch_for_nothing_but_the_surest():
    for score, asked in ((0.98, 3), (0.9995, 0)):
        reader = SecondReader("0", "0", "0")
        read_again(pixel_row("0", "0", "0", score=score), sums(True, True, printed=0), reader)
        assert reader.asked == asked


@pytest.mark.parametrize(("other", "asked"), [("8", 0), ("0/", 0), ("00", 3), ("-", 3), ("", 3), (None, 3)])
def test_a_nought_that_may_be_a_dash_is_read_again_whatever_the_sums(other, asked):
    """Sums tell 0 from 8 but not from a dash or a blank; what nobody explained may be either."""
    reader = SecondReader("0", "0", "0")
    others = () if other is None else ((other, 0.0195),)
    read_again(pixel_row("0", "0", "0", score=0.98, candidates=others), sums(True, True), reader)
    assert reader.asked == asked


@pytest.mark.parametrize(
    ("states", "first", "second", "seconded"),
    [
        ("m" * 24, 0.97, "", True), ("m" * 24, 0.97, ".", True), ("m" * 24, 0.5, "", False), ("m" * 24, 0.97, "7", False),
        ("m" * 12, 0.97, "", False), ("m" * 20 + "b" * 8, 0.97, "", False),
    ],
)  # fmt: skip
def test_a_dash_that_the_second_reader_overlooked_is_seconded_by_the_reports_habit(states, first, second, seconded):
    fields = list(column(states))
    readings = (Reading("-", "digitnet", first), Reading(second, "ppocr6", 0.8))
    fields[3] = fields[3].with_(raw="-", readings=readings, reasons=("readings_differ",))
    got = doubt_odd_ones(fields, ())[3]
    assert ("readings_differ" not in got.reasons) is seconded
    assert [r.text for r in got.readings] == (["-", "-"] if seconded else ["-", second])


def test_a_page_with_few_rows_follows_the_habit_of_the_whole_column():
    """The first page has two of the column's rows: alone they have no habit."""
    first, second = column("0b"), column("0000000")
    rest = [replace(f, id=f"t.s{n}.c") for n, f in enumerate(second)]
    assert odd((*first, *rest)) == [1]
    assert odd(first) == []


@pytest.mark.parametrize(("scores", "found"), [([0.96, 0.97, 0.9995], [0, 1, 2]), ([0.96, 0.9995, 0.9995], []), ([0.96], [])])
def test_where_most_blanks_are_faint_all_may_be_dashes_that_a_copier_took_off(scores: list[float], found: list[int]):
    grid = Grid((), 9, 9, "pixels")
    fields = [
        FieldValue(f"t.r{n}.c{n}", None, "", "blank", Placement(f"t.r{n}.c{n}", None, grid), (Reading("", "digitnet", s),))
        for n, s in enumerate(scores)
    ]
    assert odd(tuple(fields)) == found
