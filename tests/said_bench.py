"""Paragraphs as offices write them, held against a made-up report: what must be told of each, and what not.

    python -m tests.said_bench [--show]

tests/said/ says how its lines are read.  Every `{K}` of a line is one trial of agreement, and one of contradiction
with another number in its place; a paragraph of none is tried on a report of zeros and on one with figures.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from extractor.forms.load import edition
from extractor.language.statements import read_statements
from extractor.types import Head, Number, Section
from samples.maker.narrative import in_han

HERE = Path(__file__).with_name("said")
ORGAN, YEAR = "澜河市交通运输局", 2023
A, P, M = "applications.", "proactive.", "remedies."
_COLUMNS = ("natural_person", "enterprise", "research", "public_interest", "legal_service", "other_org")
_ROWS = {
    "received": (161, 14, 3, 2, 5, 1), "carried_in": (15, 2, 0, 0, 0, 0), "granted": (59, 6, 1, 1, 1, 0),
    "partial": (27, 1, 0, 0, 1, 0), "denied.internal_affairs": (6, 0, 0, 0, 0, 0),
    "denied.deliberative_process": (8, 2, 0, 0, 0, 0), "denied.enforcement_file": (4, 0, 0, 0, 0, 0),
    "denied.third_party": (1, 1, 0, 0, 0, 0), "unavailable.not_held": (26, 3, 1, 0, 1, 0),
    "unavailable.requires_creation": (5, 1, 0, 0, 0, 0), "unavailable.still_unclear": (2, 1, 0, 0, 0, 0),
    "not_processed.petition": (8, 0, 0, 0, 0, 0), "not_processed.repeated": (11, 0, 0, 0, 0, 0),
    "other.no_correction": (4, 0, 0, 0, 0, 0), "other.other": (9, 1, 0, 1, 1, 0),
    "processed_total": (170, 16, 2, 2, 4, 0), "carried_out": (6, 0, 1, 0, 1, 1),
}  # fmt: skip
_FLAT: dict[str, Number] = {
    P + "rules.issued": 3, P + "rules.repealed": 1, P + "rules.in_force": 47,
    P + "normative_documents.issued": 18, P + "normative_documents.repealed": 24,
    P + "normative_documents.in_force": 215, P + "licensing.decisions": 36742, P + "penalties.decisions": 1583,
    P + "coercion.decisions": 264, P + "fees.amount": Decimal("4027.58"),
    M + "reconsideration.upheld": 13, M + "reconsideration.corrected": 4, M + "reconsideration.other": 3,
    M + "reconsideration.pending": 5, M + "reconsideration.total": 25, M + "litigation_direct.upheld": 8,
    M + "litigation_direct.corrected": 2, M + "litigation_direct.other": 1, M + "litigation_direct.pending": 3,
    M + "litigation_direct.total": 14, M + "litigation_after_reconsideration.upheld": 5,
    M + "litigation_after_reconsideration.pending": 1, M + "litigation_after_reconsideration.total": 6,
}  # fmt: skip
_KEYS = {
    "R": "received", "C": "carried_in", "T": "processed_total", "X": "carried_out", "G": "granted", "P": "partial",
    "d_int": "denied.internal_affairs", "d_del": "denied.deliberative_process", "d_enf": "denied.enforcement_file",
    "d_3rd": "denied.third_party", "u_not": "unavailable.not_held", "u_req": "unavailable.requires_creation",
    "u_unc": "unavailable.still_unclear", "n_pet": "not_processed.petition", "n_rep": "not_processed.repeated",
    "o_cor": "other.no_correction", "o_oth": "other.other",
}  # fmt: skip
_REST = {
    "V": "reconsideration", "LD": "litigation_direct", "LA": "litigation_after_reconsideration",
}  # fmt: skip
_RESULTS = {"up": "upheld", "co": "corrected", "ot": "other", "pe": "pending"}
_TWO = {
    "ri": "rules.issued", "rr": "rules.repealed", "rf": "rules.in_force", "ni": "normative_documents.issued",
    "nr": "normative_documents.repealed", "nf": "normative_documents.in_force", "lic": "licensing.decisions",
    "pen": "penalties.decisions", "coe": "coercion.decisions", "fee": "fees.amount",
}  # fmt: skip
_PARTIES = dict(zip(("Rn", "Re", "Rr", "Rp", "Rl", "Rx"), _COLUMNS, strict=True))
_SLOT = re.compile(r"\{([A-Za-z_0-9]+)(?::(\w+))?([~?!])?\}")


def printed() -> dict[str, Number | None]:
    """The figures of the made-up report by field id."""
    values: dict[str, Number | None] = {f.id: 0 for f in edition("2021").fields}
    for row, cells in _ROWS.items():
        values |= {f"{A}{row}.{c}": n for c, n in zip(_COLUMNS, cells, strict=True)}
        values[f"{A}{row}.total"] = sum(cells)
    return values | _FLAT


def keys() -> dict[str, tuple[str, ...]]:
    """The field ids that every key of the files stands for; several are a sum."""
    out = {k: (f"{A}{row}.total",) for k, row in _KEYS.items()}
    out |= {k: (f"{A}received.{c}",) for k, c in _PARTIES.items()}
    out |= {k: (f"{M}{name}.total",) for k, name in _REST.items()}
    out |= {f"{k.lower()}_{r}": (f"{M}{n}.{m}",) for k, n in _REST.items() for r, m in _RESULTS.items()}
    out |= {k: (P + f,) for k, f in _TWO.items()}
    ids = [f.id for f in edition("2021").fields]
    for k, group in (("D", "denied"), ("U", "unavailable"), ("N", "not_processed"), ("O", "other")):
        out[k] = tuple(i for i in ids if re.fullmatch(rf"applications\.{group}\.\w+\.total", i))
    out["Ro"] = tuple(f"{A}received.{c}" for c in _COLUMNS[1:])
    out["RC"], out["GP"] = out["R"] + out["C"], out["G"] + out["P"]
    out["L"] = out["LD"] + out["LA"]
    return out | {"VL": out["V"] + out["L"]}


KEYS = keys()


@dataclass(frozen=True, slots=True)
class Slot:
    key: str
    style: str
    trust: str
    """"" told either way, "~" perhaps not as a contradiction, "?" perhaps not at all, "!" never."""


@dataclass(slots=True)
class Tally:
    """What came of the trials."""

    agreeing: int = 0
    agreeing_told: int = 0
    contradicting: int = 0
    contradicting_told: int = 0
    false_contradictions: int = 0
    look_alikes_told: int = 0
    lines: list[str] = field(default_factory=list)

    def note(self, what: str, line: str, extra: object = "") -> None:
        self.lines.append(f"{what}: {line}  {extra}")


Told = set[tuple[frozenset[str], Decimal, bool]]


def tell(line: str, values: dict[str, Number | None]) -> Told:
    """What is told of one line's text held against a table."""
    mark = re.match(r"§(\d) ", line)
    text = line[mark.end() :] if mark else line
    section = Section(int(mark[1]) if mark else 1, "", text.replace("¶", "\n"), (1,))
    states = dict.fromkeys(values, "printed")
    sections, _ = read_statements(
        [section], edition("2021").tables, values, blanks=states, head=Head(organ=ORGAN, year=YEAR)
    )
    return {
        (frozenset(s.fields or ((s.field,) if s.field else ())), Decimal(s.quantity), bool(s.agrees))
        for s in sections[0].statements
    }


