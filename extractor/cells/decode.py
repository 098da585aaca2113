"""Between two readings that the ink supports alike, the one with which the form's sums hold.

A legible cell keeps its value as read.  Only where the two recognisers read one cell differently, or
one of them held two texts for about equally likely, may arithmetic choose, and only when one choice
settles every failing sum it stands in and breaks none, and no other choice would settle any of these.  The cell stays doubtful
(`chosen_by_sums`): a person sees it.  Nothing is solved for: a number that no recogniser read is never
put in.  The decoder of the measurements before this project, which could put any integer, changed
printed figures; this one can't.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from extractor.cells.values import state_of
from extractor.forms.model import FieldSpec, Identity, TableSpec
from extractor.language.figure import parse
from extractor.rules.arithmetic import Check, check, connected
from extractor.types import PICTURE_ORIGINS, FieldValue, Reading

ALIKE = 0.2
"""Probability of another text from which the ink supports it about as well: below, the first reading
was right in all but 2 of 400 cells of hard scans."""
NEARLY = 0.1
"""How much less sure than the first reading a second one may be and still be supported alike."""
MOST_SUSPECTS = 12
"""More doubtful cells in one group of failing sums than this are a damaged table, not a misread figure."""


def decode(
    fields: Sequence[FieldValue], tables: Sequence[TableSpec], specs: Sequence[FieldSpec],
    checks: Sequence[Check],
) -> tuple[tuple[FieldValue, ...], Sequence[Check]]:
    """(The fields with the choices made and every other field untouched, the sums of what they are now).

    `checks`: the tables' sums of the fields as they come.
    """
    by_id = {f.id: f for f in fields}
    spec_of = {s.id: s for s in specs}
    chosen: dict[str, FieldValue] = {}
    for group in connected([c for c in checks if c.holds is False]):
        chosen.update({f.id: f for f in _choices(group, checks, by_id, spec_of, tables)})
    if not chosen:
        return tuple(fields), checks
    by_id.update(chosen)
    return tuple(by_id[f.id] for f in fields), check(tables, by_id)


def points_kept(fields: Sequence[FieldValue], specs: Sequence[FieldSpec]) -> tuple[FieldValue, ...]:
    """Of two readings of a picture's amount (万元) that differ in the point alone, the one that has it.

    A recogniser drops points, the smallest of all signs, and puts none where none is: of 5 amounts of made scans
    that were read so twice, the reading with the point was right each time.  The field stays doubtful.
    """
    decimal = {s.id: s for s in specs if s.type == "decimal"}
    return tuple(_pointed(f, decimal[f.id]) if f.id in decimal and "readings_differ" in f.reasons else f for f in fields)


def _pointed(field: FieldValue, spec: FieldSpec) -> FieldValue:
    first, *others = field.readings
    for other in others:
        if "." in other.text and "." not in first.text and other.text.replace(".", "") == first.text:
            return _read_as(field, other, spec)
    return field


def padding_dropped(fields: Sequence[FieldValue], specs: Sequence[FieldSpec]) -> tuple[FieldValue, ...]:
    """Of two readings of a picture's figure the one that does not begin with a nought too many.

    Nobody prints 03 in these forms: a speck or the next cell's digit is read into it.  Three of 26 such readings of 180
    made pictures had a second one without the nought that was sure of itself, the right one each time.  The field stays
    doubtful.
    """
    spec_of = {s.id: s for s in specs}
    return tuple(_unpadded(f, spec_of[f.id]) if _disputed(f) else f for f in fields)


def _pictured(field: FieldValue) -> bool:
    grid = field.placement.grid
    return grid is not None and grid.origin in PICTURE_ORIGINS


def _disputed(field: FieldValue) -> bool:
    """Two recognisers read a picture's figure differently."""
    return "readings_differ" in field.reasons and _pictured(field)


def _unpadded(field: FieldValue, spec: FieldSpec) -> FieldValue:
    first, *others = field.readings
    if _PADDED.match(first.text):
        for other in others:
            if other.score >= SELF_SURE and not _PADDED.match(other.text) and parse(other.text).state == "printed":
                return _read_as(field, other, spec)
    return field


_PADDED = re.compile(r"[-+]?0\d")
SELF_SURE = 0.8
"""Score of a second reading that is taken for a first one with a nought too many: the three had 0.84 and more, the wrong
ones 0.76 and less."""


def _read_as(field: FieldValue, reading: Reading, spec: FieldSpec) -> FieldValue:
    read = state_of(reading, spec)
    rest = tuple(r for r in field.readings if r is not reading)
    return field.with_(value=read.value, raw=reading.text, state=read.state, readings=(reading, *rest))


def _choices(
    group: Sequence[Check],
    checks: Sequence[Check],
    values: Mapping[str, FieldValue],
    specs: Mapping[str, FieldSpec],
    tables: Sequence[TableSpec],
) -> list[FieldValue]:
    """Fields with the one other reading that settles their failing sums and has no rival there."""
    ids = {i for c in group for i in c.fields}
    suspects = [(values[i], r) for i in sorted(ids) for r in alternatives(values[i])]
    if len(suspects) > MOST_SUSPECTS:
        return []
    found: dict[tuple[str, object], tuple[FieldValue, set[Identity]]] = {}
    for field, reading in suspects:
        changed = _with(field, reading, specs[field.id])
        mine = [c for c in checks if field.id in c.fields]
        again = check(tables, {**values, field.id: changed})
        held = {c.identity for c in again if c.holds}
        if changed.value != field.value and all(c.identity in held for c in mine):
            settles = {c.identity for c in mine if c.holds is False}
            found.setdefault((field.id, changed.value), (changed, settles))
    choices = list(found.values())
    return [
        changed for i, (changed, settles) in enumerate(choices)
        if not any(settles & other for k, (_, other) in enumerate(choices) if k != i)
    ]  # fmt: skip


def explained(fields: Sequence[FieldValue], checks: Sequence[Check]) -> frozenset[Identity]:
    """Failing sums that hold with the other reading of a picture's figure that two recognisers read differently.

    They say that a figure was misread, which the figure itself says, and nothing of the report: of 24 failing sums with
    such a figure in 118 made pictures 22 were none of the report's, and another reading settled 11 of them and no other.
    """
    read = {f.id: [parse(r.text).value or 0 for r in f.readings[1:]] for f in fields if _disputed(f)}
    known = {f.id: f.value or 0 for f in fields}
    return frozenset(
        c.identity
        for c in checks
        if c.holds is False
        for i in c.fields
        for other in read.get(i, ())
        if (c.equals - c.parts) * (-1 if i in c.identity.equals else 1) == other - known[i]
    )


def alternatives(field: FieldValue) -> list[Reading]:
    """Other readings of a picture's cell that its ink supports about as well as the first."""
    if not _pictured(field):
        return []
    first = field.readings[0]
    out = [r for r in field.readings[1:] if _disputed(field) and r.score >= first.score - NEARLY]
    for reading in field.readings:
        out += [
            Reading(text, reading.engine, p, ink=reading.ink, doubts=reading.doubts)
            for text, p in reading.candidates
            if p >= ALIKE and text != first.text
        ]
    return out


def _with(field: FieldValue, reading: Reading, spec: FieldSpec) -> FieldValue:
    parsed = state_of(reading, spec)
    reasons = dict.fromkeys((*field.reasons, *parsed.doubts, "chosen_by_sums"))
    return field.with_(
        value=parsed.value, raw=reading.text, state=parsed.state, reasons=tuple(reasons),
        readings=(reading, *field.readings),
    )  # fmt: skip
