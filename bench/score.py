"""Measures extraction results against documents whose truth is known.

    python -m bench.score CASES RESULTS [--kind KIND]… [--wrong N] [--per-case]
    score(cases_dir, results_dir) -> {"all": metrics, "digital": metrics, …, "cases": {id: metrics}}

CASES/<id>/truth.json is what a document prints, RESULTS/<id>.json what was extracted.  A field is exact where
value and state are both right (values compared as numbers; `also` in the truth lists further right ones) and
silent where it is wrong and nobody is asked to look.  A result that is missing or cannot be read is wrong and
silent in every field: nothing tells its reader to look.
"""

from __future__ import annotations

import argparse
import json
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

Record = dict[str, Any]
#: Bins of the calibration error: ten, equally wide, as is usual.
BINS = 10
#: An arithmetic finding names at least two terms and their sum.
LEAST_TERMS = 3
#: Rules of findings that compare text with tables are not arithmetic.
NOT_ARITHMETIC = ("narrative", "statement", "text")


def as_number(value: object) -> Decimal | str | None:
    """A value for comparing: 25.10 equals "25.1"; None stays None and words stay words."""
    if value is None:
        return None
    try:
        return Decimal(str(value).strip().replace(",", "")).normalize()
    except InvalidOperation:
        return str(value)


def as_name(name: object) -> str:
    """An organ's name for comparing: full and half width alike, without spaces."""
    return "".join(unicodedata.normalize("NFKC", str(name or "")).split())


@dataclass(slots=True)
class Metrics:
    """Counts over some documents; `as_dict` adds the ratios."""

    counts: dict[str, int] = field(default_factory=dict)
    confidences: list[tuple[float, bool]] = field(default_factory=list)
    wrong_ids: list[str] = field(default_factory=list)
    silent_ids: list[str] = field(default_factory=list)
    false_disagreements: list[str] = field(default_factory=list)
    missed_statements: list[str] = field(default_factory=list)

    def add(self, name: str, n: int = 1) -> None:
        """Count `n` more of something."""
        self.counts[name] = self.counts.get(name, 0) + n

    def merge(self, other: Metrics) -> None:
        """Take another's counts in."""
        for name, n in other.counts.items():
            self.add(name, n)
        for mine, theirs in (
            (self.wrong_ids, other.wrong_ids), (self.silent_ids, other.silent_ids),
            (self.false_disagreements, other.false_disagreements),
            (self.missed_statements, other.missed_statements),
        ):  # fmt: skip
            mine.extend(theirs)
        self.confidences.extend(other.confidences)

    def ece(self) -> float | None:
        """Expected calibration error: how far stated confidence is from the share that is right."""
        if not self.confidences:
            return None
        bins: list[list[tuple[float, bool]]] = [[] for _ in range(BINS)]
        for p, right in self.confidences:
            bins[min(BINS - 1, int(p * BINS))].append((p, right))
        gap = sum(abs(sum(p for p, _ in b) - sum(r for _, r in b)) for b in bins)
        return round(gap / len(self.confidences), 6)

    def as_dict(self) -> Record:
        """Every count, and the ratios that people ask for (None where nothing was counted)."""
        n = {name: self.counts.get(name, 0) for name in COUNTS}

        def ratio(part: int, whole: int) -> float | None:
            return round(part / whole, 6) if whole else None

        return {
            **n,
            "exact_ratio": ratio(n["exact"], n["fields"]),
            "silent_rate": ratio(n["silent"], n["fields"]),
            "review_load": ratio(n["review"], n["fields"]),
            "arith_recall": ratio(n["arith_errors"] - n["arith_missed"], n["arith_errors"]),
            "statement_recall": ratio(n["statements_found"], n["statements"]),
            "recall_disagree": ratio(n["disagreements_found"], n["disagreements"]),
            "sum_recall": ratio(n["sums_found"], n["sums"]),
            "ece": self.ece(),
            "wrong_ids": self.wrong_ids,
            "silent_ids": self.silent_ids,
            "false_disagreements": self.false_disagreements,
            "missed_statements": self.missed_statements,
        }


COUNTS = (
    "documents", "reports", "missing_results", "form_right", "organ_right", "year_right", "tables_right",
    "hybrids", "not_reports", "false_accepts", "fields", "exact", "wrong", "wrong_values", "silent", "review",
    "arith_errors", "arith_missed", "arith_false", "statements", "statements_found", "disagreements",
    "disagreements_found", "false_disagree", "sums", "sums_found",
)  # fmt: skip


