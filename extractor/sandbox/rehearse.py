"""Before the first document: read a blank report of our own making, so that code and caches are loaded.

The reports are the statutory forms themselves, every figure zero, as web pages built from models/forms,
and the files in models/rehearsal.
"""

from __future__ import annotations

import contextlib
import html
import importlib
from collections.abc import Sequence

from extractor.forms.load import load
from extractor.forms.model import Form, TableSpec
from extractor.sandbox.warm import learn
from extractor.settings import MODELS, Options
from extractor.types import Source

FIRST = (
    "pypdfium2", "extractor.pipeline", "extractor.inputs.pdf", "extractor.inputs.html", "extractor.ocr.trial",
    "extractor.ocr.glyphs", "encodings.utf_16_le", "encodings.ascii",
)  # fmt: skip
"""What nearly every document needs; the rest is learnt from the first document that does."""


def _levels(paths: Sequence[tuple[str, ...]]) -> list[list[tuple[str, int, int]]]:
    """For each level of label paths: (label, first, how many), a label standing over all that share it."""
    depth = max((len(p) for p in paths), default=0)
    out: list[list[tuple[str, int, int]]] = []
    for level in range(depth):
        runs: list[tuple[str, int, int]] = []
        for n, path in enumerate(paths):
            label = path[level] if level < len(path) else ""
            same = runs and label and paths[n - 1][: level + 1] == path[: level + 1]
            if same:
                runs[-1] = (label, runs[-1][1], runs[-1][2] + 1)
            else:
                runs.append((label, n, 1))
        out.append(runs)
    return out


def _table(table: TableSpec) -> str:
    """The table as the statute prints it: merged heads, merged group labels."""
    rows: list[str] = []
    for block in table.blocks:
        labels = _levels([r.path for r in block.rows])
        width = len(labels) + len(block.columns)
        if block.banner:
            rows.append(f"<tr><td colspan='{width}'>{html.escape(block.banner)}</td></tr>")
        for n, runs in enumerate(_levels([c.path for c in block.columns])):
            corner = (
                f"<td colspan='{len(labels)}'>{html.escape(block.corner)}</td>" if labels and n == 0 else ""
            )
            if n and labels:
                corner = f"<td colspan='{len(labels)}'></td>"
            heads = "".join(f"<td colspan='{many}'>{html.escape(text)}</td>" for text, _, many in runs)
            rows.append(f"<tr>{corner}{heads}</tr>")
        for at in range(len(block.rows)):
            cells = "".join(
                f"<td rowspan='{many}'>{html.escape(text)}</td>"
                for runs in labels for text, first, many in runs if first == at
            )  # fmt: skip
            rows.append(f"<tr>{cells}{'<td>0</td>' * len(block.columns)}</tr>")
    return f"<table>{''.join(rows)}</table>"


def blank_report(form: Form) -> bytes:
    """The form as a page of HTML."""
    tables = {t.section: _table(t) for t in form.tables}
    sections = "".join(
        f"<h2>{html.escape(s.title)}</h2><p>全年受理申请0件。</p>{tables.get(s.number, '')}"
        for s in form.sections
    )
    head = f"<head><meta charset='utf-8'></head><body><h1>{html.escape(form.title)}</h1>"
    return f"<html>{head}{sections}</body></html>".encode()


def rehearse() -> None:
    """Load what most documents need.  Never fails: a cold sandbox is only slower."""
    learn(FIRST)
    with contextlib.suppress(ImportError):
        pipeline = importlib.import_module("extractor.pipeline")
        emit = importlib.import_module("extractor.emit.json")
        pages = [("form.html", blank_report(form)) for form in load()]
        files = [
            (p.name, p.read_bytes()) for p in sorted((MODELS / "rehearsal").glob("*.*")) if p.suffix != ".md"
        ]
        for name, data in [*pages, *files]:
            emit.to_dict(pipeline.extract(Source(name, "0" * 64, ((name, data),)), Options()))
    learn(())
