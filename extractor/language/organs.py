"""Names of organs: how they end, which of them are the reporting organ itself."""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from typing import NamedTuple

from extractor.language.normalise import HAN
from extractor.settings import MODELS

_REGION = rf"{HAN}{{1,7}}?(?:自治区|自治州|自治县|省|市|区|县|州|旗|盟)"


class OrganWords(NamedTuple):
    endings: tuple[str, ...]
    self_names: tuple[str, ...]
    not_doer: str
    department: re.Pattern[str]
    """A department by what it does: 教育局, 卫生健康委员会."""
    ending: re.Pattern[str]
    """A whole name by its ending."""


@lru_cache(maxsize=1)
def words() -> OrganWords:
    """models/lexicon/organs.toml, read once a process."""
    data = tomllib.loads((MODELS / "lexicon" / "organs.toml").read_text(encoding="utf-8"))
    kinds = "|".join(sorted(data["departments"], key=len, reverse=True))
    ends = "|".join(sorted(data["department_endings"], key=len, reverse=True))
    whole = "|".join(sorted(data["endings"], key=len, reverse=True))
    return OrganWords(
        tuple(sorted(data["endings"], key=len, reverse=True)), tuple(data["self"]), data["not_doer"],
        re.compile(rf"(?:[省市区县州旗])?(?:{kinds})(?:{ends})"), re.compile(rf"(?:{whole})$"),
    )  # fmt: skip


# A town by its name alone, after the place that it belongs to: 梧桥县柿园镇.
_TOWN = re.compile(rf"{HAN}{{2,8}}[市县区旗]{HAN}{{1,8}}(?:街道|镇|乡)")
SECOND_NAME = re.compile(r"[（(][^（）()]{2,24}[）)]$")


def is_organ(text: str) -> bool:
    """Whether a whole text looks like the name of an organ, a second name in brackets behind it or none."""
    first = SECOND_NAME.sub("", text)
    text = first if 3 <= len(first) < len(text) <= 40 else text
    return (
        3 <= len(text) <= 40
        and bool(words().ending.search(text) or _TOWN.fullmatch(text))
        and not re.search(r"[，。；：？！、\d《》]", text)
    )


def without_region(organ: str) -> str:
    """桐山市教育局 → 教育局; the name itself where nothing precedes the department."""
    match = words().department.search(organ)
    if match:
        return organ[match.start() :].lstrip("省市区县州旗")
    return re.sub(rf"^(?:{_REGION})+", "", organ) or organ


# What may stand right before a department's short name that is the organ's own: no place, no 各.
_OPENING = "年月日内我本由与和及对向经来间在是让使"


def own_pattern(organ: str | None) -> re.Pattern[str] | None:
    """Finds the organ's own name in prose, with or without its place (市教育局 for 桐山市教育局, not 各县教育局)."""
    if not organ:
        return None
    names = [re.escape(organ)]
    core = without_region(organ)
    if core != organ and words().department.match(core):
        level = _level(organ, core)
        names.append(rf"(?:(?<!{HAN})|(?<=[{_OPENING}])){level}?{re.escape(core)}")
    return re.compile("|".join(names))


def _level(organ: str, core: str) -> str:
    """The last character of the place before an organ's short name, "" where that is none."""
    before = organ[: len(organ) - len(core)][-1:] if organ.endswith(core) else ""
    return before if before and before in "省市区县州旗盟镇乡" else ""


_GOVERNMENT = re.compile(
    r"(?:[省市区县州旗镇乡]|街道)(?:人民)?政府(?!信息|网站|门户|规章|规范|行政规范|公报|服务|令|采购|集中|投资)"
)


def other_organs(text: str, organ: str | None) -> list[tuple[int, int]]:
    """Where a text names departments that are not the reporting organ and could be the doer."""
    out = []
    own = without_region(organ) if organ else ""
    level = _level(organ, own) if organ else ""
    for match in words().department.finditer(text):
        name = match[0].lstrip("省市区县州旗")
        before = text[max(0, match.start() - 8) : match.start()]
        place = text[: match.end() - len(name)][-1:]
        same = name in own and (not place or place == level or place not in "省市区县州旗盟镇乡各）")
        if same or any(c in before for c in words().not_doer):
            continue
        out.append(match.span())
    if organ and "政府" not in organ:
        for match in _GOVERNMENT.finditer(text):
            before = text[max(0, match.start() - 8) : match.start()]
            if not any(c in before for c in words().not_doer):
                out.append(match.span())
    return out
