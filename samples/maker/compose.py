"""From a specification to a report: figures, tables, text and the truth about them."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from . import data, grids, labels
from .document import Block, Document, Text
from .figures import broken, consistent, plant_errors, shift_column
from .forms import Form, hybrid
from .grids import Cell, Grid
from .narrative import Teller, section_one
from .printing import Printed, print_all

SIZE_SHARES = {"tiny": 0.3, "small": 0.35, "mid": 0.25, "large": 0.1}


@dataclass(frozen=True, slots=True)
class Spec:
    """What to make. `editions` by table number; `pool` of wording: dev or held; `files` are named by the route."""

    id: str
    kind: str
    route: str
    editions: tuple[tuple[str, str], ...]
    year: int
    traits: frozenset[str]
    pool: str = "dev"


def compose(spec: Spec, rng: Random) -> tuple[Document, dict[str, object]]:
    """The report that a specification asks for and its truth (without `files`)."""
    form = hybrid(dict(spec.editions))
    figures = consistent(form, _size(spec.traits, rng), rng, "org_columns_blank" in spec.traits and rng.random() < 0.6)
    counted = dict(figures)
    if "shifted_column" in spec.traits:
        shift_column(form, figures, rng)
    if "bad_sums" in spec.traits:
        plant_errors(form, figures, rng, rng.randint(1, 3))
    printed = print_all(form, figures, spec.traits, rng)
    if "missing_row" in spec.traits:
        _drop_row(form, printed, rng)
    organ, place, words = _office(spec.year, rng)
    teller = Teller(form, counted, printed, spec.pool, spec.traits, words, rng)
    doc = Document([], "", organ, place, spec.year, spec.traits)
    _body(doc, form, printed, teller, rng)
    truth: dict[str, object] = {
        "id": spec.id, "kind": spec.kind, "files": [], "form": form.edition, "organ": organ, "organ_also": [], "year": spec.year,
        "fields": {f.id: printed[f.id].truth(f.decimal) for f in form.fields},
        "arithmetic_errors": broken(form, {i: p.value for i, p in printed.items()}),
        "statements": [s.truth() for s in teller.statements],
        "tags": sorted({spec.route, *spec.traits, *_tags(spec, teller)}),
    }
    if len({e for _, e in spec.editions}) > 1:
        truth["tables"] = dict(spec.editions)
    return doc, truth


def _tags(spec: Spec, teller: Teller) -> set[str]:
    out = {f"pool_{spec.pool}"}
    if len({e for _, e in spec.editions}) > 1:
        out.add("hybrid")
    if any(not s.agrees for s in teller.statements):
        out.add("contradiction")
    return out


def _size(traits: frozenset[str], rng: Random) -> str:
    if "all_zero" in traits:
        return "zero"
    if "big_numbers" in traits:
        return "province"
    if "thousands" in traits:
        return rng.choice(("mid", "large"))
    return rng.choices(list(SIZE_SHARES), list(SIZE_SHARES.values()))[0]


def _office(year: int, rng: Random) -> tuple[str, str, dict[str, str]]:
    places = data.load("places")
    place = rng.choice(places["cities"] + places["counties"])
    if rng.random() < 0.25:
        organ = rng.choice(places["town_organs"]).format(p=place, s=rng.choice(places["towns"]))
        organ = organ.replace("街道人民政府", "街道办事处").replace("镇办事处", "镇人民政府").replace("乡办事处", "乡人民政府")
    else:
        organ = rng.choice(places["organs"]).format(p=place)
    me = rng.choice(("本机关", "我局" if organ.endswith("局") else "本单位", organ))
    return organ, place, {"Y": str(year), "self": me, "area": place[-1], "nick": place[:-1], "o": organ}


def _drop_row(form: Form, printed: dict[str, Printed], rng: Random) -> None:
    """One row of table 2 or 3 in which nothing is counted is not in the document."""
    rows: dict[str, list[str]] = {}
    for f in form.fields:
        if f.table in "23":
            rows.setdefault(f.row_key, []).append(f.id)
    sums = {r.right[0].rpartition(".")[0] for r in form.rules if r.name == "results_total"}
    flow = {i.rpartition(".")[0] for r in form.rules if r.name == "balance" for i in (*r.left, *r.right)}
    empty = [k for k, ids in rows.items() if k not in sums | flow and not any(printed[i].value for i in ids)]
    if empty:
        for i in rows[rng.choice(empty)]:
            printed[i] = Printed(None, "missing", None)


def _body(doc: Document, form: Form, printed: dict[str, Printed], t: Teller, rng: Random) -> None:
    head = data.load("head")
    doc.title = t.fill(rng.choice(head["titles"]))
    out = doc.blocks
    absent = doc.has("title_absent")
    if not absent:
        _title(doc, rng)
    out.append(Text(t.fill(rng.choice(head["basis"]) + (head["six"] if doc.has("contents_list") else "")
                           + rng.choice(head["period"]))))
    numbers = head["numbering"][rng.choice(("han_space", "arabic")) if doc.has("heading_numbers") else "han"]
    names = {k: numbers[int(k) - 1] + rng.choice(v) for k, v in head["sections"].items()}
    tables = _tables(doc, form, printed, rng)
    parts: dict[str, list[Block]] = {"1": [Text(p) for p in section_one(t)]}
    if doc.has("foreign_table"):
        parts["1"].insert(rng.randint(0, 2), _foreign(rng))
    for k in "234":
        parts[k] = [*([Text(t.prose("lead"))] if rng.random() < 0.1 else []),
                    *([Text(names[k], "caption")] if doc.has("repeated_title") else []), *tables[k]]
    parts["5"] = [Text(t.prose("problems")), Text(t.prose("improve"))]
    parts["6"] = [*(Text(s) for s in t.tell("fees", rng.randint(0, 1))), Text(t.prose("others"))]
    order = "124356" if doc.has("tables_reordered") else "123456"
    for k in order:
        out += [Text(names[k], "heading"), *parts[k]]
    if absent or rng.random() < 0.5:
        out.append(Text(t.fill(rng.choice(head["contact"])).format(
            o=doc.organ, a=rng.choice(("文昌", "滨河", "解放")), k=rng.randint(1, 300), t=f"0{rng.randint(300, 999)}-{rng.randint(2000000, 8999999)}")))
        out += [Text(doc.organ, "sign"), Text(f"{doc.year + 1}年1月{rng.randint(5, 31)}日", "sign")]


def _title(doc: Document, rng: Random) -> None:
    if doc.has("title_split"):
        cut = doc.title.find(doc.organ) + len(doc.organ) if doc.title.startswith(doc.organ) else len(doc.title) - 6
        doc.blocks += [Text(doc.title[:cut], "title"), Text(doc.title[cut:], "title")]
    else:
        doc.blocks.append(Text(doc.title, "title"))


def _tables(doc: Document, form: Form, printed: dict[str, Printed], rng: Random) -> dict[str, list[Block]]:
    label = labels.relabel(doc.traits, rng)
    extra = None
    if doc.has("extra_row"):
        rows = grids.unique([f.row for f in form.table("2") if printed[f.id].state != "missing"])
        first = [r for r in rows if r[0] == rows[0][0]]
        n = str(rng.choice((0, 3, 9, 24)))
        extra = grids.Extra(first[-1], rng.choice(data.load("labels")["extra_rows"]), (n, n, n))
    two = grids.blocks(form, "2", printed, label, "信息内容", extra)
    if doc.has("one_grid"):
        two = [grids.joined(two)]
    three = grids.matrix(form, "3", printed, label, doc.has("split_header"))
    four = grids.one_row(form, "4", printed, label)
    change: list[Callable[[Grid], Grid]] = []
    if doc.has("vertical_chars"):
        change.append(_upright)
    if doc.has("unmerged"):
        change.append(lambda g: grids.flattened(g, False))
    elif doc.has("repeated_labels"):
        change.append(lambda g: grids.flattened(g, True))
    if doc.has("title_row_in_table"):
        change.append(lambda g: grids.with_title_row(g, f"{doc.year}年度统计表") if g.table == "3" else g)
    out: dict[str, list[Block]] = {}
    for number, made in (("2", two), ("3", [three]), ("4", [four])):
        for f in change:
            made = [f(g) for g in made]
        out[number] = list(made)
    return out


def _upright(grid: Grid) -> Grid:
    """Group labels with one character a line."""
    cells = tuple(Cell("\n".join(c.text), c.row, c.col, c.rows, c.cols, c.role, c.field)
                  if c.role == "group" and c.rows >= min(len(c.text) // 2, 4) else c for c in grid.cells)
    return Grid(grid.table, cells, grid.widths, grid.head_rows)


def _foreign(rng: Random) -> Grid:
    head = rng.choice(data.load("labels")["foreign"]["head"])
    rows = rng.randint(1, 3)
    cells = [Cell(h, 0, c, role="head") for c, h in enumerate(head)]
    cells += [Cell(str(rng.randint(0, 300)), 1 + r, c, role="value") for r in range(rows) for c in range(len(head))]
    return Grid("", tuple(cells), (1 / len(head),) * len(head))
