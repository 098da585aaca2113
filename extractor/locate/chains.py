"""Labels among loose words: lines that stand under one another read as one label, matched in order.

For tables without rulings nothing tells where a cell ends.  A *chain* is one to six words, each under
the one before; every prefix of a chain may be a label.  One dynamic programme picks, for all rows of
a table at once, the chains that read most like the statutory labels, top to bottom.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from extractor.forms.model import ColumnSpec, RowSpec
from extractor.language.figure import is_figure_like
from extractor.language.normalise import key
from extractor.locate.likeness import path_likeness
from extractor.types import Box, Word

LONGEST = 10
"""Lines of the longest label of the form (28 characters) in the narrowest column met (3 characters)."""
MORE = 1e-6
"""What one more line is worth between readings that are equally like: figures stand beside the middle of the whole
label, which the short form of its name begins."""
LINE_GAP = 1.8
"""Gap between two lines of one label, in font sizes: headers split over two table rows stand widest."""
LINE_LENGTHS = (2, 3, 4, 5)
"""Characters of a header's first line in columns too narrow for it; one alone names nothing."""
SPACED = 4
"""Characters of a piece of a spaced label: 行政处 罚 is in two, one of three."""
SPACE = 2.5
"""Widest space inside a label, in font sizes: 信　息　内　容 has one, justified two-character labels two."""
LEAST = 0.72
"""Least likeness of a chain to a label: one wrong character in four; foreign text stays under 0.6."""


@dataclass(frozen=True, slots=True)
class Chain:
    """Words read as one label, with where it stands (points)."""

    page: int
    words: tuple[int, ...]
    text: str
    box: Box

    @property
    def cy(self) -> float:
        return (self.box[1] + self.box[3]) / 2

    @property
    def cx(self) -> float:
        return (self.box[0] + self.box[2]) / 2


@dataclass(frozen=True, slots=True)
class Match:
    chain: Chain
    score: float
    margin: float


def chains(page: int, words: Sequence[Word]) -> list[Chain]:
    """All chains of a page's label words; indices are into `words`."""
    labels = [i for i, w in enumerate(words) if not is_figure_like(w.text)]
    below = {i: _next_below(i, labels, words) for i in labels}
    out: list[Chain] = []
    for first in labels:
        run: list[int] = []
        current: int | None = first
        while current is not None and len(run) < LONGEST:
            run.append(current)
            out.append(_chain(page, tuple(run), words))
            current = below[current]
    return out


def split_glued(words: Sequence[Word], labels: Sequence[str]) -> list[Word]:
    """Words that are several neighbouring labels run together, or their first lines, cut where each ends.

    Narrow columns leave no gap between two full headers; Chinese characters are equally wide, so the
    cut is found by counting them.  Columns of one width break their headers after as many characters.
    """
    keys = [key(t) for t in labels]
    runs: dict[str, tuple[str, ...]] = {}
    for length in (*LINE_LENGTHS, max(map(len, keys), default=0)):
        first = [k[:length] for k in keys]
        for i in range(len(keys)):
            for j in range(i + 2, len(keys) + 1):
                runs["".join(first[i:j])] = tuple(first[i:j])
    out: list[Word] = []
    for word in words:
        found = runs.get(key(word.text))
        if found is None or not all(found):
            out.append(word)
            continue
        x0, top, x1, bottom = word.box
        total, start = sum(map(len, found)), 0
        for part in found:
            end = start + len(part)
            box = (x0 + (x1 - x0) * start / total, top, x0 + (x1 - x0) * end / total, bottom)
            out.append(word._replace(text=part, box=box))
            start = end
    return out


def join_spaced(words: Sequence[Word], labels: Sequence[str]) -> list[Word]:
    """Words that are pieces of one label set apart (规 章, 制 发 件 数), or of its first line, joined again."""
    keys = {key(t) for t in labels}
    wanted = keys | {k[:n] for k in keys for n in range(2, len(k))}
    out = list(words)
    short = [i for i, w in enumerate(words) if len(w.text) <= SPACED and not is_figure_like(w.text)]
    gone: set[int] = set()
    for first in sorted(short, key=lambda i: words[i].box[0]):
        if first in gone:
            continue
        run = _spaced_run(first, [i for i in short if i not in gone], words)
        while len(run) > 1 and key("".join(words[i].text for i in run)) not in wanted:
            run.pop()
        if len(run) > 1:
            boxes = list(zip(*(words[i].box for i in run)))
            box = min(boxes[0]), min(boxes[1]), max(boxes[2]), max(boxes[3])
            out[first] = words[first]._replace(text="".join(words[i].text for i in run), box=box)
            gone |= set(run[1:])
    return [w for i, w in enumerate(out) if i not in gone]


