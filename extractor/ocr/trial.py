"""Text layers on trial: is what a page's text says what the page shows?

Three questions, from cheap to dear.  `signs`: what stands in the file itself (a scan under the text, text
that nobody sees, characters of private areas).  `glyphs.suspicious`: do the digits look like digits
of their value (a few ms, plain Python).  `hear`: a few cells and labels are read from the rendered page and
compared; only where the others raise a doubt.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

from extractor.language.normalise import key
from extractor.settings import Limits

if TYPE_CHECKING:
    from extractor.geometry.marks import Char
    from extractor.types import Box

Sign = Literal["scan", "outlines", "under_image", "unseen_text", "odd_characters"]


class TextPage(Protocol):
    """What `signs` looks at; inputs.pdfium_page.RawPage has it all."""

    width: float
    height: float
    chars: list[Char]
    images: list[Box]
    hidden: int


_FULL = 0.6
"""Share of the page from which images under text are a scan of the page: the largest picture in a report's
body covers a third."""
_UNSEEN = 0.5
"""Share of characters that nobody sees from which a layer is not the page's text."""
_ODD = 0.05
"""Share of characters of private areas, controls and replacements that no born-digital report reaches."""
_FEW = 12
"""Fewer visible characters than this are a page number or a stamp, not a page's text."""


def signs(page: TextPage, paths: int = 0) -> Sign | None:
    """Why a page must be read as a picture, by the file's structure alone; None: its text may be heard.

    `paths`: filled shapes on the page; text drawn as outlines leaves hundreds of them and no characters.
    """
    covered = _covered(page.images, page.width, page.height)
    seen = len(page.chars)
    if covered >= _FULL:
        return "scan" if seen < _FEW else "under_image"
    if seen < _FEW:
        return "outlines" if paths > 200 else None
    if page.hidden > _UNSEEN * (seen + page.hidden) and page.hidden > 100:
        return "unseen_text"
    odd = sum(n for text, n in Counter(c.text for c in page.chars).items() if _odd(text))
    return "odd_characters" if odd > _ODD * seen else None


def pictures(page: TextPage) -> list[Box]:
    """Images large enough to be a pasted table, on a page that is no scan."""
    return [
        b for b in page.images if (b[2] - b[0]) > 0.45 * page.width and (b[3] - b[1]) > 0.04 * page.height
    ]


def _covered(images: Sequence[Box], width: float, height: float) -> float:
    """Share of the page that images cover, by a grid of points (strips and tiles overlap and abut)."""
    if not images:
        return 0.0
    hits = 0
    for i in range(20):
        for j in range(20):
            x, y = (i + 0.5) * width / 20, (j + 0.5) * height / 20
            hits += any(b[0] <= x <= b[2] and b[1] <= y <= b[3] for b in images)
    return hits / 400


def _odd(text: str) -> bool:
    code = ord(text[0]) if text else 0xFFFD
    return code < 32 or code == 0xFFFD or 0xE000 <= code < 0xF900 or code >= 0xF0000


# ---------------------------------------------------------------- reading a few places


class Claim(NamedTuple):
    """A text that the layer states for a place of the page; `cell` is the box to look into, points."""

    text: str
    cell: Box
    figure: bool
    doubted: bool = False
    """A digit stands in it that looks like another."""


class Verdict(NamedTuple):
    """`believe`, and how many places were read and contradicted the layer (of the doubted ones, where such are)."""

    believe: bool
    heard: int
    against: int


_FIGURES, _LABELS = 14, 5
"""Places read: with 14 cells a layer of one wrong digit in ten is caught in three of four pages."""
_TRIAL_SCALE = 2.4
"""Pixels a point: 173 dots an inch, a digit of 9 points has 15 rows."""
_SURE = 0.97
_LIKE = 0.6
"""Share of a label's characters that must be found; good readings of clean renderings have over 0.9."""


