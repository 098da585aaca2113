"""models/lexicon/statements.toml as records: which words speak of which figures."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from extractor.language.prose import plain
from extractor.settings import MODELS

# Where a word has several marks, the first of these is its tag.
_MARKS = (
    "this", "last", "next", "other", "own", "wide", "others", "share", "compare", "delta", "all", "each", "sum", "of",
    "rest", "link", "negation", "carry", "about", "channel", "passive", "authority", "papers", "remainder",
    "negated", "qualifier", "foreign", "procedural", "publish", "function", "modifier",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Family:
    """Figures that one noun names.  `fields` are patterns over field ids with {measure} and {party}."""

    name: str
    fields: tuple[str, ...]
    units: frozenset[str]
    money: bool = False
    deeds: bool = False
    """What is counted are the organ's decisions; an announcement of them is something else."""
    anchored: bool = False
    """Counts only where the sentence or its heading speaks of the form's own subject."""
    loose: bool = False
    """The printed unit of the column is not certain."""


@dataclass(frozen=True, slots=True)
class Measure:
    """Which figure of a family a verb or a result names."""

    name: str
    families: tuple[str, ...]
    rows: tuple[str, ...]
    alternatives: tuple[str, ...] = ()
    excuses: tuple[str, ...] = ()
    sure: bool = True
    outcome: bool = False
    telling: bool = False
    """Its words mean nothing but a figure of the form, whatever stands around them."""


@dataclass(frozen=True, slots=True)
class Roles:
    """What one word can be."""

    families: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()
    party: str = ""
    mark: str = ""
    weak: bool = False
    """The family word alone could mean something else (申请)."""
    soft: frozenset[str] = frozenset()
    """Measures or parties that the word names, but not surely."""
    marks: frozenset[str] = frozenset()

    @property
    def tag(self) -> str:
        """What the phrase patterns match."""
        if "carry" in self.marks:
            return "CARRY"
        if self.measures:
            return "M:" + self.measures[0]
        if self.families:
            return "F:" + self.families[0]
        if self.party:
            return "P:" + self.party
        return self.mark.upper()


@dataclass(frozen=True, slots=True)
class Lexicon:
    families: dict[str, Family]
    measures: dict[str, Measure]
    parties: dict[str, tuple[str, ...]]
    unions: dict[str, frozenset[str]]
    words: dict[str, Roles]
    phrases: tuple[tuple[str, str], ...]
    """Label and pattern of every phrase with gaps."""
    anchors: tuple[str, ...]
    rewrites: tuple[tuple[re.Pattern[str], str], ...]
    """What is spelled another way before it is read."""


def _families(data: dict[str, Any]) -> dict[str, Family]:
    return {
        name: Family(
            name, tuple(f["fields"]), frozenset(f["units"]), f.get("money", False), f.get("deeds", False),
            f.get("anchored", False), f.get("loose", False),
        )
        for name, f in data["families"].items()
    }  # fmt: skip


def _measures(data: dict[str, Any]) -> dict[str, Measure]:
    return {
        name: Measure(
            name, tuple(m["of"]), tuple(m["rows"]), tuple(m.get("or", ())), tuple(m.get("excuse", ())),
            m.get("sure", True), m.get("outcome", False), m.get("telling", False),
        )
        for name, m in data["measures"].items()
    }  # fmt: skip


_WHOLE_NAME = 4
"""Characters from which a family's name inside another word is that name (公开申请, not 复议)."""


def _words(data: dict[str, Any]) -> dict[str, Roles]:
    families: dict[str, list[str]] = {}
    measures: dict[str, list[str]] = {}
    party: dict[str, str] = {}
    weak: set[str] = set()
    soft: dict[str, set[str]] = {}
    marks: dict[str, set[str]] = {}
    for name, f in data["families"].items():
        for word in f["words"] + f.get("weak", []):
            families.setdefault(plain(word), []).append(name)
        weak.update(f.get("weak", []))
    for name, m in data["measures"].items():
        for word in m["words"] + m.get("soft", []):
            measures.setdefault(plain(word), []).append(name)
        for word in m.get("soft", []):
            soft.setdefault(plain(word), set()).add(name)
    for name, p in data["parties"].items():
        party.update((plain(word), name) for word in p["words"] + p.get("soft", []))
        for word in p.get("soft", []):
            soft.setdefault(plain(word), set()).add(name)
    for mark in _MARKS:
        for word in data["marks"][mark]:
            marks.setdefault(plain(word), set()).add(mark)
    out = {}
    names = {w: f for w, f in families.items() if w not in weak and len(w) >= _WHOLE_NAME}
    this = tuple(plain(w) for w in data["marks"]["this"])
    for word in {*families, *measures, *party, *marks}:
        own = marks.get(word, set())
        if word in measures:
            # 新收政府信息公开申请 names its family too, 本年收到 its year.
            inside = next((f for w, f in names.items() if w in word), None)
            families = families if inside is None else {word: inside, **families}
            own = own | ({"this"} if word.startswith(this) else set())
        first = next((m for m in _MARKS if m in own), "")
        out[word] = Roles(
            tuple(families.get(word, ())), tuple(measures.get(word, ())), party.get(word, ""), first,
            word in weak, frozenset(soft.get(word, ())), frozenset(own),
        )  # fmt: skip
    return out


_MARKED = re.compile(r"[、，“”‘’（）]")


def _unmarked(words: dict[str, Roles]) -> list[tuple[re.Pattern[str], str]]:
    """Words with marks inside them (信访、举报、投诉类申请), which jieba would cut there: rewritten without."""
    out = []
    for word in sorted((w for w in words if _MARKED.search(w)), key=len, reverse=True):
        whole = _MARKED.sub("", word)
        if whole:
            words.setdefault(whole, words[word])
            out.append((re.compile(re.escape(word)), whole))
    return out


@lru_cache(maxsize=1)
def load() -> Lexicon:
    """The lexicon, read once a process (6 ms)."""
    data = tomllib.loads((MODELS / "lexicon" / "statements.toml").read_text(encoding="utf-8"))
    words = _words(data)
    return Lexicon(
        _families(data),
        _measures(data),
        {name: tuple(p["columns"]) for name, p in data["parties"].items()},
        {name: frozenset(parts) for name, parts in data["unions"].items()},
        words,
        tuple((p["label"], pattern) for p in data["phrases"] for pattern in p["patterns"]),
        tuple(a for f in data["families"].values() for a in f.get("anchor", ())),
        (*((re.compile(r["pattern"]), r["by"]) for r in data["rewrites"]), *_unmarked(words)),
    )
