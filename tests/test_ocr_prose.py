"""Which lines of a picture's page a brief reading reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from extractor.ocr import prose
from extractor.ocr.labels import QuickReader
from extractor.ocr.prose import _head, _settled, _tail
from extractor.ocr.strips import Strip
from extractor.ocr.words import Traced
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


class _Page:
    """As much of a page as reading its head asks for."""

    masks = np.zeros((2, 400, 1000), np.uint8)


def _reading(monkeypatch: pytest.MonkeyPatch, texts: dict[Strip, str], sees: dict[Strip, str]) -> list[str]:
    """What is read of a head, line by line in the order of reading; `sees`: by the quick reader."""
    asked: list[str] = []

    def read(page: Any, found: Sequence[Strip], *_: Any) -> list[Line]:
        asked.extend(texts[s] for s in found)
        return [Line(texts[s], 1, tuple(map(float, s)), 12.0) for s in found]

    class Net:
        def trace(self, crops: Sequence[Strip]) -> list[Traced]:
            return [Traced(sees.get(c, ""), 0.0, (), np.zeros((1, 1))) for c in crops]

    monkeypatch.setattr(prose, "_read", read)
    monkeypatch.setattr(prose, "strip_crop", lambda page, strip: strip)
    lines = prose._read_head(_Page(), list(texts), None, QuickReader(Net(), None))  # type: ignore[arg-type]
    assert [line.text for line in lines] == [t for t in texts.values() if t in asked], "in the page's order"
    return asked


def test_the_line_of_a_preface_that_shows_most_digits_is_read_first(monkeypatch: pytest.MonkeyPatch) -> None:
    title, first, second = (100, 20, 900, 40), (100, 60, 900, 74), (100, 90, 900, 104)
    texts = {title: TITLE, first: "依据《中华人民共和国政府信息公开条例》编制本报告。", second: PERIOD}
    assert _reading(monkeypatch, texts, {second: "〓2022年1目1目12目31目"}) == [TITLE, PERIOD]


def test_a_title_s_second_line_is_read_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    title, more, first = (100, 20, 900, 40), (400, 50, 600, 70), (100, 90, 900, 104)
    texts = {title: TITLE.removesuffix("报告"), more: "报告", first: PERIOD}
    assert _reading(monkeypatch, texts, {}) == [*texts.values()]


def test_a_period_over_two_lines_takes_both(monkeypatch: pytest.MonkeyPatch) -> None:
    title, first, second = (100, 20, 900, 40), (100, 60, 900, 74), (100, 90, 900, 104)
    texts = {title: TITLE, first: "本报告统计时限从2022年1月1日起至12月", second: "31日止。"}
    assert _reading(monkeypatch, texts, {first: "20221112", second: "31"}) == [*texts.values()]
