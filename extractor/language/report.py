"""Everything a report says in words: head, sections, statements, and what they contradict."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from extractor.forms.model import Form, TableSpec
from extractor.settings import Options
from extractor.types import Document, FieldValue, Finding, Head, Section


class Words(NamedTuple):
    head: Head
    sections: tuple[Section, ...]
    findings: tuple[Finding, ...]


_SLID = frozenset(("columns_unaccounted", "edition_unsure", "weak_table"))
"""Doubts that say a figure may be another field's: what differs from it is no contradiction."""


def _read_doubts(field: FieldValue) -> Sequence[str]:
    return [d for r in field.readings[:1] for d in r.doubts]


def read_words(
    document: Document,
    form: Form,
    tables: Sequence[TableSpec],
    fields: Sequence[FieldValue],
    options: Options,
    filename: str,
) -> Words:
    """Head always; sections and statements unless `options.narrative` is off."""
    from extractor.language.head import read_head
    from extractor.language.sections import read_sections, section_findings

    sections = read_sections(document, form)
    head, findings = read_head(document, sections, form, filename)
    if not options.narrative:
        return Words(head, (), findings)
    from extractor.language.statements import read_statements

    values = {f.id: f.value for f in fields}
    states = {f.id: f.state for f in fields}
    unsure = frozenset(f.id for f in fields if _SLID & {*f.placement.doubts, *_read_doubts(f)})
    told, contradictions = read_statements(sections, tables, values, blanks=states, head=head, unsure=unsure)
    return Words(head, told, (*findings, *section_findings(sections, form), *contradictions))
