"""Labels that Word makes by itself: "一、", "（一）", "1." of automatic numbering, which no text holds.

Source of the rules: ECMA-376 part 1, §17.9 (numbering) and §17.18.59 (ST_NumberFormat).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

_DIGITS = "零一二三四五六七八九"
_LEGAL = "零壹贰叁肆伍陆柒捌玖"
_STEMS = "甲乙丙丁戊己庚辛壬癸"
_BRANCHES = "子丑寅卯辰巳午未申酉戌亥"
_CHINESE = frozenset((
    "chineseCounting", "chineseCountingThousand", "japaneseCounting", "taiwaneseCounting",
    "taiwaneseCountingThousand", "koreanCounting", "japaneseDigitalTenThousand",
))  # fmt: skip
_LEGAL_FORMATS = frozenset(("chineseLegalSimplified", "ideographLegalTraditional", "japaneseLegal"))
_ENCLOSED = frozenset(("decimalEnclosedCircle", "decimalEnclosedCircleChinese", "ideographEnclosedCircle"))
_ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"),
          (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))  # fmt: skip
_MAX_LEVELS = 9


def local(element: Any) -> str:
    """An element's name without its namespace, "" for what is no element."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def child(element: Any, *path: str) -> Any:
    """The first descendant along `path` of local names, None where a step is missing."""
    for name in path:
        element = next((c for c in element if local(c) == name), None)
        if element is None:
            return None
    return element


def value(element: Any, name: str = "val") -> str | None:
    """An attribute by its local name; None for a missing element or attribute."""
    if element is None:
        return None
    return next((v for k, v in element.attrib.items() if k.rpartition("}")[2] == name), None)


def number(element: Any, default: int, name: str = "val") -> int:
    """An attribute as an integer, `default` where it is missing or no integer."""
    text = value(element, name)
    return int(text) if text and re.fullmatch(r"-?\d{1,9}", text) else default


def is_on(element: Any) -> bool:
    """A toggle property: present and not switched off (ECMA-376 part 1, §17.17.4)."""
    return element is not None and value(element) not in ("0", "false", "off")


@dataclass(frozen=True, slots=True)
class Level:
    start: int
    format: str
    text: str
    legal: bool
    restarts: bool
    style: str | None


@dataclass(frozen=True, slots=True)
class Style:
    """What is needed of a paragraph or character style, its ancestors' properties included."""

    heading: bool = False
    hidden: bool = False
    num_id: str | None = None
    level: int | None = None


@dataclass(slots=True)
class Numbering:
    """Counts list paragraphs in the order they come and says each one's label."""

    levels: dict[str, dict[int, Level]] = field(default_factory=dict)
    """Abstract list id → level → its definition."""
    lists: dict[str, str] = field(default_factory=dict)
    """List id → abstract list id."""
    overrides: dict[str, dict[int, int]] = field(default_factory=dict)
    _counts: dict[str, dict[int, int]] = field(default_factory=dict)
    _used: set[str] = field(default_factory=set)

    def level_of_style(self, num_id: str, style_id: str | None) -> int:
        """The level that a list ties to a paragraph style; 0 where it ties none."""
        levels = self.levels.get(self.lists.get(num_id, ""), {})
        return next((n for n, level in levels.items() if style_id and level.style == style_id), 0)

    def label(self, num_id: str, level: int) -> str:
        """Count one paragraph of a list and give its label, "" for bullets and unknown lists."""
        abstract = self.lists.get(num_id, "")
        definitions = self.levels.get(abstract, {})
        if level not in definitions:
            return ""
        counts = self._counts.setdefault(abstract, {})
        if num_id not in self._used:
            self._used.add(num_id)
            for at, start in self.overrides.get(num_id, {}).items():
                counts[at] = start - 1
        counts[level] = counts.get(level, definitions[level].start - 1) + 1
        for upper in range(level):
            if upper in definitions:
                counts.setdefault(upper, definitions[upper].start)
        for lower in [n for n in counts if n > level and (n not in definitions or definitions[n].restarts)]:
            del counts[lower]
        return self._render(definitions, counts, level)

    @staticmethod
    def _render(definitions: dict[int, Level], counts: dict[int, int], level: int) -> str:
        own = definitions[level]
        if own.format in ("bullet", "none"):
            return ""

        def shown(match: re.Match[str]) -> str:
            at = int(match[1]) - 1
            if at not in definitions or at not in counts:
                return ""
            return numeral(counts[at], "decimal" if own.legal else definitions[at].format)

        return re.sub(r"%([1-9])", shown, own.text).strip()


def read_numbering(root: Any, styles: dict[str, Style]) -> Numbering:
    """The lists of numbering.xml (`root` None: a document without lists)."""
    made = Numbering()
    links: dict[str, str] = {}
    for element in root if root is not None else ():
        if local(element) == "abstractNum":
            ident = value(element, "abstractNumId") or ""
            made.levels[ident] = _levels(element)
            link = value(child(element, "numStyleLink"))
            if link:
                links[ident] = link
        elif local(element) == "num":
            _add_list(made, element)
    for ident, link in links.items():
        target = styles.get(link, Style()).num_id
        for num_id, abstract in list(made.lists.items()):
            if abstract == ident and target in made.lists:
                made.lists[num_id] = made.lists[target]
    return made


