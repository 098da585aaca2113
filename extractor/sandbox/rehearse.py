"""Before the first document: read a blank report of our own making, so that code and caches are loaded.

The report is the newest statutory form itself, every figure zero, as a web page: built from models/forms.
"""

from __future__ import annotations

import contextlib
import html
import importlib

from extractor.forms.load import load
from extractor.forms.model import Form, TableSpec
from extractor.sandbox.warm import learn
from extractor.settings import Options
from extractor.types import Source


def _table(table: TableSpec) -> str:
    rows: list[str] = []
    for block in table.blocks:
        if block.banner:
            rows.append(f"<tr><td>{html.escape(block.banner)}</td></tr>")
        heads = "".join(f"<td>{html.escape(c.label)}</td>" for c in block.columns)
        rows.append(f"<tr><td>{html.escape(block.corner)}</td>{heads}</tr>")
        for row in block.rows:
            cells = "<td>0</td>" * len(block.columns)
            rows.append(f"<tr><td>{html.escape(row.label)}</td>{cells}</tr>")
    return f"<table>{''.join(rows)}</table>"


def blank_report(form: Form) -> bytes:
    """The form as a page of HTML."""
    tables = {t.section: _table(t) for t in form.tables}
    sections = "".join(
        f"<h2>{html.escape(s.title)}</h2><p>全年受理申请0件。</p>{tables.get(s.number, '')}" for s in form.sections
    )
    text = f"<html><head><meta charset='utf-8'></head><body><h1>{html.escape(form.title)}</h1>{sections}</body></html>"
    return text.encode()


def rehearse() -> None:
    """Load what most documents need.  Never fails: a cold sandbox is only slower."""
    learn(("pypdfium2", "extractor.pipeline", "extractor.inputs.pdf", "extractor.inputs.html"))
    with contextlib.suppress(ImportError):
        pipeline = importlib.import_module("extractor.pipeline")
        emit = importlib.import_module("extractor.emit.json")
        source = Source("form.html", "0" * 64, (("form.html", blank_report(load()[0])),))
        emit.to_dict(pipeline.extract(source, Options()))
    learn(())
