"""The records that travel through the pipeline, from the file to the report.

Coordinates are points (1/72 inch) from the top left corner of the page *as it is shown upright*;
a box is (x0, top, x1, bottom).  Pages count from 1.  Records are frozen: a stage makes new ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Literal, NamedTuple, Protocol

Box = tuple[float, float, float, float]
SourceKind = Literal["pdf_text", "pdf_scan", "pdf_mixed", "image", "docx", "html", "text"]
State = Literal["printed", "blank", "mark", "missing", "illegible"]
Severity = Literal["error", "warning", "info"]
GridOrigin = Literal["ruled", "rows_only", "borderless", "markup", "dump", "pixels", "words"]
"""How a grid was made: `pixels` from the rulings of a picture, `words` from the words of one without."""
PICTURE_ORIGINS = ("pixels", "words")
Number = int | Decimal


# ---------------------------------------------------------------- what a page holds


class Word(NamedTuple):
    """A run of characters with no gap inside: a digital run or one recognised line of a picture."""

    text: str
    box: Box
    size: float = 0.0
    """Font size in points; 0 where unknown."""
    engine: str = "pdfium"
    score: float = 1.0


@dataclass(frozen=True, slots=True)
class Line:
    """One line (or paragraph, where the source has no lines) of running text outside every table."""

    text: str
    page: int | None = None
    box: Box | None = None
    size: float = 0.0
    heading: bool = False
    """The source itself marks it as a heading (HTML h1, DOCX style): evidence, not proof."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a grid.  `text` is None where the cell is a picture that nobody has read yet."""

    row: int
    col: int
    row_span: int
    col_span: int
    text: str | None
    page: int | None = None
    box: Box | None = None
    engine: str = "pdfium"
    score: float = 1.0
    """How sure the engine is of `text`, 0 to 1; 1 for characters that a file states."""
    doubts: tuple[str, ...] = ()
    """Codes of what looked wrong while the cell was read (extractor/confidence/reasons.py)."""


@dataclass(frozen=True, slots=True)
class Grid:
    """One table, or one page's part of it.  Cells are in row-major order and may span."""

    cells: tuple[Cell, ...]
    n_rows: int
    n_cols: int
    origin: GridOrigin
    page: int | None = None
    box: Box | None = None
    quality: float = 1.0
    """0 to 1: how sure the finder is of the lines (1: every edge is drawn)."""
    col_edges: tuple[float, ...] = ()
    """x of the n_cols + 1 column edges, points; empty where the source has no geometry."""
    rivals: tuple[Grid, ...] = ()
    """Other hypotheses about the same region; the fit to the form chooses."""
    closed: bool = False
    """Made of words, and every figure that stands among its columns is in one of its rows."""
    row_edges: tuple[float, ...] = ()
    """Of a picture: y of the n_rows + 1 row edges as the page lies flat; empty elsewhere."""


Block = Line | Grid


@dataclass(frozen=True, slots=True)
class PageView:
    """One upright page.  `words` are all readable runs, in tables too; `rulings` are drawn lines."""

    number: int
    width: float
    height: float
    words: Sequence[Word] = ()
    rulings: tuple[Box, ...] = ()
    origin: Literal["text", "picture", "markup"] = "text"
    doubts: tuple[str, ...] = ()
    turned: int = 0
    """Degrees (0, 90, 180, 270) the page was turned clockwise to stand upright, /Rotate included."""
    pieces: Callable[[], Sequence[Word]] | None = field(default=None, repr=False, compare=False)
    """Of a picture: its words outside frames read apart, as heads of tables without rulings stand (costly)."""


class Reading(NamedTuple):
    """One attempt at one cell.  `text` "" means: looked, and nothing is printed there."""

    text: str
    engine: str
    score: float
    candidates: tuple[tuple[str, float], ...] = ()
    """Other texts the ink supports with their probabilities, best first, `text` included."""
    ink: float | None = None
    """Share of the cell's area that is ink; None where the source states characters."""
    doubts: tuple[str, ...] = ()


class CellReader(Protocol):
    """Reads the figures of cells; a source of pictures recognises them, others state their text."""

    def figures(self, cells: Sequence[Cell]) -> list[Reading]:
        """A first reading of every cell, in order."""
        ...

    def again(self, cells: Sequence[Cell]) -> list[Reading | None]:
        """A second, independent reading of every cell; None where there is no second way."""
        ...


