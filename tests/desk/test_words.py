"""The pages speak Chinese and English: nothing is left untranslated, nothing is translated that nobody says."""

from __future__ import annotations

import re
from pathlib import Path

from extractor.confidence.reasons import REASONS
from tests.desk.words import said, unquoted
from web.pages.words import english, translator

ROOT = Path(__file__).resolve().parents[2]


def test_every_word_has_its_english() -> None:
    assert sorted(said() - set(english()) - set(REASONS.values())) == []
    assert unquoted() == []


def test_names_survive_translation() -> None:
    for chinese, text in english().items():
        assert set(re.findall(r"\{(\w+)\}", chinese)) == set(re.findall(r"\{(\w+)\}", text)), chinese


def test_translator() -> None:
    assert translator("en")("还有 {n} 个字段待核对", n=3) == "3 fields to review"
    assert translator("zh")("还有 {n} 个字段待核对", n=3) == "还有 3 个字段待核对"
    assert translator("en")("从未有过的话") == "从未有过的话"


def test_embedded_data_cannot_end_its_element() -> None:
    import json

    from web.pages.view import embedded

    evil = {"a": "</script><!--&\u2028"}
    told = str(embedded(evil))
    assert not set(told) & set("<>&\u2028") and json.loads(told) == evil


def test_every_rule_has_words() -> None:
    """The rules of the form, of the year before and of the text: a list shows no code to a person."""
    from extractor.forms.load import load
    from web.pages.names import RULES, TABLES

    rules = {one.rule for form in load() for table in form.tables for one in table.identities}
    fields = {field.id.split(".")[0] for form in load() for table in form.tables for field in table.fields}
    for path in (ROOT / "extractor").rglob("*.py"):
        rules |= set(re.findall(r'Finding\(\s*"([a-z_]+)"', path.read_text(encoding="utf-8")))
    assert len(rules) >= 12 and rules <= set(RULES)
    assert fields == set(TABLES)
    assert {f"narrative_{name}" for name in fields} <= set(RULES)


def test_candidates_are_values_of_their_field() -> None:
    """Ink that reads as 374.642 is nothing that a count can be: it is no candidate, and no error."""
    from extractor.forms.load import load
    from web.pages.desk import candidates

    count = next(f for form in load() for table in form.tables for f in table.fields if f.type == "integer")
    entry = {"candidates": [["374.642", 0.5], ["374642", 0.3], ["374642.0", 0.1]], "suggestion": None}
    assert [(c["value"], c["state"]) for c in candidates(entry, count)] == [("374642", "printed")]


def test_errors_of_documents_are_told_in_both_languages() -> None:
    from extractor.errors import DocumentError
    from web.pages.words import error_words
    from workers.store.jobs import DEAD

    own = [c for c in DocumentError.__subclasses__() if c.__module__ == "extractor.errors"]
    told = [(c.message, c.remedy) for c in own] + [(DEAD["message"], DEAD["remedy"])]
    assert len(told) > 12 and {w for pair in told for w in pair} <= set(english())
    t = translator("en")
    assert error_words(t, "文件已损坏或被截断，无法打开。（第 3 页）") == "The file is broken or cut off.（第 3 页）"
    assert error_words(t, "文件是空的（0 字节）。") == "The file is empty (0 bytes)."
    assert error_words(t, "未知（甲）") == "未知（甲）"
