"""The statutory tables as HTML: what the form prints is made once an edition, figures are put in a document.

Two hundred cells in a template cost 15 ms a page; so many small strings joined cost 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from html import escape
from itertools import groupby
from typing import Any

from markupsafe import Markup

from extractor.emit.layout import LaidCell, lay_out
from extractor.forms.model import TableSpec

Piece = tuple[str, str]
"""HTML up to a figure, and the figure's field ("" at the end)."""


def _opened(cell: LaidCell, name: str, more: str = "") -> str:
    spans = f' colspan="{cell.col_span}"' if cell.col_span > 1 else ""
    spans += f' rowspan="{cell.row_span}"' if cell.row_span > 1 else ""
    return f"<{name}{more}{spans}>"


def _words(cell: LaidCell) -> str:
    name, scope = ("th", "row" if cell.kind == "label" else "col") if cell.text else ("td", "")
    more = f' class="k-{cell.kind}"' + (f' scope="{scope}"' if scope else "")
    return f"{_opened(cell, name, more)}{escape(cell.text)}</{name}>"


@lru_cache(maxsize=16)
def _pieces(table: TableSpec) -> tuple[Piece, ...]:
    out: list[Piece] = []
    text = ""
    for _row, cells in groupby(lay_out(table).cells, key=lambda c: c.row):
        text += "<tr>"
        for cell in cells:
            if cell.field_id is None:
                text += _words(cell)
            else:
                out.append((text + _opened(cell, "td"), cell.field_id))
                text = "</td>"
        text += "</tr>\n"
    return (*out, (text, ""))


def rows(table: TableSpec, fields: Mapping[str, Mapping[str, Any]]) -> Markup:
    """The table's rows with a button for every figure (contract: data-field-id, data-state, data-needs-review)."""
    out: list[str] = []
    for text, field_id in _pieces(table):
        out.append(text)
        field = fields.get(field_id)
        if field is None:
            continue
        waits = "true" if field["mark"] == "doubtful" else "false"
        out.append(
            f'<button type="button" class="f" tabindex="-1" data-field-id="{escape(field_id)}" '
            f'data-state="{escape(field["state"])}" data-needs-review="{waits}" data-mark="{field["mark"]}">'
            f'<span class="v">{escape(field["shown"])}</span></button>'
        )
    return Markup("".join(out))
