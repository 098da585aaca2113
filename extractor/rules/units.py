"""Units printed in a cell against the unit the form asks for (251000元 where 万元 is asked)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from extractor.forms.model import FieldSpec
from extractor.language.figure import parse
from extractor.types import FieldValue, Finding

_MONEY = {"元": Decimal(1), "万元": Decimal(10_000), "亿元": Decimal(100_000_000), "万": Decimal(10_000)}


def unit_findings(fields: Sequence[FieldValue], specs: Sequence[FieldSpec]) -> tuple[Finding, ...]:
    """One finding for every cell that states another unit than the form's.  The value stays as printed."""
    by_id = {s.id: s for s in specs}
    out: list[Finding] = []
    for field in fields:
        spec = by_id[field.id]
        if field.raw is None or field.state != "printed" or field.value is None:
            continue
        unit = parse(field.raw, spec).unit.split("（")[0].split("(")[0]
        if not unit or unit == spec.unit or unit not in _MONEY or spec.unit not in _MONEY:
            continue
        meant = Decimal(field.value) * _MONEY[unit] / _MONEY[spec.unit]
        computed = f"{meant.normalize():f}"
        words = f"“{spec.row}”印为“{field.raw}”，表样单位是{spec.unit}，折合 {computed} {spec.unit}"
        out.append(
            Finding(
                "unit_differs", "warning", (field.id,), words, printed=str(field.value), computed=computed
            )
        )
    return tuple(out)
