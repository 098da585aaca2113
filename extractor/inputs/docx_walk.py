"""The body of a Word document as entries: paragraphs with their list labels, tables with true spans.

Names of elements are those of ECMA-376 part 1, §17; namespaces are left aside, so that transitional and
strict documents read alike.  What Word does not show is left out: deleted and moved-away text, hidden
runs and rows, field codes.  A text box comes after the paragraph it hangs on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from extractor.inputs.docx_numbering import Numbering, Style, child, is_on, local, number, value
from extractor.inputs.markup import Entry, RawCell, RawLine, RawTable
from extractor.settings import Limits

_THROUGH = frozenset(re.findall(
    r"\w+",
    "ins moveTo hyperlink smartTag sdt sdtContent customXml fldSimple dir bdo oMath oMathPara ruby rubyBase "
    "num den e sub sup fName f rad nary d sSub sSup sSubSup",
))  # fmt: skip
"""Elements that only wrap what is shown."""
_GONE = frozenset(("del", "moveFrom", "pPr", "rPr", "sdtPr", "sdtEndPr", "rt"))
_CHARACTERS = {
    "tab": " ", "ptab": " ", "br": "\n", "cr": "\n", "noBreakHyphen": "-",
}  # fmt: skip
PICTURE = "\ufffc"
"""Stands, with the relationship's id behind it, where a picture does that is a paragraph of the body's own
(U+FFFC, object replacement character)."""
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff\u202a-\u202e]")


@dataclass(slots=True)
class Body:
    """Walks a document's body in order; list labels depend on that order."""

    styles: dict[str, Style]
    numbering: Numbering
    limits: Limits
    chunk: Callable[[str], list[Entry]]
    """Gives the entries of another document that is embedded here (w:altChunk), by its relationship id."""
    inside: int = 0
    """Tables around what is walked."""

    def entries(self, container: Any) -> list[Entry]:
        """The paragraphs and tables of a body, a cell or a text box."""
        out: list[Entry] = []
        for element in _shown_children(container):
            name = local(element)
            if name == "p":
                out += self._paragraph(element)
            elif name == "tbl":
                out.append(self._table(element))
            elif name == "altChunk":
                out += self.chunk(value(element, "id") or "")
            elif name in _THROUGH:
                out += self.entries(element)
        return out

    # ------------------------------------------------------------ paragraphs

    def _paragraph(self, element: Any) -> list[Entry]:
        style_id = value(child(element, "pPr", "pStyle"))
        style = self.styles.get(style_id or "", Style())
        label = self._label(element, style, style_id)
        boxes: list[Entry] = []
        text = "" if style.hidden else "".join(self._runs(element, boxes))
        heading = style.heading or number(child(element, "pPr", "outlineLvl"), 9) < 9
        lines = (label + _INVISIBLE.sub("", text).replace("\xa0", " ")).split("\n")
        return [RawLine(line.strip(), heading) for line in lines if line.strip()] + boxes

    def _label(self, element: Any, style: Style, style_id: str | None) -> str:
        own = child(element, "pPr", "numPr")
        num_id = value(child(own, "numId")) if own is not None else None
        level = number(child(own, "ilvl"), -1) if own is not None else -1
        if num_id is None:
            num_id = style.num_id
        if num_id in (None, "0"):
            return ""
        assert num_id is not None
        if level < 0:
            level = self.numbering.level_of_style(num_id, style_id) if style.level is None else style.level
        return self.numbering.label(num_id, level)

    def _runs(self, element: Any, boxes: list[Entry]) -> Iterator[str]:
        for part in _shown_children(element):
            name = local(part)
            if name == "r":
                yield from self._run(part, boxes)
            elif name in _THROUGH:
                yield from self._runs(part, boxes)

    def _run(self, run: Any, boxes: list[Entry]) -> Iterator[str]:
        style = self.styles.get(value(child(run, "rPr", "rStyle")) or "", Style())
        vanish = child(run, "rPr", "vanish")
        if is_on(vanish) or (vanish is None and style.hidden):
            return
        for part in _shown_children(run):
            name = local(part)
            if name == "t":
                yield part.text or ""
            elif name in _CHARACTERS:
                yield _CHARACTERS[name]
            elif name == "sym":
                yield _symbol(part)
            elif name in ("drawing", "pict", "object"):
                for box in _text_boxes(part):
                    boxes += self.entries(box)
                boxes += [] if self.inside else [RawLine(PICTURE + ident) for ident in _pictures(part)]
            elif name in _THROUGH:
                yield from self._runs(part, boxes)

    # ------------------------------------------------------------ tables

    def _table(self, element: Any) -> RawTable:
        self.inside += 1
        table = self._rows(element)
        self.inside -= 1
        return table

    def _rows(self, element: Any) -> RawTable:
        rows: list[list[RawCell]] = []
        above: dict[int, RawCell] = {}
        for row in _wrapped(element, "tr"):
            properties = child(row, "trPr")
            gone = properties is not None and (
                is_on(child(properties, "hidden")) or child(properties, "del") is not None
            )
            if not gone:
                cells, above = self._row(row, above)
                rows.append(cells)
        return RawTable([rows])

    def _row(self, row: Any, above: dict[int, RawCell]) -> tuple[list[RawCell], dict[int, RawCell]]:
        """The cells of a row, and by first column those that may go on in the next row."""
        cells: list[RawCell] = []
        going_on: dict[int, RawCell] = {}
        col = min(number(child(row, "trPr", "gridBefore"), 0), self.limits.max_span)
        for element in _wrapped(row, "tc"):
            span = max(1, min(number(child(element, "tcPr", "gridSpan"), 1), self.limits.max_span))
            if cells and _merge(element, "hMerge") == "continue":
                cells[-1].col_span += span
                col += span
                continue
            vertical = _merge(element, "vMerge")
            over = above.get(col)
            if vertical == "continue" and over is not None and over.col_span == span:
                over.row_span += 1
                going_on[col] = over
            else:
                cell = RawCell(self.entries(element), 1, span, col)
                cells.append(cell)
                if vertical:
                    going_on[col] = cell
            col += span
        return cells, going_on


