"""Which measure of likeness names a row, and how far apart right and wrong names lie: python -m bench.labels

Labels are those of every form under models/forms, printed with made damage: a share of their characters
replaced or lost, in one of three the group labels gone, in one of ten the row not printed at all (the answer
is then that no row is it).  Two answers are counted: the likeliest row by itself, and all rows of a table
placed at once in their order.  The second part holds the product's own likeness: between different rows and
columns of one table (what a wrong placement would score), and between a row and its damaged print.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from rapidfuzz import fuzz
from rapidfuzz.distance import JaroWinkler, Levenshtein

from extractor.forms.load import load
from extractor.forms.model import BlockSpec, TableSpec
from extractor.language.normalise import key
from extractor.locate.likeness import path_likeness
from extractor.locate.rows import sheet
from extractor.locate.tables import fit_table
from extractor.types import Cell, Grid

Scorer = Callable[[str, str], float]
SCORERS: dict[str, Scorer] = {
    "ratio (Indel)": lambda a, b: fuzz.ratio(a, b) / 100,
    "Levenshtein": Levenshtein.normalized_similarity,
    "WRatio": lambda a, b: fuzz.WRatio(a, b) / 100,
    "partial_ratio": lambda a, b: fuzz.partial_ratio(a, b) / 100,
    "token_set_ratio": lambda a, b: fuzz.token_set_ratio(a, b) / 100,
    "Jaro-Winkler": JaroWinkler.normalized_similarity,
}
GONE, HEADLESS = 0.1, 0.3
"""Shares of rows that are not printed, and of rows whose group labels are not: what page breaks do."""
STRANGE = (
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动"
    "同工也能下过子说产种面而方后多定行学法所民得经十三之进着等部度家电力里如水化高自"
    "二理起小物现实加量都两体制机当使点从业本去把性好应开它合还因由其些然前外天政四日"
    "那社义事平形相全表间样与关各重新线内数正心反你明看原又么利比或但质气第向道命此变"
    "条只没结解问意建月公无系军很情者最立代想已通并提直题党程展五果料象员革位入常文总"
    "次品式活设及管特件长求老头基资边流路级少图山统接知较将组见计别她手角期根论运农指"
)
"""Characters that a misreading may put in: the commonest of written Chinese."""


@dataclass(slots=True)
class Tally:
    """Answers of one scorer at one damage."""

    alone: int = 0
    ordered: int = 0
    asked: int = 0
    margins: tuple[float, ...] = ()


def damaged(text: str, share: float, rng: Random) -> str:
    """Characters replaced (three of four) or lost, each with probability `share`."""
    out = []
    for char in text:
        if rng.random() >= share:
            out.append(char)
        elif rng.random() < 0.75:
            out.append(rng.choice(STRANGE))
    return "".join(out)


def placed(scores: Sequence[Sequence[float]], skip: float = 0.1) -> list[int | None]:
    """For every printed label the row it is, in order, by one dynamic programme; `skip` a row left out."""
    printed, rows = len(scores), len(scores[0]) if scores else 0
    best = [[0.0] * (rows + 1) for _ in range(printed + 1)]
    for i in range(printed - 1, -1, -1):
        for j in range(rows - 1, -1, -1):
            here = scores[i][j] + best[i + 1][j + 1]
            best[i][j] = max(here, best[i][j + 1] - skip, best[i + 1][j])
    out: list[int | None] = [None] * printed
    i = j = 0
    while i < printed and j < rows:
        if best[i][j] == scores[i][j] + best[i + 1][j + 1]:
            out[i], i, j = j, i + 1, j + 1
        elif best[i][j] == best[i][j + 1] - skip:
            j += 1
        else:
            i += 1
    return out


def trial(block: BlockSpec, share: float, rng: Random, tallies: dict[str, Tally]) -> None:
    """One damaged print of a block's labels, asked of every scorer."""
    rows = ["".join(key(part) for part in row.path) for row in block.rows]
    kept = [at for at in range(len(rows)) if rng.random() >= GONE]
    prints = []
    for at in kept:
        path = block.rows[at].path
        shown = path[-1:] if rng.random() < HEADLESS else path
        prints.append(damaged("".join(key(part) for part in shown), share, rng))
    for name, tally in tallies.items():
        scores = [[SCORERS[name](text, row) for row in rows] for text in prints]
        answers = placed(scores)
        for at, own, answer in zip(kept, scores, answers, strict=True):
            others = max((s for k, s in enumerate(own) if k != at), default=0.0)
            tally.asked += 1
            tally.alone += own[at] > others
            tally.ordered += answer == at
            tally.margins += (own[at] - others,)


