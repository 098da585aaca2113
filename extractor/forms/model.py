"""The statutory form as data: what models/forms/*.toml says, in typed records.

Terms: a *table* (一张表) is a list of *blocks*; a block is rows by columns under one header and, in
table 2, one banner such as 第二十条第（一）项.  A field is one row and one column of one block.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

ValueType = Literal["integer", "decimal"]


@dataclass(frozen=True, slots=True)
class RowSpec:
    """One row: `path` from the outermost group label to its own; empty for an unlabelled row."""

    id: str
    path: tuple[str, ...]
    aliases: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        return self.path[-1] if self.path else ""


@dataclass(frozen=True, slots=True)
class ColumnSpec:
    """One column: `path` from the outermost header to its own, with what its figures are."""

    id: str
    path: tuple[str, ...]
    aliases: tuple[str, ...]
    type: ValueType
    unit: str
    signed: bool

    @property
    def label(self) -> str:
        return self.path[-1]


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One figure of the form; `row` and `column` are paths joined by "/" as the contract's CSV has them."""

    id: str
    table: int
    row_id: str
    column_id: str
    row: str
    column: str
    type: ValueType
    unit: str
    signed: bool


@dataclass(frozen=True, slots=True, eq=False)
class BlockSpec:
    """Rows by columns under one header.  Compared by identity: it is a key of caches in hot paths."""

    banner: str
    corner: str
    over: str
    rows: tuple[RowSpec, ...]
    columns: tuple[ColumnSpec, ...]


@dataclass(frozen=True, slots=True)
class RuleSpec:
    """Σ parts = Σ equals, for every row (`across` columns) or every column (`across` rows)."""

    name: str
    across: Literal["rows", "columns"]
    parts: tuple[str, ...]
    equals: tuple[str, ...]
    message: str


@dataclass(frozen=True, slots=True)
class YearRuleSpec:
    """Σ this = Σ last of the report on the year before + Σ add − Σ less, for every row or every column.

    `this`, `add` and `less` are rows (`across` rows) or columns of this year's report.
    """

    name: str
    across: Literal["rows", "columns"]
    this: tuple[str, ...]
    last: tuple[str, ...]
    add: tuple[str, ...]
    less: tuple[str, ...]
    severity: Literal["error", "warning"]
    message: str


@dataclass(frozen=True, slots=True)
class Identity:
    """One rule applied to one row or column: field ids on both sides, with the words of its message."""

    rule: str
    parts: tuple[str, ...]
    equals: tuple[str, ...]
    message: str
    row: str
    column: str

    @property
    def fields(self) -> tuple[str, ...]:
        return self.parts + self.equals


@dataclass(frozen=True, slots=True)
class YearIdentity:
    """One rule over two years applied to one row or column: the field ids of its four terms."""

    rule: YearRuleSpec
    this: tuple[str, ...]
    last: tuple[str, ...]
    add: tuple[str, ...]
    less: tuple[str, ...]
    row: str
    column: str


@dataclass(frozen=True)
class TableSpec:
    number: int
    section: int
    id: str
    title: str
    unit: str
    blocks: tuple[BlockSpec, ...]
    rules: tuple[RuleSpec, ...]
    years: tuple[YearRuleSpec, ...] = ()

    def field_id(self, row_id: str, column_id: str) -> str:
        return ".".join(part for part in (self.id, row_id, column_id) if part)

    @cached_property
    def fields(self) -> tuple[FieldSpec, ...]:
        """Every field of the table in the form's own order."""
        out: list[FieldSpec] = []
        for block in self.blocks:
            banner = (block.banner,) if block.banner else ()
            for row in block.rows:
                for col in block.columns:
                    path = banner + row.path
                    column = "/".join(col.path) if path else col.label
                    out.append(
                        FieldSpec(
                            self.field_id(row.id, col.id), self.number, row.id, col.id,
                            "/".join(path) or "/".join(col.path[:-1]), column, col.type, col.unit, col.signed,
                        )
                    )  # fmt: skip
        return tuple(out)

    @cached_property
    def identities(self) -> tuple[Identity, ...]:
        """All sums that the form demands of this table, rule by rule."""
        return tuple(identity for rule in self.rules for identity in self._apply(rule))

    @cached_property
    def year_identities(self) -> tuple[YearIdentity, ...]:
        """All that the table demands of two years' reports, rule by rule."""
        return tuple(
            YearIdentity(
                rule, line.ids(rule.this), line.ids(rule.last), line.ids(rule.add), line.ids(rule.less),
                line.row, line.column,
            )
            for rule in self.years
            for line in self._lines(rule.across, {*rule.this, *rule.last, *rule.add, *rule.less})
        )  # fmt: skip

    def _apply(self, rule: RuleSpec) -> list[Identity]:
        return [
            Identity(
                rule.name, line.ids(rule.parts), line.ids(rule.equals), rule.message, line.row, line.column
            )
            for line in self._lines(rule.across, {*rule.parts, *rule.equals})
        ]

    def _lines(self, across: Literal["rows", "columns"], needed: set[str]) -> Iterator[_Line]:
        """The rows (`across` columns) or columns of the blocks that have all that a rule names."""
        for block in self.blocks:
            if across == "columns":
                if needed <= {c.id for c in block.columns}:
                    yield from (_Line(self, r, None) for r in block.rows)
            elif needed <= {r.id for r in block.rows}:
                yield from (_Line(self, None, c) for c in block.columns)


class _Line(NamedTuple):
    """One row or one column that a rule is applied to."""

    table: TableSpec
    at_row: RowSpec | None
    at_column: ColumnSpec | None

    @property
    def row(self) -> str:
        return self.at_row.label if self.at_row else ""

    @property
    def column(self) -> str:
        return "/".join(self.at_column.path) if self.at_column else ""

    def ids(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Field ids of the rule's columns in this row, or of its rows in this column."""
        if self.at_row is not None:
            return tuple(self.table.field_id(self.at_row.id, name) for name in names)
        assert self.at_column is not None
        return tuple(self.table.field_id(name, self.at_column.id) for name in names)


@dataclass(frozen=True, slots=True)
class SectionSpec:
    number: int
    title: str
    aliases: tuple[str, ...]


@dataclass(frozen=True)
class Form:
    """One edition of the statutory form."""

    edition: str
    notice: str
    title: str
    first_year: int
    sections: tuple[SectionSpec, ...]
    tables: tuple[TableSpec, ...]

    def table(self, number: int) -> TableSpec:
        return next(t for t in self.tables if t.number == number)

    @cached_property
    def fields(self) -> tuple[FieldSpec, ...]:
        return tuple(f for t in self.tables for f in t.fields)

    @cached_property
    def field_by_id(self) -> dict[str, FieldSpec]:
        return {f.id: f for f in self.fields}
