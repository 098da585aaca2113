"""Placements to field values: every placed cell is read, its text parsed, its state decided."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from extractor.forms.model import FieldSpec
from extractor.language.figure import Parsed, parse
from extractor.types import Cell, CellReader, FieldValue, Placement, Reading, TableFit

RECOGNISERS = ("digitnet", "ppocr6")
_POINTED = re.compile(r"[1-9]\d{0,2}\.\d{3}")


def read_fields(
    tables: Sequence[TableFit], specs: Sequence[FieldSpec], reader: CellReader
) -> tuple[FieldValue, ...]:
    """One value for every field of `specs`, in their order; fields without a cell are `missing`."""
    placed: dict[str, Placement] = {p.field_id: p for t in tables for p in t.placements}
    cells = [p.cell for p in placed.values() if p.cell is not None]
    readings = _read(cells, reader)
    out: list[FieldValue] = []
    for spec in specs:
        placement = placed.get(spec.id) or Placement(spec.id, None, None, doubts=("table_missing",))
        if placement.cell is None:
            out.append(FieldValue(spec.id, None, None, "missing", placement))
        else:
            out.append(value_of(spec, placement, (readings[id(placement.cell)],)))
    return tuple(out)


def _read(cells: Sequence[Cell], reader: CellReader) -> Mapping[int, Reading]:
    unique = {id(c): c for c in cells}
    return dict(zip(unique, reader.figures(list(unique.values()))))


def value_of(spec: FieldSpec, placement: Placement, readings: tuple[Reading, ...]) -> FieldValue:
    """The value that the first reading states; the others stand by as evidence."""
    first = readings[0]
    parsed = state_of(first, spec)
    candidates = tuple(
        (text, p) for text, p in first.candidates if parse(text, spec).state in ("printed", "mark", "blank")
    )
    return FieldValue(
        spec.id, parsed.value, first.text if first.text or first.score else None, parsed.state, placement,
        readings, reasons=parsed.doubts, candidates=candidates,
    )  # fmt: skip


def state_of(reading: Reading, spec: FieldSpec) -> Parsed:
    """Parsed text, but ink that no character was read from is illegible, not blank, and where cases are counted the
    point that a recogniser sees before three digits is the comma that the page prints (asked about all the same)."""
    parsed = parse(reading.text, spec)
    if "not_whole" in parsed.doubts and reading.engine in RECOGNISERS and _POINTED.fullmatch(reading.text):
        parsed = parse(reading.text.replace(".", ","), spec)
        return Parsed(parsed.state, parsed.value, parsed.unit, (*parsed.doubts, "odd_grouping"))
    if parsed.state == "blank" and "ink_unread" in reading.doubts:
        return Parsed("illegible", None, "", ("ink_unread",))
    return parsed
