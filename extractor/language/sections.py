"""The report's six sections: headings found by likeness, text without tables.

A heading is a paragraph whose words are like one of the form's titles or aliases (rapidfuzz) after its
numbering is taken off.  Contents pages, lists in the preamble and sub-headings look the same; they are told
apart by what follows them, by their numbering, and by the order that fits the whole document best.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from rapidfuzz import fuzz

from extractor.forms.model import Form, SectionSpec
from extractor.language.lines import Paragraph, Part, paragraphs
from extractor.language.normalise import key
from extractor.language.organs import is_organ
from extractor.language.title import parse_title
from extractor.types import Document, Finding, Grid, Section

_NUMBER = re.compile(
    r"^\s*(?:第?(?P<han>[一二三四五六七八九十]{1,2}|[—–―─－ー一-](?=[、.．]))(?:部分)?\s*(?P<point>[、.．,，:：]|\s)\s*"
    r"|(?P<arabic>\d{1,2})\s*[、.．,，:：]\s*|(?P<bracket>[（(]\s*(?:[一二三四五六七八九十]|\d)\s*[)）]、?\s*))"
)
_BESIDE = re.compile(r"^\S{2,12}\s+([一二三四五六]、\S{2,30})$")
_CUT = re.compile(r"[。：:；\s]")
_SIGN_OFF_DATE = re.compile(
    r"^(?:20\d\d|二[〇○零0О]{1}[一二三四五六七八九〇○零]{2})[年.\-/][\d一二三四五六七八九十]{1,3}[月.\-/][\d一二三四五六七八九十]{1,3}日?$"
)
_HAN = {c: i for i, c in enumerate("一二三四五六七八九十", 1)}
# Likeness (0 to 100) from which a paragraph counts as a heading.  Of the forms' titles and aliases, with one
# left out, the rest knows 59 of 64 from 72 up (tests/test_sections.py); without a number there is less
# to go by, so more is asked.  A sub-heading (（一）主动公开) can be as like: numbering and order part them.
_NUMBERED, _BARE_TITLE = 72.0, 86.0
_OVER_TABLE = 72.0
"""Likeness from which a short line is a heading that stands right over a table of the form, numbered or not."""
_OF_YEAR = re.compile(r"^20\d\d年度?(?=.{4})")
_LONGEST = 40
_PREAMBLE = re.compile(
    r"编制(?:了|并|而)|编制本|统计(?:期限|时限|时间|周期|年限)|如对本报告|部分组成|现公布|现将|报告格式|年度报告如下|条例.{0,60}报告"
)
_SAYS_SOMETHING = 60
"""Characters of a first section's text at least: the shortest met, one sentence on each of two sub-headings."""
_TABLE = 20
"""Cells of a table that the form asks for, at least; what a site puts before the text (索引号) has fewer."""


class _Candidate(NamedTuple):
    at: int
    """Index of its paragraph."""
    section: int
    score: float
    style: str
    """How it is numbered: han, arabic, bracket or none."""
    title: str
    rest: str
    """Text that follows the title within the same paragraph."""
    leader: bool


def likeness(text: str, section: SectionSpec) -> float:
    """0 to 100: how like a heading text (without its number) is to a section's title or an alias."""
    flat = _OF_YEAR.sub("", key(text))
    return max(fuzz.ratio(flat, k) for k in _keys(section)) if flat else 0.0


@lru_cache(maxsize=64)
def _keys(section: SectionSpec) -> tuple[str, ...]:
    return tuple(key(t) for t in (section.title, *section.aliases))


def _style(text: str) -> tuple[str, str, int]:
    """Numbering style, the text after the number, the number (0 where there is none)."""
    match = _NUMBER.match(text)
    if not match:
        return "none", text, 0
    if match["arabic"]:
        return "arabic", text[match.end() :], int(match["arabic"])
    if match["bracket"]:
        return "bracket", text[match.end() :], 0
    return "han", text[match.end() :], _HAN.get(match["han"], 1)


def _beside_menu(text: str) -> str:
    """The heading of a line that a site's menu stands left of (走进本区 一、总体情况), else the text."""
    match = _BESIDE.search(text)
    return match[1] if match and len(text) < _LONGEST else text


