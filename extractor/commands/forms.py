"""`nianbao forms`: the editions known, one of them in full, the check of a file."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from extractor.errors import FormError
from extractor.forms.load import check, edition, load
from extractor.forms.model import Form, TableSpec

_ACROSS = {"columns": "每行", "rows": "每列"}


def parser() -> argparse.ArgumentParser:
    """The words of the command."""
    made = argparse.ArgumentParser(
        "nianbao forms", allow_abbrev=False, description="The editions of the statutory form (表样)."
    )
    made.add_argument(
        "--forms-dir", metavar="DIR", type=Path, help="other form editions than those that come with nianbao"
    )
    made.add_argument("--format", choices=("table", "json"), default="table", help="default: table")
    actions = made.add_subparsers(dest="action", metavar="show|check")
    show = actions.add_parser(
        "show", help="one edition: its fields, labels and sum rules (勾稽规则)", allow_abbrev=False
    )
    show.add_argument("edition", metavar="EDITION", help="for example 2021")
    # The default is left to the command's own option, so that it may stand before or after the word.
    show.add_argument("--format", choices=("table", "json"), default=argparse.SUPPRESS)
    test = actions.add_parser("check", help="check a form file against the schema", allow_abbrev=False)
    test.add_argument("file", metavar="FILE", type=Path)
    return made


def command(argv: list[str]) -> int:
    """Run the command; returns its exit status: 1 for a form file that is wrong, 2 for an unknown edition."""
    words = parser().parse_args(argv)
    if words.action == "check":
        return _check(words.file)
    try:
        forms = load(words.forms_dir)
        if words.action is None:
            _write([_summary(form) for form in forms] if words.format == "json" else _listed(forms))
            return 0
        form = edition(words.edition, words.forms_dir)
    except FormError as error:
        known = "、".join(form.edition for form in load(None))
        sys.stderr.write(f"nianbao forms: {error.detail}。已知版本：{known} [{error.code}]\n")
        return 2
    _write(_whole(form) if words.format == "json" else _shown(form))
    return 0


def _write(what: object) -> None:
    text = what if isinstance(what, str) else json.dumps(what, ensure_ascii=False, indent=2) + "\n"
    sys.stdout.buffer.write(text.encode("utf-8"))
    sys.stdout.buffer.flush()


def _check(path: Path) -> int:
    try:
        check(path)
    except FormError as error:
        sys.stderr.write(f"✗ {error.detail}\n→ {error.remedy} [{error.code}]\n")
        return 1
    except (OSError, UnicodeDecodeError) as error:
        sys.stderr.write(f"nianbao forms check: 无法读取 {path}：{error} [unreadable_file]\n")
        return 2
    _write(f"✓ {path.name} 符合表样定义的要求\n")
    return 0


def _summary(form: Form) -> dict[str, Any]:
    return {
        "edition": form.edition, "notice": form.notice, "title": form.title, "first_year": form.first_year,
        "tables": len(form.tables), "fields": len(form.fields),
    }  # fmt: skip


def _whole(form: Form) -> dict[str, Any]:
    sections = [{"number": s.number, "title": s.title, "aliases": list(s.aliases)} for s in form.sections]
    return {**_summary(form), "sections": sections, "tables": [_table(t) for t in form.tables]}


def _table(table: TableSpec) -> dict[str, Any]:
    fields = [
        {"id": f.id, "row": f.row, "column": f.column, "type": f.type, "unit": f.unit, "signed": f.signed}
        for f in table.fields
    ]
    rules = [asdict(rule) for rule in table.rules]
    years = [asdict(rule) for rule in table.years]
    return {
        "number": table.number, "section": table.section, "id": table.id, "title": table.title,
        "unit": table.unit, "fields": fields, "rules": rules, "identities": len(table.identities),
        "years": years,
    }  # fmt: skip


def _listed(forms: tuple[Form, ...]) -> str:
    lines = [
        f"{form.edition}  {form.notice}  {form.first_year} 年度起  "
        f"{len(form.tables)} 张表  {len(form.fields)} 个数据"
        for form in forms
    ]
    return "\n".join(lines) + "\n"


def _shown(form: Form) -> str:
    lines = [f"{form.title}，{form.edition} 版（{form.notice}），{form.first_year} 年度起", "", "各部分"]
    lines += [f"  {s.number}. {s.title}" for s in form.sections]
    for table in form.tables:
        lines += ["", f"表 {table.number}  {table.title}（单位：{table.unit}，{len(table.fields)} 个数据）"]
        row = None
        for field in table.fields:
            if field.row != row:
                row = field.row
                lines.append(f"  {row}")
            unit = f"（{field.unit}）" if field.unit != table.unit else ""
            lines.append(f"    {field.column}{unit}  {field.id}")
        for rule in table.rules:
            sums = " + ".join(rule.parts), " + ".join(rule.equals)
            lines.append(f"  规则 {rule.name}：{_ACROSS[rule.across]} {sums[0]} = {sums[1]}")
        for years in table.years:
            due = " ".join((
                " + ".join(f"上年度 {i}" for i in years.last), *(f"+ {i}" for i in years.add),
                *(f"− {i}" for i in years.less),
            ))  # fmt: skip
            lines.append(f"  跨年规则 {years.name}：{_ACROSS[years.across]} {' + '.join(years.this)} = {due}")
    return "\n".join(lines) + "\n"