@dataclass(frozen=True, slots=True)
class Document:
    """A file as the readers see it: blocks in reading order, whatever kind the file was."""

    source: SourceKind
    blocks: tuple[Block, ...]
    reader: CellReader
    pages: tuple[PageView, ...] = ()
    meta: Mapping[str, str] = field(default_factory=dict)
    """What the file says about itself: title, author, subject, html_title, …"""
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """The bytes that came in.  `parts` are the files of one document in page order."""

    filename: str
    sha256: str
    parts: tuple[tuple[str, bytes], ...]


# ---------------------------------------------------------------- where a field stands


@dataclass(frozen=True, slots=True)
class Placement:
    """Which cell of which grid is a field of the form, and how well the place is established."""

    field_id: str
    cell: Cell | None
    """None: the row or the column is not in the document."""
    grid: Grid | None
    row_score: float = 0.0
    """0 to 1: likeness of the printed row label (its whole path) to the statutory one."""
    row_margin: float = 0.0
    """`row_score` less that of the next likely row of the form."""
    col_score: float = 0.0
    col_margin: float = 0.0
    by_order: bool = False
    """The row or column was placed by its order alone, its label being unreadable or absent."""
    structure: float = 1.0
    """0 to 1: share of the table's rows and columns that stand as the form has them."""
    label: str = ""
    head: str = ""
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TableFit:
    """How one statutory table was found: its edition, its placements in the form's order."""

    number: int
    edition: str
    score: float
    runner_up: str | None
    runner_up_score: float
    placements: tuple[Placement, ...]
    expected_rows: int = 0
    found_rows: int = 0
    extra_rows: int = 0
    """Rows with figures that no row of the form claims."""


@dataclass(frozen=True, slots=True)
class FieldValue:
    """One field as printed, with everything that speaks for it."""

    id: str
    value: Number | None
    raw: str | None
    state: State
    placement: Placement
    readings: tuple[Reading, ...] = ()
    confidence: float = 0.0
    needs_review: bool = True
    reasons: tuple[str, ...] = ()
    suggestion: Number | None = None
    candidates: tuple[tuple[str, float], ...] = ()
    """Values that the ink or the arithmetic supports, with probabilities; empty where there is one."""

    @property
    def page(self) -> int | None:
        return self.placement.cell.page if self.placement.cell else None

    @property
    def bbox(self) -> Box | None:
        return self.placement.cell.box if self.placement.cell else None

    def with_(self, **changes: object) -> FieldValue:
        return replace(self, **changes)  # type: ignore[arg-type]


# ---------------------------------------------------------------- what the report says


@dataclass(frozen=True, slots=True)
class Finding:
    """Something the report contradicts itself in.  `rule` is a code, `message` is for people."""

    rule: str
    severity: Severity
    fields: tuple[str, ...]
    message: str
    printed: Number | str | None = None
    computed: Number | str | None = None
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence that restates a figure (`field`) or a sum of figures (`fields`)."""

    text: str
    quantity: Number
    unit: str
    field: str | None
    agrees: bool
    fields: tuple[str, ...] = ()
    printed: Number | None = None
    """What the tables print for it."""
    page: int | None = None
    approximate: bool = False
    """The sentence rounds (余, 约, 万): `agrees` then means 'fits'."""


@dataclass(frozen=True, slots=True)
class Section:
    """One of the report's sections; `number` is the form's (1 to 6), whatever is printed."""

    number: int
    title: str
    text: str
    pages: tuple[int, ...] = ()
    statements: tuple[Statement, ...] = ()


@dataclass(frozen=True, slots=True)
class Head:
    """Who reports on which year."""

    organ: str | None = None
    year: int | None = None
    title: str | None = None
    period: tuple[str, str] | None = None
    """ISO dates of first and last day."""
    organ_confidence: float = 0.0
    year_confidence: float = 0.0


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a document has no figures: code, what is wrong, what the person can do."""

    code: str
    message: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Report:
    """Everything known about one document; emit/ writes it in the forms people use."""

    filename: str
    sha256: str
    source: SourceKind | None
    pages: int
    form: str | None = None
    tables: Mapping[str, str] = field(default_factory=dict)
    head: Head = field(default_factory=Head)
    fields: tuple[FieldValue, ...] = ()
    findings: tuple[Finding, ...] = ()
    sections: tuple[Section, ...] = ()
    error: Failure | None = None
    page_sizes: tuple[tuple[float, float], ...] = ()
    """Width and height of every upright page, points."""
    page_turns: tuple[int, ...] = ()
    """Degrees by which every page was turned clockwise to stand upright, /Rotate included."""
    notes: tuple[str, ...] = ()
    """Codes about the document as a whole (text_layer_distrusted, …)."""
