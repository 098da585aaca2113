"""How a figure is printed: from the number to the text of its cell, and the truth about that text."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from random import Random

from .figures import Figures
from .forms import Field, Form

FULL_WIDTH = str.maketrans("0123456789.,+-", "０１２３４５６７８９．，＋－")
MARKS = {"zero_slash": "/", "zero_hyphen": "-", "zero_dash": "—", "zero_wu": "无"}


@dataclass(frozen=True, slots=True)
class Printed:
    """One cell as printed. `state`: printed, blank, mark or missing; `value` is None in all but printed."""

    value: Decimal | None
    state: str
    raw: str | None
    also: tuple[Decimal, ...] = ()

    def truth(self, decimal: bool) -> dict[str, object]:
        """The entry of truth.json."""
        value: object = None
        if self.value is not None:
            value = plain(self.value) if decimal else int(self.value)
        out: dict[str, object] = {"value": value, "state": self.state, "raw": self.raw}
        if self.also:
            out["also"] = [plain(v) for v in self.also]
        return out


def plain(n: Decimal) -> str:
    """A decimal without exponent, its digits kept."""
    return format(n, "f")


def print_all(form: Form, figures: Figures, traits: frozenset[str], rng: Random) -> dict[str, Printed]:
    """Every field's cell, in the manner that the traits ask for."""
    some = "zero_some" in traits
    zero = next((MARKS[t] for t in MARKS if t in traits), "" if "zero_blank" in traits else None)
    tables = {t.number for t in form.tables}
    if some and rng.random() < 0.5:  # only one table, or cells by lot
        tables = {rng.choice(sorted(tables))}
        share = 1.0
    else:
        share = rng.uniform(0.1, 0.8) if some else 1.0
    out: dict[str, Printed] = {}
    free = {t.number for t in form.tables if not t.rules}
    units = {f.id for f in form.fields if "unit_in_cell" in traits and f.table in free}
    tear = (
        set(rng.sample([f.id for f in form.fields], len(form.fields) // 6))
        if "torn_numbers" in traits
        else set()
    )
    for f in form.fields:
        n = figures[f.id]
        if zero is not None and n == 0 and f.table in tables and rng.random() < share:
            out[f.id] = Printed(None, "mark" if zero else "blank", zero)
        else:
            out[f.id] = _number(f, n, traits, rng, f.id in units, f.id in tear)
    _blank_columns(form, out, traits)
    return out


def _number(f: Field, n: Decimal, traits: frozenset[str], rng: Random, unit: bool, tear: bool) -> Printed:
    also: tuple[Decimal, ...] = ()
    suffix = ""
    if f.decimal and "amount_other_unit" in traits and n:
        also, (n, suffix) = (n,), _other_unit(n, f.unit)
    elif unit and not f.signed:
        suffix = f.unit
    if f.decimal and "decimals" in traits and n == n.to_integral() and not suffix:
        n = n.quantize(Decimal("0.01")) if rng.random() < 0.5 else n.quantize(Decimal("0.0000"))
    text = format(n, ",f") if "thousands" in traits else plain(n)
    if f.signed:
        text = _signed(n, traits)
    if tear and len(text) > 1 and not suffix and text.isdigit():
        at = rng.randint(1, len(text) - 1)
        text = f"{text[:at]} {text[at:]}"
    text += suffix
    if "fullwidth_digits" in traits:
        text = text.translate(FULL_WIDTH)
    return Printed(n, "printed", text, also)


def _other_unit(n: Decimal, unit: str) -> tuple[Decimal, str]:
    """An amount in the unit that the form does not ask for, with that unit in the cell."""
    if unit == "万元":
        yuan = n * 10_000
        return (yuan.quantize(Decimal(1)) if yuan == yuan.to_integral() else yuan.normalize()), "元"
    return (n / 10_000).normalize() + 0, "万元"


def _signed(n: Decimal, traits: frozenset[str]) -> str:
    if "signed_change_word" in traits and n:
        return ("增" if n > 0 else "减") + plain(abs(n))
    if "signed_change" in traits and n >= 0 and (n or "plus_zero" in traits):
        return "+" + plain(n)
    return plain(n)


def _blank_columns(form: Form, out: dict[str, Printed], traits: frozenset[str]) -> None:
    blank = Printed(None, "blank", "")
    for table in form.tables:
        down = {r.right[0] for r in table.across_rows()}
        flow = {i for r in table.flows() for i in (*r.left, *r.right)}
        for rule in table.across_columns():
            total = rule.right[0]
            if "total_column_blank" in traits or (
                "total_blank_in_results" in traits and total not in down | flow
            ):
                out[total] = blank
            if "org_columns_blank" in traits:
                out.update(dict.fromkeys(rule.left[1:], blank))
        if table.shape == "strip" and "remedies_totals_blank" in traits:
            out.update({r.right[0]: blank for r in table.rules})