def _records(value: object) -> list[Record]:
    return [r for r in value if isinstance(r, dict)] if isinstance(value, list) else []


def _mapping(value: object) -> Record:
    return value if isinstance(value, dict) else {}


def same_value(value: object, want: Record) -> bool:
    """The value is the one printed, or one that is right too (an amount in another unit)."""
    return as_number(value) in {as_number(v) for v in (want["value"], *want.get("also", ()))}


def same_field(value: object, state: str, want: Record) -> bool:
    """Value and state are both right."""
    return same_value(value, want) and state == want["state"]


def _fields(truth: Record, result: Record, m: Metrics) -> None:
    got = {str(f.get("id")): f for f in _records(result.get("fields"))}
    for name, want in truth["fields"].items():
        have = got.get(name)
        value_right = have is not None and same_value(have.get("value"), want)
        right = value_right and have is not None and have.get("state") == want["state"]
        review = bool(have and have.get("needs_review"))
        m.add("fields")
        m.add("exact" if right else "wrong")
        m.add("review", review)
        if have is not None and isinstance(have.get("confidence"), int | float):
            m.confidences.append((min(1.0, max(0.0, float(have["confidence"]))), right))
        if right:
            continue
        m.add("wrong_values", not value_right)
        seen = f"{have.get('value')!r} {have.get('state')}" if have else "nothing"
        line = f"{truth['id']} {name}: printed {want['value']!r} {want['state']}, got {seen}"
        m.wrong_ids.append(line)
        if not review:
            m.add("silent")
            m.silent_ids.append(line)


def _arithmetic(truth: Record, result: Record, m: Metrics) -> None:
    absent = {name for name, f in truth["fields"].items() if f["state"] == "missing"}

    def sets(items: Iterable[Record]) -> Iterator[frozenset[str]]:
        for item in items:
            yield frozenset(str(i) for i in item.get("fields") or ()) - absent

    sums = [
        f for f in _records(result.get("findings"))
        if len(f.get("fields") or ()) >= LEAST_TERMS
        and not any(word in str(f.get("rule", "")).lower() for word in NOT_ARITHMETIC)
    ]  # fmt: skip
    want, have = set(sets(truth["arithmetic_errors"])), set(sets(sums))
    m.add("arith_errors", len(want))
    m.add("arith_missed", len(want - have))
    m.add("arith_false", len(have - want))


Claim = tuple[frozenset[str], Decimal | str | None, bool]


def _claim(statement: Record) -> Claim:
    """What a statement claims: the figure or the sum, the quantity, and whether the tables agree."""
    one = statement.get("field")
    names = [one] if one else (statement.get("fields") or ())
    return frozenset(map(str, names)), as_number(statement.get("quantity")), bool(statement.get("agrees"))


def _statements(truth: Record, result: Record, m: Metrics) -> None:
    said = {
        _claim(s): str(s.get("text"))
        for section in _records(result.get("sections")) for s in _records(section.get("statements"))
        if s.get("field") or s.get("fields")
    }  # fmt: skip
    told = {_claim(s): str(s.get("text", "")) for s in truth["statements"]}
    for claim, text in told.items():
        sort = "statements" if len(claim[0]) == 1 else "sums"
        found = claim in said
        m.add(sort)
        m.add(f"{sort}_found", found)
        if not claim[2]:
            m.add("disagreements")
            m.add("disagreements_found", found)
        if not found:
            number = f"{claim[1]:f}" if isinstance(claim[1], Decimal) else claim[1]
            m.missed_statements.append(
                f"{truth['id']} {sorted(claim[0])[0]}×{len(claim[0])} {number} {claim[2]}: {text}"
            )
    for claim, text in said.items():
        if not claim[2] and claim not in told:
            m.add("false_disagree")
            m.false_disagreements.append(f"{truth['id']} {sorted(claim[0])} {claim[1]}: {text}")


