"""From a specification to a report: figures, tables, text and the truth about them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import cast

from extractor.forms.model import SectionSpec

from . import data
from .document import Block, Document, Text
from .figures import add_up_changes, broken, consistent, plant_errors, shift_column
from .forms import Form, hybrid
from .narrative import Teller, section_one
from .printing import Printed, print_all
from .tables import foreign, tables

SIZE_SHARES = {"tiny": 0.3, "small": 0.35, "mid": 0.25, "large": 0.1}


@dataclass(frozen=True, slots=True)
class Spec:
    """What to make. `editions` by table number; `pool` of wording: dev or held.

    `forms_dir`: where the editions are described, where that is not models/forms.
    """

    id: str
    kind: str
    route: str
    editions: tuple[tuple[str, str], ...]
    year: int
    traits: frozenset[str]
    pool: str = "dev"
    forms_dir: Path | None = None


def compose(spec: Spec, rng: Random) -> tuple[Document, dict[str, object]]:
    """The report that a specification asks for and its truth (without `files`)."""
    form = hybrid(spec.editions, spec.forms_dir)
    figures = consistent(
        form, _size(spec.traits, rng), rng, "org_columns_blank" in spec.traits and rng.random() < 0.6
    )
    if "decisions_as_sum" in spec.traits:
        add_up_changes(form, figures)
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
    also = _names(doc, rng)
    doc.title = teller.fill(rng.choice(data.load("head")["titles"]).replace("{o}", doc.named))
    _body(doc, form, printed, teller, rng)
    wrong = broken(form, {i: p.value for i, p in printed.items()})
    # A total left empty beside figures that add up to something is no figure that a sentence could contradict.
    ids = {i for e in wrong for i in cast("list[str]", e["fields"])}
    hollow = {i for i in ids if printed[i].state == "blank"}
    statements = [s.truth() for s in teller.statements if not hollow & set(s.fields)]
    truth: dict[str, object] = {
        "id": spec.id,
        "kind": spec.kind,
        "files": [],
        "form": form.edition,
        "organ": organ,
        "organ_also": also,
        "year": spec.year,
        "fields": {f.id: printed[f.id].truth(f.decimal) for f in form.fields},
        "arithmetic_errors": wrong,
        "statements": statements,
        "tags": sorted(_tags(spec, teller)),
    }
    if len({e for _, e in spec.editions}) > 1:
        truth["tables"] = dict(spec.editions)
    return doc, truth


def _tags(spec: Spec, teller: Teller) -> set[str]:
    """Traits and what became of them: a contradiction asked for may have found no sentence to stand in."""
    out = {spec.route, f"pool_{spec.pool}", *spec.traits} - {"narrative_disagrees"}
    if any(not s.agrees for s in teller.statements):
        out.add("narrative_disagrees")
    if len({e for _, e in spec.editions}) > 1:
        out.add("hybrid")
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
        organ = (
            organ.replace("街道人民政府", "街道办事处")
            .replace("镇办事处", "镇人民政府")
            .replace("乡办事处", "乡人民政府")
        )
    else:
        organ = rng.choice(places["organs"]).format(p=place)
    me = rng.choice(("本机关", "我局" if organ.endswith("局") else "本单位", organ))
    return organ, place, {"Y": str(year), "self": me, "area": place[-1], "nick": place[:-1], "o": organ}


def _drop_row(form: Form, printed: dict[str, Printed], rng: Random) -> None:
    """One row in which nothing is counted is not in the document; never one that others are added up to."""
    rows: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for t in form.tables:
        kept = {r.right[0] for r in t.across_rows()} | {i for r in t.flows() for i in (*r.left, *r.right)}
        for f in t.fields:
            if t.shape != "strip":
                rows.setdefault((t.number, f.row), []).append(f.id)
                if f.id in kept:
                    rows[t.number, f.row].append("")
    empty = [ids for ids in rows.values() if "" not in ids and not any(printed[i].value for i in ids)]
    if empty:
        for i in rng.choice(empty):
            printed[i] = Printed(None, "missing", None)


def _body(doc: Document, form: Form, printed: dict[str, Printed], t: Teller, rng: Random) -> None:
    head = data.load("head")
    out = doc.blocks
    absent = doc.has("title_absent")
    if not absent:
        _title(doc)
    preface = Text(
        t.fill(rng.choice(head["basis"]) + (head["six"] if doc.has("contents_list") else ""))
        + _period(doc, t.fill(rng.choice(head["period"])), absent, rng)
    )
    inside = doc.has("preface_inside")
    if not inside:
        out.append(preface)
    numbers = head["numbering"][rng.choice(("han_space", "arabic")) if doc.has("heading_numbers") else "han"]
    names = {n.number: numbers[n.number - 1] + _heading(n, rng) for n in form.sections}
    lost = rng.choice([k.section for k in form.tables]) if doc.has("heading_lost") else None
    for at, (number, blocks) in enumerate(_parts(doc, form, printed, t, names, rng)):
        out += [] if number == lost else [Text(names[number], "heading")]
        out += [preface] if inside and at == 0 else []
        out += blocks
    if absent or doc.has("office_signs") or rng.random() < 0.5:
        words = {
            "o": doc.signer,
            "a": rng.choice(("文昌", "滨河", "解放")),
            "k": rng.randint(1, 300),
            "t": f"0{rng.randint(300, 999)}-{rng.randint(2000000, 8999999)}",
        }
        out.append(Text(rng.choice(head["contact"]).format(**words)))
        out += [Text(doc.signer, "sign"), Text(f"{doc.year + 1}年1月{rng.randint(5, 31)}日", "sign")]


def _title(doc: Document) -> None:
    if doc.has("title_split"):
        cut = (
            doc.title.find(doc.organ) + len(doc.organ)
            if doc.title.startswith(doc.organ)
            else len(doc.title) - 6
        )
        doc.blocks += [Text(doc.title[:cut], "title"), Text(doc.title[cut:], "title")]
    else:
        doc.blocks.append(Text(doc.title, "title"))


def _period(doc: Document, text: str, absent: bool, rng: Random) -> str:
    """The clause of the period; last year's, or with lost characters, where a title still tells the year."""
    if not absent and doc.has("period_stale"):
        return text.replace(str(doc.year), str(doc.year - 1))
    if not absent and doc.has("period_lost"):
        return "".join(c for c in text if c not in "年月日" or rng.random() < 0.5)
    return text


