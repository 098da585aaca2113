"""How much an error in a field costs: the order in which people are shown documents is by expected loss.

A field weighs 1, and 1 more for every sum of the form whose total it is: totals are what readers quote and
what next year's report carries over, and a wrong total makes its whole row or column look wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from workers.store.overlay import tables_of


def weights_of(result: Mapping[str, Any]) -> Mapping[str, float]:
    """Weight of every field that weighs more than 1."""
    report = result.get("report") or {}
    return _weights(str(report.get("form")), tuple(sorted((report.get("tables") or {}).items())))


@lru_cache(maxsize=64)
def _weights(form: str, tables: tuple[tuple[str, str], ...]) -> Mapping[str, float]:
    out: dict[str, float] = {}
    for table in tables_of({"report": {"form": form, "tables": dict(tables)}}):
        for identity in table.identities:
            for field in identity.equals:
                out[field] = out.get(field, 1.0) + 1.0
    return out
