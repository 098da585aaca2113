"""A column of links beside the report is not read into its lines."""

from __future__ import annotations

from extractor.geometry.marks import Char
from extractor.geometry.page import text_lines

SIZE = 10.0


def typed(text: str, x: float, y: float) -> list[Char]:
    return [Char(t, x + SIZE * n, y, x + SIZE * (n + 1), y + SIZE, SIZE) for n, t in enumerate(text)]


def texts(*runs: tuple[str, float, float]) -> list[str]:
    return [line.text for line in text_lines(1, [c for run in runs for c in typed(*run)])]


LINKS = [("政务公开", 60.0, 100.0), ("办事服务", 60.0, 120.0), ("互动交流", 60.0, 140.0), ("走进本县", 60.0, 160.0)]


def test_links_beside_the_text_are_left_out():
    body = [("一、总体情况", 130.0, 120.0), ("本机关高度重视", 150.0, 140.0), ("政府信息公开工作", 130.0, 160.0)]
    assert texts(*LINKS, *body) == [t for t, _, _ in body]


def test_words_that_are_no_column_stay():
    wide = ("公开", 60.0, 180.0), ("政府信息公开工作年度报告", 130.0, 180.0)
    assert texts(*wide) == ["公开 政府信息公开工作年度报告"]
    crossing = [("本机关高度重视政府信息公开工作", 60.0, 130.0), ("一、总体情况", 130.0, 120.0)]
    assert "政务公开" in texts(*LINKS, *crossing)


def test_figures_and_numbers_of_headings_are_no_links():
    figures = [("规章", 60.0, 100.0 + 20 * n) for n in range(2)] + [(str(n), 60.0, 150.0 + 20 * n) for n in range(4)]
    assert len(texts(*figures, ("总体情况", 130.0, 150.0))) == 6
