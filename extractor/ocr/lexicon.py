"""The form's own wording as what a label may say: the quick reader's shares held against every statutory label.

A label's characters are nearly all known beforehand.  So where the quick reader's best text is not a label of the
form, the labels most like it are tried: one stands if every character in which the two differ is one that the reader
itself held possible at that place.  A label of somebody's own is not taken for the form's by that: the reader has no
share for characters that are not there.

On the labels of 21 made scans and three samples PP-OCRv6 read 73 otherwise than this does, and in none of the 73 was
PP-OCRv6 right (行政计可 it read as fam, 第二十条第（六）项 as 第二二十条第(六)项).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, NamedTuple

from rapidfuzz import process
from rapidfuzz.distance import Levenshtein
from rapidfuzz.fuzz import ratio

from extractor.language.normalise import key
from extractor.ocr.words import OTHER

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from extractor.forms.model import ColumnSpec, Form, RowSpec
    from extractor.ocr.words import Traced

POSSIBLE = 0.05
"""Share that the reader must give to every character it did not choose."""
APART = 4.0
"""How many times as likely the best label must be as the next: 第二十条第（一）项 and 第（二）项 differ in one character."""
CHANGED = 0.34
"""Share of a label's characters that may be second choices."""
LEAST = 0.5
"""Mean share of a label's characters from which it stands: of 200 labels read so, none was another's."""
_LIKE, _TRIED = 60, 4
"""Likeness (0 to 100) from which a label is tried, and how many are; the right one was the first or second."""
_PART = 4
"""Characters of a piece of a label (page breaks cut them) that are no chance."""


_LONG, _MUCH_LIKE = 15, 70
"""Characters of an aside, and likeness from which a cell says it whatever single characters are: how the rows of table 3
add up is printed in its corner over several lines, and tells no figure its place.  No label of a row or column is as
like any of them as 61."""


class Label(NamedTuple):
    """A label's text and the mean share of its characters."""

    text: str
    score: float


NEAR, AHEAD = 80.0, 10.0
"""Likeness (of 100) to a wording, and to that one more than to the next, with which a text needs no second reader: from
80 a label is not a weak one (confidence.pictures).  Of 177 cells of labels of twelve damaged pages that the quick reader
was unsure of 39 had this much; PP-OCRv6's text was nearest to another wording in one of them, where it had lost the one
character that tells them apart (training/near_labels.py)."""


@dataclass(frozen=True, slots=True)
class _Mark:
    """One character of the reader's best text."""

    text: str
    step: int
    share: float


class Lexicon:
    """All wordings of the forms, for a reader with these symbols (class 0 is the blank)."""

    def __init__(self, wordings: Iterable[str], symbols: Sequence[str], asides: Iterable[str] = ()) -> None:
        """`asides`: those of the wordings that name no row and no column."""
        self._asides = {k for k in map(key, asides) if len(k) >= _LONG}
        self._wordings = {key(w): w for w in sorted(wordings, reverse=True) if key(w)}
        self._keys = sorted(self._wordings)
        self._all = "\n".join(self._keys)
        self._folded = ["", *(key(s) for s in symbols)]
        self._classes: dict[str, list[int]] = {}
        for number, text in enumerate(self._folded):
            self._classes.setdefault(text, []).append(number)

    def label(self, lines: Sequence[Traced]) -> Label | None:
        """What a cell of these lines says, if that is a wording of the form or a piece of one."""
        import numpy as np

        marks: list[_Mark] = []
        start = 0
        for line in lines:
            marks += [_Mark(self._folded[c], start + at, share) for c, at, share in line.path if self._folded[c]]
            start += len(line.shares)
        text = "".join(m.text for m in marks)
        if not marks or len(text) != len(marks):
            return None
        score = sum(m.share for m in marks) / len(marks)
        if text in self._wordings or (len(text) >= _PART and text in self._all):
            return Label("".join(line.text for line in lines), score) if score >= LEAST else None
        return self._nearest(text, marks, np.concatenate([line.shares for line in lines]))

    def near(self, lines: Sequence[Traced]) -> Label | None:
        """What a cell of these lines was read as, where that is like one wording of the forms and far less like any
        other: rows and columns are found by likeness, whoever reads their labels."""
        text = "".join(line.text for line in lines)
        if any(OTHER in line.text for line in lines):
            return None
        tried = process.extract(key(text), self._keys, scorer=ratio, limit=2, score_cutoff=NEAR - AHEAD)
        if not tried or tried[0][1] < NEAR or (len(tried) > 1 and tried[0][1] - tried[1][1] < AHEAD):
            return None
        return Label(text, min(line.score for line in lines))

    def _nearest(self, text: str, marks: Sequence[_Mark], shares: NDArray[np.float32]) -> Label | None:
        found: list[tuple[float, float, str]] = []
        tried = process.extract(text, self._keys, scorer=ratio, limit=_TRIED, score_cutoff=_LIKE)
        if tried and tried[0][0] in self._asides and tried[0][1] >= _MUCH_LIKE:
            return Label(self._wordings[tried[0][0]], LEAST)
        for wording, _, _ in tried:
            changes = Levenshtein.editops(text, wording)
            if len(changes) > max(1.0, CHANGED * len(wording)):
                continue
            other = [self._share(op.tag, op.src_pos, wording[op.dest_pos :][:1], marks, shares) for op in changes]
            gone = {op.src_pos for op in changes if op.tag != "insert"}
            kept = sum(m.share for i, m in enumerate(marks) if i not in gone)
            new = sum(p for p, op in zip(other, changes, strict=True) if op.tag != "delete")
            if min(other) >= POSSIBLE and kept + new >= LEAST * len(wording):
                found.append((prod(other), (kept + new) / len(wording), wording))
        found.sort(reverse=True)
        if not found or (len(found) > 1 and found[1][0] * APART > found[0][0]):
            return None
        return Label(self._wordings[found[0][2]], found[0][1])

    def _share(self, tag: str, at: int, letter: str, marks: Sequence[_Mark], shares: NDArray[np.float32]) -> float:
        """The greatest share, where the text differs, of what the label has there instead: a letter, or nothing."""
        if tag == "delete":
            return float(shares[marks[at].step, self._classes[""]].sum())
        last = at + 1 if tag == "replace" else at
        low = marks[at - 1].step + 1 if at else 0
        high = marks[last].step if last < len(marks) else len(shares)
        columns = self._classes.get(letter)
        return float(shares[low:high, columns].max()) if columns and high > low else 0.0


def asides(forms: Iterable[Form]) -> set[str]:
    """Wordings that tell no figure its place: what stands in the corner of a table, above it or over it."""
    blocks = [(t, b) for f in forms for t in f.tables for b in t.blocks]
    rows = {t for _, b in blocks for row in b.rows for t in (*row.path, *row.aliases)}
    named = rows.union(t for _, b in blocks for column in b.columns for t in (*column.path, *column.aliases))
    return {t for table, b in blocks for t in (table.title, b.corner, b.over)} - named


def wordings(forms: Iterable[Form]) -> set[str]:
    """Everything that cells of the forms' tables say: labels of rows and columns with their other names, heads."""
    out: set[str] = set()
    for form in forms:
        out.update(t for s in form.sections for t in (s.title, *s.aliases))
        for table in form.tables:
            out.add(table.title)
            for block in table.blocks:
                out.update((block.banner, block.corner, block.over))
                named: list[RowSpec | ColumnSpec] = [*block.rows, *block.columns]
                out.update(t for part in named for t in (*part.path, *part.aliases))
    return out
