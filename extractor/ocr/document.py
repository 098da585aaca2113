"""Page pictures to a Document: turned as the document is, laid out, read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from extractor.errors import Unreadable
from extractor.forms.load import load
from extractor.language.normalise import key
from extractor.ocr.digits import digit_net
from extractor.ocr.engine import Alphabet, Recogniser, statutory
from extractor.ocr.labels import QuickReader
from extractor.ocr.lexicon import Lexicon, asides, wordings
from extractor.ocr.pagepic import PagePicture, Prepared, lay_out, prepare
from extractor.ocr.pieces import pieces
from extractor.ocr.ppocr import paddle
from extractor.ocr.prose import read_lines
from extractor.ocr.reader import PixelReader
from extractor.ocr.table import PageCells, Rect, grids
from extractor.ocr.turn import alone, decide
from extractor.ocr.words import WordNet, word_net
from extractor.settings import Options
from extractor.types import Block, Box, Document, Grid, Line, PageView, SourceKind, Word

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_EMPTY = 24.0
"""Contrast (grey levels) of a page with nothing on it."""


@dataclass(frozen=True, slots=True)
class PageInput:
    """One page's picture: grey or RGB pixels, and its size in points."""

    number: int
    image: NDArray[np.uint8]
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Engines:
    """Who reads what; tests put replays here."""

    figures: Recogniser
    words: Recogniser
    net: WordNet | None = None
    """Reads labels before `words` does, where it is sure."""


def default_engines() -> Engines:
    return Engines(digit_net(), paddle(), word_net())


@dataclass(frozen=True, slots=True)
class ReadPage:
    """One page read: its view, its blocks top to bottom, and what its cells need to be read."""

    view: PageView
    blocks: tuple[Block, ...]
    cells: PageCells
    places: dict[Box, Rect]


def read_pages(
    pages: Iterable[PageInput], options: Options, source: SourceKind, engines: Engines | None = None
) -> Document:
    """A document of pictures only.  Raises Unreadable where no page shows anything."""
    read = read_pictures(pages, options, engines)
    if all(p.cells.page.contrast < _EMPTY for p in read):
        raise Unreadable("所有页面都没有字迹")
    return Document(
        source,
        tuple(b for p in read for b in p.blocks),
        reader_of(read, engines),
        tuple(p.view for p in read),
    )


def reader_of(pages: Sequence[ReadPage], engines: Engines | None = None) -> PixelReader:
    """The reader of these pages' cells."""
    engines = engines or default_engines()
    return PixelReader(
        {p.view.number: p.cells for p in pages}, {p.view.number: p.places for p in pages}, engines.words
    )


def read_pictures(
    pages: Iterable[PageInput], options: Options, engines: Engines | None = None
) -> list[ReadPage]:
    """Every page read; which way up they stand is decided over all of them.

    `pages` may be a generator: of each only what reading needs is kept.
    """
    engines = engines or default_engines()
    prepared = [(p.number, prepare(p.image, p.width, p.height)) for p in pages]
    turns = decide(
        [p.lying for _, p in prepared], [(p.small.shape[1], p.small.shape[0]) for _, p in prepared]
    )
    reading = _how(options, engines)
    out: list[ReadPage] = []
    seen_text = False
    prepared.reverse()
    for turn in turns:
        number, ready = prepared.pop()
        read = _page(ready, number, turn, reading, not seen_text, not prepared)
        # The document's habit outvoted the page, or nobody knows: its tables say who was right (a landscape table
        # scanned as it lies).
        others = [t for t in (alone(ready.lying), *_undecided(ready, read, reading)) if t != turn]
        for other in dict.fromkeys(others):
            again = _page(ready, number, other, reading, not seen_text, not prepared)
            read = max(read, again, key=lambda page: _understood(page, reading.words))
        seen_text = seen_text or any(isinstance(b, Line) for b in read.blocks)
        out.append(read)
    return out


