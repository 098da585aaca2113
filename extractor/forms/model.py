"""The statutory form as data: what models/forms/*.toml says, in typed records.

Terms: a *table* (一张表) is a list of *blocks*; a block is rows by columns under one header and, in
table 2, one banner such as 第二十条第（一）项.  A field is one row and one column of one block.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

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


@dataclass(frozen=True)
class TableSpec:
    number: int
    section: int
    id: str
    title: str
    unit: str
    blocks: tuple[BlockSpec, ...]
    rules: tuple[RuleSpec, ...]

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

    def _apply(self, rule: RuleSpec) -> list[Identity]:
        out: list[Identity] = []
        needed = {*rule.parts, *rule.equals}
        for block in self.blocks:
            if rule.across == "columns":
                if needed <= {c.id for c in block.columns}:
                    out += [self._identity(rule, row=r) for r in block.rows]
            elif needed <= {r.id for r in block.rows}:
                out += [self._identity(rule, column=c) for c in block.columns]
        return out

    def _identity(
        self, rule: RuleSpec, row: RowSpec | None = None, column: ColumnSpec | None = None
    ) -> Identity:
        def ids(names: tuple[str, ...]) -> tuple[str, ...]:
            if row is not None:
                return tuple(self.field_id(row.id, name) for name in names)
            assert column is not None
            return tuple(self.field_id(name, column.id) for name in names)

        return Identity(
            rule.name, ids(rule.parts), ids(rule.equals), rule.message,
            row.label if row else "", "/".join(column.path) if column else "",
        )  # fmt: skip


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
