"""Unruled spreadsheet prints whose columns run on to other pages: the pages side by side, as one wide page.

A page of figures and headers alone, after a page with labels, holds the columns that found no room on
it.  Put side by side the two are one table that `borderless` reads; the cells then go back to their pages.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from extractor.forms.model import Form
from extractor.language.figure import is_figure_like
from extractor.locate.borderless import supply
from extractor.types import Block, Box, Cell, Document, Grid, Line, PageView, TableFit, Word

FIGURES = 10
"""A page of run-on columns has at least so many figures: the fewest rows (one column of a table of 23)."""
FURTHER = 2
"""… and the pages after such a page, that go on with it: two rows of one column."""
LONG = 14
"""A word this long is a label or running text; headers of columns have up to 13 characters."""


def supply_wide(document: Document, forms: Sequence[Form], fits: Sequence[TableFit], step: int) -> Document:
    """Like `supply`, over pages put side by side; `step` pages of rows come before each page of columns."""
    groups = _groups(document.pages, step)
    if not groups:
        return document
    wide = {g[0].number: _side_by_side(g) for g in groups}
    gone = {p.number for g in groups for p in g[1:]}
    pages = tuple(wide.get(p.number, p) for p in document.pages if p.number not in gone)
    blocks = tuple(b for b in document.blocks if not (isinstance(b, Line) and b.page in gone))
    made = supply(replace(document, pages=pages, blocks=blocks), forms, fits)
    homes = {g[0].number: g for g in groups}
    return replace(made, pages=document.pages, blocks=tuple(_home(b, homes) for b in made.blocks))


def _groups(pages: Sequence[PageView], step: int) -> list[list[PageView]]:
    """Pages with labels, each with the pages that hold its further columns."""
    out: list[list[PageView]] = []
    i = 0
    while i < len(pages):
        run = i
        while run < len(pages) and _only_figures(pages[run], FIGURES if run == i else FURTHER):
            run += 1
        extra = pages[i:run]
        extra = extra[: len(extra) // step * step]  # what is over may be a short table of the next section
        if extra and i >= step:
            for k in range(step):
                out.append([pages[i - step + k], *extra[k::step]])
        i = max(run, i + 1)
    return out


def _only_figures(page: PageView, least: int) -> bool:
    figures = sum(1 for w in page.words if is_figure_like(w.text))
    return figures >= least and all(len(w.text) < LONG for w in page.words)


def _side_by_side(group: Sequence[PageView]) -> PageView:
    words: list[Word] = []
    at = 0.0
    for page in group:
        words += [w._replace(box=_moved(w.box, at)) for w in page.words]
        at += page.width
    return replace(group[0], width=at, words=tuple(words), rulings=())


def _moved(box: Box, by: float) -> Box:
    return box[0] + by, box[1], box[2] + by, box[3]


def _home(block: Block, homes: dict[int, list[PageView]]) -> Block:
    """A grid of a wide page with its cells back on their own pages."""
    group = homes.get(block.page or 0)
    if not isinstance(block, Grid) or block.origin != "borderless" or group is None:
        return block
    cells = _empty_doubted([_cell_home(c, group) for c in block.cells], group[0].number)
    width = group[0].width
    box = (block.box[0], block.box[1], min(block.box[2], width), block.box[3]) if block.box else None
    return replace(block, cells=cells, box=box, col_edges=())


def _empty_doubted(cells: Sequence[Cell], first: int) -> tuple[Cell, ...]:
    """A column of another page without a figure may be another table's, put beside this one by mistake."""
    filled = {c.col for c in cells if c.row and c.text and is_figure_like(c.text)}
    return tuple(
        replace(c, doubts=(*c.doubts, "figures_unaccounted"))
        if c.row and c.page != first and c.col not in filled else c
        for c in cells
    )  # fmt: skip


def _cell_home(cell: Cell, group: Sequence[PageView]) -> Cell:
    if cell.box is None:
        return cell
    at = 0.0
    middle = (cell.box[0] + cell.box[2]) / 2
    for page in group:
        if middle <= at + page.width or page is group[-1]:
            return replace(cell, page=page.number, box=_moved(cell.box, -at))
        at += page.width
    return cell
