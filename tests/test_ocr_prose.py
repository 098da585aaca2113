"""Which lines of a picture's page a brief reading reads."""

from __future__ import annotations

import pytest

from extractor.ocr.prose import _settled
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
