"""What is broken, hostile or simply something else: a typed error, no traceback, bounded time and memory."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypdfium2 import PdfiumError

from extractor import errors
from extractor.geometry.page import page_blocks
from extractor.inputs.layer import judge
from extractor.inputs.pdf import open_pdf
from extractor.inputs.pdfium_page import read_page
from extractor.inputs.registry import make_source
from extractor.pipeline import extract
from extractor.settings import Limits, Options
from extractor.types import Report
from tests.drawing import page_of, pdf, report
from tests.hostile_files import MAKERS

ROOT = Path(__file__).resolve().parents[1]
CODES = {
    c.code for c in vars(errors).values() if isinstance(c, type) and issubclass(c, errors.DocumentError)
}  # fmt: skip
GOOD = pdf(report(seed=1)[0])
PAGE = page_of(report(seed=1)[0])


def code_of(data: bytes, name: str = "a.pdf", options: Options | None = None) -> str:
    """The error's code, "" where there is a result; a Report in any case."""
    got = extract(make_source([(name, data)]), options or Options(narrative=False))
    assert isinstance(got, Report)
    if got.error is None:
        return ""
    assert got.error.code in CODES and got.error.message and got.error.remedy
    assert got.fields == () and got.form is None
    return got.error.code


@pytest.mark.parametrize("name", ["a.pdf", "a.docx", "a.html", "a.png", "a"])
def test_an_empty_file(name):
    assert code_of(b"", name) == "empty_file"
    assert code_of(b" \r\n\x00", name) == "empty_file"


@pytest.mark.parametrize("ending", [".docx", ".jpg", ".txt", "", ".PDF.exe"])
def test_the_ending_of_the_name_tells_nothing(ending):
    assert code_of(GOOD, "report" + ending) == ""
    assert code_of(PAGE, "report" + ending) == ""


@pytest.mark.parametrize("share", [0.02, 0.2, 0.5, 0.8, 0.95, 0.999])
def test_a_file_cut_short(share):
    """Damaged, or what is left of it; a figure that is left is right or asked about."""
    got = extract(make_source([("a.pdf", GOOD[: int(len(GOOD) * share)])]), Options(narrative=False))
    if got.error:
        assert got.error.code in {"damaged", "unreadable", "not_a_report", "unknown_kind"}
        return
    whole = {f.id: (f.value, f.state) for f in extract(make_source([("a.pdf", GOOD)])).fields}
    assert not [f.id for f in got.fields if (f.value, f.state) != whole[f.id] and not f.needs_review]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.binary(max_size=300),
    st.sampled_from([b"%PDF-1.4\n", b"<html><table>", b"PK\x03\x04", b"\x89PNG\r\n\x1a\n", b"II*\x00", b""]),
)
def test_noise_of_every_kind_ends_in_a_typed_error(noise, start):
    assert code_of(start + noise) != ""


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, len(GOOD) - 1), st.binary(min_size=1, max_size=12))
def test_a_few_wrong_bytes_are_survived(at, wrong):
    """Every page read as far as its geometry; damage may only raise a typed error."""
    try:
        book = open_pdf(GOOD[:at] + wrong + GOOD[at + len(wrong) :], Options())
    except errors.DocumentError:
        return
    for i in range(min(3, len(book))):
        try:
            page = book[i]
        except PdfiumError:
            continue
        raw = read_page(page, i + 1, Limits())
        found = page_blocks(raw.number, raw.chars, raw.rulings, (raw.width, raw.height))
        assert all(c.text is not None for g in found.grids for c in g.cells)


def test_a_wrong_password_on_a_file_without_one_does_no_harm():
    assert code_of(GOOD, options=Options(password="guess", narrative=False)) == ""


# ---------------------------------------------------------------- too much of everything


def test_more_pages_than_a_report_has():
    assert code_of(MAKERS["two-thousand-pages.pdf"]()) == "too_large"