def _add_list(made: Numbering, element: Any) -> None:
    num_id = value(element, "numId") or ""
    made.lists[num_id] = value(child(element, "abstractNumId")) or ""
    for override in element:
        start = child(override, "startOverride") if local(override) == "lvlOverride" else None
        if start is not None:
            made.overrides.setdefault(num_id, {})[number(override, 0, "ilvl")] = number(start, 1)


def _levels(abstract: Any) -> dict[int, Level]:
    out: dict[int, Level] = {}
    for element in abstract:
        at = number(element, -1, "ilvl") if local(element) == "lvl" else -1
        if 0 <= at < _MAX_LEVELS:
            out[at] = Level(
                number(child(element, "start"), 0), value(child(element, "numFmt")) or "decimal",
                value(child(element, "lvlText")) or "", is_on(child(element, "isLgl")),
                number(child(element, "lvlRestart"), 1) != 0, value(child(element, "pStyle")),
            )  # fmt: skip
    return out


def read_styles(root: Any) -> dict[str, Style]:
    """Paragraph and character styles by id, each with what it inherits (`root` None: none)."""
    raw = {value(e, "styleId") or "": e for e in (root if root is not None else ()) if local(e) == "style"}
    return {ident: _style(raw, ident) for ident in raw}


def _style(raw: dict[str, Any], ident: str) -> Style:
    heading = hidden = False
    num_id: str | None = None
    level: int | None = None
    seen: set[str] = set()
    at: str | None = ident
    while at in raw and at not in seen:
        seen.add(at)
        element = raw[at]
        name = (value(child(element, "name")) or "").lower()
        outline = number(child(element, "pPr", "outlineLvl"), 9)
        heading = heading or outline < 9 or name == "title" or name.startswith("heading ")
        hidden = hidden or is_on(child(element, "rPr", "vanish"))
        numbered = child(element, "pPr", "numPr")
        if numbered is not None and num_id is None:
            num_id = value(child(numbered, "numId"))
            level = number(child(numbered, "ilvl"), -1)
        at = value(child(element, "basedOn"))
    return Style(heading, hidden, num_id, None if level in (None, -1) else level)


# ---------------------------------------------------------------- numerals


def numeral(n: int, form: str) -> str:
    """`n` in one of Word's number formats; formats that Chinese reports do not use come out as decimals."""
    if form in _CHINESE:
        return chinese(n)
    if form in _LEGAL_FORMATS:
        return chinese(n, _LEGAL, "拾佰仟")
    if form in _ENCLOSED and 1 <= n <= 20:
        return chr(0x2460 + n - 1)
    if form == "decimalEnclosedParen" and 1 <= n <= 20:
        return chr(0x2474 + n - 1)
    if form == "decimalEnclosedFullstop" and 1 <= n <= 20:
        return chr(0x2488 + n - 1)
    if form == "ideographDigital":
        return "".join("〇一二三四五六七八九"[int(d)] for d in str(max(n, 0)))
    if form in ("ideographTraditional", "ideographZodiac") and n >= 1:
        signs = _STEMS if form == "ideographTraditional" else _BRANCHES
        return signs[(n - 1) % len(signs)]
    if form in ("lowerLetter", "upperLetter") and n >= 1:
        letter = chr(ord("a") + (n - 1) % 26) * min((n - 1) // 26 + 1, 20)
        return letter.upper() if form == "upperLetter" else letter
    if form in ("lowerRoman", "upperRoman") and 1 <= n < 4000:
        return _roman(n).upper() if form == "upperRoman" else _roman(n)
    if form in ("decimalFullWidth", "decimalFullWidth2"):
        return "".join(chr(ord(d) + 0xFEE0) for d in str(n))
    return f"{n:02d}" if form == "decimalZero" else str(n)


def chinese(n: int, digits: str = _DIGITS, units: str = "十百千") -> str:
    """0 to 9,999 as Chinese counting writes it (十一, 一百零三); others as decimals."""
    if not 0 <= n <= 9999:
        return str(n)
    if n == 0:
        return digits[0]
    out, gap = "", False
    for place in (3, 2, 1, 0):
        digit = n // 10**place % 10
        if digit:
            out += (digits[0] if gap and out else "") + digits[digit] + (units[place - 1] if place else "")
        gap = not digit
    # 10 to 19 leave the leading one out, but for the sums of money that legal numerals stand for.
    return out[1:] if 10 <= n <= 19 and digits is _DIGITS else out


def _roman(n: int) -> str:
    out = ""
    for size, sign in _ROMAN:
        count, n = divmod(n, size)
        out += sign * count
    return out
