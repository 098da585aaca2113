"""Prose as the rules of the language read it: one spelling of widths and marks, sentences, years.

Nothing here knows the form; everything is a plain function on text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from extractor.language.normalise import fold

# NFKC makes full-width marks half-width; prose is compared with the full-width ones.
_WIDE = str.maketrans({",": "，", ";": "；", ":": "：", "(": "（", ")": "）", "!": "！", "?": "？", "[": "（",
                       "]": "）", "〔": "（", "〕": "）", "【": "（", "】": "）"})  # fmt: skip
_THOUSANDS = re.compile(r"(?<=\d)，(?=\d{3}(?!\d))")
_TITLES = re.compile(r"《[^《》]*(?:《[^《》]*》[^《》]*)*》")
_ASIDE = re.compile(r"（[^（）\d零一二三四五六七八九十两]*）")
# The whole reporting year, day by day: 1月1日至12月31日.
_WHOLE = re.compile(
    r"(?:自|从)?(?:(20\d\d)年)?1月1日(?:起|开始)?[，至到—\-~－]+(?:(?:20\d\d)年)?12月31日(?:止|截止)?"
)
# Its last day or month: 截至2022年12月31日, 12月底.
_YEAR_END = re.compile(r"(?:截至|截止|至|到)?(?:(20\d\d)年)?12月(?:31日|底|末)(?:止|前)?")
# Any other months and days are a part of some year.
_PART = re.compile(
    r"(?:20\d\d年)?(?:\d{1,2}月?(?:份|\d{1,2}日)?[至到—\-~－、])?(?:20\d\d年)?\d{1,2}月(?:份|\d{1,2}日|底|末|初|中旬|上旬|下旬)?"
)
# What was made before some day and is looked through now: no figure of another year.
_MADE_BEFORE = re.compile(
    r"(?:截至|截止|对|将)?20\d\d年(?:\d{1,2}月)?(?:\d{1,2}日|底|末)?(?:之前|以前|前)(?=[^，。；]{0,14}(?:规范性文件|规章))"
)
_SOME_YEARS = re.compile(
    r"(?:近|过去|连续)[几二两三四五六七八九十\d]{1,2}年(?:来|间|以来)?|[几二两三四五六七八九十]年(?:来|间|以来)"
)
_YEAR = re.compile(r"(?<!\d)(20\d\d)年度?")
_END = re.compile(r"[^。！？；\n]*[。！？；\n]?")
_ENUMERATOR = re.compile(
    r"^\s*(?:[（(]\s*(?:[一二三四五六七八九十]{1,3}|\d{1,2})\s*[)）]、?|[一二三四五六七八九十]{1,3}[、.．]|"
    r"\d{1,2}\s*[、.．](?!\d)|[①-⑳]|[一二三四五六七八九十]是)\s*"
)


class Sentence(NamedTuple):
    """One sentence: `text` as printed, `plain` as the rules read it."""

    text: str
    plain: str


def plain(text: str) -> str:
    """NFKC without white space; punctuation full-width, save commas between thousands."""
    return _THOUSANDS.sub(",", fold(text).translate(_WIDE))


def sentences(text: str) -> Iterator[str]:
    """The sentences of a text as printed, closing mark included; a semicolon ends one too."""
    for match in _END.finditer(text):
        if match[0].strip():
            yield match[0].strip()


def relative(text: str, year: int | None) -> str:
    """`plain` text with calendar years told by their relation to the report's year.

    2022年 becomes 本年, 上年, 下年 or 他年; days of the calendar and titles in 《》 are taken out.
    """
    text = _TITLES.sub("《》", text)
    text = _MADE_BEFORE.sub("", _ASIDE.sub("", text))

    def told(match: re.Match[str]) -> str:
        if year is None:
            return "本年"
        gap = int(match[1]) - year
        return {0: "本年", -1: "上年", 1: "下年"}.get(gap, "他年")

    def whole(match: re.Match[str]) -> str:
        return told(match) if match[1] else "本年"

    def end(match: re.Match[str]) -> str:
        return "" if not match[1] or year is None or int(match[1]) == year else "他年"

    text = _YEAR_END.sub(end, _WHOLE.sub(whole, _SOME_YEARS.sub("他年", text)))
    return _YEAR.sub(told, _PART.sub("他年", text))


def enumerator(text: str) -> str:
    """The leading 一、 （二） 3. 一是 of a paragraph, "" where there is none."""
    match = _ENUMERATOR.match(text)
    return match[0] if match else ""
