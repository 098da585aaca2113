"""From specifications to files: composing, rendering, converting many at a time, finishing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from . import others
from .compose import Spec, compose
from .convert import office_to_pdf, print_page
from .document import Document
from .post import process
from .routes import calc, direct, page, plain, word

#: LibreOffice starts in some seconds: documents wait for each other, but not for too many.
BATCH = 24


@dataclass(frozen=True, slots=True)
class Made:
    """One finished document: its files by name and the truth about them."""

    files: dict[str, bytes]
    truth: dict[str, object]


@dataclass(slots=True)
class Draft:
    """A document that may still wait for LibreOffice: `source` is the suffix of what is to be converted."""

    name: str
    content: bytes
    truth: dict[str, object]
    traits: frozenset[str]
    seed: int
    source: str = ""


def _render(spec: Spec, doc: Document, rng: Random) -> tuple[str, bytes, str]:
    """File name, bytes, and the suffix of the office document that the bytes still are ('' when finished)."""
    if spec.route == "web":
        return "report.pdf", print_page(page.render(doc, rng)), ""
    if spec.route == "html":
        return "report.html", page.as_bytes(doc, rng), ""
    if spec.route == "txt":
        text = plain.render(doc)
        if doc.has("txt_crlf"):
            text = text.replace("\n", "\r\n")
        return "report.txt", text.encode("gb18030" if doc.has("txt_gb18030") else "utf-8"), ""
    if spec.route == "docx":
        return "report.docx", word.render(doc, rng), ""
    if spec.route == "direct":
        return "report.pdf", direct.render(doc, rng), ""
    if spec.route == "calc":
        return "report.pdf", calc.render(doc, rng), ".xlsx"
    if spec.route == "word":
        return "report.pdf", word.render(doc, rng), ".docx"
    raise ValueError(f"no such route: {spec.route}")


def draft(spec: Spec, rng: Random) -> Draft:
    """The document, before LibreOffice and the finishing touches."""
    if spec.kind == "not_report":
        doc, truth = others.compose(spec.id, spec.route, rng.choice(sorted(spec.traits) or others.SORTS), rng)
    else:
        doc, truth = compose(spec, rng)
    name, content, source = _render(spec, doc, rng)
    truth["files"] = [name]
    traits = spec.traits if spec.kind != "not_report" else frozenset[str]()
    return Draft(name, content, truth, traits, rng.getrandbits(32), source)


def finish(drafts: list[Draft]) -> list[Made]:
    """Convert what waits for LibreOffice, all in one call."""
    waiting = {f"d{at}{d.source}": d for at, d in enumerate(drafts) if d.source}
    for name, pdf in office_to_pdf({n: d.content for n, d in waiting.items()}).items():
        waiting[name].content = pdf
    for d in drafts:
        if d.name.endswith(".pdf"):
            d.content = process(d.content, d.traits, Random(d.seed))
    return [Made({d.name: d.content}, d.truth) for d in drafts]


def make(spec: Spec, rng: Random) -> Made:
    """One document; the same specification and state of `rng` give the same figures, text and truth."""
    return finish([draft(spec, rng)])[0]


def make_all(specs: Iterable[tuple[Spec, Random]]) -> Iterator[Made]:
    """Many documents, LibreOffice called once a batch."""
    batch: list[Draft] = []
    for spec, rng in specs:
        batch.append(draft(spec, rng))
        if len(batch) >= BATCH:
            yield from finish(batch)
            batch = []
    yield from finish(batch)


def write(made: Made, folder: Path) -> None:
    """The files and truth.json in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in made.files.items():
        (folder / name).write_bytes(content)
    (folder / "truth.json").write_text(
        json.dumps(made.truth, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
