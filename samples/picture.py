"""The README's picture of the output, drawn from a sample: python -m samples.picture [SAMPLE] [--out PNG]

The report as `nianbao extract` shows it on a terminal: head, the table of applications, findings; without
the other tables and the sections.  Needs Chromium and the fonts Noto Sans CJK and DejaVu Sans Mono.
"""

from __future__ import annotations

import argparse
import io
import subprocess
import tempfile
from pathlib import Path

from extractor.emit.boxes import RESET
from extractor.emit.table import render
from extractor.forms.load import load
from extractor.inputs.registry import load_source
from extractor.pipeline import extract
from samples.maker.convert import CHROMIUM, LIMIT_S, program
from samples.show import samples

OUT = Path(__file__).parents[1] / "docs" / "pictures" / "table.png"
COLUMNS = 100
TALL = 16
"""Pixels of a line."""
PAGE = """<!doctype html><meta charset="utf-8"><style>
/* Two columns a Chinese character: 1.204 em is twice the advance of DejaVu Sans Mono. */
@font-face {{ font-family: Han; src: local("NotoSansCJKsc-Regular"); size-adjust: 120.4%;
  unicode-range: U+2E80-9FFF, U+FF00-FFEF }}
@font-face {{ font-family: Han; src: local("NotoSansCJKsc-Bold"); font-weight: bold; size-adjust: 120.4%;
  unicode-range: U+2E80-9FFF, U+FF00-FFEF }}
body {{ margin: 0; background: #17191e }}
pre {{ margin: 14px 18px; font: 13px/{tall}px Han, "DejaVu Sans Mono" !important; color: #d7dae0 }}
</style>{code}"""


def shown(name: str) -> str:
    """The lines of the picture, with a terminal's colour codes."""
    ((_, _, job),) = samples([name])
    report = extract(load_source(job.paths, None))
    blocks = render(report, load(), COLUMNS, color=True).split("\n\n")
    tables = [at for at, block in enumerate(blocks) if "┌" in block]
    legend = blocks[tables[-1]].rpartition("┘\n")[2]
    findings = blocks[tables[-1] + 1 : tables[-1] + 2] if report.findings else []
    kept = [blocks[0], f"{blocks[tables[1]]}\n{legend}", *findings, blocks[-1].rstrip()]
    return "\n\n".join(kept) + RESET


def html(text: str) -> tuple[str, int]:
    """The lines as a page, and how many they are."""
    from rich.console import Console
    from rich.terminal_theme import TerminalTheme
    from rich.text import Text

    theme = TerminalTheme(
        (23, 25, 30), (215, 218, 224),
        [(40, 44, 52), (240, 113, 120), (152, 195, 121), (229, 192, 123), (97, 175, 239), (198, 120, 221),
         (86, 182, 194), (215, 218, 224)],
    )  # fmt: skip
    console = Console(record=True, width=COLUMNS + 2, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(text), soft_wrap=True)
    frame = PAGE.replace("{tall}", str(TALL)).replace("{code}", "<pre>{code}</pre>")
    page = console.export_html(theme=theme, inline_styles=True, code_format=frame)
    return page, text.count("\n") + 2


def picture(page: str, lines: int, out: Path) -> None:
    """A PNG of the page at twice the usual resolution.  Raises MissingProgram, CalledProcessError."""
    size = f"{round(COLUMNS * 7.83) + 36},{lines * TALL + 20}"
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "page.html")
        source.write_text(page, encoding="utf-8")
        out.parent.mkdir(parents=True, exist_ok=True)
        call = [
            program(*CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
            "--disable-background-networking", f"--user-data-dir={folder}/profile",
            "--force-device-scale-factor=2", f"--window-size={size}", f"--screenshot={out.resolve()}",
            source.as_uri(),
        ]  # fmt: skip
        subprocess.run(call, check=True, capture_output=True, timeout=LIMIT_S)
    from PIL import Image

    with Image.open(out) as drawn:  # few colours: a palette takes a quarter of the bytes
        small = drawn.convert("RGB").quantize(48)
    small.save(out, optimize=True)


def main(argv: list[str] | None = None) -> int:
    """Draw the picture; returns the exit status."""
    p = argparse.ArgumentParser(prog="python -m samples.picture", description="The README's picture.")
    p.add_argument("sample", nargs="?", default="contradictions-2024")
    p.add_argument("--out", type=Path, default=OUT)
    a = p.parse_args(argv)
    picture(*html(shown(a.sample)), a.out)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
