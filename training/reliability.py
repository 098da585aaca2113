"""The reliability diagram of the confidence curves: docs/pictures/reliability.svg and the table of docs/calibration.md.

    python -m training.reliability

draws what models/calibration/confidence.json says of documents that the fit never saw: for each kind of grid, fields
by stated confidence (ten bins) against the share that was right.  Areas of the marks grow with the number of fields.
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

from extractor.confidence.curve import CURVE

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs" / "pictures" / "reliability.svg"
PAGE = ROOT / "docs" / "calibration.md"
BEGIN, END = "<!-- measured: made by training/reliability.py -->", "<!-- /measured -->"
SIZE, PAD = 320, 46
COLOURS = {"ruled": "#1b6e3c", "markup": "#7a5c00", "dump": "#5b3a8c", "borderless": "#a33", "rows_only": "#777",
           "pixels": "#1d5fa8", "words": "#c26a00"}  # fmt: skip


def _at(p: float, share: float) -> tuple[float, float]:
    return PAD + p * SIZE, PAD + (1 - share) * SIZE


def draw(held: dict[str, Any]) -> str:
    """The diagram as SVG."""
    side = SIZE + 2 * PAD
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side + 130} {side}" width="{side + 130}" '
        f'height="{side}" font-family="sans-serif" font-size="11">',
        f'<rect width="{side + 130}" height="{side}" fill="#fff"/>',
        f'<rect x="{PAD}" y="{PAD}" width="{SIZE}" height="{SIZE}" fill="none" stroke="#999"/>',
        '<line x1="{}" y1="{}" x2="{}" y2="{}" stroke="#bbb" stroke-dasharray="4 3"/>'.format(*_at(0, 0), *_at(1, 1)),
    ]
    for tick in (0, 0.25, 0.5, 0.75, 1):
        x, y = _at(tick, 0)
        out.append(f'<text x="{x}" y="{y + 16}" text-anchor="middle">{tick:g}</text>')
        x, y = _at(0, tick)
        out.append(f'<text x="{x - 8}" y="{y + 4}" text-anchor="end">{tick:g}</text>')
    out.append(f'<text x="{PAD + SIZE / 2}" y="{side - 8}" text-anchor="middle">stated confidence</text>')
    out.append(
        f'<text x="14" y="{PAD + SIZE / 2}" text-anchor="middle" '
        f'transform="rotate(-90 14 {PAD + SIZE / 2})">share right</text>'
    )
    for n, (kind, told) in enumerate(sorted(held.items())):
        colour = COLOURS.get(kind, "#000")
        for p, share, fields in told["bins"]:
            x, y = _at(p, share)
            radius = 2 + 1.6 * math.log10(max(1, fields))
            out.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{colour}" fill-opacity="0.65"/>')
        y = PAD + 16 * n + 10
        out.append(f'<circle cx="{side + 4}" cy="{y - 4}" r="5" fill="{colour}"/>')
        out.append(f'<text x="{side + 14}" y="{y}">{kind} ({told["fields"]})</text>')
    return "\n".join([*out, "</svg>"]) + "\n"


def table(curve: dict[str, Any]) -> str:
    """Fitted and held-out figures of every kind, in Markdown."""
    rows = [
        "| kind of grid | fitted on documents, fields | upper 95 % bound, silent | to review | held out: fields | wrong | "
        "silent | to review | ECE |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for kind in curve["threshold"]:
        fit, held = curve["measured"].get(kind), curve.get("held", {}).get(kind)
        if fit is None and held is None:
            continue
        first = (
            f"{fit['documents']}, {fit['fields']:,} | {100 * fit['silent_upper_95']:.3f} % | {100 * fit['review']:.2f} %"
            if fit else "none: rules of thumb | – | –"
        )  # fmt: skip
        second = (
            f"{held['fields']:,} | {held['wrong']} | {held['silent']} | {100 * held['review']:.2f} % | {held['ece']:.4f}"
            if held else "– | – | – | – | –"
        )  # fmt: skip
        rows.append(f"| `{kind}` | {first} | {second} |")
    data = curve["data"]
    return "\n".join([*rows, "", f"Fitted {data['date']} on data of SHA-256 `{data['sha256'][:16]}…`."])


def main() -> int:
    """Write the picture and the page's table; returns the exit status."""
    curve = json.loads(CURVE.read_text(encoding="utf-8"))
    if "held" not in curve:
        print("the curve has no held-out measurement: run training.confidence fit with --held", file=sys.stderr)
        return 1
    PICTURE.write_text(draw(curve["held"]), encoding="utf-8")
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n{table(curve)}\n{END}{after}", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
