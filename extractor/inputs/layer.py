"""Whether one page's text layer is believed, and which of its images may hold a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from extractor.forms.words import statutory_pairs
from extractor.language.figure import is_figure_like
from extractor.types import Box, Cell

if TYPE_CHECKING:
    from extractor.forms.model import Form
    from extractor.geometry.page import PageBlocks
    from extractor.inputs.pdfium_page import RawPage
    from extractor.ocr.glyphs import Digit, Heard
    from extractor.settings import Limits

FEW_IDEOGRAPHS = 0.25
"""Share of a page's characters that are Chinese, below which its text is heard: pages of figures alone
(the second page of a wide table) reach 0, running text 0.7 to 0.95; scrambled fonts stay under 0.1."""
SOME_TEXT = 40
"""Characters from which a share says anything."""
SOME_WORDS = 60
"""Chinese characters from which a page of a report has pairs that the forms have too."""
FEW_PAIRS = 0.02
"""Share of such pairs under which the characters are not what they say: of 700 pages of made and real reports
the least had 0.046 (of 60 characters and more), of 11 pages with exchanged characters the most 0.008."""


class Judgement(NamedTuple):
    """`distrusted`: read the page as a picture.  `note` is the code for the report, "" for none.  `lying`:
    digits of fonts that were heard and not believed, or fonts (their digit ""); where they stand they are heard."""

    distrusted: bool = False
    note: str = ""
    pasted: tuple[Box, ...] = ()
    lying: frozenset[tuple[int, str]] = frozenset()


def judge(
    page: Any,
    raw: RawPage,
    found: PageBlocks,
    limits: Limits,
    forms: tuple[Form, ...] = (),
    heard: Heard | None = None,
) -> Judgement:
    """The verdict on one pypdfium2 page: cheap signs first, pictures of some cells only on suspicion.

    `forms`: whose words a report has; `heard`: what earlier pages of the document proved of its fonts; grows.
    """
    from extractor.ocr import trial

    if raw.cut and raw.chars:  # what came after the limit was not seen: a cell may look blank that is not
        return Judgement(True, "text_layer_distrusted")
    sign = trial.signs(raw, raw.shapes)
    if sign in ("scan", "outlines"):
        return Judgement(True)
    if sign in ("unseen_text", "odd_characters", "under_image"):
        # Under a picture of the whole page stands what some scanner's software read: the nineteen places
        # of a hearing would let a layer pass that has one figure in fifty wrong.
        return Judgement(True, "text_layer_distrusted")
    doubted = _unlike_shapes(page, raw, found, heard)
    if doubted or _unlike_text(raw) or _unlike_words(raw, forms):
        verdict = trial.hear(page, _claims(found, raw, doubted), raw.turned, limits)
        if not verdict.believe:
            lying = doubted | {(c.font, "") for c in raw.chars}
            return Judgement(True, "text_layer_distrusted", lying=lying)
    pasted = tuple(trial.pictures(raw))
    return Judgement(False, "table_pasted_as_picture" if pasted else "", pasted)


def judge_again(
    page: Any, raw: RawPage, found: PageBlocks, limits: Limits, lying: frozenset[Digit]
) -> Judgement:
    """A page that passed, with characters of fonts that lied on another: heard without a sign of its own."""
    from extractor.ocr import trial

    if not any((c.font, "") in lying for c in raw.chars):
        return Judgement()
    verdict = trial.hear(page, _claims(found, raw, lying), raw.turned, limits)
    return Judgement() if verdict.believe else Judgement(True, "text_layer_distrusted")


def _unlike_text(raw: RawPage) -> bool:
    """Hardly a Chinese character on a page full of others: a font that lost its meaning."""
    if len(raw.chars) < SOME_TEXT:
        return False
    texts = Counter(c.text for c in raw.chars)
    chinese = sum(n for t, n in texts.items() if "\u4e00" <= t <= "\u9fff" or "\u2e80" <= t <= "\u2fdf")
    plain = sum(n for t, n in texts.items() if t.isdigit() or t in "/-.,—")
    return chinese < FEW_IDEOGRAPHS * (len(raw.chars) - plain)


def _unlike_words(raw: RawPage, forms: tuple[Form, ...]) -> bool:
    """Chinese characters enough, and hardly two that stand together in the forms: exchanged with one another."""
    letters = [c.text for c in raw.chars if "\u4e00" <= c.text <= "\u9fff"]
    if len(letters) < SOME_WORDS or not forms:
        return False
    pairs = statutory_pairs(forms)
    return sum(a + b in pairs for a, b in pairwise(letters)) < FEW_PAIRS * len(letters)


def _unlike_shapes(page: Any, raw: RawPage, found: PageBlocks, heard: Heard | None) -> frozenset[Digit]:
    """The digits of a page with a table that do not look like what the text says they are."""
    if not found.grids and not any(is_figure_like(w.text) for w in found.lines):
        return frozenset()
    from extractor.ocr.glyphs import doubted

    return doubted(page, raw.chars, raw.turned, heard)


def _claims(found: PageBlocks, raw: RawPage, doubted: frozenset[Digit] = frozenset()) -> list[Any]:
    from extractor.ocr.trial import Claim

    spots = [((c.x0 + c.x1) / 2, (c.top + c.bottom) / 2) for c in raw.chars if (c.font, c.text) in doubted]

    def claim(text: str, box: Box, figure: bool) -> Claim:
        asked = any(box[0] <= x <= box[2] and box[1] <= y <= box[3] for x, y in spots)
        return Claim(text, box, figure, asked)

    cells: Sequence[Cell] = [c for g in found.grids for c in g.cells]
    claims = [claim(c.text, c.box, is_figure_like(c.text)) for c in cells if c.text and c.box]
    claims += [claim(t.text, t.box, False) for t in found.lines if t.box and len(t.text) >= 4]
    return claims
