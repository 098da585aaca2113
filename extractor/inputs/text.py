"""Plain text: a Word text dump (one cell a line), or rows with tabs, pipes, box lines or aligned spaces."""

from __future__ import annotations

import re
from collections.abc import Callable

from extractor.errors import TooLarge, Unreadable
from extractor.inputs.encoding import decode
from extractor.inputs.stated import StatedText
from extractor.inputs.text_tables import Row, aligned_grid, dump_grid, piped_grid
from extractor.inputs.text_wrap import goes_on, runs_on, wrap_width
from extractor.settings import Limits, Options
from extractor.types import Block, Document, Grid, Line

Taken = tuple[Grid | None, int]
"""A table, and the line behind those it was looked for in."""

_JUNK = re.compile(r"\[bookmark:[^\]\n]{0,80}\]")
_LINE_END = re.compile(r"\r\n|[\r\n\x0b\x0c\x85\u2028\u2029]")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff\u202a-\u202e\x00-\x08\x0e-\x1f\x7f]")
_PIPE = re.compile(r"[|｜│┃║]")
_BORDER = re.compile(r"[\s|+\-=:_—｜│┃║─━═┄┈┌┐└┘├┤┬┴┼╔╗╚╝╠╣╦╩╬╒╓╕╖╘╙╛╜╞╟╡╢╤╥╧╨╪╫┏┓┗┛┣┫┳┻╋]+\Z")
_GAP = re.compile(r"(?: {2,}|[ \u3000]*\u3000[ \u3000]*)")
_HEADING = re.compile(r"\s*[一二三四五六七八九十]{1,3}\s*、")
_SPACED_HEADING = re.compile(r"\s*[一二三四五六七八九十]{1,3}[ \u3000]{1,6}[^\s\d]{4,40}\Z")
"""A section's heading whose number stands apart: no row of a table, which has more than two parts or a figure."""
_SENTENCE = re.compile(r"[。；！？]\s*\Z")
_LONGEST_CELL = 120
"""Characters; the longest statutory label with the longest gloss met (variants: 80) stays below."""
_SHORT_SENTENCE = 40
"""Characters up to which a cell may end like a sentence (the note on the table's own sums: 35)."""
_FIGURE = re.compile(r"[-+±]?[\d０-９][\d０-９,，.．\s]*(?:万?元|件|条|宗)?\Z|[/／\-—–－_无]+\Z")


def read(data: bytes, options: Options, limits: Limits) -> Document:
    """The text as blocks in reading order, no pages, no meta.

    Tables of a dump are ragged: cells stand in their row in order, `col` being the position; what a dump
    leaves out (merged cells) is not made up.
    Raises TooLarge, Damaged (no known encoding), Unreadable (nothing in it).
    """
    decoded = decode(data)
    lines = [_clean(line) for line in _LINE_END.split(_JUNK.sub("", decoded.text))]
    if len(lines) > limits.max_markup_nodes:
        raise TooLarge(f"文本超过 {limits.max_markup_nodes} 行")
    blocks = _Reader(lines).blocks()
    if not blocks:
        raise Unreadable()
    return Document("text", tuple(blocks), StatedText(), doubts=decoded.doubts)


def _clean(line: str) -> str:
    return _INVISIBLE.sub("", line.replace("\xa0", " ")).rstrip(" \u3000")


def _next_full(lines: list[str]) -> list[int]:
    """For every line the number of the next one, itself included, that holds anything."""
    out = [len(lines) - 1] * len(lines)
    for at in range(len(lines) - 2, -1, -1):
        out[at] = at if lines[at].strip(" ") else out[at + 1]
    return out


