"""What the text of one cell says: states, values, doubts; and that nothing is ever guessed."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.cells.values import state_of
from extractor.forms.load import edition
from extractor.language.figure import is_figure_like, parse
from extractor.types import Reading

FORM = edition("2021")
WHOLE = FORM.field_by_id["applications.received.total"]
MONEY = FORM.field_by_id["proactive.fees.amount"]
SIGNED = next(f for f in edition("2019").fields if f.signed)

WIDE = str.maketrans("0123456789.,+-", "０１２３４５６７８９．，＋－")
numbers = st.integers(0, 10**12)


@given(numbers)
def test_a_number_is_itself(n):
    for text in (
        str(n),
        f" {n}\n",
        str(n).translate(WIDE),
        f"{n:,}",
        f"{n:,}".translate(WIDE),
        f"\u200b{n}\ufeff",
    ):
        got = parse(text, WHOLE)
        assert (got.state, got.value, got.doubts) == ("printed", n, ())
        assert type(got.value) is int


@given(st.decimals(0, 10**9, allow_nan=False, places=4))
def test_a_decimal_keeps_its_digits(d):
    got = parse(f"{d:f}", MONEY)
    assert got.state == "printed" and str(got.value) == f"{d:f}"


@given(numbers, st.sampled_from(["件", "项", "次", "个", "宗", "件（含上年）", "人次"]))
def test_a_unit_beside_the_number_is_told_apart(n, unit):
    got = parse(f"{n}{unit}", WHOLE)
    assert (got.state, got.value, got.unit) == ("printed", n, unit.replace("（", "(").replace("）", ")"))


@given(st.integers(1, 10**7), st.sampled_from(["万", "亿", "万元", "亿元", "元"]))
def test_the_value_stays_as_printed_whatever_its_scale(n, unit):
    got = parse(f"{n}{unit}", MONEY)
    assert (got.value, got.unit) == (n, unit)


@pytest.mark.parametrize("text", ["", " ", "\n", "\t\u3000", "\u200b", "\u00a0\ufeff"])
def test_nothing_printed_is_blank(text):
    assert parse(text, WHOLE).state == "blank"
    assert is_figure_like(text)


@pytest.mark.parametrize(
    "text",
    ["/", "—", "－", "-", "--", "——", "\\", "无", "没有", "不涉及", "／", "一", "N/A", "＊", "／ ", "―", "–"],
)
def test_a_sign_for_none_is_a_mark(text):
    got = parse(text, WHOLE)
    assert (got.state, got.value, got.doubts) == ("mark", None, ())
    assert is_figure_like(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("+3", 3), ("-3", -3), ("＋３", 3), ("－３", -3), ("−3", -3), ("—3", -3), ("增3", 3), ("增加3", 3),
        ("新增12件", 12), ("减3", -3), ("减少3件", -3), ("减少-3", -3), ("0", 0), ("-0", 0),
    ],
)  # fmt: skip
def test_signed_changes(text, value):
    got = parse(text, SIGNED)
    assert (got.state, got.value) == ("printed", value)
    assert "negative" not in got.doubts


@given(numbers.filter(bool))
def test_a_negative_count_is_doubted_but_not_mended(n):
    got = parse(f"-{n}", WHOLE)
    assert got.value == -n and "negative" in got.doubts
    assert "negative" in parse(f"-{n}.5", MONEY).doubts


@given(st.integers(0, 10**6), st.integers(1, 9))
def test_half_a_case_is_doubted(n, tenth):
    got = parse(f"{n}.{tenth}", WHOLE)
    assert got.value == Decimal(f"{n}.{tenth}") and "not_whole" in got.doubts
    assert parse(f"{n}.0", WHOLE).value == n


@pytest.mark.parametrize("text", ["++3", "--3", "+-3", "－－3", "＋+3"])
def test_a_double_sign_is_doubted(text):
    got = parse(text, SIGNED)
    assert "double_sign" in got.doubts and abs(int(got.value or 0)) == 3


@given(st.integers(1, 10**6), st.integers(0, 10**6), st.sampled_from([" ", "\n", "\u3000", "  ", "\t"]))
def test_a_torn_number_is_never_taken_without_a_doubt(a, b, gap):
    got = parse(f"{a}{gap}{b}", WHOLE)
    assert got.state == "illegible" or "torn_number" in got.doubts


@given(st.integers(1, 10**6), st.integers(1, 10**6), st.sampled_from("/、;；:：~至和()（|*×=及"))
def test_two_numbers_are_never_one(a, b, between):
    got = parse(f"{a}{between}{b}", WHOLE)
    assert got.state == "illegible" and got.value is None and "not_a_number" in got.doubts


@given(st.integers(1, 999), st.lists(st.integers(0, 99), min_size=1, max_size=3))
def test_commas_where_no_thousands_end_are_doubted(head, tails):
    text = ",".join([str(head), *map(str, tails)])
    got = parse(text, WHOLE)
    assert got.state == "illegible" or "odd_grouping" in got.doubts


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=12))
def test_no_number_comes_from_text_without_its_digits(text):
    """Whatever is printed: the value's digits stand in the text, in order and without others between them."""
    got = parse(text, WHOLE)
    assert got.state in ("printed", "blank", "mark", "illegible")
    assert (got.value is not None) == (got.state == "printed")
    if got.value is None:
        return
    import unicodedata

    plain = "".join(c for c in unicodedata.normalize("NFKC", text) if c in "0123456789")
    digits = (
        "".join(c for c in f"{got.value:f}" if c.isdigit())
        if isinstance(got.value, Decimal)
        else str(abs(got.value))
    )
    assert plain.lstrip("0").rstrip("0") == digits.lstrip("0").rstrip("0")


