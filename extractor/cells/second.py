"""Which cells are read a second time, by another way, and what comes of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from extractor.language.figure import parse
from extractor.rules.arithmetic import Check
from extractor.types import PICTURE_ORIGINS, CellReader, FieldValue, Reading

_DOUBTFUL_ORIGINS = ("borderless", "rows_only")


def read_again(
    fields: Sequence[FieldValue], checks: Sequence[Check], reader: CellReader
) -> tuple[FieldValue, ...]:
    """Fields with a second reading where something speaks against the first or nothing speaks for it.

    Text that a file states is doubted where a sum fails, where no line parts the cells, or where a
    reader noted a doubt; a picture's figures also where no sum supports them.
    """
    sums: dict[str, list[Check]] = {}
    for c in checks:
        for i in c.fields:
            sums.setdefault(i, []).append(c)
    dashed = {id(f.placement.grid) for f in fields if f.state == "mark" and f.raw in HYPHENS}
    chosen = [
        f for f in fields
        if f.placement.cell is not None and (_asks(f, sums.get(f.id, [])) or _lost_dash(f, dashed))
    ]  # fmt: skip
    if not chosen:
        return tuple(fields)
    cells = [f.placement.cell for f in chosen if f.placement.cell is not None]
    again = dict(zip((f.id for f in chosen), reader.again(cells)))
    return tuple(_with(f, again.get(f.id)) for f in fields)


def _asks(field: FieldValue, mine: Sequence[Check]) -> bool:
    """`mine`: the sums that the field stands in."""
    grid = field.placement.grid
    if field.reasons or field.placement.doubts:
        return True
    if any(c.holds is False for c in mine):
        return not _acquitted(field, mine)
    if grid is not None and grid.origin in _DOUBTFUL_ORIGINS:
        return True
    if grid is not None and grid.origin in PICTURE_ORIGINS:
        return field.state != "printed" or not (_sure(field, mine) or _witnessed(field, mine))
    return False


def _sure(field: FieldValue, mine: Sequence[Check]) -> bool:
    return any(c.holds for c in mine) and field.readings[0].score >= SURE


def _acquitted(field: FieldValue, mine: Sequence[Check]) -> bool:
    """A picture's figure in a sum that fails, which a sum of more than noughts that holds and the first reader's own
    certainty clear of it: misread, it would break both."""
    grid = field.placement.grid
    if grid is None or grid.origin not in PICTURE_ORIGINS or field.state != "printed":
        return False
    holds = any(c.holds and (c.parts or c.equals) for c in mine)
    return holds and field.readings[0].score >= SURE


def _witnessed(field: FieldValue, mine: Sequence[Check]) -> bool:
    """Two sums of more than noughts hold with the figure, across and down, and what they cannot see is unlikely."""
    if sum(bool(c.holds and (c.parts or c.equals)) for c in mine) < WITNESSES:
        return False
    first = field.readings[0]
    if field.value:
        return first.score >= READ_WELL
    # A nought, a dash and a blank are the same to every sum; what is none of them (7, 0/) is not what is printed.
    known = first.score + sum(p for text, p in first.candidates if text != first.text and not _naught(text))
    return known >= SURE


def _naught(text: str) -> bool:
    read = parse(text)
    return read.state in ("blank", "mark") or read.value == 0


HYPHENS = ("-", "\u2010", "\u2011", "\xad")
"""Signs for nothing that pdfium's text page takes for a hyphen at a line's end: of several, one after another and
each drawn by itself from right to left or one under another, it keeps the first alone."""


def _lost_dash(field: FieldValue, dashed: Collection[int]) -> bool:
    """A stated blank in a table that has such signs elsewhere."""
    grid = field.placement.grid
    return field.state == "blank" and id(grid) in dashed and grid is not None and grid.origin not in PICTURE_ORIGINS


SURE = 0.999
"""Score of a first recognition that asks for no second one where sums hold too (training/README.md)."""
WITNESSES, READ_WELL = 2, 0.97
"""Sums of more than noughts that together vouch for a figure other than nought, read with this score: a misread one
would break both.  With this rule none of 20,584 figures of made pictures was silently wrong."""


def _with(field: FieldValue, second: Reading | None) -> FieldValue:
    if second is None:
        return field
    first = parse(field.readings[0].text)
    other = parse(second.text)
    if first.state == "blank" and second.text in HYPHENS:
        return field.with_(raw=second.text, state="mark", readings=(second,))
    same = (first.state, first.value) == (other.state, other.value)
    reasons = field.reasons if same else (*field.reasons, "readings_differ")
    return field.with_(readings=(*field.readings, second), reasons=reasons)
