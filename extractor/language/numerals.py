"""Numbers as Chinese prose writes them: 1,234件, 3.8万余件, 四十余条, 两部, 2764.2万宗.

`quantities` finds every number with the unit that follows it; `parse_number` reads one number.  Text is
expected as `prose.plain` leaves it (NFKC, no white space).  Values are exact: int, or Decimal where the
number has a fraction.  A rounded number keeps the range of true values that it can stand for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from extractor.types import Number

_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {
    "〇": 0, "○": 0, "两": 2, "壹": 1, "贰": 2, "叁": 3, "肆": 4, "伍": 5, "陆": 6, "柒": 7, "捌": 8, "玖": 9,
}  # fmt: skip
_TENS = {"十": 10, "百": 100, "千": 1000, "拾": 10, "佰": 100, "仟": 1000}
_SCALES = {"万": 10**4, "亿": 10**8}

COUNT_UNITS = ("件次", "宗次", "项次", "起次", "件", "宗", "起", "条", "份", "例", "项", "次", "部", "个", "桩")
MONEY_UNITS = {"元": 1, "万元": 10**4, "亿元": 10**8}
_OTHER_UNITS = (
    "人次", "余人次", "名", "人", "期", "篇", "册", "场", "家", "户", "天", "个工作日", "工作日", "小时",
    "字", "页", "套", "块", "处", "张", "类", "级", "批", "位", "本", "轮", "台", "幅", "点击",
    "平方米", "公里", "个月", "个百分点", "分",
)  # fmt: skip
_ARABIC = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_HAN = "零〇○一二三四五六七八九十百千两壹贰叁肆伍陆柒捌玖拾佰仟"
_UNIT = "|".join(sorted({*COUNT_UNITS, *_OTHER_UNITS, "元"}, key=len, reverse=True))
_QUANTITY = re.compile(
    rf"(?P<before>大约|约|将近|接近|近|超过|逾|不足|不到)?"
    rf"(?:(?P<arabic>(?<![\d.第〔\[号\-~至-])(?:{_ARABIC}))|(?P<han>(?<![第{_HAN}万亿])(?!(?<=[几数])[十百千])[{_HAN}]+(?:万[{_HAN}]*)?))"
    rf"(?P<scale>[十百千]?[万亿](?:亿)?)?"
    rf"(?P<after>余|多|来)?"
    rf"(?P<unit>{_UNIT}|(?=[，、。；：！？（）()“”]|$)|(?=[\u4e00-\u9fff]))?"
    rf"(?P<more>左右|以上)?"
)
# Cases come whole: a point before three digits is a comma's, mistyped or misread in a scan (3.786件).
_POINTED = re.compile(r"(?<=^[1-9])\.(?=\d{3}$)|(?<=^[1-9]\d)\.(?=\d{3}$)|(?<=^[1-9]\d\d)\.(?=\d{3}$)")
# After an arabic number these make it a date, a rank, a ratio or a document's number, no quantity.
_NOT_AFTER = re.compile(r"[年月日号时%‰℃]|个百分点|-\d|至\d|~\d|/|成[，。；]")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number in prose.  `start`, `end` are positions in the text, unit and rounding words included."""

    value: Number
    unit: str
    start: int
    end: int
    text: str
    low: Number
    high: Number
    """The true values it can stand for; both are `value` where the number is exact."""
    slack: Number = 0
    """Beyond `low`..`high` by up to this much it is unclear whether the author rounded or erred."""

    @property
    def approximate(self) -> bool:
        return self.low != self.high

    def fits(self, actual: Number) -> bool | None:
        """Whether `actual` can be what is meant; None where rounding leaves it open."""
        if self.low <= actual <= self.high:
            return True
        if self.low - self.slack < actual < self.high + self.slack:
            return None
        return False


def exact(value: Decimal) -> Number:
    """An int where the value is whole, else the Decimal itself."""
    return int(value) if value == value.to_integral_value() else value


def _from_han(text: str) -> int | None:
    """一百零五 → 105, 二〇二二 → 2022; None where the characters are no number."""
    if all(c in _DIGITS for c in text):
        return int("".join(str(_DIGITS[c]) for c in text))
    total = section = digit = 0
    last = 10**12
    for c in text:
        if c in _DIGITS:
            if digit:
                return None
            digit = _DIGITS[c]
        elif c in _TENS:
            size = _TENS[c]
            if size >= last:
                return None
            section += (digit or (1 if size == 10 and not section else 0)) * size
            if not digit and not (size == 10 and section == 10):
                return None
            digit, last = 0, size
        elif c in _SCALES:
            if not section + digit:
                return None
            total, section, digit, last = (total + section + digit) * _SCALES[c], 0, 0, 10**12
        else:
            return None
    # 一百二 is said for 一百二十, but is too loose to be a count in a report.
    return total + section + digit


