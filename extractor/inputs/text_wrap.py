"""Plain text whose lines a program broke at a width: which lines run on to the next."""

from __future__ import annotations

import re
from collections.abc import Sequence

from extractor.inputs.text_tables import width

_NARROW, _WIDE = 40, 130
"""Display columns between which programs break lines (76 for mail, 80 for terminals, 128 for wide print)."""
_LEAST = 4
"""Full lines from which they show a width; a short text has no more."""
_SLACK = 3
"""Columns that a line may stay below the width: a Chinese character and a mark that may not begin a line."""
_OWN = re.compile(
    r"\s|[（(]?[一二三四五六七八九十]{1,3}[)）、.．]|[（(]?\d{1,2}[)）、.．](?!\d)|第[一二三四五六七八九十]{1,2}部分|[|+┌├└│]"
)
_TABLE = re.compile(r"\t|[|│┃]| {3,}\S")
_STOP = "。！？"


def wrap_width(lines: Sequence[str]) -> int:
    """The width at which a text's lines are broken, display columns; 0 where they are whole paragraphs."""
    prose = [line for line in lines if line.strip() and not _TABLE.search(line.strip())]
    widths = sorted((width(line) for line in prose), reverse=True)
    if not widths or not _NARROW <= widths[0] <= _WIDE:
        return 0
    full = [line for line in prose if width(line) >= widths[0] - _SLACK]
    broken = sum(line[-1] not in _STOP for line in full)
    return widths[0] if len(full) >= _LEAST and broken * 2 > len(full) else 0


def runs_on(line: str, wrap: int) -> bool:
    """A full line that ends no sentence."""
    return width(line) >= wrap - _SLACK and line[-1:] not in _STOP and not _TABLE.search(line.strip())


def goes_on(line: str) -> bool:
    """A line that begins nothing: neither indented nor numbered."""
    return not _OWN.match(line)