def lines(name: str) -> Iterator[str]:
    for line in (HERE / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            yield line.strip()


def slots(line: str) -> list[Slot]:
    return [Slot(m[1], m[2] or "", m[3] or "") for m in _SLOT.finditer(line)]


def total(key: str, values: dict[str, Number | None]) -> Decimal:
    return sum((Decimal(values[f] or 0) for f in KEYS[key]), Decimal(0))


def _written(n: Decimal, style: str) -> str:
    if style == "han":
        return in_han(int(n)).replace("二", "两", 1) if n == 2 else in_han(int(n))
    if style == "sp":
        return " ".join(str(n))
    if style == "wide":
        return str(n).translate({i + 48: i + 0xFF10 for i in range(10)})
    if style == "th":
        return f"{n:,f}"
    return f"{(n / 10000).normalize():f}" if style == "wan" else f"{n:f}"


def filled(line: str, values: dict[str, Number | None], other: int | None = None) -> tuple[str, Decimal]:
    """The line with its figures; the slot `other` holds a number that is no figure of the report."""
    count = -1
    wrong = Decimal(0)

    def put(m: re.Match[str]) -> str:
        nonlocal count, wrong
        count += 1
        n = total(m[1], values)
        if count == other:
            # 37 more is near no other figure, and ten times as much where 万 rounds.
            n = wrong = n * 10 if m[2] == "wan" else n + 37
        return _written(n, m[2] or "")

    return _SLOT.sub(put, line), wrong


def _one(line: str, values: dict[str, Number | None], tally: Tally) -> None:
    marks = slots(line)
    text, _ = filled(line, values)
    told = tell(text, values)
    own = {(frozenset(KEYS[s.key]), total(s.key, values), True) for s in marks if s.trust != "!"}
    for said in sorted(told - own, key=str):
        if said[2]:
            tally.look_alikes_told += 1
            tally.note("TOLD", text, [sorted(said[0]), said[1]])
        else:
            tally.false_contradictions += 1
            tally.note("FALSE", text, [sorted(said[0]), said[1]])
    for slot in marks:
        if slot.trust in ("?", "!"):
            continue
        tally.agreeing += 1
        if (frozenset(KEYS[slot.key]), total(slot.key, values), True) in told:
            tally.agreeing_told += 1
        else:
            tally.note("MISSED", text, slot.key)
    for index, slot in enumerate(marks):
        if slot.key in [s.key for i, s in enumerate(marks) if i != index] and slot.trust != "!":
            continue
        _other(line, index, slot, values, tally)


def _other(line: str, index: int, slot: Slot, values: dict[str, Number | None], tally: Tally) -> None:
    text, wrong = filled(line, values, index)
    told = {t for t in tell(text, values) if not t[2]}
    want = (frozenset(KEYS[slot.key]), wrong, False)
    for said in sorted(told - ({want} if slot.trust in ("", "~") else set()), key=str):
        tally.false_contradictions += 1
        tally.note("FALSE", text, [slot.key, sorted(said[0]), said[1]])
    if slot.trust == "":
        tally.contradicting += 1
        if want in told:
            tally.contradicting_told += 1
        else:
            tally.note("NOT CONTRADICTED", text, slot.key)


def _none(line: str, values: dict[str, Number | None], tally: Tally) -> None:
    text, _, said = line.partition(" => ")
    surely = re.sub(r"\(.*\)", "", said).split()
    maybe = [*surely, *re.findall(r"\w+", "".join(re.findall(r"\((.*)\)", said)))]
    nothing: dict[str, Number | None] = dict.fromkeys(values, 0)
    for table, agrees in ((nothing, True), (values, False)):
        told = tell(text, table)
        may = {(frozenset(KEYS[k]), Decimal(0), agrees) for k in maybe}
        may |= {(frozenset({f}), Decimal(0), agrees) for k in maybe for f in KEYS[k]}
        for wrong in told - may:
            if wrong[2]:
                tally.look_alikes_told += 1
            else:
                tally.false_contradictions += 1
            tally.note("TOLD" if wrong[2] else "FALSE", text, sorted(wrong[0]))
        for k in surely:
            each = {(frozenset({f}), Decimal(0), agrees) for f in KEYS[k]}
            found = each <= told or (frozenset(KEYS[k]), Decimal(0), agrees) in told
            if agrees:
                tally.agreeing += 1
                tally.agreeing_told += found
            else:
                tally.contradicting += 1
                tally.contradicting_told += found
            if not found:
                tally.note("MISSED" if agrees else "NOT CONTRADICTED", text, k)


def measure() -> Tally:
    """All trials of all lines."""
    values, tally = printed(), Tally()
    for name in ("restated", "lookalikes"):
        for line in lines(name):
            _one(line, values, tally)
    for line in lines("none"):
        _none(line, values, tally)
    return tally


def main(arguments: list[str]) -> int:
    tally = measure()
    if "--show" in arguments:
        print(*tally.lines, sep="\n")
    print(f"agreeing       {tally.agreeing_told} of {tally.agreeing} told")
    print(f"contradicting  {tally.contradicting_told} of {tally.contradicting} told")
    print(f"contradictions told that are none  {tally.false_contradictions}")
    print(f"look-alikes told as agreeing       {tally.look_alikes_told}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