def measure(truth: Record, result: Record | None) -> Metrics:
    """One document: its truth against its result (None: there is none)."""
    m = Metrics()
    m.add("documents")
    m.add("missing_results", result is None)
    body = result or {}
    head = _mapping(body.get("report"))
    form = head.get("form")
    if truth["form"] is None:
        m.add("not_reports")
        m.add("form_right", result is not None and form is None)
        m.add("false_accepts", form is not None)
        return m
    m.add("reports")
    m.add("form_right", form is not None and str(form) == truth["form"])
    m.add("year_right", as_number(head.get("year")) == as_number(truth["year"]))
    names = {as_name(o) for o in (truth["organ"], *truth.get("organ_also", ()))}
    m.add("organ_right", as_name(head.get("organ")) in names)
    if "tables" in truth:
        m.add("hybrids")
        m.add("tables_right", _mapping(head.get("tables")) == truth["tables"])
    _fields(truth, body, m)
    _arithmetic(truth, body, m)
    _statements(truth, body, m)
    return m


def _load(path: Path) -> Record | None:
    """A JSON object from a file; None where there is none to be read."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def score(cases_dir: Path | str, results_dir: Path | str, kinds: Iterable[str] = ()) -> Record:
    """All documents: metrics by kind, over `all` kinds, and by document under `cases`.

    Raises FileNotFoundError where `cases_dir` holds no truth.
    """
    wanted = set(kinds)
    by_kind: dict[str, Metrics] = {"all": Metrics()}
    cases: dict[str, Record] = {}
    paths = sorted(Path(cases_dir).glob("*/truth.json"))
    if not paths:
        raise FileNotFoundError(f"{cases_dir}: no */truth.json")
    for path in paths:
        truth = json.loads(path.read_text(encoding="utf-8"))
        if wanted and truth["kind"] not in wanted:
            continue
        truth["id"] = path.parent.name
        one = measure(truth, _load(Path(results_dir) / f"{path.parent.name}.json"))
        cases[path.parent.name] = one.as_dict()
        by_kind["all"].merge(one)
        by_kind.setdefault(truth["kind"], Metrics()).merge(one)
    return {kind: m.as_dict() for kind, m in by_kind.items()} | {"cases": cases}


COLUMNS = (
    ("docs", "documents"), ("form", "form_right"), ("organ", "organ_right"), ("year", "year_right"),
    ("fields", "fields"), ("exact", "exact_ratio"), ("wrong", "wrong"), ("silent", "silent"),
    ("review", "review_load"), ("arith", "arith_errors"), ("missed", "arith_missed"),
    ("false", "arith_false"),
    ("stmts", "statement_recall"), ("sums", "sum_recall"),
    ("contra", "recall_disagree"), ("falsely", "false_disagree"), ("ece", "ece"),
)  # fmt: skip


def _text(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def table(rows: Record) -> str:
    """Metrics as a table, one row a kind (or document)."""
    wide = max(len(k) for k in rows)
    lines = [f"{'':{wide}s} " + " ".join(f"{title:>7s}" for title, _ in COLUMNS)]
    for name, row in rows.items():
        lines.append(f"{name:{wide}s} " + " ".join(f"{_text(row[key]):>7s}" for _, key in COLUMNS))
    return "\n".join(lines)


def main(argv: list[str] | None = None) -> int:
    """The command line; exit status 1 where a figure is silently wrong or a non-report is accepted."""
    p = argparse.ArgumentParser(
        prog="python -m bench.score", description="Extraction results against known truth."
    )
    p.add_argument("cases", type=Path)
    p.add_argument("results", type=Path)
    p.add_argument("--kind", action="append", default=[])
    p.add_argument(
        "--wrong", type=int, default=40, help="how many wrong fields and missed statements to list"
    )
    p.add_argument("--per-case", action="store_true")
    p.add_argument("--json", action="store_true")
    a = p.parse_args(argv)
    out = score(a.cases, a.results, a.kind)
    if a.json:
        print(json.dumps(out, ensure_ascii=False, indent=1))
    else:
        cases = out.pop("cases")
        print(table({**(cases if a.per_case else {}), **out}))
        for title in ("silent_ids", "wrong_ids", "false_disagreements", "missed_statements"):
            lines = out["all"][title]
            if lines and a.wrong:
                print(f"\n{title}: {len(lines)}", *lines[: a.wrong], sep="\n  ")
    return 1 if out["all"]["silent"] or out["all"]["false_accepts"] else 0


if __name__ == "__main__":
    sys.exit(main())