@dataclass(frozen=True, slots=True)
class _How:
    """What the pages of one document are read with."""

    engines: Engines
    alphabet: Alphabet
    quick: QuickReader | None
    brief: bool
    words: frozenset[str]
    """The form's wordings, for comparing."""


def _how(options: Options, engines: Engines) -> _How:
    forms = load(options.forms_dir)
    net = engines.net
    quick = QuickReader(net, Lexicon(wordings(forms), net.symbols, asides(forms))) if net is not None else None
    words = frozenset(key(w) for w in wordings(forms) if key(w))
    return _How(engines, statutory(forms), quick, not options.narrative, words)


_UNDECIDED = 3.0
"""Lead of one way up over another, in the network's log-likelihoods, that tells nothing: the one page of 450 made ones
that was turned wrong led by 0.2.  36 of 217 have less than this, nearly all without a table."""
_COLUMNS = 19
"""Columns of a table of the form at most: fifteen figures, or seven beside four labels taken apart."""
_FEW = 20
"""Characters of the form's wordings in the tables of a page that stands as it should: three labels have as many."""


def _undecided(ready: Prepared, read: ReadPage, how: _How) -> list[int]:
    """Ways up that the page's text leaves open, where its tables say nothing as it was read; of a table with more columns
    than any of the form's those on its side, whatever the text says."""
    grids = [b for b in read.blocks if isinstance(b, Grid)]
    if not grids or _understood(read, how.words) >= _FEW:
        return []
    aside = [90, 270] if any(g.n_cols > _COLUMNS for g in grids) else []
    return [*((4 - i) % 4 * 90 for i, v in enumerate(ready.lying) if v > ready.lying.max() - _UNDECIDED), *aside]


def _understood(page: ReadPage, words: frozenset[str]) -> int:
    """Characters of the form's wordings in the page's tables, each wording once: of a page that lies on its side or on
    its head next to none is read right, though some are read surely."""
    found = {key(c.text) for b in page.blocks if isinstance(b, Grid) for c in b.cells if c.text}
    return sum(len(t) for t in found & words)


def _page(
    ready: Prepared,
    number: int,
    turn: int,
    how: _How,
    first: bool,
    last: bool,
) -> ReadPage:
    page = lay_out(ready, number, turn)
    cells = PageCells(page, how.engines.figures)
    if ready.contrast < _EMPTY:
        return ReadPage(_view(page, [], []), (), cells, {})
    found, places = grids(page, cells, how.engines.words, how.alphabet, how.quick)
    lines = read_lines(page, how.engines.words, first, last, how.brief, how.quick)
    view = replace(_view(page, lines, found), pieces=_later(page, how))
    return ReadPage(view, _in_order(lines, found), cells, places)


def _later(page: PagePicture, how: _How) -> Callable[[], tuple[Word, ...]]:
    """The page's words read apart, once somebody asks."""

    @cache
    def read() -> tuple[Word, ...]:
        return pieces(page, how.engines.words, how.alphabet, how.quick)

    return read


def _in_order(lines: Sequence[Line], found: Sequence[Grid]) -> tuple[Block, ...]:
    """Tables set among the lines, which keep their order: where a page leans their boxes do not tell it."""
    out: list[Block] = list(lines)
    for grid in sorted(found, key=_place, reverse=True):
        out.insert(next((i for i, line in enumerate(lines) if _place(line) > _place(grid)), len(lines)), grid)
    return tuple(out)


def _place(block: Block) -> tuple[float, float]:
    return (block.box[1], block.box[0]) if block.box else (0.0, 0.0)


def _view(page: PagePicture, lines: Sequence[Line], found: Sequence[Grid]) -> PageView:
    words = [Word(t.text, t.box, t.size, "ppocr6") for t in lines if t.box]
    words += [Word(c.text, c.box, 0.0, c.engine, c.score) for g in found for c in g.cells if c.text and c.box]
    return PageView(page.number, page.width, page.height, tuple(words), (), "picture", (), page.turned)
