"""Decoding a recogniser's steps: probabilities are those of texts, checked against brute force."""

from __future__ import annotations

from itertools import groupby, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.ocr.ctc import beam, greedy

SYMBOLS = "01/"


def texts_of(steps: np.ndarray) -> dict[str, float]:
    """Every text with its probability, by all paths."""
    out: dict[str, float] = {}
    for path in product(range(steps.shape[1]), repeat=steps.shape[0]):
        text = "".join(SYMBOLS[i - 1] for i, _ in groupby(path) if i)
        out[text] = out.get(text, 0.0) + float(np.prod([steps[t, i] for t, i in enumerate(path)]))
    return out


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.floats(0.01, 1.0), min_size=4, max_size=4), min_size=1, max_size=5))
def test_beam_gives_the_probability_of_texts(rows: list[list[float]]) -> None:
    steps = np.array(rows) / np.array(rows).sum(axis=1, keepdims=True)
    truth = texts_of(steps)
    found = beam(steps, SYMBOLS, width=200)
    assert found[0][1] == pytest.approx(max(truth.values()), rel=1e-6)
    for text, share in found:
        assert share <= truth[text] + 1e-9


def test_beam_sees_a_text_that_no_single_path_prefers() -> None:
    """Two halves of '1' in neighbouring steps outweigh the blank that each step likes best."""
    steps = np.array([[0.6, 0.0, 0.4, 0.0], [0.6, 0.0, 0.4, 0.0]])
    assert greedy(steps, SYMBOLS)[0] == ""
    assert beam(steps, SYMBOLS)[0][0] == "1"


def test_repeats_need_a_blank_between() -> None:
    one = np.array([[0, 0.99, 0.01, 0], [0, 0.99, 0.01, 0]], float)
    two = np.array([[0, 1, 0, 0], [1, 0, 0, 0], [0, 1, 0, 0]], float)
    assert beam(one, SYMBOLS)[0][0] == greedy(one, SYMBOLS)[0] == "0"
    assert beam(two, SYMBOLS)[0][0] == greedy(two, SYMBOLS)[0] == "00"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.booleans(), min_size=1, max_size=6))
def test_steps_of_blank_alone_change_no_text(blank: list[bool]) -> None:
    """Steps between characters hold nothing but the blank: texts keep their probability, repeated characters part."""
    unsure, nothing = [0.3, 0.4, 0.2, 0.1], [1.0, 0.0, 0.0, 0.0]
    steps = np.array([nothing if b else unsure for b in blank])
    truth = texts_of(steps)
    for text, share in beam(steps, SYMBOLS, width=2000):
        assert share == pytest.approx(truth[text], rel=1e-6)
