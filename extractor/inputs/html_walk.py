"""A parsed HTML page as entries: the lines it shows and its tables, nested as they stand.

The walk keeps its own stack, so depth costs no recursion.  White space is laid out as a browser does it,
but for a line feed between two Chinese characters, which word processors put in where they wrap source.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from extractor.inputs.html_style import Rules, shown
from extractor.inputs.markup import Entry, RawCell, RawLine, RawTable

_BLOCKS = frozenset(re.findall(
    r"[\w-]+",
    "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset "
    "figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr html legend li main menu nav ol p pre "
    "section summary ul",
))  # fmt: skip
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_GROUP_ORDER = {"thead": 0, "tbody": 1, "tfoot": 2}
_WIDE = r"\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u3000-\u303f"
_SOFT_WRAP = re.compile(rf"(?<=[{_WIDE}])[ \t\r\f]*\n[ \t\r\n\f]*(?=[{_WIDE}])")
_SPACE = re.compile(r"[ \t\r\n\f]+")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff\u202a-\u202e]")
_ROLES = {
    "table": "table", "grid": "table", "row": "tr", "cell": "td", "gridcell": "td", "columnheader": "th",
    "rowheader": "th",
}  # fmt: skip
"""Roles (WAI-ARIA) of elements that make up a table without being one."""
_TABLE_TAGS = frozenset(("table", "thead", "tbody", "tfoot", "tr", "td", "th", "html", "body"))
_FURNITURE_TAGS = frozenset(("nav", "footer", "aside"))
_FURNITURE_ROLES = frozenset(("navigation", "contentinfo", "search"))
_FURNITURE_NAMES = frozenset(re.findall(
    r"[\w-]+",
    "nav navbar topnav mainnav menu mainmenu foot footer copyright share bdsharebuttonbox crumb "
    "crumbs breadcrumb breadcrumbs sidebar toolbar pager pagination",
))  # fmt: skip


@dataclass(slots=True)
class _Sink:
    """Where text goes: the page, or a cell."""

    entries: list[Entry]
    cell: RawCell | None = None
    parts: list[str] = field(default_factory=list)
    heading: bool = False
    pre: int = 0
    unseen: int = 0

    def text(self, text: str) -> None:
        if not self.unseen:
            self.parts.append(text)

    def flush(self) -> None:
        """End the line."""
        joined = "".join(self.parts)
        self.parts.clear()
        rows = joined.split("\n") if self.pre else [_SPACE.sub(" ", _SOFT_WRAP.sub("", joined))]
        for row in rows:
            row = _INVISIBLE.sub("", row).replace("\xa0", " ").strip()
            if row:
                self.entries.append(RawLine(row, self.heading))


@dataclass(slots=True)
class _TableSink:
    """A table in the making: rows by group, in source order."""

    table: RawTable
    groups: list[tuple[str, list[list[RawCell]]]] = field(default_factory=list)
    row: list[RawCell] | None = None

    def group(self, name: str) -> None:
        self.row = None
        self.groups.append((name, []))

    def new_row(self) -> None:
        if not self.groups:
            self.group("tbody")
        self.row = []
        self.groups[-1][1].append(self.row)

    def finish(self) -> None:
        ordered = sorted(self.groups, key=lambda g: _GROUP_ORDER[g[0]])
        self.table.groups = [rows for _, rows in ordered if rows]


class Walker:
    """Walks one page; `walk` gives its entries."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._sinks = [_Sink([])]
        self._tables: list[_TableSink] = []
        self._undo: list[tuple[str, Any, str]] = []

    def walk(self, root: Any) -> list[Entry]:
        """Every line and table under `root`, in the order shown."""
        stack: list[tuple[Any, bool]] = [(root, False)]
        while stack:
            element, leaving = stack.pop()
            if leaving:
                self._leave(element)
            elif self._enter(element):
                stack.append((element, True))
                stack.extend((child, False) for child in reversed(element))
                continue
            if element is not root and element.tail:
                self._sinks[-1].text(element.tail)
        self._sinks[0].flush()
        return self._sinks[0].entries

    def _enter(self, element: Any) -> bool:
        """Take an element's beginning; False where nothing of it shows."""
        tag = element.tag.lower() if isinstance(element.tag, str) else ""
        sight = shown(element, tag, self._rules) if tag else "gone"
        if sight == "gone" or _is_furniture(element, tag):
            return False
        sink = self._sinks[-1]
        sink.unseen += sight == "unseen"
        tag = _as_table(element, tag, sight)
        self._undo.append(("unseen" if sight == "unseen" else "", sink, tag))
        if tag == "br":
            sink.flush() if not sink.pre else sink.text("\n")
        elif tag == "input":
            sink.text(element.get("value") or "")
        elif tag in ("td", "th"):
            self._open_cell(element)
        elif tag == "table":
            sink.flush()
            self._tables.append(_TableSink(RawTable()))
        elif self._tables and tag in _GROUP_ORDER:
            self._tables[-1].group(tag)
        elif self._tables and tag == "tr":
            self._tables[-1].new_row()
        elif tag in _BLOCKS:
            sink.flush()
            sink.heading = sink.heading or tag in _HEADINGS or element.get("role") == "heading"
            sink.pre += tag == "pre"
        if element.text:
            self._sinks[-1].text(element.text)
        return True

    def _open_cell(self, element: Any) -> None:
        rows = "rowspan" if element.get("rowspan") else "aria-rowspan"
        columns = "colspan" if element.get("colspan") else "aria-colspan"
        cell = RawCell(row_span=_span(element, rows, 0), col_span=_span(element, columns, 1))
        unseen = self._sinks[-1].unseen
        if self._tables:
            table = self._tables[-1]
            if table.row is None:
                table.new_row()
            assert table.row is not None
            table.row.append(cell)
        self._sinks.append(_Sink(cell.entries, cell, unseen=unseen))

    def _leave(self, element: Any) -> None:
        mark, unseen_sink, tag = self._undo.pop()
        if tag in ("td", "th"):
            self._close_cell()
        elif tag == "table":
            self._close_table()
        elif (tag == "tr" and self._tables) or (tag in _GROUP_ORDER and self._tables):
            self._tables[-1].row = None
        elif tag in _BLOCKS:
            sink = self._sinks[-1]
            sink.flush()
            sink.heading = False if tag in _HEADINGS or element.get("role") == "heading" else sink.heading
            sink.pre -= tag == "pre"
        unseen_sink.unseen -= mark == "unseen"

    def _close_cell(self) -> None:
        sink = self._sinks.pop()
        sink.flush()
        if not self._tables:  # a cell outside every table is plain text to a browser
            self._sinks[-1].flush()
            self._sinks[-1].entries += sink.entries

    def _close_table(self) -> None:
        made = self._tables.pop()
        made.finish()
        sink = self._sinks[-1]
        sink.flush()
        if not sink.unseen:
            sink.entries.append(made.table)


def _as_table(element: Any, tag: str, sight: str) -> str:
    """The tag by which an element is laid out: its own, or that of a table's part by its style or role."""
    if tag in _TABLE_TAGS:
        return tag
    if sight in ("table", "tr", "td"):
        return sight
    return _ROLES.get((element.get("role") or "").strip().lower(), tag)


def _span(element: Any, name: str, least: int) -> int:
    """A span attribute by the standard's rule for parsing non-negative integers; 1 where it is none."""
    match = re.match(r"[ \t\r\n\f]*\+?(\d{1,9})", element.get(name) or "")
    return max(least, int(match[1])) if match else 1


def _is_furniture(element: Any, tag: str) -> bool:
    """Navigation, page foot, sharing buttons: a site's frame, never holding a table of the report."""
    if tag in ("html", "body", "table", "tbody", "tr", "td", "th"):
        return False
    names = {*(element.get("class") or "").lower().split(), (element.get("id") or "").lower()}
    framed = tag in _FURNITURE_TAGS or element.get("role") in _FURNITURE_ROLES or names & _FURNITURE_NAMES
    return bool(framed) and next(element.iter("table", "h1"), None) is None
