"""The statutory form as the maker needs it: fields with their printed paths, and the sums that hold.

Read from the form's data, never written here: a third edition is a third file.
"""
from __future__ import annotations

import csv
import functools
import re
from dataclasses import dataclass
from pathlib import Path

DATA = Path(__file__).parent / "data"
CORNER = "（本列数据的勾稽关系为：第一项加第二项之和，等于第三项加第四项之和）"
OVER = "申请人情况"


@dataclass(frozen=True, slots=True)
class Field:
    """One figure of the form: where its cell stands (paths of printed labels) and what it counts."""

    id: str
    table: str
    row: tuple[str, ...]
    column: tuple[str, ...]
    decimal: bool
    unit: str
    signed: bool

    @property
    def row_key(self) -> str:
        """The id without its last part: the same for all cells of a row."""
        return self.id.rpartition(".")[0]

    @property
    def column_key(self) -> str:
        """The last part of the id: the same for all cells of a column."""
        return self.id.rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class Rule:
    """An identity: the figures of `left` add up to the figures of `right`."""

    name: str
    left: tuple[str, ...]
    right: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Form:
    """One edition: its fields in the form's order and its identities."""

    edition: str
    fields: tuple[Field, ...]
    rules: tuple[Rule, ...]
    corner: str = CORNER
    over: str = OVER

    def table(self, number: str) -> list[Field]:
        """The fields of one table, in order."""
        return [f for f in self.fields if f.table == number]


def hybrid(editions: dict[str, str]) -> Form:
    """A form whose tables follow different editions, `{"2": "2019", …}`; its edition is that of table 2."""
    fields: list[Field] = []
    rules: list[Rule] = []
    for number in sorted(editions):
        form = load(editions[number])
        own = form.table(number)
        ids = {f.id for f in own}
        fields += own
        rules += [r for r in form.rules if set(r.left) <= ids]
    return Form(editions["2"], tuple(fields), tuple(rules))


def _rules(fields: list[Field]) -> list[Rule]:
    rules: list[Rule] = []
    rows: dict[str, list[str]] = {}
    for f in fields:
        if f.table != "2":
            rows.setdefault(f.row_key, []).append(f.id)
    for key, ids in rows.items():
        name = "row_total" if key.startswith("applications") else "remedies_total"
        rules.append(Rule(name, tuple(ids[:-1]), (ids[-1],)))
    matrix = [k for k in rows if k.startswith("applications")]
    for at in range(len(rows[matrix[0]])):
        column = [rows[k][at] for k in matrix]
        rules.append(Rule("results_total", tuple(column[2:-2]), (column[-2],)))
        rules.append(Rule("balance", tuple(column[:2]), tuple(column[-2:])))
    return rules


@functools.cache
def load(edition: str) -> Form:
    """The form of one edition, e.g. `2021`.

    Raises FileNotFoundError where no such edition is described.
    """
    fields: list[Field] = []
    with (DATA / f"fields-{edition}.csv").open(encoding="utf-8") as lines:
        for line in csv.DictReader(lines):
            row = tuple(line["row_label"].split("/"))
            column = tuple(line["column_label"].split("/")) if "增" not in line["column_label"] else (line["column_label"],)
            fields.append(Field(line["id"], line["section"], row, column, line["type"] == "decimal", line["unit"],
                                "增" in line["column_label"]))
    return Form(edition, tuple(fields), tuple(_rules(fields)))


@functools.cache
def editions() -> tuple[str, ...]:
    """Every edition described, oldest first."""
    found = (re.match(r"fields-(\d+)", p.name) for p in DATA.glob("fields-*.csv"))
    return tuple(sorted(m[1] for m in found if m))