def _merge(cell: Any, name: str) -> str:
    """ "restart", "continue" or "" (no merging); a merge mark without a value continues."""
    mark = child(cell, "tcPr", name)
    return "" if mark is None else (value(mark) or "continue")


def _shown_children(element: Any) -> Iterator[Any]:
    """Children with what is deleted left out and alternatives decided: the first that holds text."""
    for part in element:
        name = local(part)
        if name == "AlternateContent":
            choices = [c for c in part if local(c) in ("Choice", "Fallback")]
            best = next((c for c in choices if _has_text(c)), choices[0] if choices else None)
            if best is not None:
                yield from _shown_children(best)
        elif name and name not in _GONE:
            yield part


def _has_text(element: Any) -> bool:
    return any(local(e) == "t" for e in element.iter())


def _wrapped(element: Any, wanted: str) -> Iterator[Any]:
    """Rows of a table or cells of a row, also inside content controls and the like."""
    for part in _shown_children(element):
        name = local(part)
        if name == wanted:
            yield part
        elif name in _THROUGH:
            yield from _wrapped(part, wanted)


def _text_boxes(element: Any) -> Iterator[Any]:
    """The contents of the outermost text boxes in a drawing."""
    for part in _shown_children(element):
        if local(part) == "txbxContent":
            yield part
        else:
            yield from _text_boxes(part)


def _pictures(element: Any) -> Iterator[str]:
    """Relationship ids of the pictures in a drawing."""
    for part in element.iter():
        ident = {"blip": value(part, "embed"), "imagedata": value(part, "id")}.get(local(part))
        if ident:
            yield ident


def _symbol(element: Any) -> str:
    """A character by its code; those of the private area are a symbol font's pictures, not text."""
    code = value(element, "char") or ""
    number_ = int(code, 16) if re.fullmatch(r"[0-9A-Fa-f]{1,6}", code) else 0
    return chr(number_) if 0x20 <= number_ < 0xE000 else ""
