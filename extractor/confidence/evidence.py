"""What speaks for and against one field, as numbers: the features that the fitted curve weighs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from extractor.language.figure import parse
from extractor.rules.arithmetic import Check
from extractor.types import FieldValue, Reading

FEATURES = (
    "label",  # 1 − likeness of the row label
    "head",  # 1 − likeness of the column header
    "by_order",  # placed by order alone
    "structure",  # share of the table's rows that are missing or foreign
    "grid",  # 1 − quality of the grid's lines
    "score",  # −log10(1 − probability) of what the first reading means, 0 to 6
    "rival",  # log-odds of the best candidate of another meaning
    "second",  # 1: a second reading agrees
    "differs",  # 1: a second reading differs
    "holds",  # identities that hold with a figure other than zero in them, 0 to 3
    "fails",  # identities that fail, 0 to 3
    "doubts",  # codes that the readers raised
    "blank",  # nothing was read in the cell
    "ink",  # ink in a cell read as blank, in thousandths of its area
    "digits",  # digits beyond the first
    "told",  # a sentence of the report states the same figure
    "second_sure",  # −log10(1 − score) of a second reading that agrees, 0 to 6
)
SIGNS = {
    "label": -1,
    "head": -1,
    "by_order": -1,
    "structure": -1,
    "grid": -1,
    "score": 1,
    "rival": -1,
    "second": 1,
    "differs": -1,
    "holds": 1,
    "fails": -1,
    "doubts": -1,
    "ink": -1,
    "told": 1,
    "second_sure": 1,
}
"""What each feature can do to a figure: −1 speaks against it, 1 for it.  A fit may weigh it at nothing, never
the other way round: among the few wrong figures of any set of scans one may be right against the odds.  A
blank and a long figure may be either."""
KINDS = ("ruled", "markup", "dump", "borderless", "rows_only", "pixels", "words")
"""Grid origins: each has a bias of its own."""


class Evidence(NamedTuple):
    kind: str
    values: tuple[float, ...]


def against(check: Check) -> bool:
    """The sum fails in a way that a misread figure would explain: not for want of a total."""
    return check.holds is False and not check.unstated


def innocent(checks: Sequence[Check]) -> bool:
    """Sums fail, but another that the field stands in holds: a misread figure would break them all.

    An all-blank identity proves nothing and is not counted (`fields` of it are not printed).
    """
    failing = any(against(c) for c in checks)
    return failing and any(c.holds and c.printed for c in checks)


def evidence(field: FieldValue, checks: Sequence[Check], told: bool) -> Evidence:
    """Features of a field that has a cell; `checks` are the identities it stands in."""
    place = field.placement
    first = field.readings[0]
    second = field.readings[1] if len(field.readings) > 1 else None
    differs = "readings_differ" in field.reasons
    holds = sum(1 for c in checks if c.holds and (c.parts or c.equals))
    fails = 0 if innocent(checks) else sum(1 for c in checks if against(c))
    score, rival = _support(first)
    codes = (*field.reasons, *place.doubts, *first.doubts)
    doubts = len(set(codes) - {"readings_differ"}) if codes else 0
    blank = field.state == "blank"
    values = (
        1 - place.row_score,
        1 - place.col_score,
        float(place.by_order),
        1 - place.structure,
        1 - (place.grid.quality if place.grid else 0.0),
        _decades(score),
        _log_odds(rival) if rival else 0.0,
        float(second is not None and not differs),
        float(differs),
        float(min(3, holds)),
        float(min(3, fails)),
        float(doubts),
        float(blank),
        min(50.0, 1000 * (first.ink or 0.0)) if blank else 0.0,
        float(max(0, sum(map(str.isdigit, first.text)) - 1)) if first.text else 0.0,
        float(told),
        _decades(second.score) if second is not None and not differs else 0.0,
    )
    kind = place.grid.origin if place.grid else "ruled"
    return Evidence(kind, values)


def _support(first: Reading) -> tuple[float, float]:
    """Probability of what the first reading means, and of the best other meaning; 0 where there is none.

    "-" and "—" are two texts and one sign for none, "1,204" and "1204" one number.
    """
    rivals = [(text, p) for text, p in first.candidates if text != first.text]
    if not rivals:
        return first.score, 0.0
    meant = parse(first.text)[:2]
    same = sum(p for text, p in rivals if parse(text)[:2] == meant)
    other = max((p for text, p in rivals if parse(text)[:2] != meant), default=0.0)
    return min(1.0, first.score + same), other


def _decades(p: float) -> float:
    """How many nines a probability has, 0 to 6."""
    return min(6.0, -math.log10(max(1e-6, 1 - p)))


def _log_odds(p: float) -> float:
    p = min(1 - 1e-6, max(1e-6, p))
    return math.log(p / (1 - p)) + math.log((1 - 1e-6) / 1e-6)
