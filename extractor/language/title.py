"""The report's title and period: what a line must look like to be one, and what it says.

Titles come as organ + year + name, year + organ + name, organ + name with the year inside, with or without
关于, 工作, 年度, broken over up to three lines, or not at all.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from extractor.language.normalise import HAN, fold
from extractor.language.organs import is_organ, words
from extractor.types import Line

_YEAR = r"2[0O〇oQ][\dlIOo]{2}"
_HAN_YEAR = re.compile(r"二[〇○零0Oo][一二三四五六七八九〇○零]{2}(?=年)")
_NAME = re.compile(
    rf"(?:政府|政务)?(?:信息|政务)公开(?:工作)?(?:的)?(?:情况)?(?:的)?(?:工作)?(?:(?P<year>{_YEAR})年?度?)?"
    r"(?:年?度)?(?:的)?(?:年度)?(?:工作)?(?:情况)?(?:的)?(?:报告|年报)$"
)
_YEARS = re.compile(rf"(?:关于)?({_YEAR})(?:年度|年|度)?(?:的)?")
# A line that speaks of the report is no title.
_SPEAKS = re.compile(r"现公布|公布|根据|依据|按照|编制|本报告|[，。；：！？]|印发|通知|现将|如下|的函|请示")
_PLACE = re.compile(rf"{HAN}{{1,11}}[市县区省州旗镇乡]")
_SITE = re.compile(r"网站|门户|首页|平台")
_ASIDE = re.compile(r"[（(\[【][^）)\]】]{0,12}[）)\]】]$")
_PREFIX = re.compile(r"^(?:附件\d*[:：]?|标题[:：]|名称[:：]|\d{1,2}[、.])")
BRACKETS = str.maketrans("()", "（）")
"""Names are given with the brackets that Chinese print has."""
_MOST_LINES, _MOST_CHARS = 3, 70
_IN_LIST = 6.0
"""What a line of a list is worth less: more than a heading's mark and its type are worth together."""
_LOOKALIKE = str.maketrans("lIOoQ〇", "110000")
_HAN_DIGITS = {c: str(i) for i, c in enumerate("零一二三四五六七八九")} | {
    "〇": "0",
    "○": "0",
    "O": "0",
    "o": "0",
}


class Title(NamedTuple):
    text: str
    organ: str | None
    year: int | None
    weight: float = 0.0
    page: int | None = None
    listed: bool = False
    """A line among others that name other reports: a site's list, perhaps with this one in it."""


def year_of(text: str) -> int | None:
    """A year as printed or as misread (202l); None outside 2008 (when the duty began) to 2099."""
    value = text.translate(_LOOKALIKE)
    return int(value) if value.isdigit() and 2008 <= int(value) <= 2099 else None


def _arabic_years(text: str) -> str:
    return _HAN_YEAR.sub(lambda m: "".join(_HAN_DIGITS.get(c, c) for c in m[0]), text)


def parse_title(text: str) -> Title | None:
    """Organ and year of a title line, or None where the text is no title of such a report."""
    flat = _PREFIX.sub("", _arabic_years(fold(text)))
    bare = _ASIDE.sub("", flat).strip("《》“”\"'「」【】[]★·•")
    if not 8 <= len(bare) <= _MOST_CHARS or _SPEAKS.search(bare):
        return None
    match = _NAME.search(bare)
    if not match:
        return None
    rest = bare[: match.start()]
    years = [y for y in (year_of(m[1]) for m in _YEARS.finditer(rest)) if y]
    inner = year_of(match["year"]) if match["year"] else None
    organ = _YEARS.sub("", rest).replace("关于", "").removesuffix("的").removesuffix("年度").strip("-—_ ")
    aside = _ASIDE.search(organ)
    if aside and not is_organ(aside[0].strip("（）()[]【】")):
        # （机关）, （本级）: which part of it reports; 民宗委（宗教事务局） is a second name.
        organ = organ[: aside.start()]
    if organ and (
        not re.fullmatch(rf"(?:{HAN}|[（）()、·]){{2,36}}", organ)
        or organ.endswith(("依申请", "主动", "推进"))
    ):
        return None
    if not organ and not years and inner is None:
        return None
    return Title(text.strip(), organ.translate(BRACKETS) or None, inner or (years[0] if years else None))


def _joined(lines: Sequence[Line]) -> str:
    return "".join(line.text.strip() for line in lines)


