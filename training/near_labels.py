"""How like a wording of the forms a label must be read to need no second reader (extractor/ocr/lexicon.py: NEAR, AHEAD).

    python -m training.near_labels DOCUMENT...

Each DOCUMENT is a folder with truth.json and pictures (samples/maker/scans).  Of every cell of labels that the quick
reader is unsure of, its text and PP-OCRv6's are held against the wordings; printed for each pair of bounds: cells that
would be left to the quick reader, and those among them that PP-OCRv6's text would have given to another wording.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from rapidfuzz import process
from rapidfuzz.fuzz import ratio

from extractor.forms.load import load
from extractor.inputs.registry import load_source
from extractor.language.normalise import key
from extractor.ocr import labels, table
from extractor.ocr.lexicon import wordings
from extractor.ocr.words import OTHER
from extractor.pipeline import extract
from extractor.settings import Options

READABLE = 70.0
"""Likeness from which PP-OCRv6's text is held to name a wording."""


class Nearest(NamedTuple):
    wording: str
    like: float
    ahead: float


class Read(NamedTuple):
    quick: str
    own: Nearest
    slow: str
    other: Nearest


def nearest(text: str, keys: Sequence[str]) -> Nearest:
    first, second = process.extract(key(text), keys, scorer=ratio, limit=2)
    return Nearest(first[0], first[1], first[1] - second[1])


def collected(folders: Sequence[Path]) -> list[Read]:
    """Every cell of labels that the quick reader is unsure of, read both ways."""
    out: list[Read] = []
    keys = sorted({key(w) for w in wordings(load())})

    def read_words(crops: Any, engine: Any, alphabet: Any, quick: Any = None) -> Any:
        words = labels.read_words(crops, engine, alphabet, quick=quick)
        for cell in crops:
            lines = quick.net.trace(cell)
            unsure = any(t.score < labels.QUICK for t in lines) and not quick.lexicon.label(lines)
            if not unsure or any(OTHER in t.text for t in lines):
                continue
            slow = labels.read_words([cell], engine, alphabet)[0].text
            text = "".join(t.text for t in lines)
            out.append(Read(text, nearest(text, keys), slow, nearest(slow, keys)))
        return words

    vars(table)["read_words"] = read_words
    for folder in folders:
        truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
        extract(load_source([folder / f for f in truth["files"]]), Options(narrative=False))
    return out


def main() -> None:
    read = collected([Path(a) for a in sys.argv[1:]])
    print(len(read), "cells")
    for like in (60, 65, 70, 75, 80):
        for ahead in (0, 6, 10, 15):
            left = [r for r in read if r.own.like >= like and r.own.ahead >= ahead]
            lost = [r for r in left if r.other.like >= READABLE and r.other.wording != r.own.wording]
            print(like, ahead, "left", len(left), "other", len(lost), [(r.quick, r.slow) for r in lost[:4]])


if __name__ == "__main__":
    main()
