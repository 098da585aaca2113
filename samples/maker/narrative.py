"""Sentences that restate figures, with their truth, and sentences that look so and are not."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Any

from . import data
from .figures import Figures
from .forms import Form, Table
from .printing import Printed, plain

KEY = re.compile(r"\{([A-Za-z]+\d?)\}")
LOT = re.compile(r"<(\d+)-(\d+)>")
HAN = "零一二三四五六七八九"


@dataclass(frozen=True, slots=True)
class Statement:
    """What a sentence says of a figure (`fields` has one id) or of a sum of figures (several)."""

    text: str
    quantity: Decimal
    fields: tuple[str, ...]
    agrees: bool

    def truth(self) -> dict[str, object]:
        """The entry of truth.json: `field` for one figure, else `fields` with `field` null."""
        n: object = (
            int(self.quantity) if self.quantity == self.quantity.to_integral() else plain(self.quantity)
        )
        out: dict[str, object] = {"quantity": n, "field": self.fields[0] if len(self.fields) == 1 else None}
        if len(self.fields) > 1:
            out["fields"] = list(self.fields)
        return out | {"agrees": self.agrees, "text": self.text}


def in_han(n: int) -> str:
    """A number below 1000 in Chinese numerals (十二, 一百零五)."""
    if n < 10:
        return HAN[n]
    if n < 20:
        return "十" + (HAN[n - 10] if n > 10 else "")
    if n < 100:
        return HAN[n // 10] + "十" + (HAN[n % 10] if n % 10 else "")
    rest = n % 100
    return (
        HAN[n // 100]
        + "百"
        + (
            ""
            if not rest
            else "零" + in_han(rest)
            if rest < 10
            else HAN[rest // 10] + "十" + (HAN[rest % 10] if rest % 10 else "")
        )
    )


@dataclass
class Teller:
    """Tells the figures of one report in sentences of one pool of wording.

    `figures` are what the office counted, `printed` what its tables print: a sentence agrees with the latter.
    """

    form: Form
    figures: Figures
    printed: dict[str, Printed]
    pool: str
    traits: frozenset[str]
    words: dict[str, str]
    rng: Random

    def __post_init__(self) -> None:
        self.said: set[frozenset[str]] = set()
        self.statements: list[Statement] = []
        self.keys: dict[str, tuple[str, ...]] = {}
        ids = [i for i in self.figures if self.printed[i].state != "missing"]
        for key, patterns in data.load("narrative")["keys"].items():
            found = tuple(dict.fromkeys(i for p in patterns for i in fnmatch.filter(ids, p)))
            want = [p for p in patterns if "*" not in p]
            gone = [i for p in patterns if "*" in p for i in fnmatch.filter(self.figures, p) if i not in ids]
            if found and not gone and (len(found) >= len(want) or len(want) < len(patterns)):
                self.keys[key] = found
        self.lies = self.rng.randint(1, 3) if "narrative_disagrees" in self.traits else 0

    def value(self, key: str) -> Decimal:
        """What the office counted."""
        return sum((self.figures[i] for i in self.keys[key]), Decimal(0))

    def shown(self, key: str) -> Decimal:
        """What the tables print."""
        return sum(
            (self.printed[i].also or (self.printed[i].value or Decimal(0),))[0] for i in self.keys[key]
        ) or Decimal(0)

    def _fits(self, entry: dict[str, Any], text: str) -> bool:
        keys = KEY.findall(text)
        own = [k for k in keys if k not in self.words]
        groups: dict[str, list[str]] = {name: entry.get(name, []) for name in ("zero", "silent", "positive")}
        needed = [*own, *groups["zero"], *groups["silent"], *groups["positive"]]
        if any(k not in self.keys for k in needed):
            return False
        if any(frozenset(self.keys[k]) in self.said for k in [*own, *groups["zero"]]):
            return False
        if any(self.value(k) or self.shown(k) for k in [*groups["zero"], *groups["silent"]]):
            return False
        none = bool(groups["zero"] or groups["silent"])
        positive = groups["positive"] or ([] if none else own[:1])
        if any(not self.value(k) for k in positive):
            return False
        if entry.get("persons") and ("Rn" not in self.keys or self.value("Rn") != self.value("R")):
            return False
        if "upheld" in entry:
            upheld = self.keys.get("vu")
            return upheld is not None and self.value("vu") == self.value("v")
        return True

    def tell(self, topic: str, most: int) -> list[str]:
        """Up to `most` sentences on a topic; what they state is added to `statements`."""
        entries = [(e, t) for e in data.load("narrative")["say"] if e["topic"] == topic for t in e[self.pool]]
        self.rng.shuffle(entries)
        out: list[str] = []
        for entry, text in entries:
            if len(out) < most and self._fits(entry, text):
                out.append(self._say(entry, text))
        return out

    def _say(self, entry: dict[str, Any], text: str) -> str:
        made: list[tuple[Decimal, tuple[str, ...], Decimal]] = []
        keys = [k for k in KEY.findall(text) if k not in self.words]
        lie = self.rng.choice(keys) if keys and self.lies and self.rng.random() < 0.5 else None
        if lie and "fee" not in keys and not {"persons", "upheld"} & entry.keys():
            self.lies -= 1
        else:
            lie = None

        def put(m: re.Match[str]) -> str:
            key = m[1]
            if key in self.words:
                return self.words[key]
            n = self.value(key)
            if key == lie:
                n = self._other(n)
            in_wan = m.string[m.end() :].startswith("万")  # nobody writes 1.33万万元
            printed, quantity, step = self._number(n, short=not in_wan)
            shown = self.shown(key)
            made.append((quantity, self.keys[key], quantity if abs(quantity - shown) * 2 <= step else shown))
            return printed

        sentence = self.fill(KEY.sub(put, text))
        for key in entry.get("zero", []):
            if key not in keys:
                made.append((Decimal(0), self.keys[key], self.shown(key)))
        if entry.get("persons"):
            made.append((self.value("R"), self.keys["Rn"], self.shown("Rn")))
        if "upheld" in entry:
            made.append((self.value("v"), self.keys["vu"], self.shown("vu")))
        for quantity, fields, truth in made:
            self.said.add(frozenset(fields))
            self.statements.append(Statement(sentence, quantity, fields, quantity == truth))
        return sentence

    def _number(self, n: Decimal, short: bool) -> tuple[str, Decimal, int]:
        """The number as the sentence prints it, what that says, and the step that it is rounded to.

        `short`: great numbers may be given in 万.
        """
        if short and n >= 10_000 and n == n.to_integral() and ("wan" in self.traits or self.rng.random() < 0.15):
            tenths = (n / 10_000).quantize(Decimal("0.01"))
            return f"{tenths.normalize():f}万", tenths * 10_000, 100
        if (
            n < 100
            and n == n.to_integral()
            and n > 0
            and "han_numbers" in self.traits
            and self.rng.random() < 0.6
        ):
            return in_han(int(n)).replace("二", "两", 1) if n == 2 else in_han(int(n)), n, 0
        if n >= 1000 and "thousands" in self.traits:
            return f"{n:,f}", n, 0
        return plain(n), n, 0

    def _other(self, n: Decimal) -> Decimal:
        """A number that is neither this figure nor one that a reader could take for it."""
        near = {self.value(k) for k in self.keys} | {self.shown(k) for k in self.keys}
        for _ in range(60):
            new = n + self.rng.choice((1, 2, 3, -1, -2, 5, 10, -10, 13, 21, 37))
            if new >= 0 and new not in near:
                return new
        return max(near) + 3

    def fill(self, text: str) -> str:
        """Random numbers for `<a-b>`, names and years for `{word}`."""
        text = LOT.sub(lambda m: str(self.rng.randint(int(m[1]), int(m[2]))), text)
        year = int(self.words["Y"])
        text = (
            text.replace("{Y-1}", str(year - 1))
            .replace("{Y+1}", str(year + 1))
            .replace("{Y-2}", str(year - 2))
        )
        for name, word in self.words.items():
            text = text.replace("{" + name + "}", word)
        return text

    def lead(self, table: Table) -> list[str]:
        """Up to one sentence on a figure of a table, as some offices put before it."""
        ids = {f.id for f in table.fields}
        topics = {
            e["topic"]
            for e in data.load("narrative")["say"]
            for t in e[self.pool]
            if any(k in self.keys and set(self.keys[k]) <= ids for k in KEY.findall(t))
        }
        return self.tell(self.rng.choice(sorted(topics)), 1) if topics else []

    def lookalike(self, *topics: str) -> str:
        """One sentence with a count that is no figure of the tables."""
        pool = [s for t in topics for s in data.load("narrative")["lookalikes"][self.pool][t]]
        return self.fill(self.rng.choice(pool))

    def prose(self, topic: str) -> str:
        """One sentence without a count."""
        return self.fill(self.rng.choice(data.load("narrative")["prose"][topic]))


def section_one(t: Teller) -> list[str]:
    """The paragraphs of 总体情况: five usual headings, statements and look-alikes mixed."""
    rng = t.rng
    names = ["主动公开", "依申请公开", "政府信息管理", "平台建设", "监督保障"]
    if rng.random() < 0.3:
        names = [
            "主动公开政府信息情况",
            "办理政府信息公开申请情况",
            "政府信息管理情况",
            "公开平台建设情况",
            "监督保障情况",
        ]
    rows = [
        _proactive(t),
        _on_request(t),
        _managed(t),
        [t.prose("platform"), t.lookalike("publish")],
        [t.prose("supervise"), t.lookalike("training"), t.lookalike("letters")],
    ]
    marks = rng.choice(
        (
            ["（一）", "（二）", "（三）", "（四）", "（五）"],
            ["一是", "二是", "三是", "四是", "五是"],
            ["1.", "2.", "3.", "4.", "5."],
        )
    )
    end = rng.choice(("。", "。", "方面。", "："))
    if marks[0] == "一是":
        end = "。"
    return [
        t.prose("opening"),
        *[f"{m}{n}{end}{''.join(r)}" for m, n, r in zip(marks, names, rows, strict=True)],
    ]


def _mixed(rng: Random, *parts: Iterable[str]) -> list[str]:
    out = [s for p in parts for s in p]
    if rng.random() < 0.5:
        rng.shuffle(out)
    return out


def _proactive(t: Teller) -> list[str]:
    def some(n: int) -> int:
        return t.rng.randint(0, n)

    return _mixed(
        t.rng,
        [t.lookalike("publish")],
        t.tell("decisions", some(2)),
        t.tell("documents", some(1)),
        t.tell("rules", some(1)),
        [t.lookalike("matters", "publish")],
    )


def _on_request(t: Teller) -> list[str]:
    rng = t.rng
    flow = t.tell("flow", 1) if rng.random() < 0.35 else []
    intake = t.tell("intake", 1) if not flow and rng.random() < 0.4 else []
    head = flow or intake or t.tell("received", 1)
    rest = _mixed(
        rng,
        t.tell("processed", rng.randint(0, 1)),
        t.tell("outcomes", rng.randint(0, 2)),
        t.tell("remedies", rng.randint(0, 2)),
        [t.lookalike("years", "others", "letters")],
    )
    return head + rest


def _managed(t: Teller) -> list[str]:
    return [
        t.prose("manage"),
        *t.tell("documents", t.rng.randint(0, 1)),
        *t.tell("rules", t.rng.randint(0, 1)),
        t.lookalike("attributes", "rulemaking"),
    ]
