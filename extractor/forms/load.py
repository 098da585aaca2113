"""Reads models/forms/*.toml.  A file that is not what the form model asks for raises FormError.

The full check against models/forms/schema.json is `check()` (tests and `nianbao forms check` run it);
`load()` itself only builds the records, because every extraction pays for it (3 ms an edition).
"""

from __future__ import annotations

import json
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

from extractor.errors import FormError
from extractor.forms.model import (
    BlockSpec,
    ColumnSpec,
    Form,
    RowSpec,
    RuleSpec,
    SectionSpec,
    TableSpec,
    YearRuleSpec,
)
from extractor.settings import MODELS

FORMS_DIR = MODELS / "forms"


def _row(data: dict[str, Any]) -> RowSpec:
    return RowSpec(data["id"], tuple(data["path"]), tuple(data.get("aliases", ())))


def _column(data: dict[str, Any], unit: str) -> ColumnSpec:
    return ColumnSpec(
        data["id"], tuple(data["path"]), tuple(data.get("aliases", ())),
        data.get("type", "integer"), data.get("unit", unit), bool(data.get("signed", False)),
    )  # fmt: skip


def _block(data: dict[str, Any], table: dict[str, Any]) -> BlockSpec:
    return BlockSpec(
        data.get("banner", ""), data.get("corner", table.get("corner", "")), table.get("over", ""),
        tuple(_row(r) for r in data["rows"]), tuple(_column(c, table["unit"]) for c in data["columns"]),
    )  # fmt: skip


def _rule(data: dict[str, Any]) -> RuleSpec:
    return RuleSpec(
        data["name"], data["across"], tuple(data["parts"]), tuple(data["equals"]), data["message"]
    )


def _years(data: dict[str, Any]) -> YearRuleSpec:
    return YearRuleSpec(
        data["name"], data["across"], tuple(data["this"]), tuple(data["last"]), tuple(data.get("add", ())),
        tuple(data.get("less", ())), data.get("severity", "error"), data["message"],
    )  # fmt: skip


def _table(data: dict[str, Any]) -> TableSpec:
    return TableSpec(
        data["number"], data["section"], data["id"], data["title"], data["unit"],
        tuple(_block(b, data) for b in data["blocks"]), tuple(_rule(r) for r in data.get("rules", ())),
        tuple(_years(r) for r in data.get("years", ())),
    )  # fmt: skip


def parse(text: str, name: str) -> Form:
    """One form from the text of its file; `name` is used in errors.  Raises FormError."""
    try:
        data = tomllib.loads(text)
        sections = tuple(
            SectionSpec(s["number"], s["title"], tuple(s.get("aliases", ()))) for s in data["sections"]
        )
        form = Form(
            data["edition"], data["notice"], data["title"], data["first_year"],
            sections, tuple(_table(t) for t in data["tables"]),
        )  # fmt: skip
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise FormError(f"{name}: {type(error).__name__} {error}") from error
    ids = [f.id for f in form.fields]
    if len(ids) != len(set(ids)):
        raise FormError(f"{name}: 字段编号重复")
    return form


@lru_cache(maxsize=8)
def load(folder: Path | None = None) -> tuple[Form, ...]:
    """All editions in `folder` (default models/forms), newest first.  Raises FormError."""
    place = folder or FORMS_DIR
    forms = [parse(p.read_text(encoding="utf-8"), p.name) for p in sorted(place.glob("*.toml"))]
    if not forms:
        raise FormError(f"{place}: 没有表样定义")
    return tuple(sorted(forms, key=lambda f: f.first_year, reverse=True))


def edition(name: str, folder: Path | None = None) -> Form:
    """The edition of that name.  Raises FormError where there is none."""
    for form in load(folder):
        if form.edition == name:
            return form
    raise FormError(f"没有名为 {name} 的表样")


def check(path: Path) -> None:
    """Check one form file against the JSON Schema beside the shipped forms.  Raises FormError."""
    import jsonschema

    schema = json.loads((FORMS_DIR / "schema.json").read_text(encoding="utf-8"))
    text = path.read_text(encoding="utf-8")
    try:
        jsonschema.validate(tomllib.loads(text), schema)
    except (jsonschema.ValidationError, tomllib.TOMLDecodeError) as error:
        raise FormError(f"{path.name}: {getattr(error, 'message', error)}") from error
    form = parse(text, path.name)
    for table in form.tables:
        for rule in table.rules:
            if not any(i.rule == rule.name for i in table.identities):
                raise FormError(f"{path.name}: 规则 {rule.name} 与任何行列都不相符")
        for years in table.years:
            if not any(i.rule == years for i in table.year_identities):
                raise FormError(f"{path.name}: 跨年规则 {years.name} 与任何行列都不相符")
