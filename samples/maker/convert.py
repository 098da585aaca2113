"""The programs that make PDFs: headless Chromium, a call a page; LibreOffice, a call for many documents."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
#: A page prints in about a second and a document converts in about half of one; a call that hangs is ended.
LIMIT_S = 240


class MissingProgram(RuntimeError):
    """A program that the route needs is not installed."""


def program(*names: str) -> str:
    """The path of the first of these programs that is installed.

    Raises MissingProgram where none is.
    """
    for name in names:
        found = shutil.which(name)
        if found:
            return found
    raise MissingProgram(f"{names[0]} is not installed: see samples/maker/README.md")


def print_page(html: str) -> bytes:
    """The PDF that headless Chromium prints of a page."""
    with tempfile.TemporaryDirectory() as tmp:
        page, pdf = Path(tmp, "page.html"), Path(tmp, "page.pdf")
        page.write_text(html, encoding="utf-8")
        subprocess.run(
            [
                program(*CHROMIUM),
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--no-pdf-header-footer",
                "--disable-background-networking",
                f"--user-data-dir={tmp}/profile",
                f"--print-to-pdf={pdf}",
                page.as_uri(),
            ],
            check=True,
            capture_output=True,
            timeout=LIMIT_S,
        )
        return pdf.read_bytes()


def office_to_pdf(sources: dict[str, bytes]) -> dict[str, bytes]:
    """PDFs of office documents, `{name.docx: bytes}` to `{name.docx: bytes of its PDF}`, in one call.

    Raises RuntimeError where a document was not converted.
    """
    if not sources:
        return {}
    with tempfile.TemporaryDirectory() as tmp:
        for name, content in sources.items():
            Path(tmp, name).write_bytes(content)
        subprocess.run(
            [
                program("soffice", "libreoffice"),
                f"-env:UserInstallation=file://{tmp}/profile",
                "--headless",
                "--convert-to",
                "pdf",
                "--outdir",
                f"{tmp}/out",
                *(f"{tmp}/{n}" for n in sources),
            ],
            check=True,
            capture_output=True,
            timeout=LIMIT_S + 10 * len(sources),
        )
        out = {}
        for name in sources:
            pdf = Path(tmp, "out", name).with_suffix(".pdf")
            if not pdf.exists():
                raise RuntimeError(f"LibreOffice made no PDF of {name}")
            out[name] = pdf.read_bytes()
        return out
