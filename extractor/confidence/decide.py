"""From evidence to a probability, a verdict and its reasons for every field.

Some things a person has to see whatever the probability (GATES).  For the rest the fitted curve says
how likely value and state are right, and the threshold of the kind of source decides.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from extractor.confidence.curve import Curve, load_curve
from extractor.confidence.evidence import against, evidence, innocent
from extractor.confidence.pictures import WEAK_LABEL, picture_gates
from extractor.rules.arithmetic import Check
from extractor.types import PICTURE_ORIGINS, FieldValue

GATES = frozenset(
    {
        "illegible", "not_a_number", "ink_unread", "ink_covered", "shared_cell", "torn_number", "odd_grouping",
        "double_sign",
        "not_whole", "negative", "readings_differ", "chosen_by_sums", "rows_unaccounted",
        "columns_unaccounted",
        "table_end_missing", "figures_unaccounted", "off_page",
        "weak_table", "edition_unsure", "blank_unruled", "odd_blank", "sign_unsure",
    }
)  # fmt: skip
SETTLED_BY_SUMS = frozenset({"torn_number", "odd_grouping", "ink_covered"})
"""How the digits are to be joined, whether one is hidden: a sum that holds with the number settles it."""
ABSENT = 0.998
"""Probability of a missing row whose neighbours stand one after the other: none of 400 such rows of
generated documents was wrong (training/confidence.py counts them)."""
GATED = 0.9
"""Ceiling for a field that a gate stops: 92 % of those of damaged scans were right all the same."""
UNPLACED = 0.5
"""Probability of a missing field that something speaks against being missing."""
UNRULED = ("borderless", "rows_only")
"""Grids of stated text without rules all round."""
IN_FAILING_SUM = 0.985
"""Ceiling for a picture's figure in a sum that fails while another with it holds: never near-certain."""


def decide(
    fields: Sequence[FieldValue], checks: Sequence[Check], told: Collection[str] = ()
) -> tuple[FieldValue, ...]:
    """Every field with confidence, needs_review and reasons.  `told`: ids that a sentence confirms."""
    curve = load_curve()
    mine: dict[str, list[Check]] = {}
    for c in checks:
        for i in c.fields:
            mine.setdefault(i, []).append(c)
    return tuple(_decide(f, mine, f.id in told, curve) for f in fields)


def _decide(field: FieldValue, checks: Mapping[str, list[Check]], told: bool, curve: Curve) -> FieldValue:
    if field.placement.cell is None:
        return _missing(field)
    own = checks.get(field.id, [])
    item = evidence(field, own, told)
    p = curve.probability(item)
    if item.kind in PICTURE_ORIGINS and innocent(own):
        p = min(p, max(curve.threshold[item.kind], IN_FAILING_SUM))
    reasons = _reasons(field, own)
    stops = _gates(field, own, reasons)
    if stops:
        p = min(p, GATED)
    review = bool(stops) or p < curve.threshold[item.kind]
    if review and not reasons:
        reasons = ["low_confidence"]
    return field.with_(
        confidence=round(p, 5), needs_review=review, reasons=tuple(dict.fromkeys((*stops, *reasons)))
    )


def gates(field: FieldValue, own: Sequence[Check]) -> list[str]:
    """Codes of what a person has to see whatever the probability; `own`: the sums the field stands in."""
    return _gates(field, own, _reasons(field, own))


def _gates(field: FieldValue, own: Sequence[Check], reasons: Sequence[str]) -> list[str]:
    supported = any(c.holds and (c.parts or c.equals) for c in own)
    out = [r for r in reasons if r in GATES and not (r in SETTLED_BY_SUMS and supported)]
    if field.placement.by_order and not supported:
        out.append("placed_by_order")
    kind = field.placement.grid.origin if field.placement.grid else ""
    slid = kind in UNRULED and field.state in ("printed", "mark") and not innocent(own)
    if slid and any(against(c) for c in own):
        # What stands in its column by position alone and whose sums fail may have slid: of made documents one row
        # of 15 had, and its second reader counted the columns no better.  Offices leave whole columns blank.
        out.append("identity_fails")
    if kind in PICTURE_ORIGINS:
        out += picture_gates(field, own)
    elif field.placement.row_margin < 0 or field.placement.col_margin < 0:
        # Stated text that reads more like another row's or column's: none of 30,000 right figures had it.
        out.append("weak_label" if field.placement.row_margin < 0 else "weak_header")
    return out


def _missing(field: FieldValue) -> FieldValue:
    doubts = field.placement.doubts
    if field.placement.field_id and not doubts:
        return field.with_(confidence=ABSENT, needs_review=False, reasons=("missing_row",))
    return field.with_(confidence=UNPLACED, needs_review=True, reasons=("missing_row", *doubts))


def _reasons(field: FieldValue, checks: Sequence[Check]) -> list[str]:
    place = field.placement
    out = [*field.reasons, *place.doubts, *(d for r in field.readings[:1] for d in r.doubts)]
    if field.state == "illegible":
        out.append("illegible")
    if any(c.holds is False for c in checks):
        out.append("identity_fails")
    if place.by_order:
        out.append("placed_by_order")
    if place.row_score < WEAK_LABEL and not place.by_order and place.label:
        out.append("weak_label")
    if place.col_score < WEAK_LABEL and not place.by_order:
        out.append("weak_header")
    return list(dict.fromkeys(out))
