"""Numbers in prose: exact values, ranges of rounded ones, and what is no quantity."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.language.numerals import exact, parse_number, quantities
from extractor.language.prose import plain

_HAN = "零一二三四五六七八九"


def in_han(n: int) -> str:
    """A number below 10,000 as it is written out: 一千零五, 十二."""
    out, gap = "", False
    for size, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, n = divmod(n, size)
        if digit:
            out += ("零" if gap and out else "") + _HAN[digit] + name
            gap = False
        else:
            gap = True
    return out.removeprefix("一") if out.startswith("一十") else out or "零"


@given(st.integers(0, 9999))
def test_written_out(n: int) -> None:
    assert parse_number(in_han(n)) == n


@given(st.integers(0, 10**10))
def test_thousands_separators(n: int) -> None:
    assert parse_number(f"{n:,}") == n
    assert [q.value for q in quantities(plain(f"共计{n:,}件。"))] == [n]


@given(st.integers(0, 10**9))
def test_full_width_and_torn(n: int) -> None:
    wide = str(n).translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    assert [q.value for q in quantities(plain(f"收到 {wide} 件"))] == [n]
    torn = " ".join(str(n))
    assert [q.value for q in quantities(plain(f"收到{torn}件"))] == [n]


@given(st.integers(1, 99999), st.integers(0, 3))
def test_ten_thousands_cover_what_they_round(n: int, places: int) -> None:
    """However 万 is rounded or cut off, the true number is never called wrong."""
    number = Decimal(n) / 10
    said = number.quantize(Decimal(1).scaleb(-places)) if places else number
    text = f"{said.normalize():f}万"
    found = quantities(f"办理{text}件")
    assert len(found) == 1
    assert found[0].fits(exact(said * 10000)) is True


@given(st.integers(10000, 10**8), st.sampled_from([1, 2]))
def test_rounding_and_cutting_are_never_contradictions(n: int, places: int) -> None:
    step = Decimal(1).scaleb(-places)
    exactly = Decimal(n) / 10000
    for said in (exactly.quantize(step), Decimal(int(exactly / step)) * step):
        found = quantities(f"作出决定{said:f}万件。")
        assert found[0].fits(n) is not False


@given(st.text(max_size=60))
def test_any_text_is_read(text: str) -> None:
    flat = plain(text)
    for q in quantities(flat):
        assert flat[q.start : q.end] and q.low <= q.high and q.value >= 0
        assert q.fits(q.value) is True


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("受理12宗", 12, "宗"),
        ("印发两部", 2, "部"),
        ("四十余条", 40, "条"),
        ("2764.2万宗", 27642000, "宗"),
        ("收费258.5亿元", Decimal("258.5"), "亿元"),
        ("收取0元", 0, "元"),
        ("一百零五份", 105, "份"),
        ("3.8万余件", 38000, "件"),
        ("三千二百件次", 3200, "件次"),
        ("办结3.786件", 3786, "件"),
        ("公开374.642条", 374642, "条"),
        ("收取3.786元", Decimal("3.786"), "元"),
        ("平均0.125次", Decimal("0.125"), "次"),
        ("共12，其中", 12, ""),
        ("二十四起", 24, "起"),
    ],
)
def test_examples(text: str, value: Decimal, unit: str) -> None:
    found = quantities(text)
    assert [(q.value, q.unit) for q in found] == [(value, unit)]


@pytest.mark.parametrize(
    "text",
    [
        "占42.86%",
        "2022年1月1日至12月31日",
        "〔2019〕60号",
        "第3件",
        "一是加强领导",
        "一体化推进",
        "3-5件",
        "数十件",
        "几百件",
    ],
)
def test_no_quantity(text: str) -> None:
    assert quantities(text) == []


def test_ranges() -> None:
    (q,) = quantities("3.8万余件")
    assert q.approximate and q.fits(38412) and q.fits(37999) is None and q.fits(36000) is False
    (q,) = quantities("近100件")
    assert q.fits(97) and q.fits(160) is None and q.fits(300) is False
    (q,) = quantities("3万件")
    assert q.fits(30400) and q.fits(33000) is None and q.fits(41000) is False
    (q,) = quantities("3042件")
    assert not q.approximate and q.fits(3041) is False
