"""Reads the figures of cells from page pictures: the CellReader of scans and photographs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from extractor.ocr.crops import lean
from extractor.ocr.digits import OTHER
from extractor.ocr.engine import FIGURES, FULL, Alphabet, Recognised, Recogniser
from extractor.ocr.table import PageCells, Rect, Seen, joined
from extractor.types import Box, Cell, Reading

_INK = 0.22
"""Ink (shares of a digit) above which a cell that nothing was read from is not blank: a 1 has 0.35, a
dash 0.2; specks that pass for characters stay below 0.15 on the degrader's hard pages."""
_FAINT = 0.05
_LOW = 0.9
"""Score below which a reading is told to be unsure (calibration decides what that costs)."""
_SLASH = (0.13, 0.22)
"""Lean of a stroke below which it is a 1 and above which a slash; measured: 1 up to 0.04, slash from 0.29."""
_APART = 1.5
"""Gap (heights of a digit) from which what stands in a cell may be two figures whose rule was not found."""
_DASH = 0.9
"""Score of a lone flat stroke: a dash, or in one of ten cells of speckled pages dirt."""
_STAMPED = 0.02
"""Share of a cell under a stamp that is told."""
_CUT = 0.35
"""Points between the ink and the side of the cell below which a digit may have been cut."""


class PixelReader:
    """`places`: page → box of a cell → its place on the flattened page."""

    def __init__(
        self, pages: Mapping[int, PageCells], places: Mapping[int, Mapping[Box, Rect]], second: Recogniser
    ) -> None:
        self._pages = pages
        self._places = places
        self._second = second

    def figures(self, cells: Sequence[Cell]) -> list[Reading]:
        """The first reader's text of every cell, with what speaks against it.

        Where it sees characters that it does not know, the second reader is asked over all characters.
        """
        out = [self._first(cell) for cell in cells]
        unknown = [i for i, r in enumerate(out) if "not_a_number" in r.doubts]
        for i, read in zip(unknown, self._over([cells[i] for i in unknown], FULL), strict=True):
            if read is not None and read.text:
                both = (*out[i].doubts, *read.doubts, "low_score")
                doubts = dict.fromkeys(d for d in both if d not in ("not_a_number", "ink_unread"))
                out[i] = read._replace(doubts=tuple(doubts))
        return out

    def _seen(self, cell: Cell) -> tuple[PageCells, Seen] | None:
        if cell.page is None or cell.box is None or cell.page not in self._pages:
            return None
        page = self._pages[cell.page]
        # Cells made of words (no rulings) have no place of their own among the page's frames.
        rect = self._places[cell.page].get(cell.box) or page.page.rect(cell.box)
        if rect[2] - rect[0] < 4 or rect[3] - rect[1] < 4:
            return None
        page.look_at([rect])
        return page, page.seen[rect]

    def _first(self, cell: Cell) -> Reading:
        found = self._seen(cell)
        if found is None:
            return Reading("", "digitnet", 0.0, doubts=("ink_unread",))
        seen = found[1]
        candidates = tuple((t, round(p, 6)) for t, p in seen.first.candidates if OTHER not in t)
        text = seen.first.text
        if OTHER in text:
            text = candidates[0][0] if candidates and candidates[0][1] > 0.2 else ""
            return Reading(
                text, "digitnet", candidates[0][1] if text else 0.0, candidates, round(seen.ink.ink, 3),
                (*_doubts(seen, text), "not_a_number"),
            )  # fmt: skip
        return Reading(
            text,
            "digitnet",
            round(seen.first.score, 6),
            candidates,
            round(seen.ink.ink, 3),
            _doubts(seen, text),
        )

    def again(self, cells: Sequence[Cell]) -> list[Reading | None]:
        """The second recogniser on crops of its own: tight around the ink, the whole cell without any.

        That a stroke lies flat and alone is a reading by itself, which the recogniser cannot give: it sees nothing in a
        short dash, a 1 in a long one, a point in a bold one (152 of 152 of 60 made pictures were dashes)."""
        found = [self._seen(cell) for cell in cells]
        flat = {i: _flat(item[1]) for i, item in enumerate(found) if item is not None and item[1].ink.dash}
        rest = [i for i in range(len(cells)) if i not in flat]
        read = dict(zip(rest, self._over([cells[i] for i in rest], FIGURES), strict=True))
        return [flat[i] if i in flat else read[i] for i in range(len(cells))]

    def _over(self, cells: Sequence[Cell], alphabet: Alphabet) -> list[Reading | None]:
        found = [self._seen(cell) for cell in cells]
        crops = [(i, k) for i, item in enumerate(found) if item for k in range(len(item[1].ink.lines))]
        read = self._second.read([_tight(found[i], k) for i, k in crops], alphabet) if crops else []
        lines: dict[int, list[Recognised]] = {}
        for (i, _), result in zip(crops, read, strict=True):
            lines.setdefault(i, []).append(result)
        return [self._reading(found[i], lines.get(i)) for i in range(len(cells))]

    def _reading(
        self, found: tuple[PageCells, Seen] | None, lines: list[Recognised] | None
    ) -> Reading | None:
        if found is None or not lines:
            return None
        whole = joined(lines)
        seen = found[1]
        text = _dashes(_stroke(whole.text, seen))
        if seen.ink.ink == 0 and text and whole.score < 0.5:
            text = ""
        if seen.ink.dash:
            return _flat(seen)
        candidates = tuple((_dashes(t), round(p, 6)) for t, p in whole.candidates)
        return Reading(
            text,
            self._second.name,
            round(whole.score, 6),
            candidates,
            round(seen.ink.ink, 3),
            _doubts(seen, text),
        )


def _flat(seen: Seen) -> Reading:
    """A lone flat stroke about the middle of its cell."""
    return Reading("-", "ink", _DASH, (), round(seen.ink.ink, 3), _doubts(seen, "-"))


def _tight(found: tuple[PageCells, Seen] | None, k: int):  # type: ignore[no-untyped-def]
    assert found is not None
    line = found[1].ink.lines[k]
    return line.tight if found[1].ink.ink > 0 else line.wide


def _stroke(text: str, seen: Seen) -> str:
    """The second reader takes a slash for a 1 (40 of 40): how far the stroke leans tells them apart."""
    if text not in ("1", "/") or len(seen.ink.lines) != 1:
        return text
    leans = lean(seen.ink.lines[0].tight)
    return "/" if leans > _SLASH[1] else "1" if leans < _SLASH[0] else text


def _dashes(text: str) -> str:
    """Both readers write one sign for every dash."""
    return text.replace("—", "-").replace("–", "-")


def _doubts(seen: Seen, text: str) -> tuple[str, ...]:
    """Codes of what speaks against the reading of one place."""
    out: list[str] = []
    ink = seen.ink
    if not text and ink.ink > _INK:
        out.append("ink_unread")
    elif not text and (ink.ink > _FAINT or ink.specks > 0.5):
        out.append("faint_ink")
    if text.strip("-.") and ink.ink < 0.1:
        out.append("faint_ink")
    if seen.first.score < _LOW or ink.stained:
        out.append("low_score")
    if text and ink.covered:
        out.append("ink_covered")
    if text and ink.ink and ink.margin < _CUT:
        out.append("over_edge")
    if seen.stamp > _STAMPED:
        out.append("under_stamp")
    if len(ink.lines) > 1 and text:
        out.append("wrapped")
    if text and ink.gap > _APART:
        out.append("shared_cell")
    if seen.off_page:
        out.append("off_page")
    return tuple(out)