def parse_number(text: str) -> Number | None:
    """The value of one written number (12,345 · 3.8万 · 四十二 · 两 · 2亿), or None."""
    match = re.fullmatch(rf"({_ARABIC})([十百千]?[万亿]?)", text)
    if match:
        value = Decimal(match[1].replace(",", ""))
        for c in match[2]:
            value *= _TENS[c] if c in _TENS else _SCALES[c]
        return exact(value)
    return _from_han(text) if text and all(c in _DIGITS or c in _TENS or c in _SCALES for c in text) else None


def _step(number: str, scale: int) -> Decimal:
    """The unit in the last place of a rounded number: 3.8万 → 1000, 40 → 10, 1200 → 100."""
    if "." in number:
        return Decimal(scale).scaleb(-len(number.split(".")[1]))
    if scale > 1:
        return Decimal(scale)
    zeros = len(number) - len(number.rstrip("0"))
    return Decimal(1).scaleb(zeros)


def _bounds(
    value: Number, step: Decimal, before: str, after: str, scaled: bool
) -> tuple[Number, Number, Number]:
    """Range of true values and slack, by the words of rounding around the number."""
    v = Decimal(value)
    if after in ("余", "多", "来", "以上") or before in ("超过", "逾"):
        return exact(v), exact(v + step), exact(step)
    if before in ("近", "将近", "接近", "不足", "不到"):
        return exact(v - step), exact(v), exact(step)
    if before in ("约", "大约") or after == "左右":
        return exact(v - step), exact(v + step), exact(step)
    if scaled:
        # Rounding moves a value by half a step at most; cutting off, by less than one.  3万 without a
        # fraction is read to a tenth: who means 34,000 says 3.4万 or 3万余.
        half = step / 20 if v % step == 0 and step >= 10**4 else step / 2
        return exact(v - half), exact(v + half), exact(max(half, step / 2))
    return value, value, 0


def _read(match: re.Match[str]) -> Quantity | None:
    number, scale_text, unit = match["arabic"] or match["han"], match["scale"] or "", match["unit"]
    if unit is None or (match["han"] and not unit):
        return None
    if match["arabic"] and not unit and _NOT_AFTER.match(match.string, match.end()):
        return None
    if unit in COUNT_UNITS and not scale_text:
        number = _POINTED.sub("", number)
    value = parse_number(number + scale_text) if match["arabic"] else parse_number(number)
    if value is None:
        return None
    scale = 1
    for c in scale_text:
        scale *= _TENS.get(c) or _SCALES[c]
    if match["han"]:
        value = exact(Decimal(value) * scale)
    digits = (number if match["arabic"] else str(value if scale == 1 else 1)).replace(",", "")
    words = match["after"] or match["more"] or ""
    low, high, slack = _bounds(value, _step(digits, scale), match["before"] or "", words, scale > 1)
    start = match.start("before") if match["before"] else match.start("arabic" if match["arabic"] else "han")
    if unit == "元" and scale_text in ("万", "亿"):
        # 万元 is a unit of its own: the number stays as written before it.
        one = Decimal(scale)
        return Quantity(
            exact(value / one), scale_text + "元", start, match.end(), match[0],
            exact(low / one), exact(high / one), exact(slack / one),
        ) if words or match["before"] else _money(match, start, exact(value / one), scale_text)  # fmt: skip
    return Quantity(value, unit, start, match.end(), match[0], low, high, slack)


def _money(match: re.Match[str], start: int, value: Number, scale: str) -> Quantity:
    """An amount in 万元 or 亿元: exact as far as its decimals go."""
    step = Decimal(1) / 10 ** len(str(value).partition(".")[2])
    return Quantity(
        value, scale + "元", start, match.end(), match[0],
        exact(value - step / 2), exact(value + step / 2), exact(step / 2),
    )  # fmt: skip


def quantities(text: str) -> list[Quantity]:
    """Every quantity of a text, in order.  Percentages, dates, ranks and document numbers are left out."""
    found = (_read(match) for match in _QUANTITY.finditer(text))
    return [q for q in found if q is not None]