def _candidate(at: int, part: Paragraph, form: Form, over_table: bool) -> _Candidate | None:
    printed = _beside_menu(part.text)
    style, text, number = _style(printed)
    if part.leader:
        text = re.sub(r"[.…·．⋯_\-—\s]*\d*[-—]?\s*$", "", text)
    pieces = [(text, "")]
    cut = _CUT.search(text)
    if cut and style != "none" and 3 < cut.start() <= _LONGEST:
        pieces.append((text[: cut.start()], text[cut.end() :]))
    tables = {t.section for t in form.tables}
    best: _Candidate | None = None
    for title, rest in pieces:
        if not title.strip() or len(key(title)) > _LONGEST or (not rest and title.rstrip()[-1:] in "。；，"):
            continue
        for spec in form.sections:
            score = likeness(title, spec)
            least = _BARE_TITLE if style in ("none", "bracket") else _NUMBERED
            if style == "none" and over_table and spec.number in tables:
                least = _OVER_TABLE
            if rest:
                least = max(least, 90.0)
            if number == spec.number:
                score += 4
            if score >= least and (best is None or score > best.score):
                whole = printed if not rest else printed[: len(printed) - len(rest)]
                best = _Candidate(
                    at, spec.number, score, style, whole.strip(" 。：:"), rest.strip(), part.leader
                )
    return best


def _candidates(parts: Sequence[Part], form: Form) -> list[_Candidate]:
    out = []
    for at, part in enumerate(parts):
        if isinstance(part, Paragraph) and len(part.text) <= 600:
            below = parts[at + 1] if at + 1 < len(parts) else None
            over_table = isinstance(below, Grid) and below.n_rows * below.n_cols >= _TABLE
            found = _candidate(at, part, form, over_table)
            if found:
                out.append(found)
    return out


def _contents(candidates: Sequence[_Candidate]) -> set[int]:
    """Paragraph indices of contents entries: dotted leaders, or a run of titles with nothing between."""
    out = {c.at for c in candidates if c.leader}
    run: list[_Candidate] = []
    for c in [*candidates, None]:
        goes_on = c is not None and bool(run) and c.at == run[-1].at + 1 and not run[-1].rest
        # The text's own first heading may follow its contents line on line.
        if c is not None and goes_on and c.section > run[-1].section and c.leader == run[-1].leader:
            run.append(c)
            continue
        if len(run) >= 4:
            later = {x.section for x in candidates if x.at > run[-1].at}
            if len({r.section for r in run} & later) >= len(run) - 2:
                out.update(r.at for r in run)
        run = [c] if c is not None else []
    return out


def _weights(candidates: Sequence[_Candidate], parts: Sequence[Part], form: Form) -> list[float]:
    """What speaks for each candidate: likeness, the common numbering style, its table right below."""
    with_table = {t.section for t in form.tables}
    common, _ = _common_style(candidates)
    out = []
    for c in candidates:
        weight = c.score + (12 if c.style == common else 0) - (15 if c.style == "bracket" else 0)
        weight -= 10 if c.rest else 0
        part = parts[c.at]
        weight += 4 if isinstance(part, Paragraph) and part.heading else 0
        below = parts[c.at + 1 : c.at + 5]
        if c.section in with_table:
            weight += 12 if any(isinstance(p, Grid) for p in below) else -6
        out.append(weight)
    return out


def _chosen(candidates: Sequence[_Candidate], weights: Sequence[float]) -> list[_Candidate]:
    """The heaviest run of candidates whose sections ascend, then the best of every section left out."""
    best: list[tuple[float, int]] = []
    for i, c in enumerate(candidates):
        before = [(best[j][0], j) for j in range(i) if candidates[j].section < c.section]
        total, link = max(before, default=(0.0, -1))
        best.append((total + weights[i], link))
    chosen: list[int] = []
    # Of equal runs the later one: contents and lists come before the text.
    i = max(range(len(best)), key=lambda k: (best[k][0], k), default=-1)
    while i >= 0:
        chosen.append(i)
        i = best[i][1]
    have = {candidates[k].section for k in chosen}
    first = min((candidates[k].at for k in chosen), default=0)
    for i, c in enumerate(candidates):
        strong = c.style != "bracket" and not c.rest and c.at >= first and c.score >= 88
        if c.section not in have and strong:
            chosen.append(i)
            have.add(c.section)
    return [candidates[k] for k in sorted(chosen)]


def _common_style(candidates: Sequence[_Candidate]) -> tuple[str, int]:
    """The way of numbering that most sections have, and how many have it."""
    styles = ("han", "arabic", "none", "bracket")
    counts = {s: len({c.section for c in candidates if c.style == s}) for s in styles}
    best = max(styles, key=lambda s: counts[s])
    return best, counts[best]