def _spaced_run(first: int, short: Sequence[int], words: Sequence[Word]) -> list[int]:
    """Word `first` and those right of it in its line, each at most SPACE from the one before."""
    run = [first]
    size = max(words[first].size, 4.0)
    middle = (words[first].box[1] + words[first].box[3]) / 2
    for i in sorted(short, key=lambda i: words[i].box[0]):
        gap = words[i].box[0] - words[run[-1]].box[2]
        level = abs((words[i].box[1] + words[i].box[3]) / 2 - middle) < 0.5 * size
        if i not in run and level and 0 <= gap <= SPACE * size and len(run) < LONGEST:
            run.append(i)
    return run


def _apart(a: Chain, b: Chain) -> bool:
    """No word is of both."""
    return a.page != b.page or not set(a.words) & set(b.words)


def _chain(page: int, run: tuple[int, ...], words: Sequence[Word]) -> Chain:
    boxes = [words[i].box for i in run]
    x0, top, x1, bottom = zip(*boxes)
    box = min(x0), min(top), max(x1), max(bottom)
    return Chain(page, run, "".join(words[i].text for i in run), box)


def _next_below(i: int, labels: Sequence[int], words: Sequence[Word]) -> int | None:
    """The nearest word under word `i` that overlaps it sideways and follows at line distance."""
    x0, top, x1, bottom = words[i].box
    height = max(words[i].size, bottom - top, 1.0)
    best: tuple[float, int] | None = None
    for k in labels:
        b = words[k].box
        if k == i or b[1] < bottom - 0.5 * height or b[1] - bottom > LINE_GAP * height:
            continue
        overlap = min(x1, b[2]) - max(x0, b[0])
        if overlap < 0.5 * min(x1 - x0, b[2] - b[0]):
            continue
        place = (b[1], abs(b[0] - x0))
        if best is None or place < (best[0], abs(words[best[1]].box[0] - x0)):
            best = (b[1], k)
    return best[1] if best else None


def match_rows(rows: Sequence[RowSpec], found: Sequence[Chain]) -> list[Match | None]:
    """For every row the chain that is its label, in order from top to bottom; None where there is none."""

    def above(a: Chain, b: Chain) -> bool:
        return a.page < b.page or (a.page == b.page and a.cy < b.cy - 1)

    return _match(rows, found, lambda c: (c.page, c.cy), above)


def match_columns(columns: Sequence[ColumnSpec], found: Sequence[Chain]) -> list[Match | None]:
    """For every column the chain that is its header, from left to right."""
    return _match(columns, found, lambda c: c.cx, lambda a, b: a.cx < b.cx - 1)


def _match(
    specs: Sequence[RowSpec] | Sequence[ColumnSpec],
    found: Sequence[Chain],
    order: Callable[[Chain], object],
    before: Callable[[Chain, Chain], bool],
) -> list[Match | None]:
    ranked = sorted(found, key=order)  # type: ignore[arg-type]
    options: list[list[tuple[int, float]]] = []
    scores = [[path_likeness((c.text,), s.path, s.aliases) for c in ranked] for s in specs]
    for row in scores:
        options.append([(k, v + MORE * len(ranked[k].words)) for k, v in enumerate(row) if v >= LEAST])
    # best[j][k]: greatest total with spec j read from chain k; a chain's words are used once.
    best: list[dict[int, tuple[float, int, int]]] = []
    for j, choice in enumerate(options):
        layer: dict[int, tuple[float, int, int]] = {}
        for k, score in choice:
            total, from_j, from_k = score, -1, -1
            for i in range(j - 1, -1, -1):
                for m, (value, _, _) in best[i].items():
                    better = value + score > total and before(ranked[m], ranked[k])
                    if better and _apart(ranked[m], ranked[k]):
                        total, from_j, from_k = value + score, i, m
            layer[k] = (total, from_j, from_k)
        best.append(layer)
    ends = [(v[0], j, k) for j, layer in enumerate(best) for k, v in layer.items()]
    out: list[Match | None] = [None] * len(specs)
    if not ends:
        return out
    _, j, k = max(ends)
    while j >= 0:
        rivals = [scores[i][k] for i in range(len(specs)) if i != j]
        out[j] = Match(ranked[k], scores[j][k], scores[j][k] - max(rivals, default=0.0))
        _, j, k = best[j][k]
    return out
