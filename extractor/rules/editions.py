"""Which edition each table follows, and what to say where they differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from extractor.forms.model import Form, TableSpec
from extractor.types import Finding, TableFit


def tables_of(fits: Sequence[TableFit], forms: Sequence[Form]) -> dict[int, tuple[str, TableSpec]]:
    """For every table number of the form its edition and specification.

    A table that is not in the document takes the edition of the first one that is, so that its fields
    can be reported missing; without any, that of the first form.
    """
    editions = {f.number: f.edition for f in fits}
    default = editions[min(editions)] if editions else forms[0].edition
    by_name = {f.edition: f for f in forms}
    out: dict[int, tuple[str, TableSpec]] = {}
    for table in by_name[default].tables:
        edition = editions.get(table.number, default)
        out[table.number] = (edition, by_name[edition].table(table.number))
    return out


def edition_findings(tables: Mapping[int, tuple[str, TableSpec]]) -> tuple[Finding, ...]:
    """A finding where the tables of one report follow different editions."""
    editions = {n: e for n, (e, _) in tables.items()}
    fields = {n: tuple(f.id for f in t.fields) for n, (_, t) in tables.items()}
    if len(set(editions.values())) < 2:
        return ()
    words = "，".join(f"表{n}为{e}版" for n, e in sorted(editions.items()))
    told = f"报告混用了不同版本的表样：{words}"
    return (Finding("mixed_editions", "warning", (), told, printed=editions[min(fields)]),)