def _of_one_style(candidates: Sequence[_Candidate]) -> list[_Candidate]:
    """Sub-headings left out: where a section has a heading numbered like the others, only that counts."""
    style, many = _common_style(candidates)
    if many < 3:
        return list(candidates)
    have = {c.section for c in candidates if c.style == style}
    return [c for c in candidates if c.style == style or c.section not in have]


def headings(parts: Sequence[Part], form: Form) -> list[_Candidate]:
    """The section headings of a document in the order in which they stand."""
    found = _candidates(parts, form)
    listed = _contents(found)
    kept = _of_one_style([c for c in found if c.at not in listed])
    return _chosen(kept, _weights(kept, parts, form))


def _without_sign_off(texts: list[Paragraph]) -> list[Paragraph]:
    """The last section ends where the organ signs: its name, the date, and what comes after."""
    for i, part in enumerate(texts):
        flat = key(part.text)
        if i and _SIGN_OFF_DATE.match(re.sub(r"\s", "", part.text)):
            texts = texts[:i]
            break
        if i and len(flat) <= 30 and is_organ(flat):
            texts = texts[:i]
            break
    return texts


def _section(heading: _Candidate, until: int, parts: Sequence[Part], last: bool) -> Section:
    inside = parts[heading.at + 1 : until]
    texts = [p for p in inside if isinstance(p, Paragraph)]
    if last:
        texts = _without_sign_off(texts)
    head = parts[heading.at]
    assert isinstance(head, Paragraph)
    body = [heading.rest] if heading.rest else []
    body += [p.text for p in texts]
    pages = {*head.pages}
    for p in inside:
        if isinstance(p, Grid) and p.page is not None:
            pages.add(p.page)
    for p in texts:
        pages.update(p.pages)
    return Section(heading.section, heading.title, "\n".join(body), tuple(sorted(pages)))


def read_sections(document: Document, form: Form) -> tuple[Section, ...]:
    """The sections as they stand, numbered as the form numbers them; the tables' text is left out."""
    parts = paragraphs(document)
    found = headings(parts, form)
    ends = [h.at for h in found[1:]] + [len(parts)] * bool(found)
    told = tuple(_section(h, end, parts, h is found[-1]) for h, end in zip(found, ends, strict=True))
    if any(h.section == form.sections[0].number for h in found):
        return told
    return (*_untitled(parts, found[0].at if found else len(parts), form), *told)


def _untitled(parts: Sequence[Part], until: int, form: Form) -> list[Section]:
    """The first section without its heading: what stands between the preamble and what comes next."""
    tables = [i for i, p in enumerate(parts[:until]) if isinstance(p, Grid) and p.n_rows * p.n_cols >= _TABLE]
    if until == len(parts):
        until = tables[0] if tables else 0
    texts = [p for p in parts[:until] if isinstance(p, Paragraph) and not p.leader]
    opening = [i for i, p in enumerate(texts) if _PREAMBLE.search(key(p.text)) or parse_title(p.text)]
    body = texts[opening[-1] + 1 :] if opening else texts
    if sum(len(p.text) for p in body) < _SAYS_SOMETHING:
        return []
    pages = tuple(sorted({n for p in body for n in p.pages}))
    return [Section(form.sections[0].number, "", "\n".join(p.text for p in body), pages)]


def section_findings(sections: Sequence[Section], form: Form) -> tuple[Finding, ...]:
    """Sections that are missing, out of order, or say nothing."""
    out = []
    have = {s.number for s in sections if s.title}
    for spec in form.sections:
        if spec.number not in have:
            message = f"没有找到第{spec.number}部分“{spec.title}”的标题"
            out.append(Finding("section_missing", "warning", (), message))
    for before, after in pairwise(sections):
        if after.number < before.number:
            page = after.pages[0] if after.pages else None
            message = f"“{after.title}”排在“{before.title}”之后，与规定的次序不同"
            out.append(Finding("section_order", "info", (), message, page=page))
    with_table = {t.section for t in form.tables}
    for section in sections:
        if section.number not in with_table and not key(section.text):
            page = section.pages[0] if section.pages else None
            out.append(Finding("section_empty", "warning", (), f"“{section.title}”没有内容", page=page))
    return tuple(out)
