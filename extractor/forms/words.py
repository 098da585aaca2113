"""What the forms' own wording tells of any text: pairs of characters that stand together in their labels."""

from __future__ import annotations

from functools import lru_cache

from extractor.forms.model import Form


@lru_cache(maxsize=4)
def statutory_pairs(forms: tuple[Form, ...]) -> frozenset[str]:
    """Every two neighbours in the labels and headers of the editions given (信息, 公开, 申请, …)."""
    blocks = [block for form in forms for table in form.tables for block in table.blocks]
    words = {w for b in blocks for row in b.rows for w in (*row.path, *row.aliases)}
    words |= {w for b in blocks for column in b.columns for w in (*column.path, *column.aliases)}
    return frozenset(w[i : i + 2] for w in words for i in range(len(w) - 1))
