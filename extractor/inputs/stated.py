"""The cell reader of sources that state their characters: office files, web pages, text, digital PDFs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from extractor.types import Cell, Reading


@dataclass(frozen=True, slots=True)
class StatedText:
    """Gives back the text that the file states.  There is no second, independent way to read it.

    A cell without text (`text` None) cannot come from such a source; should one arrive, its reading
    is empty with score 0, so that it can never pass for a blank that was seen.
    """

    def figures(self, cells: Sequence[Cell]) -> list[Reading]:
        """One reading a cell, in order: the stated text as it stands."""
        return [_reading(cell) for cell in cells]

    def again(self, cells: Sequence[Cell]) -> list[Reading | None]:
        """None for every cell: reading the same characters twice proves nothing."""
        return [None] * len(cells)


def _reading(cell: Cell) -> Reading:
    if cell.text is None:
        return Reading(text="", engine=cell.engine, score=0.0, doubts=cell.doubts)
    return Reading(text=cell.text, engine=cell.engine, score=1.0, doubts=cell.doubts)
