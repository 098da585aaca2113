"""The statutory form as the maker needs it: tables of labelled fields, and the sums that hold.

Everything comes from models/forms through `extractor.forms`; a third edition is a third file there.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

from extractor.forms.load import load as forms_data
from extractor.forms.model import Form as Edition
from extractor.forms.model import SectionSpec, TableSpec

Path_ = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """One figure of the form: where its cell stands (paths of printed labels) and what it counts."""

    id: str
    table: str
    row: Path_
    column: Path_
    row_id: str
    column_id: str
    decimal: bool
    unit: str
    signed: bool


@dataclass(frozen=True, slots=True)
class Rule:
    """An identity: the figures of `left` add up to the figures of `right`."""

    name: str
    left: tuple[str, ...]
    right: tuple[str, ...]

    @property
    def is_sum(self) -> bool:
        """Whether it says what one total is made of (a balance has several terms on each side)."""
        return len(self.right) == 1


@dataclass(frozen=True, slots=True)
class Table:
    """One table: `shape` is blocks (with banners), matrix (rows by columns) or strip (one unlabelled row)."""

    number: str
    section: int
    shape: str
    fields: tuple[Field, ...]
    rules: tuple[Rule, ...]
    corner: str
    over: str
    aliases: tuple[tuple[str, tuple[str, ...]], ...]

    def across_columns(self) -> list[Rule]:
        """The sums within a row of a matrix: applicants to their total."""
        return [
            r for r in self.rules if r.is_sum and self.shape == "matrix" and len(self._places(r, "row")) == 1
        ]

    def across_rows(self) -> list[Rule]:
        """The sums within a column: outcomes to their total."""
        return [r for r in self.rules if r.is_sum and len(self._places(r, "column")) == 1]

    def flows(self) -> list[Rule]:
        """The balances: what came in and was carried in, what was done and is carried out."""
        return [r for r in self.rules if not r.is_sum]

    def _places(self, rule: Rule, side: str) -> set[Path_]:
        ids = {*rule.left, *rule.right}
        return {getattr(f, side) for f in self.fields if f.id in ids}


@dataclass(frozen=True, slots=True)
class Form:
    """The tables of one document. A hybrid's follow different editions; `edition` is the first table's."""

    edition: str
    tables: tuple[Table, ...]
    sections: tuple[SectionSpec, ...]

    @property
    def fields(self) -> list[Field]:
        """Every field, in the form's order."""
        return [f for t in self.tables for f in t.fields]

    @property
    def rules(self) -> list[Rule]:
        """Every identity."""
        return [r for t in self.tables for r in t.rules]


def _table(spec: TableSpec) -> Table:
    fields = []
    for block in spec.blocks:
        banner = (block.banner,) if block.banner else ()
        kinds = {c.id: c for c in block.columns}
        for row in block.rows:
            for c in block.columns:
                kind = kinds[c.id]
                fields.append(
                    Field(
                        spec.field_id(row.id, c.id),
                        str(spec.number),
                        banner + row.path,
                        c.path,
                        row.id,
                        c.id,
                        kind.type == "decimal",
                        kind.unit,
                        kind.signed,
                    )
                )
    first = spec.blocks[0]
    shape = "blocks" if first.banner else "matrix" if first.rows[0].path else "strip"
    rules = tuple(Rule(i.rule, i.parts, i.equals) for i in spec.identities)
    known = {r.label: r.aliases for block in spec.blocks for r in block.rows}
    known |= {c.label: c.aliases for block in spec.blocks for c in block.columns}
    aliases = tuple((label, others) for label, others in known.items() if others)
    return Table(
        str(spec.number), spec.section, shape, tuple(fields), rules, first.corner, first.over, aliases
    )


@functools.cache
def _editions(folder: Path | None) -> dict[str, Edition]:
    return {f.edition: f for f in sorted(forms_data(folder), key=lambda f: f.first_year)}


def editions(folder: Path | None = None) -> tuple[str, ...]:
    """Every edition described, oldest first."""
    return tuple(_editions(folder))


def numbers(edition: str, folder: Path | None = None) -> tuple[str, ...]:
    """The numbers of an edition's tables."""
    return tuple(str(t.number) for t in _editions(folder)[edition].tables)


@functools.cache
def hybrid(by_table: tuple[tuple[str, str], ...], folder: Path | None = None) -> Form:
    """A form of tables each by its own edition, `(("2", "2019"), …)`.

    Raises KeyError for an edition that models/forms does not describe.
    """
    known = _editions(folder)
    tables = tuple(_table(known[edition].table(int(number))) for number, edition in by_table)
    first = by_table[0][1]
    return Form(first, tables, known[first].sections)
