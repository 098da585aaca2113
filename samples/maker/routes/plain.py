"""TXT: the dump of a word processor, one cell a line, or rows with tabs."""

from __future__ import annotations

from ..document import Document
from ..grids import Grid


def render(doc: Document) -> str:
    """The report as plain text."""
    tabs = doc.has("txt_tabs")
    out: list[str] = []
    for block in doc.blocks:
        out.append(_dump(block, tabs) if isinstance(block, Grid) else block.text)
        if not isinstance(block, Grid) and block.role == "title":
            out.append("")
    return "\n".join(out) + "\n"


def _dump(grid: Grid, tabs: bool) -> str:
    """Cells in reading order; a cell that a merged one covers from above leaves an empty line."""
    covered: dict[tuple[int, int], bool] = {}
    lines = []
    for at, row in enumerate(grid.by_row()):
        begin = {c.col: c for c in row}
        line = []
        col = 0
        while col < grid.n_cols:
            if col in begin:
                c = begin[col]
                line.append(c.text if not tabs else c.text.replace("\n", ""))
                for r in range(1, c.rows):
                    covered[at + r, col] = True
                col += c.cols
            else:
                if (at, col) in covered:
                    line.append("")
                col += 1
        lines.append("\t".join(line) if tabs else "".join(f"\t{cell}\n" for cell in line))
    return "\n".join(lines) + "\n"