@given(
    st.sampled_from(["", "+", "-", "增", "减少", "约", "－"]),
    st.text("0123456789,. ", min_size=1, max_size=9),
    st.sampled_from(["", "件", "万元", "件（次）", "/", "%"]),
)  # fmt: skip
def test_a_clean_verdict_is_a_clean_number(sign, body, unit):
    """No doubt at all: then the cell holds one unbroken number, its thousands rightly parted."""
    got = parse(sign + body + unit, WHOLE)
    if got.state != "printed" or got.doubts:
        return
    number = body.strip().rstrip(".,").strip()
    assert " " not in number
    head, *rest = number.split(".")[0].split(",")
    assert head.isdigit() and (not rest or (len(head) <= 3 and all(len(r) == 3 for r in rest)))
    assert abs(int(got.value or 0)) == int(head + "".join(rest))


@pytest.mark.parametrize(
    "text",
    [
        "见附件",
        "约20余",
        "3件（其中2件",
        "第3页",
        "1.2.3",
        "二十",
        "①",
        "5²",
        "12①",
        "⒊",
        "１２３4a",
        "½",
        "12%",
    ],
)
def test_other_ink_is_illegible_or_doubted(text):
    got = parse(text, WHOLE)
    assert got.state == "illegible" or got.doubts


@pytest.mark.parametrize("text", ["规章", "（一）予以公开", "行政许可", "1.信访举报投诉类申请", "2023年"])
def test_labels_are_not_taken_for_figures(text):
    assert not is_figure_like(text)


def test_an_unread_cell_may_be_a_figure():
    assert is_figure_like(None)


@pytest.mark.parametrize(
    ("text", "engine", "value", "doubt"),
    [
        ("223.566", "ppocr6", 223566, "odd_grouping"), ("1.223.566", "digitnet", None, "not_a_number"),
        ("223.566", "pdfium", Decimal("223.566"), "not_whole"), ("22.56", "ppocr6", Decimal("22.56"), "not_whole"),
    ],
)  # fmt: skip
def test_a_point_before_three_digits_of_a_count_in_a_picture_is_a_comma(text, engine, value, doubt):
    """Recognisers take a comma's few pixels for a point; what a file states is as it states it."""
    spec = FORM.field_by_id["proactive.licensing.decisions"]
    got = state_of(Reading(text, engine, 0.99), spec)
    assert got.value == value and doubt in got.doubts
