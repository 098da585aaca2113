"""Gates of pictures: what a person has to see of a cell that was read from pixels, whatever the probability.

Each was met on 164 made scans and photographs (31,000 figures; training/confidence.py collects such): numbers of
fields there stand with each rule.
"""

from __future__ import annotations

from collections.abc import Sequence

from extractor.confidence.evidence import against, innocent
from extractor.rules.arithmetic import Check
from extractor.types import FieldValue

TORN = 0.1
"""Share of a picture's table that is missing or foreign from which only a sum can vouch for a figure: of
7,065 figures of damaged scans the one silent error stood in such a table, 141 figures do (2 %)."""
WEAK_LABEL = 0.8
CLEAR_HEAD = 0.9
"""Likeness of a column's head from which a blank may be a cell of that column at all."""
SECONDED, SECONDED_MARK = 0.6, 0.5
"""Score of a second reading that agrees from which it stands for itself.  Below, 146 of 868 blanks and figures were
wrong and 11 of 123 dashes; above, a twentieth and less."""
READ, SURELY = 0.8, 0.99
"""Score of a first reading that needs a second as sure as this: of 85 accepted figures under both, 2 were wrong, the
only ones of 28,800."""
NOTHING = 0.995
"""Score of a first reading from which a blank is one: of 23 accepted blanks of 166 made pictures that were read less
surely 9 were dashes that a copier had left as dots, of 950 others one.  The second reader saw nothing in any of them."""
NO_HEAD = 0.65
"""Likeness of a column's head under which only a sum vouches for a figure: 8 of 29 in tables without sums were wrong."""
NO_LABEL = 0.75
"""The same of a row's label, where only a sum down the column vouches: a slid row holds its own."""


def picture_gates(field: FieldValue, own: Sequence[Check]) -> list[str]:
    """Codes for one field; `own`: the sums that it stands in."""
    supported = any(c.holds and (c.parts or c.equals) for c in own)
    failing = any(against(c) for c in own)
    out = []
    if failing and not innocent(own):
        out.append("identity_fails")
    if not supported and 1 - field.placement.structure > TORN:
        out.append("weak_structure")
    down = any(c.holds and (c.parts or c.equals) and c.identity.column for c in own)
    out += _misplaced(field, supported, failing, down)
    if _faintly_seconded(field) or _unsure(field) or _faint(field):
        out.append("low_score")
    if field.placement.grid is not None and field.placement.grid.origin == "words":
        out += _unruled(field, own, failing)
    return out


def _misplaced(field: FieldValue, supported: bool, failing: bool, down: bool) -> list[str]:
    """A cell whose label or head names another row or column, or hardly its own.

    125 blanks under such a head or beside such a label were wrong and 45 right; of 118 figures nearer to another
    place that no sum supports, 14.  A slid row holds its own sum and breaks its columns'.
    """
    place = field.placement
    blank = field.state == "blank"
    other_row = place.row_margin < 0 and (blank or not supported)
    no_row = place.row_score < WEAK_LABEL and (blank or failing)
    no_row = no_row or (place.row_score < NO_LABEL and not down)
    other_column = place.col_margin < 0 and (blank or not supported)
    no_column = place.col_score < CLEAR_HEAD and blank
    no_column = no_column or (place.col_score < NO_HEAD and not supported)
    weak_row, weak_column = place.label and (other_row or no_row), other_column or no_column
    return [code for code, weak in (("weak_label", weak_row), ("weak_header", weak_column)) if weak]


def _faintly_seconded(field: FieldValue) -> bool:
    """A second reading says the same, and is not sure of it."""
    if len(field.readings) < 2 or "readings_differ" in field.reasons:
        return False
    return field.readings[1].score < (SECONDED_MARK if field.state == "mark" else SECONDED)


def _unsure(field: FieldValue) -> bool:
    """The first reader doubts what it read, and no second one is sure of it."""
    first, *rest = field.readings
    return first.score < READ and not any(r.score >= SURELY for r in rest)


def _faint(field: FieldValue) -> bool:
    """A blank of which the first reader is not nearly certain: the second one sees nothing in a short dash either."""
    return field.state == "blank" and field.readings[0].score < NOTHING


def _unruled(field: FieldValue, own: Sequence[Check], failing: bool) -> list[str]:
    """Cells where nothing but the words of rows and columns tells the place: 306 of 1,052 were wrong.  Two sums that
    hold, across and down, vouch for a figure under a head that is surely its column's: a column that slid as a whole
    keeps both."""
    holding = sum(1 for c in own if c.holds and (c.parts or c.equals))
    headed = field.placement.col_score >= WEAK_LABEL and field.placement.col_margin >= 0
    out = [] if holding >= 2 and headed and not failing else ["weak_structure"]
    if field.state != "printed":
        out.append("blank_unruled")
    return out
