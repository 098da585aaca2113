"""A new map on top of the curve in force, from figures that people settled: pool adjacent violators, weighted.

Only the map from probability to probability is fitted, never the slopes: people settle what is doubtful, and
on so narrow a set a feature's slope can turn its sign (training/confidence.py fits slopes on documents with
full truth).  Settled figures are a biased choice, so each carries a weight: one over the chance that it was
looked at at all (1 for doubtful ones, 1 / share for the random sample of accepted ones).

Honest numbers: every figure is judged by a map that was fitted without its document (two halves).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from extractor.confidence.curve import Curve, interpolate
from extractor.confidence.decide import GATED
from extractor.confidence.evidence import Evidence

LEAST_FIELDS = 200
LEAST_WRONG = 20
"""With fewer a kind keeps its map: twenty errors give a rate to within a factor of 1.6 (95 % Poisson)."""
LEAST_GROUP = 20.0
"""Weight of a group at least before pooling: fewer would make steps out of single slips."""
LEAST_THRESHOLD = 0.95
"""Never lower, whatever few data say: the same floor as in training/confidence.py."""
THRESHOLDS = (0.95, 0.96, 0.97, 0.98, 0.985, 0.99, 0.993, 0.995, 0.997, 0.998, 0.999, 0.9995)
Knots = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Labelled:
    """One figure that a person looked at.  `right`: value and state were read as they are printed."""

    document: str
    item: Evidence
    gated: bool
    right: bool
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Quality:
    """A curve on labelled figures.  `bins`: (mean probability, share right, weight) of ten bins."""

    error: float
    """Expected calibration error, weighted."""
    loss: float
    """Mean squared difference of probability and outcome (Brier), weighted."""
    bins: tuple[tuple[float, float, float], ...]


@dataclass(frozen=True, slots=True)
class Refit:
    """One kind of grid before and after."""

    kind: str
    fields: int
    wrong: int
    knots: Knots
    threshold: float
    before: Quality
    after: Quality
    risk: float
    """Silent errors among what the threshold in force accepts: the risk that is kept."""
    load_before: float
    load_after: float
    """Share of ungated figures sent to people, by the threshold in force and at the same risk."""


def isotonic(points: Iterable[tuple[float, float, float]], least: float = LEAST_GROUP) -> Knots:
    """Knots of the increasing map that fits (probability, right 0/1, weight) best; kept off 0 and 1."""
    groups: list[list[float]] = []  # Σ weight·p, Σ weight·right, Σ weight
    open_group = [0.0, 0.0, 0.0]
    for p, right, weight in sorted(points):
        open_group = [open_group[0] + weight * p, open_group[1] + weight * right, open_group[2] + weight]
        if open_group[2] >= least:
            groups.append(open_group)
            open_group = [0.0, 0.0, 0.0]
            _pool(groups)
    if open_group[2] > 0:
        groups.append(open_group)
        _pool(groups)
    return tuple((round(p / n, 6), round(_share(right, n), 6)) for p, right, n in groups)


def _share(right: float, n: float) -> float:
    """Share that is right, kept off 0 and 1 as half a right field more and a tenth of a wrong one would."""
    return (right + 0.5) / (n + 0.6)


def _pool(groups: list[list[float]]) -> None:
    """Merge from the end while a group's share, as it will stand in the map, is not above that of the one before."""
    while len(groups) > 1 and _share(*groups[-2][1:]) >= _share(*groups[-1][1:]):
        last = groups.pop()
        groups[-1] = [a + b for a, b in zip(groups[-1], last)]


def quality(pairs: Sequence[tuple[float, bool, float]]) -> Quality:
    """(probability, right, weight) judged."""
    total = sum(w for _, _, w in pairs) or 1.0
    bins = [[0.0, 0.0, 0.0] for _ in range(10)]
    for p, right, w in pairs:
        one = bins[min(9, int(p * 10))]
        one[0], one[1], one[2] = one[0] + w * p, one[1] + w * right, one[2] + w
    return Quality(
        sum(abs(b[0] - b[1]) for b in bins) / total,
        sum(w * (p - right) ** 2 for p, right, w in pairs) / total,
        tuple((b[0] / b[2], b[1] / b[2], b[2]) for b in bins if b[2]),
    )


def _points(
    raw: Sequence[float], items: Sequence[Labelled], wanted: Callable[[Labelled], bool]
) -> list[tuple[float, float, float]]:
    """What a map is fitted to: figures that no gate stopped (those have a ceiling of their own)."""
    return [(p, float(i.right), i.weight) for p, i in zip(raw, items) if not i.gated and wanted(i)]


def _half(document: str) -> int:
    return hashlib.sha256(document.encode()).digest()[0] % 2


def _mapped(knots: Knots, p: float, gated: bool) -> float:
    out = interpolate(knots, p)
    return min(out, GATED) if gated else out


def refit(curve: Curve, labelled: Sequence[Labelled]) -> dict[str, Refit]:
    """Before and after for every kind that has enough figures; the others are left out and stay."""
    by_kind: dict[str, list[Labelled]] = {}
    for one in labelled:
        by_kind.setdefault(one.item.kind, []).append(one)
    return {
        kind: _refit(curve, kind, items)
        for kind, items in sorted(by_kind.items())
        if len(items) >= LEAST_FIELDS and sum(not i.right for i in items) >= LEAST_WRONG
    }


def _refit(curve: Curve, kind: str, items: Sequence[Labelled]) -> Refit:
    plain = curve._replace(knots={})
    raw = [plain.probability(i.item) for i in items]
    halves = [
        isotonic(_points(raw, items, lambda i: _half(i.document) == 1)),
        isotonic(_points(raw, items, lambda i: _half(i.document) == 0)),
    ]
    before = [
        (min(curve.probability(i.item), GATED) if i.gated else curve.probability(i.item), i.right, i.weight)
        for i in items
    ]
    after = [
        (_mapped(halves[_half(i.document)], p, i.gated), i.right, i.weight) for p, i in zip(raw, items)
    ]
    free = [n for n, i in enumerate(items) if not i.gated]
    risk, load = _at([before[n] for n in free], curve.threshold[kind])
    threshold, new_load = curve.threshold[kind], 1.0
    for t in THRESHOLDS:
        if t < LEAST_THRESHOLD:
            continue
        found, share = _at([after[n] for n in free], t)
        if found <= risk:
            threshold, new_load = t, share
            break
    return Refit(
        kind, len(items), sum(not i.right for i in items),
        isotonic(_points(raw, items, lambda _item: True)), threshold, quality(before),
        quality(after), risk, load, new_load,
    )  # fmt: skip


def _at(pairs: Sequence[tuple[float, bool, float]], threshold: float) -> tuple[float, float]:
    """(share of wrong ones among the accepted, share sent to people) at a threshold."""
    accepted = [(right, w) for p, right, w in pairs if p >= threshold]
    n, total = sum(w for _, w in accepted), sum(w for _, _, w in pairs)
    wrong = sum(w for right, w in accepted if not right)
    return (wrong / n if n else 0.0), (1 - n / total if total else 0.0)


def updated(data: Mapping[str, object], found: Mapping[str, Refit]) -> dict[str, object]:
    """The curve's file with the new maps and thresholds in it; everything else as it was."""
    knots, threshold = dict(data["knots"]), dict(data["threshold"])  # type: ignore[call-overload]
    for kind, one in found.items():
        knots[kind] = [list(k) for k in one.knots]
        threshold[kind] = one.threshold
    return {**data, "knots": knots, "threshold": threshold}