def find_titles(lines: Sequence[Line]) -> list[Title]:
    """Titles among the lines that stand before the text, best first.

    Windows of up to three lines of one size are tried; a title with its organ is worth more than one
    without, a large or marked one more than a small one.
    """
    body = sorted(line.size for line in lines if line.size)
    usual = body[len(body) // 2] if body else 0.0
    found: list[Title] = []
    alone = [parse_title(line.text) for line in lines]
    for at in range(len(lines)):
        for n in range(1, _MOST_LINES + 1):
            window = lines[at : at + n]
            if len(window) < n or (n > 1 and window[0].page != window[-1].page):
                break
            if n > 1 and not _one_size(window):
                break
            if any(line.text.rstrip().endswith(("。", "；", "，")) for line in window):
                break
            for text, loss in _variants(window):
                title = parse_title(text)
                if title is None or (n > 1 and not _whole(window, title)):
                    continue
                weight = 10.0 + 4 * bool(title.organ) + 2 * bool(title.year) - 0.5 * (n - 1) - loss
                weight += 3 * any(line.heading for line in window) + 3 * (0 < 1.1 * usual < window[0].size)
                weight += 1 if title.organ and is_organ(title.organ) else 0
                # The place on a line of its own belongs to the department below it.
                weight += 2 if n > 1 and _PLACE.fullmatch(fold(window[0].text)) else 0
                listed = n == 1 and not window[0].heading and _listed(alone, at)
                weight -= _IN_LIST * listed
                found.append(Title(text, title.organ, title.year, weight, window[0].page, listed))
    # Of equal ones the later: lists of reports and breadcrumbs stand above the title.
    found.reverse()
    found.sort(key=lambda t: -t.weight)
    return found


def _listed(alone: Sequence[Title | None], at: int) -> bool:
    """Whether the line above or below is a title too, of another report."""
    own = alone[at]
    beside = [alone[k] for k in (at - 1, at + 1) if 0 <= k < len(alone)]
    return own is not None and any(t is not None and (t.organ, t.year) != (own.organ, own.year) for t in beside)


def _variants(window: Sequence[Line]) -> list[tuple[str, float]]:
    """The window's text, and without words that a gap sets apart at its left (a menu beside it)."""
    pieces = _joined(window).split()
    whole = [("".join(pieces), 0.0)]
    return whole + [("".join(pieces[k:]), 1.0) for k in range(1, len(pieces)) if len(pieces) <= 5]


def _one_size(window: Sequence[Line]) -> bool:
    sizes = [line.size for line in window if line.size]
    return not sizes or max(sizes) <= 1.35 * min(sizes)


def _whole(window: Sequence[Line], title: Title) -> bool:
    """Whether every line belongs: the first names an organ or a year, or breaks off in the name."""
    first, last = fold(window[0].text), fold(window[-1].text)
    if parse_title(last) is None:
        return True
    return (
        bool(words().ending.search(first))
        or is_organ(first)
        or bool(re.search(r"[市县区省镇乡]$|20\d\d年?度?$", first))
    )


# ---------------------------------------------------------------- the period

_SPAN = re.compile(
    r"(?:(?P<y1>20\d{2}(?:20)?)年?)?(?P<m1>\d{1,2})月(?P<d1>\d{1,2})日?(?:起|开始|以来)?[，,]?(?:截止|截至)?"
    r"(?:至|到|—+|-+|－+|~|–+|─+|―+)[，,]?(?:(?P<y2>20\d{2}(?:20)?)年?)?(?P<m2>\d{1,2})月(?P<d2>\d{1,2})日?"
)
# Converters lose 年, 月, 日: 202311日至20231231日.
_TORN = re.compile(
    r"(?P<y1>20\d{2})年?(?P<m1>0?1)月?(?P<d1>0?1)日?起?[，,]?(?:至|到|[—\-－~–])+(?:(?P<y2>20\d{2})年?)?(?P<m2>12)月?(?P<d2>3[01])日?"
)
_ABOUT = re.compile(r"统计|期限|时限|起止|周期|年限|时间段|数据|核定|时间")


def find_period(text: str, year: int | None) -> tuple[str, str] | None:
    """First and last day (ISO) of the span that a preamble gives for its data, or None.

    `year` stands in where the span names none.
    """
    flat = fold(text)
    for pattern in (_SPAN, _TORN):
        for match in pattern.finditer(flat):
            before = flat[max(0, match.start() - 40) : match.start()]
            if not _ABOUT.search(before):
                continue
            first = year_of(match["y1"][:4]) if match["y1"] else None
            second = year_of(match["y2"][:4]) if match["y2"] else None
            first, second = first or second or year, second or first or year
            if first is None or second is None:
                return None
            try:
                span = (
                    date(first, int(match["m1"]), int(match["d1"])),
                    date(second, int(match["m2"]), int(match["d2"])),
                )
            except ValueError:
                continue
            return span[0].isoformat(), span[1].isoformat()
    return None