def choose(claims: Sequence[Claim]) -> list[Claim]:
    """A few claims spread over the page: the doubted ones, else figures with most different digits first."""
    asked = [c for c in claims if c.doubted] or claims
    figures = [c for c in asked if c.figure and c.text.strip()]
    labels = [c for c in asked if not c.figure and len(c.text) >= 4]
    figures.sort(key=lambda c: (-len(set(c.text)), c.cell[1], c.cell[0]))
    rare: list[Claim] = []
    digits: dict[str, int] = {}
    for claim in figures:
        if any(digits.get(d, 0) < 2 for d in claim.text if d.isdigit()):
            rare.append(claim)
            for d in claim.text:
                digits[d] = digits.get(d, 0) + 1
    rest = [c for c in figures if c not in rare]
    chosen = (rare + rest[:: max(1, len(rest) // 4)])[:_FIGURES]
    return chosen + labels[:: max(1, len(labels) // _LABELS)][:_LABELS]


def hear(page: Any, claims: Sequence[Claim], turned: int, limits: Limits) -> Verdict:
    """Reads some of the claims' places from the rendered page.

    `page`: of pypdfium2; `turned`: degrees clockwise that make it upright, as the claims' boxes are.

    A figure counts against the layer where the reading is sure and differs, a label where most of its
    characters are not there.  More than one place in seven against: not to be believed.  Where digits are
    doubted, their own places are read, and more of them have to speak for the layer than against it: two
    digits that a font exchanges stand in few cells, and all of those would be wrong.
    """
    import numpy as np

    from extractor.geometry.pixels import even

    chosen = choose(claims)
    if not chosen:
        return Verdict(True, 0, 0)
    width, height = page.get_size()
    scale = min(_TRIAL_SCALE, (limits.max_render_pixels / max(1.0, width * height)) ** 0.5)
    more = (turned - page.get_rotation()) % 360
    bitmap = page.render(scale=scale, rotation=more, grayscale=True, may_draw_forms=False)
    try:
        gray = np.array(bitmap.to_numpy())
    finally:
        bitmap.close()
    gray = gray[..., 0] if gray.ndim == 3 else gray
    return compare(even(gray).gray, scale, chosen)


def compare(gray: Any, scale: float, chosen: Sequence[Claim]) -> Verdict:
    """The verdict over a grey evened page of `scale` pixels a point."""
    from extractor.ocr.crops import look
    from extractor.ocr.digits import digit_net
    from extractor.ocr.engine import FIGURES, FULL
    from extractor.ocr.labels import line_crops, read_words, split_lines
    from extractor.ocr.ppocr import paddle

    rects = {
        id(c): (c.cell[0] * scale, c.cell[1] * scale, c.cell[2] * scale, c.cell[3] * scale) for c in chosen
    }
    figures = [c for c in chosen if c.figure]
    inks = [look(gray, rects[id(c)], scale) for c in figures]
    read = digit_net().read([i.lines[0].wide for i in inks], FIGURES)
    sure = [
        (claim, seen)
        for claim, ink, seen in zip(figures, inks, read, strict=True)
        if len(ink.lines) == 1 and seen.score > _SURE
    ]
    agreeing = sum(_digits(seen.text) == _digits(claim.text) for claim, seen in sure)
    against = len(sure) - agreeing
    labels = [c for c in chosen if not c.figure]
    crops = []
    for claim in labels:
        x0, y0, x1, y1 = (round(v) for v in rects[id(claim)])
        part = gray[max(0, y0 + 2) : y1 - 2, max(0, x0 + 2) : x1 - 2]
        crops.append(line_crops(part, split_lines(part, scale)))
    for claim, words in zip(labels, read_words(crops, paddle(), FULL, 0.0), strict=True):
        same = _same_digits if claim.doubted else _alike
        agreeing += same(claim.text, words.text)
        against += not same(claim.text, words.text)
    if any(c.doubted for c in chosen):
        return Verdict(agreeing > against, len(chosen), against)
    return Verdict(against * 7 <= len(chosen), len(chosen), against)


def _digits(text: str) -> str:
    return "".join(c for c in text if c.isdigit() and c.isascii())


def _same_digits(claim: str, seen: str) -> bool:
    return _digits(claim) == _digits(seen)


def _alike(claim: str, seen: str) -> bool:
    from rapidfuzz.fuzz import ratio

    claimed = key(claim)
    return not claimed or ratio(claimed, key(seen)) / 100 >= _LIKE
