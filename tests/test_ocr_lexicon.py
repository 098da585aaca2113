"""Labels read with the form's wording in mind: taken where the reader held every character possible, else not."""

from __future__ import annotations

import numpy as np
import pytest

from extractor.forms.load import load
from extractor.ocr.ctc import path, spelt
from extractor.ocr.lexicon import Lexicon, wordings
from extractor.ocr.words import OTHER, Traced

WORDINGS = (
    "本年新收政府信息公开申请数量", "本年制发件数", "本年废止件数", "（三）不予公开", "第二十条第（一）项", "第二十条第（五）项",
)  # fmt: skip
SYMBOLS = "".join(sorted({*"".join(WORDINGS), *"（）效列的为：，"})) + OTHER
LEXICON = Lexicon(WORDINGS, SYMBOLS)
CORNER = "（本列数的收件为：本年制发件数，本年废止件数，不予公开）"


def seen(*characters: str | dict[str, float]) -> Traced:
    """A line of these characters; a dictionary is one that the reader is unsure of."""
    steps = []
    for character in characters:
        shares = {character: 0.95} if isinstance(character, str) else character
        row = np.zeros(1 + len(SYMBOLS), np.float32)
        for letter, share in shares.items():
            row[SYMBOLS.index(letter) + 1 if letter else 0] = share
        row[0] += 1 - row.sum()
        blank = np.zeros_like(row)
        blank[0] = 1
        steps += [row, blank]
    array = np.array(steps)
    found = path(array)
    text, score = spelt(found, SYMBOLS)
    return Traced(text, 0.0 if OTHER in text else score, tuple(found), array)


@pytest.mark.parametrize("unsure", [{"效": 0.7, "数": 0.2}, {OTHER: 0.6, "数": 0.3}])
def test_a_second_choice_that_makes_a_label_of_the_form_is_taken(unsure: dict[str, float]) -> None:
    found = LEXICON.label([seen(*"本年制发件", unsure)])
    assert found is not None
    assert found.text == "本年制发件数"


def test_a_label_over_two_lines_is_one_label() -> None:
    found = LEXICON.label([seen(*"本年新收政府信"), seen(*"息公开申请", {"效": 0.6, "数": 0.3}, "量")])
    assert found is not None
    assert found.text == WORDINGS[0]


def test_a_character_too_many_and_one_too_few() -> None:
    many = LEXICON.label([seen("本", "年", {"效": 0.6, "": 0.4}, *"制发件数")])
    few = LEXICON.label([seen("本", "年", {"": 0.7, "制": 0.3}, *"发件数")])
    assert many is not None
    assert few is not None
    assert (many.text, few.text) == ("本年制发件数", "本年制发件数")


@pytest.mark.parametrize("other", ["效", {"效": 0.9, "数": 0.04}])
def test_a_label_of_somebodys_own_stays_unread(other: str | dict[str, float]) -> None:
    assert LEXICON.label([seen(*"本年制发件", other)]) is None


def test_between_two_labels_that_may_be_meant_nothing_is_chosen() -> None:
    assert LEXICON.label([seen(*"第二十条第（", {"三": 0.6, "一": 0.2, "五": 0.15}, *"）项")]) is None
    clear = LEXICON.label([seen(*"第二十条第（", {"三": 0.6, "一": 0.3, "五": 0.05}, *"）项")])
    assert clear is not None
    assert clear.text == "第二十条第（一）项"


def test_pieces_of_a_label_that_a_page_break_cut_are_read_as_they_stand() -> None:
    found = LEXICON.label([seen(*"本年新收政府信息")])
    assert found is not None
    assert found.text == "本年新收政府信息"
    assert LEXICON.label([seen(*"本年")]) is None


def test_hardly_seen_is_not_read() -> None:
    assert LEXICON.label([seen(*({c: 0.45, "效": 0.1} for c in "本年制发件数"))]) is None
    assert LEXICON.label([seen(OTHER)]) is None


def test_every_label_of_the_forms_is_in_the_lexicon() -> None:
    known = wordings(load())
    blocks = [b for f in load() for t in f.tables for b in t.blocks]
    assert all({*part.path} <= known for b in blocks for part in (*b.rows, *b.columns))


def test_a_long_text_that_names_no_figure_need_only_be_much_like_the_form_s() -> None:
    lexicon = Lexicon((*WORDINGS, CORNER), SYMBOLS, (CORNER,))
    torn = seen(*"本数的收件：本年效发件数，年废止件第不公开")
    assert torn.text
    found = lexicon.label([torn])
    assert found is not None
    assert found.text == CORNER
    assert Lexicon((*WORDINGS, CORNER), SYMBOLS).label([torn]) is None


def test_a_text_like_one_wording_alone_stands_as_it_was_read() -> None:
    found = LEXICON.near([seen(*"本年新收政府信"), seen(*"公开请", {"效": 0.6, "数": 0.01}, "量")])
    assert found is not None
    assert found.text == "本年新收政府信公开请效量"
    assert found.score < 0.95


@pytest.mark.parametrize(
    "text",
    ["第二十条第（）项", "本年件数", "制制制制"],
    ids=["between two wordings", "between two others", "like none"],
)
def test_a_text_like_several_wordings_or_none_is_left_to_the_other_reader(text: str) -> None:
    assert LEXICON.near([seen(*text)]) is None


def test_a_character_beyond_the_forms_leaves_a_line_to_the_other_reader() -> None:
    assert LEXICON.near([seen(*"本年新收政府信息公开申请", OTHER, "量")]) is None
