"""What a picture's cells say against their column's habit: blanks among noughts, a dash among blanks, a lost minus.

An office writes nothing the same way down a column: a nought, a dash, or blank.  A blank among dashes or noughts may
be a faint one that nobody saw, the one dash among blanks a rest of a ruling.  Sums are blind to both, and to all of a
table without sums, where a change may have lost its minus.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from extractor.forms.model import FieldSpec
from extractor.types import PICTURE_ORIGINS, FieldValue, Reading

BLANK_HABIT, MARK_HABIT = 0.85, 0.15
"""Share of a column's cells for nothing from which that is how its office says so.  Of 164 made scans one lost half of
its dashes, both readers sure of every blank; rests of rulings made dashes of a tenth of a column at most."""
MARKS = 2
"""Dashes of a column from which its blanks may be dashes that nobody saw: one may be a rest of a ruling."""
TABLE_MARKS = 3
"""Columns of a table with a dash each from which all its blanks may be dashes: a photocopier that eats thin strokes
leaves a few.  On 180 made scans it doubts 55 more of 35,000 cells, 54 of them wrong; with two columns 356, 56 wrong."""
SMALL = 15
"""Cells for nothing up to which a table follows the habit of the report's other tables (tables 2 and 4 have so many)."""
LEAST = 6
"""Cells for nothing from which a column has a way of saying so."""
FAINT, FAINT_ONES, NOTHING = 0.5, 3, 0.995
"""Share of a table's blanks, of at least so many, in which something faint was seen or of which the first reader is
less sure than this, from which all may be dashes that a copier took off: of 35,000 cells of 200 made scans and photographs
it doubts 14 more, and one of them was the only blank that passed for one unseen."""
ALL_MARKS, MANY = 0.85, 20
"""Share of a report's cells for nothing, of at least so many, that are dashes where its office writes nothing else: the
rest are dashes that a photocopier lost, and asked about."""
SHORT_DASH, HABIT = 0.8, 0.9
"""Score of a first reading from which such an office's dash is one that the second reader did not see: of 33 in a
photograph whose hyphens are as high as wide all were.  And the score of the habit as a reading."""
SURE_SIGN = 0.9995
"""Score from which a change without a sign has none: three lost minuses of 164 made scans were read with 0.998 to
0.999."""


def doubt_odd_ones(fields: Sequence[FieldValue], specs: Sequence[FieldSpec]) -> tuple[FieldValue, ...]:
    """Fields of pictures with the reason `odd_blank` where the rest of their column says nothing otherwise, and
    `sign_unsure` where a change may have lost its sign."""
    columns: dict[tuple[int, str], list[FieldValue]] = defaultdict(list)
    pictures: Sequence[FieldValue] = [
        f for f in fields if f.placement.grid is not None and f.placement.grid.origin in PICTURE_ORIGINS
    ]
    whole: dict[tuple[str, str], list[FieldValue]] = defaultdict(list)
    for f in pictures:
        if _way(f):
            table, column = _column(f)
            columns[id(f.placement.grid), column].append(f)
            whole[table, column].append(f)
    odd = _of_dashed_tables(pictures) | _of_faint_tables(pictures)
    for part in columns.values():
        # A page's few rows have the habit of the whole column.
        odd |= _odd_ones(part, part if len(part) >= LEAST else whole[_column(part[0])])
    fields, pictures = _dashes_by_habit(fields, pictures)
    signed = {s.id for s in specs if s.signed}
    lost = {f.id for f in pictures if f.id in signed and _bare(f)}
    return tuple(_doubted(f, odd, lost) for f in fields)


def _column(field: FieldValue) -> tuple[str, str]:
    """Table and column of a field by its name."""
    return field.id.partition(".")[0], field.id.rpartition(".")[2]


def _odd_ones(part: Sequence[FieldValue], column: Sequence[FieldValue]) -> set[str]:
    """Those of `part` that say nothing otherwise than `column` does."""
    ways = [_way(f) for f in column]
    if len(ways) < LEAST:
        return set()
    odd = {"blank"} if ways.count("mark") >= MARKS else set()
    odd |= {way for way, habit in (("blank", BLANK_HABIT), ("mark", MARK_HABIT)) if ways.count(way) < habit * len(ways)}
    return {f.id for f in part if _way(f) in odd}


def _of_dashed_tables(pictures: Sequence[FieldValue]) -> set[str]:
    """Blanks of tables that print dashes in several columns, and of small tables beside them."""
    dashed: dict[int, set[str]] = defaultdict(set)
    nothing: dict[int, int] = defaultdict(int)
    for f in pictures:
        nothing[id(f.placement.grid)] += bool(_way(f))
        if _way(f) == "mark":
            dashed[id(f.placement.grid)].add(f.id.rpartition(".")[2])
    tables = {t for t, columns in dashed.items() if len(columns) >= TABLE_MARKS}
    if tables:
        tables |= {t for t, n in nothing.items() if n <= SMALL}
    return {f.id for f in pictures if _way(f) == "blank" and id(f.placement.grid) in tables}


def _of_faint_tables(pictures: Sequence[FieldValue]) -> set[str]:
    """Blanks of tables in whose blanks something is seen more often than not."""
    blanks: dict[str, list[FieldValue]] = defaultdict(list)
    for f in pictures:
        if f.state == "blank" and f.readings:
            blanks[_column(f)[0]].append(f)
    out: set[str] = set()
    for mine in blanks.values():
        faint = sum(f.readings[0].score < NOTHING or "faint_ink" in f.readings[0].doubts for f in mine)
        if len(mine) >= FAINT_ONES and faint >= FAINT * len(mine):
            out.update(f.id for f in mine)
    return out


def _dashes_by_habit(
    fields: Sequence[FieldValue], pictures: Sequence[FieldValue]
) -> tuple[Sequence[FieldValue], Sequence[FieldValue]]:
    """Both with short dashes that the second reader overlooks seconded by the report's habit."""
    ways = [f.state for f in pictures if f.state in ("blank", "mark")]
    if ways.count("mark") < max(MANY, ALL_MARKS * len(ways)):
        return fields, pictures
    seconded = {f.id: _seconded(f) for f in pictures if _overlooked(f)}
    return [seconded.get(f.id, f) for f in fields], [seconded.get(f.id, f) for f in pictures]


def _overlooked(field: FieldValue) -> bool:
    """A dash in which the second reader sees nothing, or a point."""
    if field.state != "mark" or "readings_differ" not in field.reasons or len(field.readings) != 2:
        return False
    first, second = field.readings
    return first.text == "-" and first.score >= SHORT_DASH and not second.text.strip(".,-")


def _seconded(field: FieldValue) -> FieldValue:
    first = field.readings[0]
    reasons = tuple(r for r in field.reasons if r != "readings_differ")
    return field.with_(reasons=reasons, readings=(first, Reading("-", "habit", HABIT)))


def _doubted(field: FieldValue, odd: set[str], lost: set[str]) -> FieldValue:
    codes = [code for code, ids in (("odd_blank", odd), ("sign_unsure", lost)) if field.id in ids]
    return field.with_(reasons=(*field.reasons, *codes)) if codes else field


def _bare(field: FieldValue) -> bool:
    """A change other than nought, without a sign, not read with all certainty."""
    text, score = field.readings[0].text, field.readings[0].score
    return bool(field.value) and score < SURE_SIGN and text[:1].isdigit()


def _way(field: FieldValue) -> str:
    """How the field says nothing; "" where it says something."""
    if field.state in ("blank", "mark"):
        return field.state
    return "nought" if field.state == "printed" and field.value == 0 else ""
