"""One cell reader for documents whose pages are read in different ways."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from extractor.types import Cell, CellReader, Reading

T = TypeVar("T")
_STATED = frozenset(("pdfium", "markup", "docx", "html"))
"""Engines that take characters as the file states them."""


@dataclass(frozen=True, slots=True)
class PageReaders:
    """Cells that state their text go to `text`, cells that are pictures to `pictures`."""

    text: CellReader
    pictures: CellReader

    def figures(self, cells: Sequence[Cell]) -> list[Reading]:
        """A first reading of every cell, in order."""
        return _by_kind(cells, self.text.figures, self.pictures.figures)

    def again(self, cells: Sequence[Cell]) -> list[Reading | None]:
        """A second reading of every cell, in order."""
        return _by_kind(cells, self.text.again, self.pictures.again)


def _by_kind(
    cells: Sequence[Cell],
    text: Callable[[Sequence[Cell]], list[T]],
    pictures: Callable[[Sequence[Cell]], list[T]],
) -> list[T]:
    out: dict[int, T] = {}
    for read, seen in ((text, False), (pictures, True)):
        mine = [(i, c) for i, c in enumerate(cells) if _is_picture(c) is seen]
        if mine:
            out.update(zip((i for i, _ in mine), read([c for _, c in mine]), strict=True))
    return [out[i] for i in range(len(cells))]


def _is_picture(cell: Cell) -> bool:
    return cell.text is None or cell.engine not in _STATED
