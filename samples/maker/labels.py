"""Labels as offices print them: other brackets, other numbers, spaces, breaks, slips."""

from __future__ import annotations

import re
from random import Random

from . import data
from .forms import Table
from .grids import Label

#: What is left of a heading whose end a converter has lost: 本年新.
STEM = 3


def relabel(table: Table, traits: frozenset[str], rng: Random) -> Label:
    """A function from the form's label to the printed one; the same label always alike."""
    slips: list[list[str]] = data.load("labels")["slips"]
    done: dict[str, str] = {}
    known = dict(table.aliases) if "alias_labels" in traits else {}
    heads = {f.column[-1] for f in table.fields}
    tails = {a for a in heads for b in heads if a != b and a[:STEM] == b[:STEM] and len(a) > STEM}
    rows = {f.row[-1] for f in table.fields if f.row and table.shape == "blocks"}
    left = 4 if "label_typos" in traits else 0

    def apply(text: str) -> str:
        nonlocal left
        if text in done:
            return done[text]
        out = rng.choice((text, *known.get(text, ())))
        if left:
            for right, wrong in rng.sample(slips, len(slips)):
                if right in out and rng.random() < 0.5:
                    out, left = out.replace(right, wrong, 1), left - 1
                    break
        if "lost_tails" in traits and text in tails:
            out = text[:STEM]
        if "label_gloss" in traits and text in rows and rng.random() < 0.4:
            out += rng.choice(data.load("labels")["glosses"])
        done[text] = _style(out, traits, rng)
        return done[text]

    return apply


def _style(text: str, traits: frozenset[str], rng: Random) -> str:
    if "dun_numbering" in traits:
        text = re.sub(r"^（([一二三四五六七八九十])）", r"\1、", text)
        text = re.sub(r"^(\d)[.．]", r"\1、", text)
    if "half_paren" in traits:
        text = text.replace("（", "(").replace("）", ")")
    if "no_quotes" in traits:
        text = re.sub("[“”]", "", text)
    if "corner_quotes" in traits:
        text = text.replace("“", "「").replace("”", "」")
    if "spaced_labels" in traits and len(text) <= 4 and rng.random() < 0.7:
        text = " ".join(text)
    elif "label_breaks" in traits and len(text) >= 4 and rng.random() < 0.5:
        at = rng.randint(2, len(text) - 2)
        text = text[:at] + "\n" + text[at:]
    return text
