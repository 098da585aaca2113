"""Whether one page's text layer is believed, and which of its images may hold a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from extractor.language.figure import is_figure_like
from extractor.types import Box, Cell

if TYPE_CHECKING:
    from extractor.geometry.page import PageBlocks
    from extractor.inputs.pdfium_page import RawPage
    from extractor.ocr.glyphs import Heard
    from extractor.settings import Limits

FEW_IDEOGRAPHS = 0.25
"""Share of a page's characters that are Chinese, below which its text is heard: pages of figures alone
(the second page of a wide table) reach 0, running text 0.7 to 0.95; scrambled fonts stay under 0.1."""
SOME_TEXT = 40
"""Characters from which a share says anything."""


class Judgement(NamedTuple):
    """`distrusted`: read the page as a picture.  `note` is the code for the report, "" for none."""

    distrusted: bool = False
    note: str = ""
    pasted: tuple[Box, ...] = ()


def judge(
    page: Any, raw: RawPage, found: PageBlocks, limits: Limits, heard: Heard | None = None
) -> Judgement:
    """The verdict on one pypdfium2 page: cheap signs first, pictures of some cells only on suspicion.

    `heard`: what earlier pages of the document proved of its fonts; grows.
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
    doubted = _unlike_text(raw) or _unlike_shapes(page, raw, found, heard)
    if doubted and not trial.hear(page, _claims(found, raw), raw.turned, limits).believe:
        return Judgement(True, "text_layer_distrusted")
    pasted = tuple(trial.pictures(raw))
    return Judgement(False, "table_pasted_as_picture" if pasted else "", pasted)


def _unlike_text(raw: RawPage) -> bool:
    """Hardly a Chinese character on a page full of others: a font that lost its meaning."""
    if len(raw.chars) < SOME_TEXT:
        return False
    texts = Counter(c.text for c in raw.chars)
    chinese = sum(n for t, n in texts.items() if "\u4e00" <= t <= "\u9fff" or "\u2e80" <= t <= "\u2fdf")
    plain = sum(n for t, n in texts.items() if t.isdigit() or t in "/-.,—")
    return chinese < FEW_IDEOGRAPHS * (len(raw.chars) - plain)


def _unlike_shapes(page: Any, raw: RawPage, found: PageBlocks, heard: Heard | None) -> bool:
    """The digits of a page with a table do not look like what the text says they are."""
    if not found.grids and not any(is_figure_like(w.text) for w in found.lines):
        return False
    from extractor.ocr.glyphs import suspicious

    return suspicious(page, raw.chars, raw.turned, heard)


def _claims(found: PageBlocks, raw: RawPage) -> list[Any]:
    from extractor.ocr.trial import Claim

    cells: Sequence[Cell] = [c for g in found.grids for c in g.cells]
    claims = [Claim(c.text, c.box, is_figure_like(c.text)) for c in cells if c.text and c.box]
    claims += [Claim(t.text, t.box, False) for t in found.lines if t.box and len(t.text) >= 4]
    return claims
