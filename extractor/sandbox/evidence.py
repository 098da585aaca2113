"""The evidence behind every figure of a document, as numbers: what a curve is fitted to (`nianbao calibrate`)."""

from __future__ import annotations

import json
from typing import Any

from extractor import pipeline
from extractor.confidence.decide import gates
from extractor.confidence.evidence import evidence
from extractor.emit.json import number
from extractor.forms.load import load
from extractor.inputs.registry import open_document
from extractor.language.report import read_words
from extractor.locate.document import locate
from extractor.locate.verdict import require_report
from extractor.rules.editions import tables_of
from extractor.settings import Options
from extractor.types import Source


def evidence_json(source: Source, options: Options) -> bytes:
    """JSON list of {field, kind, x, gated, value, state} for every figure that has a cell.

    Raises DocumentError where the document can't be read.
    """
    forms = load(options.forms_dir)
    document, fits = locate(open_document(source, options), forms)
    require_report(document, fits, forms)
    tables = tables_of(fits, forms)
    fields, checks = pipeline.read_figures(document, fits, tables)
    specs = [t for _, t in tables.values()]
    words = read_words(document, pipeline.form_of(tables, forms), specs, fields, options, source.filename)
    told = pipeline.told_by(words)
    out: list[dict[str, Any]] = []
    for f in fields:
        if f.placement.cell is None:
            continue
        own = [c for c in checks if f.id in c.fields]
        item = evidence(f, own, f.id in told)
        out.append(
            {
                "field": f.id, "kind": item.kind, "x": item.values, "gated": bool(gates(f, own)),
                "value": number(f.value), "state": f.state,
            }
        )  # fmt: skip
    return json.dumps(out, ensure_ascii=False).encode()
