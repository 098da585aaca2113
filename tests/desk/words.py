"""Every Chinese text that the pages say, gathered from templates and code."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from extractor.confidence.reasons import REASONS
from web.pages.names import RULES, SCOPES, TABLES
from web.pages.review import WORDS
from web.pages.view import NAVIGATION, TEMPLATES

CHINESE = re.compile(r"[一-鿿]")
QUOTED = re.compile(r"'((?:[^'\\\n]|\\.)*[一-鿿](?:[^'\\\n]|\\.)*)'")
TITLES = Path(__file__).resolve().parents[2] / "web" / "problems.py"


def said() -> set[str]:
    """Strings in quotes that have Chinese in them; in templates everything said stands in quotes."""
    out = {*WORDS, *REASONS.values(), *RULES.values(), *TABLES.values(), *SCOPES.values()}
    out |= {*(name for _href, name, _scope in NAVIGATION)}
    for path in TEMPLATES.glob("*.html"):
        text = path.read_text(encoding="utf-8").replace("else '中文'", "")
        out.update(QUOTED.findall(text))
    for node in ast.walk(ast.parse(TITLES.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict):
            out.update(v.value for v in node.value.values if isinstance(v, ast.Constant) and isinstance(v.value, str))
    return {word for word in out if CHINESE.search(word)}


def unquoted() -> list[str]:
    """Chinese in a template that no `t` would translate."""
    out: list[str] = []
    for path in sorted(TEMPLATES.glob("*.html")):
        text = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        out += [f"{path.name}: {line.strip()[:60]}" for line in text.splitlines() if CHINESE.search(line)]
    return out
