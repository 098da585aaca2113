"""Figures of one invented report: consistent first, then spoilt in the ways that real reports are."""
from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from random import Random

from .forms import Form, Rule

Figures = dict[str, Decimal]

#: (least, most) processed applications; remedies; decisions. Sizes seen in real reports: a town has none,
#: a province some ten thousand applications, and up to eight digits of decisions.
SIZES: dict[str, tuple[tuple[int, int], tuple[int, int], tuple[int, int]]] = {
    "zero": ((0, 0), (0, 0), (0, 0)),
    "tiny": ((0, 5), (0, 1), (0, 30)),
    "small": ((6, 60), (0, 4), (0, 2_000)),
    "mid": ((80, 800), (2, 40), (20, 90_000)),
    "large": ((900, 9_000), (30, 300), (1_000, 999_999)),
    "province": ((9_000, 40_000), (200, 3_000), (50_000, 30_000_000)),
}


def split(total: int, weights: list[float], rng: Random) -> list[int]:
    """`total` whole things shared out by weight; the shares add up to `total`."""
    shares = [0] * len(weights)
    if total > 2_000:                              # large totals by expectation, the rest by lot
        scale = sum(weights)
        shares = [int(total * w / scale * 0.97) for w in weights]
    for at in rng.choices(range(len(weights)), weights, k=total - sum(shares)):
        shares[at] += 1
    return shares


def _columns(form: Form) -> list[Rule]:
    return [r for r in form.rules if r.name == "balance"]


