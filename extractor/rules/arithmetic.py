"""The form's own arithmetic (勾稽关系): which sums hold, which fail, which cell would settle them.

A blank cell or a sign for none counts as zero, unless every operand and the total are blank.  A row or
column that the document lacks is left out.  A sum with an unreadable cell is not judged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from extractor.forms.model import Identity, TableSpec
from extractor.types import FieldValue, Finding, Number


class Check(NamedTuple):
    """One identity held against the printed figures.  `holds` is None where it can't be judged."""

    identity: Identity
    holds: bool | None
    parts: Number = 0
    equals: Number = 0
    fields: tuple[str, ...] = ()
    """The ids that are in the document, parts first."""
    printed: bool = False
    """At least one of them is a printed number."""
    unstated: bool = False
    """Cells of it are left blank by habit: it fails where anything is printed, and says nothing about a reading."""
    torn: bool = False
    """A part of it was not found and may be printed all the same: failing says nothing about the report."""

    @property
    def difference(self) -> Number:
        return self.parts - self.equals


def check(tables: Iterable[TableSpec], values: Mapping[str, FieldValue]) -> tuple[Check, ...]:
    """Every identity of the tables' editions against the values."""
    checks = [_check(i, values) for t in tables for i in t.identities]
    hollow = [c for c in checks if c.holds is False and all(values[i].state == "blank" for i in c.identity.equals)]
    often = Counter(c.identity.rule for c in hollow)
    unfilled = {c.identity for c in hollow if often[c.identity.rule] >= LEFT_BLANK}
    totals = {i for identity in unfilled for i in identity.equals}
    lone = _one_column(checks, values)
    return tuple(
        c._replace(unstated=True)
        if c.identity in unfilled or _left_blank(c, totals, values) or c.identity in lone else c
        for c in checks
    )  # fmt: skip


MANY_THIN = 5
"""Rows of one column and a total from which that is a way of filling in the table: of 340 made reports that do
not leave columns blank none had more than two such."""
LEFT_BLANK = 3
"""Totals of one rule that are blank beside figures, from which the office does not fill them in: a figure that was not
seen leaves one."""


def _left_blank(check: Check, unfilled: set[str], values: Mapping[str, FieldValue]) -> bool:
    """The parts of a failing sum are a column of such totals."""
    if check.holds is not False or sum(i in unfilled for i in check.identity.parts) < LEFT_BLANK:
        return False
    return all(values[i].state == "blank" for i in check.identity.parts if i in check.fields)


def _one_column(checks: Sequence[Check], values: Mapping[str, FieldValue]) -> set[Identity]:
    """Failing row sums in which one part and the total are all that is printed, where half of a table's rows are so.

    The office fills in one column and the total: such a sum says nothing about a reading.  Single rows of the kind
    may have lost a figure.
    """
    told: Counter[str] = Counter()
    thin: dict[str, list[Identity]] = {}
    for c in checks:
        parts = [i for i in c.identity.parts if i in c.fields]
        if not c.identity.row or len(parts) <= LEFT_BLANK or not c.equals:
            continue
        told[c.identity.rule] += 1
        if c.holds is False and sum(values[i].state != "blank" for i in parts) == 1:
            thin.setdefault(c.identity.rule, []).append(c.identity)
    return {i for rule, own in thin.items() if len(own) >= MANY_THIN and 2 * len(own) >= told[rule] for i in own}


def _check(identity: Identity, values: Mapping[str, FieldValue]) -> Check:
    present = [i for i in identity.fields if i in values and values[i].state != "missing"]
    has_equals = all(i in present for i in identity.equals)
    if not has_equals or not any(i in present for i in identity.parts):
        return Check(identity, None, fields=tuple(present))
    if any(values[i].state == "illegible" for i in present):
        return Check(identity, None, fields=tuple(present))
    if all(values[i].state == "blank" for i in present):
        return Check(identity, True, 0, 0, tuple(present))
    parts = _sum((i for i in identity.parts if i in present), values)
    equals = _sum(identity.equals, values)
    printed = any(values[i].state == "printed" for i in present)
    gone = (values[i].placement for i in identity.fields if i in values and values[i].state == "missing")
    torn = any(set(place.doubts) - {"row_unruled"} for place in gone)
    return Check(identity, parts == equals, parts, equals, tuple(present), printed, torn=torn)


def _sum(ids: Iterable[str], values: Mapping[str, FieldValue]) -> Number:
    """Σ of the values of some ids, marks and blanks as zero; whole numbers without the cost of decimals."""
    found = [v for v in (values[i].value for i in ids) if v is not None]
    if all(type(v) is int for v in found):
        return sum(found)
    total = sum((Decimal(v) for v in found), Decimal(0))
    return int(total) if total == total.to_integral_value() else total


def findings(checks: Iterable[Check], misread: Collection[Identity] = ()) -> tuple[Finding, ...]:
    """One finding for every identity that fails with all its parts found, with both sides; none for those that a
    misread figure explains (`misread`)."""
    out: list[Finding] = []
    for c in checks:
        if c.holds is not False or c.torn or c.identity in misread:
            continue
        words = {
            "row": c.identity.row, "column": c.identity.column, "computed": c.parts, "printed": c.equals,
        }  # fmt: skip
        out.append(
            Finding(
                c.identity.rule, "error", c.fields, c.identity.message.format(**words),
                printed=c.equals, computed=c.parts,
            )
        )  # fmt: skip
    return tuple(out)


def suggestions(checks: Sequence[Check], values: Mapping[str, FieldValue]) -> dict[str, Number]:
    """For the one field whose change settles every failing identity: the number that would do it.

    Nothing is suggested where no field or more than one would do, or where the number is negative.
    Fields of identities that can't be judged are no candidates.
    """
    failing = [c for c in checks if c.holds is False]
    if not failing:
        return {}
    found: dict[str, Number] = {}
    groups = connected(failing)
    for group in groups:
        candidates: list[tuple[str, Number]] = []
        common = set.intersection(*(set(c.fields) for c in group))
        for field_id in common:
            number = _settles(field_id, group, checks, values)
            if number is not None:
                candidates.append((field_id, number))
        if len(candidates) == 1:
            found[candidates[0][0]] = candidates[0][1]
    return found


def connected(failing: Sequence[Check]) -> list[list[Check]]:
    """Failing identities that share fields, grouped: each group may have a cause of its own."""
    groups: list[tuple[set[str], list[Check]]] = []
    for c in failing:
        ids = set(c.fields)
        touching = [g for g in groups if g[0] & ids]
        merged: tuple[set[str], list[Check]] = (ids, [c])
        for g in touching:
            merged = (merged[0] | g[0], g[1] + merged[1])
            groups.remove(g)
        groups.append(merged)
    return [g[1] for g in groups]


def _settles(
    field_id: str, group: Sequence[Check], checks: Sequence[Check], values: Mapping[str, FieldValue]
) -> Number | None:
    """The number that makes all failing identities hold and breaks none that holds."""
    current = values[field_id].value or 0
    wanted: set[Number] = set()
    for c in group:
        shift = c.difference if field_id in c.identity.equals else -c.difference
        wanted.add(current + shift)
    if len(wanted) != 1:
        return None
    number = wanted.pop()
    if number < 0:
        return None
    touched_holding = any(c.holds and field_id in c.fields for c in checks)
    return None if touched_holding else number
