"""How much an error in a field costs: the order in which people are shown documents is by expected loss.

A field weighs 1, and 1 more for every sum of the form whose total it is: totals are what readers quote and
what next year's report carries over, and a wrong total makes its whole row or column look wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from extractor.forms.model import TableSpec
from workers.store.overlay import tables_of


def weights_of(result: Mapping[str, Any]) -> Mapping[str, float]:
    """Weight of every field that weighs more than 1."""
    out: dict[str, float] = {}
    for table in tables_of(result):
        out.update(_weights(table))
    return out


def _weights(table: TableSpec) -> Mapping[str, float]:
    return _counted(tuple(i.equals for i in table.identities))


@lru_cache(maxsize=16)
def _counted(totals: tuple[tuple[str, ...], ...]) -> Mapping[str, float]:
    out: dict[str, float] = {}
    for fields in totals:
        for field in fields:
            out[field] = out.get(field, 1.0) + 1.0
    return out