def _applications(form: Form, size: str, rng: Random, persons_only: bool) -> Figures:
    """Table 3: outcomes by lot, everything else by the identities."""
    out: Figures = {}
    rows = {r.right[0]: r for r in form.rules if r.name == "row_total"}
    totals = set(rows)
    results = {r.right[0]: r for r in form.rules if r.name == "results_total"}
    columns = [r for r in _columns(form) if r.right[0] not in totals]
    processed = rng.randint(*SIZES[size][0])
    weights = [rng.uniform(8, 40)] + [rng.uniform(0.1, 1.6) for _ in columns[1:]]
    if persons_only:
        weights[1:] = [0.0] * (len(weights) - 1)
    shares = split(processed, weights, rng)
    kinds = len(results[columns[0].right[0]].left)
    lot = [rng.gammavariate(0.35, 1) + 0.002 for _ in range(kinds)]
    lot[0] += 1.2                                  # the first outcome (granted) is the commonest
    for rule, share in zip(columns, shares, strict=True):
        done, left_over = rule.right
        for field, n in zip(results[done].left, split(share, lot, rng), strict=True):
            out[field] = Decimal(n)
        rest = rng.randint(0, max(1, share // 12)) if share and rng.random() < 0.7 else 0
        came = rng.randint(0, min(share, max(1, share // 10))) if share and rng.random() < 0.7 else 0
        out[done], out[left_over] = Decimal(share), Decimal(rest)
        out[rule.left[0]], out[rule.left[1]] = Decimal(share + rest - came), Decimal(came)
    for total, row in rows.items():
        out[total] = sum((out[p] for p in row.left), Decimal(0))
    return out


def _remedies(form: Form, size: str, rng: Random) -> Figures:
    out: Figures = {}
    for rule in form.rules:
        if rule.name != "remedies_total":
            continue
        n = rng.randint(*SIZES[size][1]) if rng.random() < 0.85 else 0
        weights = [8.0] + [rng.uniform(0.3, 3) for _ in rule.left[1:]]
        for field, share in zip(rule.left, split(n, weights, rng), strict=True):
            out[field] = Decimal(share)
        out[rule.right[0]] = Decimal(n)
    return out


def _amount(unit: str, size: str, rng: Random) -> Decimal:
    """A sum of money: zero in most offices, else with up to six decimals where the unit is 万元."""
    if size == "zero" or rng.random() < 0.35:
        return Decimal(0)
    top = SIZES[size][2][1] + 50
    if unit == "元":
        return Decimal(rng.randint(1_000, top * 40)) if rng.random() < 0.7 else _places(rng, top * 40, (2,))
    return _places(rng, min(top, 80_000), (0, 1, 2, 2, 2, 3, 4, 6))


def _places(rng: Random, top: int, places: tuple[int, ...]) -> Decimal:
    digits = rng.choice(places)
    return Decimal(rng.randint(1, top * 10**digits)).scaleb(-digits)


def _disclosed(form: Form, size: str, rng: Random) -> Figures:
    """Table 2: no identity holds there; only magnitudes are modelled."""
    out: Figures = {}
    low, high = SIZES[size][2]
    for f in form.table("2"):
        if f.decimal:
            out[f.id] = _amount(f.unit, size, rng)
        elif f.signed:
            out[f.id] = Decimal(rng.choice((0, 0, 0, 1, 2, 3, 14, -1, -1, -2, -7))) if size != "zero" else Decimal(0)
        elif f.unit == "项":
            out[f.id] = Decimal(rng.randint(0, min(400, high // 3 + 1))) if size != "zero" else Decimal(0)
        elif len(form.table("2")) and _few(form, f.id):
            top = {"zero": 0, "tiny": 3, "small": 12, "mid": 90, "large": 300, "province": 900}[size]
            out[f.id] = Decimal(rng.randint(0, top) if rng.random() < 0.6 else 0)
        else:
            out[f.id] = Decimal(rng.randint(low, high) if rng.random() < 0.75 else 0)
    return out


def _few(form: Form, field: str) -> bool:
    """Rows with several counts of documents (规章, 规范性文件) hold few; rows with one count hold many."""
    row = field.rpartition(".")[0]
    cells = [f for f in form.table("2") if f.row_key == row]
    return len(cells) > 1 and not any(f.signed or f.unit == "项" for f in cells)


def consistent(form: Form, size: str, rng: Random, persons_only: bool = False) -> Figures:
    """Figures for every field of the form for which every identity holds."""
    made = _disclosed(form, size, rng) | _applications(form, size, rng, persons_only) | _remedies(form, size, rng)
    return {f.id: made[f.id] for f in form.fields}


def broken(form: Form, values: Mapping[str, Decimal | None]) -> list[dict[str, object]]:
    """The identities that printed values break; a cell without a number counts as zero.

    An identity none of whose cells holds a number is not broken (nothing is claimed).
    """
    out: list[dict[str, object]] = []
    for rule in form.rules:
        sides = [[values[i] for i in side] for side in (rule.left, rule.right)]
        if all(v is None for side in sides for v in side):
            continue
        left, right = (sum((v for v in side if v is not None), Decimal(0)) for side in sides)
        if left != right:
            out.append({"rule": rule.name, "fields": [*rule.left, *rule.right]})
    return out


def plant_errors(form: Form, figures: Figures, rng: Random, count: int) -> None:
    """Change `count` figures of identities so that sums fail: a misprint, a slip of a unit, a forgotten sum."""
    names = sorted({r.name for r in form.rules})
    for _ in range(count):
        rule = rng.choice([r for r in form.rules if r.name == rng.choice(names)])
        side = rule.right if rng.random() < 0.7 else rule.left
        field = rng.choice(side)
        old = figures[field]
        new = old + rng.choice((1, 1, 2, -1, 3, 9, 10, -10, 27))
        if old > 9 and rng.random() < 0.3:
            new = Decimal(str(old)[::-1])
        figures[field] = old + 1 if new < 0 or new == old else new


def shift_column(form: Form, figures: Figures, rng: Random) -> None:
    """In one or two rows the parts stand one column off, as after a slip of the pen."""
    rows = [r for r in form.rules if r.name == "row_total" and any(figures[i] for i in r.left)]
    for rule in rng.sample(rows, min(len(rows), rng.randint(1, 2))):
        values = [figures[i] for i in rule.left]
        values = values[-1:] + values[:-1] if rng.random() < 0.7 else values[1:] + values[:1]
        figures.update(zip(rule.left, values, strict=True))
