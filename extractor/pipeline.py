"""The whole extraction as one list of stages: Source in, Report out.

Whoever opens this file sees the product on one screen.  Stages are plain functions from records to
records; DocumentError raised anywhere ends as the report's `error`, never as a lost document.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from extractor.cells.decode import decode, explained, padding_dropped, points_kept
from extractor.cells.odd import doubt_odd_ones
from extractor.cells.second import read_again
from extractor.cells.values import read_fields
from extractor.confidence.decide import decide
from extractor.errors import DocumentError
from extractor.forms.load import load
from extractor.forms.model import Form, TableSpec
from extractor.inputs.registry import open_document
from extractor.language.report import Words, read_words
from extractor.locate.document import hardly_found, locate
from extractor.locate.verdict import require_figures, require_report, unread_form
from extractor.rules.arithmetic import Check, check, findings, suggestions
from extractor.rules.editions import edition_findings, tables_of
from extractor.rules.units import unit_findings
from extractor.settings import Options
from extractor.types import Document, FieldValue, Report, Source, TableFit


def extract(source: Source, options: Options | None = None) -> Report:
    """Everything one document says.  Never raises DocumentError: it becomes the report's `error`."""
    options = options or Options()
    report = Report(source.filename, source.sha256, None, 0)
    with _collecting_seldom():
        try:
            document = open_document(source, options)
            report = replace(
                report,
                source=document.source,
                pages=len(document.pages),
                page_sizes=tuple((p.width, p.height) for p in document.pages),
                page_turns=tuple(p.turned for p in document.pages),
                notes=document.doubts,
            )
            return _read(report, document, options)
        except DocumentError as error:
            return replace(report, error=error.failure())


SELDOM = 50_000
"""New objects between two looks for cycles.  An extraction makes records, hardly a cycle: at Python's 700
the search takes a tenth of its time (bench/speed.py); at this one a parser's cycles still cost under 50 MB."""


@contextmanager
def _collecting_seldom() -> Iterator[None]:
    before = gc.get_threshold()
    gc.set_threshold(max(before[0], SELDOM) if before[0] else 0, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _read(report: Report, document: Document, options: Options) -> Report:
    forms = load(options.forms_dir)
    document, fits = locate(document, forms)
    unread = unread_form(document, fits, forms)
    if unread is None:
        require_report(document, fits, forms)
    fits = hardly_found(document, fits, forms if unread is None else (unread,))
    if not fits:
        report = replace(report, notes=(*report.notes, "tables_unread"))
    tables = tables_of(fits, forms if unread is None else (unread,))
    form = form_of(tables, forms)
    fields, checks = read_figures(document, fits, tables)
    specs = [t for _, t in tables.values()]
    words = read_words(document, form, specs, fields, options, report.filename)
    require_figures(fields, words.head)
    return replace(
        report,
        form=form.edition,
        tables={str(n): e for n, (e, _) in sorted(tables.items())},
        head=words.head,
        fields=judged(fields, checks, words),
        findings=(
            *edition_findings(tables),
            *findings(checks, explained(fields, checks)),
            *unit_findings(fields, [s for t in specs for s in t.fields]),
            *words.findings,
        ),
        sections=words.sections,
    )


def form_of(tables: dict[int, tuple[str, TableSpec]], forms: tuple[Form, ...]) -> Form:
    """The report's edition is that of its first statutory table (table 2)."""
    first = tables[min(tables)][0]
    return next(f for f in forms if f.edition == first)


def read_figures(
    document: Document, fits: tuple[TableFit, ...], tables: dict[int, tuple[str, TableSpec]]
) -> tuple[tuple[FieldValue, ...], tuple[Check, ...]]:
    """Every field read, a second time where something asks for it, and held against the sums."""
    sums = [table for _, table in tables.values()]
    specs = [s for _, (_, table) in sorted(tables.items()) for s in table.fields]
    fields = read_fields(fits, specs, document.reader)
    checks = check(sums, by_id(fields))
    fields = read_again(fields, checks, document.reader)  # adds readings: the sums stay as they are
    fields = doubt_odd_ones(fields, specs)
    clearer = padding_dropped(points_kept(fields, specs), specs)
    if clearer != fields:
        fields, checks = clearer, check(sums, by_id(clearer))
    fields, found = decode(fields, sums, specs, checks)
    return fields, tuple(found)


def by_id(fields: tuple[FieldValue, ...]) -> dict[str, FieldValue]:
    return {f.id: f for f in fields}


def judged(fields: tuple[FieldValue, ...], checks: tuple[Check, ...], words: Words) -> tuple[FieldValue, ...]:
    """Confidence, review and suggestions."""
    fields = decide(fields, checks, told_by(words))
    settled = suggestions(checks, by_id(fields))
    return tuple(f.with_(suggestion=settled[f.id]) if f.id in settled else f for f in fields)


def told_by(words: Words) -> set[str]:
    """Fields that a sentence states as the table does; a stated nought is no evidence."""
    statements = [s for section in words.sections for s in section.statements]
    return {s.field for s in statements if s.field and s.agrees and s.quantity}