class _Reader:
    """Goes through the lines once; each kind of table takes the lines that are its own."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self._at = 0
        self._tried: dict[str, int] = {}  # per kind of table, the line up to which there is none
        self._next_full = _next_full(lines)

    def blocks(self) -> list[Block]:
        out: list[Block] = []
        wrap = wrap_width(self._lines)
        before = -2  # number of the line above, where that runs on
        while self._at < len(self._lines):
            line = self._lines[self._at]
            taken = self._table(line)
            if taken:
                out += taken
            else:
                text = " ".join(line.split("\t")).strip()
                if text and before == self._at - 1 and goes_on(line):
                    out[-1] = Line(f"{out[-1].text}{text}" if isinstance(out[-1], Line) else text)
                elif text:
                    out.append(Line(text))
                before = self._at if wrap and runs_on(line, wrap) else -2
                self._at += 1
        return out

    def _table(self, line: str) -> list[Block] | None:
        if line.startswith("\t") and "\t" not in line[1:]:
            return self._once("dump", self._dump)
        if "\t" in line:
            return self._once("tabbed", self._tabbed)
        if _is_piped(line):
            return self._once("piped", self._piped)
        spaced = _GAP.search(line.strip()) and not _SPACED_HEADING.match(line)
        return self._once("spaced", self._spaced) if spaced else None

    def _once(self, kind: str, take: Callable[[], Taken]) -> list[Block] | None:
        """Lines that were found to be no table of a kind are not tried again from their middle."""
        if self._at < self._tried.get(kind, 0):
            return None
        grid, at = take()
        if grid is None:
            self._tried[kind] = at
            return None
        self._at = at
        return [grid]

    # Each of the following gives a table, or None, and the line behind what it looked at.

    def _dump(self) -> Taken:
        """One cell a line behind a tab; a blank line ends a row, other lines go on with the cell."""
        rows: list[Row] = [[]]
        at = self._at
        while at < len(self._lines):
            line = self._lines[at]
            if line.startswith("\t"):
                if "\t" in line[1:].rstrip("\t") or _is_prose(line):
                    break
                rows[-1].append(line.strip())
            elif not line.strip():
                if not self._lines[self._next_full[at]].startswith("\t"):
                    break
                if rows[-1]:
                    rows.append([])
            elif rows[-1] and len(line) <= _LONGEST_CELL:
                rows[-1][-1] = f"{rows[-1][-1]}\n{line.strip()}".strip()
            else:
                break
            at += 1
        return (dump_grid(rows) if _is_table(rows) else None), max(at, self._at + 1)

    def _tabbed(self) -> Taken:
        """One row a line, cells parted by tabs."""
        rows: list[Row] = []
        at = self._at
        while at < len(self._lines):
            line = self._lines[at]
            if "\t" in line:
                line, at = self._quoted(line, at)
                rows.append([_unquote(part) for part in line.split("\t")])
            elif self._goes_on(at, lambda text: "\t" in text) and not _HEADING.match(line):
                rows += [[line.strip()]] if line.strip() else []
            else:
                break
            at += 1
        return (dump_grid(rows) if _is_table(rows) else None), max(at, self._at + 1)

    def _quoted(self, line: str, at: int) -> tuple[str, int]:
        """A line with the lines that a quoted cell of a spreadsheet runs on to."""
        last = at
        while line.count('"') % 2 and last - at < 6 and last + 1 < len(self._lines):
            last += 1
            line = f"{line}\n{self._lines[last]}"
        return (line, last) if line.count('"') % 2 == 0 else (self._lines[at], at)

    def _goes_on(self, at: int, same: Callable[[str], object]) -> bool:
        """Whether a short line without marks stands between two lines of the table."""
        line = self._lines[at]
        after = self._lines[at + 1] if at + 1 < len(self._lines) else ""
        return len(line) <= _LONGEST_CELL and not _SENTENCE.search(line) and bool(same(after))

    def _heads_figures(self, at: int) -> bool:
        """Whether a numbered line stands over a row of figures: a group's label, and no section's heading."""
        after = self._lines[at + 1] if at + 1 < len(self._lines) else ""
        return sum(map(_is_figure, _GAP.split(after.strip()))) > 1

    def _piped(self) -> Taken:
        """Cells parted by pipes or box lines."""
        at = self._at
        while at < len(self._lines) and _is_piped(self._lines[at]):
            at += 1
        return piped_grid(self._lines[self._at : at], _PIPE, _BORDER), at

    def _spaced(self) -> Taken:
        """Columns kept apart by spaces, as programs print them that keep a page's layout."""
        rows: list[str] = []
        at = self._at
        while at < len(self._lines):
            line = self._lines[at]
            parted = len(_GAP.split(line.strip())) > 1
            if not parted and not self._goes_on(at, lambda text: _GAP.search(text.strip())):
                break
            if not line.strip() and len(rows) == at - self._at >= 3:
                break  # the first blank line after rows without one: another table begins
            if _SPACED_HEADING.match(line):
                break
            if _HEADING.match(line) and not parted and not self._heads_figures(at):
                break
            rows += [line] if line.strip() else []
            at += 1
        figures = [sum(map(_is_figure, _GAP.split(row.strip()))) for row in rows]
        # A single row of figures under a deep header has many of them.
        many = sum(n > 0 for n in figures) * 3 >= len(rows) or max(figures, default=0) > len(rows)
        # Two lines are a table where the first heads the figures of the second.
        two = len(rows) == 2 and not figures[0] and figures[1] == len(_GAP.split(rows[1].strip())) - 1 > 0
        good = two or (len(rows) >= 3 and many)
        return (aligned_grid(rows, _GAP, _is_figure) if good else None), max(at, self._at + 1)


def _is_piped(line: str) -> bool:
    marks = len(_PIPE.findall(line))
    return marks >= 2 or (len(line.strip()) >= 3 and _BORDER.match(line) is not None)


def _is_prose(text: str) -> bool:
    return len(text) > _LONGEST_CELL or (len(text) > _SHORT_SENTENCE and _SENTENCE.search(text) is not None)


def _is_figure(text: str) -> bool:
    return _FIGURE.match(text.strip()) is not None


def _unquote(part: str) -> str:
    part = part.strip(" ")
    if len(part) > 1 and part[0] == part[-1] == '"':
        part = part[1:-1].replace('""', '"')
    return "\n".join(piece.strip() for piece in part.split("\n")).strip()


def _is_table(rows: list[Row]) -> bool:
    """Rows of short cells, not paragraphs that a tab indents."""
    cells = [cell for row in rows for cell in row]
    prose = sum(map(_is_prose, cells))
    wide = sum(1 for row in rows if len(row) > 1)
    return bool(wide) and (len(rows) > 1 or sum(map(_is_figure, cells)) > 1) and prose * 4 < len(cells)
