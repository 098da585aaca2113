"""Claims against the tables: agreeing, contradicting, or neither.

A contradiction is told only where the frame is sure, every figure it names is there, and no other reading of
the same words fits (受理 may count what was carried in; 办结 may leave it out).
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from extractor.forms.model import FieldSpec, TableSpec
from extractor.language.claim import Claim
from extractor.language.lexicon import Lexicon, Measure
from extractor.language.numerals import MONEY_UNITS, Quantity, exact
from extractor.types import Number

_TERM = re.compile(r"([+-]?)([^+-]+)")
# A part may equal the whole by chance; in counts of two digits and more that is rare enough to tell.
_TELLING = 10
_MONEY = {unit: Decimal(size) for unit, size in MONEY_UNITS.items()}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a claim comes to: the figures it restates, their printed sum, and whether they fit."""

    fields: tuple[str, ...]
    printed: Number | None
    agrees: bool
    quantity: Number
    unit: str


class Figures:
    """The tables' figures as sentences are compared with them; blank and mark are 0.

    A cell that is missing or illegible cannot be compared, and neither can an empty cell whose row says
    by its other figures that it should hold one (a 总计 column left empty).
    """

    def __init__(
        self,
        tables: Sequence[TableSpec],
        values: Mapping[str, Number | None],
        states: Mapping[str, str],
        unsure: frozenset[str] = frozenset(),
    ) -> None:
        self.specs: dict[str, FieldSpec] = {f.id: f for t in tables for f in t.fields}
        self._values = values
        self._states = states
        self._hollow = self._hollow_cells(tables) | unsure

    def _hollow_cells(self, tables: Sequence[TableSpec]) -> set[str]:
        """Empty cells that a sum of the form says are not nothing."""
        out: set[str] = set()
        for identity in (i for t in tables for i in t.identities):
            cells = [(f, self._values.get(f)) for f in identity.fields]
            empty = [f for f, v in cells if v is None]
            left = sum(Decimal(self._values.get(f) or 0) for f in identity.parts)
            if empty and left != sum(Decimal(self._values.get(f) or 0) for f in identity.equals):
                out.update(empty)
        return out

    def known(self, field_id: str) -> bool:
        return field_id in self.specs and self._states.get(field_id, "missing") not in (
            "missing",
            "illegible",
        )

    def value(self, field_id: str) -> Number | None:
        """The figure to compare with; None where there is none."""
        if not self.known(field_id):
            return None
        return self._values.get(field_id) or 0

    def certain(self, fields: Sequence[str]) -> bool:
        """Whether a sentence that differs from these figures contradicts them."""
        return not any(f in self._hollow for f in fields)

    def matching(self, pattern: str) -> list[str]:
        if pattern in self.specs:
            return [pattern]
        return [f for f in self.specs if fnmatch.fnmatchcase(f, pattern)] if "*" in pattern else []

    def total(self, fields: Sequence[str]) -> Number | None:
        found = [self.value(f) for f in fields]
        if not found or any(v is None for v in found):
            return None
        return exact(sum((Decimal(v) for v in found if v is not None), Decimal(0)))


