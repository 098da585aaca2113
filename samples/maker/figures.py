"""Figures of one invented report: consistent first, then spoilt in the ways that real reports are."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from random import Random

from .forms import Field, Form, Rule, Table

Figures = dict[str, Decimal]

#: (least, most) of applications, remedies and decisions. Sizes seen in real reports: a town has none,
#: a province some ten thousand applications and up to eight digits of decisions.
SIZES: dict[str, tuple[tuple[int, int], tuple[int, int], tuple[int, int]]] = {
    "zero": ((0, 0), (0, 0), (0, 0)),
    "tiny": ((0, 5), (0, 1), (0, 30)),
    "small": ((6, 60), (0, 4), (0, 2_000)),
    "mid": ((80, 800), (2, 40), (20, 90_000)),
    "large": ((900, 9_000), (30, 300), (1_000, 999_999)),
    "province": ((9_000, 40_000), (200, 3_000), (50_000, 30_000_000)),
}
#: Counts of documents issued or in force, by size.
DOCUMENTS = {"zero": 0, "tiny": 3, "small": 12, "mid": 90, "large": 300, "province": 900}


def split(total: int, weights: list[float], rng: Random) -> list[int]:
    """`total` whole things shared out by weight; the shares add up to `total`."""
    shares = [0] * len(weights)
    if total > 2_000:  # large totals by expectation, the rest by lot
        scale = sum(weights)
        shares = [int(total * w / scale * 0.97) for w in weights]
    for at in rng.choices(range(len(weights)), weights, k=total - sum(shares)):
        shares[at] += 1
    return shares


def _flows(table: Table, size: str, rng: Random, persons_only: bool) -> Figures:
    """A matrix with a balance in every column: outcomes by lot, the rest so that the balance holds."""
    out: Figures = {}
    sums = {r.right[0]: r for r in table.rules if r.is_sum}
    columns = [r for r in table.flows() if r.left[0] not in sums]
    if not columns:
        return out
    weights = [rng.uniform(8, 40)] + [rng.uniform(0.1, 1.6) for _ in columns[1:]]
    if persons_only:
        weights[1:] = [0.0] * (len(weights) - 1)
    lot: list[float] = []
    for rule, share in zip(columns, split(rng.randint(*SIZES[size][0]), weights, rng), strict=True):
        done, left_over = rule.right
        parts = sums[done].left
        if not lot:
            lot = [rng.gammavariate(0.35, 1) + 0.002 for _ in parts]
            lot[0] += 1.2  # the first outcome (granted) is the commonest
        out.update(zip(parts, map(Decimal, split(share, lot, rng)), strict=True))
        rest = rng.randint(0, max(1, share // 12)) if share and rng.random() < 0.7 else 0
        came = rng.randint(0, min(share, max(1, share // 10))) if share and rng.random() < 0.7 else 0
        out[done], out[left_over] = Decimal(share), Decimal(rest)
        out[rule.left[0]], out[rule.left[1]] = Decimal(share + rest - came), Decimal(came)
    return out


def _complete(table: Table, out: Figures, size: str, rng: Random) -> None:
    """Every sum, parts that nothing has fixed yet by lot; sums of sums after their parts."""
    waiting = [r for r in table.rules if r.is_sum]
    totals = {r.right[0] for r in waiting}
    while waiting:
        rule = next(r for r in waiting if all(p in out or p not in totals for p in r.left))
        waiting.remove(rule)
        free = [p for p in rule.left if p not in out]
        if free:
            n = rng.randint(*SIZES[size][1]) if rng.random() < 0.85 else 0
            weights = [8.0] + [rng.uniform(0.3, 3) for _ in free[1:]]
            out.update(zip(free, map(Decimal, split(n, weights, rng)), strict=True))
        out[rule.right[0]] = sum((out[p] for p in rule.left), Decimal(0))


def _amount(unit: str, size: str, rng: Random) -> Decimal:
    """A sum of money: zero in many offices, else with up to six decimals where the unit is 万元."""
    if size == "zero" or rng.random() < 0.35:
        return Decimal(0)
    top = SIZES[size][2][1] + 50
    if unit == "元":
        return Decimal(rng.randint(1_000, top * 40)) if rng.random() < 0.7 else _places(rng, top * 40, (2,))
    return _places(rng, min(top, 80_000), (0, 1, 2, 2, 2, 3, 4, 6))


def _places(rng: Random, top: int, places: tuple[int, ...]) -> Decimal:
    digits = rng.choice(places)
    return Decimal(rng.randint(1, top * 10**digits)).scaleb(-digits)


def _single(f: Field, several: bool, size: str, rng: Random) -> Decimal:
    """A figure without an identity: only its magnitude is modelled."""
    low, high = SIZES[size][2]
    if f.decimal:
        return _amount(f.unit, size, rng)
    if size == "zero":
        return Decimal(0)
    if f.signed:
        return Decimal(rng.choice((0, 0, 0, 1, 2, 3, 14, -1, -1, -2, -7)))
    if f.unit == "项":
        return Decimal(rng.randint(0, min(400, high // 3 + 1)))
    if several:  # rows with several counts count documents, and those are few
        return Decimal(rng.randint(0, DOCUMENTS[size]) if rng.random() < 0.6 else 0)
    return Decimal(rng.randint(low, high) if rng.random() < 0.75 else 0)


def consistent(form: Form, size: str, rng: Random, persons_only: bool = False) -> Figures:
    """Figures for every field of the form for which every identity holds.

    `persons_only`: no organisation has applied. Raises ValueError for identities that cannot be met this way.
    """
    made: Figures = {}
    for table in form.tables:
        out = _flows(table, size, rng, persons_only)
        _complete(table, out, size, rng)
        for f in table.fields:
            row = [g for g in table.fields if g.row == f.row]
            if f.id not in out:
                out[f.id] = _single(
                    f, len(row) > 1 and not any(g.signed or g.unit == "项" for g in row), size, rng
                )
        made |= out
    if broken(form, made):
        raise ValueError(f"edition {form.edition}: its identities are of a kind that the maker cannot meet")
    return {f.id: made[f.id] for f in form.fields}


def broken(form: Form, values: Mapping[str, Decimal | None]) -> list[dict[str, object]]:
    """The identities that printed values break; a cell without a number counts as zero.

    An identity none of whose cells holds a number is not broken (nothing is claimed).
    """
    out: list[dict[str, object]] = []
    for rule in form.rules:
        if all(values[i] is None for i in (*rule.left, *rule.right)):
            continue
        left, right = (
            sum((values[i] or Decimal(0) for i in side), Decimal(0)) for side in (rule.left, rule.right)
        )
        if left != right:
            out.append({"rule": rule.name, "fields": [*rule.left, *rule.right]})
    return out


def plant_errors(form: Form, figures: Figures, rng: Random, count: int) -> None:
    """Change `count` figures so that sums fail: a misprint, a slip of a unit, a forgotten sum."""
    by_name: dict[str, list[Rule]] = {}
    for r in form.rules:
        by_name.setdefault(r.name, []).append(r)
    for _ in range(count):
        rule = rng.choice(by_name[rng.choice(sorted(by_name))])
        field = rng.choice(rule.right if rng.random() < 0.7 else rule.left)
        old = figures[field]
        new = old + rng.choice((1, 1, 2, -1, 3, 9, 10, -10, 27))
        if old > 9 and rng.random() < 0.3:
            new = Decimal(str(old)[::-1])
        figures[field] = old + 1 if new < 0 or new == old else new


def add_up_changes(form: Form, figures: Figures) -> None:
    """In rows with a signed change, the figure after it is last year's and the change added up.

    Many offices fill the older form's 处理决定数量 that way.
    """
    for table in form.tables:
        for before, change, after in zip(table.fields, table.fields[1:], table.fields[2:], strict=False):
            if change.signed and before.row == change.row == after.row:
                figures[after.id] = max(Decimal(0), figures[before.id] + figures[change.id])


def shift_column(form: Form, figures: Figures, rng: Random) -> None:
    """In one or two rows the parts stand one column off, as after a slip of the pen."""
    rows = [r for t in form.tables for r in t.across_columns() if any(figures[i] for i in r.left)]
    for rule in rng.sample(rows, min(len(rows), rng.randint(1, 2))):
        values = [figures[i] for i in rule.left]
        values = values[-1:] + values[:-1] if rng.random() < 0.7 else values[1:] + values[:1]
        figures.update(zip(rule.left, values, strict=True))
