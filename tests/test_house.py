"""The house's own rules: length of modules, nothing left half done, every code explained."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import extractor
from extractor.confidence.decide import GATES
from extractor.confidence.reasons import REASONS
from extractor.errors import NianbaoError
from tests.module_length import modules, too_long

ROOT = Path(__file__).resolve().parents[1]
TREES = {p: ast.parse(p.read_text(encoding="utf-8")) for p in modules()}
"""Every Python file of the tree, parsed once."""
LEFT_OPEN = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|X" + r"XX|Not" + r"ImplementedError)\b")


def test_no_module_is_too_long():
    assert too_long() == []


def test_nothing_is_left_half_done():
    found = [
        f"{p.relative_to(ROOT)}:{n}"
        for p in TREES
        for n, line in enumerate(p.read_text(encoding="utf-8").splitlines(), 1)
        if LEFT_OPEN.search(line) and "except" not in line
    ]
    assert found == []


def test_no_error_is_swallowed_unseen():
    """No bare except anywhere; no broad one whose body does nothing."""
    found = []
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            if not isinstance(node, ast.ExceptHandler):
                continue
            broad = isinstance(node.type, ast.Name) and node.type.id in ("Exception", "BaseException")
            idle = all(isinstance(s, ast.Pass | ast.Continue) for s in node.body)
            if node.type is None or (broad and idle):
                found.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert found == []


def test_the_extractor_and_everything_else_name_no_path_of_a_machine():
    found = []
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            text = node.value if isinstance(node, ast.Constant) else None
            if isinstance(text, str) and re.match(r"/(?:work|home|root|Users)/", text):
                found.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert found == []


def test_weights_carry_no_trace_of_the_machine_that_trained_them():
    """An exporter writes stack frames into every node; training/bare.py takes them out."""
    weights = list((ROOT / "models" / "weights").glob("*.onnx"))
    assert weights
    assert [p.name for p in weights if re.search(rb"stack_trace|site-packages|\.py\b", p.read_bytes())] == []


# ---------------------------------------------------------------- codes and their documents


def _rows(name: str) -> dict[str, list[str]]:
    """The rows of a document's table by the code in their first column."""
    rows = {}
    for line in (ROOT / "docs" / name).read_text(encoding="utf-8").splitlines():
        cells = [c.strip() for c in line.strip("|").split("|")]
        if cells[0].startswith("`"):
            rows[cells[0].strip("`")] = cells[1:]
    return rows


def test_every_reason_is_documented_in_both_languages():
    rows = _rows("reasons.md")
    assert list(rows) == list(REASONS)
    for code, (gate, chinese, english) in rows.items():
        assert chinese == REASONS[code]
        assert len(english) > 10 and english.isascii()
        assert (gate == "●") == (code in GATES)


def _errors(base: type[NianbaoError]) -> Iterator[type[NianbaoError]]:
    for kind in base.__subclasses__():
        yield kind
        yield from _errors(kind)


def test_every_error_is_documented_in_both_languages():
    for module in pkgutil.walk_packages(extractor.__path__, "extractor."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    kinds = [NianbaoError, *(k for k in _errors(NianbaoError) if k.__module__.startswith("extractor."))]
    own = {k.code: k for k in kinds if "code" in vars(k)}
    rows = _rows("errors.md")
    assert list(rows) == sorted(own)
    for code, (message, remedy, english) in rows.items():
        assert (message, remedy) == (own[code].message, own[code].remedy)
        assert len(english) > 10 and english.isascii()


@pytest.mark.parametrize("code", ["illegible", "readings_differ", "rows_unaccounted"])
def test_codes_raised_in_the_tree_are_known(code):
    assert code in REASONS


def test_every_code_that_the_extractor_raises_has_words():
    """Strings handed on as doubts: all of them are known reasons."""
    unknown = set()
    for path, tree in TREES.items():
        if ROOT / "extractor" not in path.parents:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.keyword) and node.arg == "doubts":
                said = {c.value for c in ast.walk(node.value) if isinstance(c, ast.Constant)}
                codes = {c for c in said if isinstance(c, str) and re.fullmatch("[a-z]+(_[a-z]+)+", c)}
                unknown |= codes - set(REASONS)
    assert unknown == set()
