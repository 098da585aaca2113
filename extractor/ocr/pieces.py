"""Words of a page picture set as tables set them: what stands apart in a line is read apart.

Running text is read line by line (extractor/ocr/prose.py); there the heads of neighbouring columns that no ruling
parts run together.  Only a page on which a table is missing is read this way too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from extractor.geometry.pixels import components
from extractor.ocr.engine import Alphabet, Recogniser
from extractor.ocr.labels import QuickReader, read_words
from extractor.ocr.prose import SCORE, strip_crop
from extractor.ocr.strips import LEAST, MOST, Strip, inked, run_together
from extractor.types import Word

if TYPE_CHECKING:
    from extractor.ocr.pagepic import PagePicture

_GAP = 0.6
"""Heights of a character between two pieces of one line, at least: characters of a word stand 0.1 to 0.3 apart, heads of
neighbouring columns from 0.8 on where the two are a type smaller than the page's."""
_STOPS, _OPEN, _BLANK = "，、。：；）)》」”.", "（(《「“", 1.1
"""After which characters and before which a word goes on, and over how many heights of a line: the half square that they
leave blank and what sets characters apart."""
_NARROW = 0.3
"""Heights of a character that a piece is wide at least: a 1 has that."""


def pieces(page: PagePicture, engine: Recogniser, alphabet: Alphabet, quick: QuickReader | None) -> tuple[Word, ...]:
    """The words outside the frames, each with its own box."""
    found = _pieces(page)
    crops = [[strip_crop(page, s)] for s in found]
    out: list[Word] = []
    for strip, read in zip(found, read_words(crops, engine, alphabet, quick=quick), strict=True):
        if read.score < SCORE or not read.text.strip():
            continue
        box = page.box(*(float(v) for v in strip))
        out.append(Word(read.text, box, round(box[3] - box[1], 1), "ppocr6", round(read.score, 3)))
    return _at_stops(out)


def _at_stops(words: Sequence[Word]) -> tuple[Word, ...]:
    """Words that a stop or a bracket parts, which leave half of their square blank, are one again."""
    out: list[Word] = []
    for word in sorted(words, key=lambda w: w.box[0]):
        at = next((i for i, left in enumerate(out) if _follows(left, word)), None)
        if at is None:
            out.append(word)
            continue
        left = out[at]
        box = left.box[0], min(left.box[1], word.box[1]), word.box[2], max(left.box[3], word.box[3])
        score = min(left.score, word.score)
        out[at] = left._replace(text=left.text + word.text, box=box, size=max(left.size, word.size), score=score)
    return tuple(out)


def _follows(left: Word, right: Word) -> bool:
    tall = min(left.size, right.size)
    level = abs(left.box[1] + left.box[3] - right.box[1] - right.box[3]) < tall
    parted = left.text[-1] in _STOPS or right.text[0] in _OPEN
    return level and parted and 0 <= right.box[0] - left.box[2] <= _BLANK * tall


def _pieces(page: PagePicture) -> list[Strip]:
    dark, em = inked(page)
    _, found = components(run_together(dark, em, _GAP))
    scale = page.mask_scale
    return [
        (x, y, x + w, y + h)
        for x, y, w, h, _ in found[1:].tolist()
        if LEAST * scale <= h <= MOST * scale and w >= _NARROW * em
    ]
