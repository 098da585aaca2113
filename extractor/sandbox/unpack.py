"""Reads a pickled Report that a confined child wrote: builds the records of extractor.types and nothing else.

A child that a hostile document has taken over may write any pickle; names outside the list end it.
"""

from __future__ import annotations

import dataclasses
import io
import pickle
from decimal import Decimal
from typing import Any

from extractor import types
from extractor.errors import Crashed
from extractor.types import Report

RECORDS = {
    (types.__name__, name): kind
    for name, kind in vars(types).items()
    if isinstance(kind, type)
    and kind.__module__ == types.__name__
    and (dataclasses.is_dataclass(kind) or issubclass(kind, tuple))
}
PLAIN: dict[tuple[str, str], Any] = {("decimal", "Decimal"): Decimal}


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        known = RECORDS.get((module, name)) or PLAIN.get((module, name))
        if known is None:
            raise pickle.UnpicklingError(f"{module}.{name}")
        return known


def report_from(body: bytes) -> Report:
    """The Report; raises Crashed for anything that is not one."""
    try:
        value = _Reader(io.BytesIO(body)).load()
    except (pickle.UnpicklingError, EOFError, AttributeError, IndexError, KeyError, TypeError, ValueError,
            MemoryError, RecursionError) as error:  # fmt: skip
        raise Crashed("结果无法读回") from error
    if not isinstance(value, Report):
        raise Crashed("结果无法读回")
    return value
