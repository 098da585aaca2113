"""Several documents read as one: loose scans and photos, pages of one report in separate files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from extractor.inputs.stated import StatedText
from extractor.types import Block, Cell, CellReader, Document, Grid, Line, PageView, Reading, SourceKind


@dataclass(frozen=True, slots=True)
class JoinedReader:
    """Hands every cell to the reader of the part that its page belongs to.

    `spans` holds (first page, last page, reader), pages as numbered in the whole; a cell without a page
    is of a source that states its text.
    """

    spans: tuple[tuple[int, int, CellReader], ...]

    def figures(self, cells: Sequence[Cell]) -> list[Reading]:
        """A first reading of every cell, in order."""
        out: dict[int, Reading] = {}
        for reader, indices, own in self._shares(cells):
            out.update(zip(indices, reader.figures(own), strict=True))
        return [out[i] for i in range(len(cells))]

    def again(self, cells: Sequence[Cell]) -> list[Reading | None]:
        """A second, independent reading of every cell; None where its part has no second way."""
        out: dict[int, Reading | None] = {}
        for reader, indices, own in self._shares(cells):
            out.update(zip(indices, reader.again(own), strict=True))
        return [out[i] for i in range(len(cells))]

    def _shares(self, cells: Sequence[Cell]) -> list[tuple[CellReader, list[int], list[Cell]]]:
        stated: tuple[CellReader, list[int], list[Cell]] = (StatedText(), [], [])
        shares = [(reader, [], []) for _, _, reader in self.spans]  # type: list[tuple[CellReader, list[int], list[Cell]]]
        for index, cell in enumerate(cells):
            share, own = stated, cell
            for (first, last, _), candidate in zip(self.spans, shares):
                if cell.page is not None and first <= cell.page <= last:
                    share, own = candidate, replace(cell, page=cell.page - first + 1)
            share[1].append(index)
            share[2].append(own)
        return [share for share in (*shares, stated) if share[1]]


def join(documents: Sequence[Document]) -> Document:
    """One document of all, in order; pages are numbered through.  `documents` holds at least one."""
    blocks: list[Block] = []
    spans: list[tuple[int, int, CellReader]] = []
    pages: list[PageView] = []
    meta: dict[str, str] = {}
    doubts: list[str] = []
    for document in documents:
        offset = len(pages)
        blocks += [_shift(block, offset) for block in document.blocks]
        pages += [replace(page, number=page.number + offset) for page in document.pages]
        if document.pages:
            spans.append((offset + 1, len(pages), document.reader))
        meta = {**document.meta, **meta}
        doubts += [d for d in document.doubts if d not in doubts]
    return Document(
        _source([d.source for d in documents]), tuple(blocks), JoinedReader(tuple(spans)), tuple(pages),
        meta, tuple(doubts),
    )  # fmt: skip


def _source(kinds: Sequence[SourceKind]) -> SourceKind:
    """The common source; a mix with pages in it is `pdf_mixed`, one without is the first's."""
    if len(set(kinds)) == 1:
        return kinds[0]
    paged = any(kind == "image" or kind.startswith("pdf") for kind in kinds)
    return "pdf_mixed" if paged else kinds[0]


def _shift(block: Block, offset: int) -> Block:
    page = None if block.page is None else block.page + offset
    if isinstance(block, Line):
        return replace(block, page=page)
    cells = tuple(c if c.page is None else replace(c, page=c.page + offset) for c in block.cells)
    rivals = tuple(_shift_grid(rival, offset) for rival in block.rivals)
    return replace(block, page=page, cells=cells, rivals=rivals)


def _shift_grid(grid: Grid, offset: int) -> Grid:
    shifted = _shift(grid, offset)
    assert isinstance(shifted, Grid)
    return shifted