def test_the_limits_are_settings(monkeypatch):
    monkeypatch.setenv("NIANBAO_MAX_PAGES", "1")
    assert code_of(GOOD) == "too_large"
    monkeypatch.setenv("NIANBAO_MAX_PAGES", "400")
    monkeypatch.setenv("NIANBAO_MAX_BYTES", "1000")
    assert code_of(GOOD) == "too_large"
    assert Limits().max_pages == 400


@pytest.mark.parametrize("bounds", [Limits(max_chars_per_page=200), Limits(max_objects_per_page=60)])
def test_a_page_of_more_than_we_look_at_is_not_believed(bounds):
    """Characters or lines past the limit are gone: no figure may pass as if the page had been seen whole."""
    page = open_pdf(GOOD, Options())[1]
    raw = read_page(page, 2, bounds)
    found = page_blocks(raw.number, raw.chars, raw.rulings, (raw.width, raw.height))
    assert raw.cut and judge(page, raw, found, bounds).distrusted
    whole = read_page(page, 2, Limits())
    assert not whole.cut and len(whole.chars) > 200


def test_a_zip_bomb_that_says_docx():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("[Content_Types].xml", "<Types/>")
        made.writestr("word/document.xml", b"<w:p/>" * 3_000_000)
    assert code_of(out.getvalue(), "a.docx") == "bomb"


ENTITY = b"""<?xml version="1.0"?><!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/hostname">]>
<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>&x;</w:t>
</w:r></w:p></w:body></w:document>"""


def test_external_entities_are_refused():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("[Content_Types].xml", "<Types/>")
        made.writestr("word/document.xml", ENTITY)
    assert code_of(out.getvalue(), "a.docx") == "forbidden_content"


# ---------------------------------------------------------------- in a process of its own

CHECKED = (
    "dense-grid.pdf", "deep-q.pdf", "deep-arrays.pdf", "deep-dictionaries.pdf", "page-tree-loop.pdf",
    "page-tree-wide.pdf", "huge-page.pdf", "nan-page.pdf", "cmap-bomb.pdf", "xref-loop.pdf",
    "object-stream-of-itself.pdf", "length-lies.pdf", "entities.docx", "deep.docx", "deep.html", "deep-tables.html",
    "spans.html", "one-long-line.txt", "lying.png", "loop.tif", "directory-of-garbage.zip",
)  # fmt: skip
LIMIT = 1_000_000_000
"""Writable memory, bytes: a little less than the sandbox grants (extractor/sandbox/bounds.py)."""
CHILD = """
import json, resource, sys
from extractor.inputs.registry import make_source
from extractor.pipeline import extract
from tests.hostile_files import MAKERS
resource.setrlimit(resource.RLIMIT_DATA, (int(sys.argv[1]), int(sys.argv[1])))
resource.setrlimit(resource.RLIMIT_CPU, (50, 50))
ends = {}
for name in sys.argv[2:]:
    report = extract(make_source([(name, MAKERS[name]())]))
    ends[name] = report.error.code if report.error else ""
peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(json.dumps([ends, int(peak)]))  # kB of this program alone: getrusage counts what the caller held too
"""


def test_hostile_files_end_typed_in_bounded_memory():
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(LIMIT), *CHECKED], cwd=ROOT, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")[-2000:]
    ends, peak = json.loads(done.stdout.splitlines()[-1])
    assert set(ends) == set(CHECKED)
    assert all(code in CODES for code in ends.values()), ends
    assert peak * 1024 < LIMIT


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(MAKERS))
def test_every_hostile_file_through_the_command(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(MAKERS[name]())
    done = subprocess.run(
        [sys.executable, "-m", "extractor.cli", "extract", str(path), "--format", "json"],
        cwd=ROOT, capture_output=True, check=False,
    )  # fmt: skip
    assert b"Traceback" not in done.stderr
    assert done.returncode in (0, 1)
    error = json.loads(done.stdout)["error"]
    assert error is None or error["remedy"]