def scorers(rounds: int, seed: int) -> None:
    """The table of scorers, over every block of four rows or more of every form."""
    blocks = [b for f in load() for t in f.tables for b in t.blocks if len(b.rows) >= 4]
    for share in (0.1, 0.25, 0.5):
        tallies = {name: Tally() for name in SCORERS}
        rng = Random(seed)
        for _ in range(rounds):
            for block in blocks:
                trial(block, share, rng, tallies)
        print(
            f"{share:.0%} of characters damaged: likeliest alone, all in order, margin's lowest tenth, median"
        )
        for name, t in tallies.items():
            tenth = statistics.quantiles(t.margins, n=10)[0]
            middle = statistics.median(t.margins)
            right = f"{t.alone / t.asked:8.4f} {t.ordered / t.asked:8.4f}"
            print(f"  {name:16s} {right} {tenth:8.3f} {middle:8.3f}")


def spread(rounds: int, seed: int) -> None:
    """The product's likeness: highest between two rows or columns of a table, lowest of a damaged print."""
    rows: list[tuple[float, str]] = []
    ends: list[tuple[float, str]] = []
    columns: list[tuple[float, str]] = []
    heads: list[tuple[float, str]] = []
    own: list[float] = []
    rng = Random(seed)
    for block in (b for f in load() for t in f.tables for b in t.blocks):
        for among, out in ((block.rows, rows), (block.columns, columns)):
            for a in among:
                for b in among:
                    if a is not b and a.path and b.path:
                        out.append((path_likeness(a.path, b.path, b.aliases), f"{a.path} ~ {b.path}"))
                        if key(a.path[-1]) != key(b.path[-1]):
                            alone = path_likeness(a.path[-1:], b.path[-1:])
                            both = (alone, f"{a.path[-1]} ~ {b.path[-1]}")
                            (ends if among is block.rows else heads).append(both)
        for row in block.rows:
            for _ in range(rounds if row.path else 0):
                shown = tuple(damaged(part, 0.1, rng) for part in row.path)
                own.append(path_likeness(shown, row.path, row.aliases))
    for what, found in (("rows", rows), ("rows, innermost labels alone", ends), ("columns", columns),
                        ("columns, innermost heads alone", heads)):  # fmt: skip
        middle, high = (
            statistics.median(s for s, _ in found),
            statistics.quantiles((s for s, _ in found), n=100),
        )
        print(f"two {what} of one table: median {middle:.3f}, 99 in 100 below {high[98]:.3f}, highest:")
        for score, pair in sorted(set(found), reverse=True)[:4]:
            print(f"  {score:.3f} {pair}")
    tenths = statistics.quantiles(own, n=1000)
    print(
        f"a row and its print with a tenth damaged: 1 in 1000 below {tenths[0]:.3f}, median {tenths[499]:.3f}"
    )


def printed(table: TableSpec, keep: Callable[[int], bool]) -> Grid:
    """A table as a form prints it, a nought in every cell, with the rows that `keep` says by their number."""
    deep = max((len(r.path) for b in table.blocks for r in b.rows), default=1) or 1
    wide = deep + max(len(b.columns) for b in table.blocks)
    cells: list[Cell] = []
    at = n = 0
    for block in table.blocks:
        for level in range(max(len(c.path) for c in block.columns)):
            for k, column in enumerate(block.columns):
                text = column.path[min(level, len(column.path) - 1)]
                cells.append(Cell(at, deep + k, 1, 1, text, 1, None))
            at += 1
        for row in block.rows:
            n += 1
            if not keep(n):
                continue
            for k in range(deep):
                text = row.path[min(k, len(row.path) - 1)] if row.path else ""
                cells.append(Cell(at, k, 1, 1, text, 1, None))
            cells += [Cell(at, deep + k, 1, 1, "0", 1, None) for k in range(len(block.columns))]
            at += 1
    return Grid(tuple(cells), at, wide, "markup", 1, None)


def tables() -> None:
    """What fits of tables score: a table whole, every second row gone, and against every other number's."""
    whole, half, foreign = [], [], []
    every = [(f.edition, t) for f in load() for t in f.tables]
    for edition, table in every:
        mine = [sheet(printed(table, lambda n: True), 0)]
        whole.append((fit_table(table, edition, mine).score, f"{edition} {table.number}"))
        if sum(len(b.rows) for b in table.blocks) > 1:
            torn = [sheet(printed(table, lambda n: n % 2 == 1), 0)]
            half.append((fit_table(table, edition, torn).score, f"{edition} {table.number}"))
        for other_edition, other in every:
            if other.number != table.number:
                fit = fit_table(other, other_edition, mine)
                foreign.append((fit.score, f"{other_edition} {other.number} in {edition} {table.number}"))
    print(f"a table whole: lowest {min(whole)}")
    print(f"a table with every second row gone: lowest {min(half)}")
    print(f"a table of another number: highest {max(foreign)}")


def main(argv: list[str] | None = None) -> int:
    """Print everything."""
    p = argparse.ArgumentParser(prog="python -m bench.labels", description="Likeness of labels, measured.")
    p.add_argument("--rounds", type=int, default=40)
    p.add_argument("--seed", type=int, default=1)
    a = p.parse_args(argv)
    scorers(a.rounds, a.seed)
    print()
    spread(a.rounds, a.seed)
    print()
    tables()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
