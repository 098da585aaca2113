"""The real recognisers on drawn texts, and the record that stands in for them."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from extractor.forms.load import load
from extractor.ocr.engine import DIGITS, FIGURES, FULL, Alphabet, Recognised, statutory
from extractor.ocr.replay import Recorder, Replay

pytestmark = pytest.mark.ocr


def drawn(text: str, height: int = 40) -> np.ndarray:
    (wide, high), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 0.9, 2)
    page = np.full((height, wide + 24), 255, np.uint8)
    cv2.putText(page, text, (12, (height + high) // 2), cv2.FONT_HERSHEY_SIMPLEX, 0.9, 20, 2, cv2.LINE_AA)
    return page


TEXTS = ["0", "7", "38", "251", "1604", "90817"]


def test_both_readers_read_figures() -> None:
    from extractor.ocr.digits import digit_net
    from extractor.ocr.ppocr import paddle

    crops = [drawn(t) for t in TEXTS]
    for engine in (digit_net(), paddle()):
        read = engine.read(crops, FIGURES)
        assert [r.text for r in read] == TEXTS, engine.name
        assert all(r.candidates[0] == (r.text, r.score) for r in read)


def test_an_alphabet_is_kept_to() -> None:
    from extractor.ocr.ppocr import paddle

    only = Alphabet("low", frozenset("012"))
    for result in paddle().read([drawn(t) for t in ("89", "B", "10")], only):
        assert set(result.text) <= set("012")


def test_blank_paper_reads_as_nothing() -> None:
    from extractor.ocr.digits import digit_net

    noise = np.random.default_rng(1).normal(250, 4, (32, 96)).clip(0, 255).astype(np.uint8)
    for crop in (np.full((32, 96), 255, np.uint8), noise):
        assert digit_net().read([crop], DIGITS)[0].text == ""


def test_the_cut_network_gives_what_the_whole_one_gives() -> None:
    """Features times the head's own columns: the same best characters as the file's own softmax."""
    from extractor.geometry.pixels_net import open_session
    from extractor.ocr.ppocr import _batches, paddle, weights

    crop = drawn("20816")
    _, batch, _ = _batches([crop])[0]
    whole = open_session(str(weights("_rec_"))).run(None, {"x": batch})[0][0]
    session, matrix, bias, characters = paddle()._parts
    logits = session.run(None, {"x": batch})[0][0] @ matrix + bias
    assert (whole.argmax(1) == logits.argmax(1)).all()
    assert "".join(characters[i] for i in dict.fromkeys(logits.argmax(1).tolist()) if i) == "20816"
    assert paddle().read([crop], FULL)[0].text == "20816"


def test_statutory_characters_come_from_the_forms() -> None:
    characters = statutory(load()).characters or frozenset()
    assert set("勾稽关系复议诉讼规章") <= characters and "龘" not in characters


def test_a_record_plays_back_and_knows_nothing_else(tmp_path: Path) -> None:
    class Fixed:
        name = "fixed"

        def read(self, crops: list[np.ndarray], alphabet: Alphabet) -> list[Recognised]:
            return [Recognised(str(c.shape[1]), 0.9, (("a", 0.9), ("b", 0.1))) for c in crops]

    crops = [drawn("1"), drawn("234")]
    recorder = Recorder(Fixed())
    first = recorder.read(crops, FIGURES)
    recorder.save(tmp_path / "record.json")
    replay = Replay(tmp_path / "record.json")
    assert replay.name == "fixed" and replay.read(crops, FIGURES) == first
    with pytest.raises(KeyError):
        replay.read(crops, FULL)


def test_which_way_up_is_told_by_the_text() -> None:
    from extractor.ocr.turn import decide

    sure = np.array([-40.0, -2.0, -40.0, -40.0])
    faint = np.array([-3.0, -3.2, -3.0, -3.1])
    assert decide([sure, sure, faint], [(100, 140)] * 3) == [270, 270, 270]
    assert decide([faint], [(100, 140)]) == [0]
    assert decide([sure, faint], [(100, 140), (140, 100)]) == [270, 0]


def test_a_rare_character_gives_way_to_a_usual_one_that_is_not_far_behind() -> None:
    from extractor.ocr.ppocr import _likeliest

    rare = np.array([False, True, False, False])  # blank, 規, 规, 河
    steps = np.log(np.array([[0.01, 0.6, 0.35, 0.04], [0.96, 0.02, 0.01, 0.01], [0.01, 0.97, 0.01, 0.01]], np.float32))
    found = _likeliest(steps, np.eye(4, dtype=np.float32), np.zeros(4, np.float32), rare)
    assert [(c, step) for c, step, _ in found] == [(2, 0), (1, 2)]
    assert [share for *_, share in found] == pytest.approx([0.35, 0.97], abs=0.001)
