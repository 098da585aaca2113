"""The whole way, from the bytes to the report, over the committed samples and over documents made here."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bench.score import measure, score
from extractor.emit.json import dumps, to_dict
from extractor.inputs.registry import load_source, make_source
from extractor.pipeline import extract
from extractor.settings import Options
from extractor.types import Report
from tests.drawing import BOTH, OLD, page_of, pdf, report

ROOT = Path(__file__).resolve().parents[1]
TRUTHS = {p.parent: json.loads(p.read_text(encoding="utf-8")) for p in sorted(ROOT.glob("samples/*/truth.json"))}
PICTURES = [folder for folder, truth in TRUTHS.items() if truth["kind"] in ("scan_clean", "scan_hard", "photo")]
SAMPLES = [folder for folder in TRUTHS if folder not in PICTURES]


def _file(folder: Path) -> Path:
    return next(folder.glob("report.*"))


@pytest.fixture(scope="module")
def results(tmp_path_factory) -> tuple[Path, dict[str, Report]]:
    """Every sample extracted, as files and as records."""
    out = tmp_path_factory.mktemp("results")
    made = {}
    for folder in SAMPLES:
        made[folder.name] = extract(load_source([_file(folder)]))
        (out / f"{folder.name}.json").write_text(dumps(made[folder.name]), encoding="utf-8")
    return out, made


def test_the_samples_come_out_exactly(results):
    kinds = score(ROOT / "samples", results[0], kinds=["digital", "office", "not_report"])
    got = kinds["all"]
    assert got["documents"] == len(SAMPLES) >= 8
    assert got["exact_ratio"] == 1.0 and got["silent"] == 0, got["wrong_ids"]
    assert got["form_right"] == got["documents"]
    assert got["organ_right"] == got["year_right"] == got["reports"]
    assert got["false_accepts"] == 0
    assert got["arith_missed"] == got["arith_false"] == got["false_disagree"] == 0
    assert got["review_load"] <= 0.005


#: Share of figures right, and most figures to review, of each kind of picture: the bars of the project.
PICTURE_BARS = {"scan_clean": (0.999, 0.01), "scan_hard": (0.96, 0.25), "photo": (0.97, 0.08)}


@pytest.mark.ocr
@pytest.mark.parametrize("folder", PICTURES, ids=lambda f: f.name)
def test_the_pictures_of_samples_are_read_by_the_real_engines(folder):
    truth = TRUTHS[folder]
    got = extract(load_source([folder / name for name in truth["files"]]))
    assert got.error is None and got.form == truth["form"]
    assert (got.head.organ, got.head.year) == (truth["organ"], truth["year"])
    counts = measure({**truth, "id": folder.name}, to_dict(got)).counts
    exact, review = PICTURE_BARS[truth["kind"]]
    assert counts.get("silent", 0) == 0
    assert counts["exact"] >= exact * counts["fields"]
    assert counts.get("review", 0) <= review * counts["fields"]


def test_what_is_no_report_is_refused_with_a_remedy(results):
    error = results[1]["not-a-report"].error
    assert error is not None and error.code == "not_a_report" and error.remedy
    assert results[1]["not-a-report"].fields == ()


def test_every_figure_says_where_it_stands_and_every_statement_what_it_is_about(results):
    for name, got in results[1].items():
        if got.error:
            continue
        for f in got.fields:
            assert 0 <= f.confidence <= 1 and (f.value is None) == (f.state != "printed")
            if got.source == "pdf_text" and f.state != "missing":
                assert f.page and f.bbox and f.bbox[0] < f.bbox[2] and f.bbox[1] < f.bbox[3], (name, f.id)
                wide, high = got.page_sizes[f.page - 1]
                assert f.bbox[2] <= wide + 1 and f.bbox[3] <= high + 1
        assert [s.number for s in got.sections] == [1, 2, 3, 4, 5, 6]
        for section in got.sections:
            for s in section.statements:
                assert bool(s.field) != bool(s.fields)


def test_without_the_narrative_the_figures_are_the_same(results):
    for folder in SAMPLES:
        got = extract(load_source([_file(folder)]), Options(narrative=False))
        want = results[1][folder.name]
        assert [(f.id, f.value, f.state, f.needs_review) for f in got.fields] == [
            (f.id, f.value, f.state, f.needs_review) for f in want.fields
        ]
        assert got.sections == () and (got.head, got.form) == (want.head, want.form)


def test_the_same_bytes_give_the_same_words():
    path = _file(SAMPLES[0])
    assert dumps(extract(load_source([path]))) == dumps(extract(load_source([path])))


@pytest.mark.parametrize("editions", [BOTH, OLD], ids=["2021", "2019"])
@pytest.mark.parametrize("seed", range(11, 15))
def test_made_documents_of_both_kinds(editions, seed):
    doc, truth = report(editions, seed, frozenset({"bad_sums"}) if seed % 2 else frozenset())
    truth["id"] = str(seed)
    for name, data in (("a.pdf", pdf(doc)), ("a.html", page_of(doc))):
        got = measure(truth, to_dict(extract(make_source([(name, data)]), Options(narrative=False))))
        assert got.wrong_ids == [] and got.silent_ids == []
        assert got.counts.get("arith_missed", 0) == got.counts.get("arith_false", 0) == 0
        assert got.counts["form_right"] == got.counts["year_right"] == 1


def test_pages_in_separate_files_are_one_report():
    first, truth = report(seed=5)
    tables = [i for i, b in enumerate(first.blocks) if not hasattr(b, "role")]
    cut = tables[-1]
    parts = [replace(first, blocks=first.blocks[:cut]), replace(first, blocks=first.blocks[cut:])]
    got = extract(make_source([(f"{i}.pdf", pdf(p)) for i, p in enumerate(parts)]), Options(narrative=False))
    assert measure({**truth, "id": "x"}, to_dict(got)).wrong_ids == []


def test_a_report_whose_table_is_missing_says_which_figures_are():
    doc, truth = report(seed=5)
    short = replace(doc, blocks=[b for b in doc.blocks if getattr(b, "table", "") != "4"])
    got = extract(make_source([("a.pdf", pdf(short))]), Options(narrative=False))
    gone = [f for f in got.fields if f.id.startswith("remedies.")]
    assert len(gone) == 15 and all(f.state == "missing" and f.needs_review for f in gone)
    assert all("table_missing" in f.reasons for f in gone)
    assert len(got.fields) == len(truth["fields"])


HEAVY = {
    "spacy", "jieba", "numpy", "cv2", "onnxruntime", "rapidocr", "pdfplumber", "pdfminer", "lxml", "docx", "PIL",
    "rich", "sqlalchemy", "celery", "fastapi", "concurrent.futures.process", "xlsxwriter", "jsonschema",
}  # fmt: skip
NOT_ASKED_FOR = ("extractor.ocr.ppocr", "extractor.locate.borderless", "workers", "web")
PROBE = """
import json, sys
from extractor.inputs.registry import load_source
from extractor.pipeline import extract
from extractor.settings import Options
from extractor.emit.json import dumps
import extractor.commands.extract, extractor.commands.pool
report = extract(load_source([sys.argv[1]]), Options(narrative=False))
assert report.error is None and dumps(report)
print(json.dumps([m for m in sys.modules]))
"""


def test_a_plain_pdf_loads_nothing_that_it_does_not_need():
    path = ROOT / "samples" / "word-2022" / "report.pdf"
    done = subprocess.run([sys.executable, "-c", PROBE, str(path)], cwd=ROOT, capture_output=True, check=True)
    loaded = set(json.loads(done.stdout))
    assert not loaded & HEAVY
    assert not {m for m in loaded if m.startswith(NOT_ASKED_FOR)}
