"""Documents that are no annual report of either edition, though some look like one."""

from __future__ import annotations

from random import Random
from typing import Any

from . import data
from .document import Block, Document, Text
from .grids import Cell, Grid
from .narrative import LOT

#: What a document that is no report may be; drawn with equal chances.
SORTS = ("notice", "news", "old", "budget", "yearbook", "blank")


def compose(name: str, route: str, sort: str, rng: Random) -> tuple[Document, dict[str, object]]:
    """One such document and its truth: no form, no organ, no year, no field."""
    places = data.load("places")
    place = rng.choice(places["cities"] + places["counties"])
    organ = rng.choice(places["organs"]).format(p=place)
    year = rng.randint(2014, 2018) if sort == "old" else rng.randint(2019, 2025)
    words = {"p": place, "o": organ, "Y": year, "n": rng.randint(1, 30)}
    doc = Document([], "", organ, place, year, frozenset())
    if sort == "blank":
        doc.blocks.append(Text(" "))
    else:
        known: dict[str, Any] = data.load("others")[sort]
        doc.title = rng.choice(known["title"]).format(**words)
        texts = [
            LOT.sub(lambda m: str(rng.randint(int(m[1]), int(m[2]))), t.format(**words))
            for t in known["text"]
        ]
        doc.blocks += [Text(doc.title, "title"), *(Text(t) for t in texts)]
        if "rows" in known:
            doc.blocks += _table(known, rng)
    truth: dict[str, object] = {
        "id": name,
        "kind": "not_report",
        "files": [],
        "form": None,
        "organ": None,
        "organ_also": [],
        "year": None,
        "fields": {},
        "arithmetic_errors": [],
        "statements": [],
        "tags": sorted({route, sort}),
    }
    return doc, truth


def _table(known: dict[str, Any], rng: Random) -> list[Block]:
    head, rows = known["head"], known["rows"]
    cells = [Cell(h, 0, c, role="head") for c, h in enumerate(head)]
    for r, label in enumerate(rows):
        first = str(rng.randint(201, 229)) if "编码" in head[0] else label
        second = [label] if first != label else [rng.choice(known["units"])] if "units" in known else []
        values = [
            str(rng.choice((0, rng.randint(1, 90), rng.randint(100, 90_000))))
            for _ in head[1 + len(second) :]
        ]
        cells += [
            Cell(t, 1 + r, c, role="value" if c else "label") for c, t in enumerate([first, *second, *values])
        ]
    widths = (0.4, *[0.6 / (len(head) - 1)] * (len(head) - 1))
    return [Grid("", tuple(cells), widths, 1)]
