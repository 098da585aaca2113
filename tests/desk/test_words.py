"""The pages speak Chinese and English: nothing is left untranslated, nothing is translated that nobody says."""

from __future__ import annotations

import re

from extractor.confidence.reasons import REASONS
from tests.desk.words import said, unquoted
from web.pages.words import english, translator


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