def _names(doc: Document, rng: Random) -> list[str]:
    """How the title names the organ and who signs; returns the other names that are right too."""
    doc.named = doc.signer = doc.organ
    if doc.has("organ_suffix"):
        doc.named += rng.choice(("（本级）", "（机关）", "(本级)"))
        return [doc.named]
    if doc.organ.endswith("人民政府") and "title_absent" not in doc.traits and doc.has("office_signs"):
        doc.signer += "办公室"
    return []


def _heading(section: SectionSpec, rng: Random) -> str:
    """A section's name: the form's, one of its aliases, or another wording met in reports."""
    others = data.load("head")["sections"].get(str(section.number), [section.title])
    choices = ([section.title], section.aliases or [section.title], others)
    return str(rng.choice(rng.choices(choices, (0.5, 0.25, 0.25))[0]))


def _parts(
    doc: Document, form: Form, printed: dict[str, Printed], t: Teller, names: dict[int, str], rng: Random
) -> list[tuple[int, list[Block]]]:
    """The sections in the order of this document, with what stands in each."""
    by_section = {k.section: k for k in form.tables}
    first, last = form.sections[0].number, form.sections[-1].number
    parts: dict[int, list[Block]] = {}
    for number in names:
        if number == first:
            parts[number] = [Text(p) for p in section_one(t)]
            if doc.has("foreign_table"):
                parts[number].insert(rng.randint(0, 2), foreign(rng))
        elif number in by_section:
            parts[number] = [
                *([Text(t.prose("lead"))] if rng.random() < 0.1 else []),
                *([Text(s) for s in t.lead(by_section[number])] if rng.random() < 0.12 else []),
                *([Text(names[number], "caption")] if doc.has("repeated_title") else []),
                *tables(doc, by_section[number], printed, rng),
            ]
        elif number == last:
            parts[number] = [*(Text(s) for s in t.tell("fees", rng.randint(0, 1))), Text(t.prose("others"))]
        else:
            parts[number] = [Text(t.prose("problems")), Text(t.prose("improve"))]
    order = sorted(parts)
    if doc.has("tables_reordered"):
        a, b = rng.sample([order.index(k) for k in by_section], 2)
        order[a], order[b] = order[b], order[a]
    return [(k, parts[k]) for k in order]