class Judge:
    """Tells what claims come to, for one report."""

    def __init__(self, lexicon: Lexicon, figures: Figures) -> None:
        self.lex = lexicon
        self.figures = figures

    def _fields(self, claim: Claim, row: str) -> tuple[str, ...] | None:
        """Field ids of one row expression's term over the claim's families and parties."""
        columns = [c for p in claim.parties for c in self.lex.parties[p]] if claim.parties else ["total"]
        if claim.parties == ("other_org",) or not claim.parties:
            columns = list(claim.parties) or ["total"]
        out: list[str] = []
        for family in claim.families:
            for pattern in self.lex.families[family].fields:
                for column in columns if "{party}" in pattern else [""]:
                    out += self.figures.matching(pattern.format(measure=row, party=column))
        return tuple(dict.fromkeys(out)) or None

    def _reading(self, claim: Claim, expression: str) -> tuple[str, ...] | None:
        """The fields whose sum `expression` (a row, a.*, a+b) is; None where the edition lacks one."""
        out: list[str] = []
        for sign, row in _TERM.findall(expression):
            fields = self._fields(claim, row) if sign != "-" else None
            if fields is None:
                return None
            out += fields
        return tuple(dict.fromkeys(out))

    def _primary(self, claim: Claim, measure: Measure) -> tuple[str, ...] | None:
        for row in measure.rows:
            found = self._reading(claim, row)
            if found:
                return found
        return None

    def _difference(self, claim: Claim, expression: str) -> Number | None:
        """The value of an excuse such as received-carried_out."""
        total = Decimal(0)
        for sign, row in _TERM.findall(expression):
            fields = self._fields(claim, row)
            value = self.figures.total(fields) if fields else None
            if value is None:
                return None
            total += -Decimal(value) if sign == "-" else Decimal(value)
        return exact(total)

    def readings(self, claim: Claim) -> list[tuple[str, ...]]:
        """What the claim can restate, likeliest first; the edition's own fields only."""
        measures = [self.lex.measures[m] for m in claim.measures]
        if len(measures) > 1:
            parts = [self._primary(claim, m) for m in measures]
            if any(p is None for p in parts):
                return []
            return [tuple(dict.fromkeys(f for p in parts if p for f in p))]
        first = self._primary(claim, measures[0])
        if first is None:
            return []
        others = [r for r in (self._reading(claim, e) for e in measures[0].alternatives) if r]
        if claim.with_carried and others:
            return [others[0], first, *others[1:]]
        return [first, *others]

    def judge(self, claim: Claim) -> list[Verdict]:
        """The verdicts on one claim: none where nothing can be told, several where it is said of each."""
        if any(self.lex.families[f].money for f in claim.families):
            return self._money(claim)
        if claim.each:
            return self._each(claim)
        q = claim.quantity
        readings = self.readings(claim)
        if not readings:
            return []
        first = self.figures.total(readings[0])
        whole = True
        if first is None:
            # Rows that the document lacks cannot be added up, but what is there may already fit.
            there = tuple(f for f in readings[0] if self.figures.known(f))
            if len(readings[0]) == 1 or not there:
                return []
            readings[0], whole = there, False
            first = self.figures.total(there)
        for fields in readings:
            total = self.figures.total(fields)
            if total is not None and q.fits(total):
                if claim.trust == "chance" and total < _TELLING:
                    return []
                return [Verdict(fields, total, True, q.value, q.unit)]
        if first is None or claim.trust != "sure" or not whole or not self.figures.certain(readings[0]):
            return []
        if q.fits(first) is None or self._excused(claim, q):
            return []
        return [Verdict(readings[0], first, False, q.value, q.unit)]

    def _excused(self, claim: Claim, quantity: Quantity) -> bool:
        excuses = [e for m in claim.measures for e in self.lex.measures[m].excuses]
        return any(v is not None and quantity.fits(v) for v in (self._difference(claim, e) for e in excuses))

    def _each(self, claim: Claim) -> list[Verdict]:
        """A sentence of none: every figure it names is 0, or contradicts it."""
        readings = self.readings(claim)
        out = []
        for field_id in readings[0] if readings else ():
            value = self.figures.value(field_id)
            if value is not None and (
                value == 0 or (claim.trust == "sure" and self.figures.certain([field_id]))
            ):
                out.append(Verdict((field_id,), value, value == 0, 0, claim.quantity.unit))
        return out

    def _money(self, claim: Claim) -> list[Verdict]:
        """An amount, whatever unit the sentence and the column use."""
        q, family = claim.quantity, self.lex.families[claim.families[0]]
        fields = [f for p in family.fields for f in self.figures.matching(p)]
        if len(fields) != 1:
            return []
        value, spec = self.figures.value(fields[0]), self.figures.specs[fields[0]]
        if value is None:
            return []
        if q.value == 0:
            agrees = value == 0
            return (
                [Verdict((fields[0],), value, agrees, 0, q.unit)] if agrees or claim.trust == "sure" else []
            )
        said = _MONEY[q.unit]
        # Cells print 元 where 万元 is asked, so the same amount may stand there in either.
        for column in dict.fromkeys((_MONEY.get(spec.unit, Decimal(1)), Decimal(1), Decimal(10000))):
            amount = exact(Decimal(value) * column / said)
            if q.fits(amount):
                stated = exact(Decimal(q.value) * said / _MONEY.get(spec.unit, Decimal(1)))
                return [Verdict((fields[0],), value, True, stated, spec.unit)]
        sure = claim.trust == "sure" and not family.loose
        amount = exact(Decimal(value) * _MONEY.get(spec.unit, Decimal(1)) / said)
        if not sure or q.fits(amount) is None:
            return []
        return [
            Verdict((fields[0],), value, False, exact(Decimal(q.value) * said / _MONEY[spec.unit]), spec.unit)
        ]
