"""`python -m workers.describe`: the tables of docs/settings.md, out of the settings themselves."""

from __future__ import annotations

import ast
import inspect
import sys
from dataclasses import fields
from typing import Any

from extractor.sandbox.bounds import Bounds
from extractor.settings import Limits
from workers.settings import PREFIX, Settings


def _shown(value: object) -> str:
    text = str(value)
    return "（空）" if text in ("", ".") else f"`{text}`"


def service_table() -> str:
    """Every setting of the service, its default, what it does."""
    rows = ["| 变量 | 默认 | 作用 |", "| --- | --- | --- |"]
    for item in fields(Settings):
        secret = "（可用 `_FILE` 从文件读取）" if item.metadata.get("secret") else ""
        rows.append(
            f"| `{PREFIX}{item.name.upper()}` | {_shown(item.default)} | {item.metadata['doc']}{secret} |"
        )
    return "\n".join(rows)


def _words(kind: type[Any]) -> dict[str, str]:
    """The string below each field of a dataclass, on one line."""
    tree = ast.parse(inspect.getsource(kind)).body[0]
    assert isinstance(tree, ast.ClassDef)
    found: dict[str, str] = {}
    name = ""
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            name = node.target.id
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and name:
            found[name] = " ".join(str(node.value.value).split())
    return found


def limits_table(kind: type[Any], prefix: str) -> str:
    """Every field of a record of limits, with the reason that its source gives."""
    words = _words(kind)
    rows = ["| variable | default | reason |", "| --- | --- | --- |"]
    for item in fields(kind):
        rows.append(f"| `{prefix}{item.name.upper()}` | `{item.default}` | {words.get(item.name, '')} |")
    return "\n".join(rows)


def tables() -> dict[str, str]:
    """Name to Markdown table."""
    return {
        "service": service_table(),
        "sandbox": limits_table(Bounds, "NIANBAO_SANDBOX_"),
        "extraction": limits_table(Limits, PREFIX),
    }


if __name__ == "__main__":
    for name, table in tables().items():
        sys.stdout.write(f"<!-- {name} -->\n{table}\n\n")
