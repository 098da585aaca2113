"""The whole extraction as one list of stages: Source in, Report out.

Whoever opens this file sees the product on one screen.  Stages are plain functions from records to
records; DocumentError raised anywhere ends as the report's `error`, never as a lost document.
"""

from __future__ import annotations

from dataclasses import replace

from extractor.cells.values import read_fields
from extractor.confidence.decide import decide
from extractor.errors import DocumentError
from extractor.forms.load import load
from extractor.forms.model import Form, TableSpec
from extractor.inputs.registry import open_document
from extractor.locate.document import locate
from extractor.locate.verdict import require_report
from extractor.rules.arithmetic import check, findings, suggestions
from extractor.rules.editions import edition_findings, tables_of
from extractor.rules.units import unit_findings
from extractor.settings import Options
from extractor.types import Document, FieldValue, Finding, Report, Source, TableFit


def extract(source: Source, options: Options | None = None) -> Report:
    """Everything one document says.  Never raises DocumentError: it becomes the report's `error`."""
    options = options or Options()
    report = Report(source.filename, source.sha256, None, 0)
    try:
        document = open_document(source, options)
        report = replace(
            report,
            source=document.source,
            pages=len(document.pages),
            page_sizes=tuple((p.width, p.height) for p in document.pages),
            notes=document.doubts,
        )
        return _read(report, document, options)
    except DocumentError as error:
        return replace(report, error=error.failure())


def _read(report: Report, document: Document, options: Options) -> Report:
    forms = load(options.forms_dir)
    document, fits = locate(document, forms)
    require_report(document, fits, forms)
    tables = tables_of(fits, forms)
    form = _form(tables, forms)
    fields, found = _figures(document, fits, tables)
    report = replace(
        report,
        form=form.edition,
        tables={str(n): e for n, (e, _) in sorted(tables.items())},
        fields=fields,
        findings=(*edition_findings(tables), *found),
    )
    return _words(report, document, form, tables, options)


def _form(tables: dict[int, tuple[str, TableSpec]], forms: tuple[Form, ...]) -> Form:
    """The report's edition is that of its first statutory table (table 2)."""
    first = tables[min(tables)][0]
    return next(f for f in forms if f.edition == first)


def _figures(
    document: Document, fits: tuple[TableFit, ...], tables: dict[int, tuple[str, TableSpec]]
) -> tuple[tuple[FieldValue, ...], tuple[Finding, ...]]:
    """Every field read, checked and judged."""
    specs = [s for _, (_, table) in sorted(tables.items()) for s in table.fields]
    fields = read_fields(fits, specs, document.reader)
    sums = [table for _, table in tables.values()]
    checks = check(sums, {f.id: f for f in fields})
    fields = decide(document, fits, fields, checks, sums)
    values = {f.id: f for f in fields}
    checks = check(sums, values)
    settled = suggestions(checks, values)
    fields = tuple(f.with_(suggestion=settled.get(f.id, f.suggestion)) for f in fields)
    return fields, (*findings(checks), *unit_findings(fields, specs))


def _words(
    report: Report,
    document: Document,
    form: Form,
    tables: dict[int, tuple[str, TableSpec]],
    options: Options,
) -> Report:
    """Head, sections and sentences, the sentences held against the figures."""
    from extractor.language.report import read_words

    words = read_words(document, form, [t for _, t in tables.values()], report.fields, options, report.filename)
    return replace(
        report, head=words.head, sections=words.sections, findings=(*report.findings, *words.findings)
    )
