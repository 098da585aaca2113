"""Which lines of a picture's page a brief reading reads."""

from __future__ import annotations

import pytest

from extractor.ocr.prose import _head, _settled, _tail
from extractor.types import Line

TITLE = "柏川县水利局2022年度政府信息公开工作年度报告"
PERIOD = "统计时限从2022年1月1日起至12月31日止。"


@pytest.mark.parametrize(
    ("texts", "settled"),
    [
        ((), False), ((TITLE,), False), ((TITLE, PERIOD), True), ((PERIOD,), False),
        ((TITLE, "统计时限从2022年1月1日起至12月", "31日止。"), True), (("政府信息公开工作年度报告", PERIOD), False),
    ],
)  # fmt: skip
def test_a_head_is_settled_by_title_and_period(texts: tuple[str, ...], settled: bool) -> None:
    lines = [Line(t, 1, (50, 50 + 20 * k, 500, 64 + 20 * k), 12.0) for k, t in enumerate(texts)]
    assert _settled(lines) == settled


def test_pieces_of_a_menu_are_one_row() -> None:
    """Nine rows are read; how many pieces a site's menu falls into is chance."""
    menu = [(100 * k, 20, 100 * k + 60, 34) for k in range(6)]
    rows = [(100, 60 + 30 * k, 400, 74 + 30 * k) for k in range(12)]
    assert _head([*menu, *rows], 1000) == [*menu, *rows[:8]]


def test_the_preface_ends_with_its_fourth_long_line() -> None:
    long = [(100, 60 + 30 * k, 900, 74 + 30 * k) for k in range(6)]
    assert _head([(300, 20, 700, 40), *long], 1000) == [(300, 20, 700, 40), *long[:4]]


def test_the_end_of_a_paragraph_is_no_signature() -> None:
    long, end, right = (100, 60, 900, 74), (100, 84, 300, 98), (600, 110, 800, 124)
    assert _tail([long, end, right], 1000) == [right]
    apart = (100, 130, 300, 144)
    assert _tail([long, apart], 1000) == [apart]
