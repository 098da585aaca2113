"""From evidence to a probability and a verdict for every field (first form: replaced by the fitted curve)."""

from __future__ import annotations

from collections.abc import Sequence

from extractor.forms.model import TableSpec
from extractor.rules.arithmetic import Check
from extractor.types import Document, FieldValue, TableFit


def decide(
    document: Document,
    fits: Sequence[TableFit],
    fields: Sequence[FieldValue],
    checks: Sequence[Check],
    tables: Sequence[TableSpec],
) -> tuple[FieldValue, ...]:
    return tuple(f.with_(confidence=0.99, needs_review=False) for f in fields)
